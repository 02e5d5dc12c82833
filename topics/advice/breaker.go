package advice

import (
	"sync"
	"time"
)

const (
	// maxFailures in a row open a breaker for its pause.
	maxFailures  = 3
	breakerPause = 60 * time.Second
)

// breaker leaves a server alone that has failed several times in a row. After the pause one
// call tries it. It is our own code and no library's, since a trial that its caller calls off
// has to be given back, and the pause goes by the clock that is handed in. It may be used
// concurrently.
type breaker struct {
	mu       sync.Mutex
	failures int
	until    time.Time
	trying   bool
}

// enter reports whether a call may be made, and if not, how long the pause still lasts.
// Whoever enters leaves.
func (b *breaker) enter(now time.Time) (pause time.Duration, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failures < maxFailures {
		return 0, true
	}
	if now.Before(b.until) || b.trying {
		return max(b.until.Sub(now), 0), false
	}
	b.trying = true
	return 0, true
}

// verdict is what a call tells about the server.
type verdict int

const (
	// unsettled: nothing, as its caller called it off.
	unsettled verdict = iota
	// answered: it works, also where it refused.
	answered
	// failed: it does not.
	failed
)

func (b *breaker) leave(now time.Time, v verdict) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.trying = false
	switch v {
	case answered:
		b.failures = 0
	case failed:
		b.failures = min(b.failures+1, maxFailures)
		if b.failures == maxFailures {
			b.until = now.Add(breakerPause)
		}
	case unsettled:
	}
}
