package commands

import (
	"context"
	"errors"
	"fmt"

	"topicpilot/topics"
)

// superseded is the former draft whose place a newer one takes.
type superseded struct {
	// former is nil where no message shows one.
	former *topics.Draft
	// inPlace tells that nothing was written since it was posted, so that its message can show
	// the newer one.
	inPlace bool
}

// supersede ends the drafts that were open before this one. For a task that is run again,
// those that it has ended then count as well.
func (a *AI) supersede(ctx context.Context, draft topics.Draft, n talkNow) (superseded, error) {
	var s superseded
	for _, former := range n.drafts {
		if former.ID == draft.ID {
			continue
		}
		ended, err := a.ignore(ctx, former, draft)
		if err != nil {
			return s, err
		}
		if ended && former.MessageID != 0 && s.former == nil {
			s.former = &former
		}
	}
	if s.former != nil {
		s.inPlace = s.former.Parts <= 1 && nothingSince(n.messages, s.former.MessageID)
	}
	return s, nil
}

// ignore ends a former draft if it is open, and reports whether the newer one has ended it,
// now or before.
func (a *AI) ignore(ctx context.Context, former, newer topics.Draft) (bool, error) {
	for range maxRaces {
		switch {
		case former.State == topics.DraftIgnored:
			return !former.EndedAt.Before(newer.At), nil
		case former.State != topics.DraftOpen || former.ID > newer.ID:
			return false, nil
		}
		ended, err := a.Drafts.ChangeDraft(ctx, a.end(former, topics.DraftIgnored, topics.Author{}))
		if err == nil {
			a.observe(ended)
			return true, nil
		}
		if errors.Is(err, topics.ErrConflict) {
			former, err = a.Drafts.Draft(ctx, former.ID)
		}
		if errors.Is(err, topics.ErrNotFound) {
			return false, nil // erased meanwhile
		}
		if err != nil {
			return false, fmt.Errorf("put the former draft away: %w", err)
		}
	}
	return false, fmt.Errorf("put the former draft away: %w", topics.ErrConflict)
}

// nothingSince reports whether behind a message there are none but our own comments.
func nothingSince(messages []topics.Message, id int64) bool {
	for _, m := range messages {
		own := m.Author.Kind == topics.AuthorSelf && m.Kind == topics.MessageComment
		if m.ID > id && !own {
			return false
		}
	}
	return true
}

// Wanted reports whether a draft that is not posted yet is still to be shown.
func (a *AI) Wanted(ctx context.Context, draftID int64) (bool, error) {
	draft, err := a.Drafts.Draft(ctx, draftID)
	if errors.Is(err, topics.ErrNotFound) {
		return false, nil // erased meanwhile
	}
	if err != nil {
		return false, fmt.Errorf("read the draft: %w", err)
	}
	return draft.State == topics.DraftOpen, nil
}

// mark edits the former's message to one line.
func (s superseded) mark(p place) topics.Outgoing {
	return topics.Outgoing{
		Conversation: p.Conversation, Priority: topics.PriorityDraft, EditID: s.former.MessageID,
		Text: topics.Plain(p.say.T("ai.superseded", nil)), Replaces: editName(p.Conversation, s.former.MessageID),
	}
}

// editName names the edits of a message, of which only the newest unsent one matters.
func editName(conv topics.Conversation, messageID int64) string {
	return fmt.Sprintf("edit:%s:%d", conv, messageID)
}

// posted is the message of a new draft, in the place of the former one or below it.
func (a *AI) posted(p place, draft topics.Draft, s superseded) []topics.Outgoing {
	text, buttons := a.shown(p, draft)
	out := topics.Outgoing{
		Conversation: p.Conversation, Priority: topics.PriorityDraft, Text: text, Buttons: buttons,
		Replaces: "draft:" + p.String(), DraftID: draft.ID,
	}
	switch {
	case s.former == nil:
		return []topics.Outgoing{out}
	case s.inPlace && topics.UTF16Len(text.Text) <= maxCard:
		out.EditID = s.former.MessageID
		return []topics.Outgoing{out}
	}
	return []topics.Outgoing{out, s.mark(p)}
}
