package crash

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	_ "github.com/jackc/pgx/v5/stdlib" // PostgreSQL
	_ "modernc.org/sqlite"             // SQLite
)

// Place is a message's place in Telegram.
type Place struct {
	Chat, Thread, Message int64
}

// Typed is a step that was carried out.
type Typed struct {
	Step
	Place           // zero for poison
	UpdateID int64  // poison only
	Text     string // as stored
}

// Answer is a message that the bot sent, in the order in which they arrived.
type Answer struct {
	Place
	Text string
}

var commanderPattern = regexp.MustCompile(`command of (\d+) and (\d+)`)

// command is the number of the command that an answer answers, 0 when it does not tell.
func (a *Answer) command() int {
	m := commanderPattern.FindStringSubmatch(a.Text)
	if m == nil || m[1] != m[2] {
		return 0
	}
	id, err := strconv.Atoi(m[1])
	if err != nil {
		return 0
	}
	return max(id-firstCommander, 0)
}

// Row is a row of the table messages, in the order of its key: the order of writing.
type Row struct {
	Place
	Author, Kind, Text string
}

// Stored is what the database holds.
type Stored struct {
	Rows    []Row
	Parked  []string // keys of the parked updates: bot:update_id
	Waiting int      // items neither done nor parked
}

// DB opens the database of a store url for reading by plain SQL.
func DB(url string) (*sql.DB, error) {
	driver, name := "pgx", url
	if file, ok := strings.CutPrefix(url, "sqlite:"); ok {
		driver, name = "sqlite", "file:"+file+"?mode=ro&_pragma=busy_timeout(5000)"
	}
	db, err := sql.Open(driver, name)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

// Waiting counts the items that are neither done nor parked.
func Waiting(ctx context.Context, db *sql.DB) (n int, err error) {
	err = db.QueryRowContext(ctx, `SELECT count(*) FROM items WHERE state = 0`).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count what waits: %w", err)
	}
	return n, nil
}

// Read reads all that Check needs.
func Read(ctx context.Context, db *sql.DB) (*Stored, error) {
	var s Stored
	var err error
	if s.Waiting, err = Waiting(ctx, db); err != nil {
		return nil, err
	}
	err = each(ctx, db, `SELECT key FROM items WHERE state = 2 ORDER BY id`, func(rows *sql.Rows) error {
		var key string
		err := rows.Scan(&key)
		s.Parked = append(s.Parked, key)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read what is parked: %w", err)
	}
	err = each(ctx, db, `SELECT chat_id, thread_id, message_id, author_kind, kind, text FROM messages ORDER BY id`,
		func(rows *sql.Rows) error {
			var r Row
			err := rows.Scan(&r.Chat, &r.Thread, &r.Message, &r.Author, &r.Kind, &r.Text)
			s.Rows = append(s.Rows, r)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("read the transcript: %w", err)
	}
	return &s, nil
}

func each(ctx context.Context, db *sql.DB, query string, scan func(*sql.Rows) error) error {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
