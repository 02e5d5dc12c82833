package telegram_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"topicpilot/integrations/telegram"
	"topicpilot/integrations/telegram/telegramtest"
	"topicpilot/topics"
)

const (
	group    int64 = -1001234567890
	stranger int64 = -1009999999999
	operator int64 = 77
	mark           = "/ "
)

type token string

func (t token) Reveal() string { return string(t) }

// stage is a fake Telegram with one forum group and a client of it.
type stage struct {
	*telegramtest.Server
	url    string
	client *telegram.Client
	topic  int64
}

func newStage(t *testing.T, options telegramtest.Options) *stage {
	t.Helper()
	server := telegramtest.New(options)
	url, err := server.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	s := &stage{Server: server, url: url, client: newClient(t, url, server.Token())}
	err = server.AddGroup(telegramtest.Group{
		ID: group, Title: "Support", IsForum: true, Members: []telegramtest.Member{
			{User: telegramtest.User{ID: operator, FirstName: "Olga"}, Status: telegramtest.Creator},
			{User: telegramtest.User{ID: 78, FirstName: "Max"}, Status: telegramtest.Administrator},
			{User: telegramtest.User{ID: 79, FirstName: "Rita"}, Status: telegramtest.Regular},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	topic, err := server.CreateTopic(group, operator, "John Doe")
	if err != nil {
		t.Fatal(err)
	}
	s.topic = int64(topic)
	return s
}

func newClient(t *testing.T, url, secret string) *telegram.Client {
	t.Helper()
	client, err := telegram.NewClient(telegram.Options{
		Token: token(secret), APIURL: url, Timeout: 5 * time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

func (s *stage) conversation() topics.Conversation {
	return topics.Conversation{ChatID: group, ThreadID: s.topic}
}

func (s *stage) sender(limits telegram.Limits) *telegram.Sender {
	return telegram.NewSender(telegram.SenderOptions{Client: s.client, Marks: marks{}, Limits: limits})
}

func (s *stage) post(t *testing.T, text string) {
	t.Helper()
	_, err := s.Post(telegramtest.Post{Chat: group, Thread: int(s.topic), From: operator, Text: text})
	if err != nil {
		t.Fatal(err)
	}
}

type marks struct{}

func (marks) CommentMark(chatID int64) (string, bool) { return mark, chatID == group }

// journal keeps items in memory and passes over known keys.
type journal struct {
	mu      sync.Mutex
	items   []topics.NewItem
	batches int
	keys    map[string]bool
	fail    int
	changed chan struct{}
}

func newJournal() *journal { return &journal{keys: map[string]bool{}, changed: make(chan struct{}, 1)} }

var errDisk = errors.New("disk full")

func (j *journal) Append(ctx context.Context, items []topics.NewItem) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	defer func() {
		select {
		case j.changed <- struct{}{}:
		default:
		}
	}()
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if j.fail > 0 {
		j.fail--
		return 0, errDisk
	}
	j.batches++
	added := 0
	for _, item := range items {
		if !j.keys[item.Key] {
			j.keys[item.Key] = true
			j.items = append(j.items, item)
			added++
		}
	}
	return added, nil
}

func (j *journal) all() []topics.NewItem {
	j.mu.Lock()
	defer j.mu.Unlock()
	return append([]topics.NewItem(nil), j.items...)
}

// wait returns the items once there are n of them.
func (j *journal) wait(t *testing.T, n int) []topics.NewItem {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		if items := j.all(); len(items) >= n {
			return items
		}
		select {
		case <-j.changed:
		case <-time.After(50 * time.Millisecond):
		case <-deadline:
			t.Fatalf("%d items, want %d", len(j.all()), n)
		}
	}
}

// eventually waits for something that no channel tells of.
func eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !cond(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("never: " + what)
		}
	}
}
