package words_test

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"topicpilot/topics/words"
)

// stems are the words of a text as they are compared.
func stems(text string) []string {
	var list []string
	for _, w := range words.Of(text, 8000) {
		list = append(list, string(words.Stem(w.Letters)))
	}
	return list
}

// TestForms holds the forms of words against each other: all of a line are one word.
func TestForms(t *testing.T) {
	for _, line := range []string{
		"оплата оплату оплаты оплате оплатой оплат оплатить оплатил оплатила ОПЛАТЫ",
		"оплата оплату оплати оплаті оплатою оплатити оплатив оплатила",
		"рахунок рахунки рахунку рахунка рахунком рахунків рахунками",
		"тариф тарифы тарифа тарифов тарифам тарифами тарифный тарифного тарифи тарифів",
		"заказ заказы заказа заказов заказу",
		"замовлення замовленню замовленням замовлень",
		"активация активации активацию активаций активацией",
		"активація активації активацію активацій активацією",
		"счёт счета счету счетов счет",
		"платёж платежа платежи платежей платежом платежам",
		"возврат возврата возвраты возвратов возвратом",
		"доставка доставки доставку доставок доставкой доставить",
		"ошибка ошибки ошибок ошибку ошибкой",
		"ссылка ссылки ссылку ссылок",
		"картка картки картку карток",
		"рубль рубля рублей рубли рублями",
		"гривня гривні гривню гривень гривнями",
		"подключение подключения подключений подключить подключил",
		"проблема проблемы проблему проблем проблемой",
		"кредит кредита кредиты кредитов кредитом",
		"номер номера номеру номеров номери номерів",
		"Иванов Иванова Иванову Ивановым",
		"программа программы программу программ программой",
		"п'ять п’ять пʼять пять",
		"tariff tariffs tariff's tariff’s Tariffs",
		"refund refunds refunded refunding",
		"invoice invoices invoiced invoicing",
		"reply replies replied",
		"payment payments",
		"stop stops stopped stopping",
		"box boxes",
		"subscription subscriptions",
		"Łódź lodz",
		"café cafe CAFÉ",
		"ґудзик гудзик",
	} {
		forms := stems(line)
		if slices.ContainsFunc(forms, func(form string) bool { return form != forms[0] }) {
			t.Errorf("%s: %q", line, forms)
		}
	}
}

// TestOtherWords are pairs that have to stay apart.
func TestOtherWords(t *testing.T) {
	for _, pair := range []string{
		"банк бан", "мой мои", "заказ закат", "тариф трафик", "счет чек", "карта карман", "N005 N006", "5 50",
		"їжа йжа", "status stat", "bus bu", "рік рок", "при прием", "sms sm", "дом дым", "order border",
	} {
		a, b, _ := strings.Cut(pair, " ")
		if slices.Equal(stems(a), stems(b)) {
			t.Errorf("%s: both %q", pair, stems(a))
		}
	}
}

// TestWords pins what the search index of the store holds: whoever changes it adds a migration
// that empties the index (see 0003_search.sql).
func TestWords(t *testing.T) {
	tests := []struct{ text, want string }{
		{"Оплатил ЗАКАЗ №12-345, N005!", "оплат заказ 12 345 n005"},
		{"пишите на Ivan.Petrov@example.org", "пишит на ivan petrov exampl org"},
		{"it's John's “order”", "it john order"},
		{"don't", "dont"},
		{"🙂👍🏽", ""},
		{"со\u00adвет и\u0306од і\u0308жа ё", "совет йод їжа е"},
		{"ﬁle ＡＢＣ①２", "fil abc 2"},
		{"東京タワー", "東 京 タ ワ ー"},
		{"a\xffb\x00c", "a b c"},
		{"naïve Müller ß Æ ø", "naiv muller ss ae o"},
		{"з'їв об’єкт", "зїв обєкт"},
		{"/activate t1 m6", "activat t1 m6"},
		{"snake_case", "snak cas"},
	}
	for _, tt := range tests {
		if got := strings.Join(stems(tt.text), " "); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.text, got, tt.want)
		}
	}
}

func checkWords(t interface{ Fatalf(string, ...any) }, text string) {
	end := 0
	for _, w := range words.Of(text, 8000) {
		if w.From < end || w.To <= w.From || w.To > len(text) || len(w.Letters) == 0 {
			t.Fatalf("a word from %d to %d of %q", w.From, w.To, text)
		}
		if !utf8.RuneStart(text[w.From]) || w.To < len(text) && utf8.ValidString(text) && !utf8.RuneStart(text[w.To]) {
			t.Fatalf("a word from %d to %d cuts a character of %q", w.From, w.To, text)
		}
		end = w.To
		short := words.Stem(w.Letters)
		if len(short) == 0 || len(short) > len(w.Letters) {
			t.Fatalf("the stem of %q is %q", string(w.Letters), string(short))
		}
	}
}

func FuzzWords(f *testing.F) {
	for _, seed := range []string{
		"Оплата «новый тариф» №12", "п’ять и\u0306 ＡＢＣ", "+380 (50) 123-45-67", "\xff\x00a\u0301\u0301", "''s'",
		"東京 กข ﷺ", `") OR "a"`, "İıſẞ", strings.Repeat("ы", 200),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		checkWords(t, text)
		if all := words.Of(text, len(text)+1); len(all) > 1 && len(words.Of(text, len(all)-1)) != len(all)-1 {
			t.Fatalf("the limit of words of %q is not kept", text)
		}
	})
}

var letters = rapid.RuneFrom([]rune(
	"абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґabcdefghijklmnopqrstuvwxyzäöüéèñçşłøß0123456789'’ -.",
))

// TestSameWords: what only looks different is the same word.
func TestSameWords(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(letters, 0, 40, -1).Draw(t, "text")
		want := stems(text)
		for name, other := range map[string]string{
			"decomposed": norm.NFD.String(text), "composed": norm.NFC.String(text),
			"capitals": strings.Map(unicode.ToUpper, text), "apostrophe": strings.ReplaceAll(text, "'", "ʼ"),
			"ё": strings.ReplaceAll(text, "ё", "е"), "ґ": strings.ReplaceAll(text, "ґ", "г"),
		} {
			if got := stems(other); !slices.Equal(got, want) {
				t.Fatalf("%s: %q gives %q, %q gives %q", name, other, got, text, want)
			}
		}
	})
}

// TestStemStays: a stem of Russian or Ukrainian has no ending that could still come off, so
// that it is found by itself.
func TestStemStays(t *testing.T) {
	cyrillic := rapid.RuneFrom([]rune("абвгдежзийклмнопрстуфхцчшщъыьэюяіїє"))
	rapid.Check(t, func(t *rapid.T) {
		word := []rune(rapid.StringOfN(cyrillic, 1, 20, -1).Draw(t, "word"))
		once := words.Stem(slices.Clone(word))
		if twice := words.Stem(slices.Clone(once)); !slices.Equal(once, twice) {
			t.Fatalf("%q: %q, then %q", string(word), string(once), string(twice))
		}
	})
}

func TestStop(t *testing.T) {
	for text, want := range map[string]bool{
		"how": true, "Don't": true, "I'm": true, "what’s": true, "Ещё": true, "як": true, "її": true, "ЧТО": true,
		"refund": false, "оплата": false, "рахунок": false, "DNS": false, "42": false,
	} {
		if got := words.Stop(words.Of(text, 1)[0].Letters); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}
