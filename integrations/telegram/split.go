package telegram

import (
	"errors"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"topicpilot/topics"
)

const (
	// maxUnits is a message's length in UTF-16 units, after entities are taken out.
	maxUnits = 4096
	// maxCaption is a caption's length, counted likewise. Source: Bot API, sendDocument.
	maxCaption = 1024
	// maxEntities is what Telegram keeps of a message's entities.
	maxEntities = 100
	// maxMark keeps a comment mark from filling the message.
	maxMark  = 64
	ellipsis = "…"
)

var (
	errInvisible = errors.New("telegram: a text without a visible character is not sent")
	errMark      = errors.New("telegram: the comment mark must begin with a visible character and be short")
)

// checkMark refuses marks that Telegram's trimming would take away.
func checkMark(mark string) error {
	first, _ := utf8.DecodeRuneInString(mark)
	if mark == "" || !visible(first) || topics.UTF16Len(mark) > maxMark || clean(topics.Plain(mark)).Text != mark {
		return errMark
	}
	return nil
}

// split makes the messages of a text: each begins with the mark and a visible character behind it, so
// that trimming cannot touch the mark, and fits into one message. The same text
// and mark give the same parts.
func split(t topics.Text, mark string) ([]topics.Text, error) {
	return splitWithin(clean(t), mark, maxUnits)
}

func splitWithin(t topics.Text, mark string, limit int) ([]topics.Text, error) {
	limit -= topics.UTF16Len(mark)
	var parts []topics.Text
	units, counted := 0, 0 // units of t.Text[:counted]
	for start := skipInvisible(t.Text, 0); start < len(t.Text); {
		end := cut(t.Text, start, limit)
		body := strings.TrimRightFunc(t.Text[start:end], unicode.IsSpace)
		units += topics.UTF16Len(t.Text[counted:start])
		counted = start
		parts = append(parts, part(t, body, units, mark))
		start = skipInvisible(t.Text, end)
	}
	if len(parts) == 0 {
		return nil, errInvisible
	}
	return parts, nil
}

// first makes a single message of limit units of a text, cut with "…" where it is too long; for
// edits and captions.
func first(t topics.Text, mark string, limit int) (topics.Text, error) {
	t = clean(t)
	parts, err := splitWithin(t, mark, limit)
	if err != nil || len(parts) == 1 {
		return slices.Concat(parts, []topics.Text{{}})[0], err
	}
	parts, err = splitWithin(t, mark, limit-topics.UTF16Len(ellipsis))
	if err != nil {
		return topics.Text{}, err
	}
	parts[0].Add(ellipsis)
	return parts[0], nil
}

// part puts the mark before body, which stands at units in t, and gives it its entities.
func part(t topics.Text, body string, units int, mark string) topics.Text {
	out := topics.Text{Text: mark + body, Entities: make([]topics.Entity, 0, min(len(t.Entities), maxEntities))}
	shift := topics.UTF16Len(mark) - units
	end := units + topics.UTF16Len(body)
	for _, e := range t.Entities {
		from, to := max(e.Offset, units), min(e.Offset+e.Length, end)
		if from >= to {
			continue
		}
		e.Offset, e.Length = from+shift, to-from
		out.Entities = append(out.Entities, e)
	}
	out.Entities = mostImportant(out.Entities)
	return out
}

// mostImportant keeps as many entities as Telegram does, dropping those that matter least.
func mostImportant(list []topics.Entity) []topics.Entity {
	if len(list) > maxEntities {
		slices.SortStableFunc(list, func(a, b topics.Entity) int {
			if d := entityRank(b.Type) - entityRank(a.Type); d != 0 {
				return d
			}
			return a.Offset - b.Offset
		})
		list = list[:maxEntities]
	}
	slices.SortStableFunc(list, func(a, b topics.Entity) int {
		if a.Offset != b.Offset {
			return a.Offset - b.Offset
		}
		return b.Length - a.Length
	})
	return list
}

// cut returns the end of the part that starts at start: at most limit units, preferably at
// the end of a paragraph, a line or a word, as long as half of the room is used.
func cut(s string, start, limit int) int {
	units := 0
	places := [3]int{-1, -1, -1} // behind a paragraph, a line, a word
	var prev rune
	for i, r := range s[start:] {
		if units += utf16Len(r); units > limit {
			return best(s, start, start+i, places)
		}
		if next := start + i + utf8.RuneLen(r); units >= limit/2 {
			switch {
			case r == '\n' && prev == '\n':
				places[0] = next
			case r == '\n':
				places[1] = next
			case unicode.IsSpace(r):
				places[2] = next
			}
		}
		prev = r
	}
	return len(s)
}

func best(s string, start, end int, places [3]int) int {
	for _, place := range places {
		if place > start {
			return place
		}
	}
	return signBorder(s, start, end)
}

// maxSign bounds the search for a sign's beginning, in runes.
const maxSign = 64

// signBorder goes back from end to where no sign of several runes is torn apart; where that takes
// too long, the sign is torn.
func signBorder(s string, start, end int) int {
	at := end
	for range maxSign {
		next, _ := utf8.DecodeRuneInString(s[at:])
		prev, size := utf8.DecodeLastRuneInString(s[start:at])
		if at-size <= start {
			return end
		}
		if !joins(prev, next) && !insideFlag(s[start:at], next) {
			return at
		}
		at -= size
	}
	return end
}

// insideFlag reports whether a pair of regional indicators would be torn between before and next.
func insideFlag(before string, next rune) bool {
	if !regionalIndicator(next) {
		return false
	}
	count := 0
	for len(before) > 0 {
		r, size := utf8.DecodeLastRuneInString(before)
		if !regionalIndicator(r) {
			break
		}
		count++
		before = before[:len(before)-size]
	}
	return count%2 == 1
}
