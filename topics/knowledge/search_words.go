package knowledge

import (
	"cmp"
	"container/heap"
	"slices"
	"sync"
)

const (
	// candidates is how many documents are looked at more closely.
	candidates = 100
	// whole is the part of a score that a document gets for speaking of the whole question.
	whole = 0.2
	// otherLanguage is what a document counts that is in another language than the question.
	otherLanguage = 0.7
)

// match is a document that was found.
type match struct {
	doc   uint32
	score float64
	// strength is the share of the question, by what its words tell, that it speaks of.
	strength float64
}

// scratch is what a search counts in; it is used again by the next.
type scratch struct {
	scores, shares []float32
	// best and share are what the word that is being counted has given, if last is its number.
	best, share []float32
	last        []uint16
	touched     []uint32
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

func newScratch(docs int) *scratch {
	s, _ := scratches.Get().(*scratch)
	if len(s.scores) < docs {
		*s = scratch{
			scores: make([]float32, docs), shares: make([]float32, docs), best: make([]float32, docs),
			share: make([]float32, docs), last: make([]uint16, docs),
		}
	}
	return s
}

// free gives it back with nothing counted.
func (s *scratch) free() {
	for _, doc := range s.touched {
		s.scores[doc], s.shares[doc], s.last[doc] = 0, 0, 0
	}
	s.touched = s.touched[:0]
	scratches.Put(s)
}

// search finds the best visible documents by their words, the best first.
func (x *wordIndex) search(q question) []match {
	s := newScratch(len(x.docs))
	defer s.free()
	var total float64
	for i, a := range q.words {
		total += a.weight
		for _, v := range a.variants {
			s.count(x.of(v.term, q.visible), uint16(i+1), float32(a.weight*v.match)) //nolint:gosec // at most maxWords
		}
	}
	if total == 0 {
		return nil
	}
	best := make(worst, 0, candidates+1)
	for _, doc := range s.touched {
		strength := min(float64(s.shares[doc])/total, 1)
		m := match{doc: doc, score: float64(s.scores[doc]) * (1 - whole + whole*strength), strength: strength}
		if language := x.languages[doc]; language != q.language && language != "" && q.language != "" {
			m.score *= otherLanguage
		}
		if len(best) == candidates && !less(best[0], m) {
			continue
		}
		heap.Push(&best, m)
		if len(best) > candidates {
			heap.Pop(&best)
		}
	}
	sortMatches(best)
	return best
}

// count adds what a word gives, once for each document: the most that one of its variants
// gives. Weight is also the word's share, if the document has it.
func (s *scratch) count(list []posting, number uint16, weight float32) {
	for _, p := range list {
		if s.last[p.doc] != number {
			if s.last[p.doc] == 0 {
				s.touched = append(s.touched, p.doc)
			}
			s.last[p.doc], s.best[p.doc], s.share[p.doc] = number, 0, 0
		}
		if more := p.weight*weight - s.best[p.doc]; more > 0 {
			s.best[p.doc] += more
			s.scores[p.doc] += more
		}
		if more := weight - s.share[p.doc]; more > 0 {
			s.share[p.doc] += more
			s.shares[p.doc] += more
		}
	}
}

func sortMatches(list []match) {
	slices.SortFunc(list, func(a, b match) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.doc, b.doc))
	})
}

// worst is a heap of matches with the worst on top.
type worst []match

func less(a, b match) bool {
	return cmp.Or(cmp.Compare(a.score, b.score), cmp.Compare(b.doc, a.doc)) < 0
}

func (w worst) Len() int           { return len(w) }
func (w worst) Less(i, j int) bool { return less(w[i], w[j]) }
func (w worst) Swap(i, j int)      { w[i], w[j] = w[j], w[i] }
func (w *worst) Push(m any)        { *w = append(*w, m.(match)) } //nolint:errcheck // nothing else is pushed
func (w *worst) Pop() any {
	last := (*w)[len(*w)-1]
	*w = (*w)[:len(*w)-1]
	return last
}
