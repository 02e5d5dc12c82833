package store

import (
	"context"
	"database/sql"
	"time"
)

const (
	// budgetWindow is the time over which Telegram counts a group's messages.
	budgetWindow = time.Minute
	// sendLogKept is how long a send is remembered; longer than the window, as the
	// clocks of processes differ.
	sendLogKept = 10 * time.Minute
)

// Reserve takes one of the perMinute sends that all processes together may make into
// a chat in any 60 seconds. wait 0: it is taken. Else nothing is taken, and it is
// worth asking again after wait. perMinute 0 or less: no limit.
func (s *Store) Reserve(ctx context.Context, chatID int64, perMinute int) (wait time.Duration, err error) {
	if perMinute <= 0 {
		return 0, nil
	}
	wait, err = s.engine.reserve(ctx, chatID, perMinute)
	return wait, wrap("reserve a send", err)
}

// reserveIn counts and takes a send within a transaction that nobody else of this
// chat runs beside.
func reserveIn(w writer, chatID, now int64, perMinute int) (time.Duration, error) {
	since := now - budgetWindow.Microseconds()
	var count int64
	if _, err := w.row(qCountSends, []any{chatID, since}, &count); err != nil {
		return 0, err
	}
	if count < int64(perMinute) {
		return 0, w.exec(qInsertSend, chatID, now)
	}
	// The window has room once this send has left it.
	var at int64
	if _, err := w.row(qNthSend, []any{chatID, since, count - int64(perMinute)}, &at); err != nil {
		return 0, err
	}
	return max(time.Duration(at-since)*time.Microsecond, time.Millisecond), nil
}

// RecentSends lists when this bot posted or edited since the given time, by chat, as
// the transcript knows it. It looks at the ten thousand latest messages: enough for
// a budget of minutes after a restart.
func (s *Store) RecentSends(ctx context.Context, since time.Time) (map[int64][]time.Time, error) {
	sends := map[int64][]time.Time{}
	for _, q := range []query{qRecentPosts, qRecentEdits} {
		err := s.rows(ctx, q, []any{micros(since)}, func(rows *sql.Rows) error {
			var chat, at int64
			err := rows.Scan(&chat, &at)
			sends[chat] = append(sends[chat], fromMicros(at))
			return err
		})
		if err != nil {
			return nil, wrap("read recent sends", err)
		}
	}
	return sends, nil
}
