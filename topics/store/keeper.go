package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"topicpilot/topics"
)

const (
	beatEvery = 5 * time.Second
	// silentFor is after how long without a heartbeat a process is dead although the
	// server still believes in its connection.
	silentFor = 30 * time.Second
)

// The names of locks and of the channel hold the schema, so that two sets of tables
// in one database stay apart.
const (
	sqlNow         = `(extract(epoch FROM clock_timestamp()) * 1000000)::bigint`
	sqlInstanceKey = `hashtext('topicpilot instance ' || current_schema())`
	sqlChannel     = `'topicpilot_' || (hashtext(current_schema())::bigint & 2147483647)`

	sqlRegister = `INSERT INTO instances (name, started_at, heartbeat_at) VALUES ($1, ` + sqlNow + `, ` + sqlNow +
		`) RETURNING id`
	sqlHoldInstance = `SELECT pg_try_advisory_lock(` + sqlInstanceKey + `, $1::int)`
	sqlBeat         = `UPDATE instances SET heartbeat_at = ` + sqlNow + ` WHERE id = $1`
	sqlOthers       = `SELECT count(*) FROM instances WHERE id <> $1`
	sqlDead         = `SELECT id FROM instances WHERE id <> $1
		AND (heartbeat_at < ` + sqlNow + ` - $2 OR pg_try_advisory_xact_lock(` + sqlInstanceKey + `, id))
		FOR UPDATE SKIP LOCKED`
	sqlFreeLanes = `WITH gone AS (
			SELECT queue, lane FROM lanes WHERE owner = ANY ($1::int[]) ORDER BY queue, lane FOR UPDATE)
		UPDATE lanes SET owner = 0 FROM gone WHERE lanes.queue = gone.queue AND lanes.lane = gone.lane`
	sqlForget = `DELETE FROM instances WHERE id = ANY ($1::int[])`
	sqlNotify = `SELECT pg_notify(` + sqlChannel + `, $1)`
)

// keeper holds this process's place among the others: a row, and an advisory lock on
// a connection of its own, which the server frees the moment the process dies. It
// also hears of changed lanes and frees those of the dead.
type keeper struct {
	p      *postgresEngine
	id     atomic.Int64
	others atomic.Bool
	stale  atomic.Bool // taken for dead: register anew
	// forgotten counts the erasures of all processes.
	forgotten atomic.Int64
	conn      *pgx.Conn // used by one goroutine at a time
	stop      context.CancelFunc
	done      chan struct{}
}

func startKeeper(ctx context.Context, p *postgresEngine) (*keeper, error) {
	k := &keeper{p: p, done: make(chan struct{})}
	if err := k.register(ctx); err != nil {
		return nil, err
	}
	run, stop := context.WithCancel(p.s.base)
	k.stop = stop
	go k.loop(run)
	return k, nil
}

// register begins a new instance on a new connection. What this process held as the
// former one is given back: its leases are lost.
func (k *keeper) register(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*connectTimeout)
	defer cancel()
	conn, err := k.p.connect(ctx, "keep")
	if err != nil {
		return err
	}
	id, err := k.enter(ctx, conn)
	if err != nil {
		return errors.Join(err, conn.Close(ctx))
	}
	former := k.id.Swap(id)
	k.stale.Store(false)
	k.conn = conn
	if former != 0 {
		if err := freeInstances(ctx, conn, []int64{former}); err != nil {
			k.p.s.log.Warn("give back the lanes of the former instance", "error", err)
		}
		k.p.s.wake.add(topics.Lease{})
	}
	k.look(ctx)
	return nil
}

func (k *keeper) enter(ctx context.Context, conn *pgx.Conn) (id int64, err error) {
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, sqlRegister, k.p.s.options.Instance).Scan(&id); err != nil {
			return err
		}
		var held bool
		if err := tx.QueryRow(ctx, sqlHoldInstance, id).Scan(&held); err != nil {
			return err
		}
		if !held {
			return fmt.Errorf("the lock of instance %d is taken", id)
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("register this process: %w", err)
	}
	var channel string
	if err := conn.QueryRow(ctx, `SELECT `+sqlChannel).Scan(&channel); err != nil {
		return 0, err
	}
	if _, err := conn.Exec(ctx, `LISTEN `+pgx.Identifier{channel}.Sanitize()); err != nil {
		return 0, fmt.Errorf("listen: %w", err)
	}
	return id, nil
}

func (k *keeper) loop(ctx context.Context) {
	defer close(k.done)
	for {
		err := k.serve(ctx)
		if ctx.Err() != nil {
			return
		}
		k.p.s.log.Warn("the database connection is lost, connecting again", "error", err)
		k.closeConn()
		for pause := 100 * time.Millisecond; ; pause = min(2*pause, beatEvery) {
			if err := k.register(ctx); err == nil {
				break
			} else if ctx.Err() == nil {
				k.p.s.log.Warn("cannot connect to the database", "error", err)
			}
			select {
			case <-ctx.Done():
				return
			case <-time.After(pause):
			}
		}
	}
}

