package store_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"topicpilot/topics"
	"topicpilot/topics/store"
)

// mark stands in every text of the customer that is erased.
const mark = "Qwxzyk"

// secret gives a text of about the length with a mark on each of its parts.
func secret(rng *rand.Rand, what string, length int) string {
	var b strings.Builder
	for b.Len() < length {
		fmt.Fprintf(&b, "%s-%s-%d ", mark, what, rng.IntN(1_000_000))
	}
	return b.String()
}

// fill writes customers' topics in the order in which life does: mixed, so that rows are
// moved between pages. The texts of all customers but 10 bear the mark.
func fill(t *testing.T, s *store.Store, rounds int) {
	t.Helper()
	ctx := context.Background()
	rng := rand.New(rand.NewPCG(1, 2))
	var told []topics.Committed
	s.Listen(func(c []topics.Committed) { told = append(told, c...) })
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	now := time.Now().Add(-time.Hour)
	for round := range rounds {
		thread := int64(rng.IntN(60) + 1)
		customer := thread%6 + 5
		conv := topics.Conversation{ChatID: -100, ThreadID: thread}
		text := func(what string, length int) string {
			if customer == 10 {
				return strings.ReplaceAll(secret(rng, what, length), mark, "Ordinary")
			}
			return secret(rng, what, length)
		}
		length := []int{10, 40, 300, 5000}[rng.IntN(4)]
		info := topics.TopicInfo{Private: true, Customer: topics.Customer{ID: customer, Name: text("info", rng.IntN(400))}}
		must(s.KeepCustomer(ctx, conv, info, now))
		told = nil
		_, err := s.Append(ctx, []topics.NewItem{
			{Queue: topics.QueueInbox, Lane: conv.Lane(), Key: fmt.Sprint(round), Payload: []byte(text("payload", length))},
			{Queue: topics.QueueInbox, Lane: conv.Lane(), Key: fmt.Sprint("p", round), Payload: []byte(text("poison", length))},
			{Queue: topics.QueueOutbox, Lane: conv.Lane() + " notices", Payload: []byte(text("notice", length))},
		})
		must(err)
		m := message(conv, int64(round*2), text("message", length))
		m.Author.Name, m.Media = text("name", 10), []topics.Media{{Kind: "photo", FileName: text("file", 20)}}
		edited := m
		edited.Text, edited.EditDate = topics.Plain(text("edit", rng.IntN(700))), now
		must(s.Finish(ctx, told[0].Lease, told[0].Item, topics.Outcome{
			Messages: []topics.Message{m}, Edits: []topics.Message{edited},
			Topics: []topics.TopicChange{{Conversation: conv, Title: text("title", rng.IntN(100)), At: now}},
		}))
		if round%3 == 0 {
			must(s.Park(ctx, told[1].Lease, told[1].Item, text("reason", 30)))
		}
		run := topics.Run{
			Key: fmt.Sprint("run", round), Conversation: conv, CustomerID: customer, AskedAt: now,
			Args:  map[string]string{"a": text("args", rng.IntN(200))},
			Reply: text("reply", rng.IntN(300)), TellText: text("tell", 20),
		}
		stored, _, err := s.AddRun(ctx, run)
		must(err)
		stored.Reply = text("longer", rng.IntN(900))
		_, err = s.ChangeRun(ctx, stored)
		must(err)
		_, err = s.AddLink(ctx, topics.Link{CustomerID: customer, Account: strings.TrimSpace(text("link", 3)), At: now})
		must(err)
		_, err = s.KeepMemo(ctx, conv, []byte(text("memo", length)), time.Now().Add(time.Hour))
		must(err)
		must(s.KeepPage(ctx, topics.Page{
			System: "n", Kind: topics.PageTranscript, CustomerID: customer, Conversation: conv, URL: text("page", 30),
		}))
		must(advise(s, topics.Draft{
			Key: fmt.Sprint("draft", round), Conversation: conv, CustomerID: customer, State: topics.DraftOpen,
			Text: text("draft", 4*length), At: now, Strange: []string{text("strange", 20)},
			Sources: []topics.DraftSource{{Quote: text("quote", length)}},
		}, text("question", rng.IntN(200))))
		if round%50 == 0 {
			for more := true; more; {
				more, err = s.Index(ctx)
				must(err)
			}
		}
	}
}

// advise stores a draft, has an operator write it anew, and stores a gap.
func advise(s *store.Store, draft topics.Draft, question string) error {
	ctx := context.Background()
	stored, _, err := s.AddDraft(ctx, draft)
	if err != nil {
		return err
	}
	stored.Original, stored.Text = draft.Text, draft.Text[:len(draft.Text)/2]+question
	if _, err := s.ChangeDraft(ctx, stored); err != nil {
		return err
	}
	gap := topics.Gap{Key: draft.Key, Conversation: draft.Conversation, Question: question, At: draft.At}
	return s.AddGap(ctx, gap)
}

// marked lists the files of the directory that hold the mark.
func marked(t *testing.T, dir string) (list []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		data, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(data, []byte(mark)); n > 0 {
			at := bytes.Index(data, []byte(mark))
			list = append(list, fmt.Sprintf("%s: %d times, the first: %q", entry.Name(), n, data[at:at+20]))
		}
	}
	return list
}

// TestForgottenBytes looks for the words of erased customers in all files of the database.
func TestForgottenBytes(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	file := filepath.Join(dir, "a.db")
	s := open(t, "sqlite:"+file, store.Options{})
	fill(t, s, 1500)
	for _, name := range []string{"0002-20260101T000000Z", "0003-20260101T000000Z"} {
		execute(t, "sqlite:"+file, `VACUUM INTO ?`, file+".before-"+name)
	}
	if list := marked(t, dir); len(list) < 3 {
		t.Fatalf("the customer's words are in %v alone", list)
	}
	// Somebody reads an old state for a while: the log cannot be emptied before they end.
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	reading, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if err := reading.QueryRow(`SELECT count(*) FROM messages`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	s.OnForget(func([]topics.Conversation, int64) {
		time.AfterFunc(300*time.Millisecond, func() { _ = reading.Rollback() })
	})
	receipt, err := s.Forget(ctx, 5, nil)
	if err != nil {
		t.Fatal(err)
	}
	for customer := int64(6); customer < 10; customer++ {
		if _, err := s.Forget(ctx, customer, nil); err != nil {
			t.Fatal(err)
		}
	}
	if receipt.Files != 2 || receipt.Messages == 0 || receipt.Versions == 0 || receipt.Parked == 0 ||
		receipt.Waiting == 0 || receipt.Journal == 0 || receipt.Runs == 0 ||
		receipt.Drafts == 0 {
		t.Errorf("receipt %+v", receipt)
	}
	if list := marked(t, dir); len(list) != 0 {
		t.Errorf("left in %v", list)
	}
	var verdict string
	if err := db.QueryRow(`PRAGMA integrity_check`).Scan(&verdict); err != nil || verdict != "ok" {
		t.Errorf("the file afterwards: %q, %v", verdict, err)
	}
	if got, err := s.Messages(ctx, topics.Conversation{ChatID: -100, ThreadID: 5}, 0, 1000); err != nil || len(got) == 0 {
		t.Errorf("the other customers' messages: %d, %v", len(got), err)
	}
}
