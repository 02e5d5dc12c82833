package store

import (
	"context"
	"slices"

	"topicpilot/topics"
)

// LastMessages implements topics.RecentReader. What was said under another id of the group
// is among them, and keeps that id. Ids begin anew with each chat, so that messages of several
// go by their dates.
func (s *Store) LastMessages(ctx context.Context, conv topics.Conversation, limit int) ([]topics.Message, error) {
	if limit <= 0 {
		return nil, nil
	}
	var all []topics.Message
	chats := 0
	err := s.underEachID(ctx, conv, func(conv topics.Conversation) error {
		list, err := s.messages(ctx, qLastMessages, conv.ChatID, conv.ThreadID, limit)
		if len(list) > 0 {
			chats++
		}
		slices.Reverse(list)
		all = append(all, list...)
		return err
	})
	if err != nil {
		return nil, wrap("read the last messages", err)
	}
	if chats > 1 {
		slices.SortStableFunc(all, func(a, b topics.Message) int { return a.Date.Compare(b.Date) })
	}
	return all[max(0, len(all)-limit):], nil
}

// LastByHand implements topics.RecentReader.
func (s *Store) LastByHand(ctx context.Context, conv topics.Conversation, limit int) (topics.Message, error) {
	var all []topics.Message
	err := s.underEachID(ctx, conv, func(c topics.Conversation) error {
		list, err := s.messages(ctx, qLastByHand, c.ChatID, c.ThreadID, c.ChatID, c.ThreadID, limit)
		all = append(all, list...)
		return err
	})
	if err != nil {
		return topics.Message{}, wrap("read the last message by hand", err)
	}
	if len(all) == 0 {
		return topics.Message{}, topics.ErrNotFound
	}
	return slices.MaxFunc(all, func(a, b topics.Message) int { return a.Date.Compare(b.Date) }), nil
}
