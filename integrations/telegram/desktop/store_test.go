package desktop_test

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"topicpilot/integrations/telegram/desktop"
	"topicpilot/topics"
	"topicpilot/topics/store"
)

// openStore opens a new database and gives a way to store what the bot has seen itself.
func openStore(t testing.TB) (*store.Store, func(topics.Outcome)) {
	t.Helper()
	db, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "bot.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	committed := make(chan topics.Committed, 1)
	db.Listen(func(list []topics.Committed) { committed <- list[0] })
	n := 0
	return db, func(outcome topics.Outcome) {
		t.Helper()
		n++
		_, err := db.Append(t.Context(), []topics.NewItem{{Queue: topics.QueueInbox, Lane: "x", Key: fmt.Sprint(n)}})
		if err != nil {
			t.Fatal(err)
		}
		c := <-committed
		if err := db.Finish(t.Context(), c.Lease, c.Item, outcome); err != nil {
			t.Fatal(err)
		}
	}
}

// TestBesideTheBot: what the bot has seen itself is left as it is, newer edits and titles
// included; what is missing comes from the file, once.
func TestBesideTheBot(t *testing.T) {
	db, seen := openStore(t)
	conv := topics.Conversation{ChatID: groupID, ThreadID: 10}
	day := time.Date(2024, 1, 2, 10, 3, 0, 0, time.UTC)
	own := topics.Message{
		Conversation: conv, ID: 11, Date: day, Kind: topics.MessageTalk,
		Author: topics.Author{Kind: topics.AuthorCustomer, ID: mirror}, Text: topics.Plain("as the bot saw it"),
	}
	edited := own
	edited.EditDate, edited.Text = day.Add(time.Hour), topics.Plain("edited since")
	seen(topics.Outcome{
		Messages: []topics.Message{own},
		Topics: []topics.TopicChange{
			{Conversation: conv, Title: "renamed since", Status: topics.TopicStatusClosed, At: day},
		},
	})
	seen(topics.Outcome{Edits: []topics.Message{edited}})
	for i, want := range []topics.Imported{{Stored: 26, Known: 1}, {Known: 27}} {
		report, err := desktop.Read(t.Context(), bytes.NewReader(groupFile(t)), options(), db)
		if err != nil || report.Imported != want {
			t.Errorf("import %d: %+v, %v, want %+v", i+1, report.Imported, err, want)
		}
	}
	messages, err := db.Messages(t.Context(), conv, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	if len(messages) != 25 || messages[1].ID != 11 || messages[1].Text.Text != "edited since" {
		t.Errorf("%d messages, the second is %+v", len(messages), messages[1])
	}
	hits, err := db.Find(t.Context(), topics.FindQuery{ChatID: groupID, Words: "caption", Limit: 5})
	if err != nil || len(hits) != 1 || hits[0].ID != 30 {
		t.Errorf("found %+v, %v", hits, err)
	}
	topic, err := db.Topic(t.Context(), conv)
	if err != nil || topic.Title != "renamed since" || topic.Status != topics.TopicStatusClosed {
		t.Errorf("topic %+v, %v", topic, err)
	}
	topic, err = db.Topic(t.Context(), topics.Conversation{ChatID: groupID, ThreadID: 50})
	if err != nil || topic.Title != "Bob" || topic.Status != topics.TopicStatusOpen {
		t.Errorf("topic %+v, %v", topic, err)
	}
}

// BenchmarkRead reads a file of 10,000 messages and keeps nothing.
func BenchmarkRead(b *testing.B) {
	messages := []string{topic10}
	for id := 11; id <= 10_000; id++ {
		messages = append(messages, message(fmt.Sprint(id), fmt.Sprintf(
			`"from":"Mirror","reply_to_message_id":%d,"text":["Good day, my order ",{"type":"bold","text":"%d"},`+
				`" has not come yet. Добрый день! %s"],"text_entities":[{"type":"plain","text":"%s"}]`,
			id-1, id, strings.Repeat("слово ", 8), strings.Repeat("слово ", 8))))
	}
	text := []byte(file(messages...))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := desktop.Read(b.Context(), bytes.NewReader(text), options(), &drain{}); err != nil {
			b.Fatal(err)
		}
	}
}
