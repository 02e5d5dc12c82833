package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/valyala/fasthttp"
	"github.com/valyala/fasthttp/fasthttpadaptor"
)

// serverMark is a header with the bot's id, by which the doctor knows it.
const serverMark = "X-Topicpilot"

// bodyLimit is above the webhook's own limit, which answers in its own way.
const bodyLimit = 2 << 20

// maxConnections bounds the requests in hand; Telegram opens 100 at most.
const maxConnections = 4096

// readyTime bounds what readyz looks at.
const readyTime = 2 * time.Second

// server is our HTTP server: health, metrics and what outside systems call.
type server struct {
	http   *fasthttp.Server
	routes map[string]fasthttp.RequestHandler
	addr   net.Addr
}

func newServer(log *slog.Logger) *server {
	s := &server{routes: make(map[string]fasthttp.RequestHandler)}
	s.http = &fasthttp.Server{
		Handler:            s.serve,
		Name:               "topicpilot",
		ReadTimeout:        15 * time.Second,
		WriteTimeout:       15 * time.Second,
		IdleTimeout:        90 * time.Second,
		MaxRequestBodySize: bodyLimit,
		// Path and secret are looked at before a body is read: strangers cost no memory.
		StreamRequestBody: true,
		// All connections together: a limit for each address would wrap connections in a way
		// that fasthttp's own shutdown races with, and behind a balancer all have one address.
		Concurrency:           maxConnections,
		NoDefaultServerHeader: true,
		CloseOnShutdown:       true,
		Logger:                quiet{log},
		ErrorHandler:          refuseRequest,
	}
	return s
}

// handle serves a path; all paths are known before the server starts.
func (s *server) handle(path string, handler fasthttp.RequestHandler) { s.routes[path] = handler }

func (s *server) serve(ctx *fasthttp.RequestCtx) {
	if handler, ok := s.routes[string(ctx.Path())]; ok {
		handler(ctx)
		return
	}
	ctx.Error("not found\n", fasthttp.StatusNotFound)
	ctx.SetConnectionClose() // a body that comes with it is not waited for
}

func refuseRequest(ctx *fasthttp.RequestCtx, err error) {
	var small *fasthttp.ErrSmallBuffer
	switch {
	case errors.Is(err, fasthttp.ErrBodyTooLarge):
		ctx.Error("body too large\n", fasthttp.StatusRequestEntityTooLarge)
	case errors.As(err, &small):
		ctx.Error("headers too large\n", fasthttp.StatusRequestHeaderFieldsTooLarge)
	default:
		ctx.Error("bad request\n", fasthttp.StatusBadRequest)
	}
}

// start listens and serves; an end of serving that nobody asked for goes to failed.
func (s *server) start(ctx context.Context, listen string, failed chan<- error) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", listen)
	if err != nil {
		return fmt.Errorf("listen on server.listen %s: %w; choose a free address", listen, err)
	}
	s.addr = listener.Addr()
	go func() {
		if err := s.http.Serve(listener); err != nil {
			select {
			case failed <- fmt.Errorf("http server: %w", err):
			default:
			}
		}
	}()
	return nil
}

// stop takes no new connection and waits for the requests in hand.
func (s *server) stop(ctx context.Context) {
	if s.addr == nil {
		return
	}
	if err := s.http.ShutdownWithContext(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return
	}
}

// quiet passes fasthttp's own lines on at debug level: they quote peers' addresses
// and say nothing that the metrics do not.
type quiet struct{ log *slog.Logger }

func (q quiet) Printf(format string, _ ...any) {
	q.log.Debug("http server", "event", format)
}

// health answers while the process lives.
func (a *App) health(ctx *fasthttp.RequestCtx) {
	ctx.SetContentType("text/plain; charset=utf-8")
	ctx.Response.Header.Set(serverMark, strconv.FormatInt(a.client.BotID(), 10))
	ctx.SetBodyString("ok\n")
}

// ready answers 200, or 503 with a line for each reason.
func (a *App) ready(ctx *fasthttp.RequestCtx) {
	ctx.SetContentType("text/plain; charset=utf-8")
	// The request's own context is used again for the next request.
	bounded, cancel := context.WithTimeout(context.Background(), readyTime) //nolint:forbidigo // see above
	defer cancel()
	reasons := a.notReady(bounded)
	if len(reasons) == 0 {
		ctx.SetBodyString("ready\n")
		return
	}
	ctx.SetStatusCode(fasthttp.StatusServiceUnavailable)
	ctx.SetBodyString(strings.Join(reasons, "\n") + "\n")
}

func (m *metrics) handler() fasthttp.RequestHandler {
	// No Timeout: its goroutine would outlive the request, whose context fasthttp uses
	// again. What is collected bounds its own time.
	return fasthttpadaptor.NewFastHTTPHandler(promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		MaxRequestsInFlight: 4,
	}))
}
