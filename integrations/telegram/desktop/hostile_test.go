package desktop_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"topicpilot/integrations/telegram/desktop"
	"topicpilot/topics"
)

// TestHostile: odd and broken files, one for each way to be so.
func TestHostile(t *testing.T) {
	in10 := func(rest string) string { return message("11", `"reply_to_message_id":10,`+rest) }
	deep := strings.Repeat("[", 100_000)
	for _, c := range []struct {
		name, text string
		// stored counts messages besides the topic's first; place stands in the error, if any.
		stored int
		place  string
		odd    string
		last   string // the text of the last message
	}{
		{name: "byte order mark", text: "\xEF\xBB\xBF" + file(topic10, in10(`"text":"x"`)), stored: 1, last: "x"},
		{name: "white space around", text: "\r\n\t " + file(topic10, in10(`"text":"x"`)) + " \n", stored: 1, last: "x"},
		{name: "ids as strings", text: file(topic10, `"id":"11","type":"message","date_unixtime":1704189780,`+
			`"reply_to_message_id":" 10","text":"x"`), stored: 1, last: "x"},
		{name: "a number for a text", text: file(topic10, in10(`"text":17`)), stored: 1, odd: "text of another type"},
		{
			name: "an object for a text", text: file(topic10, in10(`"text":{"text":"x"}`)), stored: 1,
			odd: "text of another type",
		},
		{name: "null for a text", text: file(topic10, in10(`"text":null`)), stored: 1, odd: "text of another type"},
		{
			name: "odd parts", text: file(topic10, in10(`"text":["a",1,null,[],{"type":{},"text":["b"]},{},"c"]`)), stored: 1,
			odd: "text of another type", last: "ac",
		},
		{
			name: "text_entities alone", text: file(topic10, in10(`"text_entities":[{"type":"plain","text":"x"}]`)), stored: 1,
			last: "x",
		},
		{name: "a name twice", text: file(topic10, in10(`"text":"x","text":"y"`)), stored: 1, last: "y"},
		{name: "a message twice", text: file(topic10, in10(`"text":"x"`), in10(`"text":"y"`)), stored: 1, last: "x"},
		{
			name: "half a pair", text: file(topic10, in10(`"text":"a\ud83dz\ude00\ud83d\u0041\ud83d\ud83d\ude00\ud83d"`)),
			stored: 1, last: "a\uFFFDz\uFFFD\uFFFDA\uFFFD\U0001F600\uFFFD",
		},
		{
			name: "escapes", text: file(topic10, in10(`"text":"\b\f\n\r\t\/\\\"\u00e9\x1F\xe9"`)), stored: 1,
			last: "\b\f\n\r\t/\\\"é\x1fé",
		},
		{name: "not UTF-8", text: file(topic10, in10("\"text\":\"a\xffb\xd0\"")), stored: 1, last: "a\uFFFDb\uFFFD"},
		{
			name: "raw control characters", text: file(topic10, in10("\"text\":\"a\x00\x01\n\"")), stored: 1,
			last: "a\x00\x01\n",
		},
		{name: "no id", text: file(topic10, `"type":"message","text":"x"`), odd: "message without a usable id"},
		{name: "id 0", text: file(topic10, `"id":0,"type":"message"`), odd: "message without a usable id"},
		{name: "a huge id", text: file(topic10, `"id":2147483648,"type":"message"`), odd: "message without a usable id"},
		{name: "a very huge id", text: file(topic10, `"id":1e99`), odd: "message without a usable id"},
		{name: "a very negative id", text: file(topic10, `"id":-9223372036854775808`), odd: "message without a usable id"},
		{
			name: "an answer to a huge id", text: file(topic10, message("11", `"reply_to_message_id":4294967306`)),
			odd: "answer to a message that is not in the file",
		},
		{
			name: "an answer to a negative id", text: file(topic10, message("11", `"reply_to_message_id":-5`)),
			odd: "answer to a message that is not in the file",
		},
		{name: "no date", text: file(topic10, `"id":11,"reply_to_message_id":10`), odd: "message without a usable date"},
		{
			name: "a date that is none", text: file(topic10, `"id":11,"reply_to_message_id":10,"date":"2024-13-77T99:00:00"`),
			odd: "message without a usable date",
		},
		{
			name: "a date far off", text: file(topic10, `"id":11,"reply_to_message_id":10,"date_unixtime":"99999999999"`),
			odd: "message without a usable date",
		},
		{
			name: "a date in the future", text: file(topic10, fmt.Sprintf(
				`"id":11,"reply_to_message_id":10,"date_unixtime":"%d"`,
				time.Now().Add(24*time.Hour).Unix())),
			odd: "message with a date in the future",
		},
		{
			name: "a date a little ahead of us", text: file(topic10, fmt.Sprintf(
				`"id":11,"type":"message","text":"x","reply_to_message_id":10,"date_unixtime":"%d"`,
				time.Now().Add(5*time.Minute).Unix())),
			stored: 1, last: "x",
		},
		{
			name: "a field with somebody's words", text: file(topic10, in10(`"My Secret":"x","text":"x"`)), stored: 1,
			odd: "field: unknown", last: "x",
		},
		{
			name: "another type", text: file(topic10, `"id":11,"type":"Hello","date_unixtime":"5","reply_to_message_id":10`),
			stored: 1, odd: "type: unknown",
		},
		{
			name: "messages are no list", text: `{"type":"private_supergroup","id":2101424779,"messages":{"a":[1]}}`,
			stored: -1, odd: "messages of another type",
		},
		{
			name: "a message is no object", text: `{"type":"private_supergroup","id":2101424779,"messages":[1,[],"x",null]}`,
			stored: -1, odd: "message of another type",
		},
		{name: "rich media of other types", text: file(topic10, in10(`"poll":[1],"location_information":[],`+
			`"contact_information":"x","invoice_information":"{","paid_stars_amount":{},"text":"x"`)), stored: 1, last: "x"},
		{
			name: "deep in a field", text: file(topic10, in10(`"text":"x","odd":`+deep)),
			place: "(in message 11): nested too deeply",
		},
		{name: "deep in a text", text: file(topic10, in10(`"text":[`+deep)), place: "nested too deeply"},
		{name: "deep from the start", text: deep, stored: -1, place: "byte 0: no JSON"},
		{name: "a long number", text: file(topic10, in10(`"odd":`+strings.Repeat("1", 1000))), place: "no JSON"},
		{name: "a word that is none", text: file(topic10, in10(`"text":nul`)), place: "(in message 11): no JSON"},
		{name: "an escape that is none", text: file(topic10, in10(`"text":"\q"`)), place: "no JSON"},
		{name: "no colon", text: file(topic10, `"id" 11`), place: "(after message 10): no JSON"},
		{name: "a comma too many", text: file(topic10, `"id":11,`), place: "no JSON"},
		{name: "wrong brackets", text: file(topic10, in10(`"odd":[{]}`)), place: "no JSON"},
		{
			name: "something behind", text: file(topic10, in10(`"text":"x"`)) + "{", stored: 1, last: "x",
			place: "something follows the end",
		},
		{name: "empty", text: "", stored: -1, place: "byte 0: the file ends here"},
		{name: "UTF-16", text: "\xFF\xFE{\x00", stored: -1, place: "not UTF-8"},
		{name: "HTML", text: "<!DOCTYPE html>", stored: -1, place: "byte 0: no JSON"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, report, err := read(t, strings.NewReader(c.text), options())
			if c.place == "" != (err == nil) || err != nil && !strings.Contains(err.Error(), c.place) {
				t.Fatalf("got %v, want %q", err, c.place)
			}
			if len(got.Messages) != c.stored+1 {
				t.Errorf("%d messages, want %d", len(got.Messages), c.stored+1)
			}
			if n := len(got.Messages); n > 1 && got.Messages[n-1].Text.Text != c.last {
				t.Errorf("text %q, want %q", got.Messages[n-1].Text.Text, c.last)
			}
			if c.odd != "" && !noted(report, c.odd) {
				t.Errorf("%q is not noted: %+v", c.odd, report.NotUnderstood)
			}
		})
	}
}

