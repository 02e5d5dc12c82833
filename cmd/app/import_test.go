package app_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"topicpilot/cmd/app"
	"topicpilot/config"
	"topicpilot/topics"
	"topicpilot/topics/store"
)

// exportOf makes an export of the group -1002101424779 with one topic.
func exportOf(messages int) string {
	var b strings.Builder
	b.WriteString(`{"type":"private_supergroup","id":2101424779,"messages":[{"id":10,"type":"service",` +
		`"date_unixtime":"1704189720","action":"topic_created","title":"Ann"}`)
	for i := range messages {
		fmt.Fprintf(&b, `,{"id":%d,"type":"message","date_unixtime":"1704189780","from_id":"user%d",`+
			`"reply_to_message_id":%d,"text":"message %d"}`, 11+i, 5555+i%2, 10+i, i)
	}
	b.WriteString("]}")
	return b.String()
}

// TestImportBesideABot: import and bot write into one database side by side, and both get
// what they want.
func TestImportBesideABot(t *testing.T) {
	url := "sqlite:" + filepath.Join(t.TempDir(), "bot.db")
	bot, err := store.Open(t.Context(), url, store.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer bot.Close()
	bot.Listen(func([]topics.Committed) {})
	cfg := &config.Config{}
	cfg.Store.URL = config.NewURL(url)
	cfg.Groups = []config.Group{{
		ID: -1002101424779, Mirror: config.Mirror{Source: "account", SenderIDs: []int64{5555}, CommentMark: "/ "},
	}}
	imported := make(chan error, 1)
	go func() {
		report, err := app.Import(t.Context(), cfg, slog.New(slog.DiscardHandler),
			app.ImportOptions{File: strings.NewReader(exportOf(4_000))})
		if err == nil && report.Imported.Stored != 4_001 {
			err = fmt.Errorf("report %+v", report)
		}
		imported <- err
	}()
	for n := 0; ; n++ {
		if _, err := bot.Append(t.Context(), []topics.NewItem{{
			Queue: topics.QueueInbox, Lane: "x", Key: fmt.Sprint(n), Payload: []byte("{}"),
		}}); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-imported:
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%d updates stored meanwhile", n+1)
			messages, err := bot.Messages(t.Context(), topics.Conversation{ChatID: -1002101424779, ThreadID: 10}, 0, 3)
			if err != nil || len(messages) != 3 || messages[1].Author.Kind != topics.AuthorCustomer {
				t.Errorf("%+v, %v", messages, err)
			}
			return
		default:
		}
	}
}

// TestImportOfAnotherGroup: a group that is not in the settings is named before anything is read.
func TestImportOfAnotherGroup(t *testing.T) {
	url := "sqlite:" + filepath.Join(t.TempDir(), "bot.db")
	db, err := store.Open(t.Context(), url, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	_ = db.Close()
	cfg := &config.Config{}
	cfg.Store.URL = config.NewURL(url)
	file := bytes.NewBufferString(exportOf(1))
	_, err = app.Import(t.Context(), cfg, slog.New(slog.DiscardHandler), app.ImportOptions{File: file, GroupID: -1005})
	var unknown *app.GroupError
	if !errors.As(err, &unknown) || unknown.ID != -1005 || file.Len() == 0 {
		t.Errorf("%v, %d bytes left", err, file.Len())
	}
}
