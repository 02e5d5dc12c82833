package store

import (
	"context"
	"database/sql"
	"errors"

	"topicpilot/topics"
)

// ListParked implements topics.ParkedStore.
func (s *Store) ListParked(ctx context.Context, after int64, limit int) ([]topics.Parked, error) {
	list, err := s.parked(ctx, qListParked, after, limit)
	return list, wrap("list parked items", err)
}

// GetParked implements topics.ParkedStore.
func (s *Store) GetParked(ctx context.Context, id int64) (topics.Parked, error) {
	list, err := s.parked(ctx, qGetParked, id)
	if err == nil && len(list) == 0 {
		err = topics.ErrNotFound
	}
	if err != nil {
		return topics.Parked{}, wrap("read a parked item", err)
	}
	return list[0], nil
}

func (s *Store) parked(ctx context.Context, q query, args ...any) ([]topics.Parked, error) {
	var list []topics.Parked
	err := s.rows(ctx, q, args, func(rows *sql.Rows) error {
		var p topics.Parked
		var at int64
		item, err := scanItem(rows, &p.Reason, &at)
		p.Item, p.Reason, p.ParkedAt = item, unescape(p.Reason), fromMicros(at)
		list = append(list, p)
		return err
	})
	return list, err
}

// Replay implements topics.ParkedStore. The tries are counted anew. Whoever holds the
// lane is woken, in this process and in others.
func (s *Store) Replay(ctx context.Context, id int64) error {
	parked, err := s.GetParked(ctx, id)
	if err != nil {
		return err
	}
	return gone("replay a parked item", s.submit(&op{ctx: ctx, kind: opReplay, item: parked.Item}))
}

// Drop implements topics.ParkedStore. The key of a dropped item stays known, so that
// a late duplicate does not bring it back.
func (s *Store) Drop(ctx context.Context, id int64) error {
	parked, err := s.GetParked(ctx, id)
	if err != nil {
		return err
	}
	return gone("drop a parked item", s.write(ctx, func(w writer) error {
		if parked.Key == "" || id <= s.forgotTo.Load() {
			return w.must(qDropForget, id)
		}
		return w.must(qDropKeep, micros(s.now()), id)
	}))
}

// gone tells that somebody else was faster.
func gone(what string, err error) error {
	if errors.Is(err, errUnchanged) {
		err = topics.ErrNotFound
	}
	return wrap(what, err)
}
