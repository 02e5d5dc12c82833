package commands

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"topicpilot/topics"
	"topicpilot/topics/advice"
)

const (
	// talkMessages is how much of a talk is read, talkDrafts how many of its drafts.
	talkMessages = 200
	talkDrafts   = 50
	// maxByHand is how far back it is looked for who has written to the customer by hand.
	maxByHand = 10_000
	// patienceTime and patienceDebounces bound how long a customer who goes on writing is listened
	// to before there is a draft: the longer of a time and so many debounces.
	patienceTime      = time.Minute
	patienceDebounces = 6
	// adviceCardTime is how long an answer waits for who the customer is.
	adviceCardTime = 3 * time.Second
)

// talkNow is the end of a topic's talk, as a task finds it.
type talkNow struct {
	advice.Talk
	mode     topics.AdviceMode
	messages []topics.Message
	// drafts are the latest ones, the latest first.
	drafts []topics.Draft
	at     time.Time
}

func (a *AI) read(ctx context.Context, p place) (talkNow, error) {
	now := talkNow{at: a.Now()}
	var err error
	if now.mode, _, err = a.mode(ctx, p); err != nil {
		return now, err
	}
	if now.drafts, err = a.Drafts.Drafts(ctx, p.Conversation, now.at.Add(-draftLife), talkDrafts); err != nil {
		return now, fmt.Errorf("read the drafts: %w", err)
	}
	if now.messages, err = a.Recent.LastMessages(ctx, p.Conversation, talkMessages); err != nil {
		return now, fmt.Errorf("read the talk: %w", err)
	}
	options := advice.TalkOptions{Call: a.Call, Now: now.at, Pause: a.patience()}
	if len(now.drafts) > 0 {
		options.Drafted = &now.drafts[0]
	}
	now.Talk = advice.ReadTalk(now.messages, sentElsewhere(now.messages, now.drafts), options)
	if now.HumanID != 0 || len(now.messages) < talkMessages {
		return now, nil
	}
	// However much the customer writes, who has answered by hand is not forgotten.
	human, err := a.Recent.LastByHand(ctx, p.Conversation, maxByHand)
	if err != nil && !errors.Is(err, topics.ErrNotFound) {
		return now, fmt.Errorf("read the last answer by hand: %w", err)
	}
	now.HumanID, now.HumanAt = human.ID, human.Date
	return now, nil
}

// sentElsewhere are the drafts that have reached the customer and do not stand in the topic:
// they went through the customers' bot, or we died before the transcript had them.
func sentElsewhere(messages []topics.Message, drafts []topics.Draft) []topics.Draft {
	said := make(map[string]bool)
	for _, m := range messages {
		if m.Author.Kind == topics.AuthorSelf && m.Kind == topics.MessageTalk {
			said[strings.Join(strings.Fields(m.Text.Text), " ")] = true
		}
	}
	var sent []topics.Draft
	for _, draft := range drafts {
		if draft.State == topics.DraftSent && !said[strings.Join(strings.Fields(draft.Text), " ")] {
			sent = append(sent, draft)
		}
	}
	return sent
}

// due reports whether the customer waits for an answer that the advisor may give here.
func (n talkNow) due() bool {
	switch {
	case n.mode == topics.AdviceOff, n.mode == topics.AdviceAsk && !n.Addressed:
		return false
	}
	return visible(n.Question) && (n.Addressed || !n.SmallTalk)
}

// newer reports whether the customer has written something behind the task's message that has
// a task of its own.
func (a *AI) newer(n talkNow, task aiTask) bool {
	return slices.ContainsFunc(n.messages, func(m topics.Message) bool {
		at := writtenAt(m)
		later := at.After(task.At) || at.Equal(task.At) && m.ID > task.Message
		customer := m.Kind == topics.MessageTalk && m.Author.Kind == topics.AuthorCustomer
		return later && customer && a.starts(n.mode, m.Text.Text)
	})
}

// patience is how long a customer is listened to who goes on writing, and the silence after
// which they no longer go on.
func (a *AI) patience() time.Duration { return max(patienceTime, patienceDebounces*a.Debounce) }

// long reports whether the customer waits for so long that there is to be a draft of what there
// is. Where the advisor had none to give, the waiting begins anew.
func (a *AI) long(p place, n talkNow) bool {
	since := n.WaitingAt
	if silent := a.making.silentSince(p); silent.After(since) {
		since = silent
	}
	return !n.WaitingAt.IsZero() && n.at.Sub(since) > a.patience()
}

// overNow reports whether the customer's burst is over: the task of its last message is due.
func (a *AI) overNow(n talkNow) bool { return n.at.Sub(n.QuestionAt) >= a.Debounce }

// question is what the model is asked for a customer.
func (n talkNow) question(p place, card *advice.Card) advice.Question {
	return advice.Question{
		For: p.Conversation, Text: n.Question, Turns: n.Turns, Summary: n.Summary, Customer: card,
	}
}

// card is what is known of the customer, and their id; nil and 0 where that is not known soon
// enough: nothing is held up by it.
func (a *AI) card(ctx context.Context, p place) (*advice.Card, int64) {
	ctx, cancel := context.WithTimeout(ctx, adviceCardTime)
	defer cancel()
	known, err := a.Customers.Resolve(ctx, p.group, p.Conversation, topics.NeedIdentity)
	if err != nil {
		a.Log.Debug("advice without the customer's card", "topic_id", p.String(), "error", err)
		return nil, 0
	}
	c := known.Customer
	card := &advice.Card{
		Name: c.Author().Name, Username: c.Username, Language: c.Language, Phone: c.Phone,
	}
	if a.Accounts != nil {
		if card.Accounts, err = a.Accounts.AccountsOf(ctx, p.group, c.ID); err != nil {
			a.Log.Debug("advice without the customer's accounts", "topic_id", p.String(), "error", err)
		}
	}
	return card, c.ID
}

// answers reports whether the advisor may send this answer by itself.
func (a *AI) answers(p place, n talkNow, given advice.Advice) bool {
	internal := func(s topics.DraftSource) bool { return s.Internal }
	return n.mode == topics.AdviceReply && (a.ReplyTo == ReplyToAll || n.Addressed) && a.tells(p.group) &&
		len(given.Strange) == 0 && len(given.Uncarried) == 0 && !given.Dictated &&
		!slices.ContainsFunc(given.Sources, internal) && !a.humanLately(n)
}

// humanLately reports whether somebody has written to the customer by hand a short while ago.
func (a *AI) humanLately(n talkNow) bool {
	return !n.HumanAt.IsZero() && n.at.Sub(n.HumanAt) < a.QuietAfterHuman
}
