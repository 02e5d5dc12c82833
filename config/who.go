package config

import (
	"fmt"
	"strconv"
	"strings"
)

// Who names the people a right belongs to: the group's administrators, all its
// members, or the listed user ids. Exactly one of the three is set; no ids and
// neither flag means nobody.
type Who struct {
	Administrators bool
	Members        bool
	IDs            []int64
}

// String is the setting as it would be written.
func (w Who) String() string {
	switch {
	case w.Members:
		return "members"
	case w.Administrators:
		return "administrators"
	default:
		return strings.ReplaceAll(fmt.Sprint(w.IDs), " ", ", ")
	}
}

// whoUsage leaves out `members` where they cannot be meant.
func whoUsage(path string) string {
	if strings.HasSuffix(path, ".admins") || strings.Contains(path, ".admins[") {
		return "must be `administrators` or a list of user ids"
	}
	return "must be `administrators`, `members` or a list of user ids"
}

// decodeNode reads a word, a list of ids or ids separated by commas.
func (w *Who) decodeNode(d *decoder, path string, node any) {
	*w = Who{}
	switch n := node.(type) {
	case leaf:
		switch text := strings.TrimSpace(n.Text); text {
		case "administrators":
			w.Administrators = true
		case "members":
			w.Members = true
		default:
			for part := range strings.SplitSeq(text, ",") {
				w.id(d, path, part)
			}
		}
	case []any:
		for i, item := range n {
			l, _ := item.(leaf)
			w.id(d, fmt.Sprintf("%s[%d]", path, i), l.Text)
		}
	default:
		d.add(path, whoUsage(path))
	}
}

func (w *Who) id(d *decoder, path, text string) {
	id, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil || id <= 0 {
		d.add(path, whoUsage(path)+" (a user id is a positive number)")
		return
	}
	w.IDs = append(w.IDs, id)
}
