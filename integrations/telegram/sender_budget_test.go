package telegram_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"topicpilot/integrations/telegram"
	"topicpilot/integrations/telegram/telegramtest"
	"topicpilot/topics"
)

// TestDeliveredTellsWhatCounts: a post, an edit, and a post whose answer never came are to be
// remembered for the next start; what was refused is not, nor anything without a limit.
func TestDeliveredTellsWhatCounts(t *testing.T) {
	for _, c := range []struct {
		name  string
		limit int
		fault telegramtest.Fault
		want  int
	}{
		{"posted", 20, telegramtest.Fault{}, 1},
		{"unknown", 20, telegramtest.Fault{Close: true, After: true}, 1},
		{"refused", 20, telegramtest.Fault{Code: 403, Description: "Forbidden"}, 0},
		{"flood", 20, telegramtest.Fault{Code: 429, RetryAfter: 1}, 0},
		{"no limit", 0, telegramtest.Fault{}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStage(t, telegramtest.Options{})
			sender := s.sender(telegram.Limits{GroupPerMinute: c.limit})
			if c.fault.Code != 0 || c.fault.Close {
				s.Fail("sendMessage", c.fault)
			}
			before := time.Now()
			delivered, _, err := sender.TrySend(t.Context(), topics.Outgoing{
				Conversation: topics.Conversation{ChatID: group}, Text: topics.Plain("x"),
			})
			if len(delivered.Sends) != c.want {
				t.Errorf("sends %v, %v", delivered.Sends, err)
			}
			for _, at := range delivered.Sends {
				if at.Before(before) || at.After(time.Now()) {
					t.Errorf("sent at %s", at)
				}
			}
		})
	}
}

// TestEditsCount: also one that changes nothing.
func TestEditsCount(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	sender := s.sender(telegram.Limits{GroupPerMinute: 20})
	out := topics.Outgoing{Conversation: s.conversation(), Text: topics.Plain("x")}
	delivered, err := sender.Send(t.Context(), out)
	if err != nil {
		t.Fatal(err)
	}
	out.EditID = delivered.Messages[0].ID
	for _, text := range []string{"y", "y"} {
		out.Text = topics.Plain(text)
		if delivered, err = sender.Send(t.Context(), out); err != nil || len(delivered.Sends) != 1 {
			t.Errorf("%+v, %v", delivered, err)
		}
	}
}

// shared is a budget of several processes with slots to give; it notes what comes back.
type shared struct {
	mu      sync.Mutex
	free    int
	last    int64
	settled map[int64]bool
	// during runs while a slot is reserved.
	during func()
}

func (b *shared) Reserve(context.Context, int64, int) (int64, time.Duration, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.during != nil {
		b.during()
		b.during = nil
	}
	if b.free == 0 {
		return 0, time.Hour, nil
	}
	b.free--
	b.last++
	return b.last, 0, nil
}

func (b *shared) Settle(_ context.Context, id int64, counted bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.settled[id] = counted
	if !counted {
		b.free++
	}
}

func sharing(s *stage, budget *shared) *telegram.Sender {
	budget.settled = map[int64]bool{}
	return telegram.NewSender(telegram.SenderOptions{
		Client: s.client, Marks: marks{}, Limits: telegram.Limits{GroupPerMinute: 20}, Shared: budget,
	})
}

// TestSharedSlotIsSettledAfterTheAnswer: also where the answer says that nothing counts.
func TestSharedSlotIsSettledAfterTheAnswer(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	budget := &shared{free: 5}
	sender := sharing(s, budget)
	out := topics.Outgoing{Conversation: s.conversation(), Text: topics.Plain("x")}
	if _, err := sender.Send(t.Context(), out); err != nil || !budget.settled[1] {
		t.Errorf("%v, settled %v", err, budget.settled)
	}
	if _, tried, err := sender.TrySend(t.Context(), out); err != nil || !tried || !budget.settled[2] {
		t.Errorf("%v, %v, settled %v", tried, err, budget.settled)
	}
	s.Fail("sendMessage", telegramtest.Fault{Code: 429, RetryAfter: 1})
	_, err := sender.Send(t.Context(), out)
	if counted, settled := budget.settled[3]; err == nil || counted || !settled {
		t.Errorf("%v, settled %v", err, budget.settled)
	}
}

