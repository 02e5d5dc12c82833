package evaluation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"topicpilot/topics"
	"topicpilot/topics/advice"
)

const (
	// recallDepth is how many parts of the knowledge are looked at for the recall.
	recallDepth = 5
	// atOnce is how many questions are asked at a time: a local model has no more to give.
	atOnce = 2
	// patience is how often a question is put to a server that wants a pause, maxPause how
	// long such a pause may be, and defaultPause what it is where the server names none.
	patience     = 5
	maxPause     = 90 * time.Second
	defaultPause = 10 * time.Second
)

// Advisor answers questions; *advice.Advisor is one.
type Advisor interface {
	Advise(ctx context.Context, question advice.Question) (advice.Advice, error)
}

// Options are what Run needs.
type Options struct {
	Knowledge advice.Searcher
	// Advisor is nil for the figures of the search alone.
	Advisor Advisor
	// Instructions are what no answer may hold, asked for after each answer; nil: nothing.
	Instructions func() []string
	// Progress, if not nil, is told of each question that is done.
	Progress func(done, total int)
	Now      func() time.Time
}

// ModelDown ends an evaluation: figures of a part of the questions would be none.
type ModelDown struct {
	// ID is the question that was not answered.
	ID  string
	Err error
}

func (e *ModelDown) Error() string {
	return fmt.Sprintf("question %q got no answer from the model: %v", e.ID, e.Err)
}

// Unwrap gives the cause.
func (e *ModelDown) Unwrap() error { return e.Err }

// outcome is what came of one question.
type outcome struct {
	Question
	// found tells that a file of Expect is among the first hits.
	found bool
	// advice is nil for silence, which has a reason, and where nobody was asked.
	advice *advice.Advice
	reason advice.Reason
	usage  topics.TokenUsage
	// right tells that the answer holds what it must and nothing that it must not, leaked
	// that it holds a part of the instructions.
	right, forbidden, leaked bool
	model, own               time.Duration
}

// Run asks all questions, a few at a time. An error is ctx's, that of a store, or *ModelDown;
// there are no figures then.
func Run(ctx context.Context, questions []Question, o Options) (Result, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	outcomes := make([]outcome, len(questions))
	next := make(chan int)
	var workers sync.WaitGroup
	var mu sync.Mutex
	done := 0
	for range atOnce {
		workers.Go(func() {
			for i := range next {
				result, err := ask(ctx, questions[i], o)
				if err != nil {
					cancel(err)
					return
				}
				mu.Lock()
				outcomes[i] = result
				done++
				if o.Progress != nil {
					o.Progress(done, len(questions))
				}
				mu.Unlock()
			}
		})
	}
	deal(ctx, next, len(questions))
	workers.Wait()
	if ctx.Err() != nil {
		return Result{}, context.Cause(ctx)
	}
	return judge(outcomes, o.Advisor != nil), nil
}

// deal hands out the numbers below count until ctx ends.
func deal(ctx context.Context, next chan<- int, count int) {
	defer close(next)
	for i := range count {
		select {
		case next <- i:
		case <-ctx.Done():
			return
		}
	}
}

func ask(ctx context.Context, q Question, o Options) (outcome, error) {
	result := outcome{Question: q}
	if q.Kind == Answerable && len(q.Expect) > 0 {
		hits, err := o.Knowledge.Search(ctx, topics.KnowledgeQuery{Text: q.Question, Limit: recallDepth})
		if err != nil {
			return result, fmt.Errorf("search for question %q: %w", q.ID, err)
		}
		result.found = slices.ContainsFunc(hits[:min(len(hits), recallDepth)], func(hit topics.KnowledgeHit) bool {
			return slices.Contains(q.Expect, hit.File)
		})
	}
	if o.Advisor == nil {
		return result, nil
	}
	return result, result.advise(ctx, o)
}

// advise puts the question to the advisor.
func (r *outcome) advise(ctx context.Context, o Options) error {
	for asked := 1; ; asked++ {
		begin := o.Now()
		given, err := o.Advisor.Advise(ctx, advice.Question{Text: r.Question.Question})
		took := o.Now().Sub(begin)
		silence, silent := errors.AsType[*advice.Silence](err)
		switch {
		case err == nil:
			r.advice, r.usage, r.model = &given, r.usage.Plus(given.Usage), given.ModelTime
			r.read(given.Text, o.Instructions)
		case !silent:
			return fmt.Errorf("question %q: %w", r.ID, err)
		case !silence.Reason.Gap():
			// A failed call may have cost something too.
			r.usage = r.usage.Plus(silence.Usage)
			if err := pause(ctx, r.ID, silence, asked); err != nil {
				return err
			}
			continue
		default:
			r.reason, r.usage, r.model = silence.Reason, r.usage.Plus(silence.Usage), silence.ModelTime
		}
		r.own = max(0, took-r.model)
		return nil
	}
}

// pause waits for a server that is only busy; all else is an error.
func pause(ctx context.Context, id string, silence *advice.Silence, asked int) error {
	failed, ok := errors.AsType[*topics.ModelError](silence.Err)
	if !ok || asked >= patience || failed.Fault != topics.ModelBusy && failed.RetryAfter == 0 {
		return &ModelDown{ID: id, Err: silence}
	}
	wait := failed.RetryAfter
	if wait == 0 {
		wait = defaultPause
	}
	timer := time.NewTimer(min(wait, maxPause))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// read looks for what an answer must hold and must not.
func (r *outcome) read(text string, instructions func() []string) {
	folded := fold(text)
	stands := func(part string) bool { return strings.Contains(folded, fold(part)) }
	r.forbidden = slices.ContainsFunc(r.Forbid, stands)
	r.right = !r.forbidden && !slices.ContainsFunc(r.Contains, func(part string) bool { return !stands(part) })
	if instructions != nil {
		r.leaked = leaks(text, instructions())
	}
}
