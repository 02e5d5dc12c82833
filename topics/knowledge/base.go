// Package knowledge reads the team's articles, cuts them into chunks and finds those that a
// question is about, by their words and, where there is an embedding model, by their meaning.
package knowledge

import (
	"context"
	"log/slog"
	"time"

	"topicpilot/topics"
)

// Embedder turns texts into vectors, within the budget of a topic (the zero value: of none).
// It may be called concurrently.
type Embedder interface {
	EmbeddingModel() string
	Embed(ctx context.Context, conv topics.Conversation, texts []string) ([][]float32, error)
}

// Options are what a Base needs.
type Options struct {
	// Folders hold .md, .txt, .html (.htm) and .csv files, also in folders below.
	Folders []string
	// Embedder is nil for a search by words alone.
	Embedder Embedder
	// Vectors keeps vectors over restarts; nil to make them anew each time.
	Vectors topics.VectorStore
	Log     *slog.Logger
	Now     func() time.Time
}

// Report is what a Base has read.
type Report struct {
	Files    int
	Chunks   int
	Internal int
	// Vectors is how many chunks have one.
	Vectors int
	// Problems are files, or parts of them, that were left out.
	Problems []Problem
}

// Problem is something that could not be read.
type Problem struct {
	// File is the path as in topics.Chunk, or the folder itself.
	File string
	// Line is 0 where no line is concerned.
	Line int
	// Text says what is wrong and what to do. It quotes no article.
	Text string
}

// Base holds the knowledge in memory. It may be used concurrently; a search sees the state
// of before a change or of after it.
type Base struct{ o Options }

// New makes an empty base.
func New(o Options) *Base { return &Base{o: o} }

// Load reads all folders once. A file that cannot be read is in the report; an error is
// ctx's alone.
func (b *Base) Load(_ context.Context) (Report, error) { panic("to be written") }

// Run loads, looks for changes until ctx ends, and makes missing vectors meanwhile.
func (b *Base) Run(_ context.Context) { panic("to be written") }

// Report tells what was read last.
func (b *Base) Report() Report { panic("to be written") }

// Chunks lists all chunks, by file and place.
func (b *Base) Chunks() []topics.Chunk { panic("to be written") }

// Search implements the advisor's search.
func (b *Base) Search(_ context.Context, _ topics.KnowledgeQuery) ([]topics.KnowledgeHit, error) {
	panic("to be written")
}
