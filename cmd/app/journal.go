package app

import (
	"bytes"
	"context"
	"log/slog"

	"topicpilot/integrations/telegram"
	"topicpilot/topics"
	"topicpilot/topics/store"
)

// journal stores updates. What matters to other conversations than its own, it tells
// before an update is stored, and so before any later one can be handled: conversations
// run side by side, and the lane of the news may be slower than another one. So a
// person's standing counts for his next command, and a migrated group is known when its
// new chat speaks.
type journal struct {
	store  *store.Store
	admins topics.Administrators
	people topics.Members
	groups *topics.Groups
	log    *slog.Logger
}

var _ telegram.Journal = (*journal)(nil)

// newsSigns are in the updates that tell such news: memberSign in those of the kinds
// chat_member and my_chat_member, migrationSign in service messages.
var (
	memberSign    = []byte(`chat_member"`)
	migrationSign = []byte(`"migrate_`)
)

// Append implements telegram.Journal.
func (j *journal) Append(ctx context.Context, items []topics.NewItem) (int, error) {
	for i := range items {
		if raw := items[i].Payload; bytes.Contains(raw, memberSign) || bytes.Contains(raw, migrationSign) {
			j.tell(raw)
		}
	}
	return j.store.Append(ctx, items)
}

// tell passes news on. What cannot be decoded is listed when its lane comes to it.
func (j *journal) tell(raw []byte) {
	update, err := telegram.Decode(raw)
	switch {
	case err != nil:
	case update.Member != nil:
		j.admins.Forget(update.Member.ChatID)
		j.people.Forget(update.Member.ChatID, update.Member.UserID)
	case update.Message != nil:
		if migrated, ok := update.Message.Migration(); ok {
			j.groups.Follow(migrated, j.log)
		}
	}
}

// learn follows the migrations that this or another process has stored.
func (a *App) learn(ctx context.Context) error {
	migrations, err := a.store.Migrations(ctx)
	if err != nil {
		return err
	}
	for _, m := range migrations {
		a.groups.Follow(m, a.Log)
	}
	return nil
}
