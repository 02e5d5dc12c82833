package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"topicpilot/topics"
)

const (
	connectTimeout     = 5 * time.Second
	transactionTimeout = 30 * time.Second
	maxPostgresReaders = 8
	// serializationTries and connectionTries bound how often a batch is tried again.
	serializationTries = 10
	connectionTries    = 3
)

// sessionSettings keep a process that has stopped in the middle of a transaction from
// holding the others up, let the server notice dead peers, and make a commit durable
// where the server's settings would not.
const sessionSettings = `SELECT
	set_config('idle_in_transaction_session_timeout', '10s', false),
	set_config('lock_timeout', '15s', false),
	set_config('tcp_keepalives_idle', '10', false),
	set_config('tcp_keepalives_interval', '5', false),
	set_config('tcp_keepalives_count', '3', false),
	set_config('synchronous_commit',
		CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END,
		false)`

// errConnection marks an error of the connection before the commit: nothing was
// written, and it may be tried again on another connection.
var errConnection = errors.New("no connection")

// errAgain marks a transaction to be run again, whose cause is no fault of it.
var errAgain = errors.New("to be tried again")

type postgresEngine struct {
	s      *Store
	config *pgx.ConnConfig
	conn   *pgx.Conn // the writer's own
	keeper *keeper   // nil for a tool

	mu      sync.Mutex
	leading map[*Leadership]struct{}
}

func (s *Store) openPostgres(ctx context.Context, url string) (err error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		// The parser's text shows parts of the url.
		return errors.New("store.url: not a valid PostgreSQL address; " +
			"want postgres://USER:PASSWORD@HOST:PORT/DATABASE, with %-escapes for special characters")
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTimeout
	}
	p := &postgresEngine{s: s, config: config, leading: map[*Leadership]struct{}{}}
	s.engine = p
	s.read = stdlib.OpenDB(*p.configFor("read"))
	s.read.SetMaxOpenConns(maxPostgresReaders)
	s.read.SetMaxIdleConns(2)
	s.read.SetConnMaxIdleTime(5 * time.Minute)
	defer func() {
		if err != nil {
			err = errors.Join(p.explain(err), s.read.Close(), p.close())
		}
	}()
	if err := s.read.PingContext(ctx); err != nil {
		return err
	}
	m := migration{
		dialect: goose.DialectPostgres, folder: "postgres", tool: s.options.Tool, files: migrations,
		before: func(context.Context, int64) error { return nil },
	}
	if err := m.run(ctx, s.read); err != nil {
		return err
	}
	if p.conn, err = p.connect(ctx, "write"); err != nil || s.options.Tool {
		return err
	}
	p.keeper, err = startKeeper(ctx, p)
	return err
}

func (p *postgresEngine) shared() bool { return true }

// configFor names the connection in the server's list of sessions.
func (p *postgresEngine) configFor(role string) *pgx.ConnConfig {
	config := p.config.Copy()
	config.RuntimeParams["application_name"] = strings.TrimSpace("topicpilot " + p.s.options.Instance + " " + role)
	return config
}

func (p *postgresEngine) connect(ctx context.Context, role string) (*pgx.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*connectTimeout)
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, p.configFor(role))
	if err != nil {
		return nil, p.explain(err)
	}
	if _, err := conn.Exec(ctx, sessionSettings); err != nil {
		return nil, errors.Join(p.explain(err), conn.Close(ctx))
	}
	return conn, nil
}

// explain says which database could not be reached, and makes sure that no text shows
// the password.
func (p *postgresEngine) explain(err error) error {
	if password := p.config.Password; password != "" && strings.Contains(err.Error(), password) {
		err = errors.New("the server's answer is not shown, as it holds the password")
	}
	return fmt.Errorf("database %s on %s: %w", p.config.Database, p.config.Host, err)
}

// run writes a batch, again if the server asks for it or the connection was lost
// before the commit.
func (p *postgresEngine) run(ops []*op) ([]topics.Committed, error) {
	for try := 1; ; try++ {
		committed, err := p.try(ops)
		if err == nil {
			return committed, nil
		}
		again := errors.Is(err, errAgain) && try < serializationTries ||
			errors.Is(err, errConnection) && try < connectionTries
		if !again {
			if errors.Is(err, errAgain) || errors.Is(err, errConnection) {
				err = &wholeBatch{err}
			}
			return nil, err
		}
		time.Sleep(time.Duration(try*try) * 5 * time.Millisecond)
	}
}

