package telegramtest_test

import (
	"bytes"
	"maps"
	"mime/multipart"
	"strconv"
	"strings"
	"testing"
	"time"

	"topicpilot/integrations/telegram/telegramtest"
)

func TestEdit(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	topic := s.topic("t")
	theirs := s.post(telegramtest.Post{Thread: topic, Text: "mine"})
	keys := button(obj{"text": "Go", "callback_data": "go"})
	mine := s.send(obj{"chat_id": group, "text": "one", "reply_markup": keys})
	const notModified = "Bad Request: message is not modified: specified new message content and reply markup are" +
		" exactly the same as a current content and reply markup of the message"
	tests := []struct {
		name, method string
		body         obj
		want         string
	}{
		{"same", "editMessageText", obj{"message_id": mine.ID, "text": " one ", "reply_markup": keys}, notModified},
		{"same markup", "editMessageReplyMarkup", obj{"message_id": mine.ID, "reply_markup": keys}, notModified},
		{"text", "editMessageText", obj{"message_id": mine.ID, "text": "two", "reply_markup": keys}, ""},
		{"buttons away", "editMessageText", obj{"message_id": mine.ID, "text": "two"}, ""},
		{"buttons back", "editMessageReplyMarkup", obj{"message_id": mine.ID, "reply_markup": keys}, ""},
		{"unknown", "editMessageText", obj{"message_id": 9999, "text": "x"}, "Bad Request: message to edit not found"},
		{"another's", "editMessageText", obj{"message_id": theirs.ID, "text": "x"}, "Bad Request: message can't be edited"},
		{"no id", "editMessageText", obj{"text": "x"}, "Bad Request: message identifier is not specified"},
		{"empty", "editMessageText", obj{"message_id": mine.ID, "text": " "}, "Bad Request: message text is empty"},
		{
			"too long", "editMessageText",
			obj{"message_id": mine.ID, "text": strings.Repeat("x", 4097)},
			"Bad Request: message is too long",
		},
		{"delete unknown", "deleteMessage", obj{"message_id": 9999}, "Bad Request: message to delete not found"},
		{"delete the topic's first", "deleteMessage", obj{"message_id": topic}, "Bad Request: message can't be deleted"},
		{"delete another's with the right", "deleteMessage", obj{"message_id": theirs.ID}, ""},
		{"delete own", "deleteMessage", obj{"message_id": mine.ID}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.body["chat_id"] = group
			if a := s.call(tt.method, tt.body); a.Description != tt.want {
				t.Errorf("got %q, want %q", a.Description, tt.want)
			}
		})
	}
	if _, there := s.Message(group, mine.ID); there {
		t.Error("the deleted message is still there")
	}
}

func TestDeleteWithoutRight(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	theirs := s.post(telegramtest.Post{Text: "mine"})
	bot := telegramtest.Member{User: s.Bot(), Status: telegramtest.Regular}
	s.must(s.SetMember(group, bot, operator))
	a := s.call("deleteMessage", obj{"chat_id": group, "message_id": theirs.ID})
	if a.Description != "Bad Request: message can't be deleted" {
		t.Errorf("got %q", a.Description)
	}
}

// form builds a multipart body with one file.
func form(t *testing.T, values map[string]string, field string, content []byte) (ctype string, body []byte) {
	t.Helper()
	var buf bytes.Buffer
	w := multipart.NewWriter(&buf)
	for k, v := range values {
		if err := w.WriteField(k, v); err != nil {
			t.Fatal(err)
		}
	}
	part, err := w.CreateFormFile(field, "t.html")
	if err == nil {
		_, err = part.Write(content)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return w.FormDataContentType(), buf.Bytes()
}

func TestSendDocument(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	topic := strconv.Itoa(s.topic("t"))
	chat := strconv.FormatInt(group, 10)
	tests := []struct {
		name    string
		values  map[string]string
		field   string
		content []byte
		want    string
	}{
		{
			"file",
			map[string]string{"message_thread_id": topic, "caption": strings.Repeat("x", 1024)},
			"document",
			[]byte("x"), "",
		},
		{"attached", map[string]string{"document": "attach://doc"}, "doc", []byte("x"), ""},
		{
			"caption too long",
			map[string]string{"caption": strings.Repeat("x", 1025)},
			"document", []byte("x"),
			"Bad Request: message caption is too long",
		},
		{"empty file", nil, "document", nil, "Bad Request: file must be non-empty"},
		{"too large", nil, "document", make([]byte, 50<<20+1), "Request Entity Too Large"},
		{
			"unused part",
			map[string]string{"document": "x"},
			"stray", []byte("x"),
			`Bad Request: file part "stray" is not used`,
		},
		{"unknown thread", map[string]string{"message_thread_id": "777"}, "document", []byte("x"), threadNotFound},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			values := map[string]string{"chat_id": chat}
			maps.Copy(values, tt.values)
			ctype, body := form(t, values, tt.field, tt.content)
			a, err := s.request("sendDocument", ctype, body)
			s.must(err)
			if a.Description != tt.want {
				t.Errorf("got %q, want %q", a.Description, tt.want)
			}
		})
	}
	a := s.call("sendDocument", obj{"chat_id": group, "document": "no such file"})
	if a.Description != "Bad Request: wrong file identifier/HTTP URL specified" {
		t.Errorf("got %q", a.Description)
	}
}

// clock is a settable clock.
type clock struct{ now time.Time }

func newClock() *clock { return &clock{now: time.Unix(1_800_000_000, 0)} }

func (c *clock) Now() time.Time { return c.now }

func TestFlood(t *testing.T) {
	c := newClock()
	s := newStage(t, telegramtest.Options{Clock: c.Now, Limits: telegramtest.Limits{PerGroupPerMinute: 3}})
	first := s.send(obj{"chat_id": group, "text": "1"})
	c.now = c.now.Add(20 * time.Second)
	s.send(obj{"chat_id": group, "text": "2"})
	if a := s.call("editMessageText", obj{"chat_id": group, "message_id": first.ID, "text": "1b"}); !a.OK {
		t.Fatal(a.Description)
	}
	a := s.call("sendMessage", obj{"chat_id": group, "text": "4"})
	if a.ErrorCode != 429 || a.Parameters.RetryAfter != 40 || a.Description != "Too Many Requests: retry after 40" {
		t.Errorf("over the group's limit: %+v", a)
	}
	c.now = c.now.Add(40 * time.Second)
	s.send(obj{"chat_id": group, "text": "4"})
	s.SetLimits(telegramtest.Limits{OverallPerSecond: 2})
	s.send(obj{"chat_id": group, "text": "5"})
	s.send(obj{"chat_id": group, "text": "6"})
	if a = s.call("sendMessage", obj{"chat_id": group, "text": "7"}); a.Parameters.RetryAfter != 1 {
		t.Errorf("over the overall limit: %+v", a)
	}
	s.SetLimits(telegramtest.Limits{})
	s.send(obj{"chat_id": group, "text": "7"})
}
