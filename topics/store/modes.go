package store

import (
	"context"
	"database/sql"

	"topicpilot/topics"
)

// TopicMode implements topics.ModeStore.
func (s *Store) TopicMode(ctx context.Context, conv topics.Conversation) (topics.TopicMode, error) {
	var newest topics.TopicMode
	found := false
	err := s.underEachID(ctx, conv, func(conv topics.Conversation) error {
		return s.rows(ctx, qTopicMode, []any{conv.ChatID, conv.ThreadID}, func(rows *sql.Rows) error {
			mode := topics.TopicMode{Conversation: conv}
			var text, setter string
			var at int64
			if err := rows.Scan(&text, &setter, &at); err != nil {
				return err
			}
			mode.Mode, mode.At = topics.AdviceMode(unescape(text)), fromMicros(at)
			var err error
			if mode.By, err = authorOf(setter); err != nil {
				return err
			}
			if !found || mode.At.After(newest.At) {
				newest, found = mode, true
			}
			return nil
		})
	})
	if err == nil && !found {
		err = topics.ErrNotFound
	}
	if err != nil {
		return topics.TopicMode{}, wrap("read the mode of a topic", err)
	}
	return newest, nil
}

// SetTopicMode implements topics.ModeStore. One that was set before the customer's erasure
// changes nothing.
func (s *Store) SetTopicMode(ctx context.Context, mode topics.TopicMode) error {
	setter, err := authorText(mode.By)
	if err != nil {
		return wrap("set the mode of a topic", err)
	}
	return wrap("set the mode of a topic", s.write(ctx, func(w writer) error {
		if s.tombs.drops(mode.Conversation, mode.At) {
			return nil
		}
		return w.exec(qSetTopicMode, mode.ChatID, mode.ThreadID, escape(string(mode.Mode)), setter, micros(mode.At))
	}))
}
