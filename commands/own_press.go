package commands

import (
	"context"
	"errors"
	"fmt"

	"topicpilot/commands/messages"
	"topicpilot/topics"
)

// maxRaces is how often a press is decided anew because the run has changed meanwhile.
const maxRaces = 5

// press decides what a button does by the state that its run has now. The role was checked
// before; here it is who asked, or an admin.
func (o *own) press(ctx context.Context, c *ownCommand, req Request) (Reply, error) {
	arg, err := parseRunArg(req.Action.Arg)
	if err != nil {
		return old(req), nil //nolint:nilerr // it is told so
	}
	for range maxRaces {
		run, ok, err := o.run(ctx, c, req, arg.id)
		if err != nil {
			return Reply{}, err
		}
		if !ok {
			return old(req), nil
		}
		if req.By.ID != run.By.ID && req.Role < topics.RoleAdmin {
			data := messages.Data{"Name": cleanField(run.By.Name)}
			return Reply{Toast: req.Say.T("own.others", data), outcome: outcomeRefused}, nil
		}
		reply, err := o.decide(ctx, c, req, pressed{run: run, attempt: arg.attempt})
		if !errors.Is(err, topics.ErrConflict) {
			return reply, err
		}
	}
	return Reply{}, &Later{Err: fmt.Errorf("decide on the run: %w", topics.ErrConflict)}
}

// pressed is a run whose button was pressed, and the attempt that the button followed.
type pressed struct {
	run     topics.Run
	attempt int
}

// decide carries one press out. An error that wraps topics.ErrConflict means that the run
// has changed meanwhile.
func (o *own) decide(ctx context.Context, c *ownCommand, req Request, p pressed) (Reply, error) {
	verb := req.Action.Verb
	switch {
	case p.run.State == topics.RunAsked && p.attempt == 0:
		return o.decideAsked(ctx, c, req, p.run)
	case p.run.State == topics.RunUnknown && p.attempt == p.run.Attempts && (verb == verbAgain || verb == verbCheck):
		return o.decideUnknown(ctx, c, req, p.run)
	case p.run.State == topics.RunQueued && p.attempt == p.run.Attempts && (verb == verbDo || verb == verbAgain):
		// The same press again, or a second tap: the task has a key and starts once.
		return Reply{Toast: req.Say.T("own.working", nil), Tasks: []topics.Task{o.task(p.run)}}, nil
	}
	return o.stale(c, req, p.run), nil
}

// decideAsked answers the question whether to do it.
func (o *own) decideAsked(ctx context.Context, c *ownCommand, req Request, run topics.Run) (Reply, error) {
	now := o.opts.Now()
	late := now.Sub(run.AskedAt) > buttonLife
	run.AnswerID, run.Decided = req.MessageID, req.By
	switch {
	case late:
		run.State, run.Result, run.EndedAt, run.Decided = topics.RunCancelled, "nobody decided", now, topics.Author{}
	case req.Action.Verb == verbCancel:
		run.State, run.Result, run.EndedAt = topics.RunCancelled, "cancelled", now
	case req.Action.Verb != verbDo && req.Action.Verb != verbAgain || !c.whole(run):
		return old(req), nil
	default:
		run.State, run.Result = topics.RunQueued, ""
	}
	if run.State == topics.RunQueued && req.Action.Verb == verbDo {
		like, isLike, err := o.like(ctx, run)
		if err != nil {
			return Reply{}, err
		}
		if isLike {
			reply := o.likeQuestion(req, run, like)
			reply.Edit = true
			return reply, nil
		}
	}
	run, err := o.change(ctx, run)
	if err != nil {
		return Reply{}, err
	}
	if run.State == topics.RunQueued {
		return Reply{Toast: req.Say.T("own.working", nil), Tasks: []topics.Task{o.task(run)}}, nil
	}
	o.observe(run)
	return o.outcome(c, req, run), nil
}

// decideUnknown has an attempt of unknown outcome repeated or looked up.
func (o *own) decideUnknown(ctx context.Context, c *ownCommand, req Request, run topics.Run) (Reply, error) {
	if o.opts.Now().Sub(run.EndedAt) > buttonLife || !c.whole(run) {
		reply := o.outcome(c, req, run)
		reply.Toast = req.Say.T("press.old", nil)
		return reply, nil
	}
	again := req.Action.Verb == verbAgain
	if !again && c.check == nil {
		return old(req), nil
	}
	run.AnswerID = req.MessageID
	if again {
		run.State, run.Result, run.Decided = topics.RunQueued, "", req.By
	}
	run, err := o.change(ctx, run)
	if err != nil {
		return Reply{}, err
	}
	if again {
		return Reply{Toast: req.Say.T("own.working", nil), Tasks: []topics.Task{o.task(run)}}, nil
	}
	look := ownTask{Run: run.ID, Attempt: run.Attempts, Do: ownCheck}
	// Each press looks anew; the same press delivered twice does not.
	task := look.task(run, fmt.Sprintf("run:%d:check:%s", run.ID, req.Key))
	return Reply{Toast: req.Say.T("own.checking", nil), Tasks: []topics.Task{task}}, nil
}

// stale answers a button that the run has left behind. The message that shows the outcome
// already, or will, is left as it is; another one, posted twice, is brought to it.
func (o *own) stale(c *ownCommand, req Request, run topics.Run) Reply {
	reply := Reply{Toast: req.Say.T("press.old", nil)}
	switch run.State {
	case topics.RunQueued, topics.RunSent:
		return Reply{Toast: req.Say.T("own.working", nil)}
	case topics.RunAsked:
		return reply
	case topics.RunUnknown:
		if req.MessageID == run.AnswerID || run.AnswerID == 0 {
			return reply
		}
	case topics.RunDone, topics.RunFailed, topics.RunCancelled:
	}
	outcome := o.outcome(c, req, run)
	if req.MessageID != run.AnswerID || run.State == topics.RunCancelled {
		return outcome
	}
	return Reply{Toast: outcome.Toast}
}

// outcome edits the pressed message to what became of the run, without buttons.
func (o *own) outcome(c *ownCommand, req Request, run topics.Run) Reply {
	text := stateLine(req.Say, runLine(c, run), run, o.opts.Now())
	if run.State == topics.RunCancelled && run.Decided.ID == 0 {
		text = req.Say.T("own.state.late", messages.Data{"Command": runLine(c, run)})
	}
	shown := shownText(text, maxCard)
	return Reply{Text: shown, Edit: true, Toast: shown.Text}
}

// old is the answer to a button that does nothing any more.
func old(req Request) Reply { return Reply{Toast: req.Say.T("press.old", nil)} }

// change writes a run. A conflict comes back as such, anything else as *Later.
func (o *own) change(ctx context.Context, run topics.Run) (topics.Run, error) {
	stored, err := o.opts.Runs.ChangeRun(ctx, run)
	switch {
	case err == nil:
		return stored, nil
	case errors.Is(err, topics.ErrConflict):
		return run, err
	}
	return run, &Later{Err: fmt.Errorf("record the decision: %w", err)}
}

func (o *own) observe(run topics.Run) {
	if o.opts.Observe != nil {
		o.opts.Observe(run)
	}
}
