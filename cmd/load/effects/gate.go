package effects

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

const (
	// maxBody bounds a request that passes the gate.
	maxBody = 8 << 20
	// longestHang bounds a request that is not answered.
	longestHang = 2 * time.Minute
)

// How says how a request is answered on which a Strike falls.
type How int

// The ways.
const (
	// Hang never answers.
	Hang How = iota
	// Break resets the connection.
	Break
	// Refuse answers with Status, or with what nobody can read.
	Refuse
	// Deliver gives the true answer.
	Deliver
)

// Strike is what goes wrong with one request, once.
type Strike struct {
	// Fits tells the requests on which it may fall.
	Fits func(r *http.Request, body []byte) bool
	// Pass is how many of those pass before it falls.
	Pass int
	// Effect lets the request take effect first: whoever asked merely does not learn of it.
	Effect     bool
	How        How
	Status     int
	RetryAfter string
	Garbage    bool
	// Taken, if not nil, is called once the request is there as a whole, and has taken effect
	// if it does. process is the one that has sent it.
	Taken func(process int)
	// Answered, if not nil, is called after the answer was handed to the system.
	Answered func(process int)
}

// Gate stands between the processes and all far sides, as one address for each process. It
// may be used concurrently.
type Gate struct {
	far  http.Handler
	done chan struct{}

	mu     sync.Mutex
	strike *Strike
	fallen bool
}

// NewGate makes a gate before the far sides.
func NewGate(far http.Handler) *Gate { return &Gate{far: far, done: make(chan struct{})} }

// Close lets go of the requests that hang. It is called once.
func (g *Gate) Close() { close(g.done) }

// Arm sets what goes wrong next, nil for nothing, in the place of what was set before.
func (g *Gate) Arm(s *Strike) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.strike, g.fallen = s, false
}

// Fallen reports whether the strike has fallen that was set last.
func (g *Gate) Fallen() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.fallen
}

func (g *Gate) take(r *http.Request, body []byte) *Strike {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.strike
	if s == nil || g.fallen || !s.Fits(r, body) {
		return nil
	}
	if s.Pass > 0 {
		s.Pass--
		return nil
	}
	g.fallen = true
	return s
}

// Handler is the gate as one process sees it.
func (g *Gate) Handler(process int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			return // it did not come as a whole: no effect
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		s := g.take(r, body)
		if s == nil {
			g.far.ServeHTTP(w, r)
			return
		}
		g.fall(w, r, s, process)
	})
}

func (g *Gate) fall(w http.ResponseWriter, r *http.Request, s *Strike, process int) {
	answer := &recorder{header: http.Header{}, status: http.StatusOK}
	if s.Effect {
		g.far.ServeHTTP(answer, r)
	}
	if s.Taken != nil {
		s.Taken(process)
	}
	switch s.How {
	case Hang:
		timer := time.NewTimer(longestHang)
		defer timer.Stop()
		select {
		case <-r.Context().Done():
		case <-timer.C:
		case <-g.done:
		}
		panic(http.ErrAbortHandler) // net/http's way to close a connection
	case Break:
		reset(w)
	case Refuse:
		s.refuse(w, r)
	case Deliver:
		answer.to(w)
	}
	if s.Answered != nil {
		_ = http.NewResponseController(w).Flush()
		s.Answered(process)
	}
}

// reset ends the connection with RST rather than FIN.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// refuse answers in the words of all far sides at once: each reads what it knows.
func (s *Strike) refuse(w http.ResponseWriter, r *http.Request) {
	if s.Garbage {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(s.Status)
		_, _ = io.WriteString(w, "<html>upstream")
		return
	}
	codes := map[int]string{
		http.StatusTooManyRequests: "rate_limited", http.StatusServiceUnavailable: "service_unavailable",
	}
	code := codes[s.Status]
	if code == "" {
		code = "internal_server_error"
	}
	body := map[string]any{
		"object": "error", "status": s.Status, "code": code, "message": "a fault that was asked for",
		"ok": false, "error_code": s.Status, "description": http.StatusText(s.Status),
	}
	if pause, err := strconv.Atoi(s.RetryAfter); err == nil {
		w.Header().Set("Retry-After", s.RetryAfter)
		body["description"] = fmt.Sprintf("%s: retry after %d", http.StatusText(s.Status), pause)
		body["parameters"] = map[string]any{"retry_after": pause}
	}
	if s.Status >= 300 && s.Status < 400 {
		w.Header().Set("Location", r.URL.RequestURI())
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(s.Status)
	_ = json.NewEncoder(w).Encode(body)
}

// recorder keeps an answer.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *recorder) Header() http.Header         { return a.header }
func (a *recorder) WriteHeader(status int)      { a.status = status }
func (a *recorder) Write(p []byte) (int, error) { return a.body.Write(p) }

func (a *recorder) to(w http.ResponseWriter) {
	maps.Copy(w.Header(), a.header)
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body.Bytes())
}
