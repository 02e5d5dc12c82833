package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"topicpilot/topics"
)

// itemOverhead is what an item counts against a batch's bytes besides its payload.
const itemOverhead = 256

// Append implements topics.LaneStore. The items must not be changed afterwards, also
// if ctx ends first: the listener gets the same bytes.
func (s *Store) Append(ctx context.Context, items []topics.NewItem) (int, error) {
	if len(items) == 0 {
		return 0, nil
	}
	o := &op{ctx: ctx, kind: opAppend, items: items, size: itemsSize(items)}
	if err := s.submit(o); err != nil {
		return 0, wrap("store items", err)
	}
	return o.added, nil
}

func itemsSize(items []topics.NewItem) int {
	size := 0
	for i := range items {
		size += itemOverhead + len(items[i].Payload)
	}
	return size
}

// Claim implements topics.LaneStore.
func (s *Store) Claim(ctx context.Context, queue string, limit int) ([]topics.Lease, error) {
	if limit <= 0 || s.options.Tool {
		return nil, nil
	}
	o := &op{ctx: ctx, kind: opClaim, lease: topics.Lease{Queue: queue}, limit: limit}
	if err := s.submit(o); err != nil {
		return nil, wrap("claim lanes", err)
	}
	return o.leases, nil
}

// Pending implements topics.LaneStore.
func (s *Store) Pending(ctx context.Context, lease topics.Lease, limit int) ([]topics.Item, error) {
	if err := s.engine.checkLease(ctx, lease); err != nil {
		return nil, wrap("read a lane", err)
	}
	var items []topics.Item
	err := s.rows(ctx, qPending, []any{escape(lease.Queue), escape(lease.Lane), limit}, func(rows *sql.Rows) error {
		item, err := scanItem(rows)
		items = append(items, item)
		return err
	})
	return items, wrap("read a lane", err)
}

// Finish implements topics.LaneStore. An item that is not pending any more is refused
// with ErrConflict, and nothing of the outcome is written. Items that the outcome
// enqueues are told to the listener as those of Append are.
func (s *Store) Finish(ctx context.Context, lease topics.Lease, item topics.Item, outcome topics.Outcome) error {
	return wrap("finish an item", s.submit(finishing(ctx, lease, item, &outcome)))
}

// FinishLast implements topics.LaneStore.
func (s *Store) FinishLast(
	ctx context.Context, lease topics.Lease, item topics.Item, outcome topics.Outcome,
) (bool, error) {
	o := finishing(ctx, lease, item, &outcome)
	o.thenRelease = true
	if err := s.submit(o); err != nil {
		return false, wrap("finish an item", err)
	}
	return o.ok, nil
}

func finishing(ctx context.Context, lease topics.Lease, item topics.Item, outcome *topics.Outcome) *op {
	o := &op{ctx: ctx, kind: opFinish, lease: lease, item: item, outcome: outcome}
	o.size = itemsSize(outcome.Enqueue)
	for i := range outcome.Messages {
		o.size += itemOverhead + len(outcome.Messages[i].Text.Text)
	}
	return o
}

// Retry implements topics.LaneStore.
func (s *Store) Retry(ctx context.Context, lease topics.Lease, item topics.Item, retry topics.Retry) error {
	o := &op{ctx: ctx, kind: opRetry, lease: lease, item: item, retry: retry, size: len(retry.Payload)}
	return wrap("put an item off", s.submit(o))
}

// Park implements topics.LaneStore.
func (s *Store) Park(ctx context.Context, lease topics.Lease, item topics.Item, reason string) error {
	return wrap("park an item", s.submit(&op{ctx: ctx, kind: opPark, lease: lease, item: item, reason: reason}))
}

// Release implements topics.LaneStore.
func (s *Store) Release(ctx context.Context, lease topics.Lease) (bool, error) {
	o := &op{ctx: ctx, kind: opRelease, lease: lease}
	if err := s.submit(o); err != nil {
		return false, wrap("release a lane", err)
	}
	return o.ok, nil
}

// wrap says what was being done; the errors of package topics and of contexts keep
// their identity.
func wrap(what string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errUnchanged):
		return fmt.Errorf("%s: %w", what, topics.ErrConflict)
	}
	return fmt.Errorf("%s: %w", what, err)
}

