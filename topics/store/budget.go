package store

import (
	"context"
	"database/sql"
	"time"

	"topicpilot/topics"
)

const (
	// budgetWindow is the time over which Telegram counts a group's messages, with a
	// margin, as its clock is not ours.
	budgetWindow = time.Minute + 100*time.Millisecond
	// answerWithin is longer than any call takes: a send of which no more is heard has
	// arrived by then or never does.
	answerWithin = 30 * time.Second
	// sendLogKept is how long a send is remembered; longer than the window, as the
	// clocks of processes differ.
	sendLogKept = 10 * time.Minute
	// metaClean is 1 while no process works on the file and the last one ended in order.
	metaClean = "clean"
)

// Reserve takes one of the perMinute sends that all processes together may make into
// a chat in any 60 seconds. wait 0: it is taken, and counts as if its message arrived
// as late as any until Settle says more. Else nothing is taken, and it is worth asking
// again after wait. perMinute 0 or less: no limit, and id 0.
func (s *Store) Reserve(ctx context.Context, chatID int64, perMinute int) (id int64, wait time.Duration, err error) {
	if perMinute <= 0 {
		return 0, 0, nil
	}
	id, wait, err = s.engine.reserve(ctx, chatID, perMinute)
	return id, wait, wrap("reserve a send", err)
}

// Settle tells that the answer to the send of a reservation has come just now. If it
// does not count after all, it is given back.
func (s *Store) Settle(ctx context.Context, id int64, counted bool) error {
	now, err := s.engine.clock(ctx)
	if err == nil {
		err = s.write(ctx, func(w writer) error {
			if !counted {
				return w.exec(qPruneSendLog, id)
			}
			return w.exec(qMoveSend, now, id)
		})
	}
	return wrap("settle a send", err)
}

// KeepPause keeps that nothing may go into a chat for a while: Reserve obeys it, and
// Pauses tells of it after a restart. A longer one that is kept already stays.
func (s *Store) KeepPause(ctx context.Context, chatID int64, pause time.Duration) error {
	now, err := s.engine.clock(ctx)
	if err == nil {
		until := now + pause.Microseconds()
		err = s.write(ctx, func(w writer) error { return w.exec(qKeepPause, chatID, until) })
	}
	return wrap("keep a pause", err)
}

// Pauses lists what is left of the pauses that are kept, by chat.
func (s *Store) Pauses(ctx context.Context) (map[int64]time.Duration, error) {
	left := map[int64]time.Duration{}
	now, err := s.engine.clock(ctx)
	if err == nil {
		err = s.rows(ctx, qPauses, []any{now}, func(rows *sql.Rows) error {
			var chat, until int64
			err := rows.Scan(&chat, &until)
			left[chat] = time.Duration(until-now) * time.Microsecond
			return err
		})
	}
	return left, wrap("read the pauses", err)
}

// reserveIn counts and takes a send within a transaction that nobody else of this
// chat runs beside.
func reserveIn(w writer, chatID, now int64, perMinute int) (id int64, wait time.Duration, err error) {
	var until int64
	paused, err := w.row(qPauseOf, []any{chatID, now}, &until)
	if err != nil {
		return 0, 0, err
	}
	if paused {
		return 0, time.Duration(until-now) * time.Microsecond, nil
	}
	since := now - budgetWindow.Microseconds()
	var count int64
	if _, err := w.row(qCountSends, []any{chatID, since}, &count); err != nil {
		return 0, 0, err
	}
	if count < int64(perMinute) {
		_, err := w.row(qReserveSend, []any{chatID, now + answerWithin.Microseconds()}, &id)
		return id, 0, err
	}
	// The window has room once this send has left it.
	var at int64
	if _, err := w.row(qNthSend, []any{chatID, since, count - int64(perMinute)}, &at); err != nil {
		return 0, 0, err
	}
	return 0, max(time.Duration(at-since)*time.Microsecond, time.Millisecond), nil
}

// NoteSends keeps when this bot posted or edited, for RecentSends: what no Outcome tells of.
func (s *Store) NoteSends(ctx context.Context, sends []topics.Sent) error {
	if len(sends) == 0 {
		return nil
	}
	return wrap("note sends", s.write(ctx, func(w writer) error { return noteSends(w, sends) }))
}

// MarkClean tells that the results of all sends are stored: the next start need not
// count those that may have been on their way. Called last, when nothing works any more.
func (s *Store) MarkClean(ctx context.Context) error {
	return wrap("mark a clean stop", s.write(ctx, func(w writer) error { return w.must(qSetMeta, 1, metaClean) }))
}

// RecentSends lists when this bot posted or edited since the given time, by chat, for a
// budget of perMinute. After a run that did not end in order, whatever is unfinished may
// have been on its way: each counts, from now on. At most the ten thousand latest.
func (s *Store) RecentSends(ctx context.Context, since time.Time, perMinute int) (map[int64][]time.Time, error) {
	if s.unclean.CompareAndSwap(true, false) {
		if err := s.noteUnfinished(ctx, perMinute); err != nil {
			return nil, wrap("count what may have been sent", err)
		}
	}
	sends := map[int64][]time.Time{}
	err := s.rows(ctx, qRecentSends, []any{micros(since)}, func(rows *sql.Rows) error {
		var chat, at int64
		err := rows.Scan(&chat, &at)
		sends[chat] = append(sends[chat], fromMicros(at))
		return err
	})
	return sends, wrap("read recent sends", err)
}

// noteUnfinished writes a send for each unfinished item, up to most in a chat. They are
// written, as this run may end without order as well.
func (s *Store) noteUnfinished(ctx context.Context, most int) error {
	counts := map[int64]int{}
	err := s.rows(ctx, qUnfinishedLanes, nil, func(rows *sql.Rows) error {
		var lane string
		var n int
		if err := rows.Scan(&lane, &n); err != nil {
			return err
		}
		if conv, err := topics.ParseConversation(unescape(lane)); err == nil {
			counts[conv.ChatID] = min(counts[conv.ChatID]+n, most)
		}
		return nil
	})
	if err != nil {
		return err
	}
	now := s.now()
	var sends []topics.Sent
	for chat, n := range counts {
		for range n {
			sends = append(sends, topics.Sent{ChatID: chat, At: now})
		}
	}
	return s.write(ctx, func(w writer) error { return noteSends(w, sends) })
}
