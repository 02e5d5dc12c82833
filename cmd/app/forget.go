package app

import (
	"context"
	"log/slog"

	"topicpilot/commands"
	"topicpilot/config"
	"topicpilot/topics"
	"topicpilot/topics/store"
	"topicpilot/topics/topicsapi"
)

// Forget erases one customer, beside a bot that may be running: in the store, and in
// the outside systems of the settings. What those do not take now is left to the bot. Topics
// whose customer is not known are looked up first; without the Topics API they are counted.
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
	api := topicsapi.New(topicsapi.Options{
		URL: cfg.TopicsAPI.URL.Reveal(), Token: cfg.TopicsAPI.Token, Timeout: cfg.TopicsAPI.Timeout,
	})
	defer api.CloseIdle()
	resolver := topics.NewResolver(topics.ResolverOptions{
		API: api, Store: db, Cache: cfg.TopicsAPI.Cache, Timeout: cfg.TopicsAPI.Timeout, Log: log,
	})
	defer resolver.Close()
	erasing := commands.Erasing{
		Store: db, Systems: cards.pages(), Log: log,
		Lookup: &commands.TopicLookup{Store: db, Customers: resolver, Groups: groupsOf(cfg), Log: log},
	}
	return erasing.Erase(ctx, customerID)
}
