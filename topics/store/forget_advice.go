package store

import (
	"context"
	"database/sql"

	"topicpilot/topics"
)

// advised deletes what the advisor was told to do in the topics, and what it has cost there.
// The total of a day stays: it tells nothing of a topic.
func (e *erasure) advised(w writer) error {
	for _, place := range e.places {
		for _, q := range []query{qForgetMode, qForgetTokens, qForgetBookings} {
			if err := w.exec(q, place.ChatID, place.ThreadID); err != nil {
				return err
			}
		}
	}
	return nil
}

// advice deletes drafts, also those for the customer that were made elsewhere, and gaps.
func (e *erasure) advice(ctx context.Context) error {
	drafts, gaps := &e.receipt.Drafts, new(int64)
	err := e.each(ctx, qCustomerDrafts, []any{e.customer, e.highDraft, pruneStep}, qDeleteDraft, drafts)
	if err != nil {
		return err
	}
	for _, place := range e.places {
		args := []any{place.ChatID, place.ThreadID, e.highDraft, pruneStep}
		if err := e.each(ctx, qDraftsOfTopic, args, qDeleteDraft, drafts); err != nil {
			return err
		}
		args = []any{place.ChatID, place.ThreadID, e.highGap, pruneStep}
		if err := e.each(ctx, qGapsOfTopic, args, qDeleteGap, gaps); err != nil {
			return err
		}
	}
	return nil
}

// hasAdvice reports whether the advisor has kept anything of a topic.
func (s *Store) hasAdvice(ctx context.Context, conv topics.Conversation) (bool, error) {
	var args []any
	for range 4 { // drafts, modes, gaps, tokens
		args = append(args, conv.ChatID, conv.ThreadID)
	}
	found := false
	err := s.rows(ctx, qAdviceUnder, args, func(*sql.Rows) error {
		found = true
		return nil
	})
	return found, err
}
