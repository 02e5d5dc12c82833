package topics_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"topicpilot/topics"
	"topicpilot/topics/store"
)

// handler is a Handler made of a function that also notes what it was given.
type handler struct {
	do func(ctx context.Context, item topics.Item, following []topics.Item) (topics.Result, error)

	mu   sync.Mutex
	seen []string
}

func (h *handler) Handle(ctx context.Context, item topics.Item, following []topics.Item) (topics.Result, error) {
	h.mu.Lock()
	h.seen = append(h.seen, item.Lane+" "+string(item.Payload))
	h.mu.Unlock()
	if h.do == nil {
		return topics.Result{}, nil
	}
	return h.do(ctx, item, following)
}

func (h *handler) handled() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.seen)
}

type tester interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

func openStore(ctx context.Context, t tester, file string) *store.Store {
	t.Helper()
	db, err := store.Open(ctx, "sqlite:"+file, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func lanesOf(db topics.LaneStore, h topics.Handler, change func(*topics.LanesOptions)) *topics.Lanes {
	opts := topics.LanesOptions{
		Store: db, Log: slog.New(slog.DiscardHandler), Now: time.Now, Sweep: time.Hour,
		Backoff: func(int) time.Duration { return time.Millisecond },
		Queues: map[string]topics.QueueOptions{
			topics.QueueInbox: {Handler: h, Concurrency: 8, GiveUp: time.Hour},
		},
	}
	if change != nil {
		change(&opts)
	}
	return topics.NewLanes(opts)
}

func add(ctx context.Context, t tester, db *store.Store, lane string, payloads ...string) {
	t.Helper()
	for _, payload := range payloads {
		_, err := db.Append(ctx, []topics.NewItem{{
			Queue: topics.QueueInbox, Lane: lane, Key: lane + ":" + payload, Payload: []byte(payload),
		}})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func stopLanes(lanes *topics.Lanes) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	lanes.Stop(ctx)
}

func eventually(t tester, what string, cond func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if cond() {
			return
		}
	}
	t.Fatalf("waited in vain: %s", what)
}

func setUp(t *testing.T, h *handler, change func(*topics.LanesOptions)) (*store.Store, *topics.Lanes) {
	t.Helper()
	db := openStore(t.Context(), t, filepath.Join(t.TempDir(), "bot.db"))
	lanes := lanesOf(db, h, change)
	lanes.Start(t.Context())
	t.Cleanup(func() {
		stopLanes(lanes)
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db, lanes
}

// TestFailureHoldsItsLaneOnly: the failing item is tried again before its successors,
// while another lane goes on.
func TestFailureHoldsItsLaneOnly(t *testing.T) {
	release := make(chan struct{})
	h := &handler{}
	h.do = func(_ context.Context, item topics.Item, _ []topics.Item) (topics.Result, error) {
		if string(item.Payload) != "bad" {
			return topics.Result{}, nil
		}
		select {
		case <-release:
			return topics.Result{}, nil
		default:
			return topics.Result{}, errors.New("not yet")
		}
	}
	db, lanes := setUp(t, h, nil)
	add(t.Context(), t, db, "1/1", "bad", "after")
	add(t.Context(), t, db, "1/2", "a", "b")
	eventually(t, "the other lane is through", func() bool { return slices.Contains(h.handled(), "1/2 b") })
	eventually(t, "several tries", func() bool { return count(h.handled(), "1/1 bad") > 3 })
	if slices.Contains(h.handled(), "1/1 after") {
		t.Fatal("the successor overtook the failing item")
	}
	close(release)
	eventually(t, "the lane goes on", func() bool { return slices.Contains(h.handled(), "1/1 after") })
	eventually(t, "lanes are given back", func() bool { return lanes.Active(topics.QueueInbox) == 0 })
}

func count(list []string, s string) int {
	n := 0
	for _, other := range list {
		if other == s {
			n++
		}
	}
	return n
}

// TestParked: what is hopeless, panics again and again, or fails for too long is put
// aside and listed; its lane goes on; a replay handles it again.
func TestParked(t *testing.T) {
	for _, tc := range []struct {
		name  string
		fail  func() error
		tries int
		why   string
	}{
		{"hopeless", func() error { return &topics.Hopeless{Err: errors.New("no way")} }, 1, "no way"},
		{"panic", func() error { panic("text of a customer") }, 3, "panic (string)"},
		{"too long", func() error { return errors.New("down") }, 2, "down"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var mended sync.Map
			h := &handler{}
			h.do = func(_ context.Context, item topics.Item, _ []topics.Item) (topics.Result, error) {
				if _, ok := mended.Load("yes"); ok || string(item.Payload) != "bad" {
					return topics.Result{}, nil
				}
				return topics.Result{}, tc.fail()
			}
			db, _ := setUp(t, h, func(o *topics.LanesOptions) {
				q := o.Queues[topics.QueueInbox]
				if tc.name == "too long" {
					q.GiveUp = time.Nanosecond
				}
				o.Queues[topics.QueueInbox] = q
			})
			add(t.Context(), t, db, "1/1", "bad", "after")
			eventually(t, "the lane goes on", func() bool { return slices.Contains(h.handled(), "1/1 after") })
			parked, err := db.ListParked(t.Context(), 0, 10)
			if err != nil || len(parked) != 1 || parked[0].Reason != tc.why || string(parked[0].Payload) != "bad" {
				t.Fatalf("parked %+v, %v", parked, err)
			}
			if n := count(h.handled(), "1/1 bad"); n != tc.tries {
				t.Errorf("%d tries, want %d", n, tc.tries)
			}
			mended.Store("yes", true)
			if err := db.Replay(t.Context(), parked[0].ID); err != nil {
				t.Fatal(err)
			}
			eventually(t, "replayed", func() bool { return count(h.handled(), "1/1 bad") == tc.tries+1 })
		})
	}
}

// TestWaitIsNoFailure: a flood limit is waited out and not counted.
func TestWaitIsNoFailure(t *testing.T) {
	var mu sync.Mutex
	var attempts []int
	h := &handler{}
	h.do = func(_ context.Context, item topics.Item, _ []topics.Item) (topics.Result, error) {
		mu.Lock()
		defer mu.Unlock()
		attempts = append(attempts, item.Attempts)
		if len(attempts) < 4 {
			return topics.Result{}, &topics.Wait{After: time.Millisecond, Err: errors.New("flood")}
		}
		return topics.Result{}, nil
	}
	db, lanes := setUp(t, h, nil)
	add(t.Context(), t, db, "1/1", "x")
	eventually(t, "done", func() bool { return len(h.handled()) == 4 && lanes.Active(topics.QueueInbox) == 0 })
	if !slices.Equal(attempts, []int{0, 0, 0, 0}) {
		t.Errorf("attempts %v, want none counted", attempts)
	}
}

// TestAmend: a try that got half-way changes what is tried next.
func TestAmend(t *testing.T) {
	h := &handler{}
	h.do = func(_ context.Context, item topics.Item, _ []topics.Item) (topics.Result, error) {
		if string(item.Payload) == "whole" {
			return topics.Result{}, &topics.Amend{Err: errors.New("half"), Payload: []byte("rest")}
		}
		return topics.Result{}, nil
	}
	db, _ := setUp(t, h, nil)
	add(t.Context(), t, db, "1/1", "whole")
	eventually(t, "the rest", func() bool { return slices.Equal(h.handled(), []string{"1/1 whole", "1/1 rest"}) })
}

// TestSupersededAndCovered: a newer item ends the waiting of the one in hand, and an
// item may do the work of those behind it.
func TestSupersededAndCovered(t *testing.T) {
	h := &handler{}
	h.do = func(ctx context.Context, item topics.Item, following []topics.Item) (topics.Result, error) {
		if strings.HasPrefix(string(item.Payload), "draft") && len(following) == 0 {
			<-ctx.Done()
			return topics.Result{}, ctx.Err()
		}
		if string(item.Payload) == "final" {
			return topics.Result{Covers: len(following)}, nil
		}
		return topics.Result{}, nil
	}
	db, lanes := setUp(t, h, func(o *topics.LanesOptions) {
		q := o.Queues[topics.QueueInbox]
		q.Supersedes = func(topics.Item, topics.Item) bool { return true }
		o.Queues[topics.QueueInbox] = q
	})
	add(t.Context(), t, db, "1/1", "draft 1")
	eventually(t, "in hand", func() bool { return len(h.handled()) == 1 })
	_, err := db.Append(t.Context(), []topics.NewItem{
		{Queue: topics.QueueInbox, Lane: "1/1", Payload: []byte("final")},
		{Queue: topics.QueueInbox, Lane: "1/1", Payload: []byte("covered")},
	})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "empty", func() bool { return lanes.Active(topics.QueueInbox) == 0 })
	if got := h.handled(); !slices.Equal(got, []string{"1/1 draft 1", "1/1 final"}) {
		t.Errorf("handled %q", got)
	}
	if stats, err := db.Stats(t.Context()); err != nil || stats.Pending[topics.QueueInbox] != 0 {
		t.Errorf("pending %v, %v", stats.Pending, err)
	}
}

// TestStopFinishesWhatRuns: the item in hand is finished and written, the rest waits
// for the next start.
func TestStopFinishesWhatRuns(t *testing.T) {
	file := filepath.Join(t.TempDir(), "bot.db")
	db := openStore(t.Context(), t, file)
	began, finish := make(chan struct{}), make(chan struct{})
	h := &handler{}
	h.do = func(context.Context, topics.Item, []topics.Item) (topics.Result, error) {
		close(began)
		<-finish
		return topics.Result{}, nil
	}
	lanes := lanesOf(db, h, nil)
	lanes.Start(t.Context())
	add(t.Context(), t, db, "1/1", "first", "second")
	<-began
	stopped := make(chan struct{})
	go func() {
		stopLanes(lanes)
		close(stopped)
	}()
	close(finish)
	<-stopped
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = openStore(t.Context(), t, file)
	again := &handler{}
	lanes = lanesOf(db, again, nil)
	lanes.Start(t.Context())
	eventually(t, "the rest", func() bool { return slices.Equal(again.handled(), []string{"1/1 second"}) })
	stopLanes(lanes)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestBacklog: more lanes and items than memory takes are worked off in order.
func TestBacklog(t *testing.T) {
	file := filepath.Join(t.TempDir(), "bot.db")
	db := openStore(t.Context(), t, file)
	const lanesCount, perLane = 300, 40
	var items []topics.NewItem
	for i := range perLane {
		for lane := range lanesCount {
			items = append(items, topics.NewItem{
				Queue: topics.QueueInbox, Lane: fmt.Sprintf("1/%d", lane), Payload: []byte(strconv.Itoa(i)),
			})
		}
	}
	if _, err := db.Append(t.Context(), items); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = openStore(t.Context(), t, file)
	h := &handler{}
	lanes := lanesOf(db, h, nil)
	lanes.Start(t.Context())
	eventually(t, "all", func() bool { return len(h.handled()) == lanesCount*perLane })
	checkOrder(t, h.handled())
	stopLanes(lanes)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// checkOrder: within a lane, numbers never go back except to repeat the same one.
func checkOrder(t tester, handled []string) {
	t.Helper()
	last := map[string]int{}
	for _, entry := range handled {
		lane, number, _ := strings.Cut(entry, " ")
		n, err := strconv.Atoi(number)
		if err != nil {
			t.Fatal(err)
		}
		if before, seen := last[lane]; seen && n != before && n != before+1 || !seen && n != 0 {
			t.Fatalf("lane %s: %d after %d", lane, n, before)
		}
		last[lane] = n
	}
}

// TestLanesKeepOrder: whatever fails, pauses or restarts, each lane's items are
// handled in order, and each takes effect once.
func TestLanesKeepOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		dir := t.TempDir()
		file := filepath.Join(dir, "bot.db")
		laneCount := rapid.IntRange(1, 5).Draw(rt, "lanes")
		runs := rapid.IntRange(1, 3).Draw(rt, "runs")
		faults := rapid.SliceOfN(rapid.IntRange(0, 9), 20, 20).Draw(rt, "faults")
		h := &handler{}
		var mu sync.Mutex
		call := 0
		h.do = func(_ context.Context, item topics.Item, _ []topics.Item) (topics.Result, error) {
			mu.Lock()
			fault := faults[call%len(faults)]
			call++
			mu.Unlock()
			switch {
			case fault == 0:
				return topics.Result{}, errors.New("later")
			case fault == 1:
				return topics.Result{}, &topics.Wait{After: time.Microsecond, Err: errors.New("pause")}
			case fault == 2 && item.Attempts == 0:
				panic("once")
			}
			n, _ := strconv.ParseInt(string(item.Payload), 10, 64)
			conv, err := topics.ParseConversation(item.Lane)
			return topics.Result{Outcome: topics.Outcome{Messages: []topics.Message{{
				Conversation: conv, ID: n + 1, Date: time.Unix(n, 0), Kind: topics.MessageTalk,
			}}}}, err
		}
		next := make([]int, laneCount)
		for run := range runs {
			db := openStore(t.Context(), rt, file)
			lanes := lanesOf(db, h, nil)
			lanes.Start(t.Context())
			for range rapid.IntRange(0, 40).Draw(rt, "appends") {
				lane := rapid.IntRange(0, laneCount-1).Draw(rt, "lane")
				add(t.Context(), rt, db, fmt.Sprintf("1/%d", lane+1), strconv.Itoa(next[lane]))
				next[lane]++
			}
			if run == runs-1 {
				eventually(rt, "all done", func() bool {
					stats, err := db.Stats(t.Context())
					return err == nil && stats.Pending[topics.QueueInbox] == 0 && stats.Parked[topics.QueueInbox] == 0
				})
				for lane, n := range next {
					kept, err := db.Messages(t.Context(), topics.Conversation{ChatID: 1, ThreadID: int64(lane + 1)}, 0, 1000)
					if err != nil || len(kept) != n {
						rt.Fatalf("lane %d keeps %d messages of %d, %v", lane, len(kept), n, err)
					}
				}
			}
			stopLanes(lanes)
			if err := db.Close(); err != nil {
				rt.Fatal(err)
			}
		}
		checkOrder(rt, h.handled())
	})
}
