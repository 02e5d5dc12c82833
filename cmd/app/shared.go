package app

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"topicpilot/integrations/telegram"
	"topicpilot/topics"
	"topicpilot/topics/store"
)

// sharedLook is how often the budget of several processes is looked at while it is used
// up; a stop waits no longer for those who look.
const sharedLook = time.Second

var errStopping = errors.New("stopping; kept for the next start")

// sharedBudget is the store's, until the bot stops.
type sharedBudget struct {
	store   *store.Store
	stopped atomic.Bool
}

var _ telegram.Shared = (*sharedBudget)(nil)

// Reserve implements telegram.Shared. Once the bot stops, nobody is told to wait.
func (b *sharedBudget) Reserve(ctx context.Context, chatID int64, perMinute int) (time.Duration, error) {
	wait, err := b.store.Reserve(ctx, chatID, perMinute)
	if err == nil && wait > 0 && b.stopped.Load() {
		return 0, &topics.Wait{Err: errStopping}
	}
	return min(wait, sharedLook), err
}
