package advice

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"topicpilot/topics"
)

const (
	// settleTimeout bounds the writing down of what a call has cost.
	settleTimeout = 5 * time.Second
	// maxRetryAfter is the longest pause that a busy server may ask for to be asked again at
	// once; retryPause is that before the second try where it asks for none.
	maxRetryAfter = 5 * time.Second
	retryPause    = 500 * time.Millisecond
)

// The kinds of call, as metrics name them.
const (
	callAnswer    = "answer"
	callEmbedding = "embedding"
	callDone      = "done"
)

// MeterOptions are what a Meter needs.
type MeterOptions struct {
	// Tokens counts; nil for an evaluation, which spends no day's budget.
	Tokens topics.TokenStore
	Limits topics.TokenLimits
	// Timeout bounds one call.
	Timeout time.Duration
	// Observe, if not nil, is told of each call that has ended: "answer" or "embedding",
	// "done" or a topics.ModelFault, what it cost and how long it took.
	Observe func(kind, outcome string, used topics.TokenUsage, took time.Duration)
	Log     *slog.Logger
	Now     func() time.Time
}

// Meter stands between us and the model's server: it bounds each call in time, tries once
// more where that may help, leaves a server alone that has failed three times in a row for
// 60 seconds, and lets nothing be spent beyond the budget. It may be used concurrently.
type Meter struct {
	o MeterOptions
	// answers and embeddings fail apart: they may be different servers.
	answers, embeddings breaker
}

// NewMeter makes a meter.
func NewMeter(o MeterOptions) *Meter { return &Meter{o: o} }

// OverBudget means that today's tokens have no room for the call. Nothing was sent.
type OverBudget struct{ Over topics.Over }

func (e *OverBudget) Error() string { return "today's tokens are used up (" + string(e.Over) + ")" }

var errLeftAlone = errors.New("left alone after failures")

// Complete asks the model within the budget of conv. Errors: *OverBudget, *topics.ModelError
// (also for a server that is left alone), ctx's, or that of the store.
func (m *Meter) Complete(
	ctx context.Context, conv topics.Conversation, model topics.LanguageModel, prompt topics.Prompt,
) (topics.Completion, topics.TokenUsage, error) {
	var completion topics.Completion
	input := estimatePrompt(prompt)
	used, err := m.call(ctx, &call{
		kind: callAnswer, conv: conv, breaker: &m.answers, limits: m.o.Limits,
		most: topics.TokenUsage{Input: input, Output: int64(prompt.MaxTokens)},
		send: func(ctx context.Context) (told *topics.TokenUsage, guess topics.TokenUsage, err error) {
			completion, err = model.Complete(ctx, prompt)
			said := EstimateTokens(completion.Text) + EstimateTokens(completion.Refusal)
			return completion.Usage, topics.TokenUsage{Input: input, Output: said}, err
		},
	})
	if err != nil {
		return topics.Completion{}, used, err
	}
	return completion, used, nil
}

// call is one question to a server.
type call struct {
	kind    string
	conv    topics.Conversation
	breaker *breaker
	// most is what it may cost, limits what it has to leave room in.
	most   topics.TokenUsage
	limits topics.TokenLimits
	// send asks once; told is nil where the server does not tell what it cost, guess instead.
	send func(ctx context.Context) (told *topics.TokenUsage, guess topics.TokenUsage, err error)
}

// call asks, and once more where that may help.
func (m *Meter) call(ctx context.Context, c *call) (topics.TokenUsage, error) {
	used, err := m.try(ctx, c)
	pause, again := retryable(err)
	if !again || errors.Is(err, errLeftAlone) {
		return used, err
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return used, ctx.Err()
	case <-timer.C:
	}
	more, second := m.try(ctx, c)
	if errors.Is(second, errLeftAlone) {
		second = err // which tells more
	}
	return used.Plus(more), second
}

// retryable reports whether a second try may help, and after which pause.
func retryable(err error) (time.Duration, bool) {
	fault, ok := errors.AsType[*topics.ModelError](err)
	switch {
	case !ok:
		return 0, false
	case fault.Fault == topics.ModelDown:
		return max(retryPause, min(fault.RetryAfter, maxRetryAfter)), true
	case fault.Fault == topics.ModelBusy && fault.RetryAfter <= maxRetryAfter:
		return max(retryPause, fault.RetryAfter), true
	}
	return 0, false
}