// TestSharedSlotIsNotUsedInAPause: a flood limit that comes while a slot is waited for holds.
func TestSharedSlotIsNotUsedInAPause(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	budget := &shared{free: 1}
	sender := sharing(s, budget)
	budget.during = func() { sender.Pause(group, time.Hour) }
	out := topics.Outgoing{Conversation: s.conversation(), Text: topics.Plain("x")}
	_, err := sender.Send(t.Context(), out)
	if wait, ok := errors.AsType[*topics.Wait](err); !ok || wait.After < 59*time.Minute {
		t.Errorf("%v", err)
	}
	if n := len(s.Sent("sendMessage")); n != 0 || budget.free != 1 {
		t.Errorf("%d messages, %d free", n, budget.free)
	}
}

// TestStopEndsTheWaitForASharedSlot: what waits is kept for the next start.
func TestStopEndsTheWaitForASharedSlot(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	sender := sharing(s, &shared{})
	sender.Stop()
	_, err := sender.Send(t.Context(), topics.Outgoing{Conversation: s.conversation(), Text: topics.Plain("x")})
	if _, ok := errors.AsType[*topics.Wait](err); !ok {
		t.Errorf("%v", err)
	}
}

// TestFloodIsToldOf: so that it outlives this process.
func TestFloodIsToldOf(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	told := map[int64]time.Duration{}
	sender := telegram.NewSender(telegram.SenderOptions{
		Client: s.client, Marks: marks{},
		Flood: func(_ context.Context, chatID int64, wait time.Duration) { told[chatID] = wait },
	})
	s.Fail("sendMessage", telegramtest.Fault{Code: 429, RetryAfter: 30})
	_, err := sender.Send(t.Context(), topics.Outgoing{Conversation: s.conversation(), Text: topics.Plain("x")})
	if err == nil || told[group] != 30*time.Second {
		t.Errorf("%v, told %v", err, told)
	}
}

// TestPlainTextTakesASlotOfItsOwn: two messages to Telegram are two of the group's budget.
func TestPlainTextTakesASlotOfItsOwn(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	s.Fail("sendMessage", telegramtest.Fault{Code: 400, Description: "Bad Request: can't parse entities: oh", Times: -1})
	sender := s.sender(telegram.Limits{GroupPerMinute: 3})
	out := topics.Outgoing{Conversation: s.conversation(), Text: topics.Plain("x")}
	if _, tried, err := sender.TrySend(t.Context(), out); !tried || !isHopeless(err) {
		t.Fatalf("%v, %v", tried, err)
	}
	if _, tried, err := sender.TrySend(t.Context(), out); !tried || isHopeless(err) || err == nil {
		t.Fatalf("no slot for plain text: %v, %v", tried, err)
	}
	if n := len(s.Sent("sendMessage")); n != 3 {
		t.Errorf("%d messages in three slots", n)
	}
}

// TestTopicsSwitchedOff: what then stands in the open is taken back, and nothing follows it
// until the group has topics again.
func TestTopicsSwitchedOff(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	sender := s.sender(telegram.Limits{GroupPerMinute: 20})
	out := topics.Outgoing{Conversation: s.conversation(), Text: topics.Plain("SECRET")}
	if err := s.SetForum(group, false); err != nil {
		t.Fatal(err)
	}
	delivered, _, err := sender.TrySend(t.Context(), out)
	if !lost(err) || len(delivered.Messages) != 0 || len(delivered.Sends) != 1 {
		t.Errorf("%+v, %v", delivered, err)
	}
	for _, m := range s.Messages(group) {
		if m.Text == "/ SECRET" {
			t.Errorf("message %d stands in thread %d", m.ID, m.Thread)
		}
	}
	if _, tried, err := sender.TrySend(t.Context(), out); tried || err != nil {
		t.Errorf("at once: %v, %v", tried, err)
	}
	if _, err := sender.Send(t.Context(), out); !again(err) {
		t.Errorf("%v", err)
	}
	if n := len(s.Sent("sendMessage")); n != 1 {
		t.Errorf("%d messages", n)
	}
	general := topics.Outgoing{Conversation: topics.Conversation{ChatID: group}, Text: topics.Plain("x")}
	if _, tried, err := sender.TrySend(t.Context(), general); !tried || err != nil {
		t.Errorf("into the group: %v, %v", tried, err)
	}
}
