package stage

import (
	"context"
	"fmt"
	"maps"
	"time"

	"topicpilot/cmd/load/stats"
)

// Plan is one measurement. Either Outstanding is set (closed loop: so many commands wait for their
// answers, each answer calls forth the next command, in the topic that has waited longest) or Rate
// (open loop: so many commands a second, whatever the answers do).
type Plan struct {
	Outstanding int           `json:"outstanding,omitempty"`
	Rate        float64       `json:"rate,omitempty"`
	Duration    time.Duration `json:"duration,omitempty"`
	// Count ends a closed loop after so many commands, Duration being its limit.
	Count int `json:"count,omitempty"`
	// Busy topics, the first ones, are each asked again as soon as they have answered, and are
	// measured apart.
	Busy int `json:"busy,omitempty"`
	// Topics limits the commands to the first so many topics, 0 for all.
	Topics int `json:"topics,omitempty"`
	// Grace is how long late answers are waited for, default 10 s.
	Grace time.Duration `json:"grace,omitempty"`
}

func (p *Plan) check(topics int) error {
	if p.Topics > topics || p.Topics < 0 {
		return fmt.Errorf("%d topics of %d", p.Topics, topics)
	}
	if p.Topics > 0 {
		topics = p.Topics
	}
	free := topics - p.Busy
	switch {
	case p.Duration <= 0 || p.Duration > 10*time.Minute:
		return fmt.Errorf("duration %v: want up to 10m", p.Duration)
	case p.Busy < 0 || free < 1:
		return fmt.Errorf("%d busy topics of %d: one must be left", p.Busy, topics)
	case (p.Outstanding > 0) == (p.Rate > 0):
		return fmt.Errorf("set either the commands outstanding or the rate")
	case p.Outstanding < 0 || p.Outstanding > free:
		return fmt.Errorf("%d commands outstanding in %d topics: one for each topic at most", p.Outstanding, free)
	case p.Rate < 0 || p.Rate > 100_000:
		return fmt.Errorf("rate %v: want up to 100000 a second", p.Rate)
	}
	return nil
}

// Result is what a measurement found.
type Result struct {
	Asked    int64 `json:"asked"`
	Answered int64 `json:"answered"`
	// InTime counts the answers before the end of Duration; Seconds is how long that was.
	InTime  int64   `json:"in_time"`
	Seconds float64 `json:"seconds"`
	// The rest should be zero.
	Lost       int64 `json:"lost"`        // commands never answered
	Extra      int64 `json:"extra"`       // answers nobody asked for
	Unmarked   int64 `json:"unmarked"`    // answers without the comment mark
	WrongTopic int64 `json:"wrong_topic"` // answers into a topic that does not exist
	// Latency is that of all commands, Busy that of the busy topics, which Latency leaves out.
	Latency *stats.Histogram `json:"latency"`
	Busy    *stats.Histogram `json:"busy,omitempty"`
	// Calls counts what the bot called meanwhile, by method.
	Calls map[string]int64 `json:"calls"`
}

// Rate is the answers in time for each second.
func (r *Result) Rate() float64 { return stats.Ratio(float64(r.InTime), r.Seconds) }

// Check names what was wrong, nil if every command was answered once, in its topic, as a comment.
func (r *Result) Check() error {
	if r.Lost+r.Extra+r.Unmarked+r.WrongTopic == 0 {
		return nil
	}
	return fmt.Errorf("of %d commands %d were never answered; %d answers nobody asked for, %d without"+
		" the comment mark, %d in no known topic", r.Asked, r.Lost, r.Extra, r.Unmarked, r.WrongTopic)
}

// run is the measurement under way.
type run struct {
	plan     Plan
	result   Result
	idle     []*topic // waiting for their turn, longest first
	open     int      // commands without answer
	deadline time.Time
	stopped  bool // no new commands
	finished chan struct{}
}

// Run measures; one measurement at a time. It returns the result also with the error that says what
// was wrong with the answers, and an error alone when it could not measure.
func (s *Stage) Run(ctx context.Context, plan Plan) (*Result, error) {
	if plan.Grace <= 0 {
		plan.Grace = 10 * time.Second
	}
	if err := plan.check(len(s.topics)); err != nil {
		return nil, err
	}
	r := &run{plan: plan, finished: make(chan struct{})}
	r.result.Latency, r.result.Busy = &stats.Histogram{}, &stats.Histogram{}
	if plan.Topics == 0 {
		plan.Topics = len(s.topics)
	}
	r.idle = append(r.idle, s.topics[plan.Busy:plan.Topics]...)
	start, err := s.begin(r)
	if err != nil {
		return nil, err
	}
	s.feed(ctx, r, start)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.run = nil
	r.result.Lost = int64(r.open)
	r.result.Seconds = min(time.Since(start), plan.Duration).Seconds()
	r.result.Calls = maps.Clone(s.calls)
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("measurement broken off: %w", err)
	}
	return &r.result, r.result.Check()
}

