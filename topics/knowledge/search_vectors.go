package knowledge

import "math/bits"

const (
	// rescored is how many documents of those whose signs are most alike are compared
	// number by number.
	rescored = 1000
	wordBits = 64
)

// vectorIndex finds chunks by their meaning. It does not change. The vectors themselves are
// shared with the index before.
type vectorIndex struct {
	dimension int
	// docs are the documents that have a vector, in their order.
	docs    []uint32
	vectors []vector
	// middle is the mean of all. Signs are those of the difference to it: the numbers of
	// many models are far from 0 in some places, for all texts alike.
	middle []float32
	signs  []uint64 // stride words for each vector
	stride int
}

// newVectorIndex gathers the vectors of the documents; nil where there is none.
func newVectorIndex(list []entry, docs []uint32, known map[hash]vector) *vectorIndex {
	x := &vectorIndex{}
	for doc, at := range docs {
		if v, ok := known[list[at].hash]; ok {
			x.docs = append(x.docs, uint32(doc))
			x.vectors = append(x.vectors, v)
		}
	}
	if len(x.docs) == 0 {
		return nil
	}
	x.dimension = len(x.vectors[0].numbers)
	x.stride = (x.dimension + wordBits - 1) / wordBits
	x.middle = make([]float32, x.dimension)
	for _, v := range x.vectors {
		for i, n := range v.numbers {
			x.middle[i] += float32(n) * v.scale
		}
	}
	for i := range x.middle {
		x.middle[i] /= float32(len(x.vectors))
	}
	x.signs = make([]uint64, len(x.vectors)*x.stride)
	for k, v := range x.vectors {
		signs := x.signs[k*x.stride:][:x.stride]
		for i, n := range v.numbers {
			if float32(n)*v.scale > x.middle[i] {
				signs[i/wordBits] |= 1 << (i % wordBits)
			}
		}
	}
	return x
}

// search finds the nearest of the first visible documents. The strength of a match is how
// much nearer than a document of the middle it is: what cosine is near differs by model.
func (x *vectorIndex) search(unit []float32, visible int) []match {
	n := 0
	for n < len(x.docs) && int(x.docs[n]) < visible {
		n++
	}
	var usual float32
	for i, f := range unit {
		usual += f * x.middle[i]
	}
	var nearby nearest
	for _, k := range x.likeliest(unit, n) {
		nearby.add(match{doc: x.docs[k], score: float64(x.vectors[k].dot(unit))})
	}
	best := nearby.sorted()
	for i := range best {
		above := (best[i].score - float64(usual)) / max(1-float64(usual), 0.01)
		best[i].strength = min(max(above, 0), 1)
	}
	return best
}

// likeliest are the places of the vectors, of the first n, that have most signs in common.
func (x *vectorIndex) likeliest(unit []float32, n int) []int {
	signs := make([]uint64, x.stride)
	for i, f := range unit {
		if f > x.middle[i] {
			signs[i/wordBits] |= 1 << (i % wordBits)
		}
	}
	apart := make([]uint16, n)
	counts := make([]int, x.dimension+1)
	for k := range apart {
		own := x.signs[k*x.stride:][:len(signs)]
		different := 0
		for i, word := range signs {
			different += bits.OnesCount64(word ^ own[i])
		}
		apart[k] = uint16(different)
		counts[different]++
	}
	limit, sum := 0, counts[0]
	for limit < x.dimension && sum < rescored {
		limit++
		sum += counts[limit]
	}
	// Of those at the limit only as many as there is room for.
	atLimit := counts[limit] - max(sum-rescored, 0)
	list := make([]int, 0, min(n, rescored))
	for k, d := range apart {
		switch {
		case int(d) < limit:
			list = append(list, k)
		case int(d) == limit && atLimit > 0:
			atLimit--
			list = append(list, k)
		}
	}
	return list
}

// fused is the constant of reciprocal rank fusion. A small one lets the first of a list
// count much more than the tenth.
const fused = 20

// fuse joins what was found by words and by meaning: by rank, as the scores have nothing in
// common. What both have found speaks of the question twice.
func fuse(byWords, byMeaning []match) []match {
	at := make(map[uint32]int, len(byWords)+len(byMeaning))
	var list []match
	for _, found := range [][]match{byWords, byMeaning} {
		for rank, m := range found {
			i, ok := at[m.doc]
			if !ok {
				i = len(list)
				at[m.doc] = i
				list = append(list, match{doc: m.doc})
			}
			list[i].score += 1 / float64(fused+rank+1)
			list[i].strength = 1 - (1-list[i].strength)*(1-m.strength)
		}
	}
	sortMatches(list)
	return list
}
