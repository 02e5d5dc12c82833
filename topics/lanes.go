package topics

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// Handler handles the items of a queue. For one lane it is called strictly one item
// after the other; for different lanes concurrently.
type Handler interface {
	// Handle does the work of an item and returns what is to be written with it.
	// following are the items known to wait behind it in its lane.
	//
	// An error keeps the item at the head of its lane and is tried again: later and
	// later, after a *Wait as asked and uncounted, never after a *Hopeless. The text of
	// an error is kept and shown: no customers' text, no secrets.
	Handle(ctx context.Context, item Item, following []Item) (Result, error)
}

// Result is what handling an item came to.
type Result struct {
	Outcome Outcome
	// Covers counts the following items that were handled along with this one.
	Covers int
}

// Amend is an error that also changes the payload for the next try.
type Amend struct {
	Err     error
	Payload []byte
}

func (e *Amend) Error() string { return e.Err.Error() }

// Unwrap gives the cause.
func (e *Amend) Unwrap() error { return e.Err }

// QueueOptions says how a queue's lanes are worked off.
type QueueOptions struct {
	Handler Handler
	// Concurrency bounds how many lanes are handled at the same time; 0 for no bound,
	// for handlers that mostly wait.
	Concurrency int
	// GiveUp is how long after its first failure an item is parked.
	GiveUp time.Duration
	// Supersedes tells that a newly stored item makes the one in hand needless, whose
	// context is then cancelled. Optional.
	Supersedes func(newer, inHand Item) bool
}

// Observer is told what the lanes do; for metrics. It must not block.
type Observer interface {
	// Handled reports one try: done, retried, waited, parked, gone or lease_lost.
	Handled(queue, result string, took time.Duration)
}

// LanesOptions are what Lanes needs.
type LanesOptions struct {
	Store    LaneStore
	Queues   map[string]QueueOptions
	Observer Observer
	Log      *slog.Logger
	Now      func() time.Time
	// Sweep is how often lanes without a living holder are looked for; a safety net,
	// as everything that happens wakes its lane by itself.
	Sweep time.Duration
	// Backoff is the pause after the given number of failures; nil for 1 s, doubled each
	// time up to a minute, give or take a fifth.
	Backoff func(failures int) time.Duration
}

const (
	// laneMemory is how many items of a lane wait in memory; more wait in the store.
	laneMemory = 32
	// claimLimit is how many lanes are taken over in one go.
	claimLimit = 256
	// panicLimit is how often an item may panic before it is parked.
	panicLimit = 3
	// keptWorkers bounds the goroutines that wait for a lane.
	keptWorkers = 64
	// writeLimit is how often a result is written again before the item is parked.
	writeLimit = 6
	retryFirst = time.Second
	retryMost  = time.Minute
)

// Lanes work off the queues of a LaneStore: each lane strictly in order, lanes side
// by side, a failing item holding up its own lane only. What is stored by this
// process is handled at once, from memory; what is not (after a restart, by another
// process) is read from the store.
//
// Its methods may be called concurrently.
type Lanes struct {
	LanesOptions
	slots map[string]chan struct{}

	mu       sync.Mutex
	lanes    map[laneName]*lane
	active   map[string]int // lanes in hand, by queue
	started  bool
	stopping bool

	work   context.Context
	cancel context.CancelFunc
	quit   chan struct{}
	sweep  chan struct{}
	wg     sync.WaitGroup

	// ready hands a lane to a worker that waits, of whom there are waiting.
	ready   chan *lane
	waiting atomic.Int32
}

type laneName struct{ queue, lane string }

// NewLanes makes the lanes and registers them with the store.
func NewLanes(opts LanesOptions) *Lanes {
	l := &Lanes{
		LanesOptions: opts,
		slots:        make(map[string]chan struct{}),
		lanes:        make(map[laneName]*lane),
		active:       make(map[string]int),
		quit:         make(chan struct{}),
		sweep:        make(chan struct{}, 1),
		ready:        make(chan *lane),
	}
	if l.Backoff == nil {
		l.Backoff = backoff
	}
	for name, queue := range opts.Queues {
		if queue.Concurrency > 0 {
			l.slots[name] = make(chan struct{}, queue.Concurrency)
		}
	}
	opts.Store.Listen(l.committed)
	return l
}

// Start begins to work, also on what an earlier run left. Values of ctx are passed
// on; its end does not stop the lanes, Stop does.
func (l *Lanes) Start(ctx context.Context) {
	l.mu.Lock()
	l.work, l.cancel = context.WithCancel(context.WithoutCancel(ctx))
	l.started = true
	for _, lane := range l.lanes {
		l.runLocked(lane)
	}
	l.mu.Unlock()
	l.wg.Add(1)
	go l.look()
	l.Look()
}

