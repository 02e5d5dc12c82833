// Package topicsapi is the client of the mirror's Topics API, method info_by_topic: it
// asks which person stands behind a forum topic.
//
// Known from the vendor's public pages (Hotline, "Topics API") are the request and the
// successful answer. How an error looks is not known: whatever is not plainly a success
// is an error here, and the client says how sure it is. The package does not cache,
// retry or decide what to do without an answer; topics.Resolver does.
package topicsapi

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"strconv"
	"time"

	"github.com/valyala/fasthttp"

	"topicpilot/topics"
)

const (
	defaultTimeout = 5 * time.Second
	maxAnswer      = 256 << 10
	// maxHeader is generous: proxies before the API add long policy headers.
	maxHeader   = 16 << 10
	maxConns    = 256
	idleTime    = 30 * time.Second
	maxAttempts = 2
	// supergroupBase is what the Bot API puts before the bare id of a supergroup:
	// chat id = -(10^12 + bare id).
	supergroupBase = 1_000_000_000_000
)

var _ topics.TopicsAPI = (*Client)(nil)

// Options are the settings of a Client.
type Options struct {
	// URL is the API's address; it serves every method.
	URL string
	// Token goes into the header X-API-KEY. It belongs to the owner of the connections.
	// Without it the header is left out.
	Token interface{ Reveal() string }
	// Timeout bounds one request, connecting included; 5 seconds when 0.
	Timeout time.Duration
}

// Client asks the Topics API. Its methods may be called concurrently.
type Client struct {
	url     string
	token   interface{ Reveal() string }
	timeout time.Duration
	http    *fasthttp.Client
}

// New makes a client. It does not connect; a bad URL shows at the first request.
func New(opts Options) *Client {
	if opts.Timeout <= 0 {
		opts.Timeout = defaultTimeout
	}
	c := &Client{url: opts.URL, token: opts.Token, timeout: opts.Timeout}
	c.http = &fasthttp.Client{
		Name:                      "topicpilot",
		MaxConnsPerHost:           maxConns,
		MaxConnWaitTimeout:        opts.Timeout,
		MaxIdleConnDuration:       idleTime,
		ReadBufferSize:            maxHeader,
		ReadTimeout:               opts.Timeout,
		WriteTimeout:              opts.Timeout,
		MaxResponseBodySize:       maxAnswer,
		MaxIdemponentCallAttempts: maxAttempts,
		RetryIfErr:                c.retry,
		DialTimeout:               c.dial,
	}
	return c
}

// TopicInfo asks one instance about a topic. Errors are *topics.ResolveError and name
// the HTTP status and the kind of failure only: neither of the two secrets and nothing
// of the answer's text.
func (c *Client) TopicInfo(
	ctx context.Context, instance topics.Instance, conv topics.Conversation,
) (topics.TopicInfo, error) {
	group, err := groupID(conv)
	if err != nil {
		return topics.TopicInfo{}, err
	}
	if instance.ID == "" || instance.Key == nil || instance.Key.Reveal() == "" {
		return topics.TopicInfo{}, &topics.ResolveError{
			Reason: topics.ReasonNotSet, Err: errors.New("topics api: the instance has no id or no api_key"),
		}
	}
	token := c.headerToken()
	got, err := c.exchange(ctx, token, question{
		Action: "info_by_topic", GroupID: group, TopicID: conv.ThreadID,
		Instance: instance.ID, APIKey: instance.Key.Reveal(),
	})
	if err != nil {
		return topics.TopicInfo{}, &topics.ResolveError{Reason: topics.ReasonUnavailable, Err: err}
	}
	info, fault := read(got, group, conv.ThreadID)
	if fault != nil {
		return topics.TopicInfo{}, fault.resolveError(token != "")
	}
	info.Instance = instance.ID
	return info, nil
}

// CloseIdle closes the connections that nobody uses.
func (c *Client) CloseIdle() { c.http.CloseIdleConnections() }

func (c *Client) headerToken() string {
	if c.token == nil {
		return ""
	}
	return c.token.Reveal()
}

