package storetest

import (
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"topicpilot/topics"
	"topicpilot/topics/store"
)

func restart(t *testing.T, b Backend) {
	p := start(t, b, store.Options{})
	heard := p.add(item("a", "1"), item("a", "2"), item("a", "3"))
	p.must(p.Finish(patience(t), heard[0].Lease, heard[0].Item, topics.Outcome{}))
	p.must(p.Close())
	p = start(t, b, store.Options{})
	lease := p.only(topics.QueueInbox)
	equal(t, "unfinished", p.pending(lease), []string{"2", "3"})
	if n, err := p.Append(patience(t), []topics.NewItem{item("a", "1")}); err != nil || n != 0 {
		t.Errorf("what was done came again: %d, %v", n, err)
	}
	if ok, err := p.Release(patience(t), lease); err != nil || ok {
		t.Errorf("released with two unfinished: %v, %v", ok, err)
	}
}

// refused checks that a lease can do nothing any more.
func refused(t *testing.T, p *process, lease topics.Lease, item topics.Item) {
	t.Helper()
	ctx := patience(t)
	_, released := p.Release(ctx, lease)
	_, pending := p.Pending(ctx, lease, 1)
	for name, err := range map[string]error{
		"finish": p.Finish(ctx, lease, item, topics.Outcome{
			Messages: []topics.Message{message(conv(9), 1, "must not be there")},
			Enqueue:  []topics.NewItem{{Queue: topics.QueueOutbox, Lane: "x", Key: "must not be there"}},
		}),
		"retry":   p.Retry(ctx, lease, item, topics.Retry{Next: day, Reason: "late"}),
		"park":    p.Park(ctx, lease, item, "late"),
		"release": released,
		"pending": pending,
	} {
		if !errors.Is(err, topics.ErrLeaseLost) {
			t.Errorf("%s with a lost lease: %v", name, err)
		}
	}
	if list, err := p.Messages(ctx, conv(9), 0, 10); err != nil || len(list) != 0 {
		t.Errorf("written with a lost lease: %v, %v", list, err)
	}
}

func formerLease(t *testing.T, b Backend) {
	p := start(t, b, store.Options{})
	former := p.add(item("a", "1"))[0]
	p.must(p.Close())
	p = start(t, b, store.Options{})
	lease := p.only(topics.QueueInbox)
	refused(t, p, former.Lease, former.Item)
	equal(t, "the new holder", p.pending(lease), []string{"1"})
	p.must(p.Finish(patience(t), lease, former.Item, topics.Outcome{}))

	other := p.add(item("b", "2"))[0]
	if err := p.Finish(patience(t), lease, other.Item, topics.Outcome{}); !errors.Is(err, topics.ErrLeaseLost) {
		t.Errorf("an item of another lane: %v", err)
	}
}

func finishedOnce(t *testing.T, b Backend) {
	p := start(t, b, store.Options{})
	ctx := patience(t)
	for i, key := range []string{"keyed", ""} {
		c := p.add(item("a", key))[0]
		p.must(p.Finish(ctx, c.Lease, c.Item, topics.Outcome{}))
		outcome := topics.Outcome{Messages: []topics.Message{message(conv(1), int64(i+1), "twice")}}
		if err := p.Finish(ctx, c.Lease, c.Item, outcome); !errors.Is(err, topics.ErrConflict) {
			t.Errorf("finished twice: %v", err)
		}
		if err := p.Park(ctx, c.Lease, c.Item, "late"); !errors.Is(err, topics.ErrConflict) {
			t.Errorf("parked when done: %v", err)
		}
		if err := p.Retry(ctx, c.Lease, c.Item, topics.Retry{}); !errors.Is(err, topics.ErrConflict) {
			t.Errorf("put off when done: %v", err)
		}
	}
	if list, err := p.Messages(ctx, conv(1), 0, 10); err != nil || len(list) != 0 {
		t.Errorf("the second outcome was written: %v, %v", list, err)
	}
}

func outcomeWhole(t *testing.T, b Backend) {
	p := start(t, b, store.Options{})
	ctx := patience(t)
	c := p.add(item("a", "1"))[0]
	gone := c.Item
	gone.ID += 1 << 40
	outcome := topics.Outcome{
		Messages:   []topics.Message{message(conv(1), 1, "text")},
		Edits:      []topics.Message{message(conv(1), 2, "edit")},
		Topics:     []topics.TopicChange{{Conversation: conv(1), Title: "t", At: day}},
		Migrations: []topics.Migrated{{From: -1, To: -2}},
		Enqueue:    []topics.NewItem{{Queue: topics.QueueOutbox, Lane: "o", Key: "o"}},
	}
	if err := p.Finish(ctx, c.Lease, gone, outcome); !errors.Is(err, topics.ErrConflict) {
		t.Fatalf("an item that is not there: %v", err)
	}
	count := func() [5]int {
		t.Helper()
		messages, err := p.Messages(ctx, conv(1), 0, 10)
		p.must(err)
		list, err := p.Topics(ctx, conv(1).ChatID, 0, 10)
		p.must(err)
		migrations, err := p.Migrations(ctx)
		p.must(err)
		stats, err := p.Stats(ctx)
		p.must(err)
		return [5]int{
			len(messages), len(list), len(migrations),
			int(stats.Pending[topics.QueueInbox]), int(stats.Pending[topics.QueueOutbox]),
		}
	}
	if got, want := count(), [5]int{0, 0, 0, 1, 0}; got != want || len(p.take()) != 0 {
		t.Errorf("after a failure %v, want %v", got, want)
	}
	p.must(p.Finish(ctx, c.Lease, c.Item, outcome))
	if got, want := count(), [5]int{2, 1, 1, 0, 1}; got != want {
		t.Errorf("after success %v, want %v", got, want)
	}
}

