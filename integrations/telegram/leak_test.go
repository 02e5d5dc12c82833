package telegram_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"topicpilot/integrations/telegram"
	"topicpilot/integrations/telegram/telegramtest"
	"topicpilot/topics"
)

// TestFailsWithoutLeakingTheToken calls everything under every fault. The token stands in each
// request's address, which errors of HTTP clients like to repeat.
func TestFailsWithoutLeakingTheToken(t *testing.T) {
	secret := telegramtest.DefaultToken
	faults := map[string]telegramtest.Fault{
		"close": {Close: true}, "close after": {Close: true, After: true}, "hang": {Hang: time.Minute},
		"garbage":    {Garbage: "<html>/bot" + secret + "/x</html>"},
		"wrong type": {Garbage: `{"ok":true,"result":"` + secret + `"}`},
		"echo":       {Code: 400, Description: "Bad Request: /bot" + secret + "/x"}, "flood": {Code: 429, RetryAfter: 1},
		"server": {Code: 500}, "conflict": {Code: 409}, "token": {Code: 401}, "garbage 5xx": {Garbage: secret, Code: 503},
		"bad status line": {Garbage: secret, Code: 99},
	}
	calls := map[string]func(context.Context, *stage, *telegram.Client) error{
		"me":       func(ctx context.Context, _ *stage, c *telegram.Client) error { _, err := c.Me(ctx); return err },
		"callback": func(ctx context.Context, _ *stage, c *telegram.Client) error { return c.AnswerCallback(ctx, "1", "x") },
		"menu": func(ctx context.Context, _ *stage, c *telegram.Client) error {
			return c.SetMenu(ctx, group, telegram.ScopeChat, "", []telegram.MenuCommand{{Command: "a", Description: "b"}})
		},
		"administrators": func(ctx context.Context, _ *stage, c *telegram.Client) error {
			_, err := telegram.NewAdministrators(c, nil).IsAdministrator(ctx, group, 1)
			return err
		},
		"members": func(ctx context.Context, _ *stage, c *telegram.Client) error {
			_, err := telegram.NewMembers(c, nil).IsMember(ctx, group, 1)
			return err
		},
		"send": func(ctx context.Context, s *stage, c *telegram.Client) error {
			_, err := telegram.NewSender(telegram.SenderOptions{Client: c, Marks: marks{}}).Send(ctx, outgoing(s, "x"))
			return err
		},
		"document": func(ctx context.Context, s *stage, c *telegram.Client) error {
			sender := telegram.NewSender(telegram.SenderOptions{Client: c, Marks: marks{}})
			_, err := sender.SendDocument(ctx, s.document([]byte("x"), nil))
			return err
		},
		"customer": func(ctx context.Context, s *stage, c *telegram.Client) error {
			send := telegram.NewCustomerSender(telegram.CustomerOptions{
				Bots: map[int64]telegram.CustomerBot{group: {Client: c}},
			})
			return send.Tell(ctx, groupWith(topics.CustomerSendBot), s.conversation(), customer, "x").Err
		},
		"check": func(ctx context.Context, _ *stage, c *telegram.Client) error {
			return fmt.Errorf("%+v", c.Check(ctx, telegram.CheckOptions{Groups: []int64{group}}))
		},
	}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for method, call := range calls {
				s := newStage(t, telegramtest.Options{})
				fault.Times = -1
				s.Fail("*", fault)
				var log bytes.Buffer
				client, err := telegram.NewClient(telegram.Options{
					Token: token(secret), APIURL: s.url, Timeout: 100 * time.Millisecond,
					Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
				})
				if err != nil {
					t.Fatal(err)
				}
				err = call(t.Context(), s, client)
				if text := fmt.Sprintf("%v %+v %#v %s", err, err, err, log.String()); strings.Contains(text, secret) {
					t.Errorf("%s leaks: %s", method, text)
				}
				client.Close()
			}
		})
	}
}

func TestPollerAndSetupDoNotLogTheToken(t *testing.T) {
	secret := telegramtest.DefaultToken
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s := newStage(t, telegramtest.Options{})
	s.Fail("*", telegramtest.Fault{Code: 400, Description: "Bad Request: /bot" + secret, Times: 4})
	s.Fail("*", telegramtest.Fault{Garbage: secret, Times: 4})
	p, stop := startPoller(t, telegram.PollerOptions{Client: s.client, Journal: newJournal(), Log: logger})
	eventually(t, "ready", func() bool { return p.State().Ready })
	stop()
	if strings.Contains(log.String(), secret) || log.Len() == 0 {
		t.Errorf("log %s", log.String())
	}
}

func TestNewClientRefuses(t *testing.T) {
	for name, o := range map[string]telegram.Options{
		"no token":    {},
		"empty token": {Token: token("")},
		"path":        {Token: token("1:AAA/../x")},
		"url":         {Token: token("1:AAA"), APIURL: "api.telegram.org"},
		"scheme":      {Token: token("1:AAA"), APIURL: "ftp://api.telegram.org"},
		"user":        {Token: token("1:AAA"), APIURL: "https://u:pw@api.telegram.org"},
	} {
		_, err := telegram.NewClient(o)
		if err == nil || strings.Contains(err.Error(), "AAA") || strings.Contains(err.Error(), "pw") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Telegram's error texts quote what was sent: that goes into no log and no parked reason.
func TestErrorTextsQuoteNothing(t *testing.T) {
	for name, c := range map[string]struct{ description, want string }{
		"single":     {"Bad Request: URL 'https://a/?p=canary' is invalid: Wrong", `Bad Request: URL "…" is invalid: Wrong`},
		"inner":      {`Bad Request: tag "a'canary" b" of 'c' at byte offset 5`, `Bad Request: tag "…" at byte offset 5`},
		"apostrophe": {"Bad Request: can't parse entities: can't find 'canary's'", `can't parse entities: can't find "…"`},
		"open":       {`Bad Request: bad "canary`, `Bad Request: bad "…"`},
		"angled":     {"Bad Request: bad «canary» end", `Bad Request: bad "…" end`},
		"plain":      {"Bad Request: can't initiate; can't go on", "Bad Request: can't initiate; can't go on"},
		"long":       {"Bad Request: " + strings.Repeat("x", 1000) + "canary", strings.Repeat("x", 100)},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, telegramtest.Options{})
			s.Fail("answerCallbackQuery", telegramtest.Fault{Code: 400, Description: c.description})
			err := s.client.AnswerCallback(t.Context(), "1", "x")
			if err == nil || strings.Contains(err.Error(), "canary") || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v", err)
			}
			if err != nil && len(err.Error()) > 300 {
				t.Errorf("%d bytes", len(err.Error()))
			}
		})
	}
}
