package advice

import (
	"strings"

	"topicpilot/topics"
)

const (
	maxUncarried     = 5
	maxUncarriedText = 200
	// minTelling is how many words that tell something make a statement.
	minTelling = 2
)

// uncarried are the sentences of an answer that state something, and of whose telling words
// less than the threshold stand in its claims: the coverage of the whole answer hides a lie
// beside much that is true.
func (a asked) uncarried(text string, claims []claim, hits []topics.KnowledgeHit, threshold float64) []string {
	said := stemsOf(text)
	claimed := a.claimed(said, claims)
	parroted, _ := a.parroted(text, said, hits)
	var list []string
	for from := 0; from < len(said) && len(list) < maxUncarried; {
		to, telling, carried := from, 0, 0
		for ; to < len(said) && said[to].sentence == said[from].sentence; to++ {
			if said[to].stop {
				continue
			}
			telling++
			if claimed[said[to].stem] && !parroted[to] {
				carried++
			}
		}
		if telling >= minTelling && float64(carried) < threshold*float64(telling) {
			end := len(text)
			if to < len(said) {
				end = said[to].at
			}
			list = append(list, cut(strings.TrimSpace(text[said[from].at:end]), maxUncarriedText))
		}
		from = to
	}
	return list
}

// claimed are the words of the claims that stand in the answer.
func (a asked) claimed(said []stemmed, claims []claim) map[string]bool {
	all := map[string]bool{}
	for _, c := range claims {
		stems := stemsOf(clean(a.unmasked(c.Text)))
		for i, ok := range carriedBy(said, [][]stemmed{stems}) {
			if ok {
				all[said[i].stem] = true
			}
		}
	}
	return all
}
