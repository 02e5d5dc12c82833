package knowledge

import (
	"slices"
	"unicode"
)

// trigrams finds words that look like a misspelt one, by the three letters in a row that
// they share.
type trigrams struct {
	terms map[[3]rune][]uint32
}

const (
	// minFuzzy is how many letters a word needs to be found in spite of an error.
	minFuzzy = 4
	// maxFuzzy is how long a word is compared; longer ones are no words.
	maxFuzzy = 40
	// shareFuzzy is the least share of the trigrams that have to be the same.
	shareFuzzy = 0.3
)

func newTrigrams(terms []string) trigrams {
	t := trigrams{terms: make(map[[3]rune][]uint32)}
	for i, term := range terms {
		if letters := []rune(term); fuzzy(letters) {
			for _, g := range gramsOf(letters) {
				t.terms[g] = append(t.terms[g], uint32(i)) //nolint:gosec // a place in a slice
			}
		}
	}
	return t
}

// fuzzy reports whether a word may be misspelt; codes and numbers may not.
func fuzzy(letters []rune) bool {
	return len(letters) >= minFuzzy && len(letters) <= maxFuzzy && !slices.ContainsFunc(letters, func(r rune) bool {
		return !unicode.IsLetter(r) || r >= 0x0e00
	})
}

// gramsOf are the different trigrams of a word, its two ends included.
func gramsOf(letters []rune) [][3]rune {
	padded := slices.Concat([]rune{0, 0}, letters, []rune{0})
	grams := make([][3]rune, 0, len(padded)-2)
	for i := range len(padded) - 2 {
		g := [3]rune(padded[i : i+3])
		if !slices.Contains(grams, g) {
			grams = append(grams, g)
		}
	}
	return grams
}

// like finds the terms that differ from a word by one letter, or by two where it is long.
// With errors is by how many.
func (t trigrams) like(word string, terms []string, yield func(term, errors int)) {
	letters := []rune(word)
	if !fuzzy(letters) {
		return
	}
	grams := gramsOf(letters)
	common := make(map[uint32]int)
	for _, g := range grams {
		for _, term := range t.terms[g] {
			common[term]++
		}
	}
	allowed := 1
	if len(letters) >= 7 {
		allowed = 2
	}
	for term, n := range common {
		other := []rune(terms[term])
		if float64(2*n) < shareFuzzy*float64(len(grams)+len(other)+1) {
			continue
		}
		if d := distance(letters, other, allowed); d <= allowed {
			yield(int(term), d)
		}
	}
}

// distance counts the letters to be changed, added, left out or swapped with the next to
// make one word of another; more than most is any number above it.
func distance(a, b []rune, most int) int {
	if d := len(a) - len(b); d > most || -d > most {
		return most + 1
	}
	rows := [3][]int{make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, last, now := rows[(i+1)%3], rows[(i+2)%3], rows[i%3]
		now[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			now[j] = min(last[j]+1, now[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				now[j] = min(now[j], before[j-2]+1)
			}
		}
	}
	return rows[len(a)%3][len(b)]
}
