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
	if _, wait, err := p.Reserve(patience(t), -100, 6); err != nil || wait != 0 {
		t.Errorf("a higher limit: %s, %v", wait, err)
	}
	if _, wait, err := p.Reserve(patience(t), -100, 0); err != nil || wait != 0 {
		t.Errorf("no limit: %s, %v", wait, err)
	}
	if _, wait, err := p.Reserve(patience(t), -200, 1); err != nil || wait != 0 {
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
				_, pause, err := p.Reserve(patience(t), chat, limit)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err != nil:
					t.Error(err)
				case pause == 0:
					taken++
				case pause < 0 || pause > 2*time.Minute:
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

// settled: a reservation counts longer than a send whose answer came, and no more than
// that; what is given back does not count; a pause holds all processes up.
func settled(t *testing.T, b Backend) {
	one, two := start(t, b, store.Options{Instance: "one"}), start(t, b, store.Options{Instance: "two"})
	ctx := patience(t)
	id, wait, err := one.Reserve(ctx, -100, 1)
	one.must(err)
	if wait != 0 || id == 0 {
		t.Fatalf("reserved %d, wait %s", id, wait)
	}
	if _, wait, err := two.Reserve(ctx, -100, 1); err != nil || wait < 80*time.Second {
		t.Errorf("before the answer: wait %s, %v", wait, err)
	}
	one.must(one.Settle(ctx, id, true))
	if _, wait, err := two.Reserve(ctx, -100, 1); err != nil || wait <= 55*time.Second || wait > 61*time.Second {
		t.Errorf("after the answer: wait %s, %v", wait, err)
	}
	one.must(one.Settle(ctx, id, false))
	if _, wait, err := two.Reserve(ctx, -100, 1); err != nil || wait != 0 {
		t.Errorf("given back: wait %s, %v", wait, err)
	}
	one.must(one.KeepPause(ctx, -200, time.Hour))
	one.must(one.KeepPause(ctx, -200, time.Minute))
	if _, wait, err := two.Reserve(ctx, -200, 20); err != nil || wait < 59*time.Minute {
		t.Errorf("paused: wait %s, %v", wait, err)
	}
	if left, err := two.Pauses(ctx); err != nil || len(left) != 1 || left[-200] < 59*time.Minute {
		t.Errorf("pauses %v, %v", left, err)
	}
}

// recentSends: what an outcome, a retry and others tell of is known with its exact time.
func recentSends(t *testing.T, b Backend) {
	p := start(t, b, store.Options{})
	ctx := patience(t)
	at := func(seconds int) topics.Sent {
		return topics.Sent{ChatID: -100, At: day.Add(time.Duration(seconds)*time.Second + 123456*time.Microsecond)}
	}
	other := topics.Sent{ChatID: -5, At: day.Add(90 * time.Second)}
	p.record(topics.Outcome{Sends: []topics.Sent{at(0), at(61), other}})
	p.must(p.NoteSends(ctx, []topics.Sent{at(63)}))
	p.must(p.NoteSends(ctx, nil))
	heard := p.add(item("a", "r"))
	p.must(p.Retry(ctx, heard[0].Lease, heard[0].Item, topics.Retry{Next: day, Sends: []topics.Sent{at(62)}}))
	sends, err := p.RecentSends(ctx, day.Add(time.Minute), 20)
	p.must(err)
	if len(sends) != 2 || len(sends[-5]) != 1 || len(sends[-100]) != 3 || !sends[-100][0].Equal(at(63).At) ||
		!sends[-100][1].Equal(at(62).At) || !sends[-100][2].Equal(at(61).At) {
		t.Errorf("sends %v", sends)
	}
}

// parkedAtOnce: an item that is stored as parked is listed, holds nothing up, and can be
// replayed into its lane.
func parkedAtOnce(t *testing.T, b Backend) {
	p := start(t, b, store.Options{})
	ctx := patience(t)
	heard := p.add(item("a", "1"))
	p.must(p.Finish(ctx, heard[0].Lease, heard[0].Item, topics.Outcome{Enqueue: []topics.NewItem{
		{Queue: topics.QueueOutbox, Lane: "a", Payload: []byte("x"), Parked: "hopeless"},
	}}))
	list, err := p.ListParked(ctx, 0, 10)
	p.must(err)
	if len(list) != 1 || list[0].Reason != "hopeless" || list[0].ParkedAt.IsZero() || string(list[0].Payload) != "x" {
		t.Fatalf("parked %+v", list)
	}
	if pending, err := p.HasPending(ctx, topics.QueueOutbox, "a"); err != nil || pending {
		t.Errorf("pending %v, %v", pending, err)
	}
	p.must(p.Replay(ctx, list[0].ID))
	leases, err := p.Claim(ctx, topics.QueueOutbox, 10)
	p.must(err)
	if len(leases) != 1 {
		t.Fatalf("leases %v", leases)
	}
	items, err := p.Pending(ctx, leases[0], 10)
	if err != nil || len(items) != 1 || string(items[0].Payload) != "x" {
		t.Errorf("pending %+v, %v", items, err)
	}
}

// keysForgotten: a key is known for seven days, however long the payloads are kept.
func keysForgotten(t *testing.T, b Backend) {
	for i, journal := range []time.Duration{0, 30 * 24 * time.Hour} {
		began := day.AddDate(0, i, 0)
		p := start(t, b, store.Options{Now: func() time.Time { return began }})
		ctx := patience(t)
		key := "old" + journal.String()
		heard := p.add(item("a", key), item("b", "late"+journal.String()))
		p.must(p.Finish(ctx, heard[0].Lease, heard[0].Item, topics.Outcome{}))
		p.must(p.Close())
		now := began.Add(8 * 24 * time.Hour)
		p = start(t, b, store.Options{Now: func() time.Time { return now }})
		prune := func() {
			t.Helper()
			if _, err := p.Prune(ctx, store.Retention{Journal: journal}); err != nil {
				t.Fatal(err)
			}
		}
		prune()
		leases, err := p.Claim(ctx, topics.QueueInbox, 10)
		p.must(err)
		for _, lease := range leases {
			items, err := p.Pending(ctx, lease, 10)
			p.must(err)
			for _, late := range items {
				p.must(p.Finish(ctx, lease, late, topics.Outcome{}))
			}
		}
		n, err := p.Append(ctx, []topics.NewItem{item("a", key), item("b", "late"+journal.String())})
		if err != nil || n != 2 {
			t.Errorf("journal %s: %d of 2 are new again, %v", journal, n, err)
		}
		prune()
		if n, err := p.Append(ctx, []topics.NewItem{item("a", key)}); err != nil || n != 0 {
			t.Errorf("journal %s: a new key is forgotten, %v", journal, err)
		}
		p.must(p.Close())
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
