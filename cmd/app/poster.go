package app

import (
	"context"
	"errors"
	"log/slog"

	"topicpilot/integrations/telegram"
	"topicpilot/topics"
)

// poster puts a task's own messages into a topic, or edits them: how far it has come.
// They give way to everything else, and are not kept in the transcript.
type poster struct {
	sender *telegram.Sender
	store  sendNoter
	log    *slog.Logger
}

// sendNoter remembers for the next start what the group's budget was spent on.
type sendNoter interface {
	NoteSends(ctx context.Context, sends []topics.Sent) error
}

var errNoRoom = errors.New("the group's budget has no room for it now")

// Post sends at once or not at all.
func (p poster) Post(ctx context.Context, out topics.Outgoing) (topics.Message, error) {
	delivered, tried, err := p.sender.TrySend(ctx, out)
	p.note(ctx, out.ChatID, delivered)
	switch {
	case err != nil:
		return topics.Message{}, err
	case !tried || len(delivered.Messages) == 0:
		return topics.Message{}, errNoRoom
	}
	return delivered.Messages[len(delivered.Messages)-1], nil
}

func (p poster) note(ctx context.Context, chatID int64, delivered topics.Delivered) {
	sends := make([]topics.Sent, len(delivered.Sends))
	for i, at := range delivered.Sends {
		sends[i] = topics.Sent{ChatID: chatID, At: at}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	if err := p.store.NoteSends(ctx, sends); err != nil {
		p.log.Warn("a send is not kept for the next start", "chat_id", chatID, "error", err)
	}
}
