package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"topicpilot/topics"
)

// maxGapText bounds the question of a gap, and its reason, in bytes.
const maxGapText = 4 << 10

// AddGap implements topics.GapStore. One without a Key, beyond the bounds, or whose Strength
// is not from 0 to 1, is refused.
func (s *Store) AddGap(ctx context.Context, gap topics.Gap) error {
	if err := checkGap(&gap); err != nil {
		return wrap("store a gap", err)
	}
	return wrap("store a gap", s.write(ctx, func(w writer) error {
		if s.tombs.drops(gap.Conversation, gap.At) {
			return nil
		}
		return w.exec(qAddGap, escape(gap.Key), gap.ChatID, gap.ThreadID, escape(gap.Question), escape(gap.Reason),
			gap.Strength, micros(gap.At))
	}))
}

func checkGap(gap *topics.Gap) error {
	if err := checkKey(gap.Key); err != nil {
		return err
	}
	if n := max(len(gap.Question), len(gap.Reason)); n > maxGapText {
		return fmt.Errorf("a text of %d bytes, want at most %d", n, maxGapText)
	}
	if !(gap.Strength >= 0 && gap.Strength <= 1) { // also what is no number
		return fmt.Errorf("a strength of %v, want 0 to 1", gap.Strength)
	}
	return nil
}

// Gaps implements topics.GapStore.
func (s *Store) Gaps(ctx context.Context, conv topics.Conversation, since time.Time, limit int) ([]topics.Gap, error) {
	if limit <= 0 {
		return nil, nil
	}
	var all []topics.Gap
	err := s.underEachID(ctx, conv, func(conv topics.Conversation) error {
		q, args := adviceQuery(qTopicGaps, qChatGaps, conv, since, limit)
		return s.rows(ctx, q, args, func(rows *sql.Rows) error {
			var g topics.Gap
			var at int64
			err := rows.Scan(&g.ID, &g.Key, &g.ChatID, &g.ThreadID, &g.Question, &g.Reason, &g.Strength, &at)
			g.Key, g.Question, g.Reason = unescape(g.Key), unescape(g.Question), unescape(g.Reason)
			g.At = fromMicros(at)
			all = append(all, g)
			return err
		})
	})
	if err != nil {
		return nil, wrap("list gaps", err)
	}
	return latestOf(all, limit, func(g topics.Gap) (time.Time, int64) { return g.At, g.ID }), nil
}
