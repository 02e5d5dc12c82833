package commands

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"topicpilot/commands/messages"
	"topicpilot/topics"
)

// TaskForget is the kind of task that erases a customer.
const TaskForget = "forget"

// buttonLife is how long a button that changes something can be pressed.
const buttonLife = 24 * time.Hour

// ForgetParts are what /forget works with.
type ForgetParts struct {
	Erasing   *Erasing
	Runs      topics.RunStore
	Customers Customers
	Groups    *topics.Groups
	Now       func() time.Time
}

// Forget makes /forget, and the handler of the tasks that it starts: an admin erases the
// topic's customer, after a question, and gets a receipt.
func Forget(parts ForgetParts) (Command, topics.TaskHandler) {
	f := &forget{ForgetParts: parts, audit: audit{runs: parts.Runs, now: parts.Now}}
	return Command{
		Name: "forget", HelpID: "help.forget", Role: topics.RoleAdmin, Run: f.run, Press: f.press,
	}, f
}

type forget struct {
	ForgetParts
	audit audit
}

const (
	forgetDo     = "do"
	forgetCancel = "cancel"
)

func (f *forget) run(ctx context.Context, req Request) (Reply, error) {
	known, reason, err := identify(ctx, f.Customers, req)
	switch {
	case err != nil:
		return Reply{}, err
	case reason == topics.ReasonChat:
		return req.say(outcomeRefused, req.Say.T("reason.chat", nil)), nil
	case reason != "":
		return req.say(outcomeRefused, req.Say.T("forget.unknown", nil)), nil
	}
	run, err := f.audit.begin(ctx, req, known.Customer.ID, topics.RunAsked)
	if err != nil {
		return Reply{}, err
	}
	id := strconv.FormatInt(run.ID, 10)
	return Reply{
		Text: topics.Plain(req.Say.T("forget.ask", messages.Data{"ID": known.Customer.ID})),
		Buttons: [][]topics.Button{{
			Action{Command: "forget", Verb: forgetDo, Arg: id}.Button(req.Say.T("own.do", nil)),
			Action{Command: "forget", Verb: forgetCancel, Arg: id}.Button(req.Say.T("own.cancel", nil)),
		}},
	}, nil
}

// forgetTask is the Data of a TaskForget.
type forgetTask struct {
	topics.Conversation
	CustomerID int64 `json:"customer_id"`
	Run        int64 `json:"run"`
	// Message is the question, which becomes the receipt.
	Message int64 `json:"message"`
}

func (f *forget) press(ctx context.Context, req Request) (Reply, error) {
	id, err := strconv.ParseInt(req.Action.Arg, 10, 64)
	if err != nil {
		return Reply{Toast: req.Say.T("press.old", nil)}, nil //nolint:nilerr // it is told so
	}
	run, err := f.Runs.Run(ctx, id)
	if errors.Is(err, topics.ErrNotFound) {
		return Reply{Toast: req.Say.T("press.old", nil)}, nil
	}
	if err != nil {
		return Reply{}, &Later{Err: fmt.Errorf("read the run: %w", err)}
	}
	task := forgetTask{
		Conversation: req.Conversation, CustomerID: run.CustomerID, Run: run.ID, Message: req.MessageID,
	}
	switch {
	case run.Command != "forget" || !f.here(run, req) || !slices.Contains(forgetVerbs(), req.Action.Verb):
		return Reply{Toast: req.Say.T("press.old", nil)}, nil
	case run.State == topics.RunQueued && req.Action.Verb == forgetDo:
		// The same press again, or a second one: the task has a key and starts once.
		return Reply{Toast: req.Say.T("forget.working", nil), Tasks: []topics.Task{task.task()}}, nil
	case run.State != topics.RunAsked, run.CustomerID == 0: // 0: erased since the question
		return Reply{Toast: req.Say.T("forget.already", nil)}, nil
	}
	text := f.decide(&run, req)
	if _, err := f.Runs.ChangeRun(ctx, run); err != nil {
		if errors.Is(err, topics.ErrConflict) {
			return Reply{Toast: req.Say.T("forget.already", nil)}, nil
		}
		return Reply{}, &Later{Err: fmt.Errorf("record the decision: %w", err)}
	}
	if run.State == topics.RunCancelled {
		return Reply{Text: text, Edit: true, Toast: text.Text}, nil
	}
	return Reply{Toast: req.Say.T("forget.working", nil), Tasks: []topics.Task{task.task()}}, nil
}

