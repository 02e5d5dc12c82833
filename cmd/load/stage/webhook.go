package stage

import (
	"encoding/json"
	"time"

	"github.com/valyala/fasthttp"
)

// retryDelay is how long an update waits that the bot did not take.
const retryDelay = 100 * time.Millisecond

type hook struct {
	url    string
	secret string
}

// setWebhook lets the fallback check and remember the webhook, then delivers by it.
func (s *Stage) setWebhook(ctx *fasthttp.RequestCtx) {
	s.count("setWebhook")
	var p struct {
		URL    string `json:"url"`
		Secret string `json:"secret_token"`
	}
	if err := json.Unmarshal(ctx.PostBody(), &p); err != nil {
		refuse(ctx, 400, "Bad Request: the stage takes JSON only")
		return
	}
	s.fallTo(ctx)
	if ctx.Response.StatusCode() != fasthttp.StatusOK {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hook = hook{url: p.URL, secret: p.Secret}
	for _, g := range s.groups {
		s.deliverGroup(g)
	}
}

func (s *Stage) forgetWebhook() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hook = hook{}
}

// deliverGroup starts the group's worker unless it runs: Telegram keeps one update of a chat in
// flight, whatever max_connections says. Locked.
func (s *Stage) deliverGroup(g *group) {
	if g.busy || s.closed || s.hook.url == "" || len(g.queue) == 0 {
		return
	}
	g.busy = true
	s.wg.Go(func() { s.deliver(g) })
}

func (s *Stage) deliver(g *group) {
	req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(req)
	defer fasthttp.ReleaseResponse(resp)
	for {
		raw, to, ok := s.headOf(g)
		if !ok {
			return
		}
		req.Header.SetMethod(fasthttp.MethodPost)
		req.SetRequestURI(to.url)
		req.Header.SetContentType("application/json")
		req.Header.Set("X-Telegram-Bot-Api-Secret-Token", to.secret)
		req.SetBodyRaw(raw)
		err := s.client.DoTimeout(req, resp, 30*time.Second)
		if err == nil && resp.StatusCode()/100 == 2 {
			s.dropHead(g, raw)
			continue
		}
		s.opt.Log.Debug("webhook delivery refused", "error", err, "status", resp.StatusCode())
		select {
		case <-time.After(retryDelay):
		case <-s.done:
		}
	}
}

func (s *Stage) headOf(g *group) ([]byte, hook, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.hook.url == "" || len(g.queue) == 0 {
		g.busy = false
		return nil, hook{}, false
	}
	return g.queue[0], s.hook, true
}

// dropHead takes the delivered update off, unless the queue was emptied meanwhile.
func (s *Stage) dropHead(g *group, raw []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls["webhook"]++
	if len(g.queue) == 0 || &g.queue[0][0] != &raw[0] {
		return
	}
	g.queue[0] = nil
	if g.queue = g.queue[1:]; len(g.queue) == 0 {
		g.queue = nil
	}
}
