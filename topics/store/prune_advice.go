package store

import (
	"context"
	"time"

	"topicpilot/topics"
)

const (
	// openFor is after how long nobody will decide on a draft any more.
	openFor = 7 * 24 * time.Hour
	// gapsFor is how long gaps are kept.
	gapsFor = 90 * 24 * time.Hour
	// tokenDays and vectorDays are for how many whole days beside the present one tokens
	// and notices, and vectors that are not used, are kept.
	tokenDays  = 40
	vectorDays = 30
)

// pruneAdvice removes drafts together with the messages (messages, 0 for ever), and like
// runs in any case, gaps after ninety days, tokens and notices after forty, vectors that
// nobody has kept or used for thirty. Drafts on which nobody has decided for seven days
// are ignored from then on.
func (s *Store) pruneAdvice(ctx context.Context, messages time.Duration, pruned *Pruned) error {
	now := s.now()
	drafts := runsFor
	if messages > 0 {
		drafts = min(drafts, messages)
	}
	if err := s.pruneFirst(ctx, qFirstDrafts, qDeleteDraft, micros(now.Add(-drafts)), pruned); err != nil {
		return err
	}
	if err := s.pruneFirst(ctx, qFirstGaps, qDeleteGap, micros(now.Add(-gapsFor)), pruned); err != nil {
		return err
	}
	today := dayOf(now)
	tokens, vectors := today-tokenDays, today-vectorDays
	var ignored int64
	for _, part := range []struct {
		aged
		count *int64
	}{
		{aged{
			qOpenDrafts, qIgnoreDraft, micros(now.Add(-openFor)),
			[]any{escape(string(topics.DraftIgnored)), micros(now)},
		}, &ignored},
		{aged{qOldBookings, qDeleteBooking, tokens, nil}, &pruned.Other},
		{aged{qOldTokens, qDeleteTokens, tokens, nil}, &pruned.Other},
		{aged{qOldNotices, qDeleteNotice, tokens, nil}, &pruned.Other},
		{aged{qOldVectors, qDeleteVector, vectors, []any{vectors}}, &pruned.Other},
	} {
		if err := s.pruneIDs(ctx, part.aged, part.count); err != nil {
			return err
		}
	}
	return nil
}
