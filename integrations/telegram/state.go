package telegram

import (
	"net/url"
	"sync"
)

// State tells whether updates arrive.
type State struct {
	// Ready is true once Telegram has been reached and updates can arrive.
	Ready bool
	// Reason says in one English sentence, with the remedy, why not; with Ready it is a warning.
	// It holds no secrets.
	Reason string
}

// stateBox keeps a State for concurrent readers.
type stateBox struct {
	mu    sync.Mutex
	state State
}

// State is the present state; it may be called concurrently.
func (b *stateBox) State() State {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.state
}

// set keeps the state and reports whether it is news.
func (b *stateBox) set(s State) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	news := b.state != s
	b.state = s
	return news
}

// address is what may be shown of a webhook's url: its path may be a secret.
func address(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return "an unreadable address"
	}
	return u.Scheme + "://" + u.Host + "/…"
}
