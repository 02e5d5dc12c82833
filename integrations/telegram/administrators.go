package telegram

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/mymmrac/telego"

	"topicpilot/topics"
)

const (
	administratorsFresh = 10 * time.Minute
	administratorsStale = time.Hour
	// administratorsRefused is how long a refusal stands before it is asked again.
	administratorsRefused = time.Minute
	maxAdministratorChats = 1024
)

// Administrators tells who administers a chat: its owner and administrators who are no
// bots. A list is used for ten minutes, and for an hour when it cannot be asked
// anew; of a chat that refuses to tell nobody is an administrator.
type Administrators struct {
	client  *Client
	now     func() time.Time
	keepFor time.Duration

	mu    sync.Mutex
	chats map[int64]*administratorList
}

var _ topics.Administrators = (*Administrators)(nil)

// administratorList is guarded by Administrators.mu.
type administratorList struct {
	ids     []int64
	at      time.Time // zero: never read
	refused bool
	dirty   bool // forgotten since at: to be asked anew
	version int  // counts Forget, so that an older answer does not pass for a fresh one
	flight  *administratorFlight
}

type administratorFlight struct {
	done chan struct{}
	err  error
}

// NewAdministrators makes an empty cache; now is the clock, nil for time.Now.
func NewAdministrators(client *Client, now func() time.Time) *Administrators {
	if now == nil {
		now = time.Now
	}
	return &Administrators{
		client: client, now: now, keepFor: administratorsFresh, chats: make(map[int64]*administratorList),
	}
}

// KeepFor changes the ten minutes; called before anything is asked.
func (a *Administrators) KeepFor(d time.Duration) { a.keepFor = d }

// Forget makes the next question ask Telegram, in any case: the old list may hold somebody
// who was an administrator until now.
func (a *Administrators) Forget(chatID int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if list := a.chats[chatID]; list != nil {
		list.dirty = true
		list.version++
	}
}

// IsAdministrator is false on doubt. An error means that Telegram could not be asked and no
// list of the last hour is there; it may be tried again.
func (a *Administrators) IsAdministrator(ctx context.Context, chatID, userID int64) (bool, error) {
	for {
		a.mu.Lock()
		list := a.list(chatID)
		if a.fresh(list) {
			is := slices.Contains(list.ids, userID)
			a.mu.Unlock()
			return is, nil
		}
		flight := list.flight
		if flight == nil {
			flight = &administratorFlight{done: make(chan struct{})}
			list.flight = flight
			// The request serves all who wait and outlives the first of them; the client bounds its time.
			go a.fetch(context.WithoutCancel(ctx), chatID, list, flight)
		}
		a.mu.Unlock()
		select {
		case <-flight.done:
		case <-ctx.Done():
			return false, ctx.Err()
		}
		if flight.err != nil {
			return a.stale(list, userID, flight.err)
		}
	}
}

// list gives the chat's entry and makes room for it; a.mu is held.
func (a *Administrators) list(chatID int64) *administratorList {
	if list := a.chats[chatID]; list != nil {
		return list
	}
	if len(a.chats) >= maxAdministratorChats {
		var oldest int64
		for id, list := range a.chats {
			if o, ok := a.chats[oldest]; list.flight == nil && (!ok || list.at.Before(o.at)) {
				oldest = id
			}
		}
		delete(a.chats, oldest)
	}
	list := &administratorList{dirty: true}
	a.chats[chatID] = list
	return list
}

func (a *Administrators) fresh(list *administratorList) bool {
	age := a.now().Sub(list.at)
	if list.refused {
		return !list.dirty && age < administratorsRefused
	}
	return !list.dirty && age < a.keepFor
}

func (a *Administrators) stale(list *administratorList, userID int64, err error) (bool, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if list.at.IsZero() || list.refused || list.dirty || a.now().Sub(list.at) > administratorsStale {
		return false, err
	}
	return slices.Contains(list.ids, userID), nil
}

func (a *Administrators) fetch(ctx context.Context, chatID int64, list *administratorList, f *administratorFlight) {
	a.mu.Lock()
	version := list.version
	a.mu.Unlock()
	ids, err := a.client.administrators(ctx, chatID)
	var hopeless *topics.Hopeless
	var migrated *topics.Migrated

	a.mu.Lock()
	defer a.mu.Unlock()
	list.flight = nil
	defer close(f.done)
	refused := errors.As(err, &hopeless) || errors.As(err, &migrated)
	if err != nil && !refused {
		f.err = err
		return
	}
	list.ids, list.at, list.refused = ids, a.now(), refused
	list.dirty = list.version != version
}

func (c *Client) administrators(ctx context.Context, chatID int64) ([]int64, error) {
	members, err := c.bot.GetChatAdministrators(ctx, &telego.GetChatAdministratorsParams{
		ChatID: telego.ChatID{ID: chatID},
	})
	if err != nil {
		return nil, tidy("getChatAdministrators", err)
	}
	ids := make([]int64, 0, len(members))
	for _, m := range members {
		if m == nil {
			continue
		}
		status, user := m.MemberStatus(), m.MemberUser()
		if !user.IsBot && (status == telego.MemberStatusCreator || status == telego.MemberStatusAdministrator) {
			ids = append(ids, user.ID)
		}
	}
	return ids, nil
}
