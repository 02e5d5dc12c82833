package openaitest

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

const maxBody = 8 << 20

// The routes, as Fail, Count and Request name them.
const (
	RouteChat       = "chat.completions"
	RouteEmbeddings = "embeddings"
	RouteModels     = "models"
)

// Server is one fake server.
type Server struct {
	opt  Options
	http *http.Server
	done chan struct{}

	mu        sync.Mutex
	base      string
	listener  net.Listener
	script    Script
	queue     []Answer
	faults    []*activeFault
	released  chan struct{}
	arrived   chan struct{}
	count     map[string]int
	total     int
	requests  []Request
	exchanges []Exchange
	closed    bool
}

// New makes a server; it serves nothing until Start, or Handler is mounted somewhere.
func New(opt Options) *Server {
	opt = opt.withDefaults()
	s := &Server{
		opt: opt, done: make(chan struct{}), script: opt.Script, count: map[string]int{},
		released: make(chan struct{}), arrived: make(chan struct{}),
	}
	s.http = &http.Server{Handler: s.Handler(), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute}
	return s
}

// TB is what ForTest needs of *testing.T.
type TB interface {
	Helper()
	Cleanup(func())
	Fatalf(format string, args ...any)
}

// ForTest makes a server that runs until the test ends.
func ForTest(t TB, opt Options) *Server {
	t.Helper()
	s := New(opt)
	if err := s.Start("127.0.0.1:0"); err != nil {
		t.Fatalf("%v", err)
	}
	t.Cleanup(s.Close)
	return s
}

// Start listens on an address such as "127.0.0.1:0". It may be called once.
func (s *Server) Start(listen string) error {
	ln, err := net.Listen("tcp", listen) //nolint:noctx // lives until Close
	if err != nil {
		return fmt.Errorf("listen for the fake model: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.base != "" || s.closed {
		return errors.Join(errors.New("the fake model is started or closed already"), ln.Close())
	}
	s.base, s.listener = "http://"+ln.Addr().String(), ln
	go func() { _ = s.http.Serve(ln) }()
	return nil
}

// URL is the address for a client's base_url, ending in /v1; "" before Start.
func (s *Server) URL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.base == "" {
		return ""
	}
	return s.base + "/v1"
}

// Key is what requests must carry, "" for none.
func (s *Server) Key() string { return s.opt.Key }

// Close ends hanging requests and stops listening. It may be called more than once.
func (s *Server) Close() {
	s.mu.Lock()
	closed := s.closed
	listener := s.listener
	s.closed = true
	s.mu.Unlock()
	if closed {
		return
	}
	close(s.done)
	if listener != nil {
		_ = listener.Close() // it may not be served yet
	}
	_ = s.http.Close()
}

// Handler serves the API on somebody else's server; paths begin with /v1/.
func (s *Server) Handler() http.Handler { return http.HandlerFunc(s.serve) }

// routeOf finds the route of a path; rest is a model's name below /v1/models/.
func routeOf(r *http.Request) (route, rest string, ok bool) {
	path, ok := strings.CutPrefix(r.URL.Path, "/v1/")
	switch {
	case !ok:
		return "", "", false
	case r.Method == http.MethodPost && path == "chat/completions":
		return RouteChat, "", true
	case r.Method == http.MethodPost && path == "embeddings":
		return RouteEmbeddings, "", true
	case r.Method == http.MethodGet && (path == "models" || strings.HasPrefix(path, "models/")):
		return RouteModels, strings.TrimPrefix(strings.TrimPrefix(path, "models"), "/"), true
	}
	return "", "", false
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	route, rest, ok := routeOf(r)
	if !ok {
		s.refusal(&apiError{
			status: http.StatusNotFound, message: fmt.Sprintf("Invalid URL (%s %s)", r.Method, r.URL.Path),
		}).send(w)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		s.refusal(&apiError{status: http.StatusRequestEntityTooLarge, message: "The request is too large."}).send(w)
		return
	}
	if err != nil {
		panic(http.ErrAbortHandler) // net/http's way to close a connection
	}
	request := s.decode(route, r, body)
	released := s.keep(request)
	fault := s.takeFault(route)
	if fault != nil && !fault.After && s.play(w, r, fault, released) {
		return
	}
	reply, struck := s.handle(request, rest, body)
	if struck != nil && s.play(w, r, struck, released) || fault != nil && fault.After && s.play(w, r, fault, released) {
		return
	}
	s.record(route, body, reply)
	if fault != nil && fault.Truncate || struck != nil && struck.Truncate {
		reply.cut(w)
	}
	reply.send(w)
}

// handle works on a request; a script may make it go wrong.
func (s *Server) handle(request Request, rest string, body []byte) (*reply, *Fault) {
	if refused := s.admit(request); refused != nil {
		return s.refusal(refused), nil
	}
	switch request.Route {
	case RouteChat:
		return s.chat(request, body)
	case RouteEmbeddings:
		return s.embeddings(request, body), nil
	}
	return s.models(rest), nil
}

// admit checks the key as the flavour does.
func (s *Server) admit(request Request) *apiError {
	if s.opt.Flavour == Ollama || s.opt.Key == "" || request.Auth == AuthRight {
		return nil
	}
	e := &apiError{status: http.StatusUnauthorized, message: "Invalid API Key"}
	if s.opt.Flavour == OpenAI {
		e.message = "You didn't provide an API key."
		if request.Auth == AuthWrong {
			// The real one shows a part of the key.
			e.message, e.code = "Incorrect API key provided: "+request.wrongKey+".", "invalid_api_key"
		}
	}
	return e
}

func (s *Server) auth(r *http.Request) (auth Auth, wrongKey string) {
	value := r.Header.Get("Authorization")
	if value == "" {
		return AuthMissing, ""
	}
	key, _ := strings.CutPrefix(value, "Bearer ")
	if subtle.ConstantTimeCompare([]byte(key), []byte(s.opt.Key)) == 1 {
		return AuthRight, ""
	}
	return AuthWrong, key
}

// models lists the models, or shows one.
func (s *Server) models(name string) *reply {
	owner := map[Flavour]string{OpenAI: "system", Ollama: "library", VLLM: "vllm", LlamaCPP: "llamacpp"}[s.opt.Flavour]
	list := []any{}
	for _, names := range [][]string{s.opt.Models, s.opt.ReasoningModels, s.opt.EmbeddingModels} {
		for _, id := range names {
			model := map[string]any{"id": id, "object": "model", "created": s.opt.Now().Unix(), "owned_by": owner}
			if id == name {
				return jsonReply(http.StatusOK, model)
			}
			list = append(list, model)
		}
	}
	if name != "" {
		return s.refusal(s.noModel(name))
	}
	return jsonReply(http.StatusOK, map[string]any{"object": "list", "data": list})
}

// wait pauses until the time is over, the client has gone or the server is closed; it reports
// whether the time is over.
func (s *Server) wait(ctx context.Context, over <-chan time.Time, released <-chan struct{}) bool {
	select {
	case <-over:
	case <-released:
	case <-ctx.Done():
		return false
	case <-s.done:
		return false
	}
	return true
}

func encode(v any) []byte {
	var text strings.Builder
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	if enc.Encode(v) != nil {
		return []byte("null")
	}
	return []byte(strings.TrimSuffix(text.String(), "\n"))
}
