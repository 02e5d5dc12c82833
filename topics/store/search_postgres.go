package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// settledAfter is longer than any transaction of ours lasts: an id that was given that
	// long ago is there, or never will be.
	settledAfter = transactionTimeout + 15*time.Second
	// latestIDs are those of which that is not sure when the index is begun.
	latestIDs = 2000
	// latestPlaces are walked through before the index is asked: what is frequent is found
	// there at once, where the index would have to sort all its places.
	latestPlaces = 2000
)

const (
	// sqlIndexBounds keeps a process that is stopped in the middle from holding others up.
	sqlIndexBounds = `SELECT set_config('lock_timeout', '1s', true),
		set_config('idle_in_transaction_session_timeout', '10s', true)`
	sqlSearchKey  = `hashtext('topicpilot search ' || current_schema())`
	sqlIndexTry   = `SELECT pg_try_advisory_xact_lock(` + sqlSearchKey + `)`
	sqlIndexWait  = `SELECT true FROM pg_advisory_xact_lock(` + sqlSearchKey + `)`
	sqlIndexMarks = `SELECT name, value FROM meta WHERE name LIKE 'search\_%' UNION ALL SELECT 'now', ` + sqlNow + `
		UNION ALL SELECT 'latest', coalesce(max(id), 0) FROM messages`
	// The lock makes an edit wait for the end of the step, and the step for one under way.
	sqlIndexNext = `SELECT ` + indexColumns + ` FROM messages WHERE id > $1 ORDER BY id LIMIT $2 FOR SHARE`
	// Both tables are bounded: neither is to be read from its beginning.
	sqlStrays = ` FROM messages WHERE id > $1 AND id <= $2 AND NOT EXISTS (
		SELECT 1 FROM search WHERE row_id = messages.id AND row_id > $1 AND row_id <= $2)`
	sqlIndexStray = `SELECT ` + indexColumns + sqlStrays + ` ORDER BY id LIMIT $3 FOR SHARE OF messages`
	sqlIsStray    = `SELECT EXISTS (SELECT 1` + sqlStrays + `)`
	sqlIndexAdd   = `INSERT INTO search (row_id, place, words)
		SELECT p & 4294967295, p, to_tsvector('simple', w) FROM unnest($1::bigint[], $2::text[]) AS u (p, w)
		ON CONFLICT DO NOTHING`
	sqlIndexMark = `UPDATE meta SET value = u.v FROM unnest($1::text[], $2::bigint[]) AS u (n, v) WHERE name = u.n`

	// A search is short: to compile it takes longer, and a scan of all is never wanted.
	sqlFindBounds = `SELECT set_config('jit', 'off', true), set_config('enable_seqscan', 'off', true)`
	sqlFindLatest = `SELECT place FROM (SELECT place, words FROM search WHERE place < $1 ORDER BY place DESC LIMIT $2) AS l
		WHERE words @@ $3::tsquery ORDER BY place DESC LIMIT $4`
	// The sum keeps the planner from walking along the places, past all that does not match.
	sqlFindPlaces = `SELECT place FROM search WHERE words @@ $1::tsquery AND place + 0 < $2 ORDER BY place DESC LIMIT $3`
)

// indexMarks say how far the index is; see the migration.
type indexMarks struct{ to, sure, seen, seenAt, latest, now int64 }

// index is one step of Store.Index, on a connection of its own: the writer goes on. Who
// waits looks first whether there is anything to wait for.
func (p *postgresEngine) index(ctx context.Context, wait bool) (more bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, transactionTimeout)
	defer cancel()
	if wait {
		if needed, err := p.unindexed(ctx); err != nil || !needed {
			return false, err
		}
	}
	tx, err := p.s.read.BeginTx(ctx, nil)
	if err != nil {
		return false, err
	}
	defer func() {
		if rollback := tx.Rollback(); !errors.Is(rollback, sql.ErrTxDone) {
			err = errors.Join(err, rollback)
		}
	}()
	mine, err := p.indexLock(ctx, tx, wait)
	if err != nil || !mine {
		return false, err
	}
	more, err = indexStored(ctx, tx)
	if lockBusy(err) { // a writer has held a message for long: it is taken in with the next step
		return true, nil
	}
	if err == nil {
		err = tx.Commit()
	}
	return more && err == nil, err
}

// lockBusy tells that a lock was waited for as long as sqlIndexBounds allows.
func lockBusy(err error) bool {
	server, ok := errors.AsType[*pgconn.PgError](err)
	return ok && server.Code == "55P03"
}