// begin asks the first questions.
func (s *Stage) begin(r *run) (time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.run != nil {
		return time.Time{}, fmt.Errorf("a measurement is under way")
	}
	clear(s.calls)
	for _, t := range s.topics {
		t.asked = nil
	}
	now := time.Now()
	r.deadline = now.Add(r.plan.Duration)
	s.run = r
	for _, t := range s.topics[:r.plan.Busy] {
		s.ask(t, now)
	}
	for range r.plan.Outstanding {
		s.next(now)
	}
	return now, nil
}

// feed keeps an open loop going and waits for the end.
func (s *Stage) feed(ctx context.Context, r *run, start time.Time) {
	end := time.NewTimer(r.plan.Duration)
	defer end.Stop()
	ticks, stop := schedule(r.plan.Rate)
	defer stop()
	for running := true; running; {
		select {
		case <-ticks:
			s.tick(r, start)
		case <-r.finished:
			return
		case <-end.C:
			running = false
		case <-ctx.Done():
			return
		case <-s.done:
			return
		}
	}
	s.mu.Lock()
	r.stopped = true
	s.settle(r)
	s.mu.Unlock()
	grace := time.NewTimer(r.plan.Grace)
	defer grace.Stop()
	select {
	case <-r.finished:
	case <-grace.C:
	case <-ctx.Done():
	case <-s.done:
	}
}

// schedule ticks at least as often as commands are due; none for a closed loop.
func schedule(rate float64) (<-chan time.Time, func()) {
	if rate <= 0 {
		return nil, func() {}
	}
	ticker := time.NewTicker(min(max(time.Duration(float64(time.Second)/rate), time.Millisecond), time.Second))
	return ticker.C, ticker.Stop
}

// tick asks what is due by now: after a late tick several at once.
func (s *Stage) tick(r *run, start time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	due := int64(now.Sub(start).Seconds() * r.plan.Rate)
	for r.result.Asked-r.busyAsked() < due {
		s.next(now)
	}
}

// busyAsked is how many commands went to busy topics.
func (r *run) busyAsked() int64 {
	if r.plan.Busy == 0 {
		return 0
	}
	return int64(r.result.Busy.Count()) + int64(r.plan.Busy) //nolint:gosec // small
}

// next asks in the topic that has waited longest; in an open loop that may be one that has not
// answered yet. Locked.
func (s *Stage) next(now time.Time) {
	r := s.run
	t := r.idle[0]
	r.idle = r.idle[1:]
	if r.plan.Rate > 0 {
		r.idle = append(r.idle, t)
	}
	s.ask(t, now)
}

func (s *Stage) ask(t *topic, now time.Time) {
	s.run.result.Asked++
	s.run.open++
	s.inject(t, now)
}

// answered takes an answer into account and asks the next question. Locked.
func (s *Stage) answered(t *topic, marked bool, now time.Time) {
	r := s.run
	if r == nil {
		return
	}
	if !marked {
		r.result.Unmarked++
	}
	if len(t.asked) == 0 {
		r.result.Extra++
		return
	}
	busy := t.index < r.plan.Busy
	latency := r.result.Latency
	if busy {
		latency = r.result.Busy
	}
	latency.Add(now.Sub(t.asked[0]))
	t.asked = t.asked[1:]
	r.open--
	r.result.Answered++
	if now.Before(r.deadline) {
		r.result.InTime++
	}
	if r.plan.Count > 0 && r.result.Asked >= int64(r.plan.Count) {
		r.stopped = true
	}
	switch {
	case r.stopped:
	case busy:
		s.ask(t, now)
	case r.plan.Outstanding > 0:
		r.idle = append(r.idle, t)
		s.next(now)
	}
	s.settle(r)
}

// settle ends the measurement when the last answer is there. Locked.
func (s *Stage) settle(r *run) {
	if !r.stopped || r.open > 0 {
		return
	}
	select {
	case <-r.finished:
	default:
		close(r.finished)
	}
}
