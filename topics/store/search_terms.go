package store

import (
	"hash/fnv"
	"strings"

	"topicpilot/topics"
	"topicpilot/topics/words"
)

const (
	// maxTerms is how many words of a message are searched; Telegram's longest has 2048.
	maxTerms = 8000
	// maxQuery bounds what is searched for, in bytes and in words.
	maxQuery      = 512
	maxQueryTerms = 16
	// termLetters make 2·10¹¹ different terms.
	termLetters = 8
)

// term is what stands in the index for a word: letters a–z made of a hash. So the index
// holds no text of anybody, and nothing typed can be syntax of an engine.
func term(word string) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(word))
	n := h.Sum64()
	n ^= n >> 32
	n *= 0xd6e8feb86659fd93
	n ^= n >> 32
	var letters [termLetters]byte
	for i := range letters {
		letters[i] = 'a' + byte(n%26)
		n /= 26
	}
	return string(letters[:])
}

// The terms of where a message stands. No word has such a sign.
func groupTerm(chatID int64) string { return term("\x00" + topics.Conversation{ChatID: chatID}.Lane()) }

func topicTerm(conv topics.Conversation) string { return term("\x01" + conv.Lane()) }

// spot is a term and the bytes of the text for which it stands.
type spot struct {
	term     string
	from, to int
}

// spotted are the terms of a text: its words in their order, and the numbers that are
// written in several groups of digits.
type spotted struct{ words, numbers []spot }

// spotsOf finds the terms of a text.
func spotsOf(text string, limit int) spotted {
	read := words.Of(text, limit)
	found := spotted{words: make([]spot, len(read))}
	for i, w := range read {
		found.words[i] = spot{term(string(words.Stem(w.Letters))), w.From, w.To}
	}
	for i := 0; i < len(read); {
		n := digitGroups(text, read[i:])
		if n == 0 {
			i++
			continue
		}
		for _, t := range numberTerms(digitsOf(read[i : i+n])) {
			found.numbers = append(found.numbers, spot{t, read[i].From, read[i+n-1].To})
		}
		i += n
	}
	return found
}

// digitGroups is how many words from the first on make one number: digits with nothing
// between them but the signs that people put into telephone numbers.
func digitGroups(text string, read []words.Word) int {
	n := 0
	for n < len(read) && isNumber(read[n].Letters) {
		if n > 0 {
			between := text[read[n-1].To:read[n].From]
			if len(between) > 4 || strings.Trim(between, " \u00a0-–().") != "" {
				break
			}
		}
		n++
	}
	return n
}

func isNumber(letters []rune) bool {
	for _, r := range letters {
		if r < '0' || r > '9' {
			return false
		}
	}
	return true
}

func digitsOf(read []words.Word) string {
	var digits strings.Builder
	for _, w := range read {
		digits.WriteString(string(w.Letters))
	}
	return digits.String()
}

// numberTerms let a telephone number be found however it is grouped, and with or without
// the country's code: by its last nine digits, or its last seven.
func numberTerms(digits string) []string {
	if len(digits) < 7 || len(digits) > 15 {
		return nil
	}
	terms := []string{term("\x02" + digits[len(digits)-7:])}
	if len(digits) >= 9 {
		terms = append(terms, term("\x02"+digits[len(digits)-9:]))
	}
	return terms
}

// searchedTexts are the texts of a message in which it is found.
func searchedTexts(text string, media []topics.Media) []string {
	texts := []string{text}
	for _, m := range media {
		texts = append(texts, m.FileName, m.Note)
	}
	return texts
}

// termsOf are the terms of a message, "" if there is no word to be found.
func termsOf(conv topics.Conversation, texts []string) string {
	var words, numbers []string
	for _, text := range texts {
		found := spotsOf(text, maxTerms-len(words))
		for _, w := range found.words {
			words = append(words, w.term)
		}
		for _, n := range found.numbers {
			numbers = append(numbers, n.term)
		}
	}
	if len(words) == 0 {
		return ""
	}
	all := append([]string{groupTerm(conv.ChatID), topicTerm(conv)}, words...)
	return strings.Join(append(all, numbers...), " ")
}
