package commands

import (
	"container/list"
	"sync"
	"time"
)

// recent remembers what was done to whom within the last while, and for which update. It
// holds at most limit keys, may be used concurrently and is not kept over restarts.
type recent[K comparable] struct {
	now   func() time.Time
	while time.Duration
	limit int

	mu    sync.Mutex
	known map[K]*list.Element
	// order holds recently[K], the latest in front.
	order *list.List
}

type recently[K comparable] struct {
	key    K
	at     time.Time
	update string
}

func newRecent[K comparable](now func() time.Time, while time.Duration, limit int) *recent[K] {
	return &recent[K]{now: now, while: while, limit: limit, known: make(map[K]*list.Element), order: list.New()}
}

// blocks reports whether key was done lately for another update. An update that is
// handled again, because its answer was lost, does not stand in its own way.
func (r *recent[K]) blocks(key K, update string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	last, ok := r.last(key)
	return ok && (update == "" || last.update != update)
}

// add remembers that key has been done now.
func (r *recent[K]) add(key K, update string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.put(key, update)
}

// claim adds key unless it is blocked or a rate is reached: that many others of those that
// like tells were added within the last minute. It reports whether key may be done.
func (r *recent[K]) claim(key K, update string, rate int, like func(K) bool) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if last, ok := r.last(key); ok {
		return update != "" && last.update == update
	}
	for element := r.order.Front(); element != nil; element = element.Next() {
		entry, _ := element.Value.(recently[K])
		if r.now().Sub(entry.at) >= time.Minute {
			break
		}
		if like(entry.key) {
			rate--
		}
	}
	if rate <= 0 {
		return false
	}
	r.put(key, update)
	return true
}

func (r *recent[K]) last(key K) (recently[K], bool) {
	element, ok := r.known[key]
	if !ok {
		return recently[K]{}, false
	}
	entry, _ := element.Value.(recently[K])
	return entry, r.now().Sub(entry.at) < r.while
}

func (r *recent[K]) put(key K, update string) {
	if element, ok := r.known[key]; ok {
		r.order.Remove(element)
	}
	r.known[key] = r.order.PushFront(recently[K]{key: key, at: r.now(), update: update})
	for r.order.Len() > r.limit {
		entry, _ := r.order.Remove(r.order.Back()).(recently[K])
		delete(r.known, entry.key)
	}
}
