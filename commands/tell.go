package commands

import (
	"context"
	"errors"
	"time"

	"topicpilot/commands/messages"
	"topicpilot/topics"
)

const (
	// tellTime bounds the sending to a customer, all tries and the pauses between them included.
	tellTime = 3 * time.Minute
	// maxCopy is the longest text of a button that copies, in characters (Bot API,
	// CopyTextButton).
	maxCopy = 256
)

// letter is what a customer is to be told.
type letter struct {
	topics.Conversation
	customerID int64
	text       string
}

// tellOnce is one try to tell a customer. The State of its result is one that lasts; it is
// ToldUnknown for whatever leaves open whether the text has arrived, a panic included.
func tellOnce(ctx context.Context, sender topics.CustomerSender, group *topics.Group, l letter) topics.Told {
	told := topics.Told{State: topics.ToldUnknown}
	ctx, cancel := context.WithTimeout(ctx, tellTime)
	defer cancel()
	told.Err = guarded(func() error {
		told = sender.Tell(ctx, group, l.Conversation, l.customerID, l.text)
		return told.Err
	})
	switch told.State {
	case topics.ToldSent, topics.ToldOff, topics.ToldNeverWrote, topics.ToldBlocked, topics.ToldSlash, topics.ToldFailed:
	case topics.ToldNothing, topics.ToldPending, topics.ToldSending, topics.ToldUnknown:
		told.State = topics.ToldUnknown
	}
	return told
}

// tellLater is the pause after which the customer is told once more, nil for none: nothing
// has left (no room in the group's budget, a flood limit, the stop of the program), and the
// time for it, of which so much is spent, is not over.
func tellLater(told topics.Told, spent time.Duration) *topics.Wait {
	wait, ok := errors.AsType[*topics.Wait](told.Err)
	if !ok || spent+wait.After >= tellTime {
		return nil
	}
	return &topics.Wait{After: max(wait.After, time.Second), Err: wait.Err}
}

// toldResult is what a task has led to that has told a customer something.
func toldResult(told topics.Told, chatID int64, answer []topics.Outgoing) topics.TaskResult {
	result := topics.TaskResult{Messages: answer}
	if told.Said != nil {
		result.Said = []topics.Message{*told.Said}
	}
	for _, at := range told.Sends {
		result.Sends = append(result.Sends, topics.Sent{ChatID: chatID, At: at})
	}
	return result
}

// toldText says what became of the message to the customer, "" where there was none.
func toldText(say *messages.Printer, state topics.ToldState) string {
	switch state {
	case topics.ToldSent:
		return say.T("own.told.sent", nil)
	case topics.ToldUnknown, topics.ToldSending:
		return say.T("own.told.unknown", nil)
	case topics.ToldOff:
		return say.T("own.told.off", nil)
	case topics.ToldNeverWrote:
		return say.T("own.told.never_wrote", nil)
	case topics.ToldBlocked:
		return say.T("own.told.blocked", nil)
	case topics.ToldSlash:
		return say.T("own.told.slash", nil)
	case topics.ToldFailed, topics.ToldPending:
		return say.T("own.told.failed", nil)
	case topics.ToldNothing:
	}
	return ""
}

// tellText is the text to copy where a customer was not told.
func tellText(text string) topics.Text {
	var t topics.Text
	t.AddEntity(text, topics.Entity{Type: "pre"})
	return t
}
