package advice

import (
	"strings"

	"topicpilot/topics"
	"topicpilot/topics/words"
)

const (
	// maxWords bounds the words that are compared of one text.
	maxWords = 4000
	// minStanding is the share of a claim that has to stand in the answer for it to be one of it.
	minStanding = 0.6
	// parrotRun is how many words in a row, the same as the customer's, are theirs where words
	// alone cannot tell, dictatedRun where the customer dictates.
	parrotRun   = 5
	dictatedRun = 4
	// minSentence is how many words make a sentence that could be dictated.
	minSentence = 3
)

// stemmed is a word as it is compared.
type stemmed struct {
	stem string
	// stop tells that it is too common to tell anything.
	stop bool
	// sentence numbers the sentences of the text; at is the byte where the word begins.
	sentence, at int
}

func stemsOf(text string) []stemmed {
	list := words.Of(text, maxWords)
	stems := make([]stemmed, 0, len(list))
	sentence := 0
	for i, w := range list {
		if i > 0 && endsSentence(text[list[i-1].To:w.From]) {
			sentence++
		}
		stems = append(stems, stemmed{string(words.Stem(w.Letters)), words.Stop(w.Letters), sentence, w.From})
	}
	return stems
}

func endsSentence(gap string) bool {
	if strings.Contains(gap, "\n") {
		return true
	}
	end := strings.IndexAny(gap, ".!?…")
	return end >= 0 && strings.ContainsAny(gap[end:], " \u00a0")
}

// carriage is how much of an answer its claims carry.
type carriage struct {
	// share is from 0 to 1.
	share float64
	// dictated tells that the customer has told the model what to say, and it did.
	dictated bool
}

// coverage is the share of the answer's words that claims carry. What the model only
// repeats after the customer, and no cited chunk says, is carried by nobody: then the words
// that tell something are counted alone.
func (a asked) coverage(answer answer, hits []topics.KnowledgeHit) carriage {
	text := a.blank(answer.Answer)
	said := stemsOf(text)
	if len(said) == 0 {
		return carriage{}
	}
	claims := make([][]stemmed, 0, len(answer.Claims))
	for _, c := range answer.Claims {
		claims = append(claims, stemsOf(a.blank(c.Text)))
	}
	carried := carriedBy(said, claims)
	parroted, dictated := a.parroted(text, said, hits)
	all, telling, carriedAll, carriedTelling, repeats := len(said), 0, 0, 0, false
	for i, word := range said {
		repeats = repeats || parroted[i]
		ok := carried[i] && !parroted[i]
		if ok {
			carriedAll++
		}
		if !word.stop {
			telling++
			if ok {
				carriedTelling++
			}
		}
	}
	share := float64(carriedAll) / float64(all)
	if repeats && telling > 0 {
		share = min(share, float64(carriedTelling)/float64(telling))
	}
	return carriage{share, dictated}
}

// blank leaves out placeholders: customers' own numbers and addresses are no words.
func (a asked) blank(text string) string {
	if a.masks == nil {
		return text
	}
	return a.masks.Blank(text)
}

// carriedBy marks the words of an answer that stand in the texts of its claims, each as often
// as they say it. A claim that does not stand in the answer carries nothing, and one that is
// made twice counts once.
func carriedBy(said []stemmed, claims [][]stemmed) []bool {
	carried := make([]bool, len(said))
	there := map[string]int{}
	for _, word := range said {
		there[word.stem]++
	}
	seen := map[string]bool{}
	for _, stems := range claims {
		key := joined(stems)
		if len(stems) == 0 || seen[key] {
			continue
		}
		seen[key] = true
		count, standing := map[string]int{}, 0
		for _, word := range stems {
			count[word.stem]++
			if count[word.stem] <= there[word.stem] {
				standing++
			}
		}
		if float64(standing) < minStanding*float64(len(stems)) {
			continue
		}
		for i, word := range said {
			if !carried[i] && count[word.stem] > 0 {
				carried[i] = true
				count[word.stem]--
			}
		}
	}
	return carried
}

