package topics

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"time"
)

// lane is one lane in hand of this process. Its fields but name and lease belong to
// the mutex of Lanes.
type lane struct {
	name  laneName
	lease Lease

	// items are the next ones in order; more tells that the store has others, behind
	// them or unknown.
	items   []Item
	more    bool
	loading bool
	// stale tells that items may be erased already: they are to be read again.
	stale bool
	// lastID and lastSeq are those of the newest item that memory has seen.
	lastID  int64
	lastSeq int64
	running bool
	lost    bool
	// released tells that the last write gave the lane back. What came after that write
	// came with the same lease.
	released bool

	inHand       Item
	cancelInHand context.CancelCauseFunc
	wake         chan struct{}
}

func (ln *lane) pushLocked(item Item) {
	if item.ID <= ln.lastID {
		return // read from the store before the news of its commit came
	}
	gap := item.Seq != 0 && ln.lastSeq != 0 && item.Seq != ln.lastSeq+1
	if ln.more || ln.loading || gap || len(ln.items) >= laneMemory {
		ln.more = true
		return
	}
	ln.items = append(ln.items, item)
	ln.lastID, ln.lastSeq = item.ID, item.Seq
}

func (ln *lane) wakeLocked() {
	select {
	case ln.wake <- struct{}{}:
	default:
	}
}

// loseLocked ends a lane that another holder, or another lease, has taken over.
func (ln *lane) loseLocked() {
	ln.lost = true
	ln.items, ln.more = nil, false
	if ln.cancelInHand != nil {
		ln.cancelInHand(ErrLeaseLost)
	}
	ln.wakeLocked()
}

// run works a lane off until it is empty, lost, or the lanes stop.
func (l *Lanes) run(ln *lane) {
	for {
		item, following, state := l.next(ln)
		switch state {
		case laneEnded:
			return
		case laneUnsure:
			l.pause(ln, l.Backoff(0))
			continue
		}
		if wait := item.NotBefore.Sub(l.Now()); wait > 0 {
			l.putBack(ln, item)
			l.pause(ln, wait)
			continue
		}
		l.handle(ln, item, following)
	}
}

type laneState int

const (
	laneReady laneState = iota
	laneEnded
	laneUnsure
)

// next takes the item at the head of the lane, from memory or from the store; an
// empty lane is given back.
func (l *Lanes) next(ln *lane) (Item, []Item, laneState) {
	for {
		l.mu.Lock()
		if ln.lost || l.stopping {
			l.endLocked(ln)
			l.mu.Unlock()
			return Item{}, nil, laneEnded
		}
		ln.dropStaleLocked()
		if ln.released && len(ln.items) == 0 && !ln.more {
			l.endLocked(ln)
			l.mu.Unlock()
			return Item{}, nil, laneEnded
		}
		ln.released = false
		if len(ln.items) > 0 {
			item := ln.items[0]
			ln.items = ln.items[1:]
			following := append([]Item(nil), ln.items...)
			l.mu.Unlock()
			return item, following, laneReady
		}
		load := ln.more
		ln.loading, ln.more = true, false
		l.mu.Unlock()

		var err error
		if load {
			err = l.load(ln)
		} else {
			err = l.giveBack(ln)
		}
		if errors.Is(err, errLaneGone) {
			return Item{}, nil, laneEnded
		}
		if err != nil {
			return Item{}, nil, laneUnsure
		}
	}
}

func (l *Lanes) load(ln *lane) error {
	items, err := l.Store.Pending(l.work, ln.lease, laneMemory)
	l.mu.Lock()
	defer l.mu.Unlock()
	ln.loading = false
	if err != nil {
		ln.more = true
		return l.failedLocked(ln, "read lane", err)
	}
	if len(items) == laneMemory {
		ln.more = true
	}
	ln.items = items
	for _, item := range items {
		ln.lastID, ln.lastSeq = max(ln.lastID, item.ID), max(ln.lastSeq, item.Seq)
	}
	return nil
}

var errLaneGone = errors.New("lane is gone")

// giveBack releases an empty lane, unless something has come meanwhile.
func (l *Lanes) giveBack(ln *lane) error {
	released, err := l.Store.Release(l.work, ln.lease)
	l.mu.Lock()
	defer l.mu.Unlock()
	ln.loading = false
	if err != nil {
		ln.more = true
		return l.failedLocked(ln, "release lane", err)
	}
	if !released {
		ln.more = true
		return nil
	}
	if ln.more {
		return nil // something came during the release; a lease that went with it tells so
	}
	l.endLocked(ln)
	return errLaneGone
}

