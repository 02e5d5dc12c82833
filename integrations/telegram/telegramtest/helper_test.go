package telegramtest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"topicpilot/integrations/telegram/telegramtest"
)

const (
	group    int64 = -1001000000001
	operator int64 = 501
	mirror   int64 = 502
	otherBot int64 = 503
)

// stage is a server with one forum of an operator, a mirror account and another bot.
type stage struct {
	*telegramtest.Server
	t   *testing.T
	url string
}

func newStage(t *testing.T, opt telegramtest.Options) *stage {
	t.Helper()
	s := telegramtest.New(opt)
	base, err := s.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	s.AddUser(telegramtest.User{ID: operator, FirstName: "Olga", Username: "olga"})
	s.AddUser(telegramtest.User{ID: mirror, FirstName: "Mirror"})
	s.AddUser(telegramtest.User{ID: otherBot, IsBot: true, FirstName: "Other", Username: "other_bot"})
	st := &stage{Server: s, t: t, url: base}
	st.must(s.AddGroup(telegramtest.Group{ID: group, Title: "Support", IsForum: true, Members: []telegramtest.Member{
		{User: telegramtest.User{ID: operator}, Status: telegramtest.Creator, CustomTitle: "boss"},
		{User: telegramtest.User{ID: mirror}, Status: telegramtest.Regular},
		{User: telegramtest.User{ID: otherBot}, Status: telegramtest.Administrator},
	}}))
	return st
}

func (s *stage) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) topic(name string) int {
	s.t.Helper()
	id, err := s.CreateTopic(group, mirror, name)
	s.must(err)
	return id
}

func (s *stage) post(p telegramtest.Post) telegramtest.Message {
	s.t.Helper()
	if p.Chat == 0 {
		p.Chat = group
	}
	if p.From == 0 {
		p.From = operator
	}
	m, err := s.Post(p)
	s.must(err)
	return m
}

// answer is a decoded Bot API answer.
type answer struct {
	OK          bool            `json:"ok"`
	Result      json.RawMessage `json:"result"`
	ErrorCode   int             `json:"error_code"`
	Description string          `json:"description"`
	Parameters  struct {
		RetryAfter      int   `json:"retry_after"`
		MigrateToChatID int64 `json:"migrate_to_chat_id"`
	} `json:"parameters"`
}

type obj = map[string]any

var client = &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

// try posts JSON to a method and returns the answer or a transport error.
func (s *stage) try(method string, body any) (answer, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return answer{}, err
	}
	return s.request(method, "application/json", raw)
}

// rawCall returns a method's answer unread and unchecked.
func (s *stage) rawCall(method string) (string, error) {
	req, err := http.NewRequestWithContext(
		context.Background(), http.MethodGet, s.url+"/bot"+s.Token()+"/"+method, http.NoBody)
	if err != nil {
		return "", err
	}
	resp, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	return string(body), err
}

func containsAll(text string, parts ...string) bool {
	for _, p := range parts {
		if !strings.Contains(text, p) {
			return false
		}
	}
	return true
}

// request posts a body; each result must fit the Bot API's types, and so each update does.
func (s *stage) request(method, ctype string, body []byte) (answer, error) {
	url := s.url + "/bot" + s.Token() + "/" + method
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Content-Type", ctype)
	resp, err := client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		return answer{}, err
	}
	var a answer
	if err := json.Unmarshal(got, &a); err != nil {
		return answer{}, err
	}
	if !a.OK && a.ErrorCode != resp.StatusCode {
		s.t.Errorf("%s: status %d but error_code %d", method, resp.StatusCode, a.ErrorCode)
	}
	if a.OK {
		if misfit := telegramtest.ResultMisfit(method, a.Result); misfit != "" {
			s.t.Errorf("%s answers %s\nwhich does not fit the Bot API: %s", method, a.Result, misfit)
		}
	}
	return a, nil
}

// call is try for calls whose transport must work.
func (s *stage) call(method string, body any) answer {
	s.t.Helper()
	a, err := s.try(method, body)
	s.must(err)
	return a
}

// send posts a text and returns the message.
func (s *stage) send(body obj) telegramtest.Message {
	s.t.Helper()
	a := s.call("sendMessage", body)
	if !a.OK {
		s.t.Fatalf("sendMessage: %s", a.Description)
	}
	var m telegramtest.Message
	s.must(json.Unmarshal(a.Result, &m))
	return m
}

type wireUpdate struct {
	ID            int64                       `json:"update_id"`
	Message       *telegramtest.Message       `json:"message"`
	Edited        *telegramtest.Message       `json:"edited_message"`
	ChannelPost   *telegramtest.Message       `json:"channel_post"`
	CallbackQuery *telegramtest.CallbackQuery `json:"callback_query"`
	ChatMember    json.RawMessage             `json:"chat_member"`
	MyChatMember  json.RawMessage             `json:"my_chat_member"`
}

// updates calls getUpdates.
func (s *stage) updates(body obj) []wireUpdate {
	s.t.Helper()
	a := s.call("getUpdates", body)
	if !a.OK {
		s.t.Fatalf("getUpdates: %s", a.Description)
	}
	var list []wireUpdate
	s.must(json.Unmarshal(a.Result, &list))
	return list
}

// drain confirms everything queued so far.
func (s *stage) drain() {
	s.t.Helper()
	s.updates(obj{"offset": -1})
	list := s.updates(obj{})
	for _, u := range list {
		s.updates(obj{"offset": u.ID + 1})
	}
}

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	t.Cleanup(cancel)
	return ctx
}
