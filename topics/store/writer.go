package store

import (
	"context"
	"errors"
	"time"

	"topicpilot/topics"
)

const (
	// queueLength bounds what waits for the writer; callers beyond it wait themselves.
	queueLength = 1024
	// maxBatch and maxBatchBytes bound one transaction.
	maxBatch      = 256
	maxBatchBytes = 4 << 20
	// patience is how long an operation for which nobody waits is put off, and
	// patientMost how many of them wait.
	patience    = 2 * time.Millisecond
	patientMost = 64
)

type opKind uint8

const (
	opAppend opKind = iota
	opFinish
	opRetry
	opPark
	opRelease
	opClaim
	opReplay
	opWrite
)

// op is one caller's write. The fields below the line are set by the writer and read
// by the caller once done is closed.
type op struct {
	ctx     context.Context
	kind    opKind
	items   []topics.NewItem
	lease   topics.Lease
	item    topics.Item
	outcome *topics.Outcome
	retry   topics.Retry
	reason  string
	limit   int
	write   func(w writer) error
	size    int
	// alone keeps the writes of other processes out until the commit, and all that they
	// have begun is seen.
	alone bool
	// empties tells that the write deletes unfinished items of lanes that others hold.
	empties bool
	// thenRelease gives the lane back if the operation leaves nothing in it.
	thenRelease bool

	added     int
	ok        bool
	leases    []topics.Lease
	committed []topics.Committed
	err       error
	done      chan struct{}
}

// stores reports whether the operation may store items into lanes.
func (o *op) stores() bool { return o.kind == opAppend || o.kind == opFinish || o.kind == opWrite }

// newItems are what the operation stores into lanes.
func (o *op) newItems() []topics.NewItem {
	if o.kind == opFinish {
		return o.outcome.Enqueue
	}
	return o.items
}

// leased reports whether the operation needs the lease it carries.
func (o *op) leased() bool {
	return o.kind == opFinish || o.kind == opRetry || o.kind == opPark || o.kind == opRelease
}

func (o *op) reset() {
	o.added, o.ok, o.leases, o.committed, o.err = 0, false, nil, o.committed[:0], nil
}

// writer runs the statements of a transaction. Statements may be sent together with
// later ones: an error may appear at a later call, at the latest before the commit,
// and always undoes the whole transaction.
type writer interface {
	exec(q query, args ...any) error
	// must is exec of a statement that has to change something; errUnchanged if not.
	must(q query, args ...any) error
	// tally is exec that adds to n how many rows changed, at the latest before the commit.
	tally(n *int64, q query, args ...any) error
	// row reads one row into pointers; false if there is none.
	row(q query, args []any, dest ...any) (bool, error)
}

var errUnchanged = errors.New("no row changed")

// wholeBatch marks an error that would meet every operation of a batch alike, so that
// trying them one by one is of no use.
type wholeBatch struct{ err error }

func (e *wholeBatch) Error() string { return e.err.Error() }
func (e *wholeBatch) Unwrap() error { return e.err }

// submit hands the operation to the writer and waits for the commit.
func (s *Store) submit(o *op) error {
	o.done = make(chan struct{})
	s.gate.RLock()
	if s.closed {
		s.gate.RUnlock()
		return topics.ErrClosed
	}
	select {
	case s.queue <- o:
		s.gate.RUnlock()
	case <-o.ctx.Done():
		s.gate.RUnlock()
		return o.ctx.Err()
	}
	select {
	case <-o.done:
		return o.err
	case <-o.ctx.Done():
		return o.ctx.Err()
	}
}

// write runs fn in a transaction, perhaps together with other callers' writes.
func (s *Store) write(ctx context.Context, fn func(w writer) error) error {
	return s.submit(&op{ctx: ctx, kind: opWrite, write: fn})
}

// patient reports whether nobody waits for the operation: the last item of a lane is
// done, and its lane has nothing further to do.
func (o *op) patient() bool { return o.thenRelease && len(o.outcome.Enqueue) == 0 }

// pile is what the writer has taken from the queue and not yet written.
type pile struct {
	urgent, patient []*op
	size            int
	// until is when the patient ones have waited long enough.
	until time.Time
	// claim, if set, comes after all others and is run by itself.
	claim  *op
	closed bool
}

func (p *pile) add(o *op) {
	switch {
	case o.kind == opClaim:
		p.claim = o
		return
	case o.patient():
		if len(p.patient) == 0 {
			p.until = time.Now().Add(patience)
		}
		p.patient = append(p.patient, o)
	default:
		p.urgent = append(p.urgent, o)
	}
	p.size += o.size
}

func (p *pile) full() bool {
	return p.claim != nil || p.closed || len(p.urgent)+len(p.patient) >= maxBatch || p.size >= maxBatchBytes
}

// due reports whether the patient ones are to be written now.
func (p *pile) due() bool {
	return p.full() || len(p.patient) >= patientMost || len(p.patient) > 0 && !time.Now().Before(p.until)
}

// writeLoop writes what callers hand over: all that waits in one transaction. What
// nobody waits for is put off for a moment, to go along with what somebody waits for:
// that saves every second transaction.
func (s *Store) writeLoop() {
	defer close(s.writerDone)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	var p pile
	for !p.closed {
		s.take(&p, tick.C)
		if len(p.urgent) > 0 || p.due() {
			s.commit(append(p.urgent, p.patient...))
			p.urgent, p.patient, p.size = nil, nil, 0
		}
		if p.claim != nil {
			s.commit([]*op{p.claim})
			p.claim = nil
		}
		select {
		case <-tick.C:
			s.engine.tick()
		default:
		}
	}
}

// take waits until there is something to write and adds all that is there.
func (s *Store) take(p *pile, tick <-chan time.Time) {
	var due <-chan time.Time
	if len(p.patient) > 0 {
		timer := time.NewTimer(time.Until(p.until))
		defer timer.Stop()
		due = timer.C
	}
	select {
	case o, ok := <-s.queue:
		p.closed = !ok
		if ok {
			p.add(o)
		}
	case <-due:
	case <-tick:
		s.engine.tick()
		return
	}
	for !p.full() {
		select {
		case o, ok := <-s.queue:
			p.closed = !ok
			if ok {
				p.add(o)
			}
		default:
			return
		}
	}
}

// commit writes a batch, tells the listener, then answers. If one operation spoils
// the batch, each is written by itself, so that only the bad one fails.
func (s *Store) commit(batch []*op) {
	live := make([]*op, 0, len(batch))
	for _, o := range batch {
		if err := o.ctx.Err(); err != nil {
			o.err = err
			close(o.done)
			continue
		}
		live = append(live, o)
	}
	if len(live) == 0 {
		return
	}
	if live[0].kind == opClaim {
		live[0].err = s.engine.claim(live[0])
		close(live[0].done)
		return
	}
	committed, err := s.engine.run(live)
	var whole *wholeBatch
	if err != nil && len(live) > 1 && !errors.As(err, &whole) {
		for _, o := range live {
			s.commit([]*op{o})
		}
		return
	}
	if len(committed) > 0 && s.listener != nil {
		s.listener(committed)
	}
	for _, o := range live {
		if err != nil {
			o.err = err
		}
		close(o.done)
	}
}
