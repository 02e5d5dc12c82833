package commands

import (
	"context"
	"time"

	"topicpilot/commands/messages"
	"topicpilot/topics"
)

// defaultTimeout bounds a command that sets no Timeout of its own.
const defaultTimeout = 15 * time.Second

// Command is one slash command, as data.
type Command struct {
	// Name is without the slash: 1–32 of [a-z0-9_], as Telegram's menu takes it.
	Name string
	// Args are what may follow the name; none means that nothing may.
	Args []Arg
	// Usage shows the arguments, as in "<tariff> <months>"; made from Args when "".
	Usage string
	// HelpID is the id of the one-line help in package messages.
	HelpID string
	// Help is the line itself, for a command whose text stands in the settings. It is
	// used when HelpID is "".
	Help string
	// Role is the least role that may run the command and press its buttons.
	Role topics.Role
	// InGeneral tells that the command needs no customer and also works in General.
	InGeneral bool
	// Timeout bounds Run and Press; 15 seconds when 0.
	Timeout time.Duration
	// Run carries the command out. It must return soon after ctx ends. What it returns
	// as an error is logged and answered with a general text; an error that wraps
	// *Later makes the whole call be tried again.
	Run Handler
	// Press carries out a press of one of the command's buttons, described by
	// Request.Action. Nil for a command without buttons.
	Press Handler
}

// Handler carries out one request. It may be called concurrently.
type Handler func(ctx context.Context, req Request) (Reply, error)

// Request is a call that has passed all checks.
type Request struct {
	topics.Call
	// Args are the values of the command's arguments by name; an optional one that was
	// not given is missing.
	Args map[string]string
	// Action is the pressed button, for Command.Press.
	Action Action
	// Say speaks the group's language.
	Say *messages.Printer
	// Commands are all commands, in their order.
	Commands []Command
}

// Reply is what a command answers. The zero value is silence.
type Reply struct {
	Text    topics.Text
	Buttons [][]topics.Button
	// Edit replaces the text and buttons of the message whose button was pressed; in a
	// typed command it is ignored.
	Edit bool
	// Toast is shown to the presser alone, up to 200 characters.
	Toast string
	// Tasks are started with the answer, and go on after a restart.
	Tasks []topics.Task

	// messages are posted or edited beside Text.
	messages []topics.Outgoing
	outcome  string
	// priority is PriorityAnswer unless nobody is owed the answer.
	priority topics.Priority
}

// Later wraps an error after which the same call should be run once more: nothing was
// done, and the trouble will pass.
type Later struct{ Err error }

func (e *Later) Error() string { return "later: " + e.Err.Error() }

// Unwrap gives the cause.
func (e *Later) Unwrap() error { return e.Err }

// help is the command's one-line help.
func (c Command) help(say *messages.Printer) string {
	if c.HelpID == "" {
		return c.Help
	}
	return say.T(c.HelpID, nil)
}

// usage is the command as it is typed: "/activate <tariff> <months>".
func (c Command) usage() string {
	usage := c.Usage
	if usage == "" {
		usage = argsUsage(c.Args)
	}
	if usage == "" {
		return "/" + c.Name
	}
	return "/" + c.Name + " " + usage
}
