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
	membershipFresh = 10 * time.Minute
	maxMemberships  = 4096
)

// Members tells who belongs to a chat. An answer is used for ten minutes or until it is
// forgotten; without one nobody belongs to it.
type Members struct {
	client  *Client
	now     func() time.Time
	keepFor time.Duration

	mu    sync.Mutex
	known map[membershipKey]membership
	// changes counts Forget, so that an older answer does not pass for a fresh one.
	changes int
}

var _ topics.Members = (*Members)(nil)

type membershipKey struct{ chatID, userID int64 }

type membership struct {
	is bool
	at time.Time
}

// NewMembers makes an empty cache; now is the clock, nil for time.Now.
func NewMembers(client *Client, now func() time.Time) *Members {
	if now == nil {
		now = time.Now
	}
	return &Members{client: client, now: now, keepFor: membershipFresh, known: make(map[membershipKey]membership)}
}

// KeepFor changes the ten minutes; called before anything is asked.
func (m *Members) KeepFor(d time.Duration) { m.keepFor = d }

// IsMember is false on doubt: also when the chat refuses to tell. An error means that Telegram could
// not be asked; it may be tried again.
func (m *Members) IsMember(ctx context.Context, chatID, userID int64) (bool, error) {
	key := membershipKey{chatID, userID}
	m.mu.Lock()
	found, ok := m.known[key]
	changes := m.changes
	m.mu.Unlock()
	if ok && m.now().Sub(found.at) < m.keepFor {
		return found.is, nil
	}
	member, err := m.client.member(ctx, chatID, userID)
	var hopeless *topics.Hopeless
	var migrated *topics.Migrated
	if err != nil && !errors.As(err, &hopeless) && !errors.As(err, &migrated) {
		return false, err
	}
	is := err == nil && member != nil && member.MemberIsMember()
	m.keep(key, membership{is: is, at: m.now()}, changes)
	return is, nil
}

// keep remembers an answer, unless something was forgotten since it was asked for.
func (m *Members) keep(key membershipKey, value membership, changes int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.changes != changes {
		return
	}
	if len(m.known) >= maxMemberships {
		for k, old := range m.known {
			if value.at.Sub(old.at) >= membershipFresh {
				delete(m.known, k)
			}
		}
	}
	for k := range m.known {
		if len(m.known) < maxMemberships {
			break
		}
		delete(m.known, k)
	}
	m.known[key] = value
}

// Forget drops what is cached of the person in the chat.
func (m *Members) Forget(chatID, userID int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.changes++
	delete(m.known, membershipKey{chatID, userID})
}

func (c *Client) member(ctx context.Context, chatID, userID int64) (telego.ChatMember, error) {
	member, err := c.bot.GetChatMember(ctx, &telego.GetChatMemberParams{
		ChatID: telego.ChatID{ID: chatID}, UserID: userID,
	})
	if err != nil {
		return nil, tidy("getChatMember", err)
	}
	return member, nil
}
