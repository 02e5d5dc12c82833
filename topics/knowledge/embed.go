package knowledge

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"
	"unicode/utf8"

	"topicpilot/topics"
	"topicpilot/topics/words"
)

const (
	// A call of the embedding model has at most maxBatch texts of maxBatchText characters
	// together.
	maxBatch     = 64
	maxBatchText = 32_000
	// publishEvery is after how many calls the new vectors are searched.
	publishEvery = 16
	// retryAfter is the pause after a failure, and after the day's budget is used up.
	retryAfter = 3 * time.Minute
	// maxRefused is how many single texts a model may refuse in a row before it is taken
	// for a wrong model rather than for wrong texts.
	maxRefused = 3
	// queryTimeout bounds the wait for a question's vector; without one it is a search by
	// words.
	queryTimeout = 10 * time.Second
	// embedTimeout bounds one call for articles.
	embedTimeout = 5 * time.Minute
)

// missing is a text that has no vector yet.
type missing struct {
	hash hash
	text string
}

// MakeVectors makes the vectors that are missing now, where there is an embedder; Run does
// so by itself. What has been made before an error stays. The error is the embedder's, or
// ctx's.
func (b *Base) MakeVectors(ctx context.Context) error {
	if b.o.Embedder == nil {
		return nil
	}
	m := &maker{base: b, refused: make(map[hash]bool)}
	return m.makeAll(ctx)
}

// maker makes vectors. It is not to be used concurrently.
type maker struct {
	base *Base
	// refused are texts that the model does not take.
	refused map[hash]bool
	inARow  int
	calls   int
	// switched tells that the model's dimension has changed.
	switched bool
}

