package commands_test

import (
	"bytes"
	"context"
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"topicpilot/commands"
	"topicpilot/topics"
)

var update = flag.Bool("update", false, "write golden files and generated docs anew")

const (
	chatID   = -1002101424779
	threadID = 5343
	mirrorID = 5555
	olga     = 42
)

func newGroup(lang string) *topics.Group {
	return &topics.Group{
		ID: chatID, Language: lang,
		Mirror: topics.Mirror{
			Source: topics.SourceAccount, SenderIDs: []int64{mirrorID}, CommentMark: "/ ",
		},
		Operators: topics.Who{IDs: []int64{olga}},
	}
}

func newCall(group *topics.Group, name string) topics.Call {
	return topics.Call{
		Group:        group,
		Conversation: topics.Conversation{ChatID: chatID, ThreadID: threadID},
		By:           topics.Author{Kind: topics.AuthorOperator, ID: olga, Name: "Olga"},
		Role:         topics.RoleOperator,
		MessageID:    17, Name: name, Key: "1:100",
	}
}

func john() topics.Resolved {
	return topics.Resolved{TopicInfo: topics.TopicInfo{
		Private: true,
		Customer: topics.Customer{
			ID: 987654321, Name: "John Doe", FirstName: "John", LastName: "Doe",
			Username: "john1991", Phone: "+12125550123", Language: "en",
		},
		Status: "user_answered", Title: "John Doe",
	}}
}

// all are the commands without the tasks.
func all(parts commands.Parts) []commands.Command {
	list, _ := commands.All(parts)
	return list
}

// customers answers as its function says.
type customers func(ctx context.Context, conv topics.Conversation) (topics.Resolved, error)

func (f customers) Resolve(
	ctx context.Context, _ *topics.Group, conv topics.Conversation, _ topics.Need,
) (topics.Resolved, error) {
	return f(ctx, conv)
}

func always(resolved topics.Resolved) customers {
	return func(context.Context, topics.Conversation) (topics.Resolved, error) { return resolved, nil }
}

func never(reason topics.ResolveReason) customers {
	return func(context.Context, topics.Conversation) (topics.Resolved, error) {
		return topics.Resolved{}, &topics.ResolveError{Reason: reason}
	}
}

// section is a Section made of a function.
type section func(ctx context.Context, req commands.SectionRequest) ([]topics.Text, error)

func (f section) Lines(ctx context.Context, req commands.SectionRequest) ([]topics.Text, error) {
	return f(ctx, req)
}

// clock is set by hand.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func newRegistry(t *testing.T, list ...commands.Command) *commands.Registry {
	t.Helper()
	registry, err := commands.New(commands.Config{Commands: list})
	if err != nil {
		t.Fatal(err)
	}
	return registry
}

func dispatch(t *testing.T, registry *commands.Registry, call topics.Call) topics.Answer {
	t.Helper()
	answer, err := registry.Dispatch(t.Context(), call)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// said is the text of the one message of an answer, "" for silence.
func said(t *testing.T, answer topics.Answer) string {
	t.Helper()
	switch len(answer.Messages) {
	case 0:
		return ""
	case 1:
		return answer.Messages[0].Text.Text
	}
	t.Fatalf("%d messages, want one", len(answer.Messages))
	return ""
}

func golden(t *testing.T, name string, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s:\n%s", path, diff)
	}
}

// logBuffer collects log lines.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func (b *logBuffer) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(b, &slog.HandlerOptions{Level: slog.LevelDebug}))
}
