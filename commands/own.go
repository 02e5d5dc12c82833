package commands

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"topicpilot/topics"
)

// TaskCommand is the kind of the tasks that carry out the team's own commands.
const TaskCommand = "command"

// likeWindow is how long the same command in the same topic asks before it is carried
// out once more.
const likeWindow = time.Minute

// OwnSpec is one of the team's own commands as the settings describe it: a request, and
// what is said of it. Reply and TellCustomer are templates.
type OwnSpec struct {
	Name, Usage, Help string
	Args              []Arg
	// Role is RoleOperator when it is RoleNone.
	Role topics.Role
	// Confirm asks before anything is done.
	Confirm bool
	Request RequestSpec
	// Check, if not nil, finds out whether a request of unknown outcome took effect.
	Check *CheckSpec
	// Reply is the answer to the operator; what came back, in the obvious form, when "".
	Reply string
	// TellCustomer goes to the customer after success, once; "" for nothing.
	TellCustomer string
}

// OwnOptions are the parts of own commands. All are required unless it is said.
type OwnOptions struct {
	// Caller sends the requests.
	Caller    *Caller
	Customers Customers
	// Accounts fill {{.Account}}, which is empty when nil.
	Accounts Accounts
	// Runs are the memory of what was asked for and how far it has come.
	Runs   topics.RunStore
	Groups *topics.Groups
	// Sender tells customers; nothing is told, and the text offered for copying, when nil.
	Sender topics.CustomerSender
	// Log gets what went wrong, without URL, header, body and customers' text. May be nil.
	Log *slog.Logger
	// Now is the clock; time.Now when nil.
	Now func() time.Time
	// Observe, if not nil, is told of each run that has come to an end, as it is stored:
	// done, failed, unknown or cancelled. A run of unknown outcome may end again.
	Observe func(run topics.Run)
}

// OwnCommands makes the commands of the settings, and the handler of TaskCommand that
// carries them out. The handler is there also without any command: tasks of one that was
// removed have to end. All mistakes are told at once, by the path of the setting; none
// quotes a value.
//
// What was typed, or pressed, is only written down and answered with a task: a slow
// system does not hold up the conversation. The request leaves at most once for each
// time that a person asks for it, and once more where the other side asks for a pause.
func OwnCommands(specs []OwnSpec, opts OwnOptions) ([]Command, topics.TaskHandler, error) {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	o := &own{opts: opts, commands: make(map[string]*ownCommand, len(specs))}
	var errs []error
	list := make([]Command, 0, len(specs))
	for i, spec := range specs {
		c, err := compileOwn("commands["+strconv.Itoa(i)+"]", spec)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		o.commands[spec.Name] = c
		list = append(list, Command{
			Name: spec.Name, Args: spec.Args, Usage: spec.Usage, Help: spec.Help,
			Role: max(spec.Role, topics.RoleOperator), Timeout: resolveTime + defaultTimeout,
			Run:   func(ctx context.Context, req Request) (Reply, error) { return o.typed(ctx, c, req) },
			Press: func(ctx context.Context, req Request) (Reply, error) { return o.press(ctx, c, req) },
		})
	}
	if err := errors.Join(errs...); err != nil {
		return nil, nil, err
	}
	return list, o, nil
}

// own carries out the team's own commands.
type own struct {
	opts     OwnOptions
	commands map[string]*ownCommand
}

var _ topics.TaskHandler = (*own)(nil)

// ownCommand is a compiled OwnSpec.
type ownCommand struct {
	name    string
	args    []Arg
	confirm bool
	request *request
	check   *check
	// reply and tell are nil for none.
	reply, tell *template
	// customer tells that there is no carrying out without a customer, account that the
	// linked accounts are used.
	customer, account bool
}

func compileOwn(path string, spec OwnSpec) (*ownCommand, error) {
	names := make([]string, len(spec.Args))
	for i, arg := range spec.Args {
		names[i] = arg.Name
	}
	c := &ownCommand{name: spec.Name, args: spec.Args, confirm: spec.Confirm}
	var errs []error
	var err error
	c.request, err = compileRequest(path+".request", spec.Request, requestRoots(names))
	errs = append(errs, err)
	if spec.Check != nil {
		c.check, err = compileCheck(path+".check", *spec.Check, names)
		errs = append(errs, err)
	}
	text := func(key, src string, place placing) *template {
		if strings.TrimSpace(src) == "" {
			return nil
		}
		t, err := compileTemplate(src, place, answerRoots(names))
		if err != nil {
			errs = append(errs, fmt.Errorf("%s.%s: %w", path, key, err))
			return nil
		}
		return t
	}
	c.reply = text("reply", spec.Reply, placeShown)
	c.tell = text("tell_customer", spec.TellCustomer, placeText)
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	c.customer = c.uses("Customer") || c.uses("Account") || c.tell != nil
	c.account = c.uses("Account")
	return c, nil
}

