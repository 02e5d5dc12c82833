package telegramtest

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

const (
	keepMessageUpdate = 86_400 // seconds an undelivered message waits
	keepCallback      = 150    // seconds an undelivered button press waits
)

// update is one queued update; key is the webhook's queue: updates with one key stay in order.
type update struct {
	id      int64
	key     int64
	expires int64
	raw     json.RawMessage
	done    bool
	extra   bool // delivered again on purpose: not confirmed by offset
	served  bool
}

type updateQueue struct {
	next    int64
	pending []*update
	live    int
	allowed []string // nil: the default set
	history []*update
	keep    int
}

// defaultKinds are delivered while allowed_updates was never set; unlisted kinds need to be asked for.
var (
	updateKinds = []string{
		"message", "edited_message", "channel_post", "edited_channel_post", "business_connection",
		"business_message", "edited_business_message", "deleted_business_messages", "message_reaction",
		"message_reaction_count", "inline_query", "chosen_inline_result", "callback_query",
		"shipping_query", "pre_checkout_query", "purchased_paid_media", "poll", "poll_answer",
		"my_chat_member", "chat_member", "chat_join_request", "chat_boost", "removed_chat_boost",
		"guest_message", "managed_bot", "subscription",
	}
	kindsOnRequest = []string{"chat_member", "message_reaction", "message_reaction_count"}
)

func (q *updateQueue) init(keep int) { q.next, q.keep = 100_000_001, keep }

// allow sets allowed_updates as the real server does: unknown names are ignored, none left means
// the default set.
func (q *updateQueue) allow(kinds []string) {
	q.allowed = nil
	for _, k := range kinds {
		if slices.Contains(updateKinds, k) && !slices.Contains(q.allowed, k) {
			q.allowed = append(q.allowed, k)
		}
	}
}

func (q *updateQueue) wants(kind string) bool {
	if q.allowed == nil {
		return !slices.Contains(kindsOnRequest, kind)
	}
	return slices.Contains(q.allowed, kind)
}

// emit queues an update of a kind if the bot asked for that kind. Locked.
func (s *Server) emit(kind string, key, ttl int64, payload any) {
	if !s.queue.wants(kind) {
		return
	}
	id := s.queue.next
	s.queue.next++
	raw := fmt.Appendf(nil, `{"update_id":%d,%q:`, id, kind)
	raw = append(append(raw, encode(payload)...), '}')
	s.push(&update{id: id, key: key, raw: raw, expires: s.now() + ttl})
}

func (s *Server) push(u *update) {
	s.queue.pending = append(s.queue.pending, u)
	s.queue.live++
	if s.hook.url != "" {
		s.feed(u)
		return
	}
	s.poll.wakeUp()
}

// finish takes an update off the queue and keeps it for Redeliver. Locked.
func (s *Server) finish(u *update) {
	if u.done {
		return
	}
	u.done = true
	s.seen.touch() // somebody may wait for Pending
	q := &s.queue
	q.live--
	if q.keep > 0 && !u.extra {
		q.history = append(q.history, u)
		if len(q.history) > 2*q.keep {
			q.history = slices.Clone(q.history[len(q.history)-q.keep:])
		}
	}
	if len(q.pending) > 64 && q.live < len(q.pending)/2 || q.live == 0 {
		q.pending = slices.DeleteFunc(q.pending, func(u *update) bool { return u.done })
	}
}

// confirm deletes what the offset acknowledges. An offset beyond the queue's end confirms only
// updates from before a jump of the ids to lower values. Locked.
func (s *Server) confirm(offset int64) {
	q := &s.queue
	open := slices.DeleteFunc(slices.Clone(q.pending), func(u *update) bool { return u.done })
	if offset < 0 {
		keep := int(min(-offset, int64(len(open))))
		for _, u := range open[:len(open)-keep] {
			s.finish(u)
		}
		return
	}
	jumped := offset > q.next+10
	for _, u := range open {
		confirmed := offset > 0 && u.id < offset && (!jumped || u.id >= q.next)
		if u.extra && u.served || !u.extra && confirmed {
			s.finish(u)
		}
	}
}

// take returns up to limit updates that have not expired. Locked.
func (s *Server) take(limit int) []*update {
	now := s.now()
	var out, late []*update
	for _, u := range s.queue.pending {
		if u.done {
			continue
		}
		if u.expires <= now {
			late = append(late, u)
			continue
		}
		if len(out) == limit {
			break
		}
		u.served = true
		out = append(out, u)
	}
	for _, u := range late {
		s.finish(u)
	}
	return out
}

// poll is the one getUpdates call that may wait.
type poll struct {
	current *pollCall
	steal   int // calls to answer with 409; negative: all
}

type pollCall struct {
	wake chan struct{}
	end  chan string
}

func (p *poll) wakeUp() {
	if p.current == nil {
		return
	}
	select {
	case p.current.wake <- struct{}{}:
	default:
	}
}

func (p *poll) terminate(text string) {
	if p.current != nil {
		p.current.end <- text
		p.current = nil
	}
}

func (s *Server) getUpdates(p *params) (any, *APIError) {
	limit := p.int("limit")
	if limit < 1 || limit > 100 {
		limit = 100
	}
	wait := time.Duration(min(max(p.int64("timeout"), 0), 50)) * time.Second
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hook.url != "" {
		return nil, conflict(errWebhookAlive)
	}
	if s.poll.steal != 0 {
		if s.poll.steal > 0 {
			s.poll.steal--
		}
		return nil, conflict(errOtherPoller)
	}
	s.poll.terminate(errOtherPoller)
	if p.has("allowed_updates") {
		s.queue.allow(p.strings("allowed_updates"))
	}
	s.confirm(p.int64("offset"))
	list := s.take(limit)
	if len(list) == 0 && wait > 0 {
		var err *APIError
		if list, err = s.longPoll(limit, wait); err != nil {
			return nil, err
		}
	}
	return joinUpdates(list), nil
}

// longPoll waits, unlocked, for updates; it is ended by another call, a webhook or Close. Locked.
func (s *Server) longPoll(limit int, wait time.Duration) ([]*update, *APIError) {
	me := &pollCall{wake: make(chan struct{}, 1), end: make(chan string, 1)}
	s.poll.current = me
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		var ended string
		over := false
		s.mu.Unlock()
		select {
		case <-me.wake:
		case ended = <-me.end:
		case <-timer.C:
			over = true
		case <-s.done:
			over = true
		}
		s.mu.Lock()
		if ended == "" && s.poll.current != me {
			ended = <-me.end
		}
		if ended != "" {
			return nil, conflict(ended)
		}
		list := s.take(limit)
		if over || len(list) > 0 {
			s.poll.current = nil
			return list, nil
		}
	}
}

func joinUpdates(list []*update) json.RawMessage {
	raw := json.RawMessage{'['}
	for i, u := range list {
		if i > 0 {
			raw = append(raw, ',')
		}
		raw = append(raw, u.raw...)
	}
	return append(raw, ']')
}
