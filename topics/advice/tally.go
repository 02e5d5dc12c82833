package advice

import (
	"context"
	"sync"
	"time"

	"topicpilot/topics"
)

// tally adds up what one question costs: the search embeds it through the same Meter, out of
// the Advisor's sight. It may be used concurrently; a nil one adds nothing.
type tally struct {
	mu   sync.Mutex
	used topics.TokenUsage
	took time.Duration
}

type tallyKey struct{}

func withTally(ctx context.Context, t *tally) context.Context {
	return context.WithValue(ctx, tallyKey{}, t)
}

func tallyOf(ctx context.Context) *tally {
	t, _ := ctx.Value(tallyKey{}).(*tally)
	return t
}

func (t *tally) add(used topics.TokenUsage, took time.Duration) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.used = t.used.Plus(used)
	t.took += took
}

func (t *tally) sum() (topics.TokenUsage, time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.used, t.took
}