// run makes vectors whenever there are new chunks, until ctx ends.
func (m *maker) run(ctx context.Context, changed <-chan struct{}) {
	for ctx.Err() == nil {
		err := m.makeAll(ctx)
		if err != nil && ctx.Err() == nil {
			// Its text may hold no article: it is the model's client that has made it.
			m.base.o.Log.WarnContext(ctx, "vectors of the knowledge wait", slog.Any("error", err),
				slog.Duration("pause", retryAfter))
			pause(ctx, retryAfter)
			continue
		}
		m.base.noteUse(ctx)
		timer := time.NewTimer(time.Hour)
		select {
		case <-ctx.Done():
		case <-changed:
		case <-timer.C:
		}
		timer.Stop()
	}
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// makeAll makes vectors until none is missing.
func (m *maker) makeAll(ctx context.Context) error {
	defer m.base.publishNew()
	m.switched = false
	for {
		list := m.missing()
		if len(list) == 0 {
			return ctx.Err()
		}
		for len(list) > 0 {
			n := batch(list)
			if err := m.make(ctx, list[:n]); err != nil {
				return err
			}
			list = list[n:]
			if m.calls++; m.calls%publishEvery == 0 {
				m.base.publishNew()
			}
		}
	}
}

// missing lists the texts without a vector, each once.
func (m *maker) missing() []missing {
	b := m.base
	b.mu.Lock()
	defer b.mu.Unlock()
	var list []missing
	listed := make(map[hash]bool)
	entries := b.state.Load().entries
	for i := range entries {
		e := &entries[i]
		if _, ok := b.bank.vectors[e.hash]; !ok && !m.refused[e.hash] && !listed[e.hash] {
			listed[e.hash] = true
			list = append(list, missing{e.hash, e.embeddedText()})
		}
	}
	return list
}

// batch is how many of the first texts go into one call.
func batch(list []missing) int {
	size := 0
	for i, text := range list[:min(len(list), maxBatch)] {
		if size += utf8.RuneCountInString(text.text); size > maxBatchText && i > 0 {
			return i
		}
	}
	return min(len(list), maxBatch)
}

// make makes the vectors of some texts. Where the model refuses them it looks for the one
// that it does not take, and goes on without it.
func (m *maker) make(ctx context.Context, list []missing) error {
	err := m.call(ctx, list)
	wrong, ok := errors.AsType[*topics.ModelError](err)
	switch {
	case err == nil:
		m.inARow = 0
		return nil
	case !ok || wrong.Fault != topics.ModelRefused || ctx.Err() != nil:
		return err
	case len(list) > 1:
		half := len(list) / 2
		if err := m.make(ctx, list[:half]); err != nil {
			return err
		}
		return m.make(ctx, list[half:])
	}
	if m.inARow++; m.inARow == maxRefused {
		m.inARow = 0
		clear(m.refused)
		return err
	}
	m.refused[list[0].hash] = true
	m.base.o.Log.WarnContext(ctx, "the embedding model refuses a chunk; it is found by its words alone",
		slog.Any("error", err))
	return nil
}

func (m *maker) call(ctx context.Context, list []missing) error {
	b := m.base
	texts := make([]string, len(list))
	for i := range list {
		texts[i] = list[i].text
	}
	call, cancel := context.WithTimeout(ctx, embedTimeout)
	defer cancel()
	raw, err := b.o.Embedder.Embed(call, topics.Conversation{}, texts)
	if err != nil {
		return fmt.Errorf("make vectors: %w", err)
	}
	dimension, err := checkShape(raw, len(list))
	if err != nil {
		return err
	}
	made := make(map[hash]vector, len(list))
	kept := make([]topics.KeptVector, 0, len(list))
	for i, numbers := range raw {
		v, ok := newVector(numbers)
		if !ok {
			return errShape
		}
		h := list[i].hash
		made[h] = v
		kept = append(kept, topics.KeptVector{
			Hash: hex.EncodeToString(h[:]), Dimension: dimension, Data: v.encode(),
		})
	}
	if dropped := b.keep(ctx, made, kept, dimension); dropped > 0 {
		b.o.Log.WarnContext(ctx, "vectors have another dimension than the newest; they are made anew",
			slog.Int("dropped", dropped), slog.Int("dimension", dimension))
		if m.switched {
			return errDimension
		}
		m.switched = true
	}
	return nil
}

var errShape = errors.New("make vectors: what the model gives are no vectors, or not one of equal length for each text")

func checkShape(raw [][]float32, want int) (dimension int, err error) {
	if len(raw) != want || len(raw[0]) == 0 {
		return 0, errShape
	}
	dimension = len(raw[0])
	if slices.ContainsFunc(raw, func(v []float32) bool { return len(v) != dimension }) {
		return 0, errShape
	}
	return dimension, nil
}

var errDimension = errors.New("make vectors: the model makes vectors of one dimension, then of another")

// keep takes new vectors, and stores them. It reports how many had to be dropped, as the
// model has changed under its name.
func (b *Base) keep(ctx context.Context, made map[hash]vector, kept []topics.KeptVector, dimension int) int {
	b.mu.Lock()
	dropped := b.bank.add(made, dimension)
	b.fresh = true
	b.mu.Unlock()
	if b.o.Vectors == nil {
		return dropped
	}
	err := b.o.Vectors.KeepVectors(ctx, b.o.Embedder.EmbeddingModel(), kept)
	if err != nil {
		if ctx.Err() == nil {
			b.o.Log.WarnContext(ctx, "vectors cannot be kept; they are made anew after a restart", slog.Any("error", err))
		}
		return dropped
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.bank.kept) < 2*maxChunks && b.bank.kept != nil {
		for h := range made {
			b.bank.kept[h] = true
		}
	}
	return dropped
}

// meaning is the vector of a question, nil where there is none: the search goes on by words.
func (b *Base) meaning(ctx context.Context, query topics.KnowledgeQuery, dimension int) []float32 {
	text := cutLetters(query.Text, maxQuery)
	if len(words.Of(text, 1)) == 0 {
		return nil
	}
	call, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	raw, err := b.o.Embedder.Embed(call, query.For, []string{text})
	if err == nil {
		var got int
		if got, err = checkShape(raw, 1); err == nil && got != dimension {
			err = errDimension
		}
	}
	if err != nil {
		if ctx.Err() == nil {
			b.o.Log.WarnContext(ctx, "a search goes by words alone", slog.Any("error", err))
		}
		return nil
	}
	unit, ok := unitOf(raw[0])
	if !ok {
		return nil
	}
	return unit
}
