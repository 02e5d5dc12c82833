package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/valyala/fasthttp"
	"github.com/valyala/fasthttp/fasthttpadaptor"
)

// serverMark is a header by which the doctor knows a bot of ours.
const serverMark = "X-Topicpilot"

// bodyLimit is above the webhook's own limit, which answers in its own way.
const bodyLimit = 2 << 20

// server is our HTTP server: health, metrics and what outside systems call.
type server struct {
	http   *fasthttp.Server
	routes map[string]fasthttp.RequestHandler
	addr   net.Addr
}

func newServer(log *slog.Logger) *server {
	s := &server{routes: make(map[string]fasthttp.RequestHandler)}
	s.http = &fasthttp.Server{
		Handler:               s.serve,
		Name:                  "topicpilot",
		ReadTimeout:           15 * time.Second,
		WriteTimeout:          15 * time.Second,
		IdleTimeout:           90 * time.Second,
		MaxRequestBodySize:    bodyLimit,
		MaxConnsPerIP:         1024,
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
func health(ctx *fasthttp.RequestCtx) {
	ctx.SetContentType("text/plain; charset=utf-8")
	ctx.Response.Header.Set(serverMark, "1")
	ctx.SetBodyString("ok\n")
}

// ready answers 200, or 503 with a line for each reason.
func (a *App) ready(ctx *fasthttp.RequestCtx) {
	ctx.SetContentType("text/plain; charset=utf-8")
	reasons := a.notReady(ctx)
	if len(reasons) == 0 {
		ctx.SetBodyString("ready\n")
		return
	}
	ctx.SetStatusCode(fasthttp.StatusServiceUnavailable)
	ctx.SetBodyString(strings.Join(reasons, "\n") + "\n")
}

func (m *metrics) handler() fasthttp.RequestHandler {
	return fasthttpadaptor.NewFastHTTPHandler(promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		Timeout: 5 * time.Second, MaxRequestsInFlight: 4,
	}))
}