// try asks once: whether the server is left alone, what is left of the budget, the call
// itself, what it has cost.
func (m *Meter) try(ctx context.Context, c *call) (used topics.TokenUsage, err error) {
	if err := ctx.Err(); err != nil {
		return topics.TokenUsage{}, err
	}
	pause, ok := c.breaker.enter(m.o.Now())
	if !ok {
		return topics.TokenUsage{}, &topics.ModelError{Fault: topics.ModelDown, RetryAfter: pause, Err: errLeftAlone}
	}
	outcome := unsettled
	defer func() { c.breaker.leave(m.o.Now(), outcome) }()
	settle, err := m.reserve(ctx, c)
	if err != nil {
		return topics.TokenUsage{}, err
	}
	used = c.most // what counts should send never return
	defer func() { settle(used) }()
	start := m.o.Now()
	told, guess, err := m.send(ctx, c)
	took := m.o.Now().Sub(start)
	used, outcome = cost(c, told, guess, err), verdictOn(err)
	tallyOf(ctx).add(used, took)
	if m.o.Observe != nil {
		m.o.Observe(c.kind, outcomeOf(err), used, took)
	}
	return used, err
}

// send makes every error one of the contract: *topics.ModelError, or ctx's.
func (m *Meter) send(ctx context.Context, c *call) (*topics.TokenUsage, topics.TokenUsage, error) {
	within := ctx
	if m.o.Timeout > 0 {
		var cancel context.CancelFunc
		within, cancel = context.WithTimeout(ctx, m.o.Timeout)
		defer cancel()
	}
	told, guess, err := c.send(within)
	if err == nil {
		return told, guess, nil
	}
	if ctx.Err() != nil {
		return told, guess, ctx.Err()
	}
	if _, ok := errors.AsType[*topics.ModelError](err); ok {
		return told, guess, err
	}
	fault := topics.ModelDown
	if within.Err() != nil {
		fault = topics.ModelTimeout
	}
	return told, guess, &topics.ModelError{Fault: fault, Sent: true, Err: err}
}

// reserve books what the call may cost; settle ends the booking.
func (m *Meter) reserve(ctx context.Context, c *call) (settle func(topics.TokenUsage), err error) {
	if m.o.Tokens == nil {
		return func(topics.TokenUsage) {}, nil
	}
	id, over, err := m.o.Tokens.ReserveTokens(ctx, c.conv, m.o.Now(), c.most.Total(), c.limits)
	if err != nil {
		return nil, fmt.Errorf("reserve tokens: %w", err)
	}
	if over != topics.OverNothing {
		return nil, &OverBudget{Over: over}
	}
	return func(used topics.TokenUsage) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
		defer cancel()
		if err := m.o.Tokens.SettleTokens(ctx, id, used); err != nil {
			m.o.Log.Error("tokens stay reserved for today, as what a call cost could not be written down",
				"booking", id, "tokens", used.Total(), "error", err)
		}
	}, nil
}

// cost is what a call has to be counted with.
func cost(c *call, told *topics.TokenUsage, guess topics.TokenUsage, err error) topics.TokenUsage {
	usable := told != nil && told.Input >= 0 && told.Output >= 0 && told.Total() > 0
	switch fault, ok := errors.AsType[*topics.ModelError](err); {
	case usable:
		return *told
	case err == nil:
		return guess
	case !ok: // called off: it may have been worked on
		return c.most
	case !fault.Sent:
		return topics.TokenUsage{}
	}
	return c.most
}

func verdictOn(err error) verdict {
	fault, ok := errors.AsType[*topics.ModelError](err)
	switch {
	case err == nil:
		return answered
	case !ok:
		return unsettled
	case fault.Fault == topics.ModelRefused, fault.Fault == topics.ModelUnreadable:
		return answered
	}
	return failed
}

// outcomeOf names the end of a call for metrics. One that was called off has no fault.
func outcomeOf(err error) string {
	if err == nil {
		return callDone
	}
	if fault, ok := errors.AsType[*topics.ModelError](err); ok {
		return string(fault.Fault)
	}
	return "cancelled"
}
