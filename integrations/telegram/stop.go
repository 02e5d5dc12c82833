package telegram

import (
	"errors"

	"topicpilot/topics"
)

var errStopping = errors.New("telegram: stopping; kept for the next start")

// Stop makes Send give up what waits for the budget, now and from now on, with a
// *topics.Wait. What is on its way goes on, and TrySend still sends. It may be called
// more than once.
func (s *Sender) Stop() { s.budget.stop() }

// stop ends the waiting for slots.
func (b *budget) stop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	select {
	case <-b.stopped:
	default:
		close(b.stopped)
	}
}

func stopping() error { return &topics.Wait{Err: errStopping} }
