package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"topicpilot/cmd/load/effects"
)

// processName is what PostgreSQL calls a process's connections.
func processName(process int) string { return fmt.Sprint("effects-", process+1) }

// namedStore is the store's address for one process: so its connections can be told apart.
func namedStore(store string, process int) string {
	u, err := url.Parse(store)
	if err != nil || !strings.HasPrefix(store, "postgres") {
		return store
	}
	query := u.Query()
	query.Set("application_name", processName(process))
	u.RawQuery = query.Encode()
	return u.String()
}

// storeLock keeps everybody from writing down what an answer means.
type storeLock struct {
	db   *sql.DB
	conn *sql.Conn
}

// lockStore takes the lock: of the whole file with SQLite, with PostgreSQL of the tables that
// are written to after an answer to a command of that kind.
func lockStore(ctx context.Context, store string, kind effects.Kind) (*storeLock, error) {
	driver, name, statement := "pgx", store, "BEGIN; LOCK TABLE runs IN EXCLUSIVE MODE"
	switch kind {
	case effects.Card, effects.Transcript:
		statement = "BEGIN; LOCK TABLE pages, exports IN EXCLUSIVE MODE"
	case effects.Draft, effects.Reply:
		statement = "BEGIN; LOCK TABLE drafts IN EXCLUSIVE MODE"
	case effects.Own, effects.Confirm, effects.Tell, effects.TellTopic, effects.Link:
	}
	if file, ok := strings.CutPrefix(store, "sqlite:"); ok {
		driver, name, statement = "sqlite", "file:"+file+"?mode=rw&_pragma=busy_timeout(5000)", "BEGIN IMMEDIATE"
	}
	db, err := sql.Open(driver, name)
	if err != nil {
		return nil, fmt.Errorf("lock the store: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	conn, err := db.Conn(ctx)
	if err == nil {
		_, err = conn.ExecContext(ctx, statement)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock the store: %w", err), db.Close())
	}
	return &storeLock{db: db, conn: conn}, nil
}

// release gives the lock back. What a dead process had asked of PostgreSQL, which the server
// would still do, is ended before.
func (l *storeLock) release(ctx context.Context, postgres bool, process int) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	var err error
	if postgres {
		_, err = l.conn.ExecContext(ctx, `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
			WHERE application_name = $1 AND datname = current_database()`, processName(process))
	}
	_, rollback := l.conn.ExecContext(ctx, "ROLLBACK")
	if err = errors.Join(err, rollback, l.conn.Close(), l.db.Close()); err != nil {
		return fmt.Errorf("release the store: %w", err)
	}
	return nil
}