// parroted marks the words of an answer that come from the customer alone. Where the answer
// and the chunks are in one script the words themselves tell; where they are not, only what
// is repeated word for word does, unless the customer dictates.
func (a asked) parroted(text string, said []stemmed, hits []topics.KnowledgeHit) (marks []bool, dictated bool) {
	customers := newVocabulary(a.customers)
	var chunks []string
	for _, hit := range hits {
		chunks = append(chunks, hit.Title, hit.Text)
	}
	team := newVocabulary(chunks)
	dictates := dictates(a.customers)
	if dictates || scriptOf(text) == scriptOf(chunks...) {
		marks = make([]bool, len(said))
		for i, word := range said {
			marks[i] = !word.stop && customers.words[word.stem] && !team.words[word.stem]
		}
	} else {
		marks = repeated(said, customers, team, parrotRun)
	}
	if dictates {
		runs := repeated(said, customers, team, dictatedRun)
		dictated = tells(said, runs) || isDictated(said, marks)
	}
	return marks, dictated || wholly(said, customers, team)
}

// wholly reports whether a whole sentence is the customer's, word for word, and tells something
// that the team's texts do not.
func wholly(said []stemmed, customers, team vocabulary) bool {
	for from := 0; from < len(said); {
		to, news := from, false
		for to < len(said) && said[to].sentence == said[from].sentence {
			news = news || !said[to].stop && !team.words[said[to].stem]
			to++
		}
		if news && to-from >= minSentence && customers.runs(to - from)[joined(said[from:to])] {
			return true
		}
		from = to
	}
	return false
}

// tells reports whether a word that tells something is marked.
func tells(said []stemmed, marks []bool) bool {
	for i, word := range said {
		if marks[i] && !word.stop {
			return true
		}
	}
	return false
}

// isDictated reports whether there is a sentence that tells mostly what is marked, or two
// words of it.
func isDictated(said []stemmed, marks []bool) bool {
	telling, marked := map[int]int{}, map[int]int{}
	for i, word := range said {
		if word.stop {
			continue
		}
		telling[word.sentence]++
		if marks[i] {
			marked[word.sentence]++
		}
	}
	for sentence, n := range marked {
		if n >= 2 || 2*n >= telling[sentence] {
			return true
		}
	}
	return false
}

// repeated marks runs of words that stand in the same order in the customer's texts, and
// nowhere in the team's.
func repeated(said []stemmed, customers, team vocabulary, size int) []bool {
	marks := make([]bool, len(said))
	theirs, ours := customers.runs(size), team.runs(size)
	for i := 0; i+size <= len(said); i++ {
		key := joined(said[i : i+size])
		if !theirs[key] || ours[key] {
			continue
		}
		for j := range size {
			marks[i+j] = true
		}
	}
	return marks
}

// vocabulary are the words of some texts.
type vocabulary struct {
	words map[string]bool
	texts [][]stemmed
	// bySize are the runs that were asked for.
	bySize map[int]map[string]bool
}

func newVocabulary(texts []string) vocabulary {
	v := vocabulary{words: map[string]bool{}, bySize: map[int]map[string]bool{}}
	for _, text := range texts {
		stems := stemsOf(text)
		v.texts = append(v.texts, stems)
		for _, word := range stems {
			v.words[word.stem] = true
		}
	}
	return v
}

// runs are all runs of so many words.
func (v vocabulary) runs(size int) map[string]bool {
	if known := v.bySize[size]; known != nil {
		return known
	}
	set := map[string]bool{}
	v.bySize[size] = set
	for _, stems := range v.texts {
		for i := 0; i+size <= len(stems); i++ {
			set[joined(stems[i:i+size])] = true
		}
	}
	return set
}

func joined(stems []stemmed) string {
	var out strings.Builder
	for _, word := range stems {
		out.WriteString(word.stem)
		out.WriteByte(' ')
	}
	return out.String()
}