// readTries is how often a read is tried on another connection if its own was lost.
const readTries = 3

// rows reads with a kept statement of the read pool.
func (s *Store) rows(ctx context.Context, q query, args []any, each func(*sql.Rows) error) error {
	for try := 1; ; try++ {
		begun := false
		err := s.rowsOnce(ctx, q, args, func(rows *sql.Rows) error {
			begun = true
			return each(rows)
		})
		if err == nil || begun || try == readTries || !s.engine.disconnected(err) {
			return err
		}
	}
}

func (s *Store) rowsOnce(ctx context.Context, q query, args []any, each func(*sql.Rows) error) error {
	stmt, err := s.prepared(ctx, q) //nolint:sqlclosecheck // kept until Close
	if err != nil {
		return err
	}
	rows, err := stmt.QueryContext(ctx, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// HasPending reports whether a lane holds unfinished items, whoever holds the lane.
func (s *Store) HasPending(ctx context.Context, queue, lane string) (bool, error) {
	var n int64
	err := s.rows(ctx, qUnfinished, []any{escape(queue), escape(lane)}, func(rows *sql.Rows) error {
		return rows.Scan(&n)
	})
	return n > 0, wrap("look into a lane", err)
}

func scanItem(rows *sql.Rows, more ...any) (topics.Item, error) {
	var item topics.Item
	var added, notBefore, failed int64
	dest := append([]any{
		&item.ID, &item.Queue, &item.Lane, &item.Seq, &item.Key, &item.Payload, &item.Attempts,
		&added, &notBefore, &failed,
	}, more...)
	if err := rows.Scan(dest...); err != nil {
		return item, err
	}
	item.Queue, item.Lane, item.Key = unescape(item.Queue), unescape(item.Lane), unescape(item.Key)
	item.AddedAt, item.NotBefore, item.FailedSince = fromMicros(added), fromMicros(notBefore), fromMicros(failed)
	return item, nil
}

// change writes what an operation changes of the item it names, and its outcome.
func (s *Store) change(w writer, o *op) error {
	switch o.kind {
	case opFinish:
		if err := s.finishItem(w, o.item); err != nil {
			return err
		}
		return s.writeOutcome(w, o.outcome, micros(s.now()))
	case opRetry:
		return s.retryItem(w, o.item, o.retry)
	case opPark:
		return w.must(qPark, escape(o.reason), micros(s.now()), o.item.ID)
	case opReplay:
		return w.must(qReplay, o.item.ID)
	case opWrite:
		return o.write(w)
	}
	return nil
}

// finishItem keeps what has a key, so that it is known again; the rest is forgotten.
func (s *Store) finishItem(w writer, item topics.Item) error {
	switch {
	case item.Key == "" || item.ID <= s.forgotTo.Load() && item.ID <= s.prunedTo.Load():
		return w.must(qFinishDrop, item.ID)
	case item.ID <= s.forgotTo.Load():
		if err := w.must(qFinishKeep, micros(s.now()), item.ID); err != nil {
			return err
		}
		return w.exec(qForgetKey, item.ID)
	case item.ID <= s.prunedTo.Load():
		return w.must(qFinishForget, micros(s.now()), item.ID)
	}
	return w.must(qFinishKeep, micros(s.now()), item.ID)
}

func (s *Store) retryItem(w writer, item topics.Item, retry topics.Retry) error {
	var err error
	if retry.Uncounted {
		err = w.must(qPause, micros(retry.Next), escape(retry.Reason), item.ID)
	} else {
		err = w.must(qRetry, micros(retry.Next), escape(retry.Reason), micros(s.now()), item.ID)
	}
	if err == nil {
		err = noteSends(w, retry.Sends)
	}
	if err != nil || retry.Payload == nil {
		return err
	}
	return w.exec(qPayload, retry.Payload, item.ID)
}

// misplaced refuses an item that is not of the leased lane: writing it would evade
// the fence.
func misplaced(o *op) bool {
	if o.kind == opRelease {
		return false
	}
	return o.item.Queue != o.lease.Queue || o.item.Lane != o.lease.Lane
}
