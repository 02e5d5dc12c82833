package openai

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"syscall"

	"topicpilot/topics"
)

const (
	// maxRequest and maxAnswer bound a request and an answer in bytes, maxVectors an answer
	// with vectors (64 of 4,096 numbers take about 8 MiB), maxRefusal what is read of an
	// answer that is no success.
	maxRequest = 4 << 20
	maxAnswer  = 4 << 20
	maxVectors = 32 << 20
	maxRefusal = 64 << 10
)

var (
	errEncode      = errors.New("the request cannot be encoded")
	errAddress     = errors.New("the address is none")
	errLarge       = errors.New("the request is larger than 4 MiB")
	errTooLarge    = errors.New("the answer is too large")
	errHost        = errors.New("host not found")
	errCertificate = errors.New("the server's certificate is not trusted")
	errTLS         = errors.New("the server does not speak TLS")
	errConnection  = errors.New("connection failed")
	errCut         = errors.New("connection lost")
	errLate        = errors.New("no answer in time")
)

// request is one call of the API.
type request struct {
	method string
	path   string
	body   []byte
	// most bounds the answer, in bytes.
	most int64
}

// do carries out a request and lets read take in the answer if it is a success. Errors are
// *topics.ModelError, or ctx's when the caller has cancelled it.
func (c *Client) do(ctx context.Context, r request, read func(contentType string, answer io.Reader) error) error {
	if len(r.body) > maxRequest {
		return &topics.ModelError{Fault: topics.ModelRefused, Err: errLarge}
	}
	var left atomic.Bool
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { left.Store(true) }})
	req, err := c.newRequest(traced, r)
	if err != nil {
		return &topics.ModelError{Fault: topics.ModelRefused, Err: errAddress}
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return lost(ctx, left.Load(), err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		// What was read before a cut tells enough.
		raw, _ := io.ReadAll(io.LimitReader(resp.Body, maxRefusal))
		return c.refused(newRefusal(resp.StatusCode, raw), resp.Header)
	}
	err = read(resp.Header.Get("Content-Type"), &bounded{from: resp.Body, left: r.most})
	if err == nil {
		return nil
	}
	if refused, ok := errors.AsType[*refusal](err); ok {
		return c.refused(refused, resp.Header)
	}
	return lost(ctx, true, err)
}

func (c *Client) newRequest(ctx context.Context, r request) (*http.Request, error) {
	var body io.Reader
	if r.body != nil {
		body = bytes.NewReader(r.body)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, c.base.JoinPath(r.path).String(), body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	if r.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.key != "" {
		req.Header.Set("Authorization", "Bearer "+c.key)
	}
	return req, nil
}

// lost is the error of a request without a usable answer.
func lost(ctx context.Context, left bool, err error) error {
	switch ended := ctx.Err(); {
	case errors.Is(ended, context.DeadlineExceeded):
		return &topics.ModelError{Fault: topics.ModelTimeout, Sent: left, Err: errLate}
	case ended != nil:
		return ended
	case errors.Is(err, errUnreadable), errors.Is(err, errTooLarge):
		return &topics.ModelError{Fault: topics.ModelUnreadable, Sent: left, Err: err}
	}
	return &topics.ModelError{Fault: topics.ModelDown, Sent: left, Err: cause(err)}
}

// cause makes an error of our own of one of net/http, which may hold the address and quote
// the answer.
func cause(err error) error {
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return errHost
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return errCertificate
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok || errors.Is(err, http.ErrSchemeMismatch) {
		return errTLS
	}
	if number, ok := errors.AsType[syscall.Errno](err); ok {
		return fmt.Errorf("%w: %w", errConnection, number)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errCut
	}
	return errConnection
}

// bounded ends with errTooLarge once more than left bytes come.
type bounded struct {
	from io.Reader
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, errTooLarge
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.from.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, errTooLarge
	}
	return n, err
}
