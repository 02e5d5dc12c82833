package telegramtest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"topicpilot/integrations/telegram/telegramtest"
)

// receiver is a bot's webhook that records texts and answers as told.
type receiver struct {
	mu      sync.Mutex
	got     []string
	secrets []string
	answer  func(text string) int
	done    chan struct{} // one signal for each delivery
}

func newReceiver(t *testing.T, answer func(string) int) (*receiver, string) {
	t.Helper()
	r := &receiver{answer: answer, done: make(chan struct{}, 1000)}
	srv := httptest.NewServer(r)
	t.Cleanup(srv.Close)
	return r, srv.URL + "/hook"
}

// ServeHTTP records one delivery.
func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	var u wireUpdate
	if err == nil {
		err = json.Unmarshal(body, &u)
	}
	text := "?"
	switch {
	case err != nil:
		text = err.Error()
	case u.Message != nil:
		text = u.Message.Text
	case u.CallbackQuery != nil:
		text = "press " + u.CallbackQuery.Data
	}
	code := 200
	if r.answer != nil {
		code = r.answer(text)
	}
	r.mu.Lock()
	r.got = append(r.got, text)
	r.secrets = append(r.secrets, req.Header.Get("X-Telegram-Bot-Api-Secret-Token"))
	r.mu.Unlock()
	w.WriteHeader(code)
	r.done <- struct{}{}
}

func (r *receiver) wait(t *testing.T, n int) []string {
	t.Helper()
	for range n {
		select {
		case <-r.done:
		case <-within(t).Done():
			t.Fatal("a delivery is missing")
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got)
}

func quick() telegramtest.Options {
	return telegramtest.Options{WebhookBackoff: time.Millisecond, WebhookMaxBackoff: 2 * time.Millisecond}
}

func TestWebhookOrder(t *testing.T) {
	s := newStage(t, quick())
	failures := 3
	r, url := newReceiver(t, func(text string) int {
		if text == "2" && failures > 0 {
			failures--
			return 500
		}
		return 200
	})
	s.post(telegramtest.Post{Text: "1"}) // waits for the webhook
	if a := s.call("setWebhook", obj{"url": url, "secret_token": "s3cret_-", "max_connections": 5}); !a.OK {
		t.Fatal(a.Description)
	}
	s.post(telegramtest.Post{Text: "2"})
	s.post(telegramtest.Post{Text: "3"})
	if got := r.wait(t, 6); !slices.Equal(got, []string{"1", "2", "2", "2", "2", "3"}) {
		t.Errorf("delivered %v", got)
	}
	if r.secrets[0] != "s3cret_-" {
		t.Errorf("secret %q", r.secrets[0])
	}
	var info struct {
		URL      string `json:"url"`
		Last     string `json:"last_error_message"`
		LastDate int64  `json:"last_error_date"`
		Max      int    `json:"max_connections"`
	}
	s.must(json.Unmarshal(s.call("getWebhookInfo", obj{}).Result, &info))
	if info.URL != url || info.Last != "Wrong response from the webhook: 500 Internal Server Error" ||
		info.LastDate == 0 || info.Max != 5 {
		t.Errorf("info %+v", info)
	}
}

// TestWebhookKeys: a blocked chat holds back its own messages, not presses and not other chats.
func TestWebhookKeys(t *testing.T) {
	s := newStage(t, quick())
	s.must(s.AddGroup(telegramtest.Group{ID: -1009, Title: "Other"}))
	m := s.send(obj{"chat_id": group, "text": "x", "reply_markup": button(obj{"text": "B", "callback_data": "b"})})
	release := make(chan struct{})
	r, url := newReceiver(t, func(text string) int {
		if text == "blocked" {
			<-release
		}
		return 200
	})
	s.call("setWebhook", obj{"url": url})
	s.post(telegramtest.Post{Text: "blocked"})
	s.post(telegramtest.Post{Text: "behind"})
	_, err := s.Press(group, m.ID, operator, "b")
	s.must(err)
	s.post(telegramtest.Post{Chat: -1009, Text: "elsewhere"})
	got := r.wait(t, 2)
	slices.Sort(got)
	if !slices.Equal(got, []string{"elsewhere", "press b"}) {
		t.Errorf("passed the blocked chat: %v", got)
	}
	close(release)
	if got = r.wait(t, 2); !slices.Equal(got[2:], []string{"blocked", "behind"}) {
		t.Errorf("order inside the chat: %v", got)
	}
	s.must(s.Wait(within(t), func() bool { return s.Pending() == 0 }))
	s.must(s.Redeliver(s.Delivered()[0]))
	r.wait(t, 1)
}

func TestWebhookRefusals(t *testing.T) {
	s := newStage(t, quick())
	tests := []struct {
		name string
		body obj
		want string
	}{
		{
			"secret charset",
			obj{"url": "https://e.com", "secret_token": "a b"},
			"Bad Request: secret token contains unallowed characters",
		},
		{
			"secret length",
			obj{"url": "https://e.com", "secret_token": strings.Repeat("x", 257)},
			"Bad Request: secret token is too long",
		},
		{"no url", obj{"url": "nonsense"}, "Bad Request: bad webhook: invalid webhook URL specified"},
		{"empty url removes it", obj{"url": ""}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if a := s.call("setWebhook", tt.body); a.Description != tt.want {
				t.Errorf("got %q, want %q", a.Description, tt.want)
			}
		})
	}
	s.post(telegramtest.Post{Text: "x"})
	s.call("setWebhook", obj{"url": "http://127.0.0.1:1/", "drop_pending_updates": true})
	if s.Pending() != 0 {
		t.Errorf("%d updates kept", s.Pending())
	}
	s.post(telegramtest.Post{Text: "y"})
	s.call("deleteWebhook", obj{})
	if got := s.updates(obj{}); len(got) != 1 || got[0].Message.Text != "y" {
		t.Errorf("undelivered updates go back to polling: %+v", got)
	}
}
