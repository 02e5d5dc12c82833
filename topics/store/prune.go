package store

import (
	"context"
	"database/sql"
	"slices"
	"time"
)

const (
	// pruneStep bounds the rows of one transaction, so that nobody waits long for the
	// writer.
	pruneStep = 500
	// seenFor is how long the key of a done item is known.
	seenFor = 7 * 24 * time.Hour
	// parkedFor is how long a parked item is kept.
	parkedFor = 90 * 24 * time.Hour
)

// Retention says how long things are kept; 0 for ever.
type Retention struct {
	// Journal is for the payloads of done items.
	Journal time.Duration
	// Messages is for the transcript.
	Messages time.Duration
}

// Pruned counts what was removed.
type Pruned struct {
	Payloads, Done, Parked, Messages, Other int64
}

// Prune removes what is kept no longer: payloads of done items, keys of done items after
// seven days and the items with them (later if their payloads are to be kept longer),
// parked ones after ninety, runs after four hundred, memos that have expired, messages
// with their versions and their words in the index, what the advisor keeps (pruneAdvice),
// and traces of processes that are gone. It works in small transactions and may be stopped
// and repeated at any time.
func (s *Store) Prune(ctx context.Context, keep Retention) (Pruned, error) {
	var pruned Pruned
	now := s.now()
	steps := []func() error{
		func() error { return s.pruneParked(ctx, micros(now.Add(-parkedFor)), &pruned) },
		func() error { return s.pruneSends(ctx, &pruned) },
		func() error { return s.pruneIDs(ctx, aged{qOldMemos, qDeleteMemo, micros(now), nil}, &pruned.Other) },
		func() error { return s.pruneFirst(ctx, qFirstRuns, qDeleteRun, micros(now.Add(-runsFor)), &pruned) },
		func() error { return s.pruneAdvice(ctx, keep.Messages, &pruned) },
		func() error { return s.engine.prune(ctx, &pruned) },
	}
	if keep.Journal > 0 {
		steps = append(steps,
			func() error { return s.prunePayloads(ctx, micros(now.Add(-keep.Journal)), &pruned) },
			func() error { return s.pruneDone(ctx, micros(now.Add(-max(keep.Journal, seenFor))), &pruned) })
	}
	if keep.Journal <= 0 || keep.Journal > seenFor {
		steps = append(steps, func() error { return s.pruneKeys(ctx, micros(now.Add(-seenFor))) })
	}
	if keep.Messages > 0 {
		steps = append(steps, func() error { return s.pruneMessages(ctx, micros(now.Add(-keep.Messages)), &pruned) })
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return pruned, wrap("prune", err)
		}
	}
	return pruned, nil
}

// walked is what a walk over the items needs of one.
type walked struct {
	id, state, added, done int64
	payload                bool
}

// walk reads the next items with an id above after that were added before the
// cutoff. Ids and times of adding go together, so no index is needed.
func (s *Store) walk(ctx context.Context, after, before int64) (list []walked, err error) {
	err = s.rows(ctx, qWalkItems, []any{after, pruneStep}, func(rows *sql.Rows) error {
		var w walked
		if err := rows.Scan(&w.id, &w.state, &w.added, &w.done, &w.payload); err != nil {
			return err
		}
		list = append(list, w)
		return nil
	})
	for i, w := range list {
		if w.added >= before {
			return list[:i], err
		}
	}
	return list, err
}

const (
	stateWaiting = 0
	stateDone    = 1
	stateParked  = 2
)

func (s *Store) prunePayloads(ctx context.Context, before int64, pruned *Pruned) error {
	for {
		list, err := s.walk(ctx, s.prunedTo.Load(), before)
		if err != nil || len(list) == 0 {
			return err
		}
		last, count := list[len(list)-1].id, int64(0)
		// From here on what finishes late drops its payload by itself; what has
		// finished before is seen by the transaction below.
		s.prunedTo.Store(last)
		err = s.write(ctx, func(w writer) error {
			count = 0
			for _, item := range list {
				if !item.payload {
					continue
				}
				if item.state == stateDone {
					count++
				}
				if err := w.exec(qClearPayload, item.id); err != nil {
					return err
				}
			}
			return w.exec(qSetMeta, last, metaPrunedTo)
		})
		if err != nil {
			return err
		}
		pruned.Payloads += count
	}
}

