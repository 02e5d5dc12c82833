package store

import (
	"context"
	"database/sql/driver"
	"fmt"

	"github.com/gofrs/flock"

	"topicpilot/topics"
)

// sqliteEngine writes through one connection of its own, without database/sql: the
// statements stay prepared and nothing else uses it. The process owns the file, so
// which lanes it holds is kept in memory alone.
type sqliteEngine struct {
	s    *Store
	file string
	lock *flock.Flock // nil for a tool
	conn driver.Conn

	stmts                         [queryCount]driver.Stmt
	begin, end, rollback, changes driver.Stmt
	args                          []driver.NamedValue

	// epoch counts the openings of the file by a bot. It is the fence of all leases:
	// every transaction checks that nobody opened the file since.
	epoch      int64
	superseded bool
	version    int64 // PRAGMA data_version, changed by other processes' commits
	held       map[laneKey]*heldLane
	// quiet has the queues whose unfinished items all lie in held lanes: then a lane that
	// is not held holds nothing. Another process's change ends it, a full claim begins it.
	quiet map[string]bool
}

// heldLane counts what a lane holds, so that giving it back needs no look.
type heldLane struct {
	unfinished int
	exact      bool
}

func (e *sqliteEngine) shared() bool { return false }

func (e *sqliteEngine) run(ops []*op) ([]topics.Committed, error) {
	needed := false
	for _, o := range ops {
		o.reset()
		if err := e.refuse(o); err != nil {
			o.err = err
		} else if o.kind != opRelease {
			needed = true
		}
	}
	if needed {
		if err := e.transaction(ops); err != nil {
			return nil, err
		}
	}
	return e.settle(ops), nil
}

// refuse checks the lease by what is known here; the stored epoch is checked once for
// the transaction.
func (e *sqliteEngine) refuse(o *op) error {
	if !o.leased() {
		return nil
	}
	if o.lease.Epoch != e.epoch || e.lock == nil || misplaced(o) {
		return topics.ErrLeaseLost
	}
	return nil
}

func (e *sqliteEngine) transaction(ops []*op) error {
	if err := e.step(e.begin); err != nil {
		return &wholeBatch{fmt.Errorf("begin: %w", err)}
	}
	err := e.body(ops)
	if err == nil {
		if err = e.step(e.end); err != nil {
			err = &wholeBatch{fmt.Errorf("commit: %w", err)}
		}
	}
	if err != nil {
		// A failed statement may have ended the transaction already.
		_ = e.step(e.rollback)
	}
	return err
}

func (e *sqliteEngine) body(ops []*op) error {
	if err := e.look(); err != nil {
		return &wholeBatch{err}
	}
	for _, o := range ops {
		if o.err != nil || o.kind == opRelease {
			continue
		}
		if err := e.s.change(e, o); err != nil {
			return err
		}
		if err := e.insertItems(o); err != nil {
			return err
		}
	}
	return nil
}

func (e *sqliteEngine) insertItems(o *op) error {
	items := o.newItems()
	if len(items) == 0 {
		return nil
	}
	now := e.s.now()
	for i := range items {
		n := &items[i]
		result, err := e.do(qInsertItem, escape(n.Queue), escape(n.Lane), escape(n.Key), n.Payload,
			micros(now), micros(n.NotBefore))
		if err != nil {
			return err
		}
		if changed, _ := result.RowsAffected(); changed == 0 {
			continue
		}
		id, err := result.LastInsertId()
		if err != nil {
			return err
		}
		o.added++
		if n.Parked != "" {
			if err := e.must(qPark, escape(n.Parked), micros(now), id); err != nil {
				return err
			}
			continue
		}
		o.committed = append(o.committed, topics.Committed{Item: topics.Item{
			ID: id, Queue: n.Queue, Lane: n.Lane, Key: n.Key, Payload: n.Payload,
			AddedAt: now, NotBefore: n.NotBefore,
		}})
	}
	return nil
}

// settle takes over into memory what was committed, in the order of the operations.
func (e *sqliteEngine) settle(ops []*op) []topics.Committed {
	var all []topics.Committed
	for _, o := range ops {
		if o.err != nil {
			continue
		}
		switch o.kind {
		case opFinish, opPark:
			if lane := e.held[laneKey{o.lease.Queue, o.lease.Lane}]; lane != nil {
				lane.unfinished--
			}
			if o.thenRelease {
				o.ok = e.releaseKnown(laneKey{o.lease.Queue, o.lease.Lane})
			}
		case opReplay:
			e.replayed(o)
		case opWrite:
			if o.empties {
				e.doubt()
			}
		case opRelease:
			o.ok, o.err = e.release(laneKey{o.lease.Queue, o.lease.Lane})
		}
		for i := range o.committed {
			e.hold(&o.committed[i])
		}
		if all == nil {
			all = o.committed
		} else {
			all = append(all, o.committed...)
		}
	}
	return all
}