func forgetVerbs() []string { return []string{forgetDo, forgetCancel} }

// here reports whether the run was asked for in this topic, whatever id its group had.
func (f *forget) here(run topics.Run, req Request) bool {
	group, known := f.Groups.Find(run.ChatID)
	return known && group == req.Group && run.ThreadID == req.Conversation.ThreadID
}

// decide writes into the run what the button means now, and says it where nothing is done.
func (f *forget) decide(run *topics.Run, req Request) topics.Text {
	late := f.Now().Sub(run.AskedAt) > buttonLife
	if !late && req.Action.Verb != forgetCancel {
		run.State, run.Decided = topics.RunQueued, req.By
		return topics.Text{}
	}
	run.State, run.EndedAt = topics.RunCancelled, f.Now()
	if late {
		run.Result = "nobody decided"
		return shownText(req.Say.T("own.state.late", messages.Data{"Command": codeOf("/forget")}), maxCard)
	}
	run.Result, run.Decided = "cancelled", req.By
	return topics.Plain(req.Say.T("forget.cancelled", nil))
}

func (t forgetTask) task() topics.Task {
	data, err := json.Marshal(t)
	if err != nil {
		panic(fmt.Sprintf("task of /forget does not encode: %T", err)) // plain data always does
	}
	// Not one of the customer's lanes, which it erases.
	return topics.Task{
		Kind: TaskForget, Lane: fmt.Sprintf("forget/%d", t.CustomerID), Key: fmt.Sprintf("forget:%d", t.Run), Data: data,
	}
}

// RunTask erases the customer and turns the question into the receipt.
func (f *forget) RunTask(ctx context.Context, task topics.Task) (topics.TaskResult, error) {
	var t forgetTask
	if err := json.Unmarshal(task.Data, &t); err != nil {
		return topics.TaskResult{}, &topics.Hopeless{Err: errors.New("task of /forget cannot be read")}
	}
	receipt, err := f.Erasing.Erase(ctx, t.CustomerID)
	if err != nil {
		return topics.TaskResult{}, err // tried again until it is done
	}
	if err := f.audit.end(ctx, t.Run, topics.RunDone, "done"); err != nil {
		return topics.TaskResult{}, err
	}
	language := ""
	if group, ok := f.Groups.Find(t.ChatID); ok {
		language = group.Language
	}
	return topics.TaskResult{Messages: []topics.Outgoing{{
		Conversation: t.Conversation, EditID: t.Message,
		Text: topics.Plain(ReceiptText(messages.For(language), receipt)),
	}}}, nil
}

// ReceiptText says in a few lines what was erased.
func ReceiptText(say *messages.Printer, r topics.Receipt) string {
	head := messages.Data{"ID": r.CustomerID, "At": r.At.UTC().Format("2006-01-02 15:04 UTC")}
	lines := []string{say.T("forget.done", head)}
	if r.Nothing() {
		lines[0] = say.T("forget.nothing", head)
	}
	for _, line := range []struct {
		id string
		n  int64
		// always tells that a zero is worth its line.
		always bool
	}{
		{"forget.topics", r.Topics, true},
		{"forget.messages", r.Messages, true},
		{"forget.versions", r.Versions, false},
		{"forget.journal", r.Journal, true},
		{"forget.parked", r.Parked, false},
		{"forget.waiting", r.Waiting, true},
		{"forget.links", r.Links, true},
		{"forget.drafts", r.Drafts, true},
		{"forget.runs", r.Runs, false},
		{"forget.files", r.Files, true},
		{"forget.pages", r.Pages, false},
		{"forget.blocks", r.Blocks, false},
		{"forget.pending", r.Pending, false},
		{"forget.unresolved", r.Unresolved, false},
	} {
		if line.n != 0 || line.always {
			lines = append(lines, say.T(line.id, messages.Data{"N": line.n}))
		}
	}
	return strings.Join(lines, "\n")
}
