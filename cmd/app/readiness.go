package app

import (
	"maps"
	"slices"
	"sync"
)

// readiness gathers why the bot is not ready; it is, when nobody has a reason.
type readiness struct {
	mu      sync.Mutex
	reasons map[string]string
}

func newReadiness() *readiness { return &readiness{reasons: make(map[string]string)} }

// set keeps the reason of one part; "" means that the part is ready.
func (r *readiness) set(part, reason string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if reason == "" {
		delete(r.reasons, part)
		return
	}
	r.reasons[part] = reason
}

// list gives the reasons, ordered by part.
func (r *readiness) list() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	lines := make([]string, 0, len(r.reasons))
	for _, part := range slices.Sorted(maps.Keys(r.reasons)) {
		lines = append(lines, part+": "+r.reasons[part])
	}
	return lines
}
