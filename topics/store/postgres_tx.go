package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"topicpilot/topics"
)

// pgLane is a lane's row, locked by the transaction.
type pgLane struct {
	owner, epoch, seq int64
	changed           bool
}

// pgTx is one transaction. The rows of all lanes that the batch touches are locked at
// its beginning, in one order for all processes, so that batches cannot deadlock.
type pgTx struct {
	p     *postgresEngine
	ctx   context.Context
	tx    pgx.Tx
	me    int64
	lanes map[laneKey]*pgLane // by the stored, escaped names
	seen  map[laneKey]bool    // keys that are stored already, by queue and key
	ids   []int64

	batch *pgx.Batch
	needs []need // of each statement in batch

	tell  map[laneKey]bool // lanes of which other processes are told
	after []topics.Lease   // wake-ups of this process, after the commit
}

func storedKey(queue, lane string) laneKey { return laneKey{escape(queue), escape(lane)} }

func (t *pgTx) body(ops []*op) error {
	t.me = t.p.me()
	for _, o := range ops {
		o.reset()
	}
	if err := t.lock(ops); err != nil {
		return err
	}
	if err := t.lookUp(ops); err != nil {
		return err
	}
	var releases []*op
	for _, o := range ops {
		if o.leased() && !t.holds(o) {
			o.err = topics.ErrLeaseLost
			continue
		}
		if o.kind == opRelease || o.thenRelease {
			releases = append(releases, o)
		}
		if o.kind == opRelease {
			continue
		}
		if err := t.p.s.change(t, o); err != nil {
			return err
		}
		if o.kind == opReplay {
			t.replayed(o)
		}
		if o.empties {
			t.inform(laneKey{})
		}
		if err := t.insertItems(o); err != nil {
			return err
		}
	}
	if err := t.release(releases); err != nil {
		return err
	}
	return t.finish()
}

func (t *pgTx) holds(o *op) bool {
	lane := t.lanes[storedKey(o.lease.Queue, o.lease.Lane)]
	return t.me != 0 && lane != nil && lane.owner == t.me && lane.epoch == o.lease.Epoch && !misplaced(o)
}

// touched lists the lanes of a batch, each once.
func touched(ops []*op) (queues, lanes []string) {
	seen := map[laneKey]bool{}
	add := func(queue, lane string) {
		key := storedKey(queue, lane)
		if !seen[key] {
			seen[key] = true
			queues, lanes = append(queues, key.queue), append(lanes, key.lane)
		}
	}
	for _, o := range ops {
		switch {
		case o.leased():
			add(o.lease.Queue, o.lease.Lane)
		case o.kind == opReplay:
			add(o.item.Queue, o.item.Lane)
		}
		if o.stores() {
			for _, item := range o.newItems() {
				add(item.Queue, item.Lane)
			}
		}
	}
	return queues, lanes
}

const (
	// Every transaction shares this lock; an erasure has it alone, so that nothing is
	// written by anybody who does not know of it. It is the first lock of all.
	sqlWriteKey   = `hashtext('topicpilot write ' || current_schema()), 0`
	sqlWriteShare = `SELECT pg_advisory_xact_lock_shared(` + sqlWriteKey + `)`
	sqlWriteAlone = `SELECT pg_advisory_xact_lock(` + sqlWriteKey + `)`

	sqlAlive = `SELECT id FROM instances WHERE id = $1 FOR KEY SHARE`

	sqlEnsureLanes = `INSERT INTO lanes (queue, lane)
		SELECT q, l FROM unnest($1::text[], $2::text[]) AS u (q, l) ORDER BY q, l
		ON CONFLICT DO NOTHING`

	sqlLockLanes = `SELECT queue, lane, owner, epoch, last_seq FROM lanes
		WHERE (queue, lane) IN (SELECT q, l FROM unnest($1::text[], $2::text[]) AS u (q, l))
		ORDER BY queue, lane FOR UPDATE`

	sqlKnownKeys = `SELECT i.queue, i.key FROM unnest($1::text[], $2::text[]) AS u (q, k)
		JOIN items i ON i.queue = u.q AND i.key = u.k AND i.key <> ''`

	sqlNewIDs = `SELECT nextval(pg_get_serial_sequence('items', 'id')) FROM generate_series(1, $1)`

	sqlInsertItem = `INSERT INTO items (id, queue, lane, seq, key, payload, added_at, not_before)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`

	sqlEmptyLanes = `SELECT q, l FROM unnest($1::text[], $2::text[]) AS u (q, l)
		WHERE NOT EXISTS (SELECT 1 FROM items WHERE queue = q AND lane = l AND state = 0)`

	sqlWriteLanes = `UPDATE lanes SET owner = u.o, epoch = u.e, last_seq = u.s, changed_at = $6
		FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[]) AS u (q, l, o, e, s)
		WHERE lanes.queue = u.q AND lanes.lane = u.l`
)

