package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"topicpilot/cmd/load/proc"
	"topicpilot/cmd/load/stage"
	"topicpilot/integrations/telegram/telegramtest"
)

// measure asks a first question, which is not counted, then all others.
func (w *adviceWorld) measure(ctx context.Context, c *adviceCmd, child *proc.Child) (*adviceFigures, error) {
	events, cancel := w.tg.Subscribe()
	defer cancel()
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		w.watch(events)
	}()
	defer func() { cancel(); <-watched }()
	if err := w.warmUp(ctx, child); err != nil {
		return nil, err
	}
	before, err := proc.UsageOf(child.PID())
	if err != nil {
		return nil, err
	}
	begin := time.Now()
	for i := range c.questions(w.topics) {
		due := time.NewTimer(time.Until(begin.Add(c.Every * time.Duration(i) / time.Duration(w.topics))))
		select {
		case <-due.C:
		case <-ctx.Done():
			due.Stop()
			return nil, ctx.Err()
		}
		if err := w.ask(w.threads[i%w.topics], i); err != nil {
			return nil, err
		}
	}
	row := &adviceFigures{topics: w.topics, took: time.Since(begin)}
	if err := w.wait(ctx, child, advicePatience+c.Model+c.Debounce, w.allDrafted); err != nil {
		return nil, fmt.Errorf("%w: was the former question answered before there was one? Want a longer --every", err)
	}
	if row.end, err = proc.UsageOf(child.PID()); err != nil {
		return nil, err
	}
	row.cpu = row.end.CPU - before.CPU
	return row, w.count(c, row)
}

func questionName(i int) string { return fmt.Sprintf("question q%dx", i) }

// ask writes a question as the mirror does, after an operator has answered the former one.
// Each is about another article.
func (w *adviceWorld) ask(thread, i int) error {
	post := func(from int64, text string) error {
		_, err := w.tg.Post(telegramtest.Post{Chat: adviceGroup, Thread: thread, From: from, Text: text})
		return err
	}
	if err := post(stage.OperatorID, "I have a look at it."); err != nil {
		return err
	}
	name := questionName(i)
	w.mu.Lock()
	w.latest[thread] = &adviceTimes{asked: time.Now()}
	w.asked[name] = w.latest[thread]
	w.mu.Unlock()
	return post(stage.MirrorID,
		fmt.Sprintf("When is my parcel of the kind %d sent back, and where is the money? (%s)", max(i, 1)*7%100, name))
}

// watch notes when drafts arrive.
func (w *adviceWorld) watch(events <-chan telegramtest.Event) {
	bot := w.tg.Bot().ID
	for e := range events {
		now := time.Now()
		m := e.Message
		if m == nil || m.From == nil || m.From.ID != bot || !strings.Contains(m.Text, "Draft for the customer") {
			continue
		}
		w.mu.Lock()
		if t := w.latest[m.Thread]; t != nil {
			t.drafts = append(t.drafts, now)
		}
		w.mu.Unlock()
	}
}

// warmUp asks until a draft comes: by then the articles are read.
func (w *adviceWorld) warmUp(ctx context.Context, child *proc.Child) error {
	for i := 1; ; i++ {
		if err := w.ask(w.threads[0], -i); err != nil {
			return err
		}
		err := w.wait(ctx, child, adviceStart, w.allDrafted)
		w.mu.Lock()
		clear(w.asked)
		w.mu.Unlock()
		if !errors.Is(err, errNoDraft) || i == adviceStarts {
			return err
		}
	}
}

var errNoDraft = errors.New("no draft")

// wait waits until cond, for limit at most.
func (w *adviceWorld) wait(ctx context.Context, child *proc.Child, limit time.Duration, cond func() bool) error {
	for begin := time.Now(); !cond(); time.Sleep(adviceTick) {
		if err := errors.Join(ctx.Err(), child.Gone()); err != nil {
			return err
		}
		if time.Since(begin) > limit {
			return fmt.Errorf("%w within %v", errNoDraft, limit)
		}
	}
	return nil
}

func (w *adviceWorld) allDrafted() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, t := range w.asked {
		if len(t.drafts) == 0 {
			return false
		}
	}
	return true
}

// questions is how many are asked in a row.
func (c *adviceCmd) questions(topics int) int { return topics * int(c.For/c.Every) }

// count reads the times of the questions, and fails where one was not answered exactly once.
func (w *adviceWorld) count(c *adviceCmd, row *adviceFigures) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range c.questions(w.topics) {
		name := questionName(i)
		t := w.asked[name]
		if t.calls != 1 || len(t.drafts) != 1 {
			return fmt.Errorf("%s: asked the model %d times, %d drafts", name, t.calls, len(t.drafts))
		}
		total := t.drafts[0].Sub(t.asked)
		row.total.Add(total)
		row.own.Add(max(0, total-c.Debounce-t.model))
	}
	if v := w.tg.Violations(); len(v) > 0 {
		return fmt.Errorf("calls that do not fit the Bot API: %v", v[0])
	}
	return nil
}
