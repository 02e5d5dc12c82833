package topics

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// Prompt is one question to a language model.
type Prompt struct {
	// System are our instructions, User is the one message that holds all data.
	System string
	User   string
	// SchemaName and Schema describe the JSON that is to be answered (JSON Schema).
	SchemaName string
	Schema     json.RawMessage
	// MaxTokens bounds the answer.
	MaxTokens int
}

// Finish tells why a model ended its answer.
type Finish string

// The ends of an answer that matter here; others are kept as the server names them.
const (
	FinishStop   Finish = "stop"
	FinishLength Finish = "length"
	FinishFilter Finish = "content_filter"
)

// Completion is a model's answer.
type Completion struct {
	Text string
	// Refusal is what the model says instead of an answer, "" for none.
	Refusal string
	Finish  Finish
	// Usage is nil where the server does not tell.
	Usage *TokenUsage
}

// TokenUsage counts tokens of one or several calls.
type TokenUsage struct {
	Input  int64 `json:"input"`
	Output int64 `json:"output"`
}

// Total is what a budget counts.
func (u TokenUsage) Total() int64 { return u.Input + u.Output }

// Plus adds another usage.
func (u TokenUsage) Plus(other TokenUsage) TokenUsage {
	return TokenUsage{Input: u.Input + other.Input, Output: u.Output + other.Output}
}

// LanguageModel answers prompts. It may be called concurrently, does not retry, and ends
// with ctx. Errors are *ModelError, or ctx's.
type LanguageModel interface {
	Complete(ctx context.Context, prompt Prompt) (Completion, error)
}

// Embedder turns texts into vectors: the same number of them, all of one length. It may
// be called concurrently and does not retry. Errors are *ModelError, or ctx's.
type Embedder interface {
	// EmbeddingModel names the model, for what is kept of its vectors.
	EmbeddingModel() string
	// Embed gives usage nil where the server does not tell.
	Embed(ctx context.Context, texts []string) (vectors [][]float32, usage *TokenUsage, err error)
}

// ModelFault classes what is wrong with a model's server.
type ModelFault string

// The faults of a model's server.
const (
	// ModelRefused: the request is wrong for it (model, parameters); it will stay so.
	ModelRefused ModelFault = "refused"
	// ModelDenied: the key is wrong or may not do that.
	ModelDenied ModelFault = "denied"
	// ModelQuota: the account has no money left; it is not asked again soon.
	ModelQuota ModelFault = "quota"
	// ModelBusy: too many requests; RetryAfter tells how long it wants to be left alone.
	ModelBusy ModelFault = "busy"
	// ModelDown: no connection, or it answers with an error of its own.
	ModelDown ModelFault = "down"
	// ModelTimeout: no answer in time.
	ModelTimeout ModelFault = "timeout"
	// ModelUnreadable: an answer that is none.
	ModelUnreadable ModelFault = "unreadable"
)

// ModelError says why a model gave no answer. Its text holds neither key nor prompt nor
// answer.
type ModelError struct {
	Fault ModelFault
	// RetryAfter is the pause that the server asks for, 0 for none.
	RetryAfter time.Duration
	// Sent tells that the request may have been worked on, and so may be charged.
	Sent bool
	Err  error
}

func (e *ModelError) Error() string { return fmt.Sprintf("model %s: %v", e.Fault, e.Err) }

// Unwrap gives the cause.
func (e *ModelError) Unwrap() error { return e.Err }
