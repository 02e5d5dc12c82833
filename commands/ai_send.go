package commands

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"topicpilot/topics"
)

// sendTask sends a queued draft. Its key makes it one for each time that it is queued.
func sendTask(p place, draft topics.Draft, data aiTask) topics.Task {
	data.Conversation, data.Draft = p.Conversation, draft.ID
	data.key = fmt.Sprintf("draft:%d:send:%d", draft.ID, draft.Version)
	return data.task(TaskSend, topics.QueueTasks, "send")
}

// sendWork is one draft in the hands of a task.
type sendWork struct {
	*AI
	place
	task  aiTask
	draft topics.Draft
}

// send carries a draft on from where it stands. What is written down before each step decides
// what a task that is run again may still do: what has left is never sent again by itself.
func (a *AI) send(ctx context.Context, p place, task aiTask) (topics.TaskResult, error) {
	draft, err := a.Drafts.Draft(ctx, task.Draft)
	if errors.Is(err, topics.ErrNotFound) {
		return topics.TaskResult{}, nil // erased meanwhile
	}
	if err != nil {
		return topics.TaskResult{}, fmt.Errorf("read the draft: %w", err)
	}
	w := &sendWork{AI: a, place: p, task: task, draft: draft}
	var told topics.Told
	switch draft.State {
	case topics.DraftQueued:
		if told, err = w.carryOut(ctx); err != nil {
			return topics.TaskResult{}, err
		}
	case topics.DraftSending:
		// We died after it may have left.
		if err := w.settle(ctx, topics.DraftUnknown, topics.ToldUnknown); err != nil {
			return topics.TaskResult{}, err
		}
	case topics.DraftOpen:
		if draft.Told == topics.ToldNothing && draft.MessageID != 0 {
			return topics.TaskResult{}, nil // it has other words by now
		}
	case topics.DraftSent, topics.DraftUnknown:
	case topics.DraftDismissed, topics.DraftTyped, topics.DraftIgnored:
		return topics.TaskResult{}, nil
	}
	return toldResult(told, w.ChatID, w.messages()), nil
}

// carryOut tells the customer, if that may still be done.
func (w *sendWork) carryOut(ctx context.Context) (topics.Told, error) {
	if w.draft.Auto {
		state, err := w.recheck(ctx)
		if err != nil {
			return topics.Told{}, err
		}
		if state != topics.DraftQueued {
			return topics.Told{}, w.settle(ctx, state, topics.ToldNothing)
		}
	}
	if !w.tells(w.group) {
		return topics.Told{}, w.settle(ctx, topics.DraftOpen, topics.ToldOff)
	}
	if w.draft.CustomerID == 0 && w.group.CustomerSend == topics.CustomerSendBot {
		if _, w.draft.CustomerID = w.card(ctx, w.place); w.draft.CustomerID == 0 {
			return topics.Told{}, w.settle(ctx, topics.DraftOpen, topics.ToldFailed)
		}
	}
	return w.tell(ctx)
}

// recheck looks once more, right before an answer leaves by itself, what may become of it:
// DraftQueued goes on, DraftOpen is for operators to decide, DraftIgnored for nobody.
func (w *sendWork) recheck(ctx context.Context) (topics.DraftState, error) {
	now, err := w.read(ctx, w.place)
	switch {
	case err != nil:
		return "", err
	case !now.due(), now.HumanID > w.draft.QuestionID, w.humanLately(now):
		return topics.DraftIgnored, nil
	case now.mode != topics.AdviceReply:
		return topics.DraftOpen, nil
	}
	return topics.DraftQueued, nil
}

// tell sends the draft, once. What leaves is written down before.
func (w *sendWork) tell(ctx context.Context) (topics.Told, error) {
	draft := w.draft
	draft.State, draft.Told = topics.DraftSending, topics.ToldSending
	stored, err := w.Drafts.ChangeDraft(ctx, draft)
	if err != nil {
		return topics.Told{}, fmt.Errorf("record that the draft leaves: %w", err)
	}
	w.draft = stored
	told := tellOnce(ctx, w.Sender, w.group, letter{
		Conversation: w.Conversation, customerID: draft.CustomerID, text: draft.Text,
	})
	if wait := tellLater(told, w.Now().Sub(w.task.Asked)); wait != nil {
		if err := w.settle(ctx, topics.DraftQueued, topics.ToldPending); err != nil {
			return topics.Told{}, err
		}
		return topics.Told{}, wait
	}
	if told.Err != nil {
		w.Log.Warn("customer not told", "draft", w.draft.ID, "topic_id", w.String(),
			"state", string(told.State), "error", told.Err)
	}
	state := topics.DraftOpen
	switch told.State {
	case topics.ToldSent:
		state = topics.DraftSent
	case topics.ToldUnknown:
		state = topics.DraftUnknown
	default: // it has certainly not arrived: operators decide
	}
	return told, w.settle(ctx, state, told.State)
}

// settle writes down what became of the draft, also when ctx has ended. errMoved means that
// somebody else has decided on it.
func (w *sendWork) settle(ctx context.Context, state topics.DraftState, told topics.ToldState) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTime)
	defer cancel()
	for range maxRaces {
		draft := w.draft
		draft.State, draft.Told = state, told
		draft.Auto = draft.Auto && state != topics.DraftOpen
		if state.Ended() {
			draft.EndedAt = w.Now()
		}
		stored, err := w.Drafts.ChangeDraft(ctx, draft)
		switch {
		case err == nil:
			w.draft = stored
			if state.Ended() {
				w.observe(stored)
			}
			return nil
		case !errors.Is(err, topics.ErrConflict):
			return fmt.Errorf("record what became of the draft: %w", err)
		}
		fresh, err := w.Drafts.Draft(ctx, draft.ID)
		if errors.Is(err, topics.ErrNotFound) {
			return errMoved // erased
		}
		if err != nil {
			return fmt.Errorf("read the draft: %w", err)
		}
		// Another process that took us for dead may have called the outcome unknown: we know
		// better.
		if fresh.State != w.draft.State && (fresh.State != topics.DraftUnknown || state == topics.DraftQueued) {
			return errMoved
		}
		w.draft = fresh
	}
	return fmt.Errorf("record what became of the draft: %w", topics.ErrConflict)
}

// messages show what became of the draft: in its message, or in one of its own where the
// advisor has decided.
func (w *sendWork) messages() []topics.Outgoing {
	shown := cmp.Or(w.task.Shown, w.draft.MessageID)
	out := topics.Outgoing{Conversation: w.Conversation, EditID: shown, DraftID: w.draft.ID}
	switch {
	case w.draft.State == topics.DraftIgnored:
		return nil
	case w.draft.State == topics.DraftOpen && shown == 0:
		return w.posted(w.place, w.draft, superseded{})
	case w.draft.State == topics.DraftOpen:
		return w.shownAgain(w.place, w.draft, shown)
	case w.draft.Auto && w.draft.State == topics.DraftSent:
		out.Text = answered(w.place, w.draft)
	default:
		out.Text, out.Buttons = ended(w.say, w.draft)
	}
	if w.draft.Auto {
		out.Priority = topics.PriorityNotice
	}
	if shown != 0 {
		out.Replaces = editName(w.Conversation, shown)
	}
	return []topics.Outgoing{out}
}
