package store

import (
	"context"
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
)

// TestAdvicePlans: no statement about what the advisor keeps looks through a whole table or
// sorts what an index could give in order.
func TestAdvicePlans(t *testing.T) {
	ctx := context.Background()
	file := filepath.Join(t.TempDir(), "a.db")
	s, err := Open(ctx, "sqlite:"+file, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for q, text := range adviceTexts {
		args := make([]any, strings.Count(text, "?"))
		for i := range args {
			args[i] = int64(1)
		}
		for _, step := range planOf(t, db, text, args) {
			scan := strings.HasPrefix(step, "SCAN") && step != "SCAN CONSTANT ROW"
			if strings.HasSuffix(text, " ORDER BY id LIMIT ?") && !strings.Contains(text, "WHERE") {
				scan = false // it ends after the first ones
			}
			if scan || strings.Contains(step, "TEMP B-TREE") {
				t.Errorf("%s\n%s (statement %d)", step, text, q)
			}
		}
	}
}

func planOf(t *testing.T, db *sql.DB, text string, args []any) (steps []string) {
	t.Helper()
	rows, err := db.Query(`EXPLAIN QUERY PLAN `+text, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			t.Fatal(err)
		}
		steps = append(steps, step)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return steps
}