func (s *Store) pruneDone(ctx context.Context, before int64, pruned *Pruned) error {
	after := int64(0)
	for {
		list, err := s.walk(ctx, after, before)
		if err != nil || len(list) == 0 {
			return err
		}
		after = list[len(list)-1].id
		var ids []int64
		for _, item := range list {
			if item.state == stateDone {
				ids = append(ids, item.id)
			}
		}
		if err := s.deleteEach(ctx, qDeleteDone, ids); err != nil {
			return err
		}
		pruned.Done += int64(len(ids))
	}
}

// pruneKeys forgets the keys of done items: after a week of silence Telegram counts its
// updates from a random number, which may have been used before.
func (s *Store) pruneKeys(ctx context.Context, before int64) error {
	for {
		list, err := s.walk(ctx, s.forgotTo.Load(), before)
		if err != nil || len(list) == 0 {
			return err
		}
		last := list[len(list)-1].id
		s.forgotTo.Store(last) // from here on what finishes late drops its key by itself
		err = s.write(ctx, func(w writer) error {
			for _, item := range list {
				if err := w.exec(qForgetKey, item.id); err != nil {
					return err
				}
			}
			return w.exec(qSetMeta, last, metaForgotTo)
		})
		if err != nil {
			return err
		}
	}
}

func (s *Store) pruneParked(ctx context.Context, before int64, pruned *Pruned) error {
	return s.pruneIDs(ctx, aged{qOldParked, qDeleteParked, before, nil}, &pruned.Parked)
}

func (s *Store) pruneSends(ctx context.Context, pruned *Pruned) error {
	return s.pruneIDs(ctx, aged{qOldSends, qPruneSendLog, micros(s.now().Add(-sendLogKept)), nil}, &pruned.Other)
}

// aged is what is not kept beyond an age.
type aged struct {
	// find lists ids of what is from before a time, up to a limit; change takes args and
	// an id, after which find lists it no more.
	find, change query
	before       int64
	args         []any
}

// pruneIDs changes what is found until nothing is.
func (s *Store) pruneIDs(ctx context.Context, a aged, count *int64) error {
	for {
		var ids []int64
		err := s.rows(ctx, a.find, []any{a.before, pruneStep}, func(rows *sql.Rows) error {
			var id int64
			err := rows.Scan(&id)
			ids = append(ids, id)
			return err
		})
		if err != nil || len(ids) == 0 {
			return err
		}
		if err := s.deleteEach(ctx, a.change, ids, a.args...); err != nil {
			return err
		}
		*count += int64(len(ids))
	}
}

// pruneFirst removes the oldest of what list gives in the order of the ids, with its time:
// both go together.
func (s *Store) pruneFirst(ctx context.Context, list, remove query, before int64, pruned *Pruned) error {
	for {
		var ids []int64
		err := s.rows(ctx, list, []any{pruneStep}, func(rows *sql.Rows) error {
			var id, at int64
			err := rows.Scan(&id, &at)
			if at < before {
				ids = append(ids, id)
			}
			return err
		})
		if err != nil || len(ids) == 0 {
			return err
		}
		if err := s.deleteEach(ctx, remove, ids); err != nil {
			return err
		}
		pruned.Other += int64(len(ids))
	}
}

func (s *Store) deleteEach(ctx context.Context, remove query, ids []int64, args ...any) error {
	if len(ids) == 0 {
		return nil
	}
	return s.write(ctx, func(w writer) error {
		for _, id := range ids {
			if err := w.exec(remove, append(slices.Clip(args), id)...); err != nil {
				return err
			}
		}
		return nil
	})
}

// pruneMessages looks through all messages: imported ones are old and have high ids.
func (s *Store) pruneMessages(ctx context.Context, before int64, pruned *Pruned) error {
	after := int64(0)
	for {
		list, err := s.listMessages(ctx, qOldMessages, after, before, pruneStep)
		if err != nil || len(list) == 0 {
			return err
		}
		after = list[len(list)-1].row
		var deleted, versions int64
		err = s.write(ctx, func(w writer) error {
			deleted, versions = 0, 0
			return deleteMessages(w, list, &deleted, &versions)
		})
		if err != nil {
			return err
		}
		pruned.Messages += deleted
	}
}