func (l *Lanes) failedLocked(ln *lane, what string, err error) error {
	if errors.Is(err, ErrLeaseLost) || errors.Is(err, ErrClosed) {
		l.endLocked(ln)
		l.Look()
		return errLaneGone
	}
	if l.work.Err() == nil {
		l.Log.Warn("lane held up", "doing", what, "queue", ln.name.queue, "lane", ln.name.lane, "error", err)
	}
	return err
}

func (l *Lanes) endLocked(ln *lane) {
	ln.running, ln.lost = false, true
	l.dropLocked(ln)
}

func (l *Lanes) putBack(ln *lane, item Item) {
	l.mu.Lock()
	defer l.mu.Unlock()
	ln.items = append([]Item{item}, ln.items...)
}

// pause waits; a change from outside or the end of the lanes cuts it short.
func (l *Lanes) pause(ln *lane, wait time.Duration) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-l.quit:
	case <-ln.wake:
		l.mu.Lock()
		if ln.more { // the store knows better which item is the first now
			ln.items = nil
		}
		l.mu.Unlock()
	}
}

// handle tries one item and writes down what came of it.
func (l *Lanes) handle(ln *lane, item Item, following []Item) {
	slot := l.slots[ln.name.queue]
	if slot != nil {
		select {
		case slot <- struct{}{}:
		case <-l.quit:
			l.putBack(ln, item)
			return
		}
	}
	began := time.Now()
	ctx, cancel := context.WithCancelCause(l.work)
	var result Result
	var err error
	gone := !l.takeInHand(ln, item, cancel)
	if !gone {
		result, err = l.try(ctx, item, following)
		l.mu.Lock()
		ln.cancelInHand = nil
		l.mu.Unlock()
		gone = errors.Is(context.Cause(ctx), errGone) && err != nil
	}
	if errors.Is(context.Cause(ctx), errSuperseded) && err != nil {
		result, err = Result{}, nil
	}
	cancel(nil)
	if slot != nil {
		<-slot
	}
	if gone {
		return // if it is there still, it is read again
	}
	verdict := l.record(ln, item, result, err)
	for covered := range min(result.Covers, len(following)) {
		if err == nil {
			l.coverNext(ln, following[covered])
		}
	}
	if l.Observer != nil {
		l.Observer.Handled(ln.name.queue, verdict, time.Since(began))
	}
}

// try calls the handler and turns a panic into an error without its value, which
// may hold customers' text.
func (l *Lanes) try(ctx context.Context, item Item, following []Item) (result Result, err error) {
	defer func() {
		if v := recover(); v != nil {
			l.Log.Error("handler panicked", "queue", item.Queue, "lane", item.Lane,
				"item", item.ID, "panic_type", fmt.Sprintf("%T", v), "stack", string(debug.Stack()))
			err = fmt.Errorf("panic (%T)", v)
			if item.Attempts+1 >= panicLimit {
				err = &Hopeless{Err: err}
			}
		}
	}()
	return l.Queues[item.Queue].Handler.Handle(ctx, item, following)
}

// record writes the result until the store takes it, or the lane is lost.
func (l *Lanes) record(ln *lane, item Item, result Result, failure error) string {
	verdict, write := l.verdict(ln, item, result, failure)
	for attempt := 0; ; attempt++ {
		err := write(l.work)
		if err != nil && attempt >= writeLimit && !errors.Is(err, ErrConflict) {
			verdict, err = l.writeOrPark(ln, item, verdict, write)
		}
		switch {
		case err == nil:
			return verdict
		case errors.Is(err, ErrConflict):
			// Somebody dropped the item, or has finished it: nothing is left to write.
			return "gone"
		}
		l.mu.Lock()
		gone := errors.Is(l.failedLocked(ln, "write result", err), errLaneGone) || l.work.Err() != nil
		l.mu.Unlock()
		if gone {
			return "lease_lost"
		}
		select {
		case <-time.After(l.Backoff(attempt)):
		case <-l.work.Done():
		}
	}
}

