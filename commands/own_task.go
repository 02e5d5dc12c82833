package commands

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"topicpilot/commands/messages"
	"topicpilot/topics"
)

const (
	// longestPause is the longest pause that the other side may ask for if the request is
	// to be repeated without asking.
	longestPause = 30 * time.Second
	// recordTime bounds the writing down of what has happened, which goes on when the
	// program is told to stop.
	recordTime = 5 * time.Second
)

// errMoved means that somebody else has brought the run further: there is nothing to do.
var errMoved = errors.New("the run has moved on")

// work is one run in the hands of a task.
type work struct {
	*own
	task  topics.Task
	data  ownTask
	run   topics.Run
	group *topics.Group
	say   *messages.Printer
	// command is nil for one that is not in the settings any more.
	command *ownCommand
	// checked is what a check has found, "" where there was none.
	checked string
}

// RunTask carries a run on from where it stands. What is written down before each step
// decides what a task that is run again may still do: a request that has left, and a
// message to the customer that has left, are never sent again by themselves.
func (o *own) RunTask(ctx context.Context, task topics.Task) (topics.TaskResult, error) {
	var data ownTask
	if err := json.Unmarshal(task.Data, &data); err != nil {
		return topics.TaskResult{}, &topics.Hopeless{Err: errors.New("task of a command cannot be read")}
	}
	run, err := o.opts.Runs.Run(ctx, data.Run)
	if errors.Is(err, topics.ErrNotFound) {
		return topics.TaskResult{}, nil // erased meanwhile
	}
	if err != nil {
		return topics.TaskResult{}, fmt.Errorf("read the run: %w", err)
	}
	group, ok := o.opts.Groups.Find(run.ChatID)
	if !ok {
		return topics.TaskResult{}, &topics.Hopeless{Err: errNoGroup}
	}
	w := &work{
		own: o, task: task, data: data, run: run, group: group,
		say: messages.For(group.Language), command: o.commands[run.Command],
	}
	var result topics.TaskResult
	switch data.Do {
	case ownClear:
		err = w.clear(ctx)
	case ownCheck:
		result, err = w.lookUp(ctx)
	default:
		result, err = w.carryOut(ctx)
	}
	if errors.Is(err, errMoved) {
		return topics.TaskResult{}, nil
	}
	return result, err
}

// carryOut brings the run to the end of the task's attempt and answers.
func (w *work) carryOut(ctx context.Context) (topics.TaskResult, error) {
	var err error
	switch w.run.State {
	case topics.RunQueued:
		paused := w.run.Result == resultPause && w.run.Attempts == w.data.Attempt
		if w.run.Attempts+1 != w.data.Attempt && !paused {
			return topics.TaskResult{}, nil // asked for once more: another task's
		}
		err = w.send(ctx)
	case topics.RunSent:
		// We died after the request may have left, or somebody else is waiting for its
		// answer in vain.
		err = w.end(ctx, topics.RunUnknown, resultStopped, nil)
	case topics.RunDone, topics.RunFailed, topics.RunUnknown:
		if w.run.Attempts > w.data.Attempt+1 {
			return topics.TaskResult{}, nil
		}
	case topics.RunAsked, topics.RunCancelled:
		return topics.TaskResult{}, nil
	}
	if err != nil {
		return topics.TaskResult{}, err
	}
	return w.answer(ctx)
}

// send prepares the request and sends it. Nil means that the attempt has ended, one way or
// another, and that this is written down.
func (w *work) send(ctx context.Context) error {
	prepared, section, failed, err := w.prepare(ctx)
	if err != nil {
		return err
	}
	if failed != "" {
		return w.end(ctx, topics.RunFailed, failed, nil)
	}
	run := w.run
	run.State, run.Attempts, run.SentAt, run.Result = topics.RunSent, run.Attempts+1, w.opts.Now(), ""
	run.EndedAt = time.Time{}
	if w.run, err = w.opts.Runs.ChangeRun(ctx, run); err != nil {
		return fmt.Errorf("record that the request leaves: %w", err)
	}
	answer, err := w.call(ctx, prepared)
	if err == nil {
		return w.done(ctx, section, answer)
	}
	w.opts.Log.Warn("request of a command", "command", w.run.Command, "run", w.run.ID,
		"topic_id", w.run.String(), "error", err)
	end := classify(err)
	if end.pause && w.run.Attempts == w.data.Attempt && end.after <= longestPause {
		if err := w.end(ctx, topics.RunQueued, resultPause, nil); err != nil {
			return err
		}
		return &topics.Wait{After: max(end.after, time.Second), Err: errors.New("the other side asks for a pause")}
	}
	return w.end(ctx, end.state, end.result, func(run *topics.Run) {
		if fault, ok := errors.AsType[*callError](err); ok && end.state == topics.RunFailed {
			run.Reply = fault.Words
		}
	})
}

