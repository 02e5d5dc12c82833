package telegram

import (
	"container/heap"
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"topicpilot/topics"
)

const (
	budgetWindow = time.Minute
	// budgetMargin is added to the window: Telegram's clock is not ours.
	budgetMargin = 100 * time.Millisecond
	maxWindows   = 1024
	// The last slots of a group's window are kept for what is more urgent.
	draftReserve  = 3
	noticeReserve = 1
	never         = time.Duration(1<<63 - 1)
)

// Limits are the sender's own limits; 0: none.
type Limits struct {
	// GroupPerMinute bounds messages and edits in one group, all its topics together.
	GroupPerMinute int
	// OverallPerSecond bounds them over all groups.
	OverallPerSecond int
}

// budget deals out the right to send. A group's window is strict: a message counts from
// when its slot was given to a minute after its answer came, so the group never sees more,
// however long each took on its way. It may be used concurrently.
type budget struct {
	limits  Limits
	overall *rate.Limiter // nil: none
	stopped chan struct{} // closed: nobody waits any more

	mu      sync.Mutex
	windows map[int64]*window
	waiting map[int64]*window // those with waiters
	seq     uint64
	timer   *time.Timer
}

// window is one group's; guarded by budget.mu.
type window struct {
	sent     []time.Time // oldest first, at most GroupPerMinute of the last minute
	inFlight int
	paused   time.Time
	waiters  waiters
}

type waiter struct {
	priority topics.Priority
	seq      uint64
	granted  chan struct{}
	index    int // in the heap, -1 once granted or given up
}

func newBudget(limits Limits) *budget {
	b := &budget{
		limits: limits, stopped: make(chan struct{}),
		windows: make(map[int64]*window), waiting: make(map[int64]*window),
	}
	if limits.OverallPerSecond > 0 {
		b.overall = rate.NewLimiter(rate.Limit(limits.OverallPerSecond), limits.OverallPerSecond)
	}
	return b
}

// seed counts what was sent before this process began.
func (b *budget) seed(times map[int64][]time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for chatID, list := range times {
		w := b.window(chatID)
		for _, at := range list {
			b.record(w, at)
		}
	}
}

// wait takes one slot, when the turn has come: the most urgent first, then who came first.
func (b *budget) wait(ctx context.Context, chatID int64, priority topics.Priority) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	b.mu.Lock()
	w := b.window(chatID)
	if b.takeNow(w, priority, 1) {
		b.mu.Unlock()
		return nil
	}
	b.seq++
	me := &waiter{priority: priority, seq: b.seq, granted: make(chan struct{})}
	heap.Push(&w.waiters, me)
	b.waiting[chatID] = w
	b.deal()
	b.mu.Unlock()
	var err error
	select {
	case <-me.granted:
		return nil
	case <-ctx.Done():
		err = ctx.Err()
	case <-b.stopped:
		err = stopping()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if me.index >= 0 {
		heap.Remove(&w.waiters, me.index)
	} else {
		w.inFlight-- // granted meanwhile: the slot goes to the next
	}
	b.deal()
	return err
}

// try takes n slots if all are free at once and nobody as urgent waits for them.
func (b *budget) try(chatID int64, priority topics.Priority, n int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.takeNow(b.window(chatID), priority, n)
}

// done gives a slot back; counted tells that the message counts for Telegram.
func (b *budget) done(chatID int64, counted bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	w := b.window(chatID)
	w.inFlight--
	if counted {
		b.record(w, time.Now())
	}
	b.deal()
}

// pause stops the group for a while, whatever its budget.
func (b *budget) pause(chatID int64, d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	w := b.window(chatID)
	if until := time.Now().Add(d); until.After(w.paused) {
		w.paused = until
	}
	b.deal()
}

// pausedFor is what is left of a pause.
func (b *budget) pausedFor(chatID int64) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return max(0, time.Until(b.window(chatID).paused))
}

// roomIn is how long the group has no room for what is most urgent, as far as that is known.
func (b *budget) roomIn(chatID int64) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	wait := b.groupWait(b.window(chatID), priorityTell, 1, time.Now())
	if wait == never {
		return 0 // as soon as what is on its way has arrived
	}
	return wait
}

func (b *budget) window(chatID int64) *window {
	if w := b.windows[chatID]; w != nil {
		return w
	}
	if len(b.windows) >= maxWindows {
		now := time.Now()
		for id, w := range b.windows {
			b.expire(w, now)
			if len(w.sent)+w.inFlight+len(w.waiters) == 0 && now.After(w.paused) {
				delete(b.windows, id)
			}
		}
	}
	w := &window{}
	b.windows[chatID] = w
	return w
}

