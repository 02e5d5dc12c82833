package commands

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"
)

// maxResponse is the longest answer read, in bytes.
const maxResponse = 256 << 10

// faultClass is the short class of what went wrong, which operators are told.
type faultClass string

const (
	// faultInvalid: a value does not fit the request; nothing was sent.
	faultInvalid faultClass = "invalid"
	// faultNoAnswer: nobody there, or no answer in time.
	faultNoAnswer faultClass = "no_answer"
	// faultRefused: a redirect, or a status 4xx.
	faultRefused faultClass = "refused"
	// faultThere: a status 5xx.
	faultThere faultClass = "fault"
	// faultUnreadable: an answer too long, or not what it says it is.
	faultUnreadable faultClass = "unreadable"
)

// callError says why a request gave nothing. Its text holds no URL, header or body.
type callError struct {
	Class  faultClass
	Status int
	// Sent tells that the request may have reached the other side.
	Sent bool
	// Words are the reason that a refusal gives, for operators' eyes: no log may hold it.
	Words string
	// RetryAfter is the pause that the other side asks for; Waits tells that it does.
	RetryAfter time.Duration
	Waits      bool
	Err        error
}

func (e *callError) Error() string {
	text := "request: " + string(e.Class)
	if e.Status != 0 {
		text += fmt.Sprintf(" (%d)", e.Status)
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap gives the cause.
func (e *callError) Unwrap() error { return e.Err }

// Caller sends the requests of the settings: one client for all, bounded in time and
// size, which follows no redirect and repeats nothing that may have had an effect. It
// may be used concurrently.
type Caller struct {
	client *http.Client
	// once never uses a connection twice: a request over one that the other side has just
	// closed would leave open whether it took effect, or be repeated by net/http.
	once *http.Client
	now  func() time.Time
}

// NewCaller makes a Caller. now is the clock of signatures; time.Now when nil.
func NewCaller(now func() time.Time) *Caller {
	if now == nil {
		now = time.Now
	}
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	transport := &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		ForceAttemptHTTP2:      true,
		TLSHandshakeTimeout:    10 * time.Second,
		MaxIdleConns:           32,
		MaxIdleConnsPerHost:    8,
		IdleConnTimeout:        60 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
	}
	single := transport.Clone()
	single.DisableKeepAlives = true
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Caller{
		client: &http.Client{Transport: transport, CheckRedirect: stay},
		once:   &http.Client{Transport: single, CheckRedirect: stay},
		now:    now,
	}
}

// Close drops idle connections.
func (c *Caller) Close() { c.client.CloseIdleConnections() }

// do sends one request and reads its answer: what JSON says (numbers as int64 or
// json.Number), or a string for text. Errors are *callError.
func (c *Caller) do(ctx context.Context, p *prepared) (any, error) {
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	var sent atomic.Bool
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { sent.Store(true) }}
	req := &http.Request{
		Method: p.method, URL: p.url, Header: p.header.Clone(),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Host: p.url.Host,
	}
	if len(p.body) > 0 || p.method != http.MethodGet && p.method != http.MethodHead {
		// net/http repeats a request with an Idempotency-Key by itself when the connection
		// breaks, unless it has a body that cannot be had a second time, an empty one included.
		req.Body = io.NopCloser(bytes.NewReader(p.body))
		req.ContentLength = int64(len(p.body))
	}
	if req.Header.Get("User-Agent") == "" {
		req.Header.Set("User-Agent", "topicpilot")
	}
	if p.key != nil {
		sign(req.Header, p.key, p.id, c.now(), p.body)
	}
	client := c.client
	if p.once {
		client = c.once
	}
	resp, err := client.Do(req.WithContext(httptrace.WithClientTrace(ctx, trace)))
	if err != nil {
		return nil, &callError{Class: faultNoAnswer, Sent: sent.Load(), Err: withoutURL(err)}
	}
	defer func() { _ = resp.Body.Close() }()
	answer, fault := read(resp, c.now())
	if fault != nil {
		fault.Sent = true
		if p.quotedBy(fault.Words) {
			fault.Words = ""
		}
		return nil, fault
	}
	return answer, nil
}

