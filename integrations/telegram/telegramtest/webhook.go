package telegramtest

import (
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"time"

	"github.com/valyala/fasthttp"
)

var secretPattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)

// webhook delivers updates by POST: one in flight per key, keys in parallel up to max_connections.
type webhook struct {
	url       string
	secret    string
	maxConn   int
	lastError string
	errorDate int64
	down      bool

	stop  chan struct{} // closed when this webhook is replaced
	slots chan struct{}
	lanes map[int64]*lane
	conns connSet
	idle  []*hookConn
}

type lane struct{ queue []*update }

// setHook replaces the webhook; an empty url removes it. Locked.
func (s *Server) setHook(target, secret string, maxConn int) {
	w := &s.hook
	if w.stop != nil {
		close(w.stop)
		w.stop = nil
	}
	w.url, w.secret, w.maxConn, w.lastError, w.errorDate = target, secret, maxConn, "", 0
	w.lanes = map[int64]*lane{}
	for _, conn := range w.idle {
		_ = conn.Close()
	}
	w.idle = nil
	if target == "" {
		return
	}
	w.stop, w.slots = make(chan struct{}), make(chan struct{}, maxConn)
	for _, u := range s.queue.pending {
		if !u.done {
			s.feed(u)
		}
	}
}

// feed puts an update into its lane and starts the lane's worker if it sleeps. Locked.
func (s *Server) feed(u *update) {
	l := s.hook.lanes[u.key]
	if l != nil {
		l.queue = append(l.queue, u)
		return
	}
	l = &lane{queue: []*update{u}}
	s.hook.lanes[u.key] = l
	if !s.closed {
		stop, slots := s.hook.stop, s.hook.slots
		s.wg.Go(func() { s.runLane(u.key, l, stop, slots) })
	}
}

// runLane delivers one key's updates in order until none is left or the webhook is replaced.
func (s *Server) runLane(key int64, l *lane, stop, slots chan struct{}) {
	for failures := 0; ; {
		u, ok := s.laneHead(key, l, stop)
		if !ok {
			return
		}
		select {
		case slots <- struct{}{}:
		case <-stop:
			return
		case <-s.done:
			return
		}
		retryAfter, err := s.deliver(u)
		<-slots
		if err == nil {
			failures = 0
			s.mu.Lock()
			s.finish(u)
			s.mu.Unlock()
			continue
		}
		s.hookFailed(u, err)
		failures++
		timer := time.NewTimer(max(retryAfter, s.backoff(failures)))
		select {
		case <-timer.C:
		case <-stop:
			timer.Stop()
			return
		case <-s.done:
			timer.Stop()
			return
		}
	}
}

// laneHead drops what is done or expired and returns the next update; an empty lane is removed.
func (s *Server) laneHead(key int64, l *lane, stop chan struct{}) (*update, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-stop:
		return nil, false
	case <-s.done:
		return nil, false
	default:
	}
	for len(l.queue) > 0 {
		u := l.queue[0]
		if !u.done && u.expires > s.now() {
			return u, true
		}
		s.finish(u)
		l.queue = l.queue[1:]
	}
	delete(s.hook.lanes, key)
	return nil, false
}

func (s *Server) backoff(failures int) time.Duration {
	if failures <= 1 {
		return 0
	}
	d := s.opt.WebhookBackoff << min(failures-2, 20)
	return min(d, s.opt.WebhookMaxBackoff)
}

func (s *Server) hookFailed(u *update, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hook.lastError, s.hook.errorDate = err.Error(), s.now()
	s.log.Debug("webhook delivery failed", "update_id", u.id, "error", err)
}

// deliver posts one update; the answer's body may hold a method call, which is not simulated.
func (s *Server) deliver(u *update) (time.Duration, error) {
	s.mu.Lock()
	target, secret, down := s.hook.url, s.hook.secret, s.hook.down
	s.mu.Unlock()
	if down {
		return 0, fmt.Errorf("Connection timed out") //nolint:staticcheck // Telegram's wording
	}
	req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(req)
	defer fasthttp.ReleaseResponse(resp)
	req.SetRequestURI(target)
	req.Header.SetMethod(fasthttp.MethodPost)
	req.Header.SetContentType("application/json")
	if secret != "" {
		req.Header.Set("X-Telegram-Bot-Api-Secret-Token", secret)
	}
	req.SetBodyRaw(u.raw)
	if err := s.exchange(req, resp); err != nil {
		return 0, fmt.Errorf("Connection failed: %w", err) //nolint:staticcheck // Telegram's wording
	}
	code := resp.StatusCode()
	if code >= 200 && code < 300 {
		return 0, nil
	}
	after, _ := strconv.Atoi(string(resp.Header.Peek("Retry-After")))
	return time.Duration(min(max(after, 0), 3600)) * time.Second,
		fmt.Errorf("Wrong response from the webhook: %d %s", //nolint:staticcheck // Telegram's wording
			code, fasthttp.StatusMessage(code))
}

func (s *Server) setWebhook(p *params) (any, *APIError) {
	target, secret := p.text("url"), p.text("secret_token")
	if secret != "" && !secretPattern.MatchString(secret) {
		if len(secret) > 256 {
			return nil, badRequest("secret token is too long")
		}
		return nil, badRequest("secret token contains unallowed characters")
	}
	if u, err := url.Parse(target); target != "" &&
		(err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		return nil, badRequest("bad webhook: invalid webhook URL specified")
	}
	maxConn := 40
	if p.has("max_connections") {
		maxConn = min(max(p.int("max_connections"), 1), 100)
	}
	if p.has("allowed_updates") {
		s.queue.allow(p.strings("allowed_updates"))
	}
	if p.flag("drop_pending_updates") {
		s.dropPending()
	}
	if target != "" {
		s.poll.terminate(errBySetWebhook)
	}
	s.setHook(target, secret, maxConn)
	return true, nil
}

func (s *Server) deleteWebhook(p *params) (any, *APIError) {
	if p.flag("drop_pending_updates") {
		s.dropPending()
	}
	s.setHook("", "", 0)
	return true, nil
}

func (s *Server) dropPending() {
	for _, u := range s.queue.pending {
		u.done = true
	}
	s.queue.pending, s.queue.live = nil, 0
}

func (s *Server) getWebhookInfo(*params) (any, *APIError) {
	info := map[string]any{
		"url": s.hook.url, "has_custom_certificate": false, "pending_update_count": s.queue.live,
	}
	if s.hook.url != "" {
		info["max_connections"] = s.hook.maxConn
	}
	if s.hook.lastError != "" {
		info["last_error_message"], info["last_error_date"] = s.hook.lastError, s.hook.errorDate
	}
	if s.queue.allowed != nil {
		info["allowed_updates"] = s.queue.allowed
	}
	return info, nil
}
