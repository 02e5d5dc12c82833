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
	// thenRelease gives the lane back if the operation leaves nothing in it.
	thenRelease bool

	added     int
	ok        bool
	leases    []topics.Lease
	committed []topics.Committed
	err       error
	done      chan struct{}
}

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

func (s *Store) writeLoop() {
	defer close(s.writerDone)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	var first *op
	for {
		if first == nil {
			select {
			case o, ok := <-s.queue:
				if !ok {
					return
				}
				first = o
			case <-tick.C:
				s.engine.tick()
				continue
			}
		}
		var batch []*op
		batch, first = s.collect(first)
		s.commit(batch)
		select {
		case <-tick.C:
			s.engine.tick()
		default:
		}
	}
}

// collect takes what waits, without waiting for more. A claim is run alone, between
// transactions; next is what was taken and comes afterwards.
func (s *Store) collect(first *op) (batch []*op, next *op) {
	batch = append(make([]*op, 0, 16), first)
	if first.kind == opClaim {
		return batch, nil
	}
	size := first.size
	for len(batch) < maxBatch && size < maxBatchBytes {
		select {
		case o, ok := <-s.queue:
			if !ok {
				return batch, nil
			}
			if o.kind == opClaim || size+o.size > maxBatchBytes {
				return batch, o
			}
			size += o.size
			batch = append(batch, o)
		default:
			return batch, nil
		}
	}
	return batch, nil
}

// commit writes a batch, tells the listener, then answers. If one operation spoils
// the batch, each is written by itself, so that only the bad one fails.
func (s *Store) commit(batch []*op) {
	live := batch[:0]
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
