package demo

import (
	"context"
	"time"
)

// State shows tests what the page shows.
func (s *Stage) State() snapshot { return s.board.State() }

// Await waits until what the page shows fulfils a condition.
func (s *Stage) Await(ctx context.Context, cond func(snapshot) bool) error {
	for {
		w, ok := s.board.watch()
		if !ok {
			return context.Canceled
		}
		err := s.await(ctx, w, cond)
		s.board.unwatch(w)
		if err == nil || ctx.Err() != nil {
			return err
		}
	}
}

// await checks after each frame; a watcher that was dropped gives an error and is made anew.
func (s *Stage) await(ctx context.Context, w *watcher, cond func(snapshot) bool) error {
	for {
		if cond(s.board.State()) {
			return nil
		}
		select {
		case _, open := <-w.frames:
			if !open {
				return context.Canceled
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Names of the views, so that tests can write conditions.
type (
	Snapshot = snapshot
	Message  = messageView
	Pane     = paneView
	Topic    = topicView
	Call     = callView
	Advisor  = advisorView
)

// MaxWatchers is how many pages may watch.
const MaxWatchers = maxWatchers

// KeepModelCalls is how many calls of the model are remembered.
const KeepModelCalls = keepModelCalls

// GoesOut is the mirror's rule.
func GoesOut(text string) bool { return goesOut(text) }

// KeepEffects is how many effects the ledger remembers.
const KeepEffects = keepEffects

// Ledger is what the billing system holds.
type Ledger struct{ l *ledger }

// NewLedger makes a ledger.
func NewLedger(now func() time.Time) Ledger { return Ledger{newLedger(now)} }

// SwitchOn gives a user a tariff.
func (l Ledger) SwitchOn(id int64, key, code string, months int) { l.l.switchOn(id, key, code, months) }

// SwitchOff takes it away.
func (l Ledger) SwitchOff(id int64, key string) { l.l.switchOff(id, key) }

// View is what the page shows.
func (l Ledger) View() ([]subscriberView, []effectView) { return l.l.view() }
