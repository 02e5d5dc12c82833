package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"

	"github.com/gofrs/flock"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// The caches are small: what is hot (the heads of the lanes, the last messages) fits,
// and the bot has to fit into a small server.
const (
	writerPragmas = "_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)" +
		"&_pragma=foreign_keys(1)&_pragma=cache_size(-2048)&_pragma=temp_store(MEMORY)" +
		"&_pragma=journal_size_limit(16777216)&_pragma=secure_delete(1)"
	readerPragmas = "_pragma=busy_timeout(10000)&_pragma=query_only(1)&_pragma=cache_size(-512)" +
		"&_pragma=temp_store(MEMORY)"
)

// maxReaders bounds the connections that read.
const maxReaders = 2

func sqliteDSN(file, pragmas string) string {
	return "file:" + (&url.URL{Path: file}).EscapedPath() + "?" + pragmas
}

func (s *Store) openSQLite(ctx context.Context, file string) (err error) {
	file, err = filepath.Abs(file)
	if err != nil {
		return fmt.Errorf("database %s: %w", file, err)
	}
	e := &sqliteEngine{s: s, file: file, held: map[laneKey]*heldLane{}, quiet: map[string]bool{}}
	s.engine = e
	defer func() {
		if err != nil {
			err = errors.Join(err, e.close())
			if s.read != nil {
				err = errors.Join(err, s.read.Close())
			}
		}
	}()
	fresh, err := e.prepareFile(file)
	if err != nil {
		return err
	}
	if err := s.migrateSQLite(ctx, file, fresh); err != nil {
		return fmt.Errorf("database %s: %w", file, explainSQLite(err))
	}
	if e.conn, err = new(sqlite.Driver).Open(sqliteDSN(file, writerPragmas)); err != nil {
		return fmt.Errorf("database %s: %w", file, explainSQLite(err))
	}
	if s.read, err = sql.Open("sqlite", sqliteDSN(file, readerPragmas)); err != nil {
		return fmt.Errorf("database %s: %w", file, err)
	}
	s.read.SetMaxOpenConns(max(2, min(maxReaders, runtime.GOMAXPROCS(0)+1)))
	s.read.SetMaxIdleConns(2)
	if err := e.start(); err != nil {
		return fmt.Errorf("database %s: %w", file, explainSQLite(err))
	}
	return nil
}

// prepareFile makes sure that the file can be written and that this bot is the only
// one to do so. It reports whether the file is new.
func (e *sqliteEngine) prepareFile(file string) (fresh bool, err error) {
	info, err := os.Stat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if e.s.options.Tool {
			return false, fmt.Errorf("database %s: there is no such file; it is made by the first start of the bot", file)
		}
		fresh = true
	case err != nil:
		return false, fmt.Errorf("database %s: %w", file, err)
	case info.IsDir():
		return false, fmt.Errorf("database %s: this is a directory; name a file in store.url", file)
	default:
		fresh = info.Size() == 0
	}
	if err := writable(file, e.s.options.Tool); err != nil {
		return false, err
	}
	if e.s.options.Tool {
		return false, nil
	}
	lock := flock.New(file+".lock", flock.SetPermissions(0o600))
	locked, err := lock.TryLock()
	if err != nil {
		return false, fmt.Errorf("database %s: cannot lock %s.lock: %w; the directory must be writable, "+
			"and on a file system that knows locks", file, file, err)
	}
	if !locked {
		return false, errors.Join(
			fmt.Errorf("database %s: another topicpilot runs on this database; stop it first", file), lock.Close())
	}
	e.lock = lock
	return fresh, nil
}

// writable opens the file as SQLite will. A new one is made private: it will hold
// what customers write.
func writable(file string, tool bool) error {
	flags := os.O_RDWR
	if !tool {
		flags |= os.O_CREATE
	}
	f, err := os.OpenFile(file, flags, 0o600) //nolint:gosec // the deployer names the file
	if err == nil {
		return f.Close()
	}
	dir := filepath.Dir(file)
	if _, dirErr := os.Stat(dir); errors.Is(dirErr, fs.ErrNotExist) {
		return fmt.Errorf("database %s: the directory %s does not exist; make it, or change store.url", file, dir)
	}
	return fmt.Errorf("database %s: the file cannot be written (%w); give this user write access to it "+
		"and to the directory %s, or change store.url", file, unwrapPath(err), dir)
}

// unwrapPath drops the path, which the text around names already.
func unwrapPath(err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err
	}
	return err
}

func (e *sqliteEngine) start() error {
	for _, p := range []struct {
		stmt *driver.Stmt
		text string
	}{
		{&e.begin, "BEGIN IMMEDIATE"},
		{&e.end, "COMMIT"},
		{&e.rollback, "ROLLBACK"},
		{&e.changes, "PRAGMA data_version"},
	} {
		stmt, err := e.conn.Prepare(p.text)
		if err != nil {
			return err
		}
		*p.stmt = stmt
	}
	if e.lock == nil {
		return nil
	}
	return e.takeOver()
}

// takeOver begins a new epoch: what an earlier process still believes to hold is lost
// to it from here on.
func (e *sqliteEngine) takeOver() error {
	if err := e.step(e.begin); err != nil {
		return err
	}
	var epoch, clean int64
	_, err := e.row(qEpoch, nil, &epoch)
	if err == nil {
		_, err = e.row(qMeta, []any{metaClean}, &clean)
	}
	if err == nil {
		err = e.readRow(e.changes, nil, &e.version)
	}
	if err == nil {
		err = e.must(qSetMeta, epoch+1, "epoch")
	}
	if err == nil {
		err = e.must(qSetMeta, 0, metaClean)
	}
	if err == nil {
		err = e.step(e.end)
	}
	if err != nil {
		return errors.Join(err, e.step(e.rollback))
	}
	e.epoch = epoch + 1
	e.s.unclean.Store(clean == 0)
	return nil
}

// explainSQLite says what to do about errors that a person can mend.
func explainSQLite(err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("the file is no SQLite database; name another one in store.url: %w", err)
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return fmt.Errorf("another program keeps the file locked; close it: %w", err)
	case sqlite3.SQLITE_FULL:
		return fmt.Errorf("the disk is full: %w", err)
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
		return fmt.Errorf("the file or its directory cannot be written; give this user write access: %w", err)
	case sqlite3.SQLITE_CORRUPT:
		return fmt.Errorf("the file is damaged; go back to a copy: %w", err)
	}
	return err
}
