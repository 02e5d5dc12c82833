package knowledge

import "slices"

// trigrams finds words that sound like a misspelt one, by the three letters in a row that
// they share. The places are those in the list of sounds.
type trigrams map[[3]byte][]uint32

const (
	// minFuzzy is how many letters a word needs to be found in spite of an error.
	minFuzzy = 4
	// maxFuzzy is how long a word is compared; longer ones are no words.
	maxFuzzy = 40
	// longFuzzy is how many letters a word needs to have two errors.
	longFuzzy = 7
	// shareFuzzy is the least share of the trigrams that have to be the same.
	shareFuzzy = 0.3
)

func newTrigrams(sounds []sound) trigrams {
	t := make(trigrams)
	for i, s := range sounds {
		if fuzzy(s.key) {
			for _, g := range gramsOf(s.key) {
				t[g] = append(t[g], uint32(i))
			}
		}
	}
	return t
}

// fuzzy reports whether a word is long enough to be found by a part of it.
func fuzzy(key string) bool { return len(key) >= minFuzzy && len(key) <= maxFuzzy }

// gramsOf are the different trigrams of a word, its two ends included.
func gramsOf(key string) [][3]byte {
	padded := "  " + key + " "
	grams := make([][3]byte, 0, len(padded)-2)
	for i := range len(padded) - 2 {
		g := [3]byte([]byte(padded[i : i+3]))
		if !slices.Contains(grams, g) {
			grams = append(grams, g)
		}
	}
	return grams
}

// misspelt finds the words that differ from a key by one letter, or by two where it is
// long, and tells by how many.
func (x *wordIndex) misspelt(key string, yield func(term uint32, errors int)) {
	if !fuzzy(key) {
		return
	}
	grams := gramsOf(key)
	common := make(map[uint32]int)
	for _, g := range grams {
		for _, at := range x.trigrams[g] {
			common[at]++
		}
	}
	allowed := 1
	if len(key) >= longFuzzy {
		allowed = 2
	}
	for at, n := range common {
		other := x.sounds[at]
		if float64(2*n) < shareFuzzy*float64(len(grams)+len(other.key)+1) {
			continue
		}
		if d := distance(key, other.key, allowed); d <= allowed {
			yield(other.term, d)
		}
	}
}

// distance counts the letters to be changed, added, left out or swapped with the next to
// make one word of another; more than most is any number above it.
func distance(a, b string, most int) int {
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