// lock makes sure that this process is not taken for dead, and that nobody takes it
// for dead before the commit, and locks the lanes.
func (t *pgTx) lock(ops []*op) error {
	queues, lanes := touched(ops)
	batch := &pgx.Batch{}
	if slices.ContainsFunc(ops, func(o *op) bool { return o.alone }) {
		batch.Queue(sqlWriteAlone)
	} else {
		batch.Queue(sqlWriteShare)
	}
	var forgotten int64
	batch.Queue(t.p.s.texts[qMeta], metaForgotten).QueryRow(func(row pgx.Row) error { return row.Scan(&forgotten) })
	alive := t.me == 0
	if t.me != 0 {
		batch.Queue(sqlAlive, t.me).QueryRow(func(row pgx.Row) error {
			var id int64
			err := row.Scan(&id)
			alive = err == nil
			if errors.Is(err, pgx.ErrNoRows) {
				return nil
			}
			return err
		})
	}
	if len(lanes) > 0 {
		batch.Queue(sqlEnsureLanes, queues, lanes)
		batch.Queue(sqlLockLanes, queues, lanes).Query(func(rows pgx.Rows) error {
			var key laneKey
			var l pgLane
			_, err := pgx.ForEachRow(rows, []any{&key.queue, &key.lane, &l.owner, &l.epoch, &l.seq}, func() error {
				lane := l
				t.lanes[key] = &lane
				return nil
			})
			return err
		})
	}
	if err := t.tx.SendBatch(t.ctx, batch).Close(); err != nil {
		return fmt.Errorf("lock lanes: %w", err)
	}
	if !alive {
		// Another process took this one for dead. It begins anew; leases are lost.
		t.p.keeper.renew(t.ctx, t.me)
		return errAgain
	}
	if len(t.lanes) < len(lanes) {
		return errAgain // an idle lane was pruned between the two statements
	}
	return t.p.s.recallTo(t.ctx, forgotten)
}

// lookUp finds which keys are stored already, before anything takes a sequence
// number, and gets ids for what may be new.
func (t *pgTx) lookUp(ops []*op) error {
	var queues, keys []string
	count := 0
	for _, o := range ops {
		if !o.stores() {
			continue
		}
		for _, item := range o.newItems() {
			count++
			if item.Key != "" {
				queues, keys = append(queues, escape(item.Queue)), append(keys, escape(item.Key))
			}
		}
	}
	if count == 0 {
		return nil
	}
	t.seen = make(map[laneKey]bool, len(keys))
	batch := &pgx.Batch{}
	if len(keys) > 0 {
		batch.Queue(sqlKnownKeys, queues, keys).Query(func(rows pgx.Rows) error {
			var key laneKey
			_, err := pgx.ForEachRow(rows, []any{&key.queue, &key.lane}, func() error {
				t.seen[key] = true
				return nil
			})
			return err
		})
	}
	batch.Queue(sqlNewIDs, count).Query(func(rows pgx.Rows) (err error) {
		t.ids, err = pgx.CollectRows(rows, pgx.RowTo[int64])
		return err
	})
	if err := t.tx.SendBatch(t.ctx, batch).Close(); err != nil {
		return fmt.Errorf("look for known keys: %w", err)
	}
	return nil
}

func (t *pgTx) insertItems(o *op) error {
	if !o.stores() {
		return nil
	}
	items := o.newItems()
	now := t.p.s.now()
	for i := range items {
		n := &items[i]
		if n.Key != "" {
			key := storedKey(n.Queue, n.Key)
			if t.seen[key] {
				continue
			}
			t.seen[key] = true
		}
		var c topics.Committed
		if n.Parked == "" {
			c = t.place(n)
		} else { // nobody is to take its lane up
			lane := t.lanes[storedKey(n.Queue, n.Lane)]
			lane.seq++
			lane.changed, c.Item.Seq = true, lane.seq
		}
		c.Item.ID, t.ids = t.ids[0], t.ids[1:]
		c.Item.AddedAt = now
		payload := n.Payload
		if payload == nil {
			payload = []byte{}
		}
		err := t.queue(false, sqlInsertItem, c.Item.ID, escape(n.Queue), escape(n.Lane), c.Item.Seq, escape(n.Key),
			payload, micros(now), micros(n.NotBefore))
		if err != nil {
			return err
		}
		o.added++
		if n.Parked != "" {
			if err := t.must(qPark, escape(n.Parked), micros(now), c.Item.ID); err != nil {
				return err
			}
			continue
		}
		o.committed = append(o.committed, c)
	}
	return nil
}

