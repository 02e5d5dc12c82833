package commands

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"topicpilot/commands/messages"
	"topicpilot/topics"
	"topicpilot/topics/advice"
)

// The kinds of the advisor's tasks.
const (
	// TaskDraft answers a customer's question with a draft, or with nothing.
	TaskDraft = "ai_draft"
	// TaskQuestion answers an operator's question.
	TaskQuestion = "ai_question"
	// TaskSend sends a draft to the customer.
	TaskSend = "ai_send"
)

// modelSetting is the setting without which there is no advisor.
const modelSetting = "ai" + ".model"

// Adviser writes answers out of the knowledge; *advice.Advisor is one. It may be called
// concurrently.
type Adviser interface {
	Advise(ctx context.Context, question advice.Question) (advice.Advice, error)
}

// ReplyTo names the questions that the advisor answers by itself in mode reply.
type ReplyTo string

// The values of the setting ai.reply_to.
const (
	ReplyToAddressed ReplyTo = "addressed"
	ReplyToAll       ReplyTo = "all"
)

// Prices are those of the model for a million tokens; both 0 where they are not known.
type Prices struct {
	Input    float64
	Output   float64
	Currency string
}

// cost is what tokens have cost; ok is false where the prices are not known.
func (p Prices) cost(used topics.TokenUsage) (money float64, ok bool) {
	const million = 1_000_000
	return (float64(used.Input)*p.Input + float64(used.Output)*p.Output) / million, p.Input > 0 || p.Output > 0
}

// AIObserver is told what the advisor does, for metrics. Each function may be nil, and is
// called concurrently.
type AIObserver struct {
	// Draft is told of each draft that is "made", and of how it has ended: "sent", "edited"
	// (sent with an operator's words), "answered" (sent by itself), "typed", "dismissed",
	// "ignored" or "unknown".
	Draft func(what string)
	// Silence is told why there was no answer.
	Silence func(reason advice.Reason)
	// Own is told our own share of the time that a draft took: without the model, and without
	// the wait for who the customer is.
	Own func(took time.Duration)
}

// AIParts are what the advisor in the topics works with. All are required unless it is said.
type AIParts struct {
	// Advise is nil where no model is set: then nothing is answered, but drafts that are there
	// can still be sent.
	Advise Adviser
	Drafts topics.DraftStore
	Modes  topics.ModeStore
	Gaps   topics.GapStore
	Tokens topics.TokenStore
	Recent topics.RecentReader

	Customers Customers
	// Accounts are told to the model with the customer's card; none when nil.
	Accounts Accounts
	Groups   *topics.Groups
	// Sender tells customers; nothing is told when nil.
	Sender topics.CustomerSender

	// Call are the words that address the advisor.
	Call []string
	// Debounce is the silence that ends a burst of messages.
	Debounce time.Duration
	// ReplyTo is ReplyToAddressed when "".
	ReplyTo ReplyTo
	// QuietAfterHuman is how long after a human's message to the customer nothing is answered
	// by itself.
	QuietAfterHuman time.Duration
	Limits          topics.TokenLimits
	Prices          Prices
	// Knowledge counts the parts of the knowledge; optional.
	Knowledge func() int

	Observe AIObserver
	// Log may be nil.
	Log *slog.Logger
	// Now is the clock; time.Now when nil.
	Now func() time.Time
}

// AI is the advisor in the topics: the command /ai with the buttons of the drafts, what it
// makes of the talk, and its tasks. It may be used concurrently.
type AI struct {
	AIParts
	making making
}

var _ topics.Listener = (*AI)(nil)

// NewAI makes the advisor.
func NewAI(parts AIParts) *AI {
	if parts.Log == nil {
		parts.Log = slog.New(slog.DiscardHandler)
	}
	if parts.Now == nil {
		parts.Now = time.Now
	}
	return &AI{AIParts: parts}
}

// Tasks are the handlers of the advisor's tasks, by kind.
func (a *AI) Tasks() map[string]topics.TaskHandler {
	return map[string]topics.TaskHandler{
		TaskDraft: a.handler(a.draft), TaskQuestion: a.handler(a.answerQuestion), TaskSend: a.handler(a.send),
	}
}

// place is a customer's topic and its group.
type place struct {
	topics.Conversation
	group *topics.Group
	say   *messages.Printer
}

