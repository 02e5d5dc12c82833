package words

import "strings"

// languages are the ones whose words are known here, as bits.
type languages uint8

const (
	english languages = 1 << iota
	russian
	ukrainian
)

// stopWords carry nothing by which a text could be found: pronouns, prepositions, forms of
// "to be", question words, politeness. They are written as Of gives them: "don't" is "dont".
var stopWords = func(lists map[languages]string) map[string]languages {
	all := map[string]languages{}
	for language, list := range lists {
		for word := range strings.FieldsSeq(list) {
			all[word] |= language
		}
	}
	return all
}(map[languages]string{
	english: `a an the this that these those there here it its i im ive id ill me my mine myself we us our ours you your
	yours youre youve yourself he him his she her hers they them their theirs who whom whose what whats which
	when where wheres why how hows is isnt are arent am was wasnt were be been being do does doesnt did didnt
	dont doing done have havent has hasnt had having can cant cannot could couldnt will wont would wouldnt shall
	should shouldnt may might must and or but nor so than then if else because as at by for from in into of off
	on onto out over under to up down with without about after before between during through until while via per
	not no yes any some all both each every either neither other another such same own too very just also only
	even ever still yet again already now please hi hello hey dear thanks thank ok okay well let lets want wanna
	need like one something anything someone anyone really
	go goes going gone went get gets got getting happen happens happened know knows tell see say says come comes make
	makes look looks way`,
	russian: `и в во не что он на я с со как а то все она так его но да ты к у же вы за бы по только ее мне было вот от
	меня еще нет о об из ему теперь когда даже ну вдруг ли если уже или ни быть был была были него до вас
	нибудь опять уж вам сказал ведь там потом себя ничего ей может они тут где есть надо ней для мы тебя их чем
	сам сама сами чтоб чтобы без будто чего раз тоже себе под будет будут ж тогда кто этот эта эти это этого
	этой этом этому этим этих того том тем тех той тому те потому какой какая какое какие каким каких какого
	какую ним здесь один одна одно почти мой моя мое мои моего моей моему моих мою твой твоя наш наша наше наши
	нашего нашей ваш ваша ваше ваши вашего вашей вашему вашим вашими ваших вашу свой своя свое свои своего своей
	своих свою нее сейчас были куда откуда зачем почему сколько всех никогда можно нельзя при
	наконец два другой хоть после над больше тот через нас про них какова много разве эту эта свою этой перед
	иногда лучше чуть такой такая такое такие таким им более всегда конечно всю между можем можете могу могут
	мог могла нужно нужна нужен нужны хочу хотел хотела хотим пожалуйста здравствуйте привет спасибо добрый день
	подскажите скажите ли нам вами мной мною тобой являюсь является хотелось бывает очень просто либо делать сделать
	делаю делаете делает знать знаю знаете происходит случилось видно`,
	ukrainian: `і й та у в на не що це цей ця ці цього цієї цьому цим цих цю він вона воно вони я ми ви ти з із зі до від
	за як а але або чи то так ні немає є був була було були буде будуть бути мене мені мій моя моє мої мого моєї
	моєму моїх мою моїм нам нас наш наша наше наші нашого нашої вам вас ваш ваша ваше ваші вашого вашої вашому
	ваших вашу вашим його її їх їм йому їй свій своя своє свої свого своєї своїх свою себе собі сам сама самі
	який яка яке які якого якої якому яким яких яку хто кого кому чого чому чим де коли куди звідки скільки
	навіщо якщо щоб бо тому тоді тут там теж також ще вже лише тільки навіть при про під над між через після
	перед без для по об о же ж би б можна треба потрібно потрібен потрібна потрібні можу можете може можуть хочу
	хотів хотіла хочемо дуже більше просто будь ласка добрий день вітаю привіт дякую підкажіть скажіть той те ті
	того тієї тому тим тих ту усі всі все весь вся всіх усіх інший інша інше інші один одна одне зараз чи нібито
	робити зробити роблю робите робить знати знаю знаєте відбувається сталося`,
})

// Stop reports whether a word, as Of gives it, is so common in English, Russian or Ukrainian
// that it tells nothing of what a text is about.
func Stop(word []rune) bool { return stopWords[string(word)] != 0 }

// Language guesses in which of the three languages a text is, by words and letters that one
// of them alone has: "en", "ru" or "uk", or "" where it cannot be told.
func Language(text []Word) string {
	var en, ru, uk int
	for _, w := range text {
		switch languageOf(w.Letters) {
		case english:
			en++
		case russian:
			ru++
		case ukrainian:
			uk++
		}
	}
	switch {
	case en > ru && en > uk:
		return "en"
	case ru > en && ru > uk:
		return "ru"
	case uk > en && uk > ru:
		return "uk"
	}
	return ""
}

func languageOf(word []rune) languages {
	if common := stopWords[string(word)]; common != 0 {
		return common
	}
	for _, r := range word {
		switch r {
		case 'ы', 'э', 'ъ':
			return russian
		case 'і', 'ї', 'є':
			return ukrainian
		}
	}
	return 0
}