// read makes an answer a value.
func read(resp *http.Response, now time.Time) (any, *callError) {
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return nil, statusError(resp, now)
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxResponse+1))
	switch {
	case err != nil:
		return nil, &callError{Class: faultNoAnswer, Err: withoutURL(err)}
	case len(data) > maxResponse:
		return nil, &callError{Class: faultUnreadable, Status: resp.StatusCode, Err: errors.New("answer too long")}
	case len(bytes.TrimSpace(data)) == 0 && promisesJSON(resp):
		// So does n8n answer for a flow that broke off: with 200.
		return nil, &callError{Class: faultUnreadable, Status: resp.StatusCode, Err: errNotJSON}
	}
	answer, err := decode(resp.Header.Get("Content-Type"), data)
	if err != nil {
		return nil, &callError{Class: faultUnreadable, Status: resp.StatusCode, Err: err}
	}
	return answer, nil
}

func statusError(resp *http.Response, now time.Time) *callError {
	fault := &callError{Class: faultRefused, Status: resp.StatusCode}
	if resp.StatusCode >= 500 {
		fault.Class = faultThere
	}
	fault.RetryAfter, fault.Waits = retryAfter(resp.Header.Get("Retry-After"), now)
	// A short rest is read so that the connection can be used again.
	data, _ := io.ReadAll(io.LimitReader(resp.Body, maxRefusal))
	if fault.Class == faultRefused {
		fault.Words = refusalWords(data)
	}
	return fault
}

// retryAfter reads a pause in seconds or as a date (RFC 9110, section 10.2.3), a day at
// most.
func retryAfter(value string, now time.Time) (time.Duration, bool) {
	if seconds, err := strconv.Atoi(value); err == nil && seconds >= 0 {
		return time.Duration(min(seconds, 24*3600)) * time.Second, true
	}
	if at, err := http.ParseTime(value); err == nil {
		return min(max(0, at.Sub(now)), 24*time.Hour), true
	}
	return 0, false
}

var (
	errNotJSON = errors.New("answer is no JSON")
	errNotText = errors.New("answer is no text")
)

// decode reads an answer by its type. Where the type does not say JSON, what looks
// like JSON and is JSON counts as such: many a small script sends no type.
func decode(contentType string, data []byte) (any, error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	trimmed := bytes.TrimSpace(data)
	if len(trimmed) == 0 {
		return nil, nil
	}
	if saysJSON(contentType) {
		return decodeJSON(trimmed)
	}
	if trimmed[0] == '{' || trimmed[0] == '[' {
		if v, err := decodeJSON(trimmed); err == nil {
			return v, nil
		}
	}
	if !utf8.Valid(trimmed) || bytes.IndexByte(trimmed, 0) >= 0 {
		return nil, errNotText
	}
	return string(trimmed), nil
}

func saysJSON(contentType string) bool {
	media, _, err := mime.ParseMediaType(contentType)
	return err == nil && (media == "application/json" || strings.HasSuffix(media, "+json"))
}

// promisesJSON reports whether a body of JSON has to come: 204 and the answer to HEAD have
// none, whatever their type says.
func promisesJSON(resp *http.Response) bool {
	head := resp.Request != nil && resp.Request.Method == http.MethodHead
	return !head && resp.StatusCode != http.StatusNoContent && saysJSON(resp.Header.Get("Content-Type"))
}

func decodeJSON(data []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var v any
	if err := decoder.Decode(&v); err != nil {
		return nil, errNotJSON
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errNotJSON
	}
	return exactNumbers(v), nil
}

// exactNumbers makes whole numbers int64, which templates can compare, and leaves
// others as they were written.
func exactNumbers(v any) any {
	switch v := v.(type) {
	case json.Number:
		if n, err := strconv.ParseInt(v.String(), 10, 64); err == nil && strconv.FormatInt(n, 10) == v.String() {
			return n
		}
	case []any:
		for i := range v {
			v[i] = exactNumbers(v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = exactNumbers(v[name])
		}
	}
	return v
}

// withoutURL takes the URL out of an error of the HTTP client: it may hold a secret or
// a customer's data.
func withoutURL(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return err
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return errors.New("host not found")
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return fmt.Errorf("%s: %w", op.Op, op.Err)
	}
	return errors.New("connection failed")
}
