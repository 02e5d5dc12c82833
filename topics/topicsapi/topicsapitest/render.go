package topicsapitest

import (
	"encoding/json"
	"strconv"
)

const (
	// frontendUser is the connected account's id in every answer.
	frontendUser = 123456789
	// threadShift makes the API's thread_id of a topic id, as in the vendor's example.
	threadShift = 20
)

// render writes an answer with the fields in the order of the vendor's example. Of a
// chat's answer only the first seven are published, so it has no others.
func render(q question, info Info, f Faults) []byte {
	w := writer{faults: f, out: make([]byte, 0, 768)}
	topic := q.topic
	if f.OtherTopic {
		topic++
	}
	kind := "private"
	if info.Chat {
		kind = "group"
	}
	w.text("result", "topic_info")
	w.id("group_id", q.group, true)
	w.number("topic_id", topic)
	w.text("frontend_type", kind)
	w.value("instance_name", info.InstanceName)
	w.number("instance_frontend_user_id", frontendUser)
	w.id("instance_id", q.instance, true)
	if !info.Chat {
		w.user(q, topic, info)
	}
	return append(w.out, '}')
}

func (w *writer) user(q question, topic int64, info Info) {
	prefix, language := "user_", "user_lang"
	if w.faults.Aliases {
		prefix, language = "", "language_code"
	}
	w.id("chat_id", "-100"+q.group, false)
	w.number("thread_id", topic<<threadShift)
	w.value("topic_last_date", info.LastDate)
	w.value("topic_status", info.Status)
	w.value("topic_title", info.Title)
	if info.UserID != 0 {
		w.number("user_id", info.UserID)
	} else {
		w.value("user_id", "")
	}
	w.value("user_name", info.Name)
	w.value(prefix+"first_name", info.FirstName)
	w.value(prefix+"last_name", info.LastName)
	w.value(prefix+"username", info.Username)
	w.value(language, info.Language)
	w.value(prefix+"phone", info.Phone)
}

// writer appends the fields of one object.
type writer struct {
	faults Faults
	out    []byte
}

func (w *writer) name(name string) {
	if len(w.out) == 0 {
		w.out = append(w.out, '{')
	} else {
		w.out = append(w.out, ',')
	}
	w.out = strconv.AppendQuote(w.out, name)
	w.out = append(w.out, ':')
}

func (w *writer) text(name, value string) {
	w.name(name)
	quoted, err := json.Marshal(value)
	if err != nil {
		quoted = []byte(`""`)
	}
	w.out = append(w.out, quoted...)
}

// value writes a text that may be missing.
func (w *writer) value(name, value string) {
	switch {
	case value != "" || w.faults.Missing == MissingEmpty:
		w.text(name, value)
	case w.faults.Missing == MissingNull:
		w.name(name)
		w.out = append(w.out, "null"...)
	}
}

func (w *writer) number(name string, value int64) {
	w.id(name, strconv.FormatInt(value, 10), false)
}

func (w *writer) id(name, digits string, quoted bool) {
	switch w.faults.IDs {
	case IDsStrings:
		quoted = true
	case IDsNumbers:
		quoted = false
	case IDsMixed:
	}
	// An instance that is no number cannot be written bare.
	if _, err := strconv.ParseInt(digits, 10, 64); quoted || err != nil {
		w.text(name, digits)
		return
	}
	w.name(name)
	w.out = append(w.out, digits...)
}
