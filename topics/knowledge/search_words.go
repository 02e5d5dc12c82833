package knowledge

import (
	"sync"
)

const (
	// whole is the part of a score that a document gets for speaking of the whole question.
	whole = 0.2
	// otherLanguage is what a document counts that is in another language than the question.
	otherLanguage = 0.7
)

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
			s.count(x.of(v.term, q.visible), uint16(i+1), float32(a.weight*v.match))
		}
	}
	if total == 0 {
		return nil
	}
	var best nearest
	for _, doc := range s.touched {
		strength := min(float64(s.shares[doc])/total, 1)
		m := match{doc: doc, score: float64(s.scores[doc]) * (1 - whole + whole*strength), strength: strength}
		if language := x.languages[doc]; language != q.language && language != "" && q.language != "" {
			m.score *= otherLanguage
		}
		best.add(m)
	}
	return best.sorted()
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
