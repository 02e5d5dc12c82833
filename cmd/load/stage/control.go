package stage

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/valyala/fasthttp"
)

// maxLine bounds a line of the control connection; a result is some 40 kB.
const maxLine = 4 << 20

// Hello is the first line a served stage writes: what a bot's settings need.
type Hello struct {
	Telegram  string  `json:"telegram_url"`
	Token     string  `json:"token"`
	TopicsAPI string  `json:"topics_api_url"`
	Groups    []int64 `json:"groups"`
}

// request is one line to the stage, reply its answer. Do is run, reset, wait or slow.
type request struct {
	Do    string        `json:"do"`
	Plan  *Plan         `json:"plan,omitempty"`
	For   time.Duration `json:"for,omitempty"`
	Topic int           `json:"topic,omitempty"`
}

type reply struct {
	Result *Result `json:"result,omitempty"`
	Error  string  `json:"error,omitempty"`
}

// Hello describes a started stage.
func (s *Stage) Hello() Hello {
	return Hello{Telegram: s.url, Token: Token, TopicsAPI: s.TopicsAPI(), Groups: s.GroupIDs()}
}

// Serve obeys the lines that come in until they end: so a stage in a process of its own never
// outlives the program that holds the other end.
func Serve(ctx context.Context, s *Stage, in io.Reader, out io.Writer) error {
	enc := json.NewEncoder(out)
	if err := enc.Encode(s.Hello()); err != nil {
		return fmt.Errorf("write to the control connection: %w", err)
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		var req request
		var rep reply
		if err := json.Unmarshal(lines.Bytes(), &req); err != nil {
			rep.Error = "want a JSON object: " + err.Error()
		} else if rep.Result, err = s.obey(ctx, req); err != nil {
			rep.Error = err.Error()
		}
		if err := enc.Encode(rep); err != nil {
			return fmt.Errorf("write to the control connection: %w", err)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read the control connection: %w", err)
	}
	return nil
}

func (s *Stage) obey(ctx context.Context, req request) (*Result, error) {
	switch req.Do {
	case "run":
		if req.Plan == nil {
			return nil, errors.New("run: no plan")
		}
		return s.Run(ctx, *req.Plan)
	case "reset":
		s.Reset()
		return nil, nil
	case "wait":
		return nil, s.WaitBot(ctx, req.For)
	case "slow":
		return nil, s.Slow(req.Topic, req.For)
	}
	return nil, fmt.Errorf("%q: want run, reset, wait or slow", req.Do)
}

// Reset forgets the bot: its webhook, what waits for it, and that it was there.
func (s *Stage) Reset() {
	var ctx fasthttp.RequestCtx
	var req fasthttp.Request
	req.SetRequestURI("/bot" + Token + "/deleteWebhook")
	ctx.Init(&req, nil, nil)
	s.fallTo(&ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hook, s.polled = hook{}, false
	s.poll.pending = nil
	for _, g := range s.groups {
		g.queue = nil
	}
	for _, t := range s.topics {
		t.asked = nil
	}
}

// WaitBot waits until the bot takes updates: it has polled, or has set a webhook.
func (s *Stage) WaitBot(ctx context.Context, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, min(max(limit, time.Second), time.Minute))
	defer cancel()
	ticker := time.NewTicker(2 * time.Millisecond)
	defer ticker.Stop()
	for {
		s.mu.Lock()
		there := s.polled || s.hook.url != ""
		s.mu.Unlock()
		if there {
			return nil
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return errors.New("the bot neither polls nor has it set a webhook")
		}
	}
}

// Remote is a stage in another process, reached through its standard input and output. One call at
// a time; further callers wait.
type Remote struct {
	Hello
	mu    sync.Mutex
	in    *json.Encoder
	lines *bufio.Scanner
}

// Connect reads the stage's first line.
func Connect(to io.Writer, from io.Reader) (*Remote, error) {
	r := &Remote{in: json.NewEncoder(to), lines: bufio.NewScanner(from)}
	r.lines.Buffer(nil, maxLine)
	if err := r.read(&r.Hello); err != nil {
		return nil, err
	}
	return r, nil
}

func (r *Remote) read(v any) error {
	if !r.lines.Scan() {
		return fmt.Errorf("read from the stage: %w", errors.Join(io.ErrUnexpectedEOF, r.lines.Err()))
	}
	if err := json.Unmarshal(r.lines.Bytes(), v); err != nil {
		return fmt.Errorf("read from the stage: %w", err)
	}
	return nil
}

func (r *Remote) call(req request) (*Result, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.in.Encode(req); err != nil {
		return nil, fmt.Errorf("write to the stage: %w", err)
	}
	var rep reply
	if err := r.read(&rep); err != nil {
		return nil, err
	}
	if rep.Error != "" {
		return rep.Result, errors.New(rep.Error)
	}
	return rep.Result, nil
}

// Run is Stage.Run.
func (r *Remote) Run(plan Plan) (*Result, error) {
	return r.call(request{Do: "run", Plan: &plan})
}

// Reset is Stage.Reset.
func (r *Remote) Reset() error {
	_, err := r.call(request{Do: "reset"})
	return err
}

// WaitBot is Stage.WaitBot.
func (r *Remote) WaitBot(limit time.Duration) error {
	_, err := r.call(request{Do: "wait", For: limit})
	return err
}

// Slow makes the Topics API take so long about one topic, counted from 0; 0 ends it.
func (r *Remote) Slow(topic int, delay time.Duration) error {
	_, err := r.call(request{Do: "slow", Topic: topic, For: delay})
	return err
}