func placeOf(group *topics.Group, conv topics.Conversation) place {
	return place{Conversation: conv, group: group, say: messages.For(group.Language)}
}

// aiTask is the Data of the advisor's tasks.
type aiTask struct {
	Conversation topics.Conversation `json:"conversation"`
	// Message is the question, At when it was written or edited.
	Message int64     `json:"message,omitempty"`
	At      time.Time `json:"at,omitzero"`
	// Draft is what is to be sent, Shown the message whose button was pressed, Asked when.
	Draft int64     `json:"draft,omitempty"`
	Shown int64     `json:"shown,omitempty"`
	Asked time.Time `json:"asked,omitzero"`

	key string
}

// task makes t a task of the conversation's lane of that name.
func (t aiTask) task(kind, queue, lane string) topics.Task {
	data, err := json.Marshal(t)
	if err != nil {
		panic(fmt.Sprintf("task of the advisor does not encode: %T", err)) // plain data always does
	}
	return topics.Task{Kind: kind, Queue: queue, Lane: t.Conversation.Lane() + " " + lane, Key: t.key, Data: data}
}

// aiHandler is a topics.TaskHandler of one kind.
type aiHandler func(ctx context.Context, task topics.Task) (topics.TaskResult, error)

// RunTask implements topics.TaskHandler.
func (h aiHandler) RunTask(ctx context.Context, task topics.Task) (topics.TaskResult, error) {
	return h(ctx, task)
}

func (a *AI) handler(run func(context.Context, place, aiTask) (topics.TaskResult, error)) topics.TaskHandler {
	return aiHandler(func(ctx context.Context, task topics.Task) (topics.TaskResult, error) {
		data := aiTask{key: task.Key}
		if err := json.Unmarshal(task.Data, &data); err != nil {
			return topics.TaskResult{}, &topics.Hopeless{Err: errors.New("task of the advisor cannot be read")}
		}
		group, ok := a.Groups.Find(data.Conversation.ChatID)
		if !ok {
			return topics.TaskResult{}, &topics.Hopeless{Err: errNoGroup}
		}
		result, err := run(ctx, placeOf(group, data.Conversation), data)
		if errors.Is(err, topics.ErrForgotten) || errors.Is(err, errMoved) {
			return topics.TaskResult{}, nil
		}
		return result, err
	})
}

// mode is the advisor's mode in a topic, and whether somebody has set it there.
func (a *AI) mode(ctx context.Context, p place) (mode topics.AdviceMode, set bool, err error) {
	own, err := a.Modes.TopicMode(ctx, p.Conversation)
	if topic := topicOf(p); errors.Is(err, topics.ErrNotFound) && topic != p.Conversation {
		// The group has just become another chat, which the store may not know yet.
		own, err = a.Modes.TopicMode(ctx, topic)
	}
	switch {
	case err == nil:
		return own.Mode, true, nil
	case errors.Is(err, topics.ErrNotFound):
		return defaultMode(p.group), false, nil
	}
	return "", false, fmt.Errorf("read the advisor's mode: %w", err)
}

// defaultMode is the mode of topics for which nobody has set another.
func defaultMode(group *topics.Group) topics.AdviceMode {
	return cmp.Or(group.AdviceMode, topics.AdviceAsk)
}

// tells reports whether the group has a way to its customers.
func (a *AI) tells(group *topics.Group) bool {
	way := group.CustomerSend
	return a.Sender != nil && (way == topics.CustomerSendTopic || way == topics.CustomerSendBot)
}

// observe tells how a draft has ended.
func (a *AI) observe(draft topics.Draft) {
	what := string(draft.State)
	switch {
	case draft.State == topics.DraftSent && draft.Auto:
		what = "answered"
	case draft.State == topics.DraftSent && draft.Edited():
		what = "edited"
	}
	a.observed(what)
}

func (a *AI) observed(what string) {
	if a.Observe.Draft != nil {
		a.Observe.Draft(what)
	}
}

// end makes a draft one that has ended.
func (a *AI) end(draft topics.Draft, state topics.DraftState, by topics.Author) topics.Draft {
	draft.State, draft.Decided, draft.EndedAt = state, by, a.Now()
	return draft
}