// unindexed reports whether there is any message that the index has not come to.
func (p *postgresEngine) unindexed(ctx context.Context) (needed bool, err error) {
	marks, err := readMarks(ctx, p.s.read)
	if err != nil || marks.latest > marks.to || marks.sure >= marks.to {
		return marks.latest > marks.to, err
	}
	err = p.s.read.QueryRowContext(ctx, sqlIsStray, marks.sure, marks.to).Scan(&needed)
	return needed, err
}

// indexLock makes this process the only one that indexes; false when another one is.
func (p *postgresEngine) indexLock(ctx context.Context, tx *sql.Tx, wait bool) (mine bool, err error) {
	if _, err := tx.ExecContext(ctx, sqlIndexBounds); err != nil {
		return false, err
	}
	lock := sqlIndexTry
	if wait {
		lock = sqlIndexWait
	}
	err = tx.QueryRowContext(ctx, lock).Scan(&mine)
	if lockBusy(err) {
		return false, nil
	}
	return mine, err
}

// indexStored takes the next messages in, then those that came after higher ids.
func indexStored(ctx context.Context, tx *sql.Tx) (more bool, err error) {
	was, err := readMarks(ctx, tx)
	if err != nil {
		return false, err
	}
	marks := was
	if marks.seenAt == 0 {
		marks.seen, marks.seenAt, marks.sure = marks.latest, marks.now, max(0, marks.latest-latestIDs)
	}
	list, err := lockedRows(ctx, tx, sqlIndexNext, marks.to, indexStep)
	if err != nil {
		return false, err
	}
	if len(list) > 0 {
		marks.to = list[len(list)-1].id
	}
	if more = len(list) == indexStep; !more {
		strays, err := lockedRows(ctx, tx, sqlIndexStray, marks.sure, was.to, indexStep)
		if err != nil {
			return false, err
		}
		list, more = append(list, strays...), len(strays) == indexStep
		news := marks.sure < marks.seen || marks.seen < marks.to
		if !more && news && marks.now-marks.seenAt > settledAfter.Microseconds() {
			marks.sure, marks.seen, marks.seenAt = marks.seen, marks.to, marks.now
		}
	}
	if err := addLocked(ctx, tx, list); err != nil || marks == was {
		return more, err
	}
	_, err = tx.ExecContext(ctx, sqlIndexMark,
		[]string{metaSearchTo, "search_sure", "search_seen", "search_seen_at"},
		[]int64{marks.to, marks.sure, marks.seen, marks.seenAt})
	return more, err
}

// querier is a transaction, or the pool.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func readMarks(ctx context.Context, db querier) (marks indexMarks, err error) {
	rows, err := db.QueryContext(ctx, sqlIndexMarks)
	if err != nil {
		return marks, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var value int64
		if err := rows.Scan(&name, &value); err != nil {
			return marks, err
		}
		switch name {
		case metaSearchTo:
			marks.to = value
		case "search_sure":
			marks.sure = value
		case "search_seen":
			marks.seen = value
		case "search_seen_at":
			marks.seenAt = value
		case "latest":
			marks.latest = value
		case "now":
			marks.now = value
		}
	}
	return marks, rows.Err()
}

func lockedRows(ctx context.Context, tx *sql.Tx, text string, args ...any) (list []indexed, err error) {
	rows, err := tx.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var m indexed
		if err := rows.Scan(m.dest()...); err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	return list, rows.Err()
}

// addLocked adds messages; one without words too, so that it is known to be done.
func addLocked(ctx context.Context, tx *sql.Tx, list []indexed) error {
	if len(list) == 0 {
		return nil
	}
	places, words := make([]int64, len(list)), make([]string, len(list))
	for i := range list {
		var err error
		if words[i], err = list[i].words(); err != nil {
			return err
		}
		if places[i], err = placeOf(list[i].id, list[i].date); err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, sqlIndexAdd, places, words)
	return err
}

// placesShared looks among the latest messages first, unless only one topic is searched.
func (s *Store) placesShared(ctx context.Context, f finding, limit int) (places []int64, err error) {
	tx, err := s.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, tx.Rollback()) }()
	if _, err := tx.ExecContext(ctx, sqlFindBounds); err != nil {
		return nil, err
	}
	expression := postgresOperators.expression(f.where, f.clauses)
	if !f.topic {
		places, err = placesIn(ctx, tx, sqlFindLatest, f.before, latestPlaces, expression, limit)
		if err != nil || len(places) == limit {
			return places, err
		}
	}
	return placesIn(ctx, tx, sqlFindPlaces, expression, f.before, limit)
}

func placesIn(ctx context.Context, tx *sql.Tx, text string, args ...any) (places []int64, err error) {
	rows, err := tx.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var place int64
		if err := rows.Scan(&place); err != nil {
			return nil, err
		}
		places = append(places, place)
	}
	return places, rows.Err()
}
