package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"topicpilot/topics"
)

// sameGroup lists all ids that a group has had, the given one first.
func sameGroup(moves []topics.Migrated, chatID int64) []int64 {
	chats := []int64{chatID}
	for i := 0; i < len(chats); i++ { // it grows meanwhile
		for _, move := range moves {
			for _, other := range []int64{move.From, move.To} {
				if (chats[i] == move.From || chats[i] == move.To) && !slices.Contains(chats, other) {
					chats = append(chats, other)
				}
			}
		}
	}
	return chats
}

// underEachID calls read for the conversation as it is called under each id that its group
// has had, the given one first, until one fails.
func (s *Store) underEachID(
	ctx context.Context, conv topics.Conversation, read func(conv topics.Conversation) error,
) error {
	moves, err := s.Migrations(ctx)
	if err != nil {
		return err
	}
	for _, chatID := range sameGroup(moves, conv.ChatID) {
		if err := read(topics.Conversation{ChatID: chatID, ThreadID: conv.ThreadID}); err != nil {
			return err
		}
	}
	return nil
}

// latestOf puts in order what was read under several ids of a group, the latest first, and
// keeps the first ones of it. place gives a time and, for those of one time, a number.
func latestOf[T any](list []T, limit int, place func(T) (time.Time, int64)) []T {
	slices.SortFunc(list, func(a, b T) int {
		atA, idA := place(a)
		atB, idB := place(b)
		return cmp.Or(atB.Compare(atA), cmp.Compare(idB, idA))
	})
	return list[:min(limit, len(list))]
}

// adviceQuery chooses between the statement for a topic and that for a whole chat, and gives
// its arguments.
func adviceQuery(
	topic, chat query, conv topics.Conversation, since time.Time, limit int,
) (query, []any) {
	if conv.General() {
		return chat, []any{conv.ChatID, micros(since), limit}
	}
	return topic, []any{conv.ChatID, conv.ThreadID, micros(since), limit}
}
