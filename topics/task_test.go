package topics_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"topicpilot/topics"
)

// taskFunc carries out tasks.
type taskFunc func(ctx context.Context, task topics.Task) (topics.TaskResult, error)

func (f taskFunc) RunTask(ctx context.Context, task topics.Task) (topics.TaskResult, error) {
	return f(ctx, task)
}

// TestTaskResultIsWritten: what a task has led to is written with its end.
func TestTaskResultIsWritten(t *testing.T) {
	want := topics.Outcome{
		Messages: []topics.Message{{ID: 5}}, Sends: []topics.Sent{{ChatID: -1}},
		Migrations: []topics.Migrated{{From: -1, To: -2}},
	}
	tasks := &topics.Tasks{
		Outbox: topics.NewOutbox(topics.OutboxOptions{}),
		Handlers: map[string]topics.TaskHandler{"k": taskFunc(func(context.Context, topics.Task) (topics.TaskResult, error) {
			return topics.TaskResult{Said: want.Messages, Sends: want.Sends, Migrations: want.Migrations}, nil
		})},
	}
	result, err := tasks.Handle(t.Context(), topics.Item{Payload: []byte(`{"kind":"k"}`)}, nil)
	if diff := cmp.Diff(want, result.Outcome); err != nil || diff != "" {
		t.Error(err, diff)
	}
}
