package words

import (
	"slices"
	"strings"
	"unicode"
)

// Stem takes the ending off a word of English, Russian or Ukrainian, so that its other
// forms are found. It is coarse on purpose: it has to give the same for the forms of one
// word, and need not give a word. Words with digits, and those too short to have an
// ending, stay as they are, so that they match exactly. The word is one of Of; what is given
// is not empty, and may share the word's memory.
func Stem(word []rune) []rune {
	cyrillic, latin := false, false
	for _, r := range word {
		switch {
		case unicode.IsDigit(r):
			return word
		case r >= 'а' && r <= 'џ':
			cyrillic = true
		case r >= 'a' && r <= 'z':
			latin = true
		default:
			return word
		}
	}
	switch {
	case cyrillic && !latin:
		return stemCyrillic(word)
	case latin && !cyrillic:
		return []rune(stemEnglish(string(word)))
	}
	return word
}

// ending is one that comes off a word, if as many letters stay as it says.
type ending struct {
	letters []rune
	keep    int
}

// cyrillicEndings are those of Russian and Ukrainian by their last letter. They are taken
// off until none is left: then it does not matter that a word's own last letters look like
// an ending, as all its forms lose them.
var cyrillicEndings = func(byKeep map[int]string) map[rune][]ending {
	endings := make(map[rune][]ending)
	for keep, list := range byKeep {
		for text := range strings.FieldsSeq(list) {
			letters := []rune(text)
			last := letters[len(letters)-1]
			endings[last] = append(endings[last], ending{letters, keep})
		}
	}
	return endings
}(map[int]string{
	3: `иями ьями ість ости ості остей остью остям
		ами ями ыми ими ого его ому ему иям ием иях ьях ией ьям ьем ть ся сь
		ий ый ой ей ая яя ое ее ые ие ую юю ою ею ия ии ию ья ье ью ьи ія ії ію ій
		ам ям ах ях ом ов ев ів ым ых их іх їх їв ові еві ої
		а е и і ї й о у ю я ы є э ь ъ`,
	4: `ем им ен ок ек ал ил ыл ив ит іт ат ят ет ут ют`,
})

func stemCyrillic(word []rune) []rune {
	for {
		n := cyrillicEnding(word)
		if n == 0 {
			return word
		}
		word = word[:len(word)-n]
	}
}

// cyrillicEnding is how many letters come off in one step, the longest ending first.
func cyrillicEnding(word []rune) int {
	longest := 0
	n := len(word)
	if n == 0 {
		return 0
	}
	for _, e := range cyrillicEndings[word[n-1]] {
		if len(e.letters) > longest && n-len(e.letters) >= e.keep && hasSuffix(word, e.letters) {
			longest = len(e.letters)
		}
	}
	switch {
	case longest > 0:
		return longest
	case n > 3 && word[n-1] == word[n-2]:
		return 1 // программ, замовленн
	case n > 4 && (word[n-1] == 'к' || word[n-1] == 'н') && !isCyrillicVowel(word[n-2]):
		return 1 // ссылк(а) as ссылок, тарифн(ый) as тариф
	}
	return 0
}

func hasSuffix(word, suffix []rune) bool {
	return len(word) >= len(suffix) && slices.Equal(word[len(word)-len(suffix):], suffix)
}

func isCyrillicVowel(r rune) bool { return strings.ContainsRune("аеиіїоуюяыєэ", r) }

// stemEnglish takes off the plural, -ing, -ed and the final letters that change with them.
func stemEnglish(word string) string {
	cut := func(ending string) bool {
		rest, ok := strings.CutSuffix(word, ending)
		if !ok || len(rest) < 3 || !strings.ContainsAny(rest, "aeiouy") {
			return false
		}
		word = rest
		return true
	}
	if strings.HasSuffix(word, "ies") && cut("es") {
		return word
	}
	if !strings.HasSuffix(word, "ss") && !strings.HasSuffix(word, "us") && !strings.HasSuffix(word, "is") {
		cut("s")
	}
	if !cut("ing") && !cut("ed") {
		cut("e")
	}
	n := len(word)
	switch {
	case n > 3 && word[n-1] == word[n-2]:
		word = word[:n-1]
	case n > 3 && word[n-1] == 'y':
		word = word[:n-1] + "i"
	}
	return word
}
