package crash

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"
)

// Balancer stands before the processes' webhooks as a deployer's load balancer does: requests go to
// each in turn; what a dead one does not take is answered 502, and Telegram comes again.
type Balancer struct {
	targets  []string // host:port
	next     atomic.Uint64
	listener net.Listener
	http     *fasthttp.Server
	client   *fasthttp.Client
	served   sync.WaitGroup
	taken    []atomic.Int64
}

// NewBalancer listens on a loopback address and forwards to the targets.
func NewBalancer(targets []string) (*Balancer, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // lives until Close
	if err != nil {
		return nil, fmt.Errorf("balancer: %w", err)
	}
	b := &Balancer{targets: targets, listener: ln, taken: make([]atomic.Int64, len(targets))}
	b.client = &fasthttp.Client{
		ReadTimeout: 20 * time.Second, WriteTimeout: 20 * time.Second, MaxResponseBodySize: 1 << 20,
		MaxIdemponentCallAttempts: 1,
		RetryIfErr:                func(*fasthttp.Request, int, error) (bool, bool) { return false, false },
	}
	b.http = &fasthttp.Server{
		Handler: b.forward, MaxRequestBodySize: 2 << 20, ReadTimeout: time.Minute, CloseOnShutdown: true,
	}
	b.served.Go(func() { _ = b.http.Serve(ln) })
	return b, nil
}

// URL is the webhook's address in front of all.
func (b *Balancer) URL(path string) string { return "http://" + b.listener.Addr().String() + path }

// Taken is how many requests each target has answered with 200.
func (b *Balancer) Taken() []int64 {
	out := make([]int64, len(b.taken))
	for i := range b.taken {
		out[i] = b.taken[i].Load()
	}
	return out
}

// Close stops listening.
func (b *Balancer) Close() error {
	err := b.http.Shutdown()
	if e := b.listener.Close(); e != nil && !errors.Is(e, net.ErrClosed) {
		err = errors.Join(err, e)
	}
	b.served.Wait()
	b.client.CloseIdleConnections()
	return err
}

func (b *Balancer) forward(ctx *fasthttp.RequestCtx) {
	i := int(b.next.Add(1) % uint64(len(b.targets))) //nolint:gosec // few targets
	req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(req)
	defer fasthttp.ReleaseResponse(resp)
	ctx.Request.CopyTo(req)
	req.SetRequestURI("http://" + b.targets[i] + string(ctx.Path()))
	if err := b.client.DoTimeout(req, resp, 20*time.Second); err != nil {
		ctx.Error("bad gateway", fasthttp.StatusBadGateway)
		return
	}
	if resp.StatusCode() == fasthttp.StatusOK {
		b.taken[i].Add(1)
	}
	ctx.SetStatusCode(resp.StatusCode())
	ctx.SetBody(resp.Body())
}
