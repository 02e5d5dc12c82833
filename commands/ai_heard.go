package commands

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"topicpilot/commands/messages"
	"topicpilot/topics"
	"topicpilot/topics/advice"
)

const (
	// draftLife is how far back drafts are looked for that may still be open.
	draftLife = 7 * 24 * time.Hour
	// openDrafts is how many of the latest drafts are looked at to find the open one.
	openDrafts = 5
	// nearlySame is the likeness from which an operator's words count as the draft's.
	nearlySame = 0.8
)

// Heard makes of a message what is due: the task of a draft, the answer to an operator's
// question, the end or another text of a draft. Nothing slow is done here.
func (a *AI) Heard(ctx context.Context, h topics.Heard) (topics.Answer, error) {
	if a.Advise == nil {
		return topics.Answer{}, nil
	}
	m, p := h.Message, placeOf(h.Group, h.Message.Conversation)
	switch {
	case m.General():
		return a.heardInGeneral(p, h), nil
	case m.Kind == topics.MessageTalk && m.Author.Kind == topics.AuthorCustomer:
		return a.heardCustomer(ctx, p, h)
	case m.Kind == topics.MessageTalk && isHuman(m.Author.Kind):
		return a.heardHuman(ctx, p, h)
	case m.Kind == topics.MessageComment && isOperator(h):
		return a.heardComment(ctx, p, h)
	}
	return topics.Answer{}, nil
}

// isHuman reports whether such an author answers customers by hand.
func isHuman(kind topics.AuthorKind) bool {
	switch kind {
	case topics.AuthorOperator, topics.AuthorStranger, topics.AuthorAnonymous, topics.AuthorChannel:
		return true
	case topics.AuthorCustomer, topics.AuthorBot, topics.AuthorSelf, topics.AuthorService:
	}
	return false
}

func isOperator(h topics.Heard) bool {
	return h.Message.Author.Kind == topics.AuthorOperator && h.Role >= topics.RoleOperator
}

// heardInGeneral answers operators alone, and only that this is the wrong place.
func (a *AI) heardInGeneral(p place, h topics.Heard) topics.Answer {
	if !isOperator(h) || !h.Typed || h.Edited {
		return topics.Answer{}
	}
	if _, ok := advice.Addressed(uncommented(h.Group, h.Message.Text.Text), a.Call); !ok {
		return topics.Answer{}
	}
	return p.comment(p.say.T("ai.general", nil))
}

// comment is a short answer to an operator, a text of placeShown.
func (p place) comment(text string) topics.Answer {
	return topics.Answer{Messages: []topics.Outgoing{{Conversation: p.Conversation, Text: shownText(text, maxCard)}}}
}

// heardCustomer starts the task of a draft, which waits for the end of the burst.
func (a *AI) heardCustomer(ctx context.Context, p place, h topics.Heard) (topics.Answer, error) {
	text := h.Message.Text.Text
	if !a.starts(topics.AdviceReply, text) {
		return topics.Answer{}, nil // in no mode
	}
	mode, _, err := a.mode(ctx, p)
	if err != nil || !a.starts(mode, text) {
		return topics.Answer{}, err
	}
	data := aiTask{
		Conversation: p.Conversation, Message: h.Message.ID, At: writtenAt(h.Message), key: h.Key + ":draft",
	}
	task := data.task(TaskDraft, topics.QueueAdvice, "advice")
	task.NotBefore = a.Now().Add(a.Debounce)
	return topics.Answer{Tasks: []topics.Task{task}}, nil
}

// starts reports whether a customer's words have the advisor look at the talk.
func (a *AI) starts(mode topics.AdviceMode, text string) bool {
	question, addressed := advice.Addressed(text, a.Call)
	switch {
	case mode == topics.AdviceOff:
		return false
	case addressed:
		return visible(question)
	case mode == topics.AdviceAsk:
		return false
	}
	return visible(text) && !advice.SmallTalk(text)
}

// writtenAt is when the present text of a message was written.
func writtenAt(m topics.Message) time.Time {
	if m.EditDate.After(m.Date) {
		return m.EditDate
	}
	return m.Date
}

