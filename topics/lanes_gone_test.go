package topics_test

import (
	"context"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"topicpilot/topics"
	"topicpilot/topics/store"
)

// forgetFixture has two topics, of which one is customer 7's, with an item in hand and
// others behind it in each.
type forgetFixture struct {
	db      *store.Store
	h       *handler
	began   chan string
	release chan struct{}
	stopped chan string
}

const (
	forgottenLane = "-100/7"
	otherLane     = "-100/8"
)

func newForgetFixture(t *testing.T, file string) *forgetFixture {
	t.Helper()
	f := &forgetFixture{
		h: &handler{}, began: make(chan string, 10), release: make(chan struct{}), stopped: make(chan string, 10),
	}
	f.db = openStore(t.Context(), t, file)
	f.h.do = func(ctx context.Context, item topics.Item, _ []topics.Item) (topics.Result, error) {
		f.began <- item.Lane
		select {
		case <-f.release:
			return topics.Result{}, nil
		case <-ctx.Done():
			f.stopped <- item.Lane
			return topics.Result{}, ctx.Err()
		}
	}
	lanes := lanesOf(f.db, f.h, nil)
	lanes.Start(t.Context())
	t.Cleanup(func() {
		stopLanes(lanes)
		if err := f.db.Close(); err != nil {
			t.Error(err)
		}
	})
	conv := topics.Conversation{ChatID: -100, ThreadID: 7}
	info := topics.TopicInfo{Private: true, Customer: topics.Customer{ID: 7}}
	if err := f.db.KeepCustomer(t.Context(), conv, info, time.Now()); err != nil {
		t.Fatal(err)
	}
	add(t.Context(), t, f.db, forgottenLane, "in hand", "waits", "waits too")
	add(t.Context(), t, f.db, forgottenLane+" notices", "in hand", "waits")
	add(t.Context(), t, f.db, otherLane, "in hand", "waits")
	for range 3 {
		<-f.began
	}
	return f
}

func (f *forgetFixture) check(t *testing.T) {
	t.Helper()
	stopped := []string{<-f.stopped, <-f.stopped}
	slices.Sort(stopped)
	if !slices.Equal(stopped, []string{forgottenLane, forgottenLane + " notices"}) {
		t.Errorf("stopped in hand: %q", stopped)
	}
	add(t.Context(), t, f.db, forgottenLane, "after")
	close(f.release)
	eventually(t, "the rest is done", func() bool {
		stats, err := f.db.Stats(t.Context())
		return err == nil && stats.Pending[topics.QueueInbox] == 0
	})
	got := f.h.handled()
	slices.Sort(got)
	want := []string{
		forgottenLane + " after", forgottenLane + " in hand", forgottenLane + " notices in hand",
		otherLane + " in hand", otherLane + " waits",
	}
	if !slices.Equal(got, want) {
		t.Errorf("handled %q, want %q", got, want)
	}
}

// TestErasedWhileItWaited: what an erasure deletes is stopped in hand, and is not taken
// from memory; other topics do not notice, and the topic itself goes on.
func TestErasedWhileItWaited(t *testing.T) {
	f := newForgetFixture(t, filepath.Join(t.TempDir(), "bot.db"))
	receipt, err := f.db.Forget(t.Context(), 7, nil)
	if err != nil || receipt.Journal != 5 || receipt.Topics != 1 {
		t.Fatalf("receipt %+v, %v", receipt, err)
	}
	f.check(t)
}

// TestErasedByAnotherProcess is the same for an erasure by a tool beside the bot.
func TestErasedByAnotherProcess(t *testing.T) {
	file := filepath.Join(t.TempDir(), "bot.db")
	f := newForgetFixture(t, file)
	tool, err := store.Open(t.Context(), "sqlite:"+file, store.Options{Tool: true})
	if err != nil {
		t.Fatal(err)
	}
	defer tool.Close()
	if _, err := tool.Forget(t.Context(), 7, nil); err != nil {
		t.Fatal(err)
	}
	f.check(t)
}
