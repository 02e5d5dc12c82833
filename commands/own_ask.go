package commands

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"topicpilot/commands/messages"
	"topicpilot/topics"
)

// The verbs of the buttons under own commands. Those under an outcome that is unknown
// carry the run and its attempt, the others the run alone.
const (
	verbDo     = "do"
	verbCancel = "cancel"
	verbAgain  = "again"
	verbCheck  = "check"
)

// maxLine is how much of a typed command is repeated, in characters.
const maxLine = 200

// typed writes down what was typed, and has it carried out or asks first. An update that
// is delivered again finds its run and goes on from there.
func (o *own) typed(ctx context.Context, c *ownCommand, req Request) (Reply, error) {
	section, reason, err := o.section(ctx, c, req)
	if err != nil {
		return Reply{}, err
	}
	if reason != "" {
		return req.say(outcomeRefused, req.Say.T(reasonText(reason), nil)), nil
	}
	values, err := o.values(ctx, c, section, false)
	if err != nil {
		return Reply{}, &Later{Err: err}
	}
	run := topics.Run{
		Key: runKey(req.Call), Command: c.name, Conversation: req.Conversation, By: req.By,
		MessageID: req.MessageID, Args: req.Args, State: topics.RunQueued, AskedAt: o.opts.Now(),
	}
	if section.Customer != nil {
		run.CustomerID = section.Customer.ID
	}
	if _, err := c.request.prepare(values, run.Key); err != nil {
		o.opts.Log.Info("command does not fit its request", "command", c.name,
			"topic_id", req.Conversation.String(), "error", err)
		return req.say(outcomeRefused, req.Say.T("own.invalid", nil)), nil
	}
	like, isLike, err := o.like(ctx, run)
	if err != nil {
		return Reply{}, err
	}
	if c.confirm || isLike {
		run.State = topics.RunAsked
	}
	run, _, err = o.opts.Runs.AddRun(ctx, run)
	switch {
	case err != nil:
		return Reply{}, &Later{Err: fmt.Errorf("record the command: %w", err)}
	case run.State == topics.RunQueued:
		return Reply{Tasks: []topics.Task{o.task(run)}}, nil
	case run.State != topics.RunAsked || run.AnswerID != 0:
		return Reply{}, nil // delivered again: the answer is on its way
	case isLike:
		return o.likeQuestion(req, run, like), nil
	}
	return question(req, run, section.Customer), nil
}

// question asks before anything is done.
func question(req Request, run topics.Run, customer *topics.Customer) Reply {
	data := messages.Data{"Command": typedLine(req)}
	text := req.Say.T("own.question_alone", data)
	if customer != nil {
		data["Name"] = codeOf(nameOf(*customer))
		text = req.Say.T("own.question", data)
	}
	return Reply{
		Text: shownText(text, maxCard),
		Buttons: [][]topics.Button{{
			runButton(run, verbDo, req.Say.T("own.do", nil)),
			runButton(run, verbCancel, req.Say.T("own.cancel", nil)),
		}},
	}
}

// likeQuestion asks because the same was done just now, or is under way.
func (o *own) likeQuestion(req Request, run, like topics.Run) Reply {
	line := typedLine(req)
	if req.pressed() {
		line = runLine(o.commands[run.Command], run)
	}
	return Reply{
		Text: shownText(stateLine(req.Say, line, like, o.opts.Now()), maxCard),
		Buttons: [][]topics.Button{{
			runButton(run, verbAgain, req.Say.T("own.again", nil)),
			runButton(run, verbCancel, req.Say.T("own.cancel", nil)),
		}},
	}
}

// stateLine says how far a run has come, when and by whom; line is the command.
func stateLine(say *messages.Printer, line string, run topics.Run, now time.Time) string {
	by := run.By
	if run.Decided.ID != 0 {
		by = run.Decided
	}
	at := run.EndedAt
	if at.IsZero() {
		at = run.AskedAt
	}
	data := messages.Data{"Command": line, "Name": authorName(by), "Ago": agoText(say, now.Sub(at))}
	switch run.State {
	case topics.RunDone:
		return say.T("own.state.done", data)
	case topics.RunUnknown:
		return say.T("own.state.unknown", data)
	case topics.RunFailed:
		return say.T("own.state.failed", data)
	case topics.RunCancelled:
		return say.T("own.state.cancelled", data)
	case topics.RunAsked, topics.RunQueued, topics.RunSent:
	}
	return say.T("own.state.working", data)
}

