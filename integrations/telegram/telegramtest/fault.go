package telegramtest

import (
	"net"
	"slices"
	"time"

	"github.com/valyala/fasthttp"
)

// Fault is what goes wrong with a call. Of Close, Hang, Garbage and Code the first set one decides;
// with none set the call is only delayed.
type Fault struct {
	// Times is how often it strikes: 0 means once, negative until ClearFaults.
	Times int
	// After lets the call take effect first: the client merely does not learn that it did.
	After bool
	// Match limits it to some calls; nil: every call of the method. It must not call the server.
	Match func(params map[string]any) bool

	Delay           time.Duration // before anything else
	Close           bool          // the connection is closed without an answer
	Hang            time.Duration // the connection is closed without an answer after this time
	Garbage         string        // this body with status 200 (or Code) instead of an answer
	Code            int           // HTTP status and error_code, with the fields below
	Description     string        // default: the text of the status
	RetryAfter      int           // parameters.retry_after, seconds
	MigrateToChatID int64         // parameters.migrate_to_chat_id
}

type activeFault struct {
	Fault
	method string
	left   int
}

// Fail makes calls of a method go wrong; "*" means every method. Faults strike in the order they
// were set, one per call.
func (s *Server) Fail(method string, f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	left := f.Times
	if left == 0 {
		left = 1
	}
	s.faults = append(s.faults, &activeFault{Fault: f, method: method, left: left})
}

// ClearFaults removes all faults set by Fail.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// StealPolling plays another program that polls with the same token: the waiting getUpdates call
// and the given number of next ones get 409. Negative: until StealPolling(0).
func (s *Server) StealPolling(times int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.poll.steal = times; times != 0 {
		s.poll.terminate(errOtherPoller)
	}
}

func (s *Server) takeFault(method string, p *params) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.faults {
		if f.method != "*" && f.method != method || f.Match != nil && !f.Match(p.values) {
			continue
		}
		if f.left > 0 {
			if f.left--; f.left == 0 {
				s.faults = slices.Delete(s.faults, i, i+1)
			}
		}
		cp := f.Fault
		return &cp
	}
	return nil
}

func (f *Fault) apiError() *APIError {
	switch {
	case f.Close, f.Hang > 0:
		return &APIError{Description: "no answer"}
	case f.Garbage != "":
		return &APIError{Code: f.Code, Description: "garbage"}
	}
	e := &APIError{
		Code: f.Code, Description: f.Description, RetryAfter: f.RetryAfter, MigrateToChatID: f.MigrateToChatID,
	}
	if e.Description == "" {
		e.Description = fasthttp.StatusMessage(f.Code)
	}
	return e
}

// play carries out a fault; it reports whether the answer is thereby settled.
func (s *Server) play(ctx *fasthttp.RequestCtx, f *Fault) bool {
	s.sleep(f.Delay)
	switch {
	case f.Close, f.Hang > 0:
		s.sleep(f.Hang)
		ctx.HijackSetNoResponse(true)
		ctx.Hijack(func(net.Conn) {}) // fasthttp closes the connection afterwards
	case f.Garbage != "":
		if f.Code != 0 {
			ctx.SetStatusCode(f.Code)
		}
		ctx.SetBodyString(f.Garbage)
	case f.Code != 0:
		reply(ctx, nil, f.apiError())
	default:
		return false
	}
	return true
}

func (s *Server) sleep(d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.done:
	}
}
