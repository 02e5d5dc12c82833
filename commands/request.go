package commands

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	defaultRequestTimeout = 10 * time.Second
	maxRequestBody        = 256 << 10
)

// Revealer is a secret of the settings.
type Revealer interface{ Reveal() string }

// RequestSpec is a request to an outside system as the settings describe it. URL,
// header values and the texts of JSON are templates.
type RequestSpec struct {
	// Method is GET when "" and there is no JSON, else POST.
	Method  string
	URL     string
	Headers map[string]string
	// JSON is the body: maps, lists, texts, numbers. Nil sends none.
	JSON any
	// Timeout bounds the whole request; 10 seconds when 0.
	Timeout time.Duration
	// Secret signs the request (Standard Webhooks) when set.
	Secret Revealer
}

// errValue means that a value cannot be placed where the settings want it: nothing is
// sent.
var errValue = errors.New("value does not fit")

// request is a compiled RequestSpec. It may be used concurrently.
type request struct {
	method  string
	url     *template
	headers []headerTemplate
	body    jsonTemplate
	timeout time.Duration
	key     []byte
	// used holds the roots that its templates use.
	used map[string]bool
}

type headerTemplate struct {
	name  string
	value *template
}

// prepared is a request with all values in place.
type prepared struct {
	method  string
	url     *url.URL
	header  http.Header
	body    []byte
	timeout time.Duration
	id      string
	key     []byte
	// once tells that the request may have an effect; see Caller.
	once bool
}

// ownHeader reports whether a header is set by us or by the HTTP client, from what is
// really sent.
func ownHeader(name string) bool {
	return slices.Contains([]string{
		"Idempotency-Key", "Webhook-Id", "Webhook-Timestamp", "Webhook-Signature",
		"Host", "Content-Length", "Transfer-Encoding", "Connection", "Trailer", "Upgrade", "Te",
	}, name)
}

// compileRequest checks a RequestSpec without sending anything. All mistakes are told
// at once, by the path of the setting, which begins with where; none quotes a value.
func compileRequest(where string, spec RequestSpec, allowed roots) (*request, error) {
	r := &request{method: strings.ToUpper(spec.Method), timeout: spec.Timeout, used: map[string]bool{}}
	var errs []error
	fail := func(path string, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("%s.%s: %w", where, path, err))
		}
	}
	use := func(t *template) {
		if t != nil {
			maps.Copy(r.used, t.used)
		}
	}
	if r.method == "" {
		r.method = http.MethodGet
		if spec.JSON != nil {
			r.method = http.MethodPost
		}
	}
	if !isToken(r.method) {
		fail("method", errors.New("no such method"))
	}
	if r.timeout <= 0 {
		r.timeout = defaultRequestTimeout
	}
	var err error
	r.url, err = compileTemplate(spec.URL, placeURL, allowed)
	fail("url", err)
	if err == nil {
		use(r.url)
		_, err = renderURL(r.url, nil)
		fail("url", err)
	}
	for _, name := range slices.Sorted(maps.Keys(spec.Headers)) {
		value, err := compileHeader(name, spec.Headers[name], allowed)
		fail("headers."+name, err)
		use(value)
		r.headers = append(r.headers, headerTemplate{name: http.CanonicalHeaderKey(name), value: value})
	}
	r.body, err = compileJSON(spec.JSON, allowed, use)
	fail("json", err)
	if spec.Secret != nil {
		r.key, err = signingKey(spec.Secret.Reveal())
		fail("secret", err)
	}
	return r, errors.Join(errs...)
}

func compileHeader(name, value string, allowed roots) (*template, error) {
	if !isToken(name) {
		return nil, errors.New("this is no name of a header")
	}
	if ownHeader(http.CanonicalHeaderKey(name)) {
		return nil, errors.New("this header is set by topicpilot")
	}
	if hasControl(value) {
		return nil, errors.New("a header must not hold a line break or another control character")
	}
	return compileTemplate(value, placeText, allowed)
}

