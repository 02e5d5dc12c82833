package telegram

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/mymmrac/telego"

	"topicpilot/topics"
)

const (
	membersFresh = 10 * time.Minute
	maxMembers   = 8192
)

// Members tells who belongs to a chat, by getChatMember. An answer is used for ten
// minutes; there is no stale one: who cannot be asked about is not let in.
type Members struct {
	client *Client
	now    func() time.Time

	mu    sync.Mutex
	known map[memberKey]memberState
}

var _ topics.Members = (*Members)(nil)

type memberKey struct{ chatID, userID int64 }

type memberState struct {
	is bool
	at time.Time
}

// NewMembers makes an empty cache; now is the clock, nil for time.Now.
func NewMembers(client *Client, now func() time.Time) *Members {
	if now == nil {
		now = time.Now
	}
	return &Members{client: client, now: now, known: make(map[memberKey]memberState)}
}

// IsMember is false on doubt, also where Telegram refuses to tell. An error means that
// Telegram could not be asked and may be asked again.
func (m *Members) IsMember(ctx context.Context, chatID, userID int64) (bool, error) {
	key := memberKey{chatID, userID}
	m.mu.Lock()
	state, known := m.known[key]
	m.mu.Unlock()
	if known && m.now().Sub(state.at) < membersFresh {
		return state.is, nil
	}
	is, err := m.client.isMember(ctx, chatID, userID)
	if err != nil {
		return false, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if !known && len(m.known) >= maxMembers {
		for some := range m.known { // any will do: it is asked again when it speaks
			delete(m.known, some)
			break
		}
	}
	m.known[key] = memberState{is: is, at: m.now()}
	return is, nil
}

// Forget makes the next question about the person ask Telegram.
func (m *Members) Forget(chatID, userID int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.known, memberKey{chatID, userID})
}

func (c *Client) isMember(ctx context.Context, chatID, userID int64) (bool, error) {
	member, err := c.bot.GetChatMember(ctx, &telego.GetChatMemberParams{
		ChatID: telego.ChatID{ID: chatID}, UserID: userID,
	})
	if err != nil {
		err = tidy("getChatMember", err)
		var hopeless *topics.Hopeless
		var migrated *topics.Migrated
		if errors.As(err, &hopeless) || errors.As(err, &migrated) {
			return false, nil
		}
		return false, err
	}
	if member == nil {
		return false, nil
	}
	return member.MemberIsMember(), nil
}
