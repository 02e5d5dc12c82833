package app

import (
	"context"
	"hash/fnv"
)

// markOf stands for a webhook's address, which may be a secret, in the store.
func markOf(url string) int64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(url))
	return int64(h.Sum64()) //nolint:gosec // any 64 bits will do
}

// keepWebhook remembers the webhook that we are about to set, so that it is known as
// ours when the settings go back to polling.
func (a *App) keepWebhook(ctx context.Context, url string) {
	if err := a.store.KeepWebhook(ctx, markOf(url)); err != nil && ctx.Err() == nil {
		a.Log.Warn("webhook not remembered as ours", "error", err)
	}
}

// ourWebhook reports whether a webhook was set by this bot, in this or an earlier run.
func (a *App) ourWebhook(ctx context.Context) func(url string) bool {
	return func(url string) bool {
		mark, err := a.store.Webhook(ctx)
		return err == nil && mark != 0 && mark == markOf(url)
	}
}
