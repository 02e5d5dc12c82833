package app

import (
	"maps"
	"slices"
	"sync"
)

// readiness gathers why the bot is not ready; it is, when nobody has a reason.
type readiness struct {
	mu      sync.Mutex
	reasons map[string]func() string
}

func newReadiness() *readiness { return &readiness{reasons: make(map[string]func() string)} }

// set keeps the reason of one part; "" means that the part is ready.
func (r *readiness) set(part, reason string) {
	r.follow(part, func() string { return reason })
}

// follow asks a part for its reason whenever somebody wants to know; "" for none.
func (r *readiness) follow(part string, reason func() string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reasons[part] = reason
}

// list gives the reasons, ordered by part.
func (r *readiness) list() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var lines []string
	for _, part := range slices.Sorted(maps.Keys(r.reasons)) {
		if reason := r.reasons[part](); reason != "" {
			lines = append(lines, part+": "+reason)
		}
	}
	return lines
}
