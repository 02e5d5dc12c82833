package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"topicpilot/config"
	"topicpilot/integrations/telegram/desktop"
	"topicpilot/topics"
	"topicpilot/topics/store"
)

// ImportOptions say what is imported.
type ImportOptions struct {
	// File is a result.json of Telegram Desktop.
	File io.Reader
	// GroupID is the group to read, 0 for the file's only one.
	GroupID int64
}

// GroupError says that a group is not in the settings.
type GroupError struct{ ID int64 }

func (e *GroupError) Error() string {
	return fmt.Sprintf("group %d is not in the settings; add it to groups[], or name another one", e.ID)
}

// Import brings an export of Telegram Desktop into the transcripts, beside a bot that may
// be running. The report is valid also with an error; the errors are those of desktop.Read,
// *GroupError and the store's.
func Import(ctx context.Context, cfg *config.Config, log *slog.Logger, opts ImportOptions) (desktop.Report, error) {
	db, err := store.Open(ctx, cfg.Store.URL.Reveal(), store.Options{Log: log, Tool: true})
	if err != nil {
		return desktop.Report{}, err
	}
	defer func() { _ = db.Close() }()
	groups := groupsOf(cfg)
	migrations, err := db.Migrations(ctx)
	if err != nil {
		return desktop.Report{}, err
	}
	for _, m := range migrations {
		groups.Migrate(m.From, m.To)
	}
	if _, ok := groups.Find(opts.GroupID); opts.GroupID != 0 && !ok {
		return desktop.Report{}, &GroupError{opts.GroupID}
	}
	return desktop.Read(ctx, opts.File, desktop.Options{
		Group: groups.Find, GroupID: opts.GroupID, SelfID: ownID(cfg.Telegram.Token), Zone: time.Local,
		Known: func(ctx context.Context, chatID int64) ([]int64, error) { return knownTopics(ctx, db, chatID) },
	}, db)
}

// ownID is the bot's user id, which stands before the colon of its token; 0 without one.
func ownID(token config.Secret) int64 {
	digits, _, _ := strings.Cut(token.Reveal(), ":")
	id, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return 0
	}
	return id
}

// topicsPage is how many topics are read at a time.
const topicsPage = 1000

// knownTopics lists the thread ids of a chat's topics.
func knownTopics(ctx context.Context, db topics.Transcript, chatID int64) ([]int64, error) {
	var ids []int64
	after := int64(0)
	for {
		page, err := db.Topics(ctx, chatID, after, topicsPage)
		if err != nil {
			return nil, err
		}
		for _, topic := range page {
			after = topic.ThreadID
			ids = append(ids, after)
		}
		if len(page) < topicsPage {
			return ids, nil
		}
	}
}
