package telegramtest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"topicpilot/integrations/telegram/telegramtest"
)

const (
	secondToken       = "900:AAsecond_bot_of_the_tests"
	customer    int64 = 601
)

// second is the stage as a further bot on the same address sees it.
func (s *stage) second() *stage {
	s.t.Helper()
	bot, err := s.AddBot(telegramtest.Options{Token: secondToken})
	s.must(err)
	return &stage{Server: bot, t: s.t, url: s.url}
}

func TestFurtherBotsHaveTheirOwnChats(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	second := s.second()
	var me telegramtest.User
	s.must(json.Unmarshal(second.call("getMe", obj{}).Result, &me))
	if me.ID != 900 || second.Bot().ID != 900 {
		t.Errorf("is %+v", me)
	}
	s.must(second.StartChat(telegramtest.User{ID: customer, FirstName: "John"}))
	said := second.send(obj{"chat_id": customer, "text": "hello"})
	shown := second.Messages(customer)
	if len(shown) != 2 || shown[0].Text != "/start" || shown[1].ID != said.ID || shown[1].From.ID != 900 {
		t.Errorf("the customer sees %+v", shown)
	}
	if updates := second.updates(obj{}); len(updates) != 1 || updates[0].Message.Text != "/start" {
		t.Errorf("updates %+v", updates)
	}
	const noChat = "Bad Request: chat not found"
	if a := second.call("sendMessage", obj{"chat_id": group, "text": "x"}); a.Description != noChat {
		t.Errorf("into the first bot's group: %q", a.Description)
	}
	if a := s.call("sendMessage", obj{"chat_id": customer, "text": "x"}); a.Description != noChat {
		t.Errorf("into the second bot's chat: %q", a.Description)
	}
	if n := len(s.Sent()); n != 1 {
		t.Errorf("the first bot made %d calls", n)
	}
}

func TestPrivateChats(t *testing.T) {
	s := newStage(t, telegramtest.Options{}).second()
	s.AddUser(telegramtest.User{ID: customer, FirstName: "John"})
	s.AddUser(telegramtest.User{ID: otherBot, FirstName: "Other", IsBot: true})
	s.must(s.StartChat(telegramtest.User{ID: 602, FirstName: "Ann"}))
	s.must(s.Block(602, true))
	s.must(s.StartChat(telegramtest.User{ID: 603, FirstName: "Eve"}))
	s.must(s.Block(603, true))
	s.must(s.Block(603, false))
	for _, c := range []struct {
		name string
		chat int64
		want string
	}{
		{"unknown", 604, "Bad Request: chat not found"},
		{"never started", customer, "Forbidden: bot can't initiate conversation with a user"},
		{"another bot", otherBot, "Forbidden: bot can't send messages to bots"},
		{"blocked", 602, "Forbidden: bot was blocked by the user"},
		{"unblocked", 603, ""},
	} {
		if a := s.call("sendMessage", obj{"chat_id": c.chat, "text": "x"}); a.Description != c.want {
			t.Errorf("%s: %q", c.name, a.Description)
		}
	}
	told := 0
	for _, u := range s.updates(obj{}) {
		if u.MyChatMember != nil {
			told++
		}
	}
	if told != 3 {
		t.Errorf("told %d times of being blocked and unblocked", told)
	}
}

func TestAddBotRefuses(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	s.second()
	for _, bad := range []string{"", "no token", s.Token(), secondToken} {
		if _, err := s.AddBot(telegramtest.Options{Token: bad}); err == nil {
			t.Errorf("token %q is taken", bad)
		}
	}
	resp, err := http.Get(s.url + "/bot901:AAother/getMe")
	s.must(err)
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("an unknown token: %d", resp.StatusCode)
	}
}

// streamed posts a body of unknown length, which comes in chunks.
func (s *stage) streamed(method, ctype string, body io.Reader) answer {
	s.t.Helper()
	req, err := http.NewRequestWithContext(
		context.Background(), http.MethodPost, s.url+"/bot"+s.Token()+"/"+method, struct{ io.Reader }{body})
	s.must(err)
	req.Header.Set("Content-Type", ctype)
	resp, err := client.Do(req)
	s.must(err)
	defer func() { _ = resp.Body.Close() }()
	var a answer
	s.must(json.NewDecoder(resp.Body).Decode(&a))
	return a
}

func TestDocumentsAreKeptAsTheyCame(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	chat := map[string]string{"chat_id": "-1001000000001", "caption": "/ <b>\"&"}
	content := bytes.Repeat([]byte("0123456789abcdef"), 8<<20/16)
	ctype, body := form(t, chat, "document", content)
	border := strings.TrimPrefix(ctype, "multipart/form-data; boundary=")
	odd := `a'()+_,-./:=?z`
	oddBody := bytes.ReplaceAll(body, []byte(border), []byte(odd))
	whole, err := s.request("sendDocument", ctype, body)
	s.must(err)
	quoted := func(border string) string { return `multipart/form-data; boundary="` + border + `"` }
	for name, got := range map[string]answer{
		"whole":         whole,
		"streamed":      s.streamed("sendDocument", ctype, bytes.NewReader(body)),
		"quoted border": s.streamed("sendDocument", quoted(border), bytes.NewReader(body)),
		"odd border":    s.streamed("sendDocument", quoted(odd), bytes.NewReader(oddBody)),
	} {
		var m telegramtest.Message
		if !got.OK || json.Unmarshal(got.Result, &m) != nil {
			t.Errorf("%s: %q", name, got.Description)
			continue
		}
		kept, ok := s.File(m.Document.FileID)
		if m.Caption != `/ <b>"&` || m.Document.FileName != "t.html" || !ok || !bytes.Equal(kept, content) {
			t.Errorf("%s: %+v, %d bytes", name, m.Document, len(kept))
		}
	}
}
