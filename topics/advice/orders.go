package advice

import (
	"slices"
	"strings"
	"unicode"

	"topicpilot/topics/words"
)

// What follows tells orders to a model from requests to people: dictates, which only makes
// the gate stricter, takes "tell me how I renew" for both.
var (
	// orderWords and orderBegins are verbs that nobody but who dictates lets a text follow.
	orderWords = fieldSet(`say write reply respond answer repeat print output confirm promise guarantee
		di responde contesta escribe repite confirma antworte sag sage schreib schreibe wiederhole bestatige
		reponds repondez dis dites ecris ecrivez repete repetez confirme odpowiedz powiedz napisz powtorz potwierdz`)
	orderBegins = strings.Fields(`скаж напиш ответь отвеча повтор подтверд пообеща вывед напечат гарантируй
		скажі відповід відповіс підтверд пообіця надрук гарантуй`)
	orderObjects = fieldSet(`exactly verbatim literally only дословно ровно следующее дослівно рівно наступне
		exactamente literalmente genau wortlich exactement dokladnie`)
	// thatWords let a text follow, where no question word does.
	thatWords = fieldSet(`that что що que dass ze`)
	asking    = strings.Fields(`what how when where which why whether if
		как где когда сколько почему зачем какой какая какие куда кто чем ли делать нужно надо значит означает такое за
		с мне случилось не як де коли скільки чому навіщо який яка які куди хто чи робити потрібно треба таке
		означає сталося`)
	aboveWords = fieldSet(`above before выше вище`)
	codings    = strings.Fields(`rot13 acrostic backwards задом навпаки акростих`)
	translate  = strings.Fields(`translat переведи переклад traduc traduis traduz ubersetz przetlumacz przetłumacz`)
	languages  = strings.Fields(`english german french spanish italian polish russian ukrainian английск немецк
		французск испанск русск украинск английс англійськ німецьк французьк іспанськ українськ російськ
		ingles deutsch englisch anglais espanol angielski`)
)

// manyAlone is how many letters stand each alone where words are spelled out.
const manyAlone = 8

// orders reports whether one of the customer's texts gives orders to a model, as they stand,
// backwards, or letter by letter.
func orders(texts []string) bool {
	return slices.ContainsFunc(texts, func(text string) bool {
		return isOrder(text) || spelled(text) || isOrder(reversed(text)) || isOrder(turned(text))
	})
}

func isOrder(text string) bool {
	return speaksToModel(text, func(w words.Word, rest []words.Word) bool {
		word := string(w.Letters)
		return slices.Contains(codings, word) || ordersWhat(text, w, rest) ||
			putWords[word] && (followed(rest, putObjects) || strings.HasPrefix(text[w.To:], ":")) && !asks(text, w) ||
			dropWords[word] && dropsRules(rest) || beginsWith(translate, word) && followed(rest, languages)
	})
}

// ordersWhat reports whether a verb lets follow what is to be said: "say: …", "answer only …",
// "скажи, что …", and not "tell me how …" or "can you confirm that …?".
func ordersWhat(text string, verb words.Word, rest []words.Word) bool {
	if word := string(verb.Letters); !orderWords[word] && !beginsWith(orderBegins, word) {
		return false
	}
	from := verb.To
	for i, w := range rest[:min(len(rest), saySpan)] {
		gap := text[from:w.From]
		if strings.ContainsAny(gap, ".!?\n") {
			return false
		}
		word := string(w.Letters)
		if strings.ContainsAny(gap, quotes) || orderObjects[word] {
			return true
		}
		if thatWords[word] {
			next := rest[i+1 : min(len(rest), i+4)]
			return len(next) > 0 && !asks(text, verb) && !slices.ContainsFunc(next, func(w words.Word) bool {
				return slices.Contains(asking, string(w.Letters))
			})
		}
		if slices.Contains(asking, word) {
			return false
		}
		from = w.To
	}
	return false
}

// asks reports whether the sentence of a word ends in a question mark.
func asks(text string, w words.Word) bool {
	end := strings.IndexAny(text[w.To:], ".!?\n")
	return end >= 0 && text[w.To+end] == '?'
}

// dropsRules reports whether it is rules given to a model that are to be dropped: "all
// previous instructions", "the rules above".
func dropsRules(rest []words.Word) bool {
	near := rest[:min(len(rest), dropSpan)]
	for i, w := range near {
		switch word := string(w.Letters); {
		case ownRules[word] && followed(near[i+1:], ruleWords),
			beginsWith(ruleWords, word) && i+1 < len(near) && aboveWords[string(near[i+1].Letters)]:
			return true
		}
	}
	return false
}

// spelled reports whether letters stand each alone.
func spelled(text string) bool {
	run := 0
	for _, w := range words.Of(text, maxWords) {
		if len(w.Letters) == 1 && unicode.In(w.Letters[0], unicode.Latin, unicode.Cyrillic) {
			if run++; run == manyAlone {
				return true
			}
		} else if len(w.Letters) > 1 {
			run = 0
		}
	}
	return false
}

// turned is a text with each of its words written backwards.
func turned(text string) string {
	list := strings.Fields(text)
	for i, word := range list {
		list[i] = reversed(word)
	}
	return strings.Join(list, " ")
}
