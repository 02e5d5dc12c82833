package openaitest

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
)

// Auth tells how a request was authorised. The key itself is not kept.
type Auth string

// The kinds of authorisation.
const (
	AuthRight   Auth = "right"
	AuthWrong   Auth = "wrong"
	AuthMissing Auth = "missing"
)

// Request is one request, decoded.
type Request struct {
	Route string
	Auth  Auth
	// Header is without Authorization.
	Header http.Header
	Model  string

	// Messages are all of a prompt; System joins its instructions, User is the last message
	// of the user.
	Messages []Message
	System   string
	User     string
	// Data is what User holds as JSON; HasData tells that it is JSON at all.
	Data    Data
	HasData bool

	// TokenField is "max_tokens" or "max_completion_tokens", "" for neither.
	TokenField  string
	MaxTokens   int
	Temperature *float64
	// Format is the type of response_format, "" for none; the rest is of json_schema.
	Format     string
	SchemaName string
	Schema     json.RawMessage
	Strict     bool
	// Stream and IncludeUsage tell how the answer is wanted.
	Stream       bool
	IncludeUsage bool

	// Input are the texts to embed.
	Input []string

	wrongKey string
}

// Message is one of a prompt.
type Message struct {
	Role    string
	Content string
}

// Data is the JSON object that the advisor sends as the user's message.
type Data struct {
	Question     string   `json:"question"`
	Language     string   `json:"language"`
	Chunks       []Chunk  `json:"chunks"`
	Conversation []Turn   `json:"conversation"`
	Summary      string   `json:"summary"`
	Customer     Customer `json:"customer"`
}

// Chunk is a part of the knowledge.
type Chunk struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	Text  string `json:"text"`
}

// Turn is one message of the talk.
type Turn struct {
	From string `json:"from"`
	Text string `json:"text"`
}

// Customer is the customer's card.
type Customer struct {
	Name     string   `json:"name"`
	Username string   `json:"username"`
	Language string   `json:"language"`
	Phone    string   `json:"phone"`
	Accounts []string `json:"accounts"`
}

// Exchange is one request and its answer as they went over the wire. Response is a list of
// events where Streamed is set.
type Exchange struct {
	Route    string          `json:"route"`
	Request  json.RawMessage `json:"request,omitempty"`
	Status   int             `json:"status"`
	Streamed bool            `json:"streamed,omitempty"`
	Response json.RawMessage `json:"response"`
}

// Requests returns what was asked, oldest first.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// Exchanges returns the last requests with their answers, oldest first; those that a fault
// kept from an answer are left out.
func (s *Server) Exchanges() []Exchange {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.exchanges)
}

// Count tells how often each route was asked since the start.
func (s *Server) Count() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.count)
}

// Wait returns once n requests have arrived in all, answered or not, or with ctx's error.
func (s *Server) Wait(ctx context.Context, n int) error {
	for {
		s.mu.Lock()
		total, arrived := s.total, s.arrived
		s.mu.Unlock()
		if total >= n {
			return nil
		}
		select {
		case <-arrived:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// keep notes a request and gives the channel that ends its hanging.
func (s *Server) keep(r Request) (released <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count[r.Route]++
	s.total++
	close(s.arrived)
	s.arrived = make(chan struct{})
	r.wrongKey = ""
	s.requests = appendBounded(s.requests, r, s.opt.Keep)
	return s.released
}

func (s *Server) record(route string, body []byte, r *reply) {
	e := Exchange{Route: route, Status: r.status, Response: r.body}
	if json.Valid(body) {
		e.Request = body
	}
	if r.header.Get("Content-Type") == eventStream {
		e.Streamed, e.Response = true, encode(events(r.body))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.exchanges = appendBounded(s.exchanges, e, s.opt.Keep)
}

// appendBounded keeps the last n; none of a negative n.
func appendBounded[T any](list []T, item T, n int) []T {
	if n < 0 {
		return nil
	}
	if len(list) >= n {
		list = list[1:]
	}
	return append(list, item)
}

// decode reads what can be read of a request; what is wrong with it is found later.
func (s *Server) decode(route string, r *http.Request, body []byte) Request {
	request := Request{Route: route, Header: r.Header.Clone()}
	request.Auth, request.wrongKey = s.auth(r)
	request.Header.Del("Authorization")
	switch route {
	case RouteChat:
		var chat chatBody
		_ = json.Unmarshal(body, &chat)
		chat.describe(&request)
	case RouteEmbeddings:
		var embedding embeddingBody
		_ = json.Unmarshal(body, &embedding)
		request.Model = embedding.Model
		request.Input, _ = embedding.texts()
	}
	return request
}
