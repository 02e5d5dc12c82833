package store

import (
	"context"
	"time"
)

func (e *sqliteEngine) lead(context.Context, string) (*Leadership, bool, error) {
	l := newLeadership()
	l.release = func() { close(l.lost) }
	return l, true, nil
}

func (e *sqliteEngine) reserve(ctx context.Context, chatID int64, perMinute int) (int64, time.Duration, error) {
	var id int64
	var wait time.Duration
	err := e.s.write(ctx, func(w writer) (err error) {
		id, wait, err = reserveIn(w, chatID, micros(e.s.now()), perMinute)
		return err
	})
	if err != nil {
		return 0, 0, err // the writer may still be at work on id and wait
	}
	return id, wait, nil
}

func (e *sqliteEngine) clock(context.Context) (int64, error) { return micros(e.s.now()), nil }

// prune has nothing to do: lanes and instances have no rows here.
func (e *sqliteEngine) prune(context.Context, *Pruned) error { return nil }

func (e *sqliteEngine) disconnected(error) bool { return false }