func outcomeItems(t *testing.T, b Backend) {
	p := start(t, b, store.Options{})
	ctx := patience(t)
	c := p.add(item("a", "1"))[0]
	p.must(p.Finish(ctx, c.Lease, c.Item, topics.Outcome{Enqueue: []topics.NewItem{
		{Queue: topics.QueueOutbox, Lane: "o", Payload: []byte("first")},
		{Queue: topics.QueueOutbox, Lane: "o", Payload: []byte("second"), NotBefore: day},
		item("a", "1"),
	}}))
	heard := p.take()
	if len(heard) != 2 || !heard[0].Fresh || !heard[0].Held || heard[1].Fresh ||
		string(heard[1].Item.Payload) != "second" || !heard[1].Item.NotBefore.Equal(day) {
		t.Fatalf("heard %+v", heard)
	}
	items, err := p.Pending(ctx, heard[0].Lease, 10)
	p.must(err)
	if len(items) != 2 || items[0].ID != heard[0].Item.ID || items[1].ID != heard[1].Item.ID {
		t.Errorf("stored %+v", items)
	}
	p.must(p.Finish(ctx, heard[0].Lease, items[0], topics.Outcome{}))
	if stats, err := p.Stats(ctx); err != nil || stats.Pending[topics.QueueOutbox] != 1 {
		t.Errorf("stats %+v, %v", stats, err)
	}
}

func twoProcessesKey(t *testing.T, b Backend) {
	one, two := start(t, b, store.Options{Instance: "one"}), start(t, b, store.Options{Instance: "two"})
	added := make(chan int, 2)
	for _, p := range []*process{one, two} {
		go func() {
			sum := 0
			for i, key := range keys("k", 100) {
				n, err := p.Append(patience(t), []topics.NewItem{
					item(fmt.Sprint("lane ", i%7), key), item(fmt.Sprint("lane ", (i+3)%7), key+" too"),
				})
				if err != nil {
					t.Error(err)
				}
				sum += n
			}
			added <- sum
		}()
	}
	if a, b := <-added, <-added; a+b != 200 {
		t.Errorf("%d and %d were new, want 200 together", a, b)
	}
	held := map[string]int{}
	for i, p := range []*process{one, two} {
		for _, c := range p.take() {
			if !c.Held {
				continue
			}
			if before, ok := held[c.Item.Lane]; ok && before != i {
				t.Errorf("both hold %s", c.Item.Lane)
			}
			held[c.Item.Lane] = i
		}
	}
}

func oneHolder(t *testing.T, b Backend) {
	one, two := start(t, b, store.Options{Instance: "one"}), start(t, b, store.Options{Instance: "two"})
	mine := one.add(item("a", "1"))[0]
	theirs := two.add(item("a", "2"))[0]
	if !mine.Held || theirs.Held || theirs.Fresh || theirs.Lease != (topics.Lease{}) {
		t.Fatalf("one %+v, two %+v", mine, theirs)
	}
	wakes(t, one, topics.Lease{Queue: topics.QueueInbox, Lane: "a", Epoch: mine.Lease.Epoch})
	if leases, err := two.Claim(patience(t), topics.QueueInbox, 10); err != nil || len(leases) != 0 {
		t.Errorf("claimed from a living holder: %v, %v", leases, err)
	}
	refused(t, two, mine.Lease, mine.Item)
	equal(t, "one's lane", one.pending(mine.Lease), []string{"1", "2"})
	for _, key := range []string{"1", "2"} {
		items, err := one.Pending(patience(t), mine.Lease, 1)
		one.must(err)
		if items[0].Key != key {
			t.Errorf("got %s, want %s", items[0].Key, key)
		}
		one.must(one.Finish(patience(t), mine.Lease, items[0], topics.Outcome{}))
	}
	if ok, err := one.Release(patience(t), mine.Lease); err != nil || !ok {
		t.Fatalf("release: %v, %v", ok, err)
	}
	next := two.add(item("a", "3"))[0]
	if !next.Held || !next.Fresh || next.Lease.Epoch <= mine.Lease.Epoch {
		t.Errorf("after the release: %+v", next)
	}
	refused(t, one, mine.Lease, next.Item)
}