// serve hears of changes until the connection is lost.
func (k *keeper) serve(ctx context.Context) error {
	beat, look := time.Now(), time.Now()
	for {
		wait, cancel := context.WithTimeout(ctx, time.Second)
		notification, err := k.conn.WaitForNotification(wait)
		expired := wait.Err() != nil
		cancel()
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case notification != nil:
			k.heard(notification.Payload)
		case err != nil && (!expired || k.conn.IsClosed()):
			return err
		}
		if k.stale.Load() {
			return errors.New("another process took this one for dead")
		}
		if time.Since(beat) >= beatEvery {
			beat = time.Now()
			if err := k.beat(ctx); err != nil {
				return err
			}
		}
		if time.Since(look) >= time.Second {
			look = time.Now()
			k.look(ctx)
		}
		if k.conn.IsClosed() {
			return errConnection
		}
	}
}

func (k *keeper) beat(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	tag, err := k.conn.Exec(ctx, sqlBeat, k.id.Load())
	if err != nil {
		return fmt.Errorf("heartbeat: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return errors.New("another process took this one for dead")
	}
	return nil
}

// look frees what dead processes hold and counts the living.
func (k *keeper) look(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	freed, err := reap(ctx, k.conn, k.id.Load())
	if err != nil {
		k.p.s.log.Warn("look for processes that are gone", "error", err)
		return
	}
	if freed {
		k.p.s.wake.add(topics.Lease{})
	}
	var others int64
	if err := k.conn.QueryRow(ctx, sqlOthers, k.id.Load()).Scan(&others); err == nil {
		k.others.Store(others > 0)
	}
	var forgotten int64
	if err := k.conn.QueryRow(ctx, k.p.s.texts[qMeta], metaForgotten).Scan(&forgotten); err == nil {
		k.forgotten.Store(forgotten)
	}
}

// reap frees the lanes of processes whose lock is free or whose heartbeat is old.
func reap(ctx context.Context, conn *pgx.Conn, me int64) (freed bool, err error) {
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, sqlDead, me, silentFor.Microseconds())
		if err != nil {
			return err
		}
		dead, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil || len(dead) == 0 {
			return err
		}
		freed = true
		return freeIn(ctx, tx, dead)
	})
	return freed && err == nil, err
}

func freeInstances(ctx context.Context, conn *pgx.Conn, ids []int64) error {
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error { return freeIn(ctx, tx, ids) })
}

func freeIn(ctx context.Context, tx pgx.Tx, ids []int64) error {
	// The row first: a transaction of the instance that still runs holds it.
	if _, err := tx.Exec(ctx, sqlForget, ids); err != nil {
		return err
	}
	tag, err := tx.Exec(ctx, sqlFreeLanes, ids)
	if err != nil || tag.RowsAffected() == 0 {
		return err
	}
	_, err = tx.Exec(ctx, sqlNotify, notice(0, 0, laneKey{}))
	return err
}

// noticeEnd separates the parts of a notice; stored names hold no such character.
const noticeEnd = "\x1f"

// maxNotice is below PostgreSQL's limit of 8000 bytes.
const maxNotice = 7000

// notice tells of a lane: its holder (0 for none), the epoch, and its name.
func notice(owner, epoch int64, key laneKey) string {
	who := strconv.FormatInt(owner, 10)
	if owner == 0 || len(key.queue)+len(key.lane) > maxNotice {
		return who
	}
	return strings.Join([]string{who, strconv.FormatInt(epoch, 10), key.queue, key.lane}, noticeEnd)
}

func (k *keeper) heard(payload string) {
	parts := strings.SplitN(payload, noticeEnd, 4)
	owner, err := strconv.ParseInt(parts[0], 10, 64)
	switch {
	case err != nil:
	case owner == 0:
		k.p.s.wake.add(topics.Lease{})
	case owner != k.id.Load():
	case len(parts) < 4:
		k.p.s.wake.add(topics.Lease{})
	default:
		epoch, err := strconv.ParseInt(parts[1], 10, 64)
		if err == nil {
			k.p.s.wake.add(topics.Lease{Queue: unescape(parts[2]), Lane: unescape(parts[3]), Epoch: epoch})
		}
	}
}

// renew asks for a new instance and waits a little for it.
func (k *keeper) renew(ctx context.Context, former int64) {
	k.stale.Store(true)
	deadline := time.Now().Add(connectTimeout)
	for k.id.Load() == former && time.Now().Before(deadline) && ctx.Err() == nil {
		time.Sleep(20 * time.Millisecond)
	}
}

func (k *keeper) closeConn() {
	if k.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(k.p.s.base, time.Second)
	defer cancel()
	if err := k.conn.Close(ctx); err != nil {
		k.p.s.log.Debug("close a broken connection", "error", err)
	}
}

// close gives back all lanes; other processes take them at once.
func (k *keeper) close(ctx context.Context) {
	k.stop()
	<-k.done
	if k.conn != nil && !k.conn.IsClosed() {
		if err := freeInstances(ctx, k.conn, []int64{k.id.Load()}); err != nil {
			k.p.s.log.Warn("give back the lanes", "error", err)
		}
	}
	k.closeConn()
}
