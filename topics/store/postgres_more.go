package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"topicpilot/topics"
)

const (
	sqlClaimable = `SELECT i.lane FROM (
			SELECT lane, min(id) AS head FROM items WHERE queue = $1 AND state = 0 GROUP BY lane) AS i
		JOIN lanes AS l ON l.queue = $1 AND l.lane = i.lane
		WHERE l.owner = 0 ORDER BY i.head LIMIT $2`

	// Lanes that another process is about to take are left to it.
	sqlClaim = `WITH mine AS (
			SELECT lane FROM lanes WHERE queue = $1 AND lane = ANY ($2::text[]) AND owner = 0
			ORDER BY lane FOR UPDATE SKIP LOCKED)
		UPDATE lanes SET owner = $3, epoch = epoch + 1 FROM mine
		WHERE lanes.queue = $1 AND lanes.lane = mine.lane RETURNING lanes.lane, lanes.epoch`

	sqlIdleLanes = `DELETE FROM lanes WHERE (queue, lane) IN (
		SELECT queue, lane FROM lanes AS l WHERE owner = 0 AND changed_at < $1 AND NOT EXISTS (
			SELECT 1 FROM items WHERE items.queue = l.queue AND items.lane = l.lane AND state = 0)
		LIMIT $2 FOR UPDATE SKIP LOCKED)`

	sqlLeadKey = `hashtext('topicpilot lead ' || current_schema()), hashtext($1)`
	sqlLead    = `SELECT pg_try_advisory_lock(` + sqlLeadKey + `)`
	sqlBudget  = `SELECT pg_advisory_xact_lock(hashtext('topicpilot budget ' || current_schema()), hashtext($1))`

	// idleLaneFor is how long the row of a lane that nobody holds is kept.
	idleLaneFor = 7 * 24 * time.Hour
	leadBeat    = 3 * time.Second
)

// claim runs on the writer, between batches. Processes found dead are cleared first,
// so that their lanes need not wait for the keeper's next look.
func (p *postgresEngine) claim(o *op) (err error) {
	ctx, cancel := context.WithTimeout(p.s.base, transactionTimeout)
	defer cancel()
	if p.conn == nil || p.conn.IsClosed() {
		if p.conn, err = p.connect(ctx, "write"); err != nil {
			p.conn = nil
			return err
		}
	}
	me := p.me()
	if _, err := reap(ctx, p.conn, me); err != nil {
		return err
	}
	epochs := map[string]int64{}
	var lanes []string
	err = pgx.BeginFunc(ctx, p.conn, func(tx pgx.Tx) error {
		var id int64
		if err := tx.QueryRow(ctx, sqlAlive, me).Scan(&id); err != nil {
			if errors.Is(err, pgx.ErrNoRows) {
				p.keeper.stale.Store(true)
				return topics.ErrLeaseLost
			}
			return err
		}
		rows, err := tx.Query(ctx, sqlClaimable, escape(o.lease.Queue), o.limit)
		if err != nil {
			return err
		}
		if lanes, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil || len(lanes) == 0 {
			return err
		}
		if rows, err = tx.Query(ctx, sqlClaim, escape(o.lease.Queue), lanes, me); err != nil {
			return err
		}
		var lane string
		var epoch int64
		_, err = pgx.ForEachRow(rows, []any{&lane, &epoch}, func() error {
			epochs[lane] = epoch
			return nil
		})
		return err
	})
	if err != nil {
		return err
	}
	for _, lane := range lanes {
		if epoch, ok := epochs[lane]; ok {
			o.leases = append(o.leases, topics.Lease{Queue: o.lease.Queue, Lane: unescape(lane), Epoch: epoch})
		}
	}
	return nil
}

// sqlTx runs the shared statements in a transaction of the read pool.
type sqlTx struct {
	s   *Store
	ctx context.Context
	tx  *sql.Tx
}

func (t *sqlTx) exec(q query, args ...any) error {
	_, err := t.tx.ExecContext(t.ctx, t.s.texts[q], args...)
	return err
}

func (t *sqlTx) must(q query, args ...any) error { return t.exec(q, args...) }

func (t *sqlTx) tally(n *int64, q query, args ...any) error {
	result, err := t.tx.ExecContext(t.ctx, t.s.texts[q], args...)
	if err != nil {
		return err
	}
	changed, err := result.RowsAffected()
	*n += changed
	return err
}