// prepare makes the request. failed, if not "", is why there is none; an error is worth
// another try.
func (w *work) prepare(ctx context.Context) (p *prepared, section SectionRequest, failed string, err error) {
	if w.command == nil {
		return nil, section, resultRemoved, nil
	}
	if !w.command.whole(w.run) {
		return nil, section, resultInvalid, nil
	}
	section, reason, err := w.section(ctx, w.command, w.request())
	if err != nil {
		return nil, section, "", err
	}
	if reason != "" {
		return nil, section, resultCustomer, nil
	}
	if section.Customer != nil && section.Customer.ID != w.run.CustomerID && w.command.customer {
		return nil, section, resultOther, nil
	}
	values, err := w.values(ctx, w.command, section, false)
	if err != nil {
		return nil, section, "", err
	}
	err = guarded(func() error {
		p, err = w.command.request.prepare(values, w.run.Key)
		return err
	})
	if err != nil {
		w.opts.Log.Warn("request of a command cannot be made", "command", w.run.Command, "run", w.run.ID,
			"topic_id", w.run.String(), "error", err)
		return nil, section, resultInvalid, nil
	}
	p.once = true
	return p, section, "", nil
}

// request is what templates know of the one who asked.
func (w *work) request() Request {
	return Request{
		Call: topics.Call{
			Group: w.group, Conversation: w.run.Conversation, By: w.run.By, MessageID: w.run.MessageID, Name: w.run.Command,
		},
		Args: w.run.Args, Say: w.say,
	}
}

// call sends the request once.
func (w *work) call(ctx context.Context, p *prepared) (answer any, err error) {
	err = guarded(func() error {
		answer, err = w.opts.Caller.do(ctx, p)
		return err
	})
	if err != nil {
		return nil, err
	}
	if _, text := answer.(string); text && w.command.fieldsWanted() {
		// Fields are wanted, and the answer has none: somebody's error page.
		return nil, &callError{Class: faultUnreadable, Sent: true, Err: errNotJSON}
	}
	return answer, nil
}

// done writes down that the request took effect, with the answer that is owed and the text
// that the customer is to be told.
func (w *work) done(ctx context.Context, section SectionRequest, answer any) error {
	said := w.render(ctx, section, answer)
	return w.end(ctx, topics.RunDone, resultDone, func(run *topics.Run) { said.owe(run, true) })
}

// end writes down how the attempt has ended, also when ctx has ended. errMoved means that
// somebody else has decided on the run.
func (w *work) end(ctx context.Context, state topics.RunState, result string, more func(*topics.Run)) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTime)
	defer cancel()
	for range maxRaces {
		run := w.run
		run.State, run.Result = state, result
		if state != topics.RunQueued {
			run.EndedAt = w.opts.Now()
		}
		if more != nil {
			more(&run)
		}
		stored, err := w.opts.Runs.ChangeRun(ctx, run)
		if err == nil {
			w.run = stored
			if state != topics.RunQueued {
				w.observe(stored)
			}
			return nil
		}
		if !errors.Is(err, topics.ErrConflict) {
			return fmt.Errorf("record the outcome: %w", err)
		}
		fresh, err := w.opts.Runs.Run(ctx, w.run.ID)
		if err != nil {
			return fmt.Errorf("read the run: %w", err)
		}
		// Another process that took us for dead may have called the outcome unknown: we
		// know better. A person's decision stands.
		same := fresh.State == w.run.State || fresh.State == topics.RunUnknown && state != topics.RunQueued
		if fresh.Attempts != w.run.Attempts || !same {
			return errMoved
		}
		w.run = fresh
	}
	return fmt.Errorf("record the outcome: %w", topics.ErrConflict)
}

// clear forgets what was owed and has been paid since.
func (w *work) clear(ctx context.Context) error {
	ended := w.run.State == topics.RunDone || w.run.State == topics.RunFailed
	if !ended || w.run.Reply == "" && w.run.TellText == "" {
		return nil
	}
	run := w.run
	run.Reply, run.TellText = "", ""
	if _, err := w.opts.Runs.ChangeRun(ctx, run); err != nil {
		return fmt.Errorf("clear the answer: %w", err)
	}
	return nil
}

// guarded makes a panic an error.
func guarded(f func() error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = newPanicked(value)
		}
	}()
	return f()
}
