package app_test

import (
	"testing"
	"time"

	"topicpilot/integrations/telegram/telegramtest"
)

// budgeted is a stage whose group takes three messages a minute.
func budgeted(t *testing.T) *stage {
	t.Helper()
	s := newStage(t, telegramtest.Options{})
	s.replace("group_per_minute: 0", "group_per_minute: 3")
	return s
}

// TestRestartKnowsWhatWasTold: what went to a customer through the topic is counted too, and
// what showed how far an export was.
func TestRestartKnowsWhatWasTold(t *testing.T) {
	t.Parallel()
	y := newSystem(t)
	y.on("/do", body200(`{"words":"`+told+`"}`))
	s := newStage(t, telegramtest.Options{}, "    customer_send: topic", tellYML(y.url))
	s.replace("group_per_minute: 0", "group_per_minute: 3")
	s.told = []string{told}
	s.start()
	thread := s.topic(11, "Ann")
	s.post(thread, olgaID, "/activate")
	s.last(thread, "The customer has been told.")
	s.post(0, olgaID, "/assist")
	s.eventually("three are sent", func() bool { return len(s.posted()) == 3 })
	s.settle()
	s.stop()
	s.start()
	s.post(0, olgaID, "/assist")
	s.held(3)
}

// held makes sure that all that has come is handled or owed, and that nothing was posted
// since.
func (s *stage) held(posted int) {
	s.t.Helper()
	s.eventually("all is handled or owed", func() bool {
		return s.tg.Pending() == 0 && s.metric(`topicpilot_queue_pending{queue="inbox"}`) == 0 &&
			s.metric(`topicpilot_queue_pending{queue="outbox"}`) > 0
	})
	if n := len(s.posted()); n != posted {
		s.t.Errorf("%d messages, want %d", n, posted)
	}
}

// TestRestartKnowsWhatWasSent: also answers in General, which have no transcript, and
// sends whose answer never came.
func TestRestartKnowsWhatWasSent(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		fault telegramtest.Fault
	}{
		{"in General", telegramtest.Fault{}},
		{"of unknown outcome", telegramtest.Fault{After: true, Close: true, Times: 3}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := budgeted(t)
			s.start()
			if c.fault.Close {
				s.tg.Fail("sendMessage", c.fault)
			}
			for range 3 {
				s.post(0, olgaID, "/assist")
			}
			s.eventually("three are sent", func() bool { return len(s.posted()) == 3 })
			s.settle()
			s.stop()
			s.start()
			s.post(0, olgaID, "/assist")
			s.held(3)
		})
	}
}

// TestRestartKnowsAFloodLimit: nothing goes into the group before it has passed.
func TestRestartKnowsAFloodLimit(t *testing.T) {
	t.Parallel()
	s := budgeted(t)
	s.start()
	thread, other := s.topic(11, "Ann"), s.topic(12, "Bob")
	s.tg.Fail("sendMessage", telegramtest.Fault{
		Code: 429, RetryAfter: int(time.Hour / time.Second), Description: "Too Many Requests",
	})
	s.post(thread, olgaID, "/info")
	s.eventually("refused", func() bool { return len(s.posted()) == 1 })
	s.settle()
	s.stop()
	s.start()
	s.post(other, olgaID, "/info")
	s.held(1)
}
