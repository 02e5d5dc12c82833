package commands

import (
	"context"
	"fmt"

	"topicpilot/topics"
	"topicpilot/topics/transcript"
)

// formerIDs are the ids that a group had before its present one, oldest first. migrations
// lists all that are known; nil for none.
func formerIDs(
	ctx context.Context, migrations func(context.Context) ([]topics.Migrated, error), chatID int64,
) ([]int64, error) {
	if migrations == nil {
		return nil, nil
	}
	moves, err := migrations(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the migrations: %w", err)
	}
	return transcript.Former(moves, chatID), nil
}
