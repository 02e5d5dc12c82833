package app_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"topicpilot/integrations/telegram/telegramtest"
)

// callAPI plays another program with the same token.
func (s *stage) callAPI(method string, params map[string]any) {
	s.t.Helper()
	body, err := json.Marshal(params)
	s.must(err)
	resp, err := http.Post(s.url+"/bot"+token+"/"+method, "application/json", strings.NewReader(string(body)))
	s.must(err)
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	s.must(err)
	if resp.StatusCode != http.StatusOK {
		s.t.Fatalf("%s: %d %s", method, resp.StatusCode, answer)
	}
}

// notReady waits until readyz answers 503 with these words.
func (s *stage) notReady(words ...string) {
	s.t.Helper()
	var body string
	s.eventually(fmt.Sprintf("not ready: %q", words), func() bool {
		code, text := s.get("/readyz")
		body = text
		for _, word := range words {
			if !strings.Contains(text, word) {
				return false
			}
		}
		return code == http.StatusServiceUnavailable
	})
	s.lacks(body, token)
}

func (s *stage) ready() {
	s.t.Helper()
	s.eventually("ready", func() bool { code, _ := s.get("/readyz"); return code == http.StatusOK })
}

// TestPollingSurvives: the long poll goes on after network loss and garbage.
func TestPollingSurvives(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{})
	s.start()
	thread := s.topic(11, "Ann")
	s.settle()
	s.tg.SetNetwork(false)
	s.post(thread, olgaID, "/info")
	s.notReady("updates:", "telegram.api_url")
	s.tg.SetNetwork(true)
	s.answers(thread, 1)
	s.ready()
	for i, fault := range []telegramtest.Fault{
		{Garbage: "<html>Bad Gateway</html>", Code: 502},
		{Garbage: `{"ok":true,"result":"nonsense"}`},
		{Garbage: `{"ok":true,"resu`},
		{Code: 500},
		{Close: true},
	} {
		s.tg.Fail("getUpdates", fault)
		s.post(thread, olgaID, "/assist")
		s.answers(thread, 2+i)
	}
	s.settle()
	if got := s.ours(thread); len(got) != 6 {
		t.Errorf("%d answers, want 6", len(got))
	}
}

// TestAnotherPoller: a 409 by another program is said, with the remedy, and is over by itself.
func TestAnotherPoller(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{})
	s.start()
	thread := s.topic(11, "Ann")
	s.settle()
	s.tg.StealPolling(-1)
	s.notReady("updates:", "Another program polls", "--take-over")
	s.post(thread, olgaID, "/info")
	s.tg.StealPolling(0)
	s.answers(thread, 1)
	s.ready()
}

// TestForeignWebhook: a webhook that is not ours is never removed silently; the bot goes on
// by itself when it is gone, and --take-over removes it.
func TestForeignWebhook(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{})
	foreign := map[string]any{"url": "http://127.0.0.1:9/secret-path"}
	s.callAPI("setWebhook", foreign)
	s.bot = s.newBot(false)
	s.must(s.bot.Start(t.Context()))
	t.Cleanup(s.stop)
	s.notReady("updates:", "A webhook that is not ours", "http://127.0.0.1:9/…", "--take-over", "webhook.url")
	if n := len(s.tg.Sent("deleteWebhook")); n != 0 {
		t.Fatalf("the foreign webhook was removed")
	}
	thread := s.topic(11, "Ann")
	s.post(thread, olgaID, "/info")
	s.callAPI("deleteWebhook", nil)
	s.answers(thread, 1)
	s.ready()
	s.settle()
	// It comes in the middle of the work.
	s.callAPI("setWebhook", foreign)
	s.notReady("A webhook that is not ours")
	s.stop()

	before := len(s.tg.Sent("deleteWebhook"))
	s.bot = s.newBot(true)
	s.must(s.bot.Start(t.Context()))
	s.ready()
	if n := len(s.tg.Sent("deleteWebhook")) - before; n != 1 {
		t.Errorf("take-over removed the webhook %d times", n)
	}
	s.post(thread, olgaID, "/info")
	s.answers(thread, 2)
}

// TestFromWebhookBackToPolling: a webhook that we set ourselves is removed by ourselves.
func TestFromWebhookBackToPolling(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{})
	polling := s.yml
	s.webhookMode()
	s.start()
	thread := s.topic(11, "Ann")
	s.post(thread, olgaID, "/info")
	s.answers(thread, 1)
	s.stop()
	s.yml = polling
	s.start()
	s.post(thread, olgaID, "/info")
	s.answers(thread, 2)
}

// TestTokenRefused: the reason and the remedy stand in readyz; the token never does.
func TestTokenRefused(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{})
	s.replace(token, "987654321:AAtoken-of-the-tests-000000000000000")
	s.bot = s.newBot(false)
	s.must(s.bot.Start(t.Context()))
	t.Cleanup(s.stop)
	s.notReady("telegram:", "telegram.token", "@BotFather")
}

// TestWebhookRefused: Telegram's refusal of the address stands in readyz; the bot tries again.
func TestWebhookRefused(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{})
	s.webhookMode()
	s.tg.Fail("setWebhook", telegramtest.Fault{
		Code: 400, Description: "Bad Request: bad webhook: IP address 127.0.0.1 is reserved",
	})
	s.bot = s.newBot(false)
	s.must(s.bot.Start(t.Context()))
	t.Cleanup(s.stop)
	s.notReady("updates:", "webhook.url", "is reserved")
	s.ready()
}
