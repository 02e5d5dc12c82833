package knowledge

import (
	"slices"
	"strings"
)

// sound is another form of a word of the texts, by which it is found.
type sound struct {
	key  string
	term uint32
}

// sounds are sorted by their keys.
type sounds []sound

// newSounds lists the words that have a key.
func newSounds(terms []string, keyOf func(term string) string) sounds {
	var list sounds
	for i, term := range terms {
		if key := keyOf(term); key != "" {
			list = append(list, sound{key, uint32(i)})
		}
	}
	slices.SortStableFunc(list, func(a, b sound) int { return strings.Compare(a.key, b.key) })
	return list
}

// each calls yield with those whose key begins with some letters; not with too many.
func (l sounds) each(begin string, yield func(s sound)) {
	at, _ := slices.BinarySearchFunc(l, begin, func(s sound, key string) int { return strings.Compare(s.key, key) })
	for n := 0; n < maxScanned && at < len(l) && strings.HasPrefix(l[at].key, begin); n++ {
		yield(l[at])
		at++
	}
}

func reversed(word string) string {
	letters := []rune(word)
	slices.Reverse(letters)
	return string(letters)
}

// soundOf writes a word of Latin or Cyrillic letters as it may be heard, in plain letters,
// so that names are found in either writing: хостинг and hosting, впс and VPS, вордпресс
// and WordPress. It is "" for other scripts and for what has digits.
func soundOf(word []rune) string {
	var out []byte
	for i, r := range word {
		part, ok := cyrillicSound(r)
		if !ok {
			part, ok = latinSound(word, i)
		}
		if !ok {
			return ""
		}
		for j := range len(part) {
			if n := len(out); n == 0 || out[n-1] != part[j] { // a letter is heard once
				out = append(out, part[j])
			}
		}
	}
	return string(out)
}

func cyrillicSound(r rune) (string, bool) {
	const first = 'а'
	sounds := [...]string{
		"a", "b", "v", "g", "d", "e", "j", "z", "i", "i", "k", "l", "m", "n", "o", "p", "r", "s", "t", "u", "f", "h",
		"ts", "ch", "sh", "sh", "", "i", "", "e", "iu", "ia",
	}
	switch {
	case r >= first && int(r-first) < len(sounds):
		return sounds[r-first], true
	case r == 'і' || r == 'ї':
		return "i", true
	case r == 'є':
		return "e", true
	}
	return "", false
}

// latinSound is the sound of one letter in its word, "" where the letter before has it.
func latinSound(word []rune, i int) (string, bool) {
	next := func(letters string) bool { return i+1 < len(word) && strings.ContainsRune(letters, word[i+1]) }
	after := func(r rune) bool { return i > 0 && word[i-1] == r }
	r := word[i]
	switch {
	case r < 'a' || r > 'z':
		return "", false
	case r == 'c' && next("h"):
		return "c", true
	case r == 'c' && next("eiy"):
		return "s", true
	case r == 'c' || r == 'q':
		return "k", true
	case r == 'p' && next("h"):
		return "f", true
	case r == 'h' && (after('p') || after('t')):
		return "", true
	case r == 'z' && next("h"):
		return "j", true
	case r == 'h' && after('z'):
		return "", true
	case r == 'o' && next("o"), r == 'o' && after('o'):
		return "u", true
	case r == 'e' && next("ea"), (r == 'e' || r == 'a') && after('e'):
		return "i", true
	case r == 'w':
		return "v", true
	case r == 'y':
		return "i", true
	case r == 'x':
		return "ks", true
	case r == 'j':
		return "dj", true
	}
	return string(r), true
}

// sameScript reports whether both words are written in Latin letters, or both are not.
func sameScript(a, b string) bool { return a[0] < 0x80 == (b[0] < 0x80) }
