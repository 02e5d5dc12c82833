package knowledge

import (
	"cmp"
	"math"
	"slices"
	"unicode"
	"unicode/utf8"
)

const (
	// maxVariants is how many words of the texts one word of a question may stand for.
	maxVariants = 24
	// maxScanned bounds the words that begin or end alike and are looked at for that.
	maxScanned = 2000
	// minShared is how many letters words have to have in common.
	minShared = 4
	// sharedPrefix is the share of the longer word that they have to begin with in common,
	// where neither is the beginning of the other.
	sharedPrefix = 0.7
	// maxBefore is how many letters may stand before a short word that ends alike.
	maxBefore = 3
	// minSound is how many letters a word needs to be found in another script.
	minSound = 3
	// What a word counts that is not the same: one that begins or ends alike (of which the
	// share in common counts), one that sounds the same in another script, and one with an
	// error.
	prefixWeight = 0.85
	suffixWeight = 0.75
	soundWeight  = 0.85
	errorWeight  = 0.75
)

// variant is a word of the texts that one of a question may stand for.
type variant struct {
	term  int
	match float64 // up to 1
}

// variants finds the words of the visible texts that a word may stand for, the closest
// first: itself, those that begin or end like it, those that sound like it in another
// script; and if there are none, those that differ by an error.
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
	if letters := []rune(stem); len(letters) >= minShared && !slices.ContainsFunc(letters, unicode.IsDigit) {
		x.beginAlike(stem, letters, add)
		x.endAlike(stem, letters, add)
	}
	key := soundOf([]rune(stem))
	x.otherScript(stem, key, add)
	if len(list) == 0 {
		x.misspelt(key, func(term uint32, errors int) {
			add(int(term), soundWeight*math.Pow(errorWeight, float64(errors)))
		})
	}
	slices.SortFunc(list, func(a, b variant) int {
		return cmp.Or(cmp.Compare(b.match, a.match), cmp.Compare(a.term, b.term))
	})
	return list[:min(len(list), maxVariants)]
}

// beginAlike finds longer and shorter words with the same beginning, and those that differ
// in their last letters, as derived words do.
func (x *wordIndex) beginAlike(stem string, letters []rune, yield func(term int, match float64)) {
	begin := max(minShared, int(math.Ceil(sharedPrefix*float64(len(letters)))))
	compare := func(term int) {
		other := x.terms[term]
		n, length := shared(stem, other), utf8.RuneCountInString(other)
		longer := float64(max(len(letters), length))
		if other != stem && (n == min(len(letters), length) || float64(n) >= sharedPrefix*longer) {
			yield(term, prefixWeight*float64(n)/longer)
		}
	}
	x.beginning(string(letters[:begin]), compare)
	for n := minShared; n < begin; n++ {
		if term := x.termAt(string(letters[:n])); term >= 0 {
			compare(term)
		}
	}
}

// endAlike finds words that differ in what stands before them: перенести and нести,
// subdomain and domain.
func (x *wordIndex) endAlike(stem string, letters []rune, yield func(term int, match float64)) {
	compare := func(term, length int) {
		shorter, longer := min(len(letters), length), max(len(letters), length)
		if shorter >= minShared && shorter < longer && (longer-shorter <= maxBefore || shorter > minShared) {
			yield(term, suffixWeight*float64(shorter)/float64(longer))
		}
	}
	for n := 1; n <= len(letters)-minShared; n++ {
		if term := x.termAt(string(letters[n:])); term >= 0 {
			compare(term, len(letters)-n)
		}
	}
	x.backwards.each(reversed(stem), func(s sound) {
		compare(int(s.term), utf8.RuneCountInString(s.key))
	})
}

// otherScript finds words that sound the same in Latin and in Cyrillic letters, and those
// that begin so.
func (x *wordIndex) otherScript(stem, key string, yield func(term int, match float64)) {
	if len(key) < minSound {
		return
	}
	x.sounds.each(key, func(s sound) {
		switch {
		case sameScript(stem, x.terms[s.term]):
		case s.key == key:
			yield(int(s.term), soundWeight)
		case len(key) >= minShared:
			yield(int(s.term), soundWeight*prefixWeight*float64(len(key))/float64(len(s.key)))
		}
	})
}
