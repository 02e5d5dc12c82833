package store_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"topicpilot/topics"
	"topicpilot/topics/store"
)

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	garbage := filepath.Join(dir, "garbage.db")
	if err := os.WriteFile(garbage, []byte(strings.Repeat("no database ", 500)), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, url, want string }{
		{"no scheme", "topicpilot.db", "want sqlite:FILE"},
		{"another engine", "mysql://root:secret@host/db", "want sqlite:FILE"},
		{"no file", "sqlite:", "needs the name of a file"},
		{"memory", "sqlite::memory:", "is no file"},
		{"memory as a uri", "sqlite:file::memory:?cache=shared", "is no file"},
		{"zero byte", "sqlite:a\x00b", "zero byte"},
		{"no directory", "sqlite:" + dir + "/none/a.db", "does not exist; make it"},
		{"a directory", "sqlite:" + dir, "is a directory"},
		{"not writable", "sqlite:/proc/sys/kernel/none.db", "cannot be written"},
		{"garbage", "sqlite:" + garbage, "is no SQLite database"},
		{"bad port", "postgres://root:secret@127.0.0.1:port/db", "not a valid PostgreSQL address"},
		{"unescaped password", "postgres://root:sec%ret@127.0.0.1/db", "not a valid PostgreSQL address"},
		{"nobody listens", "postgres://root:secret@127.0.0.1:1/db", "127.0.0.1"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, err := store.Open(context.Background(), test.url, store.Options{})
			if err == nil {
				t.Fatal(s.Close())
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %q, want %q in it", err, test.want)
			}
			if strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "sec%ret") {
				t.Errorf("the password is shown: %q", err)
			}
		})
	}
}

func TestSecondBotIsRefused(t *testing.T) {
	url := "sqlite:" + filepath.Join(t.TempDir(), "a.db")
	first := open(t, url, store.Options{})
	if _, err := store.Open(context.Background(), url, store.Options{}); err == nil ||
		!strings.Contains(err.Error(), "another topicpilot runs on this database") {
		t.Fatalf("a second bot: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, url, store.Options{})
}

// A lock file that somebody has removed, or that the file system does not honour,
// must not let two bots write: the epoch is the second fence.
func TestEpochFencesTheFormerProcess(t *testing.T) {
	ctx := context.Background()
	file := filepath.Join(t.TempDir(), "a.db")
	former := open(t, "sqlite:"+file, store.Options{})
	var told []topics.Committed
	former.Listen(func(c []topics.Committed) { told = append(told, c...) })
	if _, err := former.Append(ctx, []topics.NewItem{{Queue: "q", Lane: "a"}}); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(file + ".lock"); err != nil {
		t.Fatal(err)
	}
	open(t, "sqlite:"+file, store.Options{})
	if _, err := former.Append(ctx, []topics.NewItem{{Queue: "q", Lane: "b"}}); !errors.Is(err, topics.ErrLeaseLost) {
		t.Errorf("append: %v", err)
	}
	err := former.Finish(ctx, told[0].Lease, told[0].Item, topics.Outcome{})
	if !errors.Is(err, topics.ErrLeaseLost) {
		t.Errorf("finish: %v", err)
	}
	if err := former.Ping(ctx); !errors.Is(err, topics.ErrLeaseLost) {
		t.Errorf("ping: %v", err)
	}
}

func TestToolBesideTheBot(t *testing.T) {
	ctx := context.Background()
	file := filepath.Join(t.TempDir(), "a.db")
	if _, err := store.Open(ctx, "sqlite:"+file, store.Options{Tool: true}); err == nil ||
		!strings.Contains(err.Error(), "first start of the bot") {
		t.Fatalf("before the first start: %v", err)
	}
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a tool made the file: %v", err)
	}
	bot := open(t, "sqlite:"+file, store.Options{})
	var told []topics.Committed
	bot.Listen(func(c []topics.Committed) { told = append(told, c...) })
	if _, err := bot.Append(ctx, []topics.NewItem{{Queue: "q", Lane: "a", Key: "1"}}); err != nil {
		t.Fatal(err)
	}
	lease := told[0].Lease
	if err := bot.Park(ctx, lease, told[0].Item, "poison"); err != nil {
		t.Fatal(err)
	}
	tool := open(t, "sqlite:"+file, store.Options{Tool: true})
	if err := tool.Replay(ctx, told[0].Item.ID); err != nil {
		t.Fatal(err)
	}
	select {
	case woken := <-bot.Wakeups():
		if woken != (topics.Lease{}) {
			t.Errorf("woken for %+v", woken)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the bot does not see what the tool did")
	}
	if ok, err := bot.Release(ctx, lease); err != nil || ok {
		t.Errorf("released a lane with a replayed item: %v, %v", ok, err)
	}
	if items, err := bot.Pending(ctx, lease, 10); err != nil || len(items) != 1 {
		t.Errorf("pending %v, %v", items, err)
	}
	if err := tool.Finish(ctx, lease, told[0].Item, topics.Outcome{}); !errors.Is(err, topics.ErrLeaseLost) {
		t.Errorf("a tool finished an item: %v", err)
	}
}

func TestSchemaVersions(t *testing.T) {
	ctx := context.Background()
	backends := map[string]func(t *testing.T) string{
		"sqlite":   func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "a.db") },
		"postgres": func(t *testing.T) string { return newDatabase(t, postgresServer(t)) },
	}
	for name, fresh := range backends {
		t.Run(name, func(t *testing.T) {
			url := fresh(t)
			if name == "postgres" {
				if _, err := store.Open(ctx, url, store.Options{Tool: true}); err == nil ||
					!strings.Contains(err.Error(), "there is no schema yet") {
					t.Errorf("a tool without a schema: %v", err)
				}
			}
			if err := open(t, url, store.Options{}).Close(); err != nil {
				t.Fatal(err)
			}
			execute(t, url, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, true)`)
			for _, tool := range []bool{false, true} {
				_, err := store.Open(ctx, url, store.Options{Tool: tool})
				if err == nil || !strings.Contains(err.Error(), "newer than this program: upgrade topicpilot") {
					t.Errorf("tool %v: %v", tool, err)
				}
			}
		})
	}
}

func TestFilesArePrivate(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.db")
	open(t, "sqlite:"+file, store.Options{})
	for _, name := range []string{file, file + "-wal", file + ".lock"} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is open to others: %s", filepath.Base(name), info.Mode())
		}
	}
}
