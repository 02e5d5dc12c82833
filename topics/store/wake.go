package store

import (
	"sync"

	"topicpilot/topics"
)

// maxWakeups bounds the lanes that wait to be told; beyond it "look for yourself" is
// told instead of them all.
const maxWakeups = 256

// waker tells of changed lanes without ever blocking or forgetting one.
type waker struct {
	out  chan topics.Lease
	mu   sync.Mutex
	some map[laneKey]int64
	all  bool
	bell chan struct{}
	stop chan struct{}
	done chan struct{}
}

type laneKey struct{ queue, lane string }

func newWaker() *waker {
	w := &waker{
		out: make(chan topics.Lease), some: map[laneKey]int64{},
		bell: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{}),
	}
	go w.pump()
	return w
}

// add tells of one lane; the empty lease stands for all.
func (w *waker) add(lease topics.Lease) {
	w.mu.Lock()
	switch {
	case w.all:
	case lease.Lane == "" && lease.Queue == "" || len(w.some) >= maxWakeups:
		w.all = true
		clear(w.some)
	default:
		w.some[laneKey{lease.Queue, lease.Lane}] = lease.Epoch
	}
	w.mu.Unlock()
	select {
	case w.bell <- struct{}{}:
	default:
	}
}

func (w *waker) next() (topics.Lease, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.all {
		w.all = false
		return topics.Lease{}, true
	}
	for key, epoch := range w.some {
		delete(w.some, key)
		return topics.Lease{Queue: key.queue, Lane: key.lane, Epoch: epoch}, true
	}
	return topics.Lease{}, false
}

func (w *waker) pump() {
	defer close(w.done)
	for {
		select {
		case <-w.bell:
		case <-w.stop:
			return
		}
		for lease, ok := w.next(); ok; lease, ok = w.next() {
			select {
			case w.out <- lease:
			case <-w.stop:
				return
			}
		}
	}
}

func (w *waker) close() {
	close(w.stop)
	<-w.done
}
