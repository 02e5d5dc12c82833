package commands

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"

	"topicpilot/commands/messages"
	"topicpilot/topics"
)

// The outcomes of a command, as log and metrics name them.
const (
	outcomeDone    = "done"
	outcomeRefused = "refused"
	outcomeSilent  = "silent"
	outcomeUsage   = "usage"
	outcomeFailed  = "failed"
	outcomeSlow    = "slow"
	outcomePanic   = "panic"
	outcomeLater   = "later"
)

// chain wraps a command in what surrounds every command, outermost first: audit,
// panic recovery, permission, arguments, timeout.
func (r *Registry) chain(command Command) Handler {
	handler := withTimeout(command)
	handler = withArguments(command, handler)
	handler = r.withPermission(command, handler)
	handler = withRecovery(handler)
	return r.withAudit(command, handler)
}

// panicked is a panic of a command. It prints no value that might hold customers'
// text: a panic may carry any string.
type panicked struct {
	what  string
	stack []byte
}

func (e *panicked) Error() string { return "panic: " + e.what }

func newPanicked(value any) *panicked {
	p := &panicked{what: fmt.Sprintf("%T", value), stack: debug.Stack()}
	var fault runtime.Error
	if err, ok := value.(error); ok && errors.As(err, &fault) {
		p.what = fault.Error()
	}
	return p
}

func withRecovery(next Handler) Handler {
	return func(ctx context.Context, req Request) (reply Reply, err error) {
		defer func() {
			if value := recover(); value != nil {
				reply, err = Reply{}, newPanicked(value)
			}
		}()
		return next(ctx, req)
	}
}

func withArguments(command Command, next Handler) Handler {
	return func(ctx context.Context, req Request) (Reply, error) {
		if req.pressed() {
			return next(ctx, req)
		}
		args, err := parseArgs(command.Args, req.Rest)
		if err != nil {
			return Reply{Text: usageText(command, req.Say, err), outcome: outcomeUsage}, nil
		}
		req.Args = args
		return next(ctx, req)
	}
}

// maxWord is how much of a word that does not fit is shown, in characters.
const maxWord = 64

// usageText shows how the command is typed, and the word that does not fit.
func usageText(command Command, say *messages.Printer, err error) topics.Text {
	text := say.T("usage", messages.Data{"Usage": command.usage()})
	unfit, ok := errors.AsType[*usageError](err)
	if !ok || unfit.Word == "" {
		return topics.Plain(text)
	}
	word := cutRunes(oneLine(unfit.Word), maxWord)
	data := messages.Data{"Word": codeOf(word), "Arg": "<" + unfit.Arg + ">"}
	return shownText(say.T("usage.unfit", data)+"\n"+text, maxCard)
}

// errSlow tells our own time limit from the caller's.
var errSlow = errors.New("time limit of the command")

// withTimeout runs the command itself, as typed or as pressed.
func withTimeout(command Command) Handler {
	limit := command.Timeout
	if limit <= 0 {
		limit = defaultTimeout
	}
	return func(ctx context.Context, req Request) (Reply, error) {
		run := command.Run
		if req.pressed() {
			run = command.Press
		}
		if run == nil {
			return req.say(outcomeRefused, req.Say.T("press.old", nil)), nil
		}
		ctx, cancel := context.WithTimeoutCause(ctx, limit, errSlow)
		defer cancel()
		reply, err := run(ctx, req)
		if err != nil && errors.Is(err, context.DeadlineExceeded) && errors.Is(context.Cause(ctx), errSlow) {
			return Reply{}, fmt.Errorf("%w: %w", errSlow, err)
		}
		return reply, err
	}
}

// withAudit turns errors into answers and writes one line for each command: who ran
// what where and how it ended, never what was typed behind the name.
func (r *Registry) withAudit(command Command, next Handler) Handler {
	return func(ctx context.Context, req Request) (Reply, error) {
		started := r.conf.Now()
		reply, err := next(ctx, req)
		if err != nil {
			reply, err = r.failed(ctx, command, req, err)
		}
		if reply.outcome == "" {
			reply.outcome = outcomeDone
		}
		took := r.conf.Now().Sub(started)
		if reply.outcome == outcomeSilent {
			r.conf.Log.Debug("command passed over", "command", command.Name,
				"topic_id", req.Conversation.String(), "author_kind", string(req.By.Kind))
			return reply, err
		}
		level := slog.LevelDebug // what went well is counted; the log is for the rest
		if reply.outcome != outcomeDone {
			level = slog.LevelInfo
		}
		r.conf.Log.Log(ctx, level, "command", "command", command.Name, "action", req.Action.Verb,
			"topic_id", req.Conversation.String(), "operator_id", req.By.ID,
			"duration", took, "outcome", reply.outcome)
		if r.conf.Observe != nil {
			r.conf.Observe(command.Name, reply.outcome, took)
		}
		return reply, err
	}
}

// failed logs why a command failed, and decides between an answer and another try.
func (r *Registry) failed(ctx context.Context, command Command, req Request, err error) (Reply, error) {
	var later *Later
	if errors.As(err, &later) || ctx.Err() != nil {
		return Reply{outcome: outcomeLater}, fmt.Errorf("command %s: %w", command.Name, err)
	}
	log := r.conf.Log.With("command", command.Name, "topic_id", req.Conversation.String())
	var fault *panicked
	switch {
	case errors.As(err, &fault):
		log.Error("command panicked", "error", err, "stack", string(fault.stack))
		return req.say(outcomePanic, req.Say.T("error.internal", nil)), nil
	case errors.Is(err, errSlow):
		log.Warn("command took too long", "error", err)
		return req.say(outcomeSlow, req.Say.T("error.slow", nil)), nil
	}
	log.Error("command not done", "error", err)
	return req.say(outcomeFailed, req.Say.T("error.internal", nil)), nil
}
