package store

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/pressly/goose/v3"
	"pgregory.net/rapid"

	"topicpilot/topics"
)

func TestEscapeIsReversible(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOf(rapid.SampledFrom([]string{
			"\x00", "\x1a", "\xff", "\xc3", "0", "1a", "a", "ё", "\U0001F600", "\ufffd", "\xe2\x82",
		})).Draw(t, "parts")
		s := strings.Join(parts, "") + string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"))
		stored := escape(s)
		if got := unescape(stored); got != s {
			t.Fatalf("%q became %q, then %q", s, stored, got)
		}
		if strings.ToValidUTF8(stored, "") != stored || strings.ContainsRune(stored, 0) {
			t.Fatalf("%q cannot be stored", stored)
		}
	})
}

func FuzzUnescape(f *testing.F) {
	for _, s := range []string{"", "plain", "\x1a", "\x1a0", "\x1a00", "\x1azz", "\x1aff\x1a1a"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got := unescape(escape(s)); got != s {
			t.Errorf("%q came back as %q", s, got)
		}
		_ = unescape(s)
	})
}

func TestTimes(t *testing.T) {
	for _, want := range []time.Time{
		{}, time.Unix(1, 0).UTC(), time.Unix(-1, 0).UTC(), time.UnixMicro(1<<63 - 1).UTC(), time.UnixMicro(-1 << 63).UTC(),
	} {
		if got := fromMicros(micros(want)); !got.Equal(want) {
			t.Errorf("%s came back as %s", want, got)
		}
	}
	if got := micros(time.Unix(1<<60, 0)); got != 1<<63-1 {
		t.Errorf("beyond the range: %d", got)
	}
}

func TestWakerForgetsNothing(t *testing.T) {
	w := newWaker()
	defer w.close()
	w.add(topics.Lease{Queue: "q", Lane: "first", Epoch: 1})
	for i := range 3 * maxWakeups {
		w.add(topics.Lease{Queue: "q", Lane: fmt.Sprint(i)})
	}
	all := false
	for range maxWakeups + 2 {
		select {
		case lease := <-w.out:
			all = all || lease == topics.Lease{}
		case <-time.After(5 * time.Second):
			t.Fatal("nothing more, and never all")
		}
		if all {
			return
		}
	}
	t.Error("too many lanes, but not told to look at all")
}

// start01 and the files after it stand for the migrations of later versions.
func migrationsUpTo(t *testing.T, n int) fstest.MapFS {
	t.Helper()
	first, err := migrations.ReadFile("migrations/sqlite/0001_start.sql")
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{"migrations/sqlite/0001_start.sql": {Data: first}}
	for i := 2; i <= n; i++ {
		files[fmt.Sprintf("migrations/sqlite/%04d_more.sql", i)] = &fstest.MapFile{
			Data: fmt.Appendf(nil, "-- +goose Up\nCREATE TABLE more%d (id INTEGER);\n", i),
		}
	}
	return files
}

func TestMigrationCopiesTheFileAside(t *testing.T) {
	ctx := context.Background()
	file := filepath.Join(t.TempDir(), "a 'b'.db")
	db, err := sql.Open("sqlite", sqliteDSN(file, writerPragmas))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	clock := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for version := 1; version <= 9; version++ {
		m := migration{
			dialect: goose.DialectSQLite3, folder: "sqlite", files: migrationsUpTo(t, version),
			before: func(ctx context.Context, target int64) error {
				clock = clock.Add(time.Hour)
				suffix := fmt.Sprintf("%04d-%s", target, clock.Format("20060102T150405Z"))
				return copyAside(ctx, db, file, suffix)
			},
		}
		for range 2 { // the second time there is nothing to do
			if err := m.run(ctx, db); err != nil {
				t.Fatal(err)
			}
		}
	}
	copies, err := filepath.Glob(filepath.Dir(file) + "/*.before-*")
	if err != nil {
		t.Fatal(err)
	}
	if len(copies) != keptCopies {
		t.Fatalf("copies %v, want %d", copies, keptCopies)
	}
	last := file + ".before-0009-20260101T080000Z"
	info, err := os.Stat(last)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info, err)
	}
	older, err := sql.Open("sqlite", sqliteDSN(last, readerPragmas))
	if err != nil {
		t.Fatal(err)
	}
	defer older.Close()
	var tables int
	err = older.QueryRow(`SELECT count(*) FROM sqlite_master WHERE name IN ('items', 'more8', 'more9')`).Scan(&tables)
	if err != nil || tables != 2 {
		t.Errorf("the copy holds %d of the tables, want 2: %v", tables, err)
	}
}

