package advice

import (
	"context"
	"log/slog"
	"time"

	"topicpilot/topics"
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
type Meter struct{ o MeterOptions }

// NewMeter makes a meter.
func NewMeter(o MeterOptions) *Meter { return &Meter{o: o} }

// Complete asks the model within the budget of conv. Errors: *OverBudget, *topics.ModelError
// (also for a server that is left alone), ctx's, or that of the store.
func (m *Meter) Complete(
	_ context.Context, _ topics.Conversation, _ topics.LanguageModel, _ topics.Prompt,
) (topics.Completion, topics.TokenUsage, error) {
	panic("to be written")
}

// Embedder makes an embedder whose calls are metered.
func (m *Meter) Embedder(embedder topics.Embedder) *MeteredEmbedder {
	return &MeteredEmbedder{meter: m, embedder: embedder}
}

// MeteredEmbedder is what package knowledge embeds with.
type MeteredEmbedder struct {
	meter    *Meter
	embedder topics.Embedder
}

// EmbeddingModel names the model.
func (e *MeteredEmbedder) EmbeddingModel() string { return e.embedder.EmbeddingModel() }

// Embed turns texts into vectors within the budget of conv; errors as of Meter.Complete.
func (e *MeteredEmbedder) Embed(_ context.Context, _ topics.Conversation, _ []string) ([][]float32, error) {
	panic("to be written")
}

// OverBudget means that today's tokens have no room for the call. Nothing was sent.
type OverBudget struct{ Over topics.Over }

func (e *OverBudget) Error() string { return "today's tokens are used up (" + string(e.Over) + ")" }
