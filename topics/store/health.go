package store

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"time"
)

// pingFresh is how long one look answers all who ask.
const pingFresh = time.Second

type pingCache struct {
	mu  sync.Mutex
	at  time.Time
	err error
}

// Ping makes sure that the database can be written, by writing. The answer is kept
// for a second, so that any number of readiness checks cost one write.
func (s *Store) Ping(ctx context.Context) error {
	s.ping.mu.Lock()
	defer s.ping.mu.Unlock()
	if !s.ping.at.IsZero() && time.Since(s.ping.at) < pingFresh && !s.isClosed() {
		return s.ping.err
	}
	err := wrap("write to the database", s.write(ctx, func(w writer) error { return w.must(qPing) }))
	if ctx.Err() == nil {
		s.ping.at, s.ping.err = time.Now(), err
	}
	return err
}

// Stats is what the lanes hold.
type Stats struct {
	// Pending and Parked count items by queue.
	Pending map[string]int64
	Parked  map[string]int64
	// Oldest is the age of the oldest unfinished item by queue.
	Oldest map[string]time.Duration
}

// Stats counts what waits and what was given up. It reads indexes of these alone, so
// it costs little as long as little waits.
func (s *Store) Stats(ctx context.Context) (Stats, error) {
	stats := Stats{Pending: map[string]int64{}, Parked: map[string]int64{}, Oldest: map[string]time.Duration{}}
	heads := map[string]int64{}
	err := s.rows(ctx, qPendingStats, nil, func(rows *sql.Rows) error {
		var queue string
		var n, head int64
		err := rows.Scan(&queue, &n, &head)
		stats.Pending[unescape(queue)], heads[unescape(queue)] = n, head
		return err
	})
	if err != nil {
		return stats, wrap("count pending items", err)
	}
	for queue, head := range heads {
		err := s.rows(ctx, qAddedAt, []any{head}, func(rows *sql.Rows) error {
			var at int64
			err := rows.Scan(&at)
			stats.Oldest[queue] = max(0, s.now().Sub(fromMicros(at)))
			return err
		})
		if err != nil {
			return stats, wrap("read the oldest item", err)
		}
	}
	err = s.rows(ctx, qParkedStats, nil, func(rows *sql.Rows) error {
		var queue string
		var n int64
		err := rows.Scan(&queue, &n)
		stats.Parked[unescape(queue)] = n
		return err
	})
	return stats, wrap("count parked items", err)
}

// metaPrunedTo is the id of the last item whose payload was looked at by Prune.
const metaPrunedTo = "journal_pruned_to"

// metaForgotTo is the id of the last item whose key was looked at by Prune.
const metaForgotTo = "keys_pruned_to"

// metaWebhook is the mark of the webhook that this bot has set.
const metaWebhook = "webhook"

// KeepWebhook remembers which webhook we set, by a mark made from its address: the
// address may be a secret. 0 is none.
func (s *Store) KeepWebhook(ctx context.Context, mark int64) error {
	return wrap("remember the webhook", s.write(ctx, func(w writer) error {
		return w.exec(qSetMeta, mark, metaWebhook)
	}))
}

// Webhook is the mark of the webhook that this bot has set last, 0 for none.
func (s *Store) Webhook(ctx context.Context) (int64, error) { return s.meta(ctx, metaWebhook) }

func (s *Store) meta(ctx context.Context, name string) (value int64, err error) {
	err = s.read.QueryRowContext(ctx, s.texts[qMeta], name).Scan(&value)
	if err != nil {
		return 0, fmt.Errorf("read meta %s: %w", name, err)
	}
	return value, nil
}
