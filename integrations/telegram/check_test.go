package telegram_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"topicpilot/integrations"
	"topicpilot/integrations/telegram"
	"topicpilot/integrations/telegram/telegramtest"
	"topicpilot/topics"
)

func outgoing(s *stage, text string) topics.Outgoing {
	return topics.Outgoing{
		Conversation: s.conversation(), Text: topics.Plain(text), Buttons: [][]topics.Button{{{Text: "b", Data: "d"}}},
	}
}

func find(list []integrations.Finding, code string) integrations.Finding {
	for _, f := range list {
		if f.Code == code {
			return f
		}
	}
	return integrations.Finding{}
}

func TestCheck(t *testing.T) {
	bot := func(s *stage, member telegramtest.Member) {
		member.User = s.Bot()
		if err := s.SetMember(group, member, operator); err != nil {
			panic(err)
		}
	}
	for _, c := range []struct {
		name    string
		options telegramtest.Options
		set     func(*stage)
		wanted  string // webhook.url
		code    string
		status  integrations.Status
	}{
		{name: "all is well", code: "poller", status: integrations.OK},
		{"bad token", telegramtest.Options{}, func(s *stage) {
			s.Fail("getMe", telegramtest.Fault{Code: 401, Times: -1})
		}, "", "token", integrations.Fault},
		{"unreachable", telegramtest.Options{}, func(s *stage) {
			s.Fail("getMe", telegramtest.Fault{Close: true, Times: -1})
		}, "", "api", integrations.Fault},
		{"not in the group", telegramtest.Options{}, func(s *stage) {
			bot(s, telegramtest.Member{Status: telegramtest.Left})
		}, "", "group", integrations.Fault},
		{"not a forum", telegramtest.Options{}, func(s *stage) {
			_ = s.SetForum(group, false)
		}, "", "forum", integrations.Fault},
		{"may not post", telegramtest.Options{}, func(s *stage) {
			bot(s, telegramtest.Member{Status: telegramtest.Restricted, IsMember: true})
		}, "", "write", integrations.Fault},
		{
			"privacy mode",
			telegramtest.Options{
				Bot: telegramtest.User{ID: telegramtest.DefaultBotID, FirstName: "T", Username: "t_bot"},
			},
			func(s *stage) { bot(s, telegramtest.Member{Status: telegramtest.Regular}) }, "", "privacy", integrations.Fault,
		},
		{"cannot manage topics", telegramtest.Options{}, func(s *stage) {
			bot(s, telegramtest.Member{Status: telegramtest.Administrator})
		}, "", "rights", integrations.Warning},
		{"another poller", telegramtest.Options{}, func(s *stage) { s.StealPolling(-1) }, "", "poller", integrations.Fault},
		{
			"foreign webhook",
			telegramtest.Options{},
			func(s *stage) { setHook(s, "https://other.example/p") }, "",
			"webhook", integrations.Fault,
		},
		{
			"foreign webhook, to be replaced",
			telegramtest.Options{},
			func(s *stage) { setHook(s, "https://other.example/p") },
			ourURL, "webhook", integrations.Warning,
		},
		{"our webhook", telegramtest.Options{}, func(s *stage) {
			s.Fail("getWebhookInfo", telegramtest.Fault{Garbage: `{"ok":true,"result":{"url":"` + ourURL + `"}}`})
		}, ourURL, "webhook", integrations.OK},
		{"our webhook not yet set", telegramtest.Options{}, func(*stage) {}, ourURL, "webhook", integrations.OK},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, c.options)
			if c.set != nil {
				c.set(s)
			}
			before := s.Pending()
			findings := s.client.Check(t.Context(), telegram.CheckOptions{WebhookURL: c.wanted, Groups: []int64{group}})
			f := find(findings, c.code)
			if f.Status != c.status || f.Text == "" || (f.Status != integrations.OK) != (f.Remedy != "") {
				t.Errorf("finding %+v of %+v", f, findings)
			}
			if strings.Contains(fmt.Sprint(findings), s.Token()) {
				t.Error("leaks the token")
			}
			if s.Pending() != before {
				t.Errorf("%d updates waited, %d now", before, s.Pending())
			}
		})
	}
}

func setHook(s *stage, url string) {
	w := telegram.NewWebhookSetup(telegram.WebhookSetupOptions{Client: s.client, URL: url, Secret: "x"})
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = w.Run(ctx)
	}()
	for ctx.Err() == nil && !w.State().Ready {
		time.Sleep(time.Millisecond)
	}
	cancel()
	<-done
}

func TestCheckClock(t *testing.T) {
	for name, c := range map[string]struct {
		off    time.Duration
		status integrations.Status
	}{
		"right": {0, integrations.OK}, "late": {2 * time.Minute, integrations.Fault},
		"early": {-2 * time.Minute, integrations.Fault},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Date", time.Now().Add(c.off).UTC().Format(http.TimeFormat))
				_, _ = w.Write([]byte(`{"ok":true,"result":{"id":1,"is_bot":true,"first_name":"T","username":"t_bot","url":""}}`))
			}))
			defer server.Close()
			client := newClient(t, server.URL, "1:AAA")
			if f := find(client.Check(t.Context(), telegram.CheckOptions{WebhookURL: ourURL}), "clock"); f.Status != c.status {
				t.Errorf("finding %+v", f)
			}
		})
	}
}