// wakes waits until the process is told of the lane.
func wakes(t *testing.T, p *process, want topics.Lease) {
	t.Helper()
	timeout := time.After(20 * time.Second)
	for {
		select {
		case got := <-p.Wakeups():
			if got == want {
				return
			}
		case <-timeout:
			t.Fatalf("not woken for %+v", want)
		}
	}
}

func gap(t *testing.T, b Backend) {
	one, two := start(t, b, store.Options{Instance: "one"}), start(t, b, store.Options{Instance: "two"})
	first := one.add(item("a", "1"), item("a", "1"))[0]
	one.add(item("a", "1"))
	two.add(item("a", "1"))
	second := one.add(item("a", "2"))[0]
	if second.Item.Seq != first.Item.Seq+1 {
		t.Errorf("duplicates took numbers: %d, then %d", first.Item.Seq, second.Item.Seq)
	}
	two.add(item("a", "3"))
	third := one.add(item("a", "4"))[0]
	if third.Item.Seq != second.Item.Seq+2 {
		t.Errorf("another's item left no gap: %d, then %d", second.Item.Seq, third.Item.Seq)
	}
}

func killedHolder(t *testing.T, b Backend) {
	one, two := start(t, b, store.Options{Instance: "one"}), start(t, b, store.Options{Instance: "two"})
	before := one.add(item("a", "1"), item("a", "2"))[0]
	b.Disconnect(t, "one")
	var lease topics.Lease
	eventually(t, "the lane is free", func() bool {
		leases, err := two.Claim(patience(t), topics.QueueInbox, 10)
		two.must(err)
		if len(leases) == 1 {
			lease = leases[0]
		}
		return len(leases) == 1
	})
	refused(t, one, before.Lease, before.Item)
	equal(t, "taken over", two.pending(lease), []string{"1", "2"})
	two.must(two.Finish(patience(t), lease, before.Item, topics.Outcome{}))
	if c := one.add(item("a", "3")); len(c) != 1 || c[0].Held {
		t.Errorf("the former holder stores on: %+v", c)
	}
}

func lostConnection(t *testing.T, b Backend) {
	p := start(t, b, store.Options{Instance: "one"})
	before := p.add(item("a", "1"))[0]
	b.Disconnect(t, "one")
	wakes(t, p, topics.Lease{})
	refused(t, p, before.Lease, before.Item)
	var lease topics.Lease
	eventually(t, "claimed again", func() bool {
		leases, err := p.Claim(patience(t), topics.QueueInbox, 10)
		if err == nil && len(leases) == 1 {
			lease = leases[0]
		}
		return err == nil && len(leases) == 1
	})
	if lease.Epoch <= before.Lease.Epoch {
		t.Errorf("epoch %d after %d", lease.Epoch, before.Lease.Epoch)
	}
	p.must(p.Finish(patience(t), lease, before.Item, topics.Outcome{}))
}

func claimLimit(t *testing.T, b Backend) {
	one, two := start(t, b, store.Options{Instance: "one"}), start(t, b, store.Options{Instance: "two"})
	one.SetClaimLimit(func() bool { return false })
	key := 0
	eventually(t, "one knows of two", func() bool {
		key++
		return !one.add(item(fmt.Sprint("first ", key), fmt.Sprint(key)))[0].Held
	})
	c := one.add(item("a", "left"))[0]
	if c.Held || c.Fresh {
		t.Errorf("a busy process took a lane: %+v", c)
	}
	wakes(t, two, topics.Lease{})
	leases, err := two.Claim(patience(t), topics.QueueInbox, 10_000)
	two.must(err)
	found := false
	for _, lease := range leases {
		found = found || lease.Lane == "a"
	}
	if !found {
		t.Errorf("two claimed %v", leases)
	}
	two.must(two.Close())
	eventually(t, "one is alone", func() bool {
		key++
		return one.add(item("b", fmt.Sprint("b ", key)))[0].Held
	})
}

func replayWakes(t *testing.T, b Backend) {
	p := start(t, b, store.Options{Instance: "one"})
	heard := p.add(item("a", "1"), item("a", "2"))
	p.must(p.Park(patience(t), heard[0].Lease, heard[0].Item, "poison"))
	tool := start(t, b, store.Options{Instance: "tool", Tool: true})
	tool.must(tool.Replay(patience(t), heard[0].Item.ID))
	wakes(t, p, heard[0].Lease)
	equal(t, "back", p.pending(heard[0].Lease), []string{"1", "2"})
	if leases, err := tool.Claim(patience(t), topics.QueueInbox, 10); err != nil || len(leases) != 0 {
		t.Errorf("a tool holds lanes: %v, %v", leases, err)
	}
}

func sameMessage(a, b topics.Message) bool { return reflect.DeepEqual(a, b) }
