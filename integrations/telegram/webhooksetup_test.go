package telegram_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"topicpilot/integrations/telegram"
	"topicpilot/integrations/telegram/telegramtest"
)

const ourURL = "https://bot.example/telegram/x"

func startSetup(t *testing.T, s *stage, url string) *telegram.WebhookSetup {
	t.Helper()
	w := telegram.NewWebhookSetup(telegram.WebhookSetupOptions{
		Client: s.client, URL: url, Secret: "s3cret",
		CheckEvery: 10 * time.Millisecond, RetryMin: 5 * time.Millisecond, RetryMax: 20 * time.Millisecond,
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = w.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return w
}

func TestWebhookSetupSetsOnce(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	s.Fail("*", telegramtest.Fault{Code: 502, Times: 2})
	w := startSetup(t, s, ourURL)
	eventually(t, "ready", func() bool { return w.State().Ready })
	again := startSetup(t, s, ourURL)
	eventually(t, "ready too", func() bool { return again.State().Ready })
	calls := s.Sent("setWebhook")
	if len(calls) != 1 || calls[0].Params["secret_token"] != "s3cret" || calls[0].Params["drop_pending_updates"] == true {
		t.Errorf("calls %+v", calls)
	}
	if v := s.Violations(); len(v) > 0 {
		t.Error(v)
	}
}

func TestWebhookSetupTellsOfAStranger(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	other := startSetup(t, s, "https://other.example/secret-path")
	eventually(t, "other ready", func() bool { return other.State().Ready })
	w := startSetup(t, s, ourURL) // replaces it at the start
	eventually(t, "ready", func() bool { return w.State().Ready })
	eventually(t, "other tells", func() bool { return !other.State().Ready })
	reason := other.State().Reason
	if !strings.Contains(reason, "https://bot.example/") || strings.Contains(reason, "/x") {
		t.Errorf("reason %q", reason)
	}
	if n := len(s.Sent("setWebhook")); n != 2 {
		t.Errorf("set %d times; the two must not fight", n)
	}
}

func TestWebhookSetupExplainsARefusal(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	s.Fail("setWebhook", telegramtest.Fault{Code: 400, Description: "Bad Request: bad webhook: no port", Times: -1})
	w := startSetup(t, s, ourURL)
	eventually(t, "reason", func() bool { return strings.Contains(w.State().Reason, "bad webhook: no port") })
	s.ClearFaults()
	eventually(t, "ready", func() bool { return w.State().Ready })
}

func TestWebhookSetupSendsAChangedSecret(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	w := startSetup(t, s, ourURL)
	eventually(t, "ready", func() bool { return w.State().Ready })
	s.Fail("getWebhookInfo", telegramtest.Fault{Garbage: `{"ok":true,"result":{"url":"` + ourURL + `",` +
		`"has_custom_certificate":false,"pending_update_count":3,"max_connections":40,"last_error_date":33000000000,` +
		`"last_error_message":"Wrong response from the webhook: 401 Unauthorized",` +
		`"allowed_updates":["message","edited_message","callback_query","my_chat_member","chat_member"]}}`})
	eventually(t, "set again", func() bool { return len(s.Sent("setWebhook")) == 2 })
}
