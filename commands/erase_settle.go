package commands

import (
	"context"
	"fmt"
	"slices"
	"time"

	"topicpilot/topics"
)

const (
	// settleTime bounds how long a card that is being made just now is waited for: together
	// with eraseTime it leaves the store some of the 10 seconds.
	settleTime  = 3 * time.Second
	settlePause = 100 * time.Millisecond
	// askedLately is how old the note of a card may be that somebody is still making.
	askedLately = time.Minute
)

// settled lists a customer's traces once no card is being made: its page would stay in
// the outside system, and nobody would know of it.
func (e *Erasing) settled(ctx context.Context, customerID int64) (topics.Traces, error) {
	began := time.Now()
	for {
		traces, err := e.Store.Traces(ctx, customerID)
		if err != nil {
			return traces, fmt.Errorf("look for what is stored of the customer: %w", err)
		}
		i := slices.IndexFunc(traces.Pages, func(p topics.Page) bool { return p.Kind == topics.PageAsked })
		if i < 0 {
			return traces, nil
		}
		asked := traces.Pages[i]
		if time.Since(asked.At) > askedLately || time.Since(began) > settleTime {
			e.Log.Warn("a card was asked for and no answer came: if there is one, erase it by hand",
				"system", asked.System, "asked_at", asked.At)
			return traces, nil
		}
		select {
		case <-time.After(settlePause):
		case <-ctx.Done():
			return traces, ctx.Err()
		}
	}
}
