package telegram_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"topicpilot/integrations/telegram"
	"topicpilot/integrations/telegram/telegramtest"
	"topicpilot/topics"
)

// document is a file of the given content; through, if set, is how it is read.
func (s *stage) document(content []byte, through func(io.Reader) io.Reader) topics.Document {
	return topics.Document{
		Conversation: s.conversation(), Name: "talk.html", MIME: "text/html; charset=utf-8", Size: int64(len(content)),
		Caption: topics.Plain("The talk"),
		Content: func() (io.ReadCloser, error) {
			var reader io.Reader = bytes.NewReader(content)
			if through != nil {
				reader = through(reader)
			}
			return io.NopCloser(reader), nil
		},
	}
}

func noise(n int) []byte {
	content := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{7}).Read(content)
	return content
}

func TestDocumentStandsInTheTopic(t *testing.T) {
	for _, c := range []struct {
		name    string
		content []byte
		through func(io.Reader) io.Reader
	}{
		{"small", []byte("<p>hello</p>"), nil},
		{"one byte at a time", noise(9000), iotest.OneByteReader},
		{"end told with the last bytes", noise(9000), iotest.DataErrReader},
		{"looks like a border", []byte("\r\n--\r\n--x--\r\n"), nil},
		{"large", noise(30 << 20), iotest.HalfReader},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStage(t, telegramtest.Options{})
			doc := s.document(c.content, c.through)
			doc.Caption.Bold("!")
			delivered, err := s.sender(telegram.Limits{}).SendDocument(t.Context(), doc)
			if err != nil || len(delivered.Messages) != 1 {
				t.Fatalf("%v, %v", delivered, err)
			}
			m := delivered.Messages[0]
			stored, _ := s.Message(group, int(m.ID))
			if int64(stored.Thread) != s.topic || stored.Caption != "/ The talk!" || stored.Document == nil {
				t.Fatalf("stored %+v", stored)
			}
			if e := stored.CaptionEntities; len(e) != 1 || e[0].Offset != 10 {
				t.Errorf("entities %v", e)
			}
			kept, _ := s.File(stored.Document.FileID)
			if !bytes.Equal(kept, c.content) {
				t.Errorf("%d bytes arrived of %d, or others", len(kept), len(c.content))
			}
			want := topics.Media{
				Kind: "document", FileID: stored.Document.FileID, FileUniqueID: stored.Document.FileUniqueID,
				FileName: "talk.html", MIME: "text/html; charset=utf-8", Size: int64(len(c.content)),
			}
			if len(m.Media) != 1 || m.Media[0] != want || stored.Document.FileName != "talk.html" {
				t.Errorf("media %+v", m.Media)
			}
			if m.Kind != topics.MessageComment || m.Author.Kind != topics.AuthorSelf || m.Text.Text != stored.Caption {
				t.Errorf("message %+v", m)
			}
			params := s.Sent("sendDocument")[0].Params
			if params["disable_content_type_detection"] != true || params["disable_notification"] != nil {
				t.Errorf("parameters %v", params)
			}
			if v := s.Violations(); len(v) > 0 {
				t.Error(v)
			}
		})
	}
}

func TestDocumentInGeneral(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	doc := s.document([]byte("x"), nil)
	doc.ThreadID = 0
	delivered, err := s.sender(telegram.Limits{}).SendDocument(t.Context(), doc)
	if err != nil {
		t.Fatal(err)
	}
	if stored, _ := s.Message(group, int(delivered.Messages[0].ID)); stored.Thread != 0 {
		t.Errorf("stands in %d", stored.Thread)
	}
}

func TestDocumentsCaptionAndName(t *testing.T) {
	long := strings.Repeat("я", 2000)
	for _, c := range []struct{ caption, name, wantCaption, wantName string }{
		{"", "a.md", "/ a.md", "a.md"},
		{" \u200b\n", "a.md", "/ a.md", "a.md"},
		{long, "a.md", "/ " + long[:2*(1024-3)] + "…", "a.md"},
		{"/ x", "../../etc/passwd", "/ / x", "_.._etc_passwd"},
		{"x", "a\"b\r\nc\x00d.json", "/ x", "a_b c d.json"},
		{"x", "\u202egpj.\u2066exe", "/ x", "gpj.exe"},
		{"x", " . ", "/ x", "file"},
		{"", "", "/ file", "file"},
		{"x", strings.Repeat("ы", 300) + ".html", "/ x", strings.Repeat("ы", 95) + ".html"},
		{"x", "a." + strings.Repeat("z", 300), "/ x", "a." + strings.Repeat("z", 98)},
		{"x", "\xff.txt", "/ x", "_.txt"},
	} {
		s := newStage(t, telegramtest.Options{})
		doc := s.document([]byte("x"), nil)
		doc.Caption, doc.Name, doc.MIME = topics.Plain(c.caption), c.name, "no\r\ntype"
		delivered, err := s.sender(telegram.Limits{}).SendDocument(t.Context(), doc)
		if err != nil {
			t.Fatalf("%q: %v", c.name, err)
		}
		stored, _ := s.Message(group, int(delivered.Messages[0].ID))
		if stored.Caption != c.wantCaption || stored.Document.FileName != c.wantName {
			t.Errorf("%q, %q: caption %.60q, name %q", c.caption, c.name, stored.Caption, stored.Document.FileName)
		}
		if stored.Document.MimeType != "application/octet-stream" {
			t.Errorf("type %q", stored.Document.MimeType)
		}
	}
}

