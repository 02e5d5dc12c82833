package notion

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	"topicpilot/topics"
)

const (
	// apiVersion is the first in which a database may hold several data sources. Source:
	// developers.notion.com, "Upgrading to version 2025-09-03".
	apiVersion = "2025-09-03"
	maxAnswer  = 8 << 20
	// statusOverload is Notion's own for service_overload; it asks for a pause as 429 does.
	statusOverload = 529
	// defaultWait is the pause after a 429 that names none.
	defaultWait = 5 * time.Second
	// maxQueue is how long a request stands in our own queue before the caller is told to
	// come back: what it holds meanwhile is better given to others.
	maxQueue = 10 * time.Second
	// rereadPause stands between a failed read and its only repetition.
	rereadPause = 500 * time.Millisecond
)

// request is one call of the API.
type request struct {
	// op is for errors, as "update page".
	op     string
	method string
	path   string
	query  url.Values
	body   any
	// effect tells that it changes something: it is not repeated, and a lost answer is an
	// unknown outcome.
	effect bool
}

var (
	errTooLarge   = errors.New("the answer is larger than 8 MiB")
	errUnreadable = errors.New("the answer is not one of Notion")

	errHost        = errors.New("host not found")
	errCertificate = errors.New("the server's certificate is not trusted")
	errConnection  = errors.New("connection failed")
)

// do carries out the request and decodes the answer into out. Errors: *Error when certainly
// nothing has changed, *topics.Wait when Notion (or the queue before it) asks for a pause,
// *topics.UnknownOutcome when something may have changed. A read that fails is repeated once.
func (c *Client) do(ctx context.Context, r request, out answer) error {
	var body []byte
	if r.body != nil {
		var err error
		if body, err = encode(r.body); err != nil {
			return &Error{Kind: KindInvalid, Op: r.op, Err: fmt.Errorf("cannot be encoded: %T", err)}
		}
	}
	err := c.once(ctx, r, body, out)
	if r.effect || !isKind(err, KindUnreachable, KindUnavailable, KindUnreadable) {
		return err
	}
	if c.sleep(ctx, rereadPause) != nil {
		return err
	}
	return c.once(ctx, r, body, out)
}

// encode leaves < > & as they are: the size limit of a request counts bytes.
func encode(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}

// turn waits for the request's place under the limit.
func (c *Client) turn(ctx context.Context, op string) error {
	c.mu.Lock()
	held := c.heldUntil.Sub(c.now())
	c.mu.Unlock()
	if held > 0 {
		return &topics.Wait{After: held, Err: &Error{Kind: KindLimited, Op: op, After: held}}
	}
	place := c.limit.Reserve()
	delay := place.Delay()
	if delay == 0 {
		return nil
	}
	if delay > maxQueue {
		place.Cancel()
		return &topics.Wait{After: delay, Err: &Error{Kind: KindLimited, Op: op, After: delay}}
	}
	if err := c.sleep(ctx, delay); err != nil {
		place.Cancel()
		return &Error{Kind: KindUnreachable, Op: op, Err: err}
	}
	return nil
}

func (c *Client) once(ctx context.Context, r request, body []byte, out answer) error {
	if err := c.turn(ctx, r.op); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, c.opt.Timeout)
	defer cancel()
	var left atomic.Bool
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { left.Store(true) }})
	req, err := c.newRequest(traced, r, body)
	if err != nil {
		return &Error{Kind: KindInvalid, Op: r.op, Err: errURL}
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return lost(r, left.Load(), withoutURL(err))
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return lost(r, true, withoutURL(err))
	case len(raw) > maxAnswer:
		return lost(r, true, errTooLarge)
	case resp.StatusCode >= 200 && resp.StatusCode < 300:
		return decode(r, raw, out)
	}
	return c.refused(r, resp, raw)
}

func (c *Client) newRequest(ctx context.Context, r request, body []byte) (*http.Request, error) {
	address := c.base + r.path
	if len(r.query) > 0 {
		address += "?" + r.query.Encode()
	}
	var reader io.Reader
	if body != nil {
		reader = bytes.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, address, reader)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+c.opt.Token.Reveal())
	req.Header.Set("Notion-Version", apiVersion)
	req.Header.Set("Accept", "application/json")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return req, nil
}

// answer is what a request is answered with.
type answer interface {
	// complete tells whether it is what was asked for: a proxy's page is not.
	complete() bool
}

func decode(r request, raw []byte, out answer) error {
	if json.Unmarshal(raw, out) != nil || !out.complete() {
		return lost(r, true, errUnreadable) // json's error may quote the answer
	}
	return nil
}

// lost is the error of a request without a usable answer.
func lost(r request, left bool, err error) error {
	e := &Error{Kind: KindUnavailable, Op: r.op, Err: err}
	switch {
	case !left:
		e.Kind = KindUnreachable
	case r.effect:
		return &topics.UnknownOutcome{Err: e}
	case errors.Is(err, errUnreadable), errors.Is(err, errTooLarge):
		e.Kind = KindUnreadable
	}
	return e
}

// refused makes the error of an answer that is no success, and holds later requests back
// where Notion asks for it.
func (c *Client) refused(r request, resp *http.Response, raw []byte) error {
	var body refusal
	_ = json.Unmarshal(raw, &body) // a proxy's page has no code
	e := classify(r.op, resp.StatusCode, body)
	if resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == statusOverload {
		after := retryAfter(resp.Header.Get("Retry-After"))
		c.mu.Lock()
		c.heldUntil = c.now().Add(min(after, MaxWait))
		c.mu.Unlock()
		e.Kind, e.After = KindLimited, after
		if after > MaxWait {
			return e
		}
		return &topics.Wait{After: after, Err: e}
	}
	if r.effect && e.Kind == KindUnavailable {
		return &topics.UnknownOutcome{Err: e}
	}
	return e
}

// retryAfter reads whole seconds, the only form that Notion uses.
func retryAfter(header string) time.Duration {
	seconds, err := strconv.Atoi(header)
	if err != nil || seconds < 0 {
		return defaultWait
	}
	return time.Duration(min(max(seconds, 1), 24*3600)) * time.Second
}

// withoutURL takes the address out of an error of net/http, and whatever it quotes of the
// answer: that may be a customer's data.
func withoutURL(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	for _, class := range []error{context.DeadlineExceeded, context.Canceled, io.ErrUnexpectedEOF, io.EOF} {
		if errors.Is(err, class) {
			return class
		}
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return errHost
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		if number, ok := errors.AsType[syscall.Errno](err); ok {
			return fmt.Errorf("%s: %w", op.Op, number)
		}
		return fmt.Errorf("%s: %w", op.Op, errConnection)
	}
	if isCertificate(err) {
		return errCertificate
	}
	return errConnection
}

// isCertificate tells that the server is not the one it says it is; its names may stand in
// the error itself.
func isCertificate(err error) bool {
	_, is := errors.AsType[*tls.CertificateVerificationError](err)
	return is
}
