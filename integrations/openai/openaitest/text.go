package openaitest

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The words of the fake are cut by rules of its own: it is to judge a search, not to share
// its faults.

// stopWords say nothing of what a text is about.
var stopWords = wordSet(`a an and are as at be but by can could do does for from had has have how i if in into is it
	its me my no not of on or our please so that the their them then there they this to us was we were what when where
	which who why will with would you your hello hi
	а без бы был была было были в вам вас весь во вот все вы где да для до его ее если есть еще же за здесь и из или им
	их к как ко когда кто ли мне мой мы на над не нет ни но о об он она они от по под почему при про с со так там то
	только тут ты у уже чего чем что чтобы это этот я здравствуйте пожалуйста
	або але б без би був була були було в вам вас ви від він вона вони всі ви де для до є же за з зі і із її їх й як яка
	який які коли кто ми мені мій на над не немає ні про під по при та так там те тільки ти то у хто це цей чи чого чому
	щоб що я добрий день будь ласка`)

func wordSet(list string) map[string]bool {
	set := map[string]bool{}
	for word := range strings.FieldsSeq(list) {
		set[word] = true
	}
	return set
}

// stems are the words of a text that say what it is about, without case and endings.
func stems(text string) []string {
	var all []string
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	for _, word := range words {
		word = strings.NewReplacer("ё", "е", "ґ", "г").Replace(word)
		if !stopWords[word] {
			all = append(all, stem(word))
		}
	}
	return all
}

// stem keeps five letters at most and takes vowels and the like off the end.
func stem(word string) string {
	if strings.ContainsFunc(word, unicode.IsDigit) {
		return word
	}
	letters := []rune(word)
	letters = letters[:min(5, len(letters))]
	for len(letters) > 3 && strings.ContainsRune("aeiouysаеёиоуыэюяьйіїє", letters[len(letters)-1]) {
		letters = letters[:len(letters)-1]
	}
	return string(letters)
}

func stemSet(text string) map[string]bool {
	set := map[string]bool{}
	for _, word := range stems(text) {
		set[word] = true
	}
	return set
}

// The lengths of a sentence that may be quoted, in letters.
const (
	minSentence = 12
	maxSentence = 400
)

var (
	// endOfSentence is a mark with white space after it, or a line's end.
	endOfSentence = regexp.MustCompile(`[.!?…]+["»”)]*[ \t\r]+|\n+`)
	bullet        = regexp.MustCompile(`^(?:[-*•–]|\d{1,2}[.)])\s+`)
)

// sentences are the parts of a text that may be quoted, as they stand in it.
func sentences(text string) []string {
	var all []string
	add := func(sentence string) {
		sentence = strings.TrimSpace(sentence)
		sentence = sentence[len(bullet.FindString(sentence)):]
		if n := utf8.RuneCountInString(sentence); n >= minSentence && n <= maxSentence {
			all = append(all, sentence)
		}
	}
	from := 0
	for _, end := range endOfSentence.FindAllStringIndex(text, -1) {
		add(text[from:end[1]])
		from = end[1]
	}
	add(text[from:])
	return all
}
