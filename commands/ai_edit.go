package commands

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"topicpilot/topics"
)

// edited makes an operator's reply to a draft the draft's text, also when the reply is
// edited. shown is false where the message that is replied to shows no draft.
func (a *AI) edited(
	ctx context.Context, p place, h topics.Heard, text string,
) (answer topics.Answer, shown bool, err error) {
	m := h.Message
	for range maxRaces {
		draft, err := a.Drafts.DraftShown(ctx, p.Conversation, m.ReplyTo)
		if errors.Is(err, topics.ErrNotFound) {
			return topics.Answer{}, false, nil
		}
		if err != nil {
			return topics.Answer{}, false, fmt.Errorf("look for the draft that is replied to: %w", err)
		}
		same := draft.Text == text
		switch {
		case !ownWords(h) || !visible(text) || h.Edited && same:
			return topics.Answer{}, true, nil
		case draft.State != topics.DraftOpen:
			return p.comment(endedLine(p.say, draft)), true, nil
		case !same:
			draft, err = a.Drafts.ChangeDraft(ctx, withText(draft, text, m.Author))
		}
		switch {
		case err == nil:
			return topics.Answer{Messages: a.shownAgain(p, draft, m.ReplyTo)}, true, nil
		case !errors.Is(err, topics.ErrConflict):
			return topics.Answer{}, false, fmt.Errorf("record the draft's text: %w", err)
		}
	}
	return topics.Answer{}, false, fmt.Errorf("record the draft's text: %w", topics.ErrConflict)
}

// ownWords reports whether an operator has typed the words, now or in an edit.
func ownWords(h topics.Heard) bool {
	m := h.Message
	return h.Typed || h.Edited && !m.Forwarded && !m.ViaBot && len(m.Media) == 0
}

// withText is a draft with an operator's words.
func withText(draft topics.Draft, text string, by topics.Author) topics.Draft {
	if draft.Original == "" {
		draft.Original = draft.Text
	}
	draft.Text, draft.Decided, draft.Told = text, by, topics.ToldNothing
	gone := func(s string) bool { return !strings.Contains(text, s) }
	draft.Strange = slices.DeleteFunc(slices.Clone(draft.Strange), gone)
	draft.Uncarried = slices.DeleteFunc(slices.Clone(draft.Uncarried), gone)
	return draft
}

// shownAgain brings the message of a draft to its present text: in place where it is and was
// one message, else in a new one.
func (a *AI) shownAgain(p place, draft topics.Draft, messageID int64) []topics.Outgoing {
	text, buttons := a.shown(p, draft)
	out := topics.Outgoing{Conversation: p.Conversation, Text: text, Buttons: buttons, DraftID: draft.ID}
	if draft.Parts <= 1 && topics.UTF16Len(text.Text) <= maxCard {
		out.EditID, out.Replaces = messageID, editName(p.Conversation, messageID)
		return []topics.Outgoing{out}
	}
	former := draft
	former.MessageID = messageID
	mark := superseded{former: &former}.mark(p)
	mark.Priority = topics.PriorityAnswer
	return []topics.Outgoing{out, mark}
}
