package commands

import (
	"context"
	"errors"
	"maps"
	"sync"
	"time"

	"topicpilot/topics"
)

// errAnswered calls a draft in the making off.
var errAnswered = errors.New("somebody has answered the customer by hand")

// making are the answers to customers that this process is making, to be called off. Other
// processes, and what was answered a moment before, are found in the transcript.
type making struct {
	mu    sync.Mutex
	calls map[topics.Conversation]*makingCall
	// silences are when it was begun to make the latest answer of which nothing came.
	silences map[topics.Conversation]time.Time
}

type makingCall struct{ cancel context.CancelCauseFunc }

// topicOf names a topic by its group's id in the settings, which no migration changes.
func topicOf(p place) topics.Conversation {
	return topics.Conversation{ChatID: p.group.ID, ThreadID: p.ThreadID}
}

// begin gives the context of one call; end is to be called when the call is over.
func (m *making) begin(ctx context.Context, p place) (_ context.Context, end func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	call, topic := &makingCall{cancel}, topicOf(p)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.calls == nil {
		m.calls = make(map[topics.Conversation]*makingCall)
	}
	m.calls[topic] = call
	return ctx, func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.calls[topic] == call {
			delete(m.calls, topic)
		}
		cancel(nil)
	}
}

// callOff ends the call of a topic, if there is one.
func (m *making) callOff(p place) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if call := m.calls[topicOf(p)]; call != nil {
		call.cancel(errAnswered)
	}
}

// silent notes that nothing has come of an answer that was begun at some time. What is older
// than keep is forgotten.
func (m *making) silent(p place, began time.Time, keep time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.silences == nil {
		m.silences = make(map[topics.Conversation]time.Time)
	}
	maps.DeleteFunc(m.silences, func(_ topics.Conversation, at time.Time) bool { return began.Sub(at) > keep })
	m.silences[topicOf(p)] = began
}

// silentSince is when the latest silence in a topic began; zero for none that is known.
func (m *making) silentSince(p place) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.silences[topicOf(p)]
}
