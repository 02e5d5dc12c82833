package app

import (
	"context"
	"errors"

	"topicpilot/integrations/telegram"
	"topicpilot/topics"
)

// poster puts a task's own messages into a topic, or edits them: how far it has come.
// They give way to everything else, and are not kept in the transcript.
type poster struct{ sender *telegram.Sender }

var errNoRoom = errors.New("the group's budget has no room for it now")

// Post sends at once or not at all.
func (p poster) Post(ctx context.Context, out topics.Outgoing) (topics.Message, error) {
	delivered, tried, err := p.sender.TrySend(ctx, out)
	switch {
	case err != nil:
		return topics.Message{}, err
	case !tried || len(delivered.Messages) == 0:
		return topics.Message{}, errNoRoom
	}
	return delivered.Messages[len(delivered.Messages)-1], nil
}