// prepare places the values. Errors wrap errValue or say that a template went wrong;
// none quotes a value. id becomes Idempotency-Key and webhook-id.
func (r *request) prepare(values map[string]any, id string) (*prepared, error) {
	p := &prepared{
		method: r.method, timeout: r.timeout, id: id, key: r.key,
		header: make(http.Header, len(r.headers)+6),
	}
	var err error
	if p.url, err = renderURL(r.url, values); err != nil {
		return nil, err
	}
	for _, h := range r.headers {
		value, err := h.value.render(values)
		if err != nil {
			return nil, fmt.Errorf("header %s: %w", h.name, err)
		}
		if hasControl(value) {
			return nil, fmt.Errorf("header %s: control character: %w", h.name, errValue)
		}
		p.header.Set(h.name, value)
	}
	if r.body != nil {
		if p.body, err = renderJSON(r.body, values); err != nil {
			return nil, err
		}
		if p.header.Get("Content-Type") == "" {
			p.header.Set("Content-Type", "application/json")
		}
	}
	p.header.Set("Idempotency-Key", id)
	return p, nil
}

// jsonTemplate gives one value of a body.
type jsonTemplate func(values map[string]any) (any, error)

// compileJSON compiles a body's templates, at any depth; nil for no body.
func compileJSON(v any, allowed roots, use func(*template)) (jsonTemplate, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case string:
		t, err := compileTemplate(v, placeValue, allowed)
		if err != nil {
			return nil, err
		}
		use(t)
		return t.value, nil
	case []any:
		return compileList(v, allowed, use)
	case map[string]any:
		return compileObject(v, allowed, use)
	case map[any]any:
		object := make(map[string]any, len(v))
		for key, value := range v {
			object[fmt.Sprint(key)] = value
		}
		return compileObject(object, allowed, use)
	}
	if _, err := json.Marshal(v); err != nil {
		return nil, errors.New("this is no JSON")
	}
	return func(map[string]any) (any, error) { return v, nil }, nil
}

func compileList(list []any, allowed roots, use func(*template)) (jsonTemplate, error) {
	items := make([]jsonTemplate, len(list))
	for i, v := range list {
		item, err := compileJSON(v, allowed, use)
		if err != nil {
			return nil, fmt.Errorf("[%d]: %w", i, err)
		}
		items[i] = item
	}
	return func(values map[string]any) (any, error) {
		out := make([]any, len(items))
		for i, item := range items {
			if item == nil {
				continue
			}
			v, err := item(values)
			if err != nil {
				return nil, err
			}
			out[i] = v
		}
		return out, nil
	}, nil
}

func compileObject(object map[string]any, allowed roots, use func(*template)) (jsonTemplate, error) {
	fields := make(map[string]jsonTemplate, len(object))
	for name, v := range object {
		field, err := compileJSON(v, allowed, use)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		fields[name] = field
	}
	return func(values map[string]any) (any, error) {
		out := make(map[string]any, len(fields))
		for name, field := range fields {
			out[name] = nil
			if field == nil {
				continue
			}
			v, err := field(values)
			if err != nil {
				return nil, fmt.Errorf("json %s: %w", name, err)
			}
			out[name] = v
		}
		return out, nil
	}, nil
}

func renderJSON(body jsonTemplate, values map[string]any) ([]byte, error) {
	v, err := body(values)
	if err != nil {
		return nil, err
	}
	data, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("json: %w", errValue)
	}
	if len(data) > maxRequestBody {
		return nil, fmt.Errorf("json: %w", errTooLong)
	}
	return data, nil
}

func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r == 0x7f })
}

// isToken reports whether s is a token of HTTP (RFC 9110, section 5.6.2).
func isToken(s string) bool {
	const extra = "!#$%&'*+-.^_`|~"
	for i := range len(s) {
		if b := s[i]; !isNameByte(b) && !strings.ContainsRune(extra, rune(b)) {
			return false
		}
	}
	return s != ""
}
