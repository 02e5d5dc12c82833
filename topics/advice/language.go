package advice

import (
	"slices"
	"strings"
	"unicode"

	"topicpilot/topics/words"
)

// The languages that are told apart by their words; others go by their script.
const (
	english   = "en"
	russian   = "ru"
	ukrainian = "uk"
)

// script is a way of writing.
type script int

// The scripts that matter here; all others are one.
const (
	noScript script = iota
	latin
	cyrillic
	otherScript
)

// scriptOf is the script of most letters.
func scriptOf(texts ...string) script {
	var count [otherScript + 1]int
	for _, text := range texts {
		for _, r := range text {
			switch {
			case !unicode.IsLetter(r):
			case unicode.Is(unicode.Latin, r):
				count[latin]++
			case unicode.Is(unicode.Cyrillic, r):
				count[cyrillic]++
			default:
				count[otherScript]++
			}
		}
	}
	best := noScript
	for s, n := range count {
		if n > count[best] {
			best = script(s)
		}
	}
	return best
}

// latinLanguages are those of Telegram's languages that are written in Latin letters.
var latinLanguages = strings.Fields(`en de fr es it pt pl cs sk nl sv no nb da fi et lv lt ro hu hr sl sq tr az uz
	id ms vi ca eu gl ga is mt af sw tl bs`)

// cyrillicLanguages are those written in Cyrillic letters besides Russian and Ukrainian.
var cyrillicLanguages = strings.Fields("be bg sr mk kk ky tg mn")

// byScript are the languages of scripts that belong to one.
var byScript = []struct {
	table *unicode.RangeTable
	code  string
}{
	{unicode.Hiragana, "ja"},
	{unicode.Katakana, "ja"},
	{unicode.Hangul, "ko"},
	{unicode.Han, "zh"},
	{unicode.Arabic, "ar"},
	{unicode.Hebrew, "he"},
	{unicode.Greek, "el"},
	{unicode.Georgian, "ka"},
	{unicode.Armenian, "hy"},
	{unicode.Thai, "th"},
	{unicode.Devanagari, "hi"},
}

// LanguageOf is the language of the first of the texts that tells it, as BCP 47; "" where
// none does. card is the language of the customer's Telegram, "" for none.
func LanguageOf(card string, texts ...string) string {
	card, _, _ = strings.Cut(strings.ToLower(card), "-")
	for _, text := range texts {
		switch scriptOf(text) {
		case latin:
			if slices.Contains(latinLanguages, card) && !isEnglish(text) {
				return card
			}
			return english
		case cyrillic:
			return cyrillicOf(text, card)
		case otherScript:
			for _, s := range byScript {
				if strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(s.table, r) }) {
					return s.code
				}
			}
			return card
		case noScript:
		}
	}
	return ""
}

// Words that are common in one of the languages and none in the other, or that people write
// alone; as words.Of gives them.
var (
	commonEnglish = fieldSet(`the is are my how what why where when can cannot you your and not to do does please it
		have of for with this that from`)
	commonRussian = fieldSet(`привет здравствуйте здравствуй спасибо пожалуйста как что где когда почему или если не
		нет есть мне меня только нужно можно сколько какой какая какие добрый день дня вечер подскажите скажите и
		помогите работает хочу могу оплата домен почта и с из от для без сайта
		кто кто-то уже еще чтобы очень сегодня вчера мой мое все`)
	commonUkrainian = fieldSet(`привіт вітаю дякую будь ласка як що де коли чому або якщо ні мені мене лише треба
		потрібно скільки який яка які добрий підкажіть скажіть допоможіть працює хочу можу з із зі від для без та й
		оплата домен пошта сайту доброго дня можна хто
		хтось вже ще щоб дуже сьогодні вчора мій моє все`)
)

func fieldSet(list string) map[string]bool {
	set := map[string]bool{}
	for _, w := range words.Of(list, len(list)) {
		set[string(w.Letters)] = true
	}
	return set
}

func isEnglish(text string) bool {
	hits, all := 0, 0
	for _, w := range words.Of(text, 60) {
		all++
		if commonEnglish[string(w.Letters)] {
			hits++
		}
	}
	return hits*5 >= all && hits > 0
}

// cyrillicOf goes by the letters that only one of the two languages has, then by words.
func cyrillicOf(text, card string) string {
	ru, uk := 0, 0
	for _, r := range strings.ToLower(text) {
		switch r {
		case 'ы', 'э', 'ё', 'ъ':
			ru++
		case 'і', 'ї', 'є', 'ґ':
			uk++
		}
	}
	if ru == uk {
		for _, w := range words.Of(text, 200) {
			word := string(w.Letters)
			if commonRussian[word] && !commonUkrainian[word] {
				ru++
			}
			if commonUkrainian[word] && !commonRussian[word] {
				uk++
			}
		}
	}
	switch {
	case ru > uk:
		return russian
	case uk > ru, card == ukrainian:
		return ukrainian
	case slices.Contains(cyrillicLanguages, card):
		return card
	}
	return russian
}