// heardHuman is what somebody has written to the customer by hand: it takes the place of
// what the advisor is about to say. An operator may have asked the advisor all the same.
func (a *AI) heardHuman(ctx context.Context, p place, h topics.Heard) (topics.Answer, error) {
	if h.Edited {
		return topics.Answer{}, nil
	}
	a.making.callOff(p)
	if err := a.answeredByHand(ctx, p, h.Message); err != nil {
		return topics.Answer{}, err
	}
	if !isOperator(h) || !h.Typed {
		return topics.Answer{}, nil
	}
	return a.asked(ctx, p, h, h.Message.Text.Text)
}

// answeredByHand ends the open draft if its words were written by hand, or if nobody has been
// shown it so far.
func (a *AI) answeredByHand(ctx context.Context, p place, m topics.Message) error {
	for range maxRaces {
		drafts, err := a.Drafts.Drafts(ctx, p.Conversation, a.Now().Add(-draftLife), openDrafts)
		if err != nil {
			return fmt.Errorf("look for an open draft: %w", err)
		}
		open := newestOpen(drafts)
		if open == nil {
			return nil
		}
		var ended topics.Draft
		switch {
		case visible(m.Text.Text) && advice.Likeness(open.Text, m.Text.Text) >= nearlySame:
			ended = a.end(*open, topics.DraftTyped, m.Author)
		case open.MessageID == 0:
			ended = a.end(*open, topics.DraftIgnored, topics.Author{})
		default:
			return nil
		}
		draft, err := a.Drafts.ChangeDraft(ctx, ended)
		switch {
		case err == nil:
			a.observe(draft)
			return nil
		case !errors.Is(err, topics.ErrConflict):
			return fmt.Errorf("record that the draft is not needed: %w", err)
		}
	}
	return fmt.Errorf("record that the draft is not needed: %w", topics.ErrConflict)
}

func newestOpen(drafts []topics.Draft) *topics.Draft {
	for i := range drafts {
		if drafts[i].State == topics.DraftOpen {
			return &drafts[i]
		}
	}
	return nil
}

// heardComment is an operator's comment: a question to the advisor, or else a new text of the
// draft that it replies to.
func (a *AI) heardComment(ctx context.Context, p place, h topics.Heard) (topics.Answer, error) {
	text := uncommented(h.Group, h.Message.Text.Text)
	if _, asks := advice.Addressed(text, a.Call); !asks && h.Message.ReplyTo != 0 {
		answer, shown, err := a.edited(ctx, p, h, text)
		if err != nil || shown {
			return answer, err
		}
	}
	if h.Edited || !h.Typed {
		return topics.Answer{}, nil
	}
	return a.asked(ctx, p, h, text)
}

// uncommented is a comment's text without what makes it one.
func uncommented(group *topics.Group, text string) string {
	for _, mark := range []string{commentMark(group), "/ "} {
		if rest, ok := strings.CutPrefix(text, mark); ok {
			return strings.TrimSpace(rest)
		}
	}
	return strings.TrimSpace(text)
}

// asked starts the task of an operator's question, if the text is one.
func (a *AI) asked(ctx context.Context, p place, h topics.Heard, text string) (topics.Answer, error) {
	question, ok := advice.Addressed(text, a.Call)
	if !ok {
		return topics.Answer{}, nil
	}
	mode, _, err := a.mode(ctx, p)
	switch {
	case err != nil:
		return topics.Answer{}, err
	case mode == topics.AdviceOff:
		return p.comment(p.say.T("ai.off_here", messages.Data{"Usage": codeOf("/ai ask")})), nil
	case !visible(question):
		return p.comment(p.say.T("ai.ask_what", nil)), nil
	}
	data := aiTask{Conversation: p.Conversation, Message: h.Message.ID, key: h.Key + ":question"}
	return topics.Answer{Tasks: []topics.Task{data.task(TaskQuestion, topics.QueueQuestions, "questions")}}, nil
}
