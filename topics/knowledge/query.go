package knowledge

import (
	"cmp"
	"math"
	"slices"
	"unicode/utf8"
)

const (
	// maxQuery bounds what is searched for, in characters.
	maxQuery = 4000
	// maxWords is how many words of a question are searched: those that say most.
	maxWords = 48
	// maxVariants is how many words of the texts one word of a question may stand for.
	maxVariants = 24
	// maxScanned bounds the words that begin alike and are looked at for that.
	maxScanned = 4000
	// minPrefix is how many letters words have to begin with in common.
	minPrefix = 4
	// sharePrefix is the share of the longer word that they have to begin with in common,
	// where neither is the beginning of the other.
	sharePrefix = 0.7
	// What a word counts that is not the same: one with the same beginning, and one that
	// differs by an error.
	prefixWeight = 0.75
	errorWeight  = 0.7
)

// asked is a word of a question.
type asked struct {
	stem string
	// weight is what it tells: words that stand in few chunks tell more.
	weight   float64
	variants []variant
}

// variant is a word of the texts that an asked one may stand for.
type variant struct {
	term  int
	match float64 // up to 1
}

// ask makes the words of a question, those that say most first.
func (x *wordIndex) ask(text string, visible int) []asked {
	var list []asked
	seen := make(map[string]bool)
	eachTerm(cutLetters(text, maxQuery), maxQuery, func(stem string) {
		if seen[stem] {
			return
		}
		seen[stem] = true
		a := asked{stem: stem, variants: x.variants(stem, visible)}
		a.weight = x.telling(a, visible)
		list = append(list, a)
	})
	slices.SortStableFunc(list, func(a, b asked) int { return cmp.Compare(b.weight, a.weight) })
	return list[:min(len(list), maxWords)]
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

// telling is the inverse document frequency of a word, or of the closest ones that stand
// for it. One that stands nowhere is as rare as one that stands in a single chunk.
func (x *wordIndex) telling(a asked, visible int) float64 {
	chunks := 1
	if len(a.variants) > 0 {
		chunks = len(x.of(a.variants[0].term, visible))
		for _, v := range a.variants[1:] {
			if v.match == 1 {
				break
			}
			chunks = max(chunks, len(x.of(v.term, visible)))
		}
	}
	return math.Log(1 + (float64(visible-min(chunks, visible))+0.5)/(float64(chunks)+0.5))
}

// variants finds the words of the visible texts that a word may stand for, the closest
// first: itself, those that begin like it, and if there are none those that differ by an
// error.
func (x *wordIndex) variants(stem string, visible int) []variant {
	var list []variant
	add := func(term int, match float64) {
		if len(x.of(term, visible)) > 0 {
			list = append(list, variant{term, match})
		}
	}
	if at := x.termAt(stem); at >= 0 {
		add(at, 1)
	}
	x.alike(stem, add)
	if len(list) == 0 {
		x.trigrams.like(stem, x.terms, func(term, errors int) {
			add(term, math.Pow(errorWeight, float64(errors)))
		})
	}
	slices.SortFunc(list, func(a, b variant) int {
		return cmp.Or(cmp.Compare(b.match, a.match), cmp.Compare(a.term, b.term))
	})
	return list[:min(len(list), maxVariants)]
}

// alike finds words that begin like another one: longer and shorter ones, and those that
// differ in their last letters, as derived words do.
func (x *wordIndex) alike(stem string, yield func(term int, match float64)) {
	letters := []rune(stem)
	if !fuzzy(letters) {
		return
	}
	begin := string(letters[:max(minPrefix, int(math.Ceil(sharePrefix*float64(len(letters)))))])
	scanned := 0
	compare := func(term int) {
		other := x.terms[term]
		if other == stem {
			return
		}
		n, length := shared(stem, other), utf8.RuneCountInString(other)
		longer := max(len(letters), length)
		if n < minPrefix || n < min(len(letters), length) && float64(n) < sharePrefix*float64(longer) {
			return
		}
		yield(term, prefixWeight*float64(n)/float64(longer))
	}
	x.beginning(begin, func(term int) bool {
		scanned++
		compare(term)
		return scanned < maxScanned
	})
	for n := minPrefix; n < utf8.RuneCountInString(begin); n++ {
		if term := x.termAt(string(letters[:n])); term >= 0 {
			compare(term)
		}
	}
}
