package store

import (
	"context"
	"database/sql"
	"time"

	"topicpilot/topics"
)

// KeepMemo implements topics.MemoStore.
func (s *Store) KeepMemo(
	ctx context.Context, conv topics.Conversation, data []byte, until time.Time,
) (int64, error) {
	if data == nil {
		data = []byte{}
	}
	var id int64
	err := s.write(ctx, func(w writer) error {
		_, err := w.row(qKeepMemo, []any{conv.ChatID, conv.ThreadID, micros(until), data}, &id)
		return err
	})
	if err != nil {
		return 0, wrap("keep a memo", err)
	}
	return id, nil
}

// Memo implements topics.MemoStore.
func (s *Store) Memo(ctx context.Context, conv topics.Conversation, id int64) ([]byte, error) {
	var data []byte
	found := false
	args := []any{id, conv.ChatID, conv.ThreadID, micros(s.now())}
	err := s.rows(ctx, qMemo, args, func(rows *sql.Rows) error {
		found = true
		return rows.Scan(&data)
	})
	if err == nil && !found {
		err = topics.ErrNotFound
	}
	return data, wrap("read a memo", err)
}
