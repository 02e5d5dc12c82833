package commands_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"topicpilot/topics"
	"topicpilot/topics/advice"
)

// drip is a customer who writes, or edits, at even intervals for a time, while the model takes
// its time for each answer. It returns when the answers were asked for.
func (w *aiWorld) drip(every, model, lasts time.Duration, write func(n int)) (asked []time.Time) {
	began := w.clock.Now()
	next, end, n := began, began.Add(lasts), 0
	pass := func(until time.Time) {
		for ; !next.After(until) && next.Before(end); next = next.Add(every) {
			w.clock.Add(next.Sub(w.clock.Now()))
			n++
			write(n)
		}
		w.clock.Add(until.Sub(w.clock.Now()))
	}
	says := w.adviser.advise
	w.adviser.advise = func(ctx context.Context, q advice.Question) (advice.Advice, error) {
		asked = append(asked, w.clock.Now())
		pass(w.clock.Now().Add(model))
		return says(ctx, q)
	}
	for w.clock.Now().Before(end) {
		if i := w.due(); i >= 0 {
			w.step(context.Background(), i)
			continue
		}
		pass(w.clock.Now().Add(time.Second))
	}
	return asked
}

// A customer who does not stop writing has a draft about each minute, at whatever pace.
func TestAIDrip(t *testing.T) {
	for _, c := range []struct {
		name         string
		every, model time.Duration
		edits        bool
	}{
		{"faster than the debounce", 4 * time.Second, 10 * time.Second, false},
		{"slower than the debounce, faster than the model", 8 * time.Second, 10 * time.Second, false},
		{"a slow model", 20 * time.Second, 25 * time.Second, false},
		{"edits of one message", 8 * time.Second, 10 * time.Second, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newAI(t, topics.AdviceDraft)
			text := func(n int) string { return fmt.Sprintf("How do I get a refund for order %d?", n) }
			first := w.spoken(topics.AuthorCustomer, text(0))
			w.hear(first)
			asked := w.drip(c.every, c.model, 30*time.Minute, func(n int) {
				if c.edits {
					first.Message.EditDate = w.clock.Now()
					w.updates++
					first.Key, first.Edited, first.Typed = fmt.Sprintf("1:%d", w.updates), true, false
					first.Message.Text = topics.Plain(text(n))
					w.hear(first)
					return
				}
				w.customer(text(n))
			})
			drafts := w.drafts.all()
			if len(drafts) < 18 || len(drafts) > 32 {
				t.Errorf("%d drafts in half an hour", len(drafts))
			}
			if len(asked) > 6*len(drafts) {
				t.Errorf("%d answers asked for, and %d drafts", len(asked), len(drafts))
			}
			for i := 1; i < len(drafts); i++ {
				if gap := drafts[i].At.Sub(drafts[i-1].At); gap > 2*time.Minute {
					t.Errorf("no draft for %v", gap)
				}
			}
		})
	}
}

// Where the knowledge has no answer, the customer's messages do not have the model asked
// without a pause.
func TestAIDripSilence(t *testing.T) {
	w := newAI(t, topics.AdviceDraft)
	w.adviser.advise = silence(advice.ReasonUnanswerable)
	asked := w.drip(2*time.Second, 10*time.Second, 10*time.Minute, func(n int) {
		w.customer(fmt.Sprintf("How do I get a refund for order %d?", n))
	})
	if len(asked) < 5 || len(asked) > 12 {
		t.Errorf("asked %d times in ten minutes", len(asked))
	}
}
