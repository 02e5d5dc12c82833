package store

import (
	"context"
	"sync"

	"topicpilot/topics"
)

// Leadership is the right to do something that one process at a time may do, such as
// polling.
type Leadership struct {
	lost    chan struct{}
	once    sync.Once
	release func()
}

// Lost is closed when another process may have taken over, and after Release.
func (l *Leadership) Lost() <-chan struct{} { return l.lost }

// Release gives the right back. It may be called more than once.
func (l *Leadership) Release() {
	l.once.Do(func() {
		if l.release != nil {
			l.release()
		}
	})
}

// Lead asks for the right called name; false if another process has it. Where one
// process owns the database it always has it.
func (s *Store) Lead(ctx context.Context, name string) (*Leadership, bool, error) {
	if s.isClosed() {
		return nil, false, topics.ErrClosed
	}
	leadership, ok, err := s.engine.lead(ctx, name)
	return leadership, ok, wrap("ask for the lead", err)
}

func newLeadership() *Leadership { return &Leadership{lost: make(chan struct{})} }
