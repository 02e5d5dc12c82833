package store

import (
	"context"
	"database/sql"

	"topicpilot/topics"
)

var _ topics.UnresolvedTopics = (*Store)(nil)

// Unresolved implements topics.UnresolvedTopics.
func (s *Store) Unresolved(
	ctx context.Context, after topics.Conversation, limit int,
) (list []topics.Conversation, err error) {
	args := []any{after.ChatID, after.ChatID, after.ThreadID, limit}
	err = s.rows(ctx, qUnresolved, args, func(rows *sql.Rows) error {
		var conv topics.Conversation
		err := rows.Scan(&conv.ChatID, &conv.ThreadID)
		list = append(list, conv)
		return err
	})
	return list, wrap("list topics without a customer", err)
}