func (p *postgresEngine) try(ops []*op) ([]topics.Committed, error) {
	ctx, cancel := context.WithTimeout(p.s.base, transactionTimeout)
	defer cancel()
	if p.conn == nil || p.conn.IsClosed() {
		conn, err := p.connect(ctx, "write")
		if err != nil {
			return nil, errors.Join(errConnection, err)
		}
		p.conn = conn
	}
	tx, err := p.conn.Begin(ctx)
	if err != nil {
		return nil, errors.Join(errConnection, p.drop(ctx), err)
	}
	t := &pgTx{p: p, ctx: ctx, tx: tx, lanes: map[laneKey]*pgLane{}}
	if err := t.body(ops); err != nil {
		if rollback := tx.Rollback(ctx); rollback != nil || p.conn.IsClosed() {
			return nil, errors.Join(errConnection, p.drop(ctx), err)
		}
		return nil, classify(err)
	}
	if err := tx.Commit(ctx); err != nil {
		var server *pgconn.PgError
		if errors.As(err, &server) && !p.conn.IsClosed() {
			return nil, classify(err)
		}
		// The commit may have been done: writing again could write twice.
		return nil, errors.Join(&wholeBatch{fmt.Errorf("the outcome of the commit is unknown: %w", err)}, p.drop(ctx))
	}
	return t.settle(ops), nil
}

// drop closes the writer's connection; the next batch opens another.
func (p *postgresEngine) drop(ctx context.Context) error {
	if p.conn == nil {
		return nil
	}
	err := p.conn.Close(ctx)
	p.conn = nil
	if err != nil {
		p.s.log.Debug("close a broken connection", "error", err)
	}
	return nil
}

// classify marks errors that say nothing about what was written.
func classify(err error) error {
	var server *pgconn.PgError
	if !errors.As(err, &server) {
		return err
	}
	switch server.Code {
	case "40001", "40P01": // serialization failure, deadlock
		return errors.Join(errAgain, err)
	case "23505": // another process stores the same key at this moment
		if server.ConstraintName == "items_key" {
			return errors.Join(errAgain, err)
		}
	case "55P03", "25P03", "53100", "53200", "57014": // lock or idle timeout, disk or memory full, cancelled
		return &wholeBatch{err}
	}
	return err
}

func (p *postgresEngine) disconnected(err error) bool {
	if server, ok := errors.AsType[*pgconn.PgError](err); ok {
		return strings.HasPrefix(server.Code, "57P0") || strings.HasPrefix(server.Code, "08")
	}
	var network net.Error
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, driver.ErrBadConn) ||
		errors.As(err, &network) && !network.Timeout()
}

// tick reads the tombstones when the keeper has heard of another erasure.
func (p *postgresEngine) tick() {
	if p.keeper == nil || p.keeper.forgotten.Load() == p.s.tombs.seq && !p.s.tombs.stale {
		return
	}
	if err := p.s.recallTo(p.s.base, p.keeper.forgotten.Load()); err != nil {
		p.s.log.Warn("read the tombstones", "error", err)
	}
}

func (p *postgresEngine) checkLease(ctx context.Context, lease topics.Lease) error {
	held := false
	args := []any{escape(lease.Queue), escape(lease.Lane), p.me(), lease.Epoch}
	err := p.s.rows(ctx, qLease, args, func(*sql.Rows) error {
		held = true
		return nil
	})
	if err == nil && (!held || p.me() == 0) {
		err = topics.ErrLeaseLost
	}
	return err
}

// me is this process's instance, 0 for a tool.
func (p *postgresEngine) me() int64 {
	if p.keeper == nil {
		return 0
	}
	return p.keeper.id.Load()
}

func (p *postgresEngine) close() error {
	ctx, cancel := context.WithTimeout(p.s.base, connectTimeout)
	defer cancel()
	p.mu.Lock()
	leading := make([]*Leadership, 0, len(p.leading))
	for l := range p.leading {
		leading = append(leading, l)
	}
	p.mu.Unlock()
	for _, l := range leading {
		l.Release()
	}
	if p.keeper != nil {
		p.keeper.close(ctx)
	}
	return p.drop(ctx)
}