func noted(report desktop.Report, kind string) bool {
	for _, one := range report.NotUnderstood {
		if one.Kind == kind {
			return true
		}
	}
	return false
}

// TestLongText: a text over the bound is cut between two characters and reported.
func TestLongText(t *testing.T) {
	for _, text := range []string{
		`"` + strings.Repeat("ж", 100) + `"`, `["` + strings.Repeat("ж", 51) + `",{"type":"bold","text":"` +
			strings.Repeat("ж", 60) + `"},"` + strings.Repeat("ж", 60) + `"]`,
	} {
		opts := options()
		opts.MaxText = 151
		long := file(topic10, message("11", `"reply_to_message_id":10,"text":`+text))
		got, report, err := read(t, strings.NewReader(long), opts)
		if err != nil {
			t.Fatal(err)
		}
		if have := got.Messages[1].Text.Text; have != strings.Repeat("ж", 75) || !noted(report, "text cut") {
			t.Errorf("kept %q, %+v", have, report.NotUnderstood)
		}
	}
}

// endless gives a file whose middle is repeated for ever.
type endless struct {
	head, middle string
	sent, limit  int
}

func (e *endless) Read(p []byte) (int, error) {
	if e.sent >= e.limit {
		return 0, io.EOF
	}
	if e.head == "" {
		e.head = e.middle
	}
	n := copy(p, e.head)
	e.head = e.head[n:]
	e.sent += n
	return n, nil
}

