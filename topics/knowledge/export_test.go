package knowledge

import (
	"context"
	"path"

	"topicpilot/topics"
)

// Split cuts the text of one file into chunks.
func Split(name, text string) ([]topics.Chunk, []Problem) {
	l := library{parser: newMarkdown()}
	a := l.article(name, text)
	a.head.internal = a.head.internal || hasInternal(path.Dir(name))
	f := &file{found: found{place: place{0, name}}, pieces: split(a), problems: a.problems}
	list, _ := entries([]*file{f})
	chunks := make([]topics.Chunk, len(list))
	for i := range list {
		chunks[i] = list[i].Chunk
	}
	return chunks, f.problems
}

// SplitWithBrokenParser is Split with a parser of Markdown that panics.
func SplitWithBrokenParser(name, text string) []Problem {
	return (&library{}).article(name, text).problems
}

// Look looks for changes once.
func (b *Base) Look(ctx context.Context) (bool, error) { return b.look(ctx) }

// Sizes of chunks and of what is read.
const (
	MaxChunk  = maxChunk
	MaxFile   = maxFile
	MaxTitle  = maxTitle
	LookEvery = lookEvery
	Retry     = retryAfter
	UseEvery  = useEvery
	MaxBatch  = maxBatch
)

// Recall is the share of the ten nearest vectors that a search finds among n.
func Recall(vectors, questions [][]float32) float64 {
	known := make(map[hash]vector)
	list := make([]entry, len(vectors))
	docs := make([]uint32, len(vectors))
	for i, raw := range vectors {
		list[i].hash = hash{byte(i), byte(i >> 8), byte(i >> 16)}
		known[list[i].hash], _ = newVector(raw)
		docs[i] = uint32(i)
	}
	x := newVectorIndex(list, docs, known)
	same, all := 0, 0
	for _, raw := range questions {
		unit, _ := unitOf(raw)
		var exact nearest
		for i, v := range vectors {
			other, _ := unitOf(v)
			var cosine float64
			for k := range other {
				cosine += float64(other[k]) * float64(unit[k])
			}
			exact.add(match{doc: uint32(i), score: cosine})
		}
		found := make(map[uint32]bool)
		for _, m := range x.search(unit, len(vectors))[:10] {
			found[m.doc] = true
		}
		for _, m := range exact.sorted()[:10] {
			all++
			if found[m.doc] {
				same++
			}
		}
	}
	return float64(same) / float64(all)
}
