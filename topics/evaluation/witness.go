package evaluation

import (
	"context"
	"slices"
	"sync"

	"topicpilot/topics"
)

// maxInstructions bounds what a Witness remembers.
const maxInstructions = 8

// Witness stands before a model and remembers what instructions it was given. It may be used
// concurrently.
type Witness struct {
	Model topics.LanguageModel

	mu   sync.Mutex
	seen []string
}

// Complete implements topics.LanguageModel.
func (w *Witness) Complete(ctx context.Context, prompt topics.Prompt) (topics.Completion, error) {
	w.mu.Lock()
	if len(w.seen) < maxInstructions && !slices.Contains(w.seen, prompt.System) {
		w.seen = append(w.seen, prompt.System)
	}
	w.mu.Unlock()
	return w.Model.Complete(ctx, prompt)
}

// Instructions are those of all calls so far, each once.
func (w *Witness) Instructions() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.seen)
}
