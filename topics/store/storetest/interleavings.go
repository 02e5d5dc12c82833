package storetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"topicpilot/topics"
	"topicpilot/topics/store"
)

// model is what a lane must hold, the simple way.
type model struct {
	ids     map[string][]int64 // pending, by lane, in order
	parked  map[int64]string   // lane
	keys    map[string]bool
	leases  map[string]topics.Lease
	items   map[int64]topics.Item
	written map[int64]int // how often an item's message was recorded
}

// interleavings runs random sequences of operations against the model.
func interleavings(t *testing.T, b Backend) {
	p := start(t, b, store.Options{})
	run := 0
	rapid.Check(t, func(r *rapid.T) {
		run++
		m := &model{
			ids: map[string][]int64{}, parked: map[int64]string{}, keys: map[string]bool{},
			leases: map[string]topics.Lease{}, items: map[int64]topics.Item{}, written: map[int64]int{},
		}
		lanes := []string{fmt.Sprint(run, "/a"), fmt.Sprint(run, "/b"), fmt.Sprint(run, "/c")}
		w := &walk{r: r, p: p, m: m, lanes: lanes, run: run}
		r.Repeat(map[string]func(*rapid.T){
			"append":  w.append,
			"finish":  w.finish,
			"retry":   w.retry,
			"park":    w.park,
			"replay":  w.replay,
			"release": w.release,
			"":        w.check,
		})
	})
}

type walk struct {
	r     *rapid.T
	p     *process
	m     *model
	lanes []string
	run   int
}

func (w *walk) ok(r *rapid.T, err error) {
	if err != nil {
		r.Fatal(err)
	}
}

func (w *walk) append(r *rapid.T) {
	var items []topics.NewItem
	for range rapid.IntRange(1, 4).Draw(r, "count") {
		lane := rapid.SampledFrom(w.lanes).Draw(r, "lane")
		key := rapid.SampledFrom([]string{"", "1", "2", "3", "4", "5", "6", "7"}).Draw(r, "key")
		if key != "" {
			key = fmt.Sprint(w.run, ":", key)
		}
		items = append(items, item(lane, key))
	}
	w.p.take()
	added, err := w.p.Append(patience(w.p.t), items)
	w.ok(r, err)
	heard := w.p.take()
	next := 0
	for _, n := range items {
		if n.Key != "" && w.m.keys[n.Key] {
			continue
		}
		w.m.keys[n.Key] = n.Key != ""
		if next >= len(heard) || heard[next].Item.Lane != n.Lane || heard[next].Item.Key != n.Key {
			r.Fatalf("heard %+v of %+v", heard, items)
		}
		c := heard[next]
		next++
		_, held := w.m.leases[n.Lane]
		if !c.Held || c.Fresh == held {
			r.Fatalf("lane held before: %v, told %+v", held, c)
		}
		w.m.leases[n.Lane], w.m.items[c.Item.ID] = c.Lease, c.Item
		w.m.ids[n.Lane] = append(w.m.ids[n.Lane], c.Item.ID)
	}
	if added != next || next != len(heard) {
		r.Fatalf("added %d, model %d, heard %d", added, next, len(heard))
	}
}

// head picks the item at the head of a lane.
func (w *walk) head(r *rapid.T) (string, topics.Item) {
	lane := rapid.SampledFrom(w.lanes).Draw(r, "lane")
	if len(w.m.ids[lane]) == 0 {
		r.Skip("empty lane")
	}
	return lane, w.m.items[w.m.ids[lane][0]]
}

func (w *walk) finish(r *rapid.T) {
	lane, head := w.head(r)
	outcome := topics.Outcome{Messages: []topics.Message{message(conv(int64(w.run)), head.ID, "done")}}
	w.ok(r, w.p.Finish(patience(w.p.t), w.m.leases[lane], head, outcome))
	w.m.ids[lane] = w.m.ids[lane][1:]
	w.m.written[head.ID]++
	if err := w.p.Finish(patience(w.p.t), w.m.leases[lane], head, outcome); !errors.Is(err, topics.ErrConflict) {
		r.Fatalf("finished twice: %v", err)
	}
}

func (w *walk) retry(r *rapid.T) {
	lane, head := w.head(r)
	next := topics.Retry{Next: day.Add(time.Hour), Uncounted: rapid.Bool().Draw(r, "uncounted")}
	w.ok(r, w.p.Retry(patience(w.p.t), w.m.leases[lane], head, next))
	if !next.Uncounted {
		head.Attempts++
		w.m.items[head.ID] = head
	}
}

func (w *walk) park(r *rapid.T) {
	lane, head := w.head(r)
	w.ok(r, w.p.Park(patience(w.p.t), w.m.leases[lane], head, "poison"))
	w.m.ids[lane] = w.m.ids[lane][1:]
	w.m.parked[head.ID] = lane
}

func (w *walk) replay(r *rapid.T) {
	var ids []int64
	for id := range w.m.parked {
		ids = append(ids, id)
	}
	if len(ids) == 0 {
		r.Skip("nothing is parked")
	}
	slices.Sort(ids)
	id := rapid.SampledFrom(ids).Draw(r, "id")
	w.ok(r, w.p.Replay(patience(w.p.t), id))
	lane := w.m.parked[id]
	delete(w.m.parked, id)
	w.m.ids[lane] = append(w.m.ids[lane], id)
	slices.Sort(w.m.ids[lane])
	head := w.m.items[id]
	head.Attempts = 0
	w.m.items[id] = head
	if _, held := w.m.leases[lane]; !held {
		leases, err := w.p.Claim(patience(w.p.t), topics.QueueInbox, 10_000)
		w.ok(r, err)
		for _, lease := range leases {
			if lease.Lane == lane {
				w.m.leases[lane] = lease
			}
		}
	}
}

func (w *walk) release(r *rapid.T) {
	lane := rapid.SampledFrom(w.lanes).Draw(r, "lane")
	lease, held := w.m.leases[lane]
	if !held {
		r.Skip("not held")
	}
	ok, err := w.p.Release(patience(w.p.t), lease)
	w.ok(r, err)
	if ok != (len(w.m.ids[lane]) == 0) {
		r.Fatalf("released %v with %d pending", ok, len(w.m.ids[lane]))
	}
	if ok {
		delete(w.m.leases, lane)
	}
}

func (w *walk) check(r *rapid.T) {
	for lane, lease := range w.m.leases {
		items, err := w.p.Pending(patience(w.p.t), lease, 1000)
		w.ok(r, err)
		var ids []int64
		for _, item := range items {
			ids = append(ids, item.ID)
			if item.Attempts != w.m.items[item.ID].Attempts {
				r.Fatalf("item %d: %d tries, want %d", item.ID, item.Attempts, w.m.items[item.ID].Attempts)
			}
		}
		if !slices.Equal(ids, w.m.ids[lane]) {
			r.Fatalf("lane %s: %v, want %v", lane, ids, w.m.ids[lane])
		}
	}
	messages, err := w.p.Messages(patience(w.p.t), conv(int64(w.run)), 0, 10_000)
	w.ok(r, err)
	for _, m := range messages {
		if w.m.written[m.ID] != 1 {
			r.Fatalf("message %d was written by %d outcomes", m.ID, w.m.written[m.ID])
		}
	}
	if len(messages) != len(w.m.written) {
		r.Fatalf("%d messages, want %d", len(messages), len(w.m.written))
	}
}
