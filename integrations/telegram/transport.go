package telegram

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"github.com/valyala/fasthttp"
)

const (
	maxConnections   = 64
	idleTime         = 30 * time.Second
	dialTimeout      = 5 * time.Second
	handshakeTimeout = 10 * time.Second
	bufferSize       = 4096
	// lastWordTime bounds the wait for an answer on a connection that takes no more.
	lastWordTime = time.Second
)

// transport is HTTP/1.1 to one server, over fasthttp's requests and responses. fasthttp's own
// client does not serve here: it ignores the context's cancellation (a long poll would
// outlive its stop by a minute) and does not tell whether a failed request had left,
// on which it depends whether a message may be sent again.
type transport struct {
	addr  string
	tls   *tls.Config // nil for plain HTTP
	slots chan struct{}

	mu     sync.Mutex
	idle   []*connection // the one used last at the end
	closed bool
}

func newTransport(addr string, config *tls.Config) *transport {
	return &transport{addr: addr, tls: config, slots: make(chan struct{}, maxConnections)}
}

// connection is used by one request at a time.
type connection struct {
	net.Conn
	raw     net.Conn // below TLS
	reader  *bufio.Reader
	writer  *bufio.Writer
	usedAt  time.Time
	written bool
}

// Write notes that something has left.
func (c *connection) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.written = c.written || n > 0
	return n, err
}

// roundTrip sends the request and reads the answer of at most limit bytes, until ctx ends. A
// *notSent tells that nothing has left; after any other error the request may have taken effect.
func (t *transport) roundTrip(
	ctx context.Context, request *fasthttp.Request, response *fasthttp.Response, limit int,
) error {
	select {
	case t.slots <- struct{}{}:
		defer func() { <-t.slots }()
	case <-ctx.Done():
		return &notSent{ctx.Err()}
	}
	c, err := t.take(ctx)
	if err != nil {
		return &notSent{err}
	}
	c.written = false
	// The end of ctx, by time or by cancellation, ends reading and writing.
	stop := context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Unix(1, 0)) })
	err = c.exchange(request, response, limit)
	ended := !stop()
	if err != nil || ended || response.ConnectionClose() {
		_ = c.Close()
	} else {
		t.give(c)
	}
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	if !c.written {
		return &notSent{plain(err)}
	}
	return plain(err)
}

func (c *connection) exchange(request *fasthttp.Request, response *fasthttp.Response, limit int) error {
	if request.IsBodyStream() {
		return c.upload(request, response, limit)
	}
	if err := c.write(request); err != nil {
		return err
	}
	return response.ReadLimitBody(c.reader, limit)
}

func (c *connection) write(request *fasthttp.Request) error {
	if err := request.Write(c.writer); err != nil {
		return err
	}
	return c.writer.Flush()
}

// upload is exchange for a body that may be long. Who refuses it answers before its end and may
// read no further, so the answer is listened for meanwhile.
func (c *connection) upload(request *fasthttp.Request, response *fasthttp.Response, limit int) error {
	heard := make(chan error, 1)
	go func() {
		_, err := c.reader.Peek(1)
		if err == nil {
			_ = c.SetWriteDeadline(time.Unix(1, 0)) // the rest is not wanted
		}
		heard <- err
	}()
	err := c.write(request)
	var network *net.OpError
	switch {
	case err == nil, errors.Is(err, os.ErrDeadlineExceeded):
		// The answer, or the end of time, is there or comes by itself.
	case errors.As(err, &network):
		_ = c.SetReadDeadline(time.Now().Add(lastWordTime))
	default: // the body's own error: nobody answers to that
		_ = c.SetReadDeadline(time.Unix(1, 0))
	}
	silence := <-heard
	switch {
	case silence != nil && err == nil:
		return silence
	case silence != nil:
		return err
	}
	if broken := response.ReadLimitBody(c.reader, limit); broken != nil {
		return broken
	}
	response.SetConnectionClose() // its deadlines are spent
	return nil
}

func (t *transport) take(ctx context.Context) (*connection, error) {
	for {
		c := t.takeIdle()
		if c == nil {
			return t.dial(ctx)
		}
		if !stale(c.raw) {
			return c, nil
		}
		_ = c.Close()
	}
}

func (t *transport) takeIdle() *connection {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.dropOld()
	if len(t.idle) == 0 {
		return nil
	}
	last := len(t.idle) - 1
	c := t.idle[last]
	t.idle[last] = nil
	t.idle = t.idle[:last]
	return c
}

func (t *transport) give(c *connection) {
	c.usedAt = time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		_ = c.Close()
		return
	}
	t.dropOld()
	t.idle = append(t.idle, c)
}

// dropOld closes what was idle for long; t.mu is held.
func (t *transport) dropOld() {
	old := 0
	for old < len(t.idle) && time.Since(t.idle[old].usedAt) > idleTime {
		_ = t.idle[old].Close()
		old++
	}
	if old > 0 {
		kept := copy(t.idle, t.idle[old:])
		clear(t.idle[kept:])
		t.idle = t.idle[:kept]
	}
}

func (t *transport) dial(ctx context.Context) (*connection, error) {
	dialer := net.Dialer{Timeout: dialTimeout}
	raw, err := dialer.DialContext(ctx, "tcp", t.addr)
	if err != nil {
		return nil, err
	}
	c := &connection{Conn: raw, raw: raw}
	if t.tls != nil {
		secure := tls.Client(raw, t.tls)
		shake, cancel := context.WithTimeout(ctx, handshakeTimeout)
		defer cancel()
		if err := secure.HandshakeContext(shake); err != nil {
			_ = raw.Close()
			return nil, err
		}
		c.Conn = secure
	}
	c.reader = bufio.NewReaderSize(c, bufferSize)
	c.writer = bufio.NewWriterSize(c, bufferSize)
	return c, nil
}

// close ends idle connections; those in use end with their request.
func (t *transport) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	for _, c := range t.idle {
		_ = c.Close()
	}
	t.idle = nil
}

var (
	errConnectionLost = errors.New("connection lost")
	errUnreadable     = errors.New("answer unreadable")
	errTooLarge       = errors.New("answer too large")
)

// plain keeps the class of an error of the exchange and drops its text, which may quote
// bytes of the answer.
func plain(err error) error {
	var network *net.OpError
	switch {
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return context.DeadlineExceeded
	case errors.Is(err, fasthttp.ErrBodyTooLarge):
		return errTooLarge
	case errors.As(err, &network), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		errors.Is(err, net.ErrClosed):
		return errConnectionLost
	}
	return errUnreadable
}
