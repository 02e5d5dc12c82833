package commands

import (
	"context"
	"errors"
	"fmt"

	"topicpilot/commands/messages"
	"topicpilot/topics"
)

// press decides what a button below a draft does, by the state that the draft has now. The
// role was checked before.
func (a *AI) press(ctx context.Context, req Request) (Reply, error) {
	id, version, err := parseDraftArg(req.Action.Arg)
	if err != nil {
		return old(req), nil //nolint:nilerr // it is told so
	}
	for range maxRaces {
		draft, ok, err := a.pressedDraft(ctx, req, id)
		if err != nil {
			return Reply{}, err
		}
		if !ok {
			return old(req), nil
		}
		reply, err := a.decide(ctx, req, draft, version)
		switch {
		case err == nil:
			return reply, nil
		case !errors.Is(err, topics.ErrConflict):
			return Reply{}, &Later{Err: fmt.Errorf("record the decision on the draft: %w", err)}
		}
	}
	return Reply{}, &Later{Err: fmt.Errorf("record the decision on the draft: %w", topics.ErrConflict)}
}

// pressedDraft reads the draft of a button. ok is false for one that is not of this group and
// topic, or gone.
func (a *AI) pressedDraft(ctx context.Context, req Request, id int64) (draft topics.Draft, ok bool, err error) {
	draft, err = a.Drafts.Draft(ctx, id)
	if errors.Is(err, topics.ErrNotFound) {
		return topics.Draft{}, false, nil
	}
	if err != nil {
		return topics.Draft{}, false, &Later{Err: fmt.Errorf("read the draft: %w", err)}
	}
	// A group that became another chat has kept its topics.
	group, known := a.Groups.Find(draft.ChatID)
	return draft, known && group == req.Group && draft.ThreadID == req.Conversation.ThreadID, nil
}

// draftArg is the argument of a draft's buttons: which one it is, and as of which change.
func draftArg(draft topics.Draft) string {
	return runArg{id: draft.ID, attempt: int(draft.Version)}.String()
}

// parseDraftArg reads it. Buttons that were made without a version have 0, which no draft has.
func parseDraftArg(arg string) (id, version int64, err error) {
	parsed, err := parseRunArg(arg)
	return parsed.id, int64(parsed.attempt), err
}

// decide carries one press out; version is that of the draft as the button shows it. An error
// that wraps topics.ErrConflict means that the draft has changed meanwhile.
func (a *AI) decide(ctx context.Context, req Request, draft topics.Draft, version int64) (Reply, error) {
	p := placeOf(req.Group, req.Conversation)
	verb := req.Action.Verb
	switch {
	case verb != verbSend && verb != verbEdit && verb != verbDismiss:
		return old(req), nil
	case draft.State == topics.DraftQueued && verb == verbSend:
		// The same press again, or a second tap: the task has a key and starts once.
		return a.sending(p, req, draft), nil
	case draft.State == topics.DraftQueued, draft.State == topics.DraftSending:
		return Reply{Toast: req.Say.T("ai.sending", nil)}, nil
	case draft.State != topics.DraftOpen:
		return stalePress(req, draft), nil
	case verb == verbEdit:
		return Reply{Toast: req.Say.T("ai.edit_how", messages.Data{"Mark": commentMark(req.Group)})}, nil
	case verb == verbDismiss:
		draft, err := a.Drafts.ChangeDraft(ctx, a.end(draft, topics.DraftDismissed, req.By))
		if err != nil {
			return Reply{}, err
		}
		a.observe(draft)
		return edit(req, draft), nil
	case !a.sendable(p, draft):
		return Reply{Toast: req.Say.T("ai.not_sendable", nil), outcome: outcomeRefused}, nil
	case draft.Version != version:
		return a.changed(p, req, draft), nil
	}
	draft.State, draft.Decided, draft.Told = topics.DraftQueued, req.By, topics.ToldNothing
	draft, err := a.Drafts.ChangeDraft(ctx, draft)
	if err != nil {
		return Reply{}, err
	}
	return a.sending(p, req, draft), nil
}

// changed sends nothing, as the presser may not have seen the words that would be sent: the
// draft is shown again. A message that is not the draft's own any more shows it no more.
func (a *AI) changed(p place, req Request, draft topics.Draft) Reply {
	reply := Reply{Toast: req.Say.T("ai.changed", nil), outcome: outcomeRefused}
	if draft.MessageID == 0 || draft.MessageID == req.MessageID {
		reply.messages = a.shownAgain(p, draft, req.MessageID)
	}
	return reply
}

func (a *AI) sending(p place, req Request, draft topics.Draft) Reply {
	data := aiTask{Shown: req.MessageID, Asked: a.Now()}
	return Reply{Toast: req.Say.T("ai.sending", nil), Tasks: []topics.Task{sendTask(p, draft, data)}}
}

// stalePress tells what became of a draft. Its message, if it still has its buttons, is
// brought to that; the message of a superseded one may show the newer one by now.
func stalePress(req Request, draft topics.Draft) Reply {
	if draft.State == topics.DraftIgnored {
		return Reply{Toast: req.Say.T("ai.ignored", nil)}
	}
	return edit(req, draft)
}

// edit brings the pressed message to what became of its draft.
func edit(req Request, draft topics.Draft) Reply {
	text, buttons := ended(req.Say, draft)
	line := shownText(endedLine(req.Say, draft), maxToast)
	return Reply{Text: text, Buttons: buttons, Edit: true, Toast: line.Text}
}
