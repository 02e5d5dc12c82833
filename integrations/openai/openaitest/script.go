package openaitest

import "encoding/json"

// Script is the model: it gives the answer to a request of RouteChat. It may be called
// concurrently, and must not call the server.
type Script func(Request) Answer

// Answer is what a model answers.
type Answer struct {
	Text string
	// Null leaves the content out, as with a refusal.
	Null    bool
	Refusal string
	// Finish is "stop" by default, or "length" where Text is longer than the request allows
	// and is cut there.
	Finish string
	// Usage is estimated if it is nil; NoUsage leaves it out.
	Usage   *Usage
	NoUsage bool
	// Stream answers with events even if nobody asked for them; CutStream ends them before
	// the answer does.
	Stream    bool
	CutStream bool
	// Fault strikes instead, or what it leaves of the answer comes: late, or half of it.
	Fault *Fault
}

// Usage counts tokens. One with Total alone leaves the parts out.
type Usage struct {
	Prompt     int
	Completion int
	Total      int
}

// SetScript puts another script in place.
func (s *Server) SetScript(script Script) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.script = script
}

// Queue puts answers before the script, each for one request.
func (s *Server) Queue(answers ...Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue = append(s.queue, answers...)
}

func (s *Server) answer(request Request) Answer {
	s.mu.Lock()
	script := s.script
	if len(s.queue) > 0 {
		next := s.queue[0]
		s.queue = s.queue[1:]
		s.mu.Unlock()
		return next
	}
	s.mu.Unlock()
	return script(request)
}

// Advice is the JSON that the advisor asks for.
type Advice struct {
	Answerable bool    `json:"answerable"`
	Answer     string  `json:"answer"`
	Claims     []Claim `json:"claims"`
}

// Claim is a part of an answer with its evidence.
type Claim struct {
	Text  string `json:"text"`
	Chunk string `json:"chunk"`
	Quote string `json:"quote"`
}

// JSON is the text of an Answer with this advice.
func (a Advice) JSON() string {
	if a.Claims == nil {
		a.Claims = []Claim{}
	}
	return string(encode(a))
}

// Says is an answer with this advice.
func Says(advice Advice) Answer { return Answer{Text: advice.JSON()} }

// AdviceOf reads an advice, as a test wants to see it.
func AdviceOf(text string) (Advice, bool) {
	var a Advice
	return a, json.Unmarshal([]byte(text), &a) == nil
}
