package notiontest

import (
	"net/http"
	"slices"
	"time"
)

// Fault is what goes wrong with a request. Of Close, Hang, Garbage and Status the first set
// one decides; with none set the request is only delayed.
type Fault struct {
	// Times is how often it strikes: 0 means once, negative until ClearFaults.
	Times int
	// After lets the request take effect first: the client merely does not learn of it.
	After bool

	Delay time.Duration // before anything else
	Close bool          // the connection is closed without an answer
	// Hang closes the connection without an answer after this time.
	Hang    time.Duration
	Garbage string // this body with status 200 (or Status) instead of an answer
	// Status is answered with Code, default that of Notion for the status.
	Status     int
	Code       string
	RetryAfter int // seconds, with 429 and 529
}

type activeFault struct {
	Fault
	route string
	left  int
}

// Fail makes requests of a route go wrong; "*" means every route. Faults strike in the order
// in which they were set, one per request.
func (s *Server) Fail(route string, f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	left := f.Times
	if left == 0 {
		left = 1
	}
	s.faults = append(s.faults, &activeFault{Fault: f, route: route, left: left})
}

// SetChaos asks the function before every request which fault strikes; nil ends it. The
// function must not call the server.
func (s *Server) SetChaos(chaos func(route string) (Fault, bool)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.chaos = chaos
}

// ClearFaults removes all faults.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults, s.chaos = nil, nil
}

func (s *Server) takeFault(route string) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.chaos != nil {
		if f, strikes := s.chaos(route); strikes {
			return &f
		}
	}
	for i, f := range s.faults {
		if f.route != "*" && f.route != route {
			continue
		}
		if f.left > 0 {
			if f.left--; f.left == 0 {
				s.faults = slices.Delete(s.faults, i, i+1)
			}
		}
		strike := f.Fault
		return &strike
	}
	return nil
}

// play carries out a fault; it reports whether the answer is thereby settled.
func (s *Server) play(w http.ResponseWriter, r *http.Request, f *Fault) bool {
	if f.Delay > 0 {
		s.wait(r.Context(), f.Delay)
	}
	switch {
	case f.Close, f.Hang > 0:
		if f.Hang > 0 {
			s.wait(r.Context(), f.Hang)
		}
		panic(http.ErrAbortHandler) // net/http's way to close a connection
	case f.Garbage != "":
		if f.Status != 0 {
			w.WriteHeader(f.Status)
		}
		_, _ = w.Write([]byte(f.Garbage))
	case f.Status != 0:
		reply(w, nil, f.refusal())
	default:
		return false
	}
	return true
}

func (f *Fault) refusal() *apiError {
	if f.Status == http.StatusTooManyRequests && f.Code == "" {
		return limited(f.RetryAfter)
	}
	code := map[int]string{
		http.StatusBadRequest: "validation_error", http.StatusUnauthorized: "unauthorized",
		http.StatusForbidden: "restricted_resource", http.StatusNotFound: "object_not_found",
		http.StatusConflict: "conflict_error", http.StatusTooManyRequests: "rate_limited",
		http.StatusInternalServerError: "internal_server_error", http.StatusBadGateway: "bad_gateway",
		http.StatusServiceUnavailable: "service_unavailable", http.StatusGatewayTimeout: "gateway_timeout",
		statusBusy: "service_overload",
	}[f.Status]
	if f.Code != "" {
		code = f.Code
	}
	return &apiError{status: f.Status, code: code, message: "A fault that was asked for.", after: f.RetryAfter}
}
