package topicsapi

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"topicpilot/topics"
)

// maxText bounds every text taken from an answer, in runes.
const maxText = 256

// fields is the answer's object, undecoded: the vendor's pages show the same field as
// number in one place and as string in another.
type fields map[string]json.RawMessage

// parse gives nil for what is no JSON object.
func parse(body []byte) fields {
	var f fields
	if json.Unmarshal(body, &f) != nil {
		return nil
	}
	return f
}

// read turns an answer into what is known of the topic, or says what is wrong with it.
// Success is 2xx, result "topic_info", and the ids that were asked about: an answer
// about another topic would show one customer's data to another's operator.
func read(got answer, group string, topic int64) (topics.TopicInfo, *fault) {
	f := parse(got.body)
	if got.status < 200 || got.status > 299 || f.text("result") != "topic_info" {
		return topics.TopicInfo{}, classify(got, f)
	}
	if !f.about(group, topic) {
		return topics.TopicInfo{}, &fault{
			status: got.status, reason: topics.ReasonUnavailable, class: "the answer is about another topic",
		}
	}
	info := topics.TopicInfo{
		Private:      f.text("frontend_type") == "private",
		Status:       f.text("topic_status"),
		Title:        f.text("topic_title"),
		LastDate:     f.text("topic_last_date"),
		InstanceName: f.text("instance_name"),
	}
	if !info.Private {
		return info, nil
	}
	info.Customer = f.customer()
	if info.Customer.ID <= 0 {
		return topics.TopicInfo{}, &fault{
			status: got.status, reason: topics.ReasonUnknownTopic, class: "the answer names no user",
		}
	}
	return info, nil
}

func (f fields) about(group string, topic int64) bool {
	asked, err := strconv.ParseInt(group, 10, 64)
	if err != nil {
		return false
	}
	gotGroup, okGroup := f.id("group_id")
	gotTopic, okTopic := f.id("topic_id")
	return okGroup && okTopic && gotGroup == asked && gotTopic == topic
}

// customer reads the user. The second names are those of the vendor's article on
// assistant bots.
func (f fields) customer() topics.Customer {
	id, _ := f.id("user_id")
	c := topics.Customer{
		ID:        id,
		Name:      f.text("user_name"),
		FirstName: f.text("user_first_name", "first_name"),
		LastName:  f.text("user_last_name", "last_name"),
		Username:  strings.TrimLeft(f.text("user_username", "username"), "@"),
		Phone:     f.text("user_phone", "phone"),
		Language:  f.text("user_lang", "language_code"),
	}
	if c.Name == "" {
		c.Name = cut(strings.TrimSpace(c.FirstName+" "+c.LastName), maxText)
	}
	return c
}

// id reads a whole number, bare or quoted, exactly (ids go beyond 2^53).
func (f fields) id(name string) (int64, bool) {
	raw := bytes.TrimSpace(f[name])
	if len(raw) > 0 && raw[0] == '"' {
		var s string
		if json.Unmarshal(raw, &s) != nil {
			return 0, false
		}
		raw = []byte(strings.TrimSpace(s))
	}
	n, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil {
		// Out of range gives the nearest number, which is somebody else's id.
		return 0, false
	}
	return n, true
}

// text reads the first of the names that has a text. Null, empty and absent are alike;
// a bare number is a text too, as a phone may be one.
func (f fields) text(names ...string) string {
	for _, name := range names {
		raw := bytes.TrimSpace(f[name])
		if len(raw) == 0 {
			continue
		}
		var s string
		switch first := raw[0]; {
		case first == '"':
			if json.Unmarshal(raw, &s) != nil {
				continue
			}
		case first == '-' || first >= '0' && first <= '9':
			s = string(raw)
		}
		if s = clean(s); s != "" {
			return s
		}
	}
	return ""
}

// clean bounds a text and takes out what could disturb the lines of a card: control
// characters and the marks that turn the direction of writing round.
func clean(s string) string {
	var b strings.Builder
	n := 0
	for _, r := range strings.TrimSpace(s) {
		switch {
		case r == '\n' || r == '\t' || r == '\r' || r == '\u2028' || r == '\u2029':
			r = ' '
		case r == utf8.RuneError || unicode.IsControl(r) || turnsDirection(r):
			continue
		}
		if n == maxText {
			break
		}
		b.WriteRune(r)
		n++
	}
	return strings.TrimSpace(b.String())
}

func turnsDirection(r rune) bool {
	return r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}

func cut(s string, limit int) string {
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	return string([]rune(s)[:limit])
}
