package knowledge

import (
	"cmp"
	"container/heap"
	"slices"
)

// candidates is how many documents a search by words or by meaning gives.
const candidates = 100

// match is a document that was found.
type match struct {
	doc   uint32
	score float64
	// strength is how much of the question it speaks of, from 0 to 1.
	strength float64
}

// compare puts better matches first, and those that are alike in the order of documents.
func (m match) compare(other match) int {
	return cmp.Or(cmp.Compare(other.score, m.score), cmp.Compare(m.doc, other.doc))
}

func sortMatches(list []match) { slices.SortFunc(list, match.compare) }

// nearest holds the best of many matches, as a heap with the worst of them on top.
type nearest []match

func (n *nearest) add(m match) {
	switch {
	case len(*n) < candidates:
		heap.Push(n, m)
	case m.compare((*n)[0]) < 0:
		(*n)[0] = m
		heap.Fix(n, 0)
	}
}

// sorted gives them, the best first.
func (n *nearest) sorted() []match {
	sortMatches(*n)
	return *n
}

// Len, Less, Swap, Push and Pop implement heap.Interface.
func (n *nearest) Len() int           { return len(*n) }
func (n *nearest) Less(i, j int) bool { return (*n)[i].compare((*n)[j]) > 0 }
func (n *nearest) Swap(i, j int)      { (*n)[i], (*n)[j] = (*n)[j], (*n)[i] }

// Push is called by package heap alone.
func (n *nearest) Push(m any) { *n = append(*n, m.(match)) }

// Pop is called by package heap alone.
func (n *nearest) Pop() any {
	last := (*n)[len(*n)-1]
	*n = (*n)[:len(*n)-1]
	return last
}
