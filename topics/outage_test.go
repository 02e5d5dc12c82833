package topics_test

import (
	"context"
	"errors"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"topicpilot/topics"
	"topicpilot/topics/store"
)

// flakyStore refuses writes of results: all of them, as a full disk does, or the
// results alone, as a database does that cannot take this very text.
type flakyStore struct {
	*store.Store
	down    atomic.Bool
	refuses atomic.Bool
	tries   atomic.Int32
}

var errDiskFull = errors.New("database or disk is full")

func (f *flakyStore) Finish(ctx context.Context, lease topics.Lease, item topics.Item, o topics.Outcome) error {
	_, err := f.FinishLast(ctx, lease, item, o)
	return err
}

func (f *flakyStore) FinishLast(
	ctx context.Context, lease topics.Lease, item topics.Item, o topics.Outcome,
) (bool, error) {
	f.tries.Add(1)
	if f.down.Load() || f.refuses.Load() {
		return false, errDiskFull
	}
	return f.Store.FinishLast(ctx, lease, item, o)
}

func (f *flakyStore) Retry(ctx context.Context, lease topics.Lease, item topics.Item, r topics.Retry) error {
	if f.down.Load() {
		return errDiskFull
	}
	return f.Store.Retry(ctx, lease, item, r)
}

func (f *flakyStore) Park(ctx context.Context, lease topics.Lease, item topics.Item, reason string) error {
	if f.down.Load() {
		return errDiskFull
	}
	return f.Store.Park(ctx, lease, item, reason)
}

// handledDuring hands five items to lanes whose store is in the given state, and
// waits until each has been tried more often than would park it.
func handledDuring(t *testing.T, f *flakyStore) *topics.Lanes {
	t.Helper()
	f.Store = openStore(t.Context(), t, filepath.Join(t.TempDir(), "bot.db"))
	h := &handler{do: func(_ context.Context, item topics.Item, _ []topics.Item) (topics.Result, error) {
		conv, err := topics.ParseConversation(item.Lane)
		return topics.Result{Outcome: topics.Outcome{Messages: []topics.Message{{Conversation: conv, ID: 7}}}}, err
	}}
	lanes := lanesOf(f, h, func(o *topics.LanesOptions) {
		o.Backoff = func(int) time.Duration { return 100 * time.Microsecond }
	})
	lanes.Start(t.Context())
	t.Cleanup(func() {
		stopLanes(lanes)
		f.Close()
	})
	for i := range 5 {
		add(t.Context(), t, f.Store, "1/"+strconv.Itoa(i+1), "x")
	}
	eventually(t, "many tries", func() bool { return f.tries.Load() > 5*12 || lanes.Active(topics.QueueInbox) == 0 })
	return lanes
}

// TestOutageParksNothing: what was handled while the database was away is written once
// it is back.
func TestOutageParksNothing(t *testing.T) {
	f := &flakyStore{}
	f.down.Store(true)
	lanes := handledDuring(t, f)
	f.down.Store(false)
	eventually(t, "all written", func() bool { return lanes.Active(topics.QueueInbox) == 0 })
	parked, err := f.ListParked(t.Context(), 0, 10)
	if err != nil || len(parked) != 0 {
		t.Errorf("parked %d, %v", len(parked), err)
	}
	for i := range 5 {
		kept, err := f.Messages(t.Context(), topics.Conversation{ChatID: 1, ThreadID: int64(i + 1)}, 0, 10)
		if err != nil || len(kept) != 1 {
			t.Errorf("topic %d keeps %d messages, %v", i+1, len(kept), err)
		}
	}
}

// TestRefusedResultIsParked: a result that the database does not take, although it
// takes others, does not hold its lane up for ever.
func TestRefusedResultIsParked(t *testing.T) {
	f := &flakyStore{}
	f.refuses.Store(true)
	handledDuring(t, f)
	eventually(t, "parked", func() bool {
		parked, err := f.ListParked(t.Context(), 0, 10)
		return err == nil && len(parked) == 5
	})
}
