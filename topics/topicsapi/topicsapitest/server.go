// Package topicsapitest is a fake of the mirror's Topics API for tests, the demo and
// load runs: method info_by_topic as the vendor's public page shows it, refusing what
// that page does not have, and with switches for what may go wrong.
//
// Assumed, as the vendor does not publish it, is how errors look: a wrong header token
// gives 401, a wrong instance or api_key 403, an unknown topic 404, each with a JSON
// object {"code", "message"} as the platform behind the API (n8n) makes them.
package topicsapitest

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"

	"topicpilot/topics"
)

// Path is where the API is served.
const Path = "/webhook/topic_action"

const (
	maxLog     = 1000
	maxBody    = 64 << 10
	readTime   = 30 * time.Second
	stopTime   = 2 * time.Second
	groupBase  = 1_000_000_000_000
	maxWorkers = 4096
)

// Connection is one connection of the mirror and the key that opens it.
type Connection struct {
	Instance string
	APIKey   string
}

// Info is what the fake tells about a topic. Empty texts are missing values.
type Info struct {
	// Chat makes the topic the mirror of a chat: no user stands behind it.
	Chat bool
	// UserID is the customer's Telegram id; 0 is a missing value.
	UserID    int64
	Name      string
	FirstName string
	LastName  string
	// Username is told as it is written here; the API gives it without "@".
	Username string
	Language string
	Phone    string
	// Status is user_answered, support_answered or closed.
	Status       string
	Title        string
	LastDate     string
	InstanceName string
}

// Request is one request as it was answered. It holds neither of the secrets.
type Request struct {
	At       time.Time
	Instance string
	GroupID  string
	TopicID  int64
	// Token tells whether the header was there.
	Token  bool
	Status int
}

// Server is the fake. All methods may be called concurrently, also while it serves.
type Server struct {
	http     *fasthttp.Server
	listener net.Listener
	stop     chan struct{}
	stopOnce sync.Once
	served   chan struct{}

	mu          sync.RWMutex
	token       string
	keys        map[string]string
	known       map[topicKey]Info
	faults      Faults
	topicFaults map[place]Faults

	count  atomic.Int64
	active atomic.Int64
	logMu  sync.Mutex
	log    []Request
	next   int
}

// place is a topic whatever the instance, topicKey a topic that an instance knows.
type place struct {
	group string
	topic int64
}

type topicKey struct {
	instance string
	place
}

// New makes a fake that knows no topic and takes any header token.
func New() *Server {
	s := &Server{
		stop:        make(chan struct{}),
		served:      make(chan struct{}),
		keys:        make(map[string]string),
		known:       make(map[topicKey]Info),
		topicFaults: make(map[place]Faults),
	}
	s.http = &fasthttp.Server{
		Handler:            s.Handler,
		Name:               "topicsapitest",
		MaxRequestBodySize: maxBody,
		Concurrency:        maxWorkers,
		ReadTimeout:        readTime,
		NoDefaultDate:      true,
		Logger:             silent{},
		CloseOnShutdown:    true,
	}
	return s
}

// Start serves on an address such as 127.0.0.1:0 until Close. It may be called once.
func (s *Server) Start(listen string) error {
	listener, err := net.Listen("tcp", listen) //nolint:noctx // lives until Close
	if err != nil {
		return fmt.Errorf("fake topics api: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener != nil {
		_ = listener.Close()
		return errors.New("fake topics api: already started")
	}
	s.listener = listener
	go func() {
		defer close(s.served)
		_ = s.http.Serve(listener)
	}()
	return nil
}

// URL is the API's address, "" before Start.
func (s *Server) URL() string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.listener == nil {
		return ""
	}
	return "http://" + s.listener.Addr().String() + Path
}

// Close stops serving and releases the requests that hang.
func (s *Server) Close() {
	s.stopOnce.Do(func() {
		close(s.stop)
		s.mu.RLock()
		started := s.listener != nil
		s.mu.RUnlock()
		if !started {
			return
		}
		stopped := make(chan struct{})
		go func() {
			defer close(stopped)
			_ = s.http.Shutdown()
		}()
		select {
		case <-stopped:
		case <-time.After(stopTime):
		}
		// Shutdown knows the listener only once Serve has run, which may not have been yet.
		_ = s.listener.Close()
		<-s.served
	})
}

// SetToken makes the fake ask for a header token; "" takes any.
func (s *Server) SetToken(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token = token
}

// SetConnection makes an instance known, or gives it another key.
func (s *Server) SetConnection(c Connection) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys[c.Instance] = c.APIKey
}

// SetTopic makes a topic known to a connection, and the connection with it. The
// conversation is named as topicpilot does (chat id -100…).
func (s *Server) SetTopic(c Connection, conv topics.Conversation, info Info) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys[c.Instance] = c.APIKey
	s.known[topicKey{c.Instance, placeOf(conv)}] = info
}

// RemoveTopic makes a topic unknown to an instance.
func (s *Server) RemoveTopic(instance string, conv topics.Conversation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.known, topicKey{instance, placeOf(conv)})
}

// SetFaults sets what goes wrong from now on; the zero value for nothing.
func (s *Server) SetFaults(f Faults) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = f
}

// SetTopicFaults sets what goes wrong with one topic, instead of what SetFaults says;
// the zero value for the same as everywhere.
func (s *Server) SetTopicFaults(conv topics.Conversation, f Faults) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f == (Faults{}) {
		delete(s.topicFaults, placeOf(conv))
		return
	}
	s.topicFaults[placeOf(conv)] = f
}

// Count is the number of requests since the start.
func (s *Server) Count() int { return int(s.count.Load()) }

// Active is the number of requests that wait for their answer.
func (s *Server) Active() int { return int(s.active.Load()) }

// Requests lists the last 1000 requests, oldest first.
func (s *Server) Requests() []Request {
	s.logMu.Lock()
	defer s.logMu.Unlock()
	if len(s.log) < maxLog {
		return append([]Request(nil), s.log...)
	}
	return append(append([]Request(nil), s.log[s.next:]...), s.log[:s.next]...)
}

func (s *Server) record(r Request) {
	s.logMu.Lock()
	defer s.logMu.Unlock()
	if len(s.log) < maxLog {
		s.log = append(s.log, r)
		return
	}
	s.log[s.next] = r
	s.next = (s.next + 1) % maxLog
}

func placeOf(conv topics.Conversation) place {
	return place{strconv.FormatInt(-conv.ChatID-groupBase, 10), conv.ThreadID}
}

type silent struct{}

func (silent) Printf(string, ...any) {}
