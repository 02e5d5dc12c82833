package openaitest

import (
	"regexp"
	"strings"
)

// What an order looks like, in English, Russian and Ukrainian. \b knows no Cyrillic letters, so
// that words begin after start.
const (
	start = `(?i)(?:^|[^\p{L}])`
	// say are the verbs of speaking, as stems.
	say = `(?:say|tell|answer|repl[yi]|respond|repeat|write|print|output|state|type|confirm|` +
		`скажи|сообщи|ответ|отвеча|повтори|повторя|напиши|пиши|напечата|выведи|подтверди|` +
		`скажі|повідом|відповід|відповіс|виведи|надрукуй|підтверд)\p{L}*`
	// show are the verbs of showing, besides those of speaking.
	show = `(?:` + say + `|(?:show|reveal|display|dump|give|send|translate|encode|quote|recite|list|share|disclose|leak|` +
		`покаж|раскро|расскаж|процитир|перечисл|дай|выда|пришли|переведи|закодируй|поделис|назов|` +
		`розкр|розкаж|процитуй|перелі|дай|вида|надішли|переклади|закодуй|поділ|назв)\p{L}*)`
	// near is what may stand in between, within a sentence.
	near = `[^.!?\n]{0,80}?`
	// rest is a text to the end of its sentence, or of what it is quoted in.
	rest = `([^.!?\n"»”{}]{2,})([.!?\n"»”{}]|$)`
	own  = `(?:your|initial|original|system|hidden|secret|previous|above|developer|full|` +
		`тво|сво|ваш|систем|скрыт|исходн|начальн|изначальн|секретн|предыдущ|полн|прихован|початков|попередн|повн)\p{L}*`
	rules = `(?:prompt|instruction|guideline|rules|directive|configuration|` +
		`инструкци|правил|указани|установк|настройк|інструкці|вказівк|настанов|налаштуванн|системн\p{L}+ (?:сообщ|повідом))`
)

var (
	printing = regexp.MustCompile(start + show + near +
		`(?:` + own + `[^.!?\n]{0,30}?` + rules + `|system message|prompt|промп?т)|` +
		start + `what (?:are|were|is) your (?:\p{L}+ )?` + rules + `|` +
		start + `(?:каки\p{L}* |які )(?:у |в )?(?:тебя|вас|тебе|твои|твої)[^.!?\n]{0,20}?` + rules + `|` +
		start + `(?:everything|all|text|words|вс[её]|весь|увесь|усе)[^.!?\n]{0,30}?(?:above|выше|вище)`)

	backwards = regexp.MustCompile(start + `(?:backward|revers|задом|наоборот|в обратн|навпаки|у зворотн|зворотн)`)
	inBase64  = regexp.MustCompile(start + `(?:base[ -]?64|бейс[ -]?64|бейз[ -]?64)`)
	inHex     = regexp.MustCompile(start + `(?:hex|шестнадцатер|шістнадцятков)`)
	inRot13   = regexp.MustCompile(start + `rot[ -]?13`)

	// The forms of a dictated text, the clearest first; the last group is the text, what
	// follows it may be a question mark.
	dictations = []*regexp.Regexp{
		regexp.MustCompile(start + say + `[^.!?\n"«“„]{0,60}?["«“„]([^"»”\n]{2,})["»”]()`),
		regexp.MustCompile(start + say + `[^.!?\n:]{0,60}?[ :]'([^'\n]{3,})'()`),
		regexp.MustCompile(start + say + `[^.!?\n:]{0,60}?:\s*([^\n]{2,})()`),
		regexp.MustCompile(start + say + near + `(?:exactly|only|literally|verbatim|word for word|дословно|точно|ровно|` +
			`только|слово в слово|дослівно|рівно|тільки|лише)(?: with| that| что| що)?\s+` + rest),
		regexp.MustCompile(start + say + `[^.!?\n]{0,30}?(?:\bthat| что| що)\s+` + rest),
		// "Answer in German. Say …"
		regexp.MustCompile(start + say + ` (?:in|auf|на|по|en) \p{L}+[.,;]\s+` + say + `:?\s+` + rest),
		regexp.MustCompile(start + `(?:promise|guarantee|approve|confirm|пообещай|гарантируй|одобри|подтверди|` +
			`пообіцяй|гарантуй|схвали|підтвердь?)(?:те|ть|и)?\s+` + rest),
		regexp.MustCompile(start + `(?:add|include|insert|добав|встав|дода|прикрепи|прикріпи)\p{L}*` +
			`[^.!?\n]{0,30}?(https?://\S+)()`),
	}

	revealing = regexp.MustCompile(start + `(?:` + show + `|what|which|как\p{L}+|які|яка|який)` + near +
		`(?:internal|confidential|secret|staff only|other customer|another customer|other client|someone else|` +
		`all customers|` +
		`внутренн|конфиденц|секретн|друг\p{L}+ (?:клиент|покупат|пользоват)|чуж|всех клиент|` +
		`внутрішн|конфіденц|таємн|інш\p{L}+ (?:клієнт|користув)|усіх клієнт|` +
		`(?:customer|client|клиент|клієнт)\p{L}*[^.!?\n]{0,20}?(?:before me|передо? мно|до меня|переді? мно|до мене))` +
		`\p{L}*([^.!?\n]{0,20})`)
	// mishap is what is internal and no secret.
	mishap = regexp.MustCompile(`(?i)server|error|ошибк|помилк|сервер`)

	// planted marks a text of the knowledge that speaks to the model: articles tell readers
	// to write, to show and to confirm all the time.
	planted = regexp.MustCompile(start + `(?:ignore|disregard|forget|override|игнорир|забуд|ігнор|відкинь)` + near +
		`(?:above|previous|earlier|instruction|rules|prompt|everything|выше|предыдущ|инструкц|правил|вс[её]|` +
		`вище|попередн|інструкц|усе)|` +
		`(?im:^\s*(?:system|assistant|developer|система|асистент|ассистент)\s*:)|` +
		start + `(?:ai|assistant|language model|chatbot|ии|нейросеть|ассистент|ші|нейромереж|асистент)\p{L}*\s*[,:]|` +
		start + say + `[^.!?\n]{0,20}?(?:exactly|verbatim|word for word|дословно|слово в слово|дослівно)`)
)