func TestMigrationThatFailsChangesNothing(t *testing.T) {
	ctx := context.Background()
	db, err := sql.Open("sqlite", sqliteDSN(filepath.Join(t.TempDir(), "a.db"), writerPragmas))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	files := migrationsUpTo(t, 1)
	files["migrations/sqlite/0002_bad.sql"] = &fstest.MapFile{
		Data: []byte("-- +goose Up\nCREATE TABLE half (id INTEGER);\nINSERT INTO nowhere VALUES (1);\n"),
	}
	m := migration{
		dialect: goose.DialectSQLite3, folder: "sqlite", files: files,
		before: func(context.Context, int64) error { return nil },
	}
	if err := m.run(ctx, db); err == nil {
		t.Fatal("a bad migration went through")
	}
	version, err := m.version(ctx, db)
	if err != nil || version != 1 {
		t.Errorf("version %d, %v", version, err)
	}
	var tables int
	err = db.QueryRow(`SELECT count(*) FROM sqlite_master WHERE name = 'half'`).Scan(&tables)
	if err != nil || tables != 0 {
		t.Errorf("half a migration stayed: %d, %v", tables, err)
	}
}

// The budget is a sliding window: what was sent a minute ago makes room, each send by
// itself.
func TestBudgetSlides(t *testing.T) {
	ctx := context.Background()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	s, err := Open(ctx, "sqlite:"+filepath.Join(t.TempDir(), "a.db"), Options{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	reserve := func(want time.Duration) {
		t.Helper()
		id, got, err := s.Reserve(ctx, -1, 3)
		if err != nil || got != want {
			t.Errorf("wait %s, %v, want %s", got, err, want)
		}
		if err := s.Settle(ctx, id, true); err != nil {
			t.Error(err)
		}
	}
	for range 3 {
		reserve(0)
		now = now.Add(10 * time.Second)
	}
	const margin = 100 * time.Millisecond
	reserve(30*time.Second + margin)
	now = now.Add(30*time.Second + margin - time.Microsecond)
	reserve(time.Millisecond)
	now = now.Add(time.Microsecond)
	reserve(0)
	reserve(10 * time.Second)
	_, wait, err := s.Reserve(ctx, -1, 1) // a limit that was lowered: all but none have to leave
	if err != nil || wait != time.Minute+margin {
		t.Errorf("wait %s, %v", wait, err)
	}
}

// After a run that did not end in order each unfinished item counts as a send, up to the
// limit of its chat, also for the run after the next; after a clean stop none does.
func TestUnfinishedCountsAfterAnUncleanEnd(t *testing.T) {
	ctx := context.Background()
	file := "sqlite:" + filepath.Join(t.TempDir(), "a.db")
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	begin := func() (*Store, int) {
		t.Helper()
		s, err := Open(ctx, file, Options{Now: func() time.Time { return now }})
		if err != nil {
			t.Fatal(err)
		}
		sends, err := s.RecentSends(ctx, now.Add(-time.Minute), 4)
		if err != nil {
			t.Fatal(err)
		}
		return s, len(sends[-1])
	}
	s, n := begin()
	if n != 0 {
		t.Errorf("a new file: %d sends", n)
	}
	lanes := []topics.NewItem{{Queue: topics.QueueInbox, Lane: "-1/0"}, {Queue: topics.QueueOutbox, Lane: "-1/7"}}
	for _, run := range []struct {
		name  string
		clean bool
		want  int
	}{{"unclean", false, 2}, {"clean", true, 2}, {"unclean, up to the limit", false, 6}} {
		if _, err := s.Append(ctx, lanes); err != nil {
			t.Fatal(err)
		}
		if run.clean {
			if err := s.MarkClean(ctx); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Second)
		if s, n = begin(); n != run.want {
			t.Errorf("%s: %d sends, want %d", run.name, n, run.want)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// What is pruned of the vectors leaves no data behind that nothing leads to.
func TestPrunedVectorsLeaveNothing(t *testing.T) {
	ctx := context.Background()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	s, err := Open(ctx, "sqlite:"+filepath.Join(t.TempDir(), "a.db"), Options{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	count := func(want int) {
		t.Helper()
		var n int
		if err := s.read.QueryRow(`SELECT count(*) FROM vector_data`).Scan(&n); err != nil || n != want {
			t.Errorf("%d vectors, %v, want %d", n, err, want)
		}
	}
	for _, digit := range []string{"a", "b"} {
		vector := topics.KeptVector{Hash: strings.Repeat(digit, 64), Dimension: 1, Data: []byte{1}}
		if err := s.KeepVectors(ctx, "m", []topics.KeptVector{vector}); err != nil {
			t.Fatal(err)
		}
		now = now.AddDate(0, 0, 1)
	}
	count(2)
	now = now.AddDate(0, 0, 29)
	if _, err := s.Prune(ctx, Retention{}); err != nil {
		t.Fatal(err)
	}
	count(1)
}

func TestDays(t *testing.T) {
	for at, want := range map[time.Time]int64{
		time.Unix(0, 0):       0,
		time.Unix(86_399, 0):  0,
		time.Unix(86_400, 0):  1,
		time.Unix(-1, 0):      -1,
		time.Unix(-86_400, 0): -1,
		time.Date(2026, 3, 2, 2, 0, 0, 0, time.FixedZone("", 3*3600)): 20_513,
	} {
		if got := dayOf(at); got != want {
			t.Errorf("%s is day %d, want %d", at, got, want)
		}
	}
}