func (t *sqlTx) row(q query, args []any, dest ...any) (bool, error) {
	err := t.tx.QueryRowContext(t.ctx, t.s.texts[q], args...).Scan(dest...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// reserve goes by the server's clock, which all processes share.
func (p *postgresEngine) reserve(ctx context.Context, chatID int64, perMinute int) (int64, time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, transactionTimeout)
	defer cancel()
	tx, err := p.s.read.BeginTx(ctx, nil)
	if err != nil {
		return 0, 0, err
	}
	defer func() { _ = tx.Rollback() }()
	if _, err := tx.ExecContext(ctx, sqlBudget, fmt.Sprint(chatID)); err != nil {
		return 0, 0, err
	}
	var now int64
	if err := tx.QueryRowContext(ctx, `SELECT `+sqlNow).Scan(&now); err != nil {
		return 0, 0, err
	}
	id, wait, err := reserveIn(&sqlTx{s: p.s, ctx: ctx, tx: tx}, chatID, now, perMinute)
	if err != nil {
		return 0, 0, err
	}
	return id, wait, tx.Commit()
}

func (p *postgresEngine) clock(ctx context.Context) (now int64, err error) {
	err = p.s.read.QueryRowContext(ctx, `SELECT `+sqlNow).Scan(&now)
	return now, err
}

func (p *postgresEngine) prune(ctx context.Context, pruned *Pruned) error {
	before := micros(p.s.now().Add(-idleLaneFor))
	for {
		result, err := p.s.read.ExecContext(ctx, sqlIdleLanes, before, pruneStep)
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		pruned.Other += n
		if err != nil || n < pruneStep {
			return err
		}
	}
}

// lead holds an advisory lock on a connection of its own and looks after it.
func (p *postgresEngine) lead(ctx context.Context, name string) (*Leadership, bool, error) {
	conn, err := p.connect(ctx, "lead")
	if err != nil {
		return nil, false, err
	}
	var ok bool
	if err := conn.QueryRow(ctx, sqlLead, name).Scan(&ok); err != nil || !ok {
		return nil, false, errors.Join(err, closeQuietly(p.s.base, conn))
	}
	l := newLeadership()
	run, stop := context.WithCancel(p.s.base)
	done := make(chan struct{})
	l.release = func() {
		stop()
		<-done
	}
	p.mu.Lock()
	p.leading[l] = struct{}{}
	p.mu.Unlock()
	go func() {
		defer close(done)
		p.keepLead(run, conn)
		close(l.lost) // before the lock is given back
		_ = closeQuietly(p.s.base, conn)
		p.mu.Lock()
		delete(p.leading, l)
		p.mu.Unlock()
	}()
	return l, true, nil
}

// keepLead returns when the lock may be lost.
func (p *postgresEngine) keepLead(ctx context.Context, conn *pgx.Conn) {
	tick := time.NewTicker(leadBeat)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		beat, cancel := context.WithTimeout(ctx, leadBeat)
		err := conn.Ping(beat)
		cancel()
		if err != nil {
			if ctx.Err() == nil {
				p.s.log.Warn("the lead may be lost", "error", err)
			}
			return
		}
	}
}

func closeQuietly(ctx context.Context, conn *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	return conn.Close(ctx)
}

// dropCopies has nothing to do: copies of the database are its administrator's.
func (p *postgresEngine) dropCopies() (int64, error) { return 0, nil }

// vacuumTime bounds what an erasure waits for; the server's autovacuum does the rest.
const vacuumTime = 30 * time.Second

// erasedTables held what a customer's erasure deletes.
var erasedTables = []string{
	"messages", "message_versions", "search", "items", "runs", "topics", "topic_customers", "links", "pages",
	"page_blocks", "exports", "memos", "drafts", "topic_modes", "knowledge_gaps", "token_days", "token_bookings",
}

// wipe makes the server reuse the space of the deleted rows. What its log and its
// backups hold is beyond us, so it is no failure if that cannot be done now.
func (p *postgresEngine) wipe(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, vacuumTime)
	defer cancel()
	for _, table := range erasedTables {
		if _, err := p.s.read.ExecContext(ctx, `VACUUM `+table); err != nil {
			p.s.log.Warn("vacuum after an erasure; the server does it later", "table", table, "error", err)
		}
	}
	return nil
}
