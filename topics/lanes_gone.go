package topics

import (
	"context"
	"errors"
	"strings"
)

// errGone is the cause with which an item's context ends when it was erased.
var errGone = errors.New("erased")

// goneLocked forgets what waits in the lanes of this name, and stops what is in hand
// there: a message to an erased customer must not wait for the budget and then go out.
func (l *Lanes) goneLocked(name string) {
	for key, ln := range l.lanes {
		if key.lane != name && !strings.HasPrefix(key.lane, name+" ") {
			continue
		}
		ln.more, ln.stale = true, true
		if ln.cancelInHand != nil {
			ln.cancelInHand(errGone)
		}
		ln.wakeLocked()
		l.runLocked(ln)
	}
}

// dropStaleLocked makes the lane read again what may have been erased.
func (ln *lane) dropStaleLocked() {
	if ln.stale {
		ln.stale, ln.items, ln.more = false, nil, true
	}
}

// takeInHand notes the item that is about to be handled; false if it may have been
// erased since it was taken from the lane.
func (l *Lanes) takeInHand(ln *lane, item Item, cancel context.CancelCauseFunc) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if ln.stale {
		return false
	}
	ln.inHand, ln.cancelInHand = item, cancel
	return true
}