// uses reports whether any template of the command uses the root.
func (c *ownCommand) uses(root string) bool {
	return c.request.used[root] || c.check.uses(root) ||
		c.reply != nil && c.reply.used[root] || c.tell != nil && c.tell.used[root]
}

// fieldsWanted reports whether a part of the answer is shown, so that an answer without
// parts is not the right one.
func (c *ownCommand) fieldsWanted() bool {
	return c.reply != nil && c.reply.deep["Response"] || c.tell != nil && c.tell.deep["Response"]
}

// whole reports whether a run still has what it takes to carry it out. One whose customer
// was erased has not.
func (c *ownCommand) whole(run topics.Run) bool {
	if c.customer && run.CustomerID == 0 {
		return false
	}
	for _, arg := range c.args {
		if _, ok := run.Args[arg.Name]; !ok && !arg.Optional {
			return false
		}
	}
	return true
}

// ownTask is the Data of a TaskCommand.
type ownTask struct {
	Run int64 `json:"run"`
	// Attempt is the number of the request that the task sends, from 1.
	Attempt int `json:"attempt,omitempty"`
	// Do is what to do, "" to carry the run out.
	Do string `json:"do,omitempty"`
}

const (
	ownCheck = "check"
	ownClear = "clear"
)

// task is the task that carries the run out the next time. Its key makes it one, however
// often it is asked for.
func (o *own) task(run topics.Run) topics.Task {
	data := ownTask{Run: run.ID, Attempt: run.Attempts + 1}
	return data.task(run, fmt.Sprintf("run:%d:%d", run.ID, data.Attempt))
}

func (t ownTask) task(run topics.Run, key string) topics.Task {
	data, err := json.Marshal(t)
	if err != nil {
		panic(fmt.Sprintf("task of a command does not encode: %T", err)) // plain data always does
	}
	return topics.Task{Kind: TaskCommand, Lane: run.Lane() + " commands", Key: key, Data: data}
}

// values are those of the command's templates; section holds who asked and whom it is
// about.
func (o *own) values(ctx context.Context, c *ownCommand, section SectionRequest, clean bool) (map[string]any, error) {
	var account []string
	if c.account && section.Customer != nil && o.opts.Accounts != nil {
		var err error
		account, err = o.opts.Accounts.AccountsOf(ctx, section.Group, section.Customer.ID)
		if err != nil {
			return nil, fmt.Errorf("linked accounts: %w", err)
		}
	}
	return templateValues(section, account, clean), nil
}

// section finds whom a request is about. reason, if not "", is why that is not known
// although the command cannot do without.
func (o *own) section(ctx context.Context, c *ownCommand, req Request) (SectionRequest, topics.ResolveReason, error) {
	section := SectionRequest{Request: req}
	known, reason, err := identify(ctx, o.opts.Customers, req)
	switch {
	case err != nil:
		return section, "", err
	case reason == "":
		section.Customer, section.Info = &known.Customer, known.TopicInfo
	case c.customer:
		return section, reason, nil
	}
	return section, "", nil
}

// like finds a run of the same command with the same arguments in the same topic which is
// under way, or has ended within the last minute.
func (o *own) like(ctx context.Context, run topics.Run) (topics.Run, bool, error) {
	now := o.opts.Now()
	// A run that waited for its button counts from when it was carried out.
	runs, err := o.opts.Runs.LikeRuns(ctx, run, now.Add(-buttonLife-likeWindow))
	if err != nil {
		return topics.Run{}, false, &Later{Err: fmt.Errorf("look for like runs: %w", err)}
	}
	for _, other := range runs {
		if other.ID == run.ID || other.Key == run.Key {
			continue
		}
		switch other.State {
		case topics.RunQueued, topics.RunSent:
			return other, true, nil
		case topics.RunDone, topics.RunUnknown:
			if now.Sub(other.EndedAt) <= likeWindow {
				return other, true, nil
			}
		case topics.RunAsked, topics.RunFailed, topics.RunCancelled:
		}
	}
	return topics.Run{}, false, nil
}
