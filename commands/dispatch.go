package commands

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"topicpilot/commands/messages"
	"topicpilot/topics"
)

var _ topics.Dispatcher = (*Registry)(nil)

// maxToast is the longest text shown to the presser of a button, in UTF-16 units
// (Bot API, answerCallbackQuery).
const maxToast = 200

// Config are the parts of a Registry.
type Config struct {
	// Commands in the order in which help and menus show them.
	Commands []Command
	// Groups tell which setting of which group an answer has to name. May be nil.
	Groups *topics.Groups
	// Log gets one line for each command and what went wrong; discarded when nil.
	Log *slog.Logger
	// Now is the clock; time.Now when nil.
	Now func() time.Time
	// Observe, if not nil, is told of each command run: its name, "done", "refused",
	// "usage", "failed", "slow", "panic" or "later", and how long it took.
	Observe func(command, outcome string, took time.Duration)
}

// Registry holds the commands and runs them. It may be used concurrently.
type Registry struct {
	conf     Config
	handlers map[string]Handler
	refusals *recent[refused]
}

// New makes a Registry. A command whose name is wrong, reserved or there twice is an
// error; all such are told at once.
func New(conf Config) (*Registry, error) {
	if conf.Log == nil {
		conf.Log = slog.New(slog.DiscardHandler)
	}
	if conf.Now == nil {
		conf.Now = time.Now
	}
	r := &Registry{
		conf:     conf,
		handlers: make(map[string]Handler, len(conf.Commands)),
		refusals: newRecent[refused](conf.Now, refusalPause, maxRefusals),
	}
	var errs []error
	for _, command := range conf.Commands {
		_, twice := r.handlers[command.Name]
		switch {
		case !isName(command.Name):
			errs = append(errs, fmt.Errorf("command %q: a name is 1 to 32 of a-z, 0-9 and _", command.Name))
		case Reserved(command.Name):
			errs = append(errs, fmt.Errorf("command %q: the name belongs to the mirror", command.Name))
		case twice:
			errs = append(errs, fmt.Errorf("command %q: there are two of that name", command.Name))
		default:
			r.handlers[command.Name] = r.chain(command)
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return r, nil
}

// Reserved reports whether a name is one of the mirror's own commands, which no
// command of ours may take (Hotline's; see docs/commands.md). /info is no such: ours
// adds to the mirror's.
func Reserved(name string) bool {
	return slices.Contains([]string{
		"hold", "wait", "close", "ban", "unban", "send", "mark", "export", "new", "help",
	}, name)
}

// Knows reports whether there is a command of that name. All groups have the same.
func (r *Registry) Knows(_ *topics.Group, name string) bool {
	_, ok := r.handlers[name]
	return ok
}

// Dispatch runs one call; see topics.Dispatcher. A typed command that does not exist
// is silence; a button that does nothing any more says so.
func (r *Registry) Dispatch(ctx context.Context, call topics.Call) (topics.Answer, error) {
	req := Request{Call: call, Say: messages.For(call.Group.Language), Commands: r.conf.Commands}
	name := call.Name
	if call.Press != "" {
		action, err := ParseAction(call.Press)
		if err != nil {
			return topics.Answer{Toast: req.Say.T("press.old", nil)}, nil //nolint:nilerr // it is told so
		}
		req.Action, name = action, action.Command
	}
	handler, ok := r.handlers[name]
	if !ok {
		if req.pressed() {
			return topics.Answer{Toast: req.Say.T("press.old", nil)}, nil
		}
		return topics.Answer{}, nil
	}
	reply, err := handler(ctx, req)
	if err != nil {
		return topics.Answer{}, err
	}
	return reply.answer(req), nil
}

func (r Request) pressed() bool { return r.Press != "" }

// answer makes a reply the messages that we owe the group.
func (r Reply) answer(req Request) topics.Answer {
	answer := topics.Answer{Toast: cutUTF16(r.Toast, maxToast), Tasks: r.Tasks, Messages: r.messages}
	if r.Text.Text == "" {
		return answer
	}
	out := topics.Outgoing{
		Conversation: req.Conversation,
		Priority:     r.priority,
		Text:         r.Text,
		Buttons:      r.Buttons,
	}
	if r.Edit && req.pressed() {
		out.EditID = req.MessageID
		// Of several edits that wait for the group's budget only the last one matters.
		out.Replaces = fmt.Sprintf("edit:%s:%d", req.Conversation, req.MessageID)
	}
	answer.Messages = append(answer.Messages, out)
	return answer
}

// say is a reply in words alone: a message, or a toast where a button was pressed.
func (r Request) say(outcome, text string) Reply {
	if r.pressed() {
		return Reply{Toast: text, outcome: outcome}
	}
	return Reply{Text: topics.Plain(text), outcome: outcome}
}