func (e *sqliteEngine) hold(c *topics.Committed) {
	if e.lock == nil {
		return
	}
	key := laneKey{c.Item.Queue, c.Item.Lane}
	lane := e.held[key]
	if lane == nil {
		lane = &heldLane{exact: e.quiet[key.queue]}
		e.held[key] = lane
		c.Fresh = true
	}
	c.Sole = lane.exact && lane.unfinished == 0
	lane.unfinished++
	c.Held = true
	c.Lease = topics.Lease{Queue: key.queue, Lane: key.lane, Epoch: e.epoch}
}

func (e *sqliteEngine) replayed(o *op) {
	if e.lock == nil {
		return
	}
	key := laneKey{o.item.Queue, o.item.Lane}
	if lane := e.held[key]; lane != nil {
		lane.unfinished++
		e.s.wake.add(topics.Lease{Queue: key.queue, Lane: key.lane, Epoch: e.epoch})
		return
	}
	e.quiet[key.queue] = false
	e.s.wake.add(topics.Lease{})
}

// release gives a lane back that holds nothing unfinished.
func (e *sqliteEngine) release(key laneKey) (bool, error) {
	lane := e.held[key]
	if lane == nil {
		return true, nil
	}
	if !lane.exact {
		var n int64
		if _, err := e.row(qUnfinished, []any{escape(key.queue), escape(key.lane)}, &n); err != nil {
			return false, err
		}
		lane.unfinished, lane.exact = int(n), true
	}
	if lane.unfinished > 0 {
		return false, nil
	}
	delete(e.held, key)
	return true, nil
}

// releaseKnown gives a lane back of which it is known without a look that it holds
// nothing unfinished.
func (e *sqliteEngine) releaseKnown(key laneKey) bool {
	lane := e.held[key]
	if lane == nil || !lane.exact || lane.unfinished > 0 {
		return false
	}
	delete(e.held, key)
	return true
}

func (e *sqliteEngine) claim(o *op) error {
	ctx := o.ctx
	rows, err := e.s.read.QueryContext(ctx, e.s.texts[qClaimable], escape(o.lease.Queue))
	if err != nil {
		return err
	}
	defer rows.Close()
	var leases []topics.Lease
	for len(leases) < o.limit && rows.Next() {
		var lane string
		var head int64
		if err := rows.Scan(&lane, &head); err != nil {
			return err
		}
		key := laneKey{o.lease.Queue, unescape(lane)}
		if e.held[key] == nil {
			leases = append(leases, topics.Lease{Queue: key.queue, Lane: key.lane, Epoch: e.epoch})
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for _, lease := range leases {
		e.held[laneKey{lease.Queue, lease.Lane}] = &heldLane{}
	}
	o.leases = leases
	if len(leases) < o.limit {
		e.quiet[o.lease.Queue] = true
	}
	return nil
}

// tick looks whether another process has changed the file while this one was idle.
func (e *sqliteEngine) tick() {
	if err := e.look(); err != nil {
		e.s.log.Warn("look for changes of the database", "error", err)
	}
}

// look notices what other processes have committed: a tool that replayed items, or a
// bot that has opened the file since, to which everything here is lost. While nobody
// has, that costs one cheap pragma. Within a transaction the answer holds to its end.
func (e *sqliteEngine) look() error {
	if e.superseded {
		return topics.ErrLeaseLost
	}
	var version, epoch int64
	if err := e.readRow(e.changes, nil, &version); err != nil {
		return err
	}
	if version == e.version {
		return e.s.recall(e.s.base)
	}
	if _, err := e.row(qEpoch, nil, &epoch); err != nil {
		return err
	}
	if epoch != e.epoch && e.lock != nil {
		e.superseded = true
		return topics.ErrLeaseLost
	}
	e.version = version
	e.doubt()
	var forgotten int64
	if _, err := e.row(qMeta, []any{metaForgotten}, &forgotten); err != nil {
		return err
	}
	return e.s.recallTo(e.s.base, forgotten)
}

// doubt ends what is believed of the lanes: others have changed what they hold.
func (e *sqliteEngine) doubt() {
	clear(e.quiet)
	for _, lane := range e.held {
		lane.exact = false
	}
	e.s.wake.add(topics.Lease{})
}

func (e *sqliteEngine) checkLease(_ context.Context, lease topics.Lease) error {
	if lease.Epoch != e.epoch {
		return topics.ErrLeaseLost
	}
	return nil
}
