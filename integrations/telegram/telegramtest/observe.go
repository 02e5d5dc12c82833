package telegramtest

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// EventKind says what an Event is about.
type EventKind string

// The kinds of events.
const (
	MessageNew       EventKind = "message"
	MessageEdited    EventKind = "edited"
	MessageDeleted   EventKind = "deleted"
	CallbackAnswered EventKind = "callback_answer"
	TopicChanged     EventKind = "topic" // made, renamed, closed, reopened or deleted
	ChatAction       EventKind = "chat_action"
	MemberChanged    EventKind = "member"
	EventsLost       EventKind = "lost" // the subscriber was too slow: read the snapshots again
)

// Event is a change in a chat that somebody looking at it would see.
type Event struct {
	Kind    EventKind
	Chat    int64
	Thread  int            // TopicChanged, ChatAction
	Message *Message       // the message kinds; never change it
	Topic   Topic          // TopicChanged
	Answer  CallbackAnswer // CallbackAnswered
	Text    string         // ChatAction: which; MemberChanged: the new status
	Member  User           // MemberChanged
}

// Call is one call of the bot, as the server understood it.
type Call struct {
	Method string
	Params map[string]any    // numbers are json.Number; never change it
	Files  map[string]Upload // multipart parts by name, without their content
	At     time.Time
	Err    *APIError // nil: it succeeded
	Result any       // *Message for the sending methods; getUpdates' batches are not kept
}

// Violation is a call that does not fit Bot API 10.2.
type Violation struct {
	Method string
	Text   string
}

// String returns method and text.
func (v Violation) String() string { return v.Method + ": " + v.Text }

// subscriberBuffer is how many events wait for a slow subscriber before some are lost.
const subscriberBuffer = 1024

type subscriber struct {
	ch   chan Event
	lost bool
}

// observed is what tests and the demo look at. Locked by the server.
type observed struct {
	calls   []Call
	subs    map[*subscriber]struct{}
	changed chan struct{} // made by a waiter, closed by the next change
	closed  bool
}

func (o *observed) publish(e Event) {
	o.touch()
	for sub := range o.subs {
		if sub.lost {
			select {
			case sub.ch <- Event{Kind: EventsLost}:
				sub.lost = false
			default:
				continue
			}
		}
		select {
		case sub.ch <- e:
		default:
			sub.lost = true
		}
	}
}

func (o *observed) touch() {
	if o.changed != nil {
		close(o.changed)
		o.changed = nil
	}
}

func (o *observed) closeAll() {
	o.closed = true
	o.touch()
	for sub := range o.subs {
		close(sub.ch)
	}
	o.subs = nil
}

// Subscribe returns a channel of everything that changes from now on. The channel is closed by
// cancel and by Close. A reader more than 1024 events behind gets one EventsLost in their place.
func (s *Server) Subscribe() (events <-chan Event, cancel func()) {
	sub := &subscriber{ch: make(chan Event, subscriberBuffer)}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen.closed {
		close(sub.ch)
		return sub.ch, func() {}
	}
	if s.seen.subs == nil {
		s.seen.subs = map[*subscriber]struct{}{}
	}
	s.seen.subs[sub] = struct{}{}
	return sub.ch, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if _, open := s.seen.subs[sub]; open {
			delete(s.seen.subs, sub)
			close(sub.ch)
		}
	}
}

// Wait evaluates cond now and after every call and change until it holds, ctx ends or the server is
// closed. cond may use the server's methods.
func (s *Server) Wait(ctx context.Context, cond func() bool) error {
	for {
		s.mu.Lock()
		if s.seen.changed == nil {
			s.seen.changed = make(chan struct{})
		}
		changed := s.seen.changed
		s.mu.Unlock()
		if cond() {
			return nil
		}
		select {
		case <-changed:
		case <-s.done:
			return fmt.Errorf("wait: the fake Bot API is closed")
		case <-ctx.Done():
			return fmt.Errorf("wait: %w", ctx.Err())
		}
	}
}

// WaitFor returns the first message of any chat for which match holds, waiting for it (new or
// edited) until ctx ends. Messages already there count; chats are searched by id, then by time.
func (s *Server) WaitFor(ctx context.Context, match func(Message) bool) (Message, error) {
	var found Message
	err := s.Wait(ctx, func() bool {
		for _, id := range s.Chats() {
			for _, m := range s.Messages(id) {
				if match(m) {
					found = m
					return true
				}
			}
		}
		return false
	})
	return found, err
}

// Chats returns the ids of all chats, sorted.
func (s *Server) Chats() []int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	ids := make([]int64, 0, len(s.chats))
	for id := range s.chats {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// Messages returns what is in a chat now, oldest first, service messages included.
func (s *Server) Messages(chat int64) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.chats[chat]
	if c == nil {
		return nil
	}
	out := make([]Message, 0, len(c.messages))
	for _, id := range c.order {
		if m := c.messages[id]; m != nil {
			out = append(out, *m)
		}
	}
	return out
}

// Message returns one message of a chat.
func (s *Server) Message(chat int64, id int) (Message, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.chats[chat]; c != nil {
		if m := c.message(id); m != nil {
			return *m, true
		}
	}
	return Message{}, false
}

// Topics returns a chat's topics by id, deleted ones included.
func (s *Server) Topics(chat int64) []Topic {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.chats[chat]
	if c == nil {
		return nil
	}
	out := make([]Topic, 0, len(c.topics))
	for _, t := range c.topics {
		out = append(out, *t)
	}
	slices.SortFunc(out, func(a, b Topic) int { return a.ID - b.ID })
	return out
}

// Members returns a chat's members as recorded, by id; people who left or were banned included.
func (s *Server) Members(chat int64) []Member {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.chats[chat]
	if c == nil {
		return nil
	}
	out := make([]Member, 0, len(c.members))
	for _, id := range sortedIDs(c.members) {
		out = append(out, c.members[id])
	}
	return out
}

// Sent returns the recorded calls of the methods named, or of all but getUpdates when none is
// named, oldest first. Options.KeepCalls bounds them.
func (s *Server) Sent(methods ...string) []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Call
	for _, c := range s.seen.calls {
		if len(methods) == 0 && c.Method != "getUpdates" || slices.Contains(methods, c.Method) {
			out = append(out, c)
		}
	}
	return out
}

// Pending returns how many updates are not yet confirmed by getUpdates or the webhook.
func (s *Server) Pending() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.queue.live
}

// Violations returns the calls that do not fit Bot API 10.2, at most 1 000.
func (s *Server) Violations() []Violation {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.violations)
}

func (s *Server) violate(method, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log.Debug("call refused", "method", method, "reason", text)
	if len(s.violations) < 1000 {
		s.violations = append(s.violations, Violation{Method: method, Text: text})
	}
}

func (s *Server) record(method string, p *params, result any, call *APIError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen.touch()
	if s.opt.KeepCalls < 0 {
		return
	}
	c := Call{Method: method, At: s.opt.Clock(), Err: call, Result: result}
	if p != nil {
		c.Params = p.values
		for name, up := range p.files {
			if c.Files == nil {
				c.Files = map[string]Upload{}
			}
			up.Content = nil
			c.Files[name] = up
		}
	}
	o := &s.seen
	o.calls = append(o.calls, c)
	if len(o.calls) > 2*s.opt.KeepCalls {
		o.calls = slices.Clone(o.calls[len(o.calls)-s.opt.KeepCalls:])
	}
}
