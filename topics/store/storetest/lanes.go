package storetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"topicpilot/topics"
	"topicpilot/topics/store"
)

func orderWithinLane(t *testing.T, b Backend) {
	p := start(t, b, store.Options{})
	var want []string
	for _, key := range keys("k", 50) {
		p.add(item("a", key), item("b", "other "+key))
		want = append(want, key)
	}
	lease := topics.Lease{}
	for _, c := range p.add(item("a", "last")) {
		lease = c.Lease
	}
	equal(t, "lane a", p.pending(lease), append(want, "last"))
	items, err := p.Pending(patience(t), lease, 3)
	p.must(err)
	if len(items) != 3 || string(items[0].Payload) != "payload of k-0" || items[0].AddedAt.IsZero() {
		t.Errorf("the first three: %+v", items)
	}
}

func manyWriters(t *testing.T, b Backend) {
	p := start(t, b, store.Options{})
	var wait sync.WaitGroup
	for w := range 16 {
		wait.Go(func() {
			for i := range 20 {
				lane := fmt.Sprint("lane ", w)
				other := fmt.Sprint("shared ", i%3)
				_, err := p.Append(patience(t), []topics.NewItem{
					item(other, fmt.Sprint("s", w, "/", i)), item(lane, fmt.Sprint(w, "/", i)),
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	heard := p.take()
	byLane := map[string][]int64{}
	for _, c := range heard {
		byLane[c.Item.Lane] = append(byLane[c.Item.Lane], c.Item.ID)
	}
	if len(heard) != 16*20*2 || len(byLane) != 16+3 {
		t.Errorf("heard of %d items in %d lanes", len(heard), len(byLane))
	}
	for lane, ids := range byLane {
		if !slices.IsSorted(ids) {
			t.Errorf("%s was told out of order: %v", lane, ids)
		}
	}
	for _, c := range heard {
		if c.Fresh && c.Item.Lane == "lane 3" {
			var want []string
			for i := range 20 {
				want = append(want, fmt.Sprint(3, "/", i))
			}
			equal(t, "lane 3", p.pending(c.Lease), want)
		}
	}
}

func knownKey(t *testing.T, b Backend) {
	p := start(t, b, store.Options{})
	ctx := patience(t)
	add := func(want int, items ...topics.NewItem) {
		t.Helper()
		added, err := p.Append(ctx, items)
		p.must(err)
		if added != want {
			t.Errorf("added %d, want %d", added, want)
		}
	}
	add(2, item("a", "1"), item("a", "2"), item("a", "1"))
	add(1, item("a", "2"), item("b", "1"), item("b", "3"))
	add(2, item("a", ""), item("a", ""))
	add(1, topics.NewItem{Queue: topics.QueueOutbox, Lane: "a", Key: "1"})
	for _, c := range p.take() {
		if c.Held && c.Item.Key == "1" && c.Item.Queue == topics.QueueInbox {
			p.must(p.Finish(ctx, c.Lease, c.Item, topics.Outcome{}))
		}
	}
	add(0, item("a", "1"))
	add(0, item("z", "1"))
}

func concurrentDuplicates(t *testing.T, b Backend) {
	p := start(t, b, store.Options{})
	added := make([]int, 8)
	var wait sync.WaitGroup
	for w := range added {
		wait.Go(func() {
			for _, key := range keys("dup", 40) {
				n, err := p.Append(patience(t), []topics.NewItem{item("a", key)})
				if err != nil {
					t.Error(err)
				}
				added[w] += n
			}
		})
	}
	wait.Wait()
	sum := 0
	for _, n := range added {
		sum += n
	}
	if sum != 40 || len(p.take()) != 40 {
		t.Errorf("%d were new, want 40", sum)
	}
}

func freshAndHeld(t *testing.T, b Backend) {
	p := start(t, b, store.Options{})
	first := p.add(item("a", "1"), item("a", "2"))
	if len(first) != 2 || !first[0].Held || !first[0].Fresh || first[1].Fresh || !first[1].Held {
		t.Fatalf("the first write: %+v", first)
	}
	if first[0].Item.Key != "1" || first[0].Lease != first[1].Lease || first[0].Lease.Lane != "a" {
		t.Errorf("the first write: %+v", first)
	}
	second := p.add(item("a", "3"))
	if len(second) != 1 || !second[0].Held || second[0].Fresh || second[0].Lease != first[0].Lease {
		t.Errorf("the second write: %+v", second)
	}
	if second[0].Sole {
		t.Errorf("behind two others: %+v", second)
	}
	if again := p.add(item("a", "3")); len(again) != 0 {
		t.Errorf("a duplicate was told: %+v", again)
	}
}

func release(t *testing.T, b Backend) {
	p := start(t, b, store.Options{})
	ctx := patience(t)
	c := p.add(item("a", "1"))[0]
	want := func(want bool) {
		t.Helper()
		released, err := p.Release(ctx, c.Lease)
		p.must(err)
		if released != want {
			t.Errorf("released: %v, want %v", released, want)
		}
	}
	want(false)
	p.must(p.Retry(ctx, c.Lease, c.Item, topics.Retry{Next: day, Reason: "try"}))
	want(false)
	p.must(p.Finish(ctx, c.Lease, c.Item, topics.Outcome{}))
	want(true)
	next := p.add(item("a", "2"))[0]
	if !next.Fresh || !next.Held {
		t.Errorf("after the release: %+v", next)
	}
	p.must(p.Park(ctx, next.Lease, next.Item, "poison"))
	c = next
	want(true)
}

func claim(t *testing.T, b Backend) {
	p := start(t, b, store.Options{})
	ctx := patience(t)
	p.add(item("b", "1"), item("a", "2"), item("c", "3"),
		topics.NewItem{Queue: topics.QueueOutbox, Lane: "o"})
	if leases, err := p.Claim(ctx, topics.QueueInbox, 10); err != nil || len(leases) != 0 {
		t.Errorf("claimed what is held: %v, %v", leases, err)
	}
	p.must(p.Close())
	p = start(t, b, store.Options{})
	lanes := func(limit int, want ...string) {
		t.Helper()
		leases, err := p.Claim(ctx, topics.QueueInbox, limit)
		p.must(err)
		var got []string
		for _, lease := range leases {
			got = append(got, lease.Lane)
		}
		equal(t, "claimed", got, want)
	}
	lanes(2, "b", "a")
	if c := p.add(item("c", "5"))[0]; c.Sole {
		t.Errorf("into a lane with an item of before: %+v", c)
	}
	lanes(10)
	if c := p.add(item("b", "4"))[0]; c.Fresh || !c.Held {
		t.Errorf("into a claimed lane: %+v", c)
	}
}

func retry(t *testing.T, b Backend) {
	now := day
	p := start(t, b, store.Options{Now: func() time.Time { return now }})
	ctx := patience(t)
	c := p.add(item("a", "1"), item("a", "2"))[0]
	head := func() topics.Item {
		t.Helper()
		items, err := p.Pending(ctx, c.Lease, 1)
		p.must(err)
		return items[0]
	}
	p.must(p.Retry(ctx, c.Lease, c.Item, topics.Retry{Next: day.Add(time.Second), Reason: "first"}))
	now = day.Add(time.Minute)
	p.must(p.Retry(ctx, c.Lease, head(), topics.Retry{
		Next: day.Add(time.Hour), Reason: "second", Payload: []byte("half sent"),
	}))
	got := head()
	if got.Key != "1" || got.Attempts != 2 || !got.FailedSince.Equal(day) || !got.NotBefore.Equal(day.Add(time.Hour)) {
		t.Errorf("after two tries: %+v", got)
	}
	if string(got.Payload) != "half sent" {
		t.Errorf("payload %q", got.Payload)
	}
	p.must(p.Retry(ctx, c.Lease, got, topics.Retry{Next: day.Add(2 * time.Hour), Uncounted: true}))
	got = head()
	if got.Attempts != 2 || !got.NotBefore.Equal(day.Add(2*time.Hour)) || string(got.Payload) != "half sent" {
		t.Errorf("after a pause: %+v", got)
	}
}

func parkReplayDrop(t *testing.T, b Backend) {
	p := start(t, b, store.Options{Now: func() time.Time { return day }})
	ctx := patience(t)
	heard := p.add(item("a", "1"), item("a", "2"), item("a", "3"), item("a", ""))
	lease := heard[0].Lease
	p.must(p.Retry(ctx, lease, heard[1].Item, topics.Retry{Next: day, Reason: "try"}))
	for _, c := range []topics.Committed{heard[1], heard[3]} {
		p.must(p.Park(ctx, lease, c.Item, "poison: \x00"))
	}
	equal(t, "the lane goes on", p.pending(lease), []string{"1", "3"})
	list, err := p.ListParked(ctx, 0, 1)
	p.must(err)
	if len(list) != 1 || list[0].ID != heard[1].Item.ID || list[0].Reason != "poison: \x00" ||
		!list[0].ParkedAt.Equal(day) || list[0].Attempts != 1 || string(list[0].Payload) != "payload of 2" {
		t.Fatalf("parked: %+v", list)
	}
	if rest, err := p.ListParked(ctx, list[0].ID, 10); err != nil || len(rest) != 1 || rest[0].ID != heard[3].Item.ID {
		t.Errorf("the next page: %+v, %v", rest, err)
	}
	if got, err := p.GetParked(ctx, list[0].ID); err != nil || got.Key != "2" {
		t.Errorf("get: %+v, %v", got, err)
	}
	if n, err := p.Append(ctx, []topics.NewItem{item("a", "2")}); err != nil || n != 0 {
		t.Errorf("a parked item came twice: %d, %v", n, err)
	}
	p.must(p.Replay(ctx, list[0].ID))
	equal(t, "back at its place", p.pending(lease), []string{"1", "2", "3"})
	items, err := p.Pending(ctx, lease, 3)
	p.must(err)
	if items[1].Attempts != 0 || !items[1].FailedSince.IsZero() {
		t.Errorf("tries are counted anew: %+v", items[1])
	}
	p.must(p.Drop(ctx, heard[3].Item.ID))
	p.must(p.Park(ctx, lease, heard[0].Item, "poison"))
	p.must(p.Drop(ctx, heard[0].Item.ID))
	if n, err := p.Append(ctx, []topics.NewItem{item("a", "1")}); err != nil || n != 0 {
		t.Errorf("a dropped item came back: %d, %v", n, err)
	}
	for name, err := range map[string]error{
		"replay": p.Replay(ctx, list[0].ID), "drop": p.Drop(ctx, list[0].ID), "drop of none": p.Drop(ctx, 1<<40),
	} {
		if !errors.Is(err, topics.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
