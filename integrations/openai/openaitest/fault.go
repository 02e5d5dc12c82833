package openaitest

import (
	"maps"
	"net/http"
	"slices"
	"time"
)

// Fault is what goes wrong with a request. Of Close, Body and Status the first set one
// decides; with none set the request is only delayed, held or its answer cut.
type Fault struct {
	// Times is how often it strikes: 0 means once, negative until ClearFaults.
	Times int
	// After lets the model work first: the client merely does not learn of it.
	After bool

	Delay time.Duration // before anything else
	// Hang holds the request until Release; it is dropped if the client goes first.
	Hang bool
	// Close closes the connection without an answer.
	Close bool
	// Truncate sends half of the answer and closes the connection.
	Truncate bool
	// Body is sent as it is, with Status (or 200) and ContentType (or text/html).
	Body        string
	ContentType string
	// Status is answered in the flavour's shape, with the rest where it is set.
	Status  int
	Message string
	Type    string
	Code    string
	Param   string
	// Header is added, as for Retry-After.
	Header http.Header
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

// ClearFaults removes all faults and releases what hangs.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	s.faults = nil
	s.mu.Unlock()
	s.Release()
}

// Release lets the requests go on that hang, or have arrived and will.
func (s *Server) Release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.released)
	s.released = make(chan struct{})
}

func (s *Server) takeFault(route string) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.faults {
		if f.route != "*" && f.route != route {
			continue
		}
		strike := f.Fault
		if f.left > 0 {
			if f.left--; f.left == 0 {
				s.faults = slices.Delete(s.faults, i, i+1)
			}
		}
		return &strike
	}
	return nil
}

// play carries out a fault; it reports whether the answer is thereby settled.
func (s *Server) play(w http.ResponseWriter, r *http.Request, f *Fault, released <-chan struct{}) bool {
	if f.Delay > 0 {
		timer := time.NewTimer(f.Delay)
		defer timer.Stop()
		s.wait(r.Context(), timer.C, nil)
	}
	if f.Hang && !s.wait(r.Context(), nil, released) {
		panic(http.ErrAbortHandler) // net/http's way to close a connection
	}
	status := f.Status
	switch {
	case f.Close:
		panic(http.ErrAbortHandler)
	case f.Body != "" || f.ContentType != "":
		if status == 0 {
			status = http.StatusOK
		}
		kind := f.ContentType
		if kind == "" {
			kind = "text/html"
		}
		page := &reply{status: status, header: http.Header{"Content-Type": {kind}}, body: []byte(f.Body)}
		maps.Copy(page.header, f.Header)
		page.send(w)
	case status != 0:
		message := f.Message
		if message == "" {
			message = "A fault that was asked for."
		}
		s.refusal(&apiError{
			status: status, message: message, kind: f.Type, code: f.Code, param: f.Param, header: f.Header,
		}).send(w)
	default:
		return false
	}
	return true
}
