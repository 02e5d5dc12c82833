package openaitest

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"
)

// Quoting is an honest model: it picks the sentences of the given chunks that share most
// words with the question, and answers with nothing else. Where it shares less than a third
// it says that it cannot answer.
func Quoting() Script {
	return func(r Request) Answer { return Says(quoteFor(r)) }
}

// found is a sentence that speaks of the question.
type found struct {
	chunk string
	text  string
	// shared is how many of the question's words it has, with its title; score weighs them.
	shared int
	score  float64
}

const (
	// maxQuotes is how many sentences an answer has.
	maxQuotes = 3
	// leastShare is the part of the question's words that the best sentence must have: a third.
	leastShare = 3
	// nearBest is the share of the best score that a further sentence needs.
	nearBest = 0.6
	// titleWeight is what a word in the title counts beside one in the sentence.
	titleWeight = 0.3
	// perRank is what a chunk loses for each one before it: the search has its reasons.
	perRank = 0.03
)

func quoteFor(r Request) Advice {
	asked := stemSet(r.Data.Question)
	list := rank(asked, r.Data.Chunks)
	if len(list) == 0 || list[0].shared*leastShare < len(asked) {
		return Advice{}
	}
	advice := Advice{Answerable: true}
	for _, f := range list[:min(maxQuotes, len(list))] {
		if f.score < nearBest*list[0].score {
			break
		}
		longer := advice
		longer.Answer = strings.TrimSpace(advice.Answer + " " + f.text)
		longer.Claims = append(slices.Clone(advice.Claims), Claim{Text: f.text, Chunk: f.chunk, Quote: f.text})
		if !fits(longer, r) && len(advice.Claims) > 0 {
			break
		}
		advice = longer
	}
	return advice
}

// fits tells that an advice is not longer than the request allows.
func fits(advice Advice, r Request) bool {
	return r.MaxTokens <= 0 || Tokens(advice.JSON()) <= r.MaxTokens
}

// rank orders the chunks' sentences by the words that they share with the question; rare
// words count more.
func rank(asked map[string]bool, chunks []Chunk) []found {
	type candidate struct {
		found
		words, title map[string]bool
		rank         int
	}
	var all []candidate
	seen := map[string]int{}
	for i, chunk := range chunks {
		title := stemSet(chunk.Title)
		for _, sentence := range sentences(chunk.Text) {
			words := stemSet(sentence)
			for word := range words {
				seen[word]++
			}
			all = append(all, candidate{found{chunk: chunk.ID, text: sentence}, words, title, i})
		}
	}
	var list []found
	order := slices.Sorted(maps.Keys(asked)) // sums of one order are the same each time
	for _, c := range all {
		for _, word := range order {
			weight := math.Log(1 + float64(len(all))/float64(max(1, seen[word])))
			switch {
			case c.words[word]:
				c.shared++
				c.score += weight
			case c.title[word]:
				c.shared++
				c.score += titleWeight * weight
			}
		}
		c.score *= max(0.5, 1-perRank*float64(c.rank))
		if c.score > 0 {
			list = append(list, c.found)
		}
	}
	slices.SortStableFunc(list, func(a, b found) int { return cmp.Compare(b.score, a.score) })
	return list
}
