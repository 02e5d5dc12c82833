// Package knowledge reads the team's articles, cuts them into chunks and finds those that a
// question is about, by their words and, where there is an embedding model, by their meaning.
package knowledge

import (
	"cmp"
	"context"
	"crypto/sha256"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
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

const (
	// lookEvery is how often files are looked at for changes.
	lookEvery = 5 * time.Second
	// usualLimit and maxLimit are how many hits a search gives.
	usualLimit = 5
	maxLimit   = 100
)

// Base holds the knowledge in memory. It may be used concurrently; a search sees the state
// of before a change or of after it.
type Base struct {
	o     Options
	state atomic.Pointer[state]

	mu      sync.Mutex // of what changes state
	library library
	bank    bank
	// fresh tells that the bank has vectors that are not searched yet.
	fresh bool
}

// state is what a search sees. It does not change.
type state struct {
	entries []entry
	words   *wordIndex
	vectors *vectorIndex // nil for none
	report  Report
}

// New makes an empty base.
func New(o Options) *Base {
	b := &Base{o: o, library: library{folders: o.Folders, now: o.Now, parser: newMarkdown()}}
	b.state.Store(&state{words: newWordIndex(nil)})
	return b
}

// Load reads all folders once, and the vectors that are kept of them. A file that cannot be
// read is in the report; an error is ctx's alone.
func (b *Base) Load(ctx context.Context) (Report, error) {
	if _, err := b.look(ctx); err != nil {
		return Report{}, err
	}
	b.remember(ctx)
	return b.Report(), ctx.Err()
}

// look reads what has changed, and puts a new state in place of the former.
func (b *Base) look(ctx context.Context) (changed bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if changed, err = b.library.look(ctx); err != nil || !changed {
		return changed, err
	}
	list, over := entries(b.library.files)
	s := &state{entries: list, words: newWordIndex(list), report: b.library.report()}
	if over != "" {
		s.report.Problems = append(s.report.Problems, Problem{File: over, Text: tooManyChunks})
	}
	s.report.Chunks = len(list)
	s.report.Internal = len(list) - s.words.public
	if b.o.Embedder != nil {
		for i := range list {
			list[i].hash = sha256.Sum256([]byte(list[i].embeddedText()))
		}
		b.bank.keepOnly(list)
	}
	b.search(s)
	return true, nil
}

// search puts a state in place, with the vectors at hand. The caller holds mu.
func (b *Base) search(s *state) {
	s.vectors = newVectorIndex(s.entries, s.words.docs, b.bank.vectors)
	s.report.Vectors = 0
	if s.vectors != nil {
		s.report.Vectors = len(s.vectors.docs)
	}
	b.fresh = false
	b.state.Store(s)
}

// publish lets the vectors at hand be searched. The caller holds mu.
func (b *Base) publish() {
	s := *b.state.Load()
	b.search(&s)
}

// publishNew lets vectors be searched that were made since.
func (b *Base) publishNew() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fresh {
		b.publish()
	}
}

// Run loads, looks for changes until ctx ends, and makes missing vectors meanwhile.
func (b *Base) Run(ctx context.Context) {
	_, _ = b.Load(ctx) // ctx's error ends the loop
	changed := make(chan struct{}, 1)
	var making sync.WaitGroup
	defer making.Wait()
	if b.o.Embedder != nil {
		m := &maker{base: b, refused: make(map[hash]bool)}
		making.Go(func() { m.run(ctx, changed) })
	}
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if other, err := b.look(ctx); err != nil || !other {
			continue
		}
		b.remember(ctx)
		select {
		case changed <- struct{}{}:
		default:
		}
	}
}

// Report tells what was read last.
func (b *Base) Report() Report {
	r := b.state.Load().report
	r.Problems = slices.Clone(r.Problems)
	return r
}

// Chunks lists all chunks, by file and place.
func (b *Base) Chunks() []topics.Chunk {
	s := b.state.Load()
	list := make([]topics.Chunk, len(s.entries))
	for i := range s.entries {
		list[i] = s.entries[i].Chunk
	}
	return list
}

// Search implements the advisor's search.
func (b *Base) Search(ctx context.Context, query topics.KnowledgeQuery) ([]topics.KnowledgeHit, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s := b.state.Load()
	limit := min(cmp.Or(max(query.Limit, 0), usualLimit), maxLimit)
	q := s.words.ask(query.Text, query.Internal)
	best := s.words.search(q)
	s.nearer(q, best)
	if s.vectors != nil && b.o.Embedder != nil {
		if unit := b.meaning(ctx, query, s.vectors.dimension); unit != nil {
			best = fuse(best, s.vectors.search(unit, q.visible))
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	s.words.vary(best)
	hits := make([]topics.KnowledgeHit, 0, limit)
	for _, m := range best[:min(limit, len(best))] {
		hits = append(hits, topics.KnowledgeHit{
			Chunk: s.entries[s.words.docs[m.doc]].Chunk, Score: m.score, Strength: m.strength,
		})
	}
	if query.Whole && q.visible <= limit {
		hits = s.withRest(hits, q.visible)
	}
	return hits, nil
}

// withRest adds the other ones of the first documents.
func (s *state) withRest(hits []topics.KnowledgeHit, visible int) []topics.KnowledgeHit {
	found := make(map[string]bool, len(hits))
	for _, hit := range hits {
		found[hit.ID] = true
	}
	for _, at := range s.words.docs[:visible] {
		if chunk := s.entries[at].Chunk; !found[chunk.ID] {
			hits = append(hits, topics.KnowledgeHit{Chunk: chunk})
		}
	}
	return hits
}
