package telegram

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"topicpilot/topics"
)

func TestBudgetIsStrictInEveryMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBudget(Limits{GroupPerMinute: 5})
		var mu sync.Mutex
		var arrived []time.Time
		var wg sync.WaitGroup
		for range 40 {
			wg.Go(func() {
				if err := b.wait(t.Context(), 1, topics.PriorityAnswer); err != nil {
					t.Error(err)
					return
				}
				time.Sleep(time.Duration(rand.IntN(3000)) * time.Millisecond)
				mu.Lock()
				arrived = append(arrived, time.Now())
				mu.Unlock()
				time.Sleep(time.Duration(rand.IntN(3000)) * time.Millisecond)
				b.done(1, true)
			})
		}
		wg.Wait()
		slices.SortFunc(arrived, time.Time.Compare)
		for i := range len(arrived) - 5 {
			if d := arrived[i+5].Sub(arrived[i]); d < time.Minute {
				t.Errorf("six messages within %s", d)
			}
		}
	})
}

func TestBudgetOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBudget(Limits{GroupPerMinute: 4})
		for range 4 {
			if !b.try(1, topics.PriorityAnswer, 1) {
				t.Fatal("no slot")
			}
			b.done(1, true)
			time.Sleep(time.Second) // so that the slots come back one by one
		}
		var mu sync.Mutex
		var order []string
		var wg sync.WaitGroup
		for _, w := range []struct {
			name     string
			priority topics.Priority
		}{
			{"draft", topics.PriorityDraft},
			{"notice", topics.PriorityNotice},
			{"answer 1", topics.PriorityAnswer},
			{"answer 2", topics.PriorityAnswer},
		} {
			wg.Go(func() {
				if err := b.wait(t.Context(), 1, w.priority); err != nil {
					t.Error(err)
				}
				mu.Lock()
				order = append(order, w.name)
				mu.Unlock()
				b.done(1, true)
			})
			synctest.Wait()
			if b.try(1, topics.PriorityDraft, 1) {
				t.Error("a draft overtook " + w.name)
			}
		}
		wg.Wait()
		if order[0]+order[1] != "answer 1answer 2" && order[0]+order[1] != "answer 2answer 1" ||
			order[2] != "notice" || order[3] != "draft" {
			t.Errorf("order %q", order)
		}
	})
}

func TestBudgetKeepsSlotsForTheUrgent(t *testing.T) {
	b := newBudget(Limits{GroupPerMinute: 20})
	take := func(p topics.Priority) (n int) {
		for b.try(1, p, 1) {
			b.done(1, true)
			n++
		}
		return n
	}
	drafts, notices, answers := take(topics.PriorityDraft), take(topics.PriorityNotice), take(topics.PriorityAnswer)
	if drafts != 17 || notices != 2 || answers != 1 {
		t.Errorf("%d drafts, %d notices, %d answers", drafts, notices, answers)
	}
	if !b.try(2, topics.PriorityDraft, 1) {
		t.Error("another group has its own budget")
	}
}

func TestBudgetGivenUpAndUnused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBudget(Limits{GroupPerMinute: 1})
		if !b.try(1, topics.PriorityAnswer, 1) {
			t.Fatal("no slot")
		}
		ctx, cancel := context.WithCancel(t.Context())
		gone := make(chan error)
		go func() { gone <- b.wait(ctx, 1, topics.PriorityAnswer) }()
		synctest.Wait()
		cancel()
		if err := <-gone; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		b.done(1, false) // nothing had left
		start := time.Now()
		if err := b.wait(t.Context(), 1, topics.PriorityDraft); err != nil || time.Since(start) > 0 {
			t.Errorf("%v after %s", err, time.Since(start))
		}
	})
}

func TestBudgetPauseAndOverall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBudget(Limits{OverallPerSecond: 10})
		b.pause(1, 7*time.Second)
		if b.try(1, topics.PriorityAnswer, 1) || !b.try(2, topics.PriorityAnswer, 1) {
			t.Error("the pause is the first group's alone")
		}
		start := time.Now()
		if err := b.wait(t.Context(), 1, topics.PriorityAnswer); err != nil || time.Since(start) != 7*time.Second {
			t.Errorf("%v after %s", err, time.Since(start))
		}
		start = time.Now()
		for chat := range int64(50) {
			if err := b.wait(t.Context(), chat, topics.PriorityAnswer); err != nil {
				t.Fatal(err)
			}
		}
		if d := time.Since(start); d < 4*time.Second || d > 5*time.Second {
			t.Errorf("fifty in %s at ten a second", d)
		}
	})
}
