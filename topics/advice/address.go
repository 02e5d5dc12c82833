package advice

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Addressed reports whether a text begins with one of the words that address the advisor,
// and gives what is asked: "AI, how…" is "how…". A word counts whole, in any case.
func Addressed(text string, call []string) (question string, ok bool) {
	text = strings.TrimLeftFunc(text, func(r rune) bool { return unicode.IsSpace(r) || foldRune(r) < 0 })
	longest := -1
	for _, word := range call {
		word = strings.TrimSpace(word)
		if rest, begins := cutWord(text, word); begins && len(word) > longest {
			longest, question = len(word), rest
		}
	}
	if longest < 0 {
		return "", false
	}
	return strings.TrimFunc(question, func(r rune) bool {
		return unicode.IsSpace(r) || foldRune(r) < 0
	}), true
}

// cutWord takes a word off, and the signs that part it from what follows.
func cutWord(text, word string) (rest string, ok bool) {
	at := 0
	for range utf8.RuneCountInString(word) {
		_, size := utf8.DecodeRuneInString(text[at:])
		at += size
	}
	if word == "" || !strings.EqualFold(text[:at], word) {
		return "", false
	}
	rest = text[at:]
	first, size := utf8.DecodeRuneInString(rest)
	after, _ := utf8.DecodeRuneInString(rest[size:])
	switch {
	case rest == "", unicode.IsSpace(first):
	case strings.ContainsRune(",:;!?…—–", first):
	case strings.ContainsRune("-.", first) && !isWordRune(after): // not "ai-made", "ai.example"
	default:
		return "", false
	}
	return strings.TrimLeftFunc(rest, func(r rune) bool {
		return unicode.IsSpace(r) || strings.ContainsRune(",:;!?….-—–", r)
	}), true
}

func isWordRune(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_')
}
