package advice

import (
	"regexp"
	"strings"

	"topicpilot/topics/words"
)

var (
	// courtesies are what small talk is made of; one of them is enough.
	courtesies = shortSet(`hi hello hey hiya yo greetings morning evening afternoon welcome thanks thank thx ty tnx cheers
		ok okay okey k kk got understood clear cool great perfect awesome super nice fine yes yep yeah sure bye goodbye
		cya lol haha
		привет приветик здравствуйте здравствуй здрасте здрасьте хай хеллоу добрый доброе доброго приветствую салют
		спасибо спасибочки спс спасиб пасиб пасибо благодарю благодарен благодарна ок окей оки хорошо понял поняла понятно
		ясно принято отлично супер класс круто замечательно прекрасно ага угу да ладно договорились пока досвидания
		хорошего приятного удачи свидания прощайте лол
		привіт вітаю вітання вітаннячко добридень доброго добрий дякую дяка дякс дякі спасибі гаразд добре зрозуміло
		зрозумів зрозуміла ясно чудово клас круто прекрасно так авжеж домовились бувайте бувай гарного приємного
		успіхів побачення`)
	// fillers go with them.
	fillers = shortSet(`a the and so very much a lot many all good day night have you for your to i it that is again
		too well please there everyone team guys dear sir madam no see later soon bro man mate
		вам тебе вас большое огромное очень за всем всего всё доброй день вечер утро ночи ночь дня вечера времени
		суток и ну вот я мне до нет уже еще ребята коллеги друзья команда поддержка
		пожалуйста оперативность оперативный ответ быстрый
		вам тобі щиро дуже за на всім усім усього всього все ранку ранок день вечір дня вечора ночі доброї й та
		будь ласка ну ось я мені до ні вже ще колеги друзі команда підтримка відповідь швидку`)
	// politeness asks for nothing.
	politeness = regexp.MustCompile(` (?:how are you(?: doing| today)*|how do you do|whats up|no problem|` +
		`for (?:your |al |the )*help|` +
		`как (?:дела|ты|вы|жизнь)|за помощь|не за что|вы тут|ты тут|есть кто(?: нибудь| живой)?|` +
		`як (?:справи|ти|ви)|за допомогу|нема за що|ви тут|ти тут|є хто|є хтось|are you there|anyone (?:there|here)) `)
	// greetings are of two words, which ask for nothing before a question either.
	greetings = regexp.MustCompile(` (?:go?d (?:morning|day|evening|afterno+n)|` +
		`(?:hel+o|hi|hey|dear) (?:there|al|everyone|team)|` +
		`(?:добрый|доброго|добрий|доброе|доброї) (?:день|вечер|утро|дня|вечора|вечір|ранок|ранку|времени суток)|` +
		`доброго времени суток) `)
	// solved says that nothing is left to answer, where it is no question.
	solved = regexp.MustCompile(` (?:it (?:al )?(?:works|worked|helped)(?: now| again)?|works now|` +
		`that (?:helped|worked)|` +
		`(?:все |уже |теперь |у меня )*(?:работает|заработало|получилось|помогло|починилось)|` +
		`(?:все |вже |тепер |у мене )*(?:працює|запрацювало|вийшло|допомогло)) `)
	// laughter is written in as many syllables as one likes.
	laughter = regexp.MustCompile(`^(?:(?:ха|хе|хи|ах|ha|he|hi|ah|lo)+[хаhal]?|[хx]d|[dpоo])$`)
)

func shortSet(list string) map[string]bool {
	set := map[string]bool{}
	for word := range fieldSet(list) {
		set[short(word)] = true
	}
	return set
}

// short writes each letter once where it stands several times in a row: приветttt.
func short(word string) string {
	var out strings.Builder
	last := rune(-1)
	for _, r := range word {
		if r != last {
			out.WriteRune(r)
		}
		last = r
	}
	return out.String()
}

// SmallTalk reports whether a text has nothing to answer in it: greetings, thanks, agreement,
// farewells, in English, Russian or Ukrainian, or no words at all. One word of another kind,
// and it is none; neither is a question of two words that no politeness asks.
func SmallTalk(text string) bool {
	var all strings.Builder
	all.WriteByte(' ')
	for _, w := range words.Of(text, maxWords) {
		all.WriteString(short(string(w.Letters)) + " ")
	}
	rest := politeness.ReplaceAllString(all.String(), " ")
	if strings.ContainsAny(text, "?？") {
		if asked := greetings.ReplaceAllString(rest, " "); len(strings.Fields(asked)) > 1 {
			return false // "Have you got it?" is of small words, and asks
		}
	} else {
		rest = solved.ReplaceAllString(rest, " ")
	}
	courteous := rest != all.String()
	for word := range strings.FieldsSeq(rest) {
		switch {
		case courtesies[word], laughter.MatchString(word):
			courteous = true
		case !fillers[word]:
			return false
		}
	}
	return courteous || strings.TrimSpace(all.String()) == ""
}
