package mask

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxNames bounds how many names are known; a topic has few people.
const maxNames = 5000

// names finds people's names in a text.
type names struct {
	// known are the names by the beginning of their first word.
	known map[string][]name
	count int
}

// name is a row of words as bare gives them. stems are the words without the ending that
// changes from case to case, "" where a word has none.
type name struct {
	words, stems []string
	// short is the name itself, for one so short that it has to be written as it is.
	short string
}

// add learns a name; with each, its longer words count as names too.
func (n *names) add(s string, each bool) {
	s = fold(s, false).text
	words := wordsOf(s)
	if len(words) == 0 {
		return
	}
	row := make([]string, 0, len(words))
	for _, w := range words {
		row = append(row, s[w.from:w.to])
	}
	n.put(row)
	if !each || len(row) == 1 {
		return
	}
	for _, w := range row {
		if utf8.RuneCountInString(w) >= 3 {
			n.put([]string{w})
		}
	}
}

func (n *names) put(row []string) {
	whole := strings.Join(row, " ")
	if n.count >= maxNames || utf8.RuneCountInString(whole) < 2 || onlyDigits(whole) == whole {
		return
	}
	var one name
	for _, w := range row {
		if w = bare(w); w == "" {
			return
		}
		one.words, one.stems = append(one.words, w), append(one.stems, stem(w))
	}
	if utf8.RuneCountInString(whole) < 3 {
		one.short = whole
	}
	key := keyOf(one.words[0])
	for _, there := range n.known[key] {
		if strings.Join(there.words, " ") == strings.Join(one.words, " ") {
			return
		}
	}
	n.known[key] = append(n.known[key], one)
	n.count++
}

// in finds the names in a folded text, the longest from each word.
func (n *names) in(text string) []Secret {
	if n.count == 0 {
		return nil
	}
	var list []Secret
	words := wordsOf(text)
	for i := 0; i < len(words); {
		size := 0
		for _, known := range n.known[keyOf(bare(text[words[i].from:words[i].to]))] {
			if len(known.words) > size && known.stands(text, words[i:]) {
				size = len(known.words)
			}
		}
		if size == 0 {
			i++
			continue
		}
		from := words[i].from
		if from > 0 && text[from-1] == '@' {
			from--
		}
		list = append(list, Secret{from, words[i+size-1].to, Name})
		i += size
	}
	return list
}

// stands reports whether the name begins with the first of the words.
func (n name) stands(text string, words []group) bool {
	if len(n.words) > len(words) {
		return false
	}
	for i, wanted := range n.words {
		if i > 0 && strings.Trim(text[words[i-1].to:words[i].from], " -.'’ʼ\n") != "" {
			return false
		}
		word := text[words[i].from:words[i].to]
		if n.short != "" && word != n.short {
			return false
		}
		if lower := bare(word); lower != wanted && !declined(word, lower, n.stems[i]) {
			return false
		}
	}
	return true
}

// declined reports whether the word is the stem with the ending of another case, as in
// Russian and Ukrainian: names are declined there, and written with a capital.
func declined(word, lower, stem string) bool {
	if stem == "" {
		return false
	}
	first, _ := utf8.DecodeRuneInString(word)
	ending, ok := strings.CutPrefix(lower, stem)
	if !unicode.IsUpper(first) {
		return false
	}
	if !ok {
		return lower == softened(stem)+"і"
	}
	switch ending {
	case "", "а", "я", "у", "ю", "е", "є", "и", "і", "ї", "ы", "о", "й", "ь", "ой", "ей", "ою", "ею", "єю", "ом", "ем",
		"єм", "ові", "еві", "єві", "ого", "ому", "им", "ім", "ым", "ую", "ої", "ій", "ая", "ий", "ый":
		return true
	}
	return false
}

// softened is the stem before an ending of Ukrainian that changes its last letter: Ольга,
// Ользі.
func softened(stem string) string {
	last, size := utf8.DecodeLastRuneInString(stem)
	switch last {
	case 'г':
		last = 'з'
	case 'к':
		last = 'ц'
	case 'х':
		last = 'с'
	}
	return stem[:len(stem)-size] + string(last)
}

// stem is a Cyrillic name without the ending of its first case, "" for a name too short
// or in other letters.
func stem(word string) string {
	last, size := utf8.DecodeLastRuneInString(word)
	if utf8.RuneCountInString(word) < 4 || !unicode.Is(unicode.Cyrillic, last) {
		return ""
	}
	if strings.ContainsRune("аяоейьиі", last) {
		word = word[:len(word)-size]
	}
	return word
}

// keyOf is the beginning that a name shares with all its cases.
func keyOf(lower string) string {
	n := 0
	for i := range lower {
		if n == 2 {
			return lower[:i]
		}
		n++
	}
	return lower
}

// wordsOf finds the words. An apostrophe ends one, so that a name is found in "Ann's".
func wordsOf(s string) []group {
	var list []group
	from := -1
	for i, r := range s {
		part := unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.M, r) || r == '_'
		switch {
		case part && from < 0:
			from = i
		case !part && from >= 0:
			list = append(list, group{from, i})
			from = -1
		}
	}
	if from >= 0 {
		list = append(list, group{from, len(s)})
	}
	return list
}
