package storetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"topicpilot/topics"
	"topicpilot/topics/store"
)

func prune(t *testing.T, b Backend) {
	var mu sync.Mutex
	now := day
	p := start(t, b, store.Options{Now: func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return now
	}})
	ctx := patience(t)
	after := func(d time.Duration) {
		mu.Lock()
		now = day.Add(d)
		mu.Unlock()
	}
	const many = 1300 // more than one step
	var items []topics.NewItem
	for i := range many {
		items = append(items, item("a", fmt.Sprint(i)))
	}
	heard := p.add(items...)
	lease := heard[0].Lease
	outcome := topics.Outcome{}
	for i := range int64(many) {
		outcome.Messages = append(outcome.Messages, message(conv(1), i+1, "text"))
	}
	edited := message(conv(1), 1, "edited")
	edited.EditDate = day
	outcome.Edits = []topics.Message{edited}
	parked, late := heard[1], heard[2]
	p.must(p.Park(ctx, lease, parked.Item, "poison"))
	p.must(p.Finish(ctx, lease, heard[0].Item, outcome))
	for _, c := range heard[3:] {
		p.must(p.Finish(ctx, lease, c.Item, topics.Outcome{}))
	}
	pruned := func(keep store.Retention, want store.Pruned) {
		t.Helper()
		got, err := p.Prune(ctx, keep)
		p.must(err)
		got.Other = 0
		if got != want {
			t.Errorf("pruned %+v, want %+v", got, want)
		}
	}
	keep := store.Retention{Journal: 48 * time.Hour}
	after(47 * time.Hour)
	pruned(keep, store.Pruned{})
	after(49 * time.Hour)
	pruned(store.Retention{}, store.Pruned{})
	pruned(keep, store.Pruned{Payloads: many - 2})
	pruned(keep, store.Pruned{})
	equal(t, "what is unfinished stays", p.pending(lease), []string{late.Item.Key})
	p.must(p.Finish(ctx, lease, late.Item, topics.Outcome{}))
	after(6 * 24 * time.Hour)
	pruned(keep, store.Pruned{})
	if n, err := p.Append(ctx, items); err != nil || n != 0 {
		t.Errorf("after six days %d were new again, %v", n, err)
	}
	after(8 * 24 * time.Hour)
	pruned(keep, store.Pruned{Done: many - 1})
	keep.Messages = 30 * 24 * time.Hour
	after(29 * 24 * time.Hour)
	pruned(keep, store.Pruned{})
	after(31 * 24 * time.Hour)
	pruned(keep, store.Pruned{Messages: many})
	if versions, err := p.Versions(ctx, conv(1), 1); err != nil || len(versions) != 0 {
		t.Errorf("versions %v, %v", versions, err)
	}
	if got, err := p.GetParked(ctx, parked.Item.ID); err != nil || len(got.Payload) == 0 {
		t.Errorf("a parked item keeps its payload: %+v, %v", got, err)
	}
	after(91 * 24 * time.Hour)
	pruned(keep, store.Pruned{Parked: 1})
}

func statsAndPing(t *testing.T, b Backend) {
	p := start(t, b, store.Options{})
	ctx := patience(t)
	if stats, err := p.Stats(ctx); err != nil || len(stats.Pending)+len(stats.Parked)+len(stats.Oldest) != 0 {
		t.Errorf("of an empty store: %+v, %v", stats, err)
	}
	heard := p.add(item("a", "1"), item("b", "2"), topics.NewItem{Queue: topics.QueueOutbox, Lane: "a"})
	p.must(p.Park(ctx, heard[0].Lease, heard[0].Item, "poison"))
	stats, err := p.Stats(ctx)
	p.must(err)
	if stats.Pending[topics.QueueInbox] != 1 || stats.Pending[topics.QueueOutbox] != 1 ||
		stats.Parked[topics.QueueInbox] != 1 || stats.Oldest[topics.QueueInbox] > time.Minute {
		t.Errorf("stats %+v", stats)
	}
	p.must(p.Ping(ctx))
	p.must(p.Close())
	if err := p.Ping(ctx); err == nil {
		t.Error("a closed store answers a ping")
	}
}

