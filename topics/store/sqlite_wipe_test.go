package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pressly/goose/v3"

	"topicpilot/topics"
)

// page makes a leaf of a table with rows at the end, one free block of the given size
// before them, and a gap in front.
func leaf(gap string, free string) []byte {
	page := make([]byte, minPage)
	page[0] = leafTable
	content := minPage - 40 - freeHeader - len(free)
	binary.BigEndian.PutUint16(page[1:], uint16(content))
	binary.BigEndian.PutUint16(page[3:], 2) // rows
	binary.BigEndian.PutUint16(page[5:], uint16(content))
	copy(page[content-len(gap):], gap)
	binary.BigEndian.PutUint16(page[content+2:], uint16(freeHeader+len(free)))
	copy(page[content+freeHeader:], free)
	copy(page[minPage-40:], bytes.Repeat([]byte("live"), 10))
	return page
}

func TestDirtyParts(t *testing.T) {
	zeros := string(make([]byte, 8))
	for _, test := range []struct {
		name      string
		gap, free string
		dirty     int
	}{
		{"clean", zeros, zeros, 0},
		{"the gap", "stale", zeros, 1},
		{"a free block", zeros, "stale", 1},
		{"both", "stale", "stale", 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			page := leaf(test.gap, test.free)
			dirty := dirtyParts(page)
			if len(dirty) != test.dirty {
				t.Fatalf("%d dirty parts, want %d", len(dirty), test.dirty)
			}
			for _, part := range dirty {
				clear(part)
			}
			if bytes.Contains(page, []byte("stale")) || bytes.Count(page, []byte("live")) != 10 {
				t.Errorf("afterwards %q", page)
			}
			if dirtyParts(page) != nil {
				t.Error("still dirty")
			}
		})
	}
}

// FuzzDirtyParts reads damaged pages: none makes it panic, and what it would clear never
// reaches into the header.
func FuzzDirtyParts(f *testing.F) {
	f.Add([]byte{})
	f.Add(leaf("stale", "stale"))
	f.Add(bytes.Repeat([]byte{interiorIndex}, minPage))
	f.Add(bytes.Repeat([]byte{0xff}, 1<<16))
	f.Fuzz(func(t *testing.T, page []byte) {
		head := append([]byte(nil), page[:min(len(page), leafHeader)]...)
		for _, part := range dirtyParts(page) {
			clear(part)
		}
		if !bytes.HasPrefix(page, head) {
			t.Errorf("the header %x became %x", head, page[:len(head)])
		}
	})
}

// The schema before the first erasure left deleted rows in the file.
func TestFirstStartClearsOldBytes(t *testing.T) {
	ctx := context.Background()
	file := filepath.Join(t.TempDir(), "a.db")
	db, err := sql.Open("sqlite", sqliteDSN(file, "_pragma=journal_mode(WAL)"))
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	m := migration{
		dialect: goose.DialectSQLite3, folder: "sqlite", files: migrationsUpTo(t, 1),
		before: func(context.Context, int64) error { return nil },
	}
	if err := m.run(ctx, db); err != nil {
		t.Fatal(err)
	}
	const insert = `INSERT INTO messages (chat_id, thread_id, message_id, date, author_kind, author_id, author_name,
		author_username, kind, text, entities, media, album) VALUES (-1, 1, ?, 1, '', 0, '', '', '', ?, '', '', '')`
	for id := range 100 {
		if _, err := db.Exec(insert, id, strings.Repeat("stale ", id*10)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.Exec(`DELETE FROM messages WHERE message_id <> 0`); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(file); err != nil || !bytes.Contains(data, []byte("stale")) {
		t.Fatalf("nothing is stale in the old file: %v", err)
	}
	s, err := Open(ctx, "sqlite:"+file, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if list, err := s.Messages(ctx, topics.Conversation{ChatID: -1, ThreadID: 1}, -1, 10); err != nil || len(list) != 1 {
		t.Errorf("the message that stayed: %v, %v", list, err)
	}
	files, err := filepath.Glob(file + "*")
	if err != nil || len(files) < 4 { // with the log, the lock and the copy
		t.Fatalf("files %v, %v", files, err)
	}
	for _, name := range files {
		if data, err := os.ReadFile(name); err != nil || bytes.Contains(data, []byte("stale")) {
			t.Errorf("%s still holds what was deleted, %v", filepath.Base(name), err)
		}
	}
}
