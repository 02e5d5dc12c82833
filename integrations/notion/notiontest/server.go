package notiontest

import (
	"bytes"
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// DefaultToken is the token of a server made without one.
const DefaultToken = "ntn_FakeTokenForTestsOnly0123456789"

// Version is the only Notion-Version that is answered.
const Version = "2025-09-03"

const (
	maxBody      = 500_000
	statusBusy   = 529
	defaultCalls = 1000
)

// Options configure a Server; the zero value is ready for tests.
type Options struct {
	// Token is what requests must carry, default DefaultToken.
	Token string
	// Now gives the times of pages and blocks, default time.Now.
	Now func() time.Time
	// PerSecond is the limit of requests, over which 429 is answered; 0: none.
	PerSecond int
	// QueryLag is from how many queries a new page is hidden: Notion does not promise that
	// a query sees at once what has just been created.
	QueryLag int
	// OpaqueCursors refuses a block's id as the cursor of a list.
	OpaqueCursors bool
	// KeepCalls bounds what Exchanges returns, default 1,000; negative: nothing is kept.
	KeepCalls int
}

// Server is one workspace of Notion as one connection sees it.
type Server struct {
	opt  Options
	http *http.Server
	done chan struct{}

	mu        sync.Mutex
	base      string
	databases map[string]*database
	sources   map[string]*source
	pages     map[string]*page
	blocks    map[string]*block
	order     []*page
	next      int
	window    time.Time
	inWindow  int
	faults    []*activeFault
	chaos     func(route string) (Fault, bool)
	count     map[string]int
	exchanges []Exchange
	closed    bool
}

// New makes an empty workspace; it serves nothing until Start, or Handler is mounted somewhere.
func New(opt Options) *Server {
	if opt.Token == "" {
		opt.Token = DefaultToken
	}
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.KeepCalls == 0 {
		opt.KeepCalls = defaultCalls
	}
	s := &Server{
		opt: opt, done: make(chan struct{}), count: map[string]int{}, databases: map[string]*database{},
		sources: map[string]*source{}, pages: map[string]*page{}, blocks: map[string]*block{},
	}
	s.http = &http.Server{Handler: s.Handler(), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute}
	return s
}

// Start listens on an address such as "127.0.0.1:0". It may be called once.
func (s *Server) Start(listen string) error {
	ln, err := net.Listen("tcp", listen) //nolint:noctx // lives until Close
	if err != nil {
		return fmt.Errorf("listen for the fake Notion: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.base != "" || s.closed {
		return errors.Join(errors.New("the fake Notion is started or closed already"), ln.Close())
	}
	s.base = "http://" + ln.Addr().String()
	go func() { _ = s.http.Serve(ln) }()
	return nil
}

// URL is the base address for a client's api_url, without a trailing slash; "" before Start.
func (s *Server) URL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.base
}

// Token is the token that requests must carry.
func (s *Server) Token() string { return s.opt.Token }

// Close ends hanging calls and stops listening. It may be called more than once.
func (s *Server) Close() {
	s.mu.Lock()
	closed := s.closed
	s.closed = true
	s.mu.Unlock()
	if !closed {
		close(s.done)
		_ = s.http.Close()
	}
}

// Exchange is one request and its answer, as Exchanges returns them.
type Exchange struct {
	Route    string          `json:"route"`
	ID       string          `json:"id,omitempty"`
	Query    url.Values      `json:"query,omitempty"`
	Request  json.RawMessage `json:"request,omitempty"`
	Status   int             `json:"status"`
	Response json.RawMessage `json:"response,omitempty"`
}

// Exchanges returns the last requests with their answers, oldest first; those without an
// answer are left out.
func (s *Server) Exchanges() []Exchange {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Exchange(nil), s.exchanges...)
}

// Requests counts what has been asked since the start or ResetRequests, by route
// ("pages.create", "blocks.children.append", …).
func (s *Server) Requests() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.count)
}

// ResetRequests begins counting anew.
func (s *Server) ResetRequests() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count, s.exchanges = map[string]int{}, nil
}

// call is one request on its way through a handler, which runs with the server's lock held.
type call struct {
	id    string
	query url.Values
	body  map[string]json.RawMessage
}

type route struct {
	name string
	run  func(*Server, *call) (any, *apiError)
}