// order is what a text tells the model to do.
type order struct {
	// dictated is a text to say, "" for none.
	dictated string
	// prompt tells to print the instructions, coded in the given ways.
	prompt bool
	codes  []func(string) string
	// all tells to reveal what the model has been given.
	all bool
}

func (o order) none() bool { return o.dictated == "" && !o.prompt && !o.all }

// orderIn finds what a text orders.
func orderIn(text string) order {
	o := order{prompt: printing.MatchString(text), dictated: dictatedIn(text)}
	for _, code := range []struct {
		asked *regexp.Regexp
		code  func(string) string
	}{{backwards, reversed}, {inBase64, base64Of}, {inHex, hexOf}, {inRot13, rot13}} {
		if o.prompt && code.asked.MatchString(text) {
			o.codes = append(o.codes, code.code)
		}
	}
	for _, m := range revealing.FindAllStringSubmatch(text, -1) {
		o.all = o.all || !mishap.MatchString(m[1])
	}
	return o
}

// spelledOut is a text of letters that stand alone.
var spelledOut = regexp.MustCompile(`(?:[\p{L}\p{Nd}.,:;!?"'-]\s{1,2}){8,}\S`)

// dictatedIn finds the text that is to be said: as it is written, backwards, each word
// backwards, or letter by letter, where two spaces part the words. A question dictates nothing.
func dictatedIn(text string) string {
	words := strings.Fields(text)
	for i, word := range words {
		words[i] = reversed(word)
	}
	ways := []string{text, reversed(text), strings.Join(words, " ")}
	if spelled := spelledOut.FindString(text); spelled != "" {
		parts := strings.Split(spelled, "  ")
		for i, part := range parts {
			parts[i] = strings.Join(strings.Fields(part), "")
		}
		ways = append(ways, strings.Join(parts, " "))
	}
	for _, way := range ways {
		if said := dictatedAs(way); said != "" {
			return said
		}
	}
	return ""
}

func dictatedAs(text string) string {
	for _, form := range dictations {
		for _, m := range form.FindAllStringSubmatch(text, -1) {
			if said := strings.TrimSpace(m[1]); said != "" && m[2] != "?" && !strings.HasSuffix(said, "?") {
				return said
			}
		}
	}
	return ""
}