func TestDocumentRefusedUnsent(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	good := s.document([]byte("x"), nil)
	for name, spoil := range map[string]func(*topics.Document){
		"unknown group": func(d *topics.Document) { d.ChatID = stranger },
		"thread 1":      func(d *topics.Document) { d.ThreadID = 1 },
		"thread -1":     func(d *topics.Document) { d.ThreadID = -1 },
		"empty":         func(d *topics.Document) { d.Size = 0 },
		"no content":    func(d *topics.Document) { d.Content = nil },
		"too large":     func(d *topics.Document) { d.Size = topics.MaxDocumentSize + 1 },
	} {
		doc := good
		spoil(&doc)
		delivered, err := s.sender(telegram.Limits{}).SendDocument(t.Context(), doc)
		if !isHopeless(err) || len(delivered.Messages) > 0 {
			t.Errorf("%s: %v", name, err)
		}
		if name == "too large" && !strings.Contains(err.Error(), "larger than the 50 MB") {
			t.Error(err)
		}
	}
	if calls := s.Sent(); len(calls) > 0 {
		t.Errorf("%d calls", len(calls))
	}
}

func TestDocumentErrors(t *testing.T) {
	for _, c := range []struct {
		name  string
		fault telegramtest.Fault
		check func(error) bool
	}{
		{"flood", telegramtest.Fault{Code: 429, RetryAfter: 7}, waits(7 * time.Second)},
		{"topic gone", telegramtest.Fault{Code: 400, Description: "Bad Request: message thread not found"}, lost},
		{"migrated", telegramtest.Fault{Code: 400, MigrateToChatID: -5}, func(err error) bool {
			var m *topics.Migrated
			return errors.As(err, &m) && m.From == group && m.To == -5
		}},
		{"too large for the server", telegramtest.Fault{Code: 413, Description: "Request Entity Too Large"}, isHopeless},
		{"too large for a proxy", telegramtest.Fault{Code: 413, Garbage: "<html>"}, isHopeless},
		{"server", telegramtest.Fault{Code: 502}, unknown},
		{"closed before", telegramtest.Fault{Close: true}, unknown},
		{"closed after", telegramtest.Fault{Close: true, After: true}, unknown},
		{"hang", telegramtest.Fault{Hang: time.Minute}, unknown},
		{"garbage", telegramtest.Fault{Garbage: "{"}, unknown},
		{"no message in it", telegramtest.Fault{Garbage: `{"ok":true,"result":{}}`}, unknown},
		{"token", telegramtest.Fault{Code: 401}, again},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, telegramtest.Options{})
			client, err := telegram.NewClient(telegram.Options{
				Token: token(s.Token()), APIURL: s.url, Timeout: 200 * time.Millisecond,
			})
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			s.Fail("sendDocument", c.fault)
			sender := telegram.NewSender(telegram.SenderOptions{Client: client, Marks: marks{}})
			doc := s.document(noise(100<<10), nil)
			doc.Name = "CUSTOMER"
			delivered, err := sender.SendDocument(t.Context(), doc)
			if !c.check(err) || len(delivered.Messages) > 0 {
				t.Errorf("%T %v, %v", err, err, delivered)
			}
			if err != nil && (strings.Contains(err.Error(), s.Token()) || strings.Contains(err.Error(), "CUSTOMER")) {
				t.Error("the error tells too much")
			}
		})
	}
}

func waits(after time.Duration) func(error) bool {
	return func(err error) bool {
		var wait *topics.Wait
		return errors.As(err, &wait) && wait.After == after
	}
}