func budget(t *testing.T, b Backend) {
	p := start(t, b, store.Options{})
	reserveAll(t, []*process{p}, -100, 5)
	if wait, err := p.Reserve(patience(t), -100, 6); err != nil || wait != 0 {
		t.Errorf("a higher limit: %s, %v", wait, err)
	}
	if wait, err := p.Reserve(patience(t), -100, 0); err != nil || wait != 0 {
		t.Errorf("no limit: %s, %v", wait, err)
	}
	if wait, err := p.Reserve(patience(t), -200, 1); err != nil || wait != 0 {
		t.Errorf("another chat: %s, %v", wait, err)
	}
}

// reserveAll asks for more than there is, side by side, and counts what is given.
func reserveAll(t *testing.T, processes []*process, chat int64, limit int) {
	t.Helper()
	var mu sync.Mutex
	var wait sync.WaitGroup
	taken := 0
	for _, p := range processes {
		for range 2 * limit {
			wait.Go(func() {
				pause, err := p.Reserve(patience(t), chat, limit)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err != nil:
					t.Error(err)
				case pause == 0:
					taken++
				case pause < 0 || pause > time.Minute:
					t.Errorf("wait %s", pause)
				}
			})
		}
	}
	wait.Wait()
	if taken != limit {
		t.Errorf("%d sends were given, want %d", taken, limit)
	}
}

func sharedBudget(t *testing.T, b Backend) {
	one, two := start(t, b, store.Options{Instance: "one"}), start(t, b, store.Options{Instance: "two"})
	reserveAll(t, []*process{one, two}, -100, 10)
}

func recentSends(t *testing.T, b Backend) {
	p := start(t, b, store.Options{})
	own := func(thread, id int64, posted, edited int) topics.Message {
		m := message(conv(thread), id, "/ answer")
		m.Author.Kind = topics.AuthorSelf
		m.Date = day.Add(time.Duration(posted) * time.Second)
		if edited != 0 {
			m.EditDate = day.Add(time.Duration(edited) * time.Second)
		}
		return m
	}
	other := own(1, 5, 90, 0)
	other.ChatID = -5
	p.record(topics.Outcome{Messages: []topics.Message{
		own(1, 1, 0, 0), own(1, 2, 61, 0), own(2, 3, 70, 0), own(2, 4, -100, 80), message(conv(1), 100, "not ours"), other,
	}})
	sends, err := p.RecentSends(patience(t), day.Add(time.Minute))
	p.must(err)
	if len(sends) != 2 || len(sends[-5]) != 1 || len(sends[conv(1).ChatID]) != 3 {
		t.Errorf("sends %v", sends)
	}
}

func lead(t *testing.T, b Backend) {
	p := start(t, b, store.Options{})
	l, ok, err := p.Lead(patience(t), "poller")
	p.must(err)
	if !ok {
		t.Fatal("nobody else is there")
	}
	select {
	case <-l.Lost():
		t.Error("lost at once")
	default:
	}
	l.Release()
	l.Release()
	<-l.Lost()
	again, ok, err := p.Lead(patience(t), "poller")
	if err != nil || !ok {
		t.Fatalf("after the release: %v, %v", ok, err)
	}
	again.Release()
}

func oneLeads(t *testing.T, b Backend) {
	one, two := start(t, b, store.Options{Instance: "one"}), start(t, b, store.Options{Instance: "two"})
	first, ok, err := one.Lead(patience(t), "poller")
	if err != nil || !ok {
		t.Fatalf("%v, %v", ok, err)
	}
	if _, ok, err := two.Lead(patience(t), "poller"); err != nil || ok {
		t.Errorf("both lead: %v", err)
	}
	other, ok, err := two.Lead(patience(t), "something else")
	if err != nil || !ok {
		t.Errorf("another lead: %v, %v", ok, err)
	}
	other.Release()
	b.Disconnect(t, "one")
	eventually(t, "two leads", func() bool {
		second, ok, err := two.Lead(patience(t), "poller")
		two.must(err)
		if ok {
			defer second.Release()
		}
		return ok
	})
	select {
	case <-first.Lost():
	case <-time.After(20 * time.Second):
		t.Error("one does not know that it lost the lead")
	}
}