// writeOrPark parks an item whose result the store refuses again and again, although it
// takes another write: then it is the result, and not a database that is away or full.
func (l *Lanes) writeOrPark(
	ln *lane, item Item, verdict string, write func(context.Context) error,
) (string, error) {
	const reason = "its result cannot be stored"
	other := Retry{Next: item.NotBefore, Reason: reason, Uncounted: true}
	if err := l.Store.Retry(l.work, ln.lease, item, other); err != nil {
		return verdict, err
	}
	err := write(l.work)
	if err == nil {
		return verdict, nil
	}
	parked, park := l.parking(ln, item, reason+": "+err.Error())
	return parked, park(l.work)
}

func (l *Lanes) verdict(ln *lane, item Item, result Result, failure error) (string, func(context.Context) error) {
	if failure == nil {
		return "done", func(ctx context.Context) error { return l.finish(ctx, ln, item, result) }
	}
	if l.work.Err() != nil { // interrupted by the stop: no fault of the item
		return "waited", func(context.Context) error { return ErrClosed }
	}
	var payload []byte
	if amend, ok := errors.AsType[*Amend](failure); ok {
		payload = amend.Payload
	}
	now := l.Now()
	if l.hopeless(item, failure, now) {
		return l.parking(ln, item, failure.Error())
	}
	retry := Retry{
		Next: now.Add(l.Backoff(item.Attempts)), Reason: failure.Error(), Payload: payload,
		Sends: result.Outcome.Sends,
	}
	name := "retried"
	if wait, ok := errors.AsType[*Wait](failure); ok {
		name, retry.Next, retry.Uncounted = "waited", now.Add(wait.After), true
	} else {
		l.Log.Warn("item failed, tried again", "queue", item.Queue, "lane", item.Lane, "item", item.ID,
			"attempt", item.Attempts+1, "error", failure.Error())
	}
	return name, func(ctx context.Context) error { return l.retry(ctx, ln, item, retry) }
}

// finish writes a result and, if no more is known of in the lane, gives it back with
// the same write.
func (l *Lanes) finish(ctx context.Context, ln *lane, item Item, result Result) error {
	l.mu.Lock()
	last := len(ln.items) == 0 && !ln.more
	l.mu.Unlock()
	if !last {
		return l.Store.Finish(ctx, ln.lease, item, result.Outcome)
	}
	released, err := l.Store.FinishLast(ctx, ln.lease, item, result.Outcome)
	l.mu.Lock()
	ln.released = released
	l.mu.Unlock()
	return err
}

func (l *Lanes) parking(ln *lane, item Item, reason string) (string, func(context.Context) error) {
	l.Log.Error("item parked", "queue", item.Queue, "lane", item.Lane, "item", item.ID,
		"key", item.Key, "reason", reason)
	return "parked", func(ctx context.Context) error { return l.Store.Park(ctx, ln.lease, item, reason) }
}

func (l *Lanes) hopeless(item Item, failure error, now time.Time) bool {
	if _, ok := errors.AsType[*Hopeless](failure); ok {
		return true
	}
	return !item.FailedSince.IsZero() && now.Sub(item.FailedSince) >= l.Queues[item.Queue].GiveUp
}

// retry keeps the item at the head of its lane, in the store and in memory.
func (l *Lanes) retry(ctx context.Context, ln *lane, item Item, retry Retry) error {
	if err := l.Store.Retry(ctx, ln.lease, item, retry); err != nil {
		return err
	}
	item.NotBefore = retry.Next
	if retry.Payload != nil {
		item.Payload = retry.Payload
	}
	if !retry.Uncounted {
		item.Attempts++
		if item.FailedSince.IsZero() {
			item.FailedSince = l.Now()
		}
	}
	l.putBack(ln, item)
	return nil
}

// coverNext finishes the item at the head, which was handled with the one before.
func (l *Lanes) coverNext(ln *lane, item Item) {
	l.mu.Lock()
	head := len(ln.items) > 0 && ln.items[0].ID == item.ID
	if head {
		ln.items = ln.items[1:]
	}
	l.mu.Unlock()
	if head {
		l.record(ln, item, Result{}, nil)
	}
}

// backoff is the default of LanesOptions.Backoff.
func backoff(attempt int) time.Duration {
	wait := min(retryFirst<<min(attempt, 10), retryMost)
	return wait - wait/5 + rand.N(wait*2/5) //nolint:gosec // spreads load, keeps no secret
}
