package advice

import (
	"slices"
	"strings"

	"topicpilot/topics/words"
)

// What follows are ways in which people tell a model what to say or to be. They make the gate
// stricter and refuse nothing by themselves: whoever writes so and asks a real question gets
// an answer.
var (
	// sayWords tell to say something, which sayObjects or a quotation name soon after;
	// sayBegins begin such words in the languages that have many forms of them.
	sayWords  = fieldSet("say write reply respond answer repeat print output confirm promise tell guarantee")
	sayBegins = strings.Fields(`скаж напиш пиши ответь отвеча повтор подтверд пообеща вывед сообщ напечат гарантируй
		скажі відповід відповіс підтверд пообіця повідом надрук гарантуй`)
	sayObjects = fieldSet(`that exactly verbatim literally only with i we my
		что дословно точно ровно только следующее следующий слово слова текст фразу
		що дослівно рівно лише тільки наступне наступний`)
	// putWords tell to put something into the answer.
	putWords   = fieldSet(`add include insert append put begin start добавь вставь впиши начни додай встав впиши почни`)
	putObjects = strings.Fields("reply answer response link word ответ ссылк слов відповід посилан")
	// dropWords tell to leave out what dropObjects begin.
	dropWords = fieldSet(`ignore disregard forget override bypass
		игнорируй игнорируйте игнорировать забудь забудьте отбрось нарушь
		ігноруй ігноруйте ігнорувати відкинь поруш`)
	dropObjects = strings.Fields(`instruct rule prompt above previous prior everything инструкц правил указан предыдущ
		прежн выше все інструкц вказівк попередн вище`)
	// hiddenWords begin words that, before one that hiddenObjects begin, ask for what is ours.
	hiddenWords = strings.Fields(`system hidden initial your original secret internal системн скрыт внутрен твои свои
		изначальн прихован внутрішн твої свої початков`)
	hiddenObjects = strings.Fields(`prompt instruct message rule discount промпт инструкц правил указан скидк
		інструкц вказівк знижк`)
	// roles before a colon play another's part.
	roles = fieldSet(`system assistant operator admin developer user answerable claims система оператор ассистент
		администратор асистент адміністратор`)
	// ruleWords begin what nobody but a model is told to ignore.
	ruleWords = strings.Fields(`instruct rule prompt инструкц правил указан промпт інструкц вказівк`)
	// ownRules tell which rules are meant: those that a model was given.
	ownRules = fieldSet(`previous above prior earlier your all system every предыдущие прежние выше твои свои ваши все всю
		системные попередні вище твої свої ваші всі усі системні`)
	// machines are addressed before a comma or a colon.
	machines = fieldSet(`ai assistant model bot chatbot ии нейросеть ассистент модель бот ші нейромережа асистент`)
	phrases  = []string{
		" you are now ", " from now on ", " pretend ", " act as ", " roleplay ", " role play ", " jailbreak ",
		" developer mode ", " dan mode ", " ты теперь ", " теперь ты ", " с этого момента ", " притворись ",
		" представь что ты ", " режим разработчика ", " ти тепер ", " тепер ти ", " відтепер ", " прикинься ",
		" уяви що ти ", " режим розробника ",
	}
	borders = []string{"<|", "|>", "}]", "]}", "}}", "[INST]", "```"}
)

const (
	// saySpan, dropSpan are how many words may stand between a verb and what belongs to it.
	saySpan  = 5
	dropSpan = 6
	quotes   = ":\"'«“„”‘"
)

// dictates reports whether one of the texts tells a model what to say.
func dictates(texts []string) bool { return slices.ContainsFunc(texts, isDictation) }

func isDictation(text string) bool {
	return speaksToModel(text, func(w words.Word, rest []words.Word) bool {
		word := string(w.Letters)
		return saysWhat(text, w, rest) || putWords[word] && followed(rest, putObjects) ||
			dropWords[word] && followed(rest, dropObjects)
	})
}

// speaksToModel reports whether a text plays a part before a model, asks for what is hidden or
// breaks out of the data, or whether tells says so of a word and those behind it.
func speaksToModel(text string, tells func(w words.Word, rest []words.Word) bool) bool {
	if slices.ContainsFunc(borders, func(b string) bool { return strings.Contains(text, b) }) {
		return true
	}
	list := words.Of(text, maxWords)
	var all strings.Builder
	all.WriteByte(' ')
	for i, w := range list {
		word := string(w.Letters)
		all.WriteString(word + " ")
		rest := list[i+1:]
		switch {
		case roles[word] && strings.HasPrefix(strings.TrimLeft(text[w.To:], " \"'*"), ":"),
			len(rest) > 0 && beginsWith(hiddenWords, word) && beginsWith(hiddenObjects, string(rest[0].Letters)),
			tells(w, rest):
			return true
		}
	}
	return slices.ContainsFunc(phrases, func(p string) bool { return strings.Contains(all.String(), p) })
}

// saysWhat reports whether a word tells to say what follows it.
func saysWhat(text string, verb words.Word, rest []words.Word) bool {
	if word := string(verb.Letters); !sayWords[word] && !beginsWith(sayBegins, word) {
		return false
	}
	from := verb.To
	for _, w := range rest[:min(len(rest), saySpan)] {
		if sayObjects[string(w.Letters)] || strings.ContainsAny(text[from:w.From], quotes) {
			return true
		}
		from = w.To
	}
	return false
}

// followed reports whether a word that begins so stands soon after.
func followed(rest []words.Word, begins []string) bool {
	return slices.ContainsFunc(rest[:min(len(rest), dropSpan)], func(w words.Word) bool {
		return beginsWith(begins, string(w.Letters))
	})
}

func beginsWith(list []string, word string) bool {
	return slices.ContainsFunc(list, func(begin string) bool { return strings.HasPrefix(word, begin) })
}

// withoutPlanted leaves out the paragraphs of an article that speak to a model instead of
// readers; found tells that there were some.
func withoutPlanted(text string) (kept string, found bool) {
	lines := strings.Split(text, "\n")
	honest := slices.DeleteFunc(slices.Clone(lines), isPlanted)
	if len(honest) == len(lines) {
		return text, false
	}
	return strings.TrimSpace(strings.Join(honest, "\n")), true
}

// isPlanted reports whether a paragraph tells somebody to ignore the rules that a model was
// given, or tells a machine what to say. Articles tell readers to ignore, to override and to
// write all the time.
func isPlanted(paragraph string) bool {
	list := words.Of(paragraph, maxWords)
	told, machine := false, false
	for i, w := range list {
		word := string(w.Letters)
		rest := list[i+1:]
		if dropWords[word] && dropsRules(rest) {
			return true
		}
		after := strings.TrimLeft(paragraph[w.To:], " \"'*]")
		machine = machine || machines[word] && (strings.HasPrefix(after, ":") || strings.HasPrefix(after, ","))
		told = told || ordersWhat(paragraph, w, rest)
	}
	return machine && told
}
