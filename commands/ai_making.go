package commands

import (
	"context"
	"errors"
	"sync"

	"topicpilot/topics"
)

// errAnswered calls a draft in the making off.
var errAnswered = errors.New("somebody has answered the customer by hand")

// making are the answers to customers that this process is making, to be called off. Other
// processes, and what was answered a moment before, are found in the transcript.
type making struct {
	mu    sync.Mutex
	calls map[topics.Conversation]*makingCall
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