func routes() map[string]route {
	return map[string]route{
		"GET databases":         {"databases.retrieve", (*Server).retrieveDatabase},
		"GET data_sources":      {"dataSources.retrieve", (*Server).retrieveSource},
		"POST data_sources/":    {"dataSources.query", (*Server).query},
		"POST pages":            {"pages.create", (*Server).createPage},
		"GET pages":             {"pages.retrieve", (*Server).retrievePage},
		"PATCH pages":           {"pages.update", (*Server).updatePage},
		"GET blocks":            {"blocks.retrieve", (*Server).retrieveBlock},
		"DELETE blocks":         {"blocks.delete", (*Server).deleteBlock},
		"GET blocks/children":   {"blocks.children.list", (*Server).listChildren},
		"PATCH blocks/children": {"blocks.children.append", (*Server).appendChildren},
	}
}

// match finds the route of a path such as /v1/blocks/ID/children.
func match(method, path string) (route, string, bool) {
	rest, ok := strings.CutPrefix(path, "/v1/")
	if !ok {
		return route{}, "", false
	}
	parts := strings.Split(rest, "/")
	known, key := routes(), method+" "+parts[0]
	switch {
	case len(parts) == 1 && key == "POST pages":
		return known[key], "", true
	case len(parts) == 2 && key != "POST pages":
		r, ok := known[key]
		return r, parts[1], ok
	case len(parts) == 3 && parts[2] == "query":
		r, ok := known[key+"/"]
		return r, parts[1], ok
	case len(parts) == 3:
		r, ok := known[key+"/"+parts[2]]
		return r, parts[1], ok
	}
	return route{}, "", false
}

// Handler serves the API on somebody else's server; paths begin with /v1/.
func (s *Server) Handler() http.Handler { return http.HandlerFunc(s.serve) }

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	rt, id, ok := match(r.Method, r.URL.Path)
	if !ok {
		reply(w, nil, &apiError{status: http.StatusBadRequest, code: "invalid_request_url", message: "Invalid request URL."})
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody+1))
	if err != nil || len(body) > maxBody {
		reply(w, nil, &apiError{
			status: http.StatusRequestEntityTooLarge, code: "validation_error", message: "The body is too large.",
		})
		return
	}
	s.mu.Lock()
	s.count[rt.name]++
	s.mu.Unlock()
	fault := s.takeFault(rt.name)
	if fault != nil && !fault.After && s.play(w, r, fault) {
		return
	}
	result, failure := s.handle(r, rt, id, body)
	if fault != nil && fault.After && s.play(w, r, fault) {
		return
	}
	reply(w, result, failure)
}

// handle checks what all requests have in common and runs the route.
func (s *Server) handle(r *http.Request, rt route, id string, body []byte) (any, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &call{id: normal(id), query: r.URL.Query()}
	failure := s.admit(r)
	var result any
	if failure == nil && len(body) > 0 && json.Unmarshal(body, &c.body) != nil {
		failure = &apiError{status: http.StatusBadRequest, code: "invalid_json", message: "The body is not JSON."}
	}
	if failure == nil {
		result, failure = rt.run(s, c)
	}
	s.keep(Exchange{Route: rt.name, ID: id, Query: c.query, Request: body}, result, failure)
	return result, failure
}

func (s *Server) keep(e Exchange, result any, failure *apiError) {
	if s.opt.KeepCalls < 0 {
		return
	}
	e.Status, e.Response = http.StatusOK, encode(result)
	if failure != nil {
		e.Status, e.Response = failure.status, encode(failure.body())
	}
	if len(s.exchanges) >= s.opt.KeepCalls {
		s.exchanges = s.exchanges[1:]
	}
	s.exchanges = append(s.exchanges, e)
}

func (s *Server) admit(r *http.Request) *apiError {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	switch version := r.Header.Get("Notion-Version"); {
	case subtle.ConstantTimeCompare([]byte(token), []byte(s.opt.Token)) != 1:
		return &apiError{status: http.StatusUnauthorized, code: "unauthorized", message: "API token is invalid."}
	case version == "":
		return &apiError{
			status: http.StatusBadRequest, code: "missing_version", message: "Notion-Version header should be defined.",
		}
	case version != Version:
		return invalid("Notion-Version header is not one that is simulated.")
	case r.Header.Get("Content-Type") != "application/json" && r.ContentLength > 0:
		return invalid("Content-Type should be application/json.")
	}
	if s.opt.PerSecond > 0 {
		now := s.opt.Now()
		if now.Sub(s.window) >= time.Second {
			s.window, s.inWindow = now, 0
		}
		if s.inWindow++; s.inWindow > s.opt.PerSecond {
			return limited(1)
		}
	}
	return nil
}

func encode(v any) []byte {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if enc.Encode(v) != nil {
		return []byte("null")
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
}

// wait pauses until the time is over, the client has gone or the server is closed.
func (s *Server) wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	case <-s.done:
	}
}
