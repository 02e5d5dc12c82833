package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	ta "github.com/mymmrac/telego/telegoapi"
	"github.com/valyala/fasthttp"

	"topicpilot/topics"
)

const (
	maxAnswer  = 8 << 20
	maxUpdates = 64 << 20
)

// caller makes the requests. It is telego's api caller, so that telego's methods can be used,
// and the only place that reveals the token. No method is retried here.
type caller struct {
	transport *transport
	token     Token
	host      string
	path      string // before "/bot<token>/", mostly empty
	timeout   time.Duration
	onDate    func(server, local time.Time)
	// compared is when the clocks were last compared, in seconds since 1970.
	compared atomic.Int64
}

var _ ta.Caller = (*caller)(nil)

// request is one call of the Bot API.
type request struct {
	method string
	body   []byte
	// form, if set, is uploaded in place of body.
	form  *form
	limit int
	// timeout, if set, replaces the caller's.
	timeout time.Duration
}

// Call serves telego. The url it was given holds a placeholder for the token; only
// the method is taken from it.
func (c *caller) Call(ctx context.Context, url string, data *ta.RequestData) (*ta.Response, error) {
	method := url[strings.LastIndexByte(url, '/')+1:]
	if data.BodyStream != nil {
		return nil, &callError{method: method, err: errors.New("uploads are not supported")}
	}
	body := data.BodyRaw
	if string(body) == "null" {
		body = []byte("{}") // telego's form of "no parameters"
	}
	result, err := c.do(ctx, request{method: method, body: body})
	if err != nil {
		return nil, &callError{method: method, err: err}
	}
	return &ta.Response{Ok: true, Result: result}, nil
}

// callError carries an error of ours through telego, which adds its own words.
type callError struct {
	method string
	err    error
}

func (e *callError) Error() string { return e.err.Error() }
func (e *callError) Unwrap() error { return e.err }

// do sends the request and returns the result's JSON. Errors: as Client says.
func (c *caller) do(ctx context.Context, r request) (json.RawMessage, error) {
	if r.timeout == 0 {
		r.timeout = c.timeout
	}
	if r.limit == 0 {
		r.limit = maxAnswer
	}
	bounded, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()

	req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(req)
	if r.limit > maxAnswer {
		// A big body is left to the garbage collector rather than to fasthttp's pool.
		resp = &fasthttp.Response{}
	} else {
		defer fasthttp.ReleaseResponse(resp)
	}
	req.Header.SetMethod(fasthttp.MethodPost)
	req.Header.SetHost(c.host)
	req.Header.SetRequestURI(c.path + "/bot" + c.token.Reveal() + "/" + r.method)
	req.Header.SetUserAgent("topicpilot")
	if r.form != nil {
		req.Header.SetContentType(r.form.contentType)
		req.SetBodyStream(r.form, int(r.form.size))
	} else {
		req.Header.SetContentType(ta.ContentTypeJSON)
		req.SetBodyRaw(r.body)
	}

	if err := c.transport.roundTrip(bounded, req, resp, r.limit); err != nil {
		if r.form != nil {
			err = r.form.outcome(err)
		}
		if refused, ok := errors.AsType[*topics.Hopeless](err); ok {
			return nil, refused
		}
		if unsent, ok := errors.AsType[*notSent](err); ok {
			return nil, fmt.Errorf("telegram: %s: %w", r.method, c.withoutToken(unsent))
		}
		return nil, &topics.UnknownOutcome{Err: fmt.Errorf("telegram: %s: %w", r.method, err)}
	}
	c.compareClocks(resp)
	return c.read(r, resp)
}

// compareClocks takes the server's time from an answer, once a minute.
func (c *caller) compareClocks(resp *fasthttp.Response) {
	now := time.Now()
	if last := c.compared.Load(); now.Unix()-last < 60 || !c.compared.CompareAndSwap(last, now.Unix()) {
		return
	}
	if date, err := http.ParseTime(string(resp.Header.Peek("Date"))); err == nil {
		c.onDate(date, now)
	}
}

// withoutToken guards against a resolver or a proxy that repeats what it was given.
func (c *caller) withoutToken(err error) error {
	if strings.Contains(err.Error(), c.token.Reveal()) {
		return errors.New("telegram cannot be reached")
	}
	return err
}

func (c *caller) read(r request, resp *fasthttp.Response) (json.RawMessage, error) {
	status, body := resp.StatusCode(), resp.Body()
	refusal := &APIError{Method: r.method, Code: status, Description: http.StatusText(status)}
	var result []byte
	ok := false
	readable := eachMember(body, func(key, value []byte) {
		switch string(key) {
		case "ok":
			ok = string(value) == "true"
		case "result":
			result = value
		case "error_code":
			if code, is := scanInt(value); is && code >= 400 && code < 600 {
				refusal.Code = int(code)
			}
		case "description":
			refusal.Description = c.description(value)
		case "parameters":
			readParameters(refusal, value)
		}
	})
	if !readable { // a proxy's page, or an answer that was cut off
		ok, refusal = false, &APIError{Method: r.method, Code: status, Description: http.StatusText(status)}
	}
	switch {
	case ok && status < 300 && result != nil:
		return append(make(json.RawMessage, 0, len(result)), result...), nil
	case refusal.Code < 300:
		return nil, &topics.UnknownOutcome{Err: fmt.Errorf("telegram: %s: %w", r.method, errUnreadable)}
	}
	return nil, classify(refusal, r.target)
}

func readParameters(refusal *APIError, parameters []byte) {
	eachMember(parameters, func(key, value []byte) {
		n, _ := scanInt(value)
		switch string(key) {
		case "retry_after":
			refusal.RetryAfter = time.Duration(min(n, int64(maxFloodWait/time.Second))) * time.Second
		case "migrate_to_chat_id":
			refusal.MigrateTo = n
		}
	})
}

// maxFloodWait bounds what a 429 may ask for.
const maxFloodWait = 24 * time.Hour

func (c *caller) description(value []byte) string {
	var text string
	if json.Unmarshal(value, &text) != nil {
		return ""
	}
	return shorten(maskQuoted(strings.ReplaceAll(text, c.token.Reveal(), "[token]")), maxDescription)
}
