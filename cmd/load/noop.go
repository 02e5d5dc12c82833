package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"

	"topicpilot/cmd/load/proc"
	"topicpilot/cmd/load/stats"
)

// noopCmd shows what the machine can do at most: a fasthttp handler in another process that answers
// 200 to an update and does nothing.
type noopCmd struct {
	Duration    time.Duration `default:"5s" help:"How long."`
	Outstanding int           `default:"32" help:"Requests without answer."`
	Serve       string        `placeholder:"ADDRESS" hidden:"" help:"Be the server."`
}

// Run prints requests a second.
func (c *noopCmd) Run(ctx context.Context) error {
	if c.Serve != "" {
		return serveNoop(ctx, c.Serve)
	}
	if c.Outstanding < 1 || c.Outstanding > 1024 || c.Duration <= 0 || c.Duration > 10*time.Minute {
		return errors.New("want 1 to 1024 requests outstanding, for up to 10m")
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	addr, err := proc.FreeAddress()
	if err != nil {
		return err
	}
	child, err := proc.Start(ctx, proc.Options{Name: "noop"}, self, "noop", "--serve="+addr)
	if err != nil {
		return err
	}
	defer child.Kill()
	if err := c.wait(ctx, addr, child); err != nil {
		return err
	}
	total, latency, err := c.load(ctx, addr)
	if err != nil {
		return errors.Join(err, child.Gone())
	}
	_, err = fmt.Printf("a fasthttp handler that does nothing: %.0f requests/s, p50 %s, p99 %s (%d outstanding)\n",
		float64(total)/c.Duration.Seconds(), stats.Millis(latency.Quantile(0.5)), stats.Millis(latency.Quantile(0.99)),
		c.Outstanding)
	return err
}

func serveNoop(ctx context.Context, addr string) error {
	ln, err := net.Listen("tcp", addr) //nolint:noctx // closed below
	if err != nil {
		return fmt.Errorf("serve: %w", err)
	}
	srv := &fasthttp.Server{
		Handler:     func(ctx *fasthttp.RequestCtx) { ctx.SetStatusCode(fasthttp.StatusOK) },
		ReadTimeout: time.Minute, NoDefaultDate: true,
	}
	go func() {
		<-ctx.Done()
		_ = ln.Close()
	}()
	if err := srv.Serve(ln); err != nil && ctx.Err() == nil {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

// wait until the server answers.
func (c *noopCmd) wait(ctx context.Context, addr string, child *proc.Child) error {
	dialer := net.Dialer{Timeout: time.Second}
	for deadline := time.Now().Add(startLimit); time.Now().Before(deadline) && ctx.Err() == nil; {
		conn, err := dialer.DialContext(ctx, "tcp", addr)
		if err == nil {
			return conn.Close()
		}
		if err := child.Gone(); err != nil {
			return err
		}
		time.Sleep(2 * time.Millisecond)
	}
	return errors.Join(errors.New("the server did not come up"), ctx.Err())
}

// load keeps the requests outstanding until the time is over.
func (c *noopCmd) load(ctx context.Context, addr string) (int64, *stats.Histogram, error) {
	body := []byte(`{"update_id":500000001,"message":{"message_id":1000001,"date":1760000000,` +
		`"chat":{"id":-1002101424779,"title":"Support","is_forum":true,"type":"supergroup"},` +
		`"from":{"id":77,"is_bot":false,"first_name":"Olga"},` +
		`"message_thread_id":101,"is_topic_message":true,"text":"/info"}}`)
	client := &fasthttp.Client{
		MaxConnsPerHost: c.Outstanding, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second,
	}
	defer client.CloseIdleConnections()
	var (
		wg     sync.WaitGroup
		mu     sync.Mutex
		all    stats.Histogram
		failed atomic.Pointer[error]
	)
	deadline := time.Now().Add(c.Duration)
	for range c.Outstanding {
		wg.Go(func() {
			var own stats.Histogram
			for time.Now().Before(deadline) && ctx.Err() == nil && failed.Load() == nil {
				begin := time.Now()
				if err := post(client, addr, body); err != nil {
					failed.Store(&err)
				}
				own.Add(time.Since(begin))
			}
			mu.Lock()
			defer mu.Unlock()
			all.Merge(&own)
		})
	}
	wg.Wait()
	if err := failed.Load(); err != nil {
		return 0, nil, fmt.Errorf("request: %w", *err)
	}
	return int64(all.Count()), &all, ctx.Err() //nolint:gosec // far below the limit
}

func post(client *fasthttp.Client, addr string, body []byte) error {
	req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(req)
	defer fasthttp.ReleaseResponse(resp)
	req.Header.SetMethod(fasthttp.MethodPost)
	req.SetRequestURI("http://" + addr + "/telegram/hook")
	req.Header.SetContentType("application/json")
	req.SetBodyRaw(body)
	return client.Do(req, resp)
}
