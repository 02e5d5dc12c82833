package knowledge

import (
	"math"
	"slices"
	"strings"
	"unicode"

	"topicpilot/topics/words"
)

const (
	// maxQuery bounds what is searched for, in characters.
	maxQuery = 4000
	// maxWords is how many words of a question are searched: those that say most.
	maxWords = 48
	// shortNumber is what a number of one or two digits counts: it mostly belongs to the
	// customer's own case.
	shortNumber = 0.5
	// minHalf is how many letters each part of a compound word has.
	minHalf = 4
)

// question is what is looked for.
type question struct {
	words    []asked
	language string
	// visible is how many of the first documents may be found.
	visible int
}

// asked is a word of a question.
type asked struct {
	// place counts the words of the question.
	place int
	// weight is what it tells: words that stand in few chunks tell more.
	weight   float64
	variants []variant
}

// ask makes a question of a text.
func (x *wordIndex) ask(text string, internal bool) question {
	text = cutLetters(text, maxQuery)
	read := words.Of(text, maxQuery)
	q := question{language: words.Language(read), visible: x.public}
	if internal {
		q.visible = len(x.docs)
	}
	seen := make(map[string]bool)
	add := func(stem string) {
		if seen[stem] {
			return
		}
		seen[stem] = true
		a := asked{place: len(seen), variants: x.variants(stem, q.visible)}
		a.weight = x.telling(stem, a.variants, q.visible)
		q.words = append(q.words, a)
	}
	eachTerm(text, read, func(stem string) {
		if left, right, ok := x.halves(stem, q.visible); ok {
			add(left)
			add(right)
			return
		}
		add(stem)
	})
	slices.SortStableFunc(q.words, func(a, b asked) int {
		switch {
		case a.weight > b.weight:
			return -1
		case a.weight < b.weight:
			return 1
		}
		return 0
	})
	q.words = q.words[:min(len(q.words), maxWords)]
	return q
}

func cutLetters(text string, most int) string {
	if len(text) <= most {
		return text
	}
	n := 0
	for at := range text {
		if n == most {
			return text[:at]
		}
		n++
	}
	return text
}

// telling is the inverse document frequency of a word, or of those that stand for it. One
// that stands nowhere is as rare as one that stands in a single chunk.
func (x *wordIndex) telling(stem string, variants []variant, visible int) float64 {
	chunks := 1
	for _, v := range variants {
		chunks = max(chunks, len(x.of(v.term, visible)))
		if v.match == 1 {
			break
		}
	}
	weight := math.Log(1 + (float64(visible-min(chunks, visible))+0.5)/(float64(chunks)+0.5))
	if len(stem) < 3 && strings.Trim(stem, "0123456789") == "" {
		weight *= shortNumber
	}
	return weight
}

// halves divides a word that stands nowhere into two that do: nameserver.
func (x *wordIndex) halves(stem string, visible int) (left, right string, ok bool) {
	letters := []rune(stem)
	if len(letters) < 2*minHalf || slices.ContainsFunc(letters, unicode.IsDigit) || x.stands(stem, visible) {
		return "", "", false
	}
	for at := minHalf; at <= len(letters)-minHalf; at++ {
		left = string(words.Stem(slices.Clone(letters[:at])))
		right = string(words.Stem(slices.Clone(letters[at:])))
		if x.stands(left, visible) && x.stands(right, visible) {
			return left, right, true
		}
	}
	return "", "", false
}

func (x *wordIndex) stands(stem string, visible int) bool {
	at := x.termAt(stem)
	return at >= 0 && len(x.of(at, visible)) > 0
}
