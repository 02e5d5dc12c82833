package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations
var migrations embed.FS

// keptCopies is how many copies from before migrations stay beside the database.
const keptCopies = 5

var (
	errNewer   = errors.New("the schema is newer than this program: upgrade topicpilot")
	errMissing = errors.New("there is no schema yet: start the bot once")
	errOlder   = errors.New("the schema is older than this program: start the bot of this version once")
)

// migration brings one database's schema up to date.
type migration struct {
	dialect goose.Dialect
	folder  string
	tool    bool
	// before is called before anything of an existing schema is changed.
	before func(ctx context.Context, target int64) error
	files  fs.FS
}

func (m migration) run(ctx context.Context, db *sql.DB) error {
	files, err := fs.Sub(m.files, "migrations/"+m.folder)
	if err != nil {
		return err
	}
	target, err := newest(files)
	if err != nil {
		return err
	}
	current, err := m.version(ctx, db)
	switch {
	case err != nil:
		return err
	case current > target:
		return errNewer
	case current == target:
		return nil
	case m.tool && current == 0:
		return errMissing
	case m.tool:
		return errOlder
	}
	if current > 0 {
		if err := m.before(ctx, target); err != nil {
			return fmt.Errorf("copy before a migration: %w", err)
		}
	}
	provider, err := m.provider(db, files)
	if err != nil {
		return err
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// newest is the version of the last migration, read from the files' names: to make a
// provider costs megabytes and is left to the starts that need one.
func newest(files fs.FS) (int64, error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return 0, err
	}
	target := int64(0)
	for _, name := range names {
		version, err := goose.NumericComponent(name)
		if err != nil {
			return 0, err
		}
		target = max(target, version)
	}
	return target, nil
}

func (m migration) provider(db *sql.DB, files fs.FS) (*goose.Provider, error) {
	options := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true)}
	if m.dialect == goose.DialectPostgres {
		// Several processes may start at once; the second waits for the first.
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 60), lock.WithUnlockTimeout(1, 10))
		if err != nil {
			return nil, err
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	return goose.NewProvider(m.dialect, db, files, options...)
}

// version reads the schema's version without making anything; 0 for no schema.
func (m migration) version(ctx context.Context, db *sql.DB) (int64, error) {
	exists := `SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'goose_db_version'`
	if m.dialect == goose.DialectPostgres {
		exists = `SELECT count(*) FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'goose_db_version'`
	}
	var n int
	if err := db.QueryRowContext(ctx, exists).Scan(&n); err != nil || n == 0 {
		return 0, err
	}
	var version int64
	err := db.QueryRowContext(ctx, `SELECT coalesce(max(version_id), 0) FROM goose_db_version`).Scan(&version)
	return version, err
}

func (s *Store) migrateSQLite(ctx context.Context, file string, fresh bool) (err error) {
	db, err := sql.Open("sqlite", sqliteDSN(file, writerPragmas))
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	defer func() { err = errors.Join(err, db.Close()) }()
	m := migration{
		dialect: goose.DialectSQLite3, folder: "sqlite", tool: s.options.Tool, files: migrations,
		before: func(ctx context.Context, target int64) error {
			if fresh {
				return nil
			}
			return copyAside(ctx, db, file, fmt.Sprintf("%04d-%s", target, s.now().UTC().Format("20060102T150405Z")))
		},
	}
	if err := m.run(ctx, db); err != nil || s.options.Tool {
		return err
	}
	return vacuumOnce(ctx, db)
}

// vacuumOnce writes the file anew if it may still hold the bytes of rows that were
// deleted before deleting overwrote them. It is done once in the life of a file.
func vacuumOnce(ctx context.Context, db *sql.DB) error {
	var due int64
	err := db.QueryRowContext(ctx, `SELECT value FROM meta WHERE name = 'vacuum_due'`).Scan(&due)
	if err != nil || due == 0 {
		return err
	}
	for _, statement := range []string{
		`VACUUM`, `PRAGMA wal_checkpoint(TRUNCATE)`, `UPDATE meta SET value = 0 WHERE name = 'vacuum_due'`,
	} {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("write the file anew: %w", err)
		}
	}
	return nil
}

// copyAside writes a whole and consistent copy of the database beside it, and removes
// the oldest copies.
func copyAside(ctx context.Context, db *sql.DB, file, suffix string) error {
	target := file + ".before-" + suffix
	if err := os.Remove(target); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if _, err := db.ExecContext(ctx, `VACUUM INTO ?`, target); err != nil {
		return err
	}
	if err := os.Chmod(target, 0o600); err != nil {
		return err
	}
	return pruneCopies(file)
}

func pruneCopies(file string) error {
	copies, err := copiesOf(file)
	if err != nil {
		return err
	}
	for i := keptCopies; i < len(copies); i++ {
		if err := os.Remove(filepath.Join(filepath.Dir(file), copies[i].name)); err != nil {
			return err
		}
	}
	return nil
}

// copied is a copy from before a migration.
type copied struct {
	name string
	at   time.Time
}

// copiesOf lists the copies beside the database, the latest first.
func copiesOf(file string) ([]copied, error) {
	dir, base := filepath.Split(file)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var copies []copied
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), base+".before-") {
			continue
		}
		info, err := entry.Info()
		if err != nil {
			return nil, err
		}
		copies = append(copies, copied{entry.Name(), info.ModTime()})
	}
	slices.SortFunc(copies, func(a, b copied) int {
		if c := b.at.Compare(a.at); c != 0 {
			return c
		}
		return strings.Compare(b.name, a.name)
	})
	return copies, nil
}
