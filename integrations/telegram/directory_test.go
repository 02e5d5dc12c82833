package telegram_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"topicpilot/integrations/telegram"
	"topicpilot/integrations/telegram/telegramtest"
)

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func TestAdministrators(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	c := &clock{now: time.Unix(1700000000, 0)}
	a := telegram.NewAdministrators(s.client, c.Now)
	check := func(user int64, want bool) {
		t.Helper()
		if got, err := a.IsAdministrator(t.Context(), group, user); err != nil || got != want {
			t.Errorf("%d: %v, %v; want %v", user, got, err, want)
		}
	}
	calls := func() int { return len(s.Sent("getChatAdministrators")) }
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() { check(operator, true) })
	}
	wg.Wait()
	check(78, true)
	check(79, false)
	check(s.Bot().ID, false)
	if calls() != 1 {
		t.Errorf("%d calls", calls())
	}
	err := s.SetMember(group, telegramtest.Member{User: telegramtest.User{ID: 78}, Status: telegramtest.Regular}, operator)
	if err != nil {
		t.Fatal(err)
	}
	check(78, true) // cached
	a.Forget(group)
	check(78, false)
	c.add(11 * time.Minute)
	check(operator, true)
	if calls() != 3 {
		t.Errorf("%d calls", calls())
	}
	// Telegram does not answer: the list of the last hour serves, no longer.
	s.Fail("getChatAdministrators", telegramtest.Fault{Code: 502, Times: -1})
	c.add(30 * time.Minute)
	check(operator, true)
	c.add(31 * time.Minute)
	if got, err := a.IsAdministrator(t.Context(), group, operator); err == nil || got {
		t.Errorf("after an hour: %v, %v", got, err)
	}
	s.ClearFaults()
	check(operator, true)
	// A refusal: nobody, and no error.
	s.Fail("getChatAdministrators", telegramtest.Fault{Code: 403, Times: -1})
	a.Forget(group)
	check(operator, false)
}

func TestMembers(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	m := telegram.NewMembers(s.client, nil)
	for user, want := range map[int64]bool{operator: true, 79: true, 4711: false} {
		for range 2 {
			if got, err := m.IsMember(t.Context(), group, user); err != nil || got != want {
				t.Errorf("%d: %v, %v", user, got, err)
			}
		}
	}
	if n := len(s.Sent("getChatMember")); n != 3 {
		t.Errorf("%d calls", n)
	}
	m.Forget(group, 79)
	s.Fail("getChatMember", telegramtest.Fault{Code: 502})
	if got, err := m.IsMember(t.Context(), group, 79); err == nil || got {
		t.Errorf("no answer: %v, %v", got, err)
	}
}

func TestSetMenu(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	list := []telegram.MenuCommand{
		{Command: "info", Description: strings.Repeat("д", 300)}, {Command: "assist", Description: "help"},
	}
	for range 2 {
		for _, scope := range []telegram.MenuScope{telegram.ScopeChat, telegram.ScopeAdministrators} {
			if err := s.client.SetMenu(t.Context(), group, scope, "uk", list); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n := len(s.Sent("setMyCommands")); n != 2 {
		t.Errorf("set %d times", n)
	}
	got := s.Commands("chat_administrators", group, "uk")
	if len(got) != 2 || got[0].Command != "info" || len([]rune(got[0].Description)) != 256 {
		t.Errorf("menu %+v", got)
	}
	if err := s.client.SetMenu(t.Context(), group, telegram.ScopeChat, "uk", nil); err != nil {
		t.Fatal(err)
	}
	if got := s.Commands("chat", group, "uk"); len(got) > 0 {
		t.Errorf("menu %+v", got)
	}
}

func TestAnswerCallback(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	if err := s.client.AnswerCallback(t.Context(), "long-gone", "x"); err != nil {
		t.Errorf("too late: %v", err)
	}
	sent, err := s.sender(telegram.Limits{}).Send(t.Context(), outgoing(s, "x"))
	if err != nil {
		t.Fatal(err)
	}
	id, err := s.Press(group, int(sent.Messages[0].ID), operator, "d")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.client.AnswerCallback(t.Context(), id, strings.Repeat("я", 300)); err != nil {
		t.Fatal(err)
	}
	if answer, ok := s.Answer(id); !ok || len([]rune(answer.Text)) != 200 {
		t.Errorf("answer %+v", answer)
	}
}
