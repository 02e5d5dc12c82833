package store

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"topicpilot/topics"
)

// vocabulary lists the terms in the index of a closed SQLite database, and makes sure
// that the index is sound.
func vocabulary(t *testing.T, file string) []string {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, statement := range []string{
		`INSERT INTO search (search) VALUES ('integrity-check')`,
		`CREATE VIRTUAL TABLE temp.terms USING fts5vocab (main, search, row)`,
	} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(statement, err)
		}
	}
	rows, err := db.Query(`SELECT term FROM terms`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var terms []string
	for rows.Next() {
		var term string
		if err := rows.Scan(&term); err != nil {
			t.Fatal(err)
		}
		terms = append(terms, term)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return terms
}

// TestErasedTerms: nothing of an erased customer's words stays in the index, edited and
// not yet indexed ones included, and all of the others' does.
func TestErasedTerms(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.db")
	ctx := context.Background()
	s, err := Open(ctx, "sqlite:"+file, Options{})
	if err != nil {
		t.Fatal(err)
	}
	place := func(thread int64) topics.Conversation { return topics.Conversation{ChatID: -100, ThreadID: thread} }
	at := time.Now().Add(-time.Hour)
	info := topics.TopicInfo{Private: true, Customer: topics.Customer{ID: 77}}
	if err := s.KeepCustomer(ctx, place(1), info, at); err != nil {
		t.Fatal(err)
	}
	said := func(thread, id int64, text string) topics.Message {
		return topics.Message{
			Conversation: place(thread), ID: id, Date: at, Kind: topics.MessageTalk,
			Author: topics.Author{Kind: topics.AuthorCustomer}, Text: topics.Plain(text),
		}
	}
	write := func(o topics.Outcome) {
		t.Helper()
		if err := s.write(ctx, func(w writer) error { return s.writeOutcome(w, &o, 0) }); err != nil {
			t.Fatal(err)
		}
	}
	const each = 500
	for thread := int64(1); thread <= 2; thread++ {
		var o topics.Outcome
		for i := range int64(each) {
			id := thread*1000 + i
			text := fmt.Sprintf("both only%d x%dy%d +380 50 123 %04d", thread, thread, i, id)
			o.Messages = append(o.Messages, said(thread, id, text))
		}
		write(o)
	}
	for more := true; more; {
		if more, err = s.Index(ctx); err != nil {
			t.Fatal(err)
		}
	}
	edited := said(1, 1001, "edited")
	edited.EditDate = at.Add(time.Minute)
	write(topics.Outcome{Edits: []topics.Message{edited}, Messages: []topics.Message{said(1, 5000, "unindexed")}})
	if receipt, err := s.Forget(ctx, 77, nil); err != nil || receipt.Messages != each+1 {
		t.Fatalf("%+v, %v", receipt, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	want := []string{groupTerm(-100), topicTerm(place(2))}
	for _, word := range []string{"both", "only2", "380", "50", "123"} {
		want = append(want, term(word))
	}
	for i := range int64(each) {
		want = append(want, term(fmt.Sprintf("x2y%d", i)), term(fmt.Sprintf("%04d", 2000+i)))
		want = append(want, numberTerms(fmt.Sprintf("38050123%04d", 2000+i))...)
	}
	slices.Sort(want)
	if got := vocabulary(t, file); !slices.Equal(got, slices.Compact(want)) {
		t.Errorf("%d terms are left, want %d", len(got), len(want))
	}
}
