package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"topicpilot/topics"
)

// maxTokens is more than any call can cost; up to it no sum overflows.
const maxTokens = 1e12

// dayOf numbers the UTC days since 1970.
func dayOf(at time.Time) int64 {
	const day = 24 * 60 * 60
	seconds := at.Unix()
	n := seconds / day
	if seconds%day < 0 {
		n--
	}
	return n
}

// ReserveTokens implements topics.TokenStore. The day's row is the first that every
// transaction locks, so that no two wait for each other.
func (s *Store) ReserveTokens(
	ctx context.Context, conv topics.Conversation, at time.Time, tokens int64, limits topics.TokenLimits,
) (int64, topics.Over, error) {
	if err := checkTokens(tokens); err != nil {
		return 0, topics.OverNothing, wrap("reserve tokens", err)
	}
	day := dayOf(at)
	var id int64
	var over topics.Over
	err := s.write(ctx, func(w writer) (err error) {
		id, over = 0, topics.OverNothing
		all := topics.Conversation{}
		ok, err := bookTokens(w, day, all, tokens, limits.Day)
		if err != nil {
			return err
		}
		if !ok {
			over = topics.OverDay
			return nil
		}
		if conv != all {
			if ok, err = bookTokens(w, day, conv, tokens, limits.TopicDay); err != nil {
				return err
			}
		}
		if !ok {
			over = topics.OverTopic
			return w.exec(qGiveBackTokens, tokens, day, all.ChatID, all.ThreadID)
		}
		_, err = w.row(qAddBooking, []any{day, conv.ChatID, conv.ThreadID, tokens}, &id)
		return err
	})
	if err != nil {
		return 0, topics.OverNothing, wrap("reserve tokens", err)
	}
	return id, over, nil
}

// bookTokens adds to what is reserved, if the limit has room for it.
func bookTokens(w writer, day int64, conv topics.Conversation, tokens, limit int64) (bool, error) {
	if err := w.exec(qBeginTokens, day, conv.ChatID, conv.ThreadID); err != nil {
		return false, err
	}
	var reserved int64
	return w.row(qBookTokens, []any{tokens, day, conv.ChatID, conv.ThreadID, limit, tokens, limit}, &reserved)
}

func checkTokens(counts ...int64) error {
	for _, n := range counts {
		if n < 0 || n > maxTokens {
			return fmt.Errorf("%d tokens, want 0 to %d", n, int64(maxTokens))
		}
	}
	return nil
}

// SettleTokens implements topics.TokenStore.
func (s *Store) SettleTokens(ctx context.Context, id int64, used topics.TokenUsage) error {
	if err := checkTokens(used.Input, used.Output); err != nil {
		return wrap("settle tokens", err)
	}
	return wrap("settle tokens", s.write(ctx, func(w writer) error {
		var day, tokens int64
		var conv topics.Conversation
		found, err := w.row(qEndBooking, []any{id}, &day, &conv.ChatID, &conv.ThreadID, &tokens)
		if err != nil || !found {
			return err
		}
		all := topics.Conversation{}
		if err := w.exec(qSpendTokens, used.Input, used.Output, tokens, day, all.ChatID, all.ThreadID); err != nil {
			return err
		}
		if conv == all {
			return nil
		}
		return w.exec(qSpendTokens, used.Input, used.Output, tokens, day, conv.ChatID, conv.ThreadID)
	}))
}

// TokensSpent implements topics.TokenStore.
func (s *Store) TokensSpent(
	ctx context.Context, conv topics.Conversation, at time.Time,
) (spent topics.TokensSpent, err error) {
	args := []any{dayOf(at), conv.ChatID, conv.ThreadID}
	err = s.rows(ctx, qTokensOf, args, func(rows *sql.Rows) error {
		var of topics.Conversation
		var used topics.TokenUsage
		var reserved int64
		err := rows.Scan(&of.ChatID, &of.ThreadID, &used.Input, &used.Output, &reserved)
		if of == (topics.Conversation{}) {
			spent.Day, spent.Reserved = used, reserved
		} else {
			spent.Topic, spent.TopicReserved = used, reserved
		}
		return err
	})
	return spent, wrap("read the tokens of a day", err)
}

// FirstNotice implements topics.TokenStore.
func (s *Store) FirstNotice(ctx context.Context, chatID int64, at time.Time) (bool, error) {
	first := false
	err := s.write(ctx, func(w writer) (err error) {
		var day int64
		first, err = w.row(qAddNotice, []any{dayOf(at), chatID}, &day)
		return err
	})
	if err != nil {
		return false, wrap("note that a chat is told", err)
	}
	return first, nil
}
