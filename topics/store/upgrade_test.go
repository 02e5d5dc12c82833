package store_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/pressly/goose/v3"

	"topicpilot/topics"
	"topicpilot/topics/store"
)

// schemaUpTo makes the tables as an earlier version of the program did.
func schemaUpTo(t *testing.T, address string, version int64) {
	t.Helper()
	driver, source, dialect, folder := "pgx", address, goose.DialectPostgres, "migrations/postgres"
	if file, ok := strings.CutPrefix(address, "sqlite:"); ok {
		driver, source, dialect, folder = "sqlite", file, goose.DialectSQLite3, "migrations/sqlite"
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{}
	for _, entry := range entries {
		n, err := goose.NumericComponent(entry.Name())
		if err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if n <= version {
			files[entry.Name()] = &fstest.MapFile{Data: data}
		}
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	provider, err := goose.NewProvider(dialect, db, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if results, err := provider.Up(context.Background()); err != nil || len(results) != int(version) {
		t.Fatalf("%d of %d migrations, %v", len(results), version, err)
	}
}

// TestUpgradeFromSearch opens a database of the version before the advisor: what it holds
// stays, and is erased and listed together with what is new.
func TestUpgradeFromSearch(t *testing.T) {
	backends := map[string]func(t *testing.T) string{
		"sqlite":   func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "a.db") },
		"postgres": func(t *testing.T) string { return newDatabase(t, postgresServer(t)) },
	}
	conv := topics.Conversation{ChatID: -100, ThreadID: 7}
	at := time.Now().Add(-time.Hour)
	for name, fresh := range backends {
		t.Run(name, func(t *testing.T) {
			ctx := context.Background()
			address := fresh(t)
			schemaUpTo(t, address, 3)
			for _, statement := range []string{
				`INSERT INTO messages (chat_id, thread_id, message_id, date, author_kind, author_id, author_name,
					author_username, kind, text, entities, media, album)
					VALUES (-100, 7, 1, 1000000, 'customer', 5, 'Anna', '', 'talk', 'refund', '', '', '')`,
				`INSERT INTO topics (chat_id, thread_id, title, status, first_seen, changed_at)
					VALUES (-100, 7, 'Anna', 'open', 1, 1)`,
				`INSERT INTO topic_customers (chat_id, thread_id, customer_id, info, at) VALUES (-100, 7, 5, '{}', 1)`,
				`INSERT INTO runs (key, command, chat_id, thread_id, customer_id, message_id, asker, args, state, attempts,
					result, decided, answer_id, asked_at, sent_at, ended_at, told, reply, tell_text, version)
					VALUES ('k', 'activate', -100, 7, 5, 1, '', '{}', 'done', 1, '', '', 0, 1, 0, 0, '', 'on', '', 1)`,
				`INSERT INTO items (queue, lane, key, added_at, payload) VALUES ('inbox', '-100/7', 'u', 1, NULL)`,
				`INSERT INTO chat_migrations (from_chat, to_chat, at) VALUES (-90, -100, 1)`,
			} {
				execute(t, address, statement)
			}
			s := open(t, address, store.Options{})
			if files, err := filepath.Glob(strings.TrimPrefix(address, "sqlite:") + ".before-0004-*"); name == "sqlite" &&
				(err != nil || len(files) != 1) {
				t.Errorf("copies %v, %v", files, err)
			}
			if list, err := s.LastMessages(ctx, conv, 10); err != nil || len(list) != 1 || list[0].Text.Text != "refund" {
				t.Errorf("messages %+v, %v", list, err)
			}
			hits, err := s.Find(ctx, topics.FindQuery{ChatID: -100, Words: "refunds", Limit: 5})
			if err != nil || len(hits) != 1 {
				t.Errorf("found %+v, %v", hits, err)
			}
			if pending, err := s.HasPending(ctx, topics.QueueInbox, conv.Lane()); err != nil || !pending {
				t.Errorf("what waits: %v, %v", pending, err)
			}
			former := topics.Conversation{ChatID: -90, ThreadID: 7}
			draft := topics.Draft{Key: "d", Conversation: former, CustomerID: 5, State: topics.DraftOpen, At: at}
			if _, added, err := s.AddDraft(ctx, draft); err != nil || !added {
				t.Errorf("a draft: %v, %v", added, err)
			}
			if list, err := s.Drafts(ctx, conv, time.Time{}, 5); err != nil || len(list) != 1 {
				t.Errorf("drafts %+v, %v", list, err)
			}
			receipt, err := s.Forget(ctx, 5, nil)
			if err != nil || receipt.Messages != 1 || receipt.Runs != 1 || receipt.Drafts != 1 || receipt.Journal != 1 {
				t.Errorf("receipt %+v, %v", receipt, err)
			}
		})
	}
}
