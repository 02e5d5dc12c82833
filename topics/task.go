package topics

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// QueueTasks holds work with effects outside: requests of the team's own commands,
// cards and pages in other systems, exports. It does not hold up the conversation that
// asked for it, and goes on after a restart.
const QueueTasks = "tasks"

// QueueAdvice holds the advisor's work, apart from QueueTasks: a slow model holds up
// nothing but advice.
const QueueAdvice = "advice"

// QueueQuestions holds operators' questions to the advisor, apart from QueueAdvice: who waits
// for an answer does not wait behind customers' drafts.
const QueueQuestions = "questions"

// Task is a piece of work that was asked for and is to be done until its end.
type Task struct {
	// Kind names the TaskHandler.
	Kind string `json:"kind"`
	// Queue is QueueTasks when "".
	Queue string `json:"-"`
	// Lane orders: tasks of one lane are done one after the other, lanes side by side.
	// What concerns a topic begins with Conversation.Lane and a space, what concerns a
	// customer with CustomerLane and a space, so that it can be erased with them.
	Lane string `json:"-"`
	// Key makes the task unique for seven days, "" for no check.
	Key string `json:"-"`
	// NotBefore delays the task, and with it its lane; zero for at once.
	NotBefore time.Time `json:"-"`
	// Data is the handler's own. It holds ids rather than people's words.
	Data json.RawMessage `json:"data,omitempty"`
}

// CustomerLane begins the lanes of what concerns a customer, in whichever topic.
func CustomerLane(customerID int64) string { return fmt.Sprintf("customer/%d", customerID) }

// Item is the task as it is stored.
func (t Task) Item() NewItem {
	payload, err := json.Marshal(t)
	if err != nil {
		panic(fmt.Sprintf("task %s does not encode: %T", t.Kind, err)) // its data is JSON already
	}
	return NewItem{Queue: cmp.Or(t.Queue, QueueTasks), Lane: t.Lane, Key: t.Key, NotBefore: t.NotBefore, Payload: payload}
}

// TaskResult is what a task has led to. It is written in the transaction that ends the
// task.
type TaskResult struct {
	// Messages are posted, or edited in place where EditID is set; all in one
	// conversation.
	Messages []Outgoing
	// Said are messages that the task has put into a topic by itself, for the transcript.
	Said []Message
	// Sends are the posts of Said that Telegram counts, for the groups' budgets.
	Sends []Sent
	// Migrations are groups that the task has found to be other chats now. They are known to
	// the tasks that follow.
	Migrations []Migrated
	// Tasks follow this one. One that goes on with the same work later has the same
	// Lane and a NotBefore.
	Tasks []Task
}

// TaskHandler carries out the tasks of one kind. A task may be run again from its
// beginning after a crash at any place; what must not happen twice has to be written
// down before. May be called concurrently for different lanes.
//
// Errors: *Wait for a pause that is no failure; *Hopeless parks the task; any other is
// tried again with growing pauses. The result beside an error is not used.
type TaskHandler interface {
	RunTask(ctx context.Context, task Task) (TaskResult, error)
}

// Tasks is the Handler of QueueTasks, QueueAdvice and QueueQuestions.
type Tasks struct {
	Handlers map[string]TaskHandler
	Outbox   *Outbox
}

var _ Handler = (*Tasks)(nil)

// Handle runs one task.
func (t *Tasks) Handle(ctx context.Context, item Item, _ []Item) (Result, error) {
	var task Task
	if err := json.Unmarshal(item.Payload, &task); err != nil {
		return Result{}, &Hopeless{Err: fmt.Errorf("task of item %d cannot be read", item.ID)}
	}
	task.Queue, task.Lane, task.Key = item.Queue, item.Lane, item.Key
	handler, ok := t.Handlers[task.Kind]
	if !ok {
		return Result{}, &Hopeless{Err: fmt.Errorf(
			"nothing here does tasks of kind %q: put its setting back and replay it, or drop it", task.Kind)}
	}
	result, err := handler.RunTask(ctx, task)
	if err == nil {
		err = ctx.Err() // stopped, or erased: what was done is written down, nobody is to be answered
	}
	if err != nil {
		return Result{}, err
	}
	outcome := Outcome{Messages: result.Said, Sends: result.Sends, Migrations: result.Migrations}
	for _, next := range result.Tasks {
		outcome.Enqueue = append(outcome.Enqueue, next.Item())
	}
	t.Outbox.Send(ctx, &outcome, result.Messages)
	return Result{Outcome: outcome}, nil
}