// question is the request's body; types as the vendor's newer page shows them (group_id
// and instance are strings, topic_id is a number).
type question struct {
	Action   string `json:"action"`
	GroupID  string `json:"group_id"`
	TopicID  int64  `json:"topic_id"`
	Instance string `json:"instance"`
	APIKey   string `json:"api_key"`
}

// answer is what came back, whatever it is.
type answer struct {
	status int
	body   []byte
}

// groupID is the group as the API names it: the id of the topic's public link, without
// the -100 of the Bot API.
func groupID(conv topics.Conversation) (string, error) {
	bare := -conv.ChatID - supergroupBase
	if conv.ChatID >= 0 || bare <= 0 {
		return "", &topics.ResolveError{
			Reason: topics.ReasonUnknownTopic, Err: errors.New("topics api: the chat is no supergroup"),
		}
	}
	if conv.General() {
		return "", &topics.ResolveError{Reason: topics.ReasonGeneral}
	}
	return strconv.FormatInt(bare, 10), nil
}

// exchange sends one question. It returns when ctx ends; fasthttp itself does not look
// at ctx, so the request then runs to its deadline in the background.
func (c *Client) exchange(ctx context.Context, token string, q question) (answer, error) {
	if err := ctx.Err(); err != nil {
		return answer{}, transportError(err)
	}
	body, err := json.Marshal(q) //nolint:gosec // the API wants its key in the body
	if err != nil {
		return answer{}, errors.New("topics api: request not encodable")
	}
	deadline := time.Now().Add(c.timeout)
	if d, ok := ctx.Deadline(); ok && d.Before(deadline) {
		deadline = d
	}
	type result struct {
		answer answer
		err    error
	}
	done := make(chan result, 1)
	go func() {
		got, err := c.send(token, body, deadline)
		done <- result{got, err}
	}()
	select {
	case r := <-done:
		return r.answer, r.err
	case <-ctx.Done():
		return answer{}, transportError(ctx.Err())
	}
}

func (c *Client) send(token string, body []byte, deadline time.Time) (answer, error) {
	req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(req)
	defer fasthttp.ReleaseResponse(resp)
	req.SetRequestURI(c.url)
	req.Header.SetMethod(fasthttp.MethodPost)
	req.Header.SetContentType("application/json")
	if token != "" {
		req.Header.Set("X-API-KEY", token)
	}
	req.SetBodyRaw(body)
	if err := c.http.DoDeadline(req, resp, deadline); err != nil {
		return answer{}, transportError(err)
	}
	// The response is reused after release.
	return answer{status: resp.StatusCode(), body: append([]byte(nil), resp.Body()...)}, nil
}

// retry asks again at once, on a new connection, when a kept one turned out to be
// closed. Asking changes nothing at the far side.
func (c *Client) retry(_ *fasthttp.Request, attempts int, err error) (resetTimeout, again bool) {
	var timeout net.Error
	if attempts >= maxAttempts || errors.As(err, &timeout) && timeout.Timeout() {
		return false, false
	}
	c.http.CloseIdleConnections()
	return false, true
}

func (c *Client) dial(addr string, timeout time.Duration) (net.Conn, error) {
	if timeout <= 0 || timeout > c.timeout {
		timeout = c.timeout
	}
	return (&net.Dialer{Timeout: timeout}).Dial("tcp", addr)
}

// transportError names the kind of failure; the texts below it may hold the address.
func transportError(err error) error {
	var network net.Error
	var lookup *net.DNSError
	var dial *net.OpError
	switch {
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return errors.New("topics api: no answer in time")
	case errors.As(err, &lookup):
		return errors.New("topics api: host not found")
	case errors.As(err, &dial) && dial.Op == "dial":
		return errors.New("topics api: no connection")
	case errors.Is(err, fasthttp.ErrBodyTooLarge):
		return errors.New("topics api: answer over 256 KiB")
	case errors.Is(err, fasthttp.ErrNoFreeConns):
		return errors.New("topics api: too many requests in flight")
	}
	return errors.New("topics api: connection failed")
}
