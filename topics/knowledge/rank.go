package knowledge

import (
	"math"
	"sort"

	"topicpilot/topics/words"
)

const (
	// closest is how many documents are read again for words that stand side by side.
	closest = 30
	// sideBySide is how many words apart that is.
	sideBySide = 4
	// together is what a document gains in which all neighbours of the question are such.
	together = 0.4
	// again is what a further part of the same article counts: several articles tell more
	// than one of them in parts.
	again = 0.8
)

// nearer raises the documents that have words side by side which are so in the question.
func (s *state) nearer(q question, best []match) {
	weights := make(map[int]float64, len(q.words))
	places := make(map[string]int)
	for _, a := range q.words {
		weights[a.place] = a.weight
		for _, v := range a.variants {
			if term := s.words.terms[v.term]; places[term] == 0 {
				places[term] = a.place
			}
		}
	}
	pair := func(place int) float64 { return min(weights[place], weights[place+1]) }
	var all float64
	for place := range weights {
		all += pair(place)
	}
	if all == 0 {
		return
	}
	for i := range best[:min(closest, len(best))] {
		var sum float64
		for place := range s.neighbours(best[i].doc, places) {
			sum += pair(place)
		}
		best[i].score *= 1 + together*sum/all
	}
	sortMatches(best)
}

// neighbours are the places of the question whose word stands side by side with the next
// one in a document.
func (s *state) neighbours(doc uint32, places map[string]int) map[int]bool {
	e := &s.entries[s.words.docs[doc]]
	found := make(map[int]bool)
	seen := make(map[int]int) // where the word of a place stood last
	at := 0
	for _, text := range []string{e.Title, e.Text} {
		at += sideBySide
		eachTerm(text, words.Of(text, maxText), func(term string) {
			at++
			place := places[term]
			if place == 0 {
				return
			}
			if last, ok := seen[place-1]; ok && at-last <= sideBySide {
				found[place-1] = true
			}
			if last, ok := seen[place+1]; ok && at-last <= sideBySide {
				found[place] = true
			}
			seen[place] = at
		})
	}
	return found
}

// vary puts the best part of each article before its other parts that are not much better
// than what other articles say.
func (x *wordIndex) vary(best []match) {
	seen := make(map[uint32]int)
	for i := range best {
		article := x.articles[best[i].doc]
		best[i].score *= math.Pow(again, float64(seen[article]))
		seen[article]++
	}
	sort.SliceStable(best, func(i, j int) bool { return best[i].score > best[j].score })
}