func (b *budget) record(w *window, at time.Time) {
	if b.limits.GroupPerMinute <= 0 {
		return
	}
	i := len(w.sent)
	for i > 0 && w.sent[i-1].After(at) {
		i--
	}
	w.sent = append(w.sent, time.Time{})
	copy(w.sent[i+1:], w.sent[i:])
	w.sent[i] = at
	b.expire(w, time.Now())
}

func (b *budget) expire(w *window, now time.Time) {
	old := 0
	for old < len(w.sent) && now.Sub(w.sent[old]) >= budgetWindow+budgetMargin {
		old++
	}
	if old > 0 {
		w.sent = w.sent[:copy(w.sent, w.sent[old:])]
	}
}

// reserve is how many slots the priority leaves to the more urgent; one is left to it at least.
func (b *budget) reserve(priority topics.Priority) int {
	kept := 0
	switch priority {
	case priorityTell, topics.PriorityAnswer:
	case topics.PriorityNotice:
		kept = noticeReserve
	default:
		kept = draftReserve
	}
	return min(kept, b.limits.GroupPerMinute-1)
}

// groupWait is how long n slots of the group are not free, 0 for now.
func (b *budget) groupWait(w *window, priority topics.Priority, n int, now time.Time) time.Duration {
	pause := max(0, w.paused.Sub(now))
	if b.limits.GroupPerMinute <= 0 {
		return pause
	}
	b.expire(w, now)
	over := len(w.sent) + w.inFlight + n - (b.limits.GroupPerMinute - b.reserve(priority))
	if over <= 0 {
		return pause
	}
	if over > len(w.sent) {
		return never // a slot in flight must come back first
	}
	return max(pause, w.sent[over-1].Add(budgetWindow+budgetMargin).Sub(now))
}

func (b *budget) overallWait(n int, now time.Time) time.Duration {
	if b.overall == nil {
		return 0
	}
	missing := float64(n) - b.overall.TokensAt(now)
	if missing <= 0 {
		return 0
	}
	return time.Duration(missing/float64(b.overall.Limit())*float64(time.Second)) + time.Millisecond
}

// takeNow takes n slots if they are free and no waiter of the group comes first.
func (b *budget) takeNow(w *window, priority topics.Priority, n int) bool {
	now := time.Now()
	if len(w.waiters) > 0 && w.waiters[0].priority <= priority {
		return false
	}
	if b.groupWait(w, priority, n, now) > 0 || b.overallWait(n, now) > 0 {
		return false
	}
	return b.take(w, n, now)
}

func (b *budget) take(w *window, n int, now time.Time) bool {
	if b.overall != nil && !b.overall.AllowN(now, n) {
		return false
	}
	w.inFlight += n
	return true
}

// deal gives free slots to the best waiters and sets the timer for the next one.
func (b *budget) deal() {
	if len(b.waiting) == 0 {
		return
	}
	now := time.Now()
	for {
		w, next := b.bestWaiter(now)
		if w == nil {
			b.wakeIn(next)
			return
		}
		if wait := b.overallWait(1, now); wait > 0 {
			b.wakeIn(wait)
			return
		}
		if !b.take(w, 1, now) {
			b.wakeIn(time.Millisecond)
			return
		}
		me, _ := heap.Pop(&w.waiters).(*waiter)
		close(me.granted)
	}
}

// bestWaiter finds the window whose first waiter may go now and is the best of all such, or says
// when the next one may.
func (b *budget) bestWaiter(now time.Time) (found *window, next time.Duration) {
	next = never
	for id, w := range b.waiting {
		if len(w.waiters) == 0 {
			delete(b.waiting, id)
			continue
		}
		head := w.waiters[0]
		wait := b.groupWait(w, head.priority, 1, now)
		if wait > 0 {
			next = min(next, wait)
			continue
		}
		if found == nil || before(head, found.waiters[0]) {
			found = w
		}
	}
	return found, next
}

func (b *budget) wakeIn(d time.Duration) {
	if b.timer != nil {
		b.timer.Stop()
	}
	if d == never {
		return
	}
	b.timer = time.AfterFunc(d, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.deal()
	})
}

func before(a, b *waiter) bool {
	if a.priority != b.priority {
		return a.priority < b.priority
	}
	return a.seq < b.seq
}

// waiters is a heap, the best on top.
type waiters []*waiter

func (h waiters) Len() int           { return len(h) }
func (h waiters) Less(i, j int) bool { return before(h[i], h[j]) }

func (h waiters) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push is called by container/heap alone.
func (h *waiters) Push(x any) {
	w, _ := x.(*waiter)
	w.index = len(*h)
	*h = append(*h, w)
}

// Pop is called by container/heap alone.
func (h *waiters) Pop() any {
	last := len(*h) - 1
	w := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	w.index = -1
	return w
}
