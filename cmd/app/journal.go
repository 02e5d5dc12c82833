package app

import (
	"bytes"
	"context"

	"topicpilot/integrations/telegram"
	"topicpilot/topics"
	"topicpilot/topics/store"
)

// journal stores updates and lets go of what is cached about people whose standing an
// update changes. That is done before the update is stored, and so before any later one
// can be handled: conversations run side by side, and the lane of the change itself may
// be slower than the command of somebody who has just lost his role.
type journal struct {
	store  *store.Store
	admins topics.Administrators
	people topics.Members
}

var _ telegram.Journal = (*journal)(nil)

// memberKind is in each update of the kinds chat_member and my_chat_member.
var memberKind = []byte(`chat_member"`)

// Append implements telegram.Journal.
func (j *journal) Append(ctx context.Context, items []topics.NewItem) (int, error) {
	for i := range items {
		if !bytes.Contains(items[i].Payload, memberKind) {
			continue
		}
		// What cannot be decoded is listed when its lane comes to it.
		if update, err := telegram.Decode(items[i].Payload); err == nil && update.Member != nil {
			j.admins.Forget(update.Member.ChatID)
			j.people.Forget(update.Member.ChatID, update.Member.UserID)
		}
	}
	return j.store.Append(ctx, items)
}
