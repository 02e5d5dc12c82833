package advice

import "sync"

// maxTold bounds the names in a toldOnce.
const maxTold = 1000

// toldOnce remembers of what has been told. When it is full it begins anew: to tell twice
// does less harm than to grow, or to be silent.
type toldOnce struct {
	mu    sync.Mutex
	names map[string]bool
}

// first reports whether it is asked about a name for the first time.
func (t *toldOnce) first(name string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.names[name] {
		return false
	}
	if t.names == nil || len(t.names) >= maxTold {
		t.names = map[string]bool{}
	}
	t.names[name] = true
	return true
}