// Stop takes no further item, waits for those in hand until ctx ends, and then
// interrupts them. What is unfinished stays in the store.
func (l *Lanes) Stop(ctx context.Context) {
	l.mu.Lock()
	if l.stopping || !l.started {
		l.stopping = true
		l.mu.Unlock()
		return
	}
	l.stopping = true
	l.mu.Unlock()
	close(l.quit)
	done := make(chan struct{})
	go func() {
		l.wg.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
	l.cancel()
	<-done
}

// Idle reports whether nothing waits in a lane, as far as this process knows.
func (l *Lanes) Idle(queue, name string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, busy := l.lanes[laneName{queue, name}]
	return !busy
}

// Active counts the lanes of a queue that this process works on.
func (l *Lanes) Active(queue string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.active[queue]
}

// putLocked takes a lane into hand, in the place of a former lease of it.
func (l *Lanes) putLocked(ln *lane) {
	if former := l.lanes[ln.name]; former != nil {
		former.loseLocked()
	} else {
		l.active[ln.name.queue]++
	}
	l.lanes[ln.name] = ln
}

// dropLocked lets a lane go, unless a newer lease of it is in hand.
func (l *Lanes) dropLocked(ln *lane) {
	if l.lanes[ln.name] == ln {
		delete(l.lanes, ln.name)
		l.active[ln.name.queue]--
	}
}

// Look makes the lanes look into the store for work that nobody holds.
func (l *Lanes) Look() {
	select {
	case l.sweep <- struct{}{}:
	default:
	}
}

// committed takes what has just become durable. It runs on the store's writer.
func (l *Lanes) committed(items []Committed) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range items {
		switch {
		case c.Gone:
			l.goneLocked(c.Item.Lane)
		case c.Held:
			l.pushLocked(c)
		}
	}
}

func (l *Lanes) pushLocked(c Committed) {
	name := laneName{c.Item.Queue, c.Item.Lane}
	if _, known := l.Queues[name.queue]; !known {
		return
	}
	ln := l.lanes[name]
	if ln == nil || c.Lease.Epoch != ln.lease.Epoch {
		ln = &lane{name: name, lease: c.Lease, wake: make(chan struct{}, 1), more: !c.Sole}
		l.putLocked(ln)
	}
	ln.pushLocked(c.Item)
	if supersedes := l.Queues[name.queue].Supersedes; supersedes != nil && ln.cancelInHand != nil {
		if supersedes(c.Item, ln.inHand) {
			ln.cancelInHand(errSuperseded)
		}
	}
	l.runLocked(ln)
}

// errSuperseded is the cause with which an item's context ends when a newer item
// has made it needless.
var errSuperseded = errors.New("superseded")

func (l *Lanes) runLocked(ln *lane) {
	if !l.started || l.stopping || ln.running {
		return
	}
	ln.running = true
	l.wg.Add(1)
	select {
	case l.ready <- ln:
	default:
		go l.worker(ln)
	}
}

// worker works lanes off, one after the other. It waits for the next one as long as
// not too many others wait as well: a goroutine that has grown its stack is worth
// keeping.
func (l *Lanes) worker(ln *lane) {
	for {
		l.run(ln)
		l.wg.Done()
		if l.waiting.Add(1) > keptWorkers {
			l.waiting.Add(-1)
			return
		}
		select {
		case ln = <-l.ready:
			l.waiting.Add(-1)
		case <-l.quit:
			return
		}
	}
}

// look takes over lanes without a holder: at the start, when told, now and then.
func (l *Lanes) look() {
	defer l.wg.Done()
	ticker := time.NewTicker(l.Sweep)
	defer ticker.Stop()
	for {
		select {
		case <-l.quit:
			return
		case lease := <-l.Store.Wakeups():
			l.changedElsewhere(lease)
		case <-ticker.C:
		case <-l.sweep:
		}
		for queue := range l.Queues {
			l.claim(queue)
		}
	}
}

// changedElsewhere makes the held lane, or all of them, look into the store again.
func (l *Lanes) changedElsewhere(lease Lease) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for name, ln := range l.lanes {
		if lease.Lane == "" || name == (laneName{lease.Queue, lease.Lane}) {
			ln.more = true
			ln.wakeLocked()
			l.runLocked(ln)
		}
	}
}

func (l *Lanes) claim(queue string) {
	leases, err := l.Store.Claim(l.work, queue, claimLimit)
	if err != nil {
		if l.work.Err() == nil {
			l.Log.Warn("look for unfinished lanes", "queue", queue, "error", err)
		}
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, lease := range leases {
		name := laneName{lease.Queue, lease.Lane}
		ln := l.lanes[name]
		if ln == nil || ln.lease.Epoch != lease.Epoch {
			ln = &lane{name: name, lease: lease, wake: make(chan struct{}, 1)}
			l.putLocked(ln)
		}
		ln.more = true
		l.runLocked(ln)
	}
	if len(leases) == claimLimit {
		// More may wait; they are taken when these are through.
		time.AfterFunc(100*time.Millisecond, l.Look)
	}
}
