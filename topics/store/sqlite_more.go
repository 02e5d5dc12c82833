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

func (e *sqliteEngine) reserve(ctx context.Context, chatID int64, perMinute int) (time.Duration, error) {
	var wait time.Duration
	err := e.s.write(ctx, func(w writer) (err error) {
		wait, err = reserveIn(w, chatID, micros(e.s.now()), perMinute)
		return err
	})
	if err != nil {
		return 0, err // the writer may still be at work on wait
	}
	return wait, nil
}

// prune has nothing to do: lanes and instances have no rows here.
func (e *sqliteEngine) prune(context.Context, *Pruned) error { return nil }

func (e *sqliteEngine) disconnected(error) bool { return false }
