package app

import (
	"context"
	"log/slog"

	"topicpilot/commands"
	"topicpilot/config"
	"topicpilot/topics"
	"topicpilot/topics/store"
)

// Forget erases one customer, beside a bot that may be running: in the store, and in
// the outside systems of the settings. What those do not take now is left to the bot.
func Forget(ctx context.Context, cfg *config.Config, log *slog.Logger, customerID int64) (topics.Receipt, error) {
	db, err := store.Open(ctx, cfg.Store.URL.Reveal(), store.Options{Log: log, Tool: true})
	if err != nil {
		return topics.Receipt{}, err
	}
	defer func() { _ = db.Close() }()
	cards, err := openNotion(cfg, log)
	if err != nil {
		return topics.Receipt{}, err
	}
	defer cards.close()
	erasing := commands.Erasing{Store: db, Systems: cards.pages(), Log: log}
	return erasing.Erase(ctx, customerID)
}