// place gives an item its place in its lane, and the lane a holder if it has none and
// this process has room for it.
func (t *pgTx) place(n *topics.NewItem) topics.Committed {
	key := storedKey(n.Queue, n.Lane)
	lane := t.lanes[key]
	unused := lane.seq == 0
	lane.seq++
	lane.changed = true
	c := topics.Committed{Item: topics.Item{
		Queue: n.Queue, Lane: n.Lane, Seq: lane.seq, Key: n.Key, Payload: n.Payload, NotBefore: n.NotBefore,
	}}
	if lane.owner == 0 && t.me != 0 && t.mayClaim() {
		lane.owner = t.me
		lane.epoch++
		c.Fresh, c.Sole = true, unused
	}
	if lane.owner == t.me && t.me != 0 {
		c.Held = true
		c.Lease = topics.Lease{Queue: n.Queue, Lane: n.Lane, Epoch: lane.epoch}
		return c
	}
	t.inform(key)
	return c
}

func (t *pgTx) mayClaim() bool {
	limit := t.p.s.claimLimit.Load()
	return limit == nil || (*limit)() || !t.p.keeper.others.Load()
}

func (t *pgTx) inform(key laneKey) {
	if t.tell == nil {
		t.tell = map[laneKey]bool{}
	}
	t.tell[key] = true
}

func (t *pgTx) replayed(o *op) {
	key := storedKey(o.item.Queue, o.item.Lane)
	lane := t.lanes[key]
	switch {
	case lane.owner == t.me && t.me != 0:
		t.after = append(t.after, topics.Lease{Queue: o.item.Queue, Lane: o.item.Lane, Epoch: lane.epoch})
	case lane.owner == 0 && t.me != 0:
		t.after = append(t.after, topics.Lease{})
		t.inform(key)
	default:
		t.inform(key)
	}
}

// release frees those lanes that hold nothing after all that the batch has done.
func (t *pgTx) release(releases []*op) error {
	if len(releases) == 0 {
		return nil
	}
	var queues, lanes []string
	for _, o := range releases {
		key := storedKey(o.lease.Queue, o.lease.Lane)
		queues, lanes = append(queues, key.queue), append(lanes, key.lane)
	}
	if err := t.flush(); err != nil {
		return err
	}
	rows, err := t.tx.Query(t.ctx, sqlEmptyLanes, queues, lanes)
	if err != nil {
		return fmt.Errorf("release lanes: %w", err)
	}
	empty := map[laneKey]bool{}
	var key laneKey
	_, err = pgx.ForEachRow(rows, []any{&key.queue, &key.lane}, func() error {
		empty[key] = true
		return nil
	})
	if err != nil {
		return fmt.Errorf("release lanes: %w", err)
	}
	for _, o := range releases {
		key := storedKey(o.lease.Queue, o.lease.Lane)
		if empty[key] {
			lane := t.lanes[key]
			lane.owner, lane.changed, o.ok = 0, true, true
		}
	}
	return nil
}

// finish writes the lanes back and tells other processes.
func (t *pgTx) finish() error {
	var queues, lanes []string
	var owners, epochs, seqs []int64
	for key, lane := range t.lanes {
		if lane.changed {
			queues, lanes = append(queues, key.queue), append(lanes, key.lane)
			owners, epochs, seqs = append(owners, lane.owner), append(epochs, lane.epoch), append(seqs, lane.seq)
		}
	}
	if len(lanes) > 0 {
		err := t.queue(false, sqlWriteLanes, queues, lanes, owners, epochs, seqs, micros(t.p.s.now()))
		if err != nil {
			return err
		}
	}
	for key := range t.tell {
		var told pgLane // the zero value and no name: all lanes
		if lane := t.lanes[key]; lane != nil {
			told = *lane
		}
		if err := t.queue(false, sqlNotify, notice(told.owner, told.epoch, key)); err != nil {
			return err
		}
	}
	return t.flush()
}

func (t *pgTx) settle(ops []*op) []topics.Committed {
	var all []topics.Committed
	for _, o := range ops {
		if o.err == nil {
			all = append(all, o.committed...)
		}
	}
	for _, lease := range t.after {
		t.p.s.wake.add(lease)
	}
	return all
}