// TestBoundedMemory: a file that never ends in some place costs no more than its bounds.
func TestBoundedMemory(t *testing.T) {
	begin := strings.TrimSuffix(file(topic10, message("11", `"reply_to_message_id":10,`)), "}]}")
	for name, c := range map[string]struct{ head, middle string }{
		"a text":          {begin + `"text":"`, "words and words "},
		"parts":           {begin + `"text":[`, `{"type":"bold","text":"x"},`},
		"empty parts":     {begin + `"text":[`, `{"type":"bold","text":""},`},
		"a name":          {begin + `"`, "words and words "},
		"fields":          {begin, `"x":1,`},
		"various fields":  {begin + `"text":"",`, `"a":1,"b":1,"c":{},"d":[],"e":"","f":1,"g":1,"h":1,"i":1,"j":1,`},
		"a number":        {begin + `"odd":[`, "1,"},
		"answers":         {begin + `"poll":{"answers":[`, `{"text":"words and words"},`},
		"chats":           {`{"chats":{"list":[`, `{"name":"N","type":"private_supergroup","id":5,"messages":[]},`},
		"white space":     {begin, "      "},
		"texts not cut":   {begin + `"odd":"`, "\\u00e9"},
		"unusable ids":    {begin + `"x":1},`, `{"id":0},`},
		"one id":          {begin + `"x":1},`, `{"id":3},`},
		"created topics":  {begin + `"x":1},`, `{"id":12,"type":"service","action":"topic_created","date_unixtime":"5"},`},
		"services":        {begin + `"x":1},`, `{"id":12,"type":"service","action":"a1"},`},
		"headers":         {`{`, `"name":"x",`},
		"keys not wanted": {`{"a":{`, `"name":{},`},
	} {
		t.Run(name, func(t *testing.T) {
			sink := &highest{}
			runtime.GC()
			var before runtime.MemStats
			runtime.ReadMemStats(&before)
			sink.base = before.HeapAlloc
			r := &endless{head: c.head, middle: strings.Repeat(c.middle, 1000), limit: 6 << 20}
			_, err := desktop.Read(t.Context(), io.TeeReader(r, sink), options(), &drain{})
			var format *desktop.FormatError
			if !errors.As(err, &format) && !errors.As(err, new(*desktop.ChatError)) {
				t.Errorf("got %v", err)
			}
			if sink.most > 4<<20 {
				t.Errorf("%d MB in use", sink.most>>20)
			}
		})
	}
}

// highest watches how much memory is in use, from time to time.
type highest struct {
	base, most uint64
	seen       int
}

func (h *highest) Write(p []byte) (int, error) {
	if h.seen += len(p); h.seen > 1<<20 {
		h.seen = 0
		runtime.GC()
		var now runtime.MemStats
		runtime.ReadMemStats(&now)
		if now.HeapAlloc > h.base {
			h.most = max(h.most, now.HeapAlloc-h.base)
		}
	}
	return len(p), nil
}

// drain keeps nothing.
type drain struct{ stored int64 }

func (d *drain) Import(
	_ context.Context, messages []topics.Message, _ []topics.TopicChange,
) (topics.Imported, error) {
	d.stored += int64(len(messages))
	return topics.Imported{Stored: int64(len(messages))}, nil
}

// FuzzRead: whatever the bytes are, no panic, no message with an impossible place, and the same
// again in pieces.
func FuzzRead(f *testing.F) {
	f.Add([]byte(file(topic10, message("11", `"reply_to_message_id":10,"text":["a",{"type":"bold","text":"b"}]`))))
	f.Fuzz(func(t *testing.T, raw []byte) {
		opts := options()
		opts.MaxText = 1 << 10
		opts.Known = known(7)
		got, report, err := read(t, bytes.NewReader(raw), opts)
		for _, m := range got.Messages {
			if m.ThreadID <= 1 || m.ThreadID > 1<<31-1 || m.ID <= 0 || m.ID > 1<<31-1 || m.Date.IsZero() ||
				m.ChatID != groupID || m.Kind == "" || m.Author.Kind == "" || !utf8.ValidString(m.Text.Text) {
				t.Errorf("message %+v", m)
			}
			for _, e := range m.Text.Entities {
				if e.Offset < 0 || e.Length <= 0 || e.Offset+e.Length > topics.UTF16Len(m.Text.Text) {
					t.Errorf("entity %+v outside of its text", e)
				}
			}
		}
		if int64(len(got.Messages)) != report.Imported.Stored {
			t.Errorf("%d messages, %+v", len(got.Messages), report)
		}
		again, _, errAgain := read(t, &chopped{raw, []int{1, 7, 3}, 0}, opts)
		if !cmp.Equal(got.Messages, again.Messages) || (err == nil) != (errAgain == nil) {
			t.Errorf("in pieces: %v, %v", err, errAgain)
		}
	})
}