// What is wrong with the file itself leaves nothing behind in the topic, and takes nothing from the
// group's budget.
func TestDocumentThatCannotBeRead(t *testing.T) {
	broken := errors.New("disk gone")
	content := noise(200 << 10)
	for _, c := range []struct {
		name  string
		spoil func(*topics.Document)
		check func(error) bool
	}{
		{"does not open", func(d *topics.Document) {
			d.Content = func() (io.ReadCloser, error) { return nil, broken }
		}, func(err error) bool { return again(err) && errors.Is(err, broken) }},
		{"breaks off", func(d *topics.Document) {
			d.Content = func() (io.ReadCloser, error) {
				return io.NopCloser(io.MultiReader(bytes.NewReader(content[:150<<10]), iotest.ErrReader(broken))), nil
			}
		}, func(err error) bool { return again(err) && errors.Is(err, broken) }},
		{"breaks off at its end", func(d *topics.Document) {
			d.Content = func() (io.ReadCloser, error) {
				return io.NopCloser(io.MultiReader(bytes.NewReader(content), iotest.ErrReader(broken))), nil
			}
		}, func(err error) bool { return again(err) && errors.Is(err, broken) }},
		{"too short", func(d *topics.Document) { d.Size++ }, isHopeless},
		{"too long", func(d *topics.Document) { d.Size-- }, isHopeless},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStage(t, telegramtest.Options{})
			sender := s.sender(telegram.Limits{GroupPerMinute: 2})
			doc := s.document(content, nil)
			c.spoil(&doc)
			before := len(s.Messages(group))
			if _, err := sender.SendDocument(t.Context(), doc); !c.check(err) {
				t.Errorf("%T %v", err, err)
			}
			if n := len(s.Messages(group)) - before; n > 0 {
				t.Errorf("%d messages", n)
			}
			short := topics.Outgoing{Conversation: s.conversation(), Text: topics.Plain("x")}
			for i := range 3 {
				if _, tried, err := sender.TrySend(t.Context(), short); tried != (i < 2) || err != nil {
					t.Errorf("slot %d: %v, %v", i+1, tried, err)
				}
			}
		})
	}
}

func TestDocumentTakesOneOfTheBudget(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	sender := s.sender(telegram.Limits{GroupPerMinute: 2})
	closed := 0
	doc := s.document([]byte("x"), nil)
	content := doc.Content
	doc.Content = func() (io.ReadCloser, error) {
		r, err := content()
		return closer{r, func() { closed++ }}, err
	}
	delivered, err := sender.SendDocument(t.Context(), doc)
	if err != nil || len(delivered.Sends) != 1 || closed != 1 {
		t.Fatalf("%v, %v, closed %d", delivered, err, closed)
	}
	short := topics.Outgoing{Conversation: s.conversation(), Text: topics.Plain("x")}
	for i := range 2 {
		if _, tried, err := sender.TrySend(t.Context(), short); tried != (i == 0) || err != nil {
			t.Errorf("slot %d: %v, %v", i+2, tried, err)
		}
	}
	sender.Stop()
	if _, err := sender.SendDocument(t.Context(), doc); !waits(0)(err) {
		t.Errorf("stopping: %v", err)
	}
}

type closer struct {
	io.Reader
	closed func()
}

func (c closer) Close() error {
	c.closed()
	return nil
}

func TestDocumentFallsBackToPlainCaption(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	s.Fail("sendDocument", telegramtest.Fault{Code: 400, Description: "Bad Request: can't parse entities: oh"})
	content := noise(100 << 10)
	doc := s.document(content, nil)
	doc.Caption = topics.Text{}
	doc.Caption.Bold("bold")
	delivered, err := s.sender(telegram.Limits{}).SendDocument(t.Context(), doc)
	if err != nil {
		t.Fatal(err)
	}
	stored, _ := s.Message(group, int(delivered.Messages[0].ID))
	kept, _ := s.File(stored.Document.FileID)
	if stored.Caption != "/ bold" || len(stored.CaptionEntities) > 0 || !bytes.Equal(kept, content) {
		t.Errorf("stored %+v", stored)
	}
}

// A group whose topics are switched off takes a file into the chat of all: it is taken back.
func TestDocumentOutsideItsTopicIsTakenBack(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	if err := s.SetForum(group, false); err != nil {
		t.Fatal(err)
	}
	sender := s.sender(telegram.Limits{})
	before := len(s.Messages(group))
	if _, err := sender.SendDocument(t.Context(), s.document([]byte("x"), nil)); !lost(err) {
		t.Error(err)
	}
	if n := len(s.Messages(group)) - before; n != 0 {
		t.Errorf("%d messages stand there", n)
	}
	_, err := sender.SendDocument(t.Context(), s.document([]byte("x"), nil))
	if n := len(s.Sent("sendDocument")); !again(err) || n != 1 {
		t.Errorf("%v, %d sends", err, n)
	}
}
