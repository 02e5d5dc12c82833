package stage

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/valyala/fasthttp"
)

// pollQueue holds the updates that getUpdates hands out; their ids follow one another.
type pollQueue struct {
	first   int64 // id of pending[0]
	pending [][]byte
	current *pollCall
}

// pollCall is a getUpdates call that waits. A newer one ends it: the caller of the older may be dead.
type pollCall struct{ arrived, replaced chan struct{} }

func (q *pollQueue) enter() *pollCall {
	if q.current != nil {
		close(q.current.replaced)
	}
	q.current = &pollCall{arrived: make(chan struct{}, 1), replaced: make(chan struct{})}
	return q.current
}

func (q *pollQueue) leave(c *pollCall) {
	if q.current == c {
		q.current = nil
	}
}

// confirm forgets what is below the offset.
func (q *pollQueue) confirm(offset int64) {
	n := min(max(offset-q.first, 0), int64(len(q.pending)))
	if n == 0 {
		return
	}
	q.first += n
	q.pending = q.pending[n:]
	if len(q.pending) == 0 {
		q.pending = nil
	}
}

func (q *pollQueue) push(id int64, raw []byte) {
	if len(q.pending) == 0 {
		q.first = id
	}
	q.pending = append(q.pending, raw)
	if q.current == nil {
		return
	}
	select {
	case q.current.arrived <- struct{}{}:
	default:
	}
}

// update writes a /info of the operator as Telegram does: in a topic, with the implicit reply to the
// service message that opened it.
func (t *topic) update(updateID, messageID, date int64) []byte {
	raw := make([]byte, 0, len(t.before)+len(t.after)+96)
	raw = append(raw, `{"update_id":`...)
	raw = strconv.AppendInt(raw, updateID, 10)
	raw = append(raw, `,"message":{"message_id":`...)
	raw = strconv.AppendInt(raw, messageID, 10)
	raw = append(raw, t.before...)
	raw = strconv.AppendInt(raw, date, 10)
	return append(raw, t.after...)
}

// inject types /info into a topic: from now on the bot can know of it. Locked.
func (s *Stage) inject(t *topic, now time.Time) {
	s.updateID++
	t.group.messageID++
	raw := t.update(s.updateID, t.group.messageID, now.Unix())
	t.asked = append(t.asked, now)
	if s.hook.url == "" {
		s.poll.push(s.updateID, raw)
		return
	}
	t.group.queue = append(t.group.queue, raw)
	s.deliverGroup(t.group)
}

type pollParams struct {
	Offset  int64 `json:"offset"`
	Limit   int   `json:"limit"`
	Timeout int   `json:"timeout"`
}

func (s *Stage) getUpdates(ctx *fasthttp.RequestCtx) {
	var p pollParams
	if body := ctx.PostBody(); len(body) > 0 {
		if err := json.Unmarshal(body, &p); err != nil {
			refuse(ctx, 400, "Bad Request: the stage takes JSON only")
			return
		}
	}
	if p.Limit < 1 || p.Limit > 100 {
		p.Limit = 100
	}
	timer := time.NewTimer(time.Duration(min(max(p.Timeout, 0), 50)) * time.Second)
	defer timer.Stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.polled = true
	call := s.poll.enter()
	defer s.poll.leave(call)
	for !s.serveUpdates(ctx, p) {
		s.mu.Unlock()
		again := call.wait(ctx, timer.C, s.done)
		s.mu.Lock()
		if !again {
			return
		}
	}
}

// wait reports whether to look again; otherwise the call is answered.
func (c *pollCall) wait(ctx *fasthttp.RequestCtx, late <-chan time.Time, done <-chan struct{}) bool {
	select {
	case <-c.arrived:
		return true
	case <-c.replaced:
		refuse(ctx, 409, "Conflict: terminated by other getUpdates request;"+
			" make sure that only one bot instance is running")
	case <-late:
		ctx.SetBodyString(`{"ok":true,"result":[]}`)
	case <-done:
		ctx.SetBodyString(`{"ok":true,"result":[]}`)
	}
	return false
}

// serveUpdates answers if there is something to say. Locked.
func (s *Stage) serveUpdates(ctx *fasthttp.RequestCtx, p pollParams) bool {
	if s.hook.url != "" {
		refuse(ctx, 409, "Conflict: can't use getUpdates method while webhook is active;"+
			" use deleteWebhook to delete the webhook first")
		return true
	}
	s.poll.confirm(p.Offset)
	n := min(len(s.poll.pending), p.Limit)
	if n == 0 {
		return false
	}
	s.calls["getUpdates"]++
	ctx.SetContentType("application/json")
	ctx.SetBodyString(`{"ok":true,"result":[`)
	for i, raw := range s.poll.pending[:n] {
		if i > 0 {
			ctx.Response.AppendBodyString(",")
		}
		ctx.Response.AppendBody(raw)
	}
	ctx.Response.AppendBodyString("]}")
	return true
}