// authorName is what a person is called in a sentence of placeShown: the name, or the id.
func authorName(author topics.Author) string {
	if name := cleanField(author.Name); visible(name) {
		return codeIfTappable(name)
	}
	return strconv.FormatInt(author.ID, 10)
}

// agoText says how long ago something was, in whole seconds, minutes or hours.
func agoText(say *messages.Printer, ago time.Duration) string {
	switch {
	case ago < 2*time.Minute:
		return say.T("own.ago.seconds", messages.Data{"Count": max(0, int(ago/time.Second))})
	case ago < 2*time.Hour:
		return say.T("own.ago.minutes", messages.Data{"Count": int(ago / time.Minute)})
	}
	return say.T("own.ago.hours", messages.Data{"Count": int(ago / time.Hour)})
}

// typedLine is a command as it was typed, in code, which Telegram makes nothing to tap.
func typedLine(req Request) string {
	return codeOf(cutRunes(oneLine("/"+req.Name+" "+req.Rest), maxLine))
}

// runLine is a command as its run remembers it: the values of its arguments rather than
// the words. c is nil for a command that was removed.
func runLine(c *ownCommand, run topics.Run) string {
	var values []string
	if c != nil {
		for _, arg := range c.args {
			if value, ok := run.Args[arg.Name]; ok {
				values = append(values, arg.Name+" "+value)
			}
		}
	}
	line := "/" + run.Command
	if len(values) > 0 {
		line += " (" + strings.Join(values, ", ") + ")"
	}
	return codeOf(cutRunes(oneLine(line), maxLine))
}

// nameOf is what a customer is called in a sentence: the name, or the id.
func nameOf(customer topics.Customer) string {
	if name := customerName(customer); name != "" {
		return name
	}
	return strconv.FormatInt(customer.ID, 10)
}

func codeIfTappable(text string) string {
	if tappable.MatchString(text) {
		return codeOf(text)
	}
	return text
}

func runButton(run topics.Run, verb, text string) topics.Button {
	return Action{Command: run.Command, Verb: verb, Arg: runArg{id: run.ID}.String()}.Button(text)
}

// runArg is the argument of a button: a run, and the attempt that the button followed.
type runArg struct {
	id      int64
	attempt int
}

func (a runArg) String() string {
	if a.attempt == 0 {
		return strconv.FormatInt(a.id, 10)
	}
	return strconv.FormatInt(a.id, 10) + ":" + strconv.Itoa(a.attempt)
}

// parseRunArg reads the form that String writes, and no other.
func parseRunArg(s string) (runArg, error) {
	id, attempt, found := strings.Cut(s, ":")
	var a runArg
	var err error
	if a.id, err = strconv.ParseInt(id, 10, 64); err != nil {
		return runArg{}, errAction
	}
	if found {
		if a.attempt, err = strconv.Atoi(attempt); err != nil {
			return runArg{}, errAction
		}
	}
	if a.id <= 0 || a.attempt < 0 || a.String() != s {
		return runArg{}, errAction
	}
	return a, nil
}

// run reads the run of a button. ok is false for one that is not this command's, not of
// this group and topic, or gone.
func (o *own) run(ctx context.Context, c *ownCommand, req Request, id int64) (run topics.Run, ok bool, err error) {
	run, err = o.opts.Runs.Run(ctx, id)
	if errors.Is(err, topics.ErrNotFound) {
		return topics.Run{}, false, nil
	}
	if err != nil {
		return topics.Run{}, false, &Later{Err: fmt.Errorf("read the run: %w", err)}
	}
	if run.Command != c.name || run.ThreadID != req.Conversation.ThreadID {
		return topics.Run{}, false, nil
	}
	// A group that became another chat has kept its topics.
	if group, known := o.opts.Groups.Find(run.ChatID); !known || group != req.Group {
		return topics.Run{}, false, nil
	}
	return run, true, nil
}
