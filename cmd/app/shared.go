package app

import (
	"context"
	"log/slog"
	"time"

	"topicpilot/integrations/telegram"
	"topicpilot/topics/store"
)

// settleTime bounds the writing of what a send has led to, which a stop does not cut short.
const settleTime = 5 * time.Second

// sharedBudget is the store's.
type sharedBudget struct {
	*store.Store
	log *slog.Logger
}

var _ telegram.Shared = (*sharedBudget)(nil)

// Settle implements telegram.Shared.
func (b *sharedBudget) Settle(ctx context.Context, id int64, counted bool) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	if err := b.Store.Settle(ctx, id, counted); err != nil {
		b.log.Warn("a send counts for longer than it should", "error", err)
	}
}
