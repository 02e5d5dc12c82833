package store

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"topicpilot/topics"
)

// stems are the words of a text as they are compared.
func stems(text string) []string {
	var list []string
	for _, w := range wordsOf(text, maxTerms) {
		list = append(list, string(stem(w.letters)))
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

// TestWords pins what the index holds: whoever changes it adds a migration that empties
// the index (see 0003_search.sql).
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
	if got := term("оплат"); got != "gudbjdtp" {
		t.Errorf("the term of a word: %s", got)
	}
	conv := topics.Conversation{ChatID: -100, ThreadID: 7}
	want := "mpakilei pkemwfot gudbjdtp egczwjsj hbhgzgiw erxyjnvk rfdmtpxp lwqeaojj rifqfwit lzzhvkym"
	if got := termsOf(conv, []string{"оплата", "+380 (50) 123-45-67"}); got != want {
		t.Errorf("the terms of a message: %s", got)
	}
}

// TestMatches says what is found in one text, and where.
func TestMatches(t *testing.T) {
	tests := []struct {
		words, text, want string // the marked parts of the text, joined by |; - for no hit
	}{
		{"оплата", "Когда оплату? Оплаты нет", "оплату|Оплаты"},
		{"оплата нет", "Когда оплату? Оплаты нет", "оплату|Оплаты|нет"},
		{"оплата завтра", "Когда оплату?", "-"},
		{`"новый тариф"`, "тариф новый, новые тарифы", "новые тарифы"},
		{"«новый тариф» m6", "m6: новый тариф", "m6|новый тариф"},
		{`"новый тариф`, "тариф новый", "тариф|новый"},
		{"n005", "код N005, N0051", "N005"},
		{"12-345", "12-345, 345-12", "12-345"},
		{"ivan@example.org", "на ivan@example.org", "ivan@example.org"},
		{"0501234567", "тел. +380 (50) 123-45-67.", "380 (50) 123-45-67"},
		{"+380 50 123 45 67", "0501234567", "0501234567"},
		{"123-45-67", "+380501234567", "380501234567"},
		{"1234567", "050 123 45 67", "050 123 45 67"},
		{"100 200", "200 и 100", "200|100"},
		{"", "text", "-"},
		{"🙂 !?", "🙂 text", "-"},
		{"AND", "this and that", "and"},
		{"NOT a*", "a, not b", "a|not"},
		{"e", "Ё", "-"},
		{"е", "Ё", "Ё"},
	}
	for _, tt := range tests {
		clauses := parseQuery(tt.words)
		marks, ok := matches(clauses, []string{tt.text})
		var parts []string
		for _, m := range marks {
			parts = append(parts, tt.text[m[0]:m[1]])
		}
		got := strings.Join(parts, "|")
		if !ok || len(clauses) == 0 {
			got = "-"
		}
		if got != tt.want {
			t.Errorf("%q in %q: %q, want %q", tt.words, tt.text, got, tt.want)
		}
	}
}

func checkWords(t interface{ Fatalf(string, ...any) }, text string) {
	end := 0
	for _, w := range wordsOf(text, maxTerms) {
		if w.from < end || w.to <= w.from || w.to > len(text) || len(w.letters) == 0 {
			t.Fatalf("a word from %d to %d of %q", w.from, w.to, text)
		}
		if !utf8.RuneStart(text[w.from]) || w.to < len(text) && utf8.ValidString(text) && !utf8.RuneStart(text[w.to]) {
			t.Fatalf("a word from %d to %d cuts a character of %q", w.from, w.to, text)
		}
		end = w.to
		short := stem(w.letters)
		if len(short) == 0 || len(short) > len(w.letters) {
			t.Fatalf("the stem of %q is %q", string(w.letters), string(short))
		}
	}
}

// checkQuery makes sure that nothing but terms and our own operators goes to an engine.
func checkQuery(t interface{ Fatalf(string, ...any) }, words string) {
	clauses := parseQuery(words)
	if len(clauses) > maxQueryTerms {
		t.Fatalf("%d clauses of %q", len(clauses), words)
	}
	for _, o := range []operators{sqliteOperators, postgresOperators} {
		rest := o.expression([]string{term("here")}, clauses)
		for _, known := range []string{o.and, o.or, o.follow} {
			rest = strings.ReplaceAll(rest, known, "(")
		}
		for _, piece := range strings.FieldsFunc(rest, func(r rune) bool { return strings.ContainsRune("()", r) }) {
			name := strings.Trim(piece, o.quote)
			if len(name) != termLetters || piece != o.quote+name+o.quote ||
				strings.ContainsFunc(name, func(r rune) bool { return r < 'a' || r > 'z' }) {
				t.Fatalf("%q became %q", words, rest)
			}
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
		checkQuery(t, text)
		texts := []string{text}
		terms := termsOf(topics.Conversation{ChatID: 1, ThreadID: 2}, texts)
		if terms == "" != (len(wordsOf(text, 1)) == 0) {
			t.Fatalf("%q has the terms %q", text, terms)
		}
		marks, _ := matches(parseQuery(text), texts)
		for i, m := range marks {
			if m[0] >= m[1] || m[1] > len(text) || i > 0 && m[0] < marks[i-1][1] {
				t.Fatalf("marks %v of %q", marks, text)
			}
		}
	})
}

func FuzzQuery(f *testing.F) {
	for _, seed := range []string{
		`a AND b NOT c`, `words:a*`, `"a" + "b"`, `NEAR(a b, 2)`, `^a`, `a | !b & c:*`, `'a' <-> b`, `«a “b» c”`, `"""`, `-a`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, words string) { checkQuery(t, words) })
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
		once := stem(slices.Clone(word))
		if twice := stem(slices.Clone(once)); !slices.Equal(once, twice) {
			t.Fatalf("%q: %q, then %q", string(word), string(once), string(twice))
		}
	})
}

// TestPlaces: later messages have higher places, and a place tells its row.
func TestPlaces(t *testing.T) {
	const first = placeEpoch * 1_000_000
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.Int64Range(0, maxRow).Draw(t, "id")
		date := rapid.Int64Range(first, first+(1<<31-2)*1_000_000).Draw(t, "date")
		other := rapid.Int64Range(0, maxRow).Draw(t, "other")
		here, err := placeOf(id, date)
		later, errLater := placeOf(other, date+1_000_000)
		if err != nil || errLater != nil || here >= later || rowOf(here) != id || here < 0 {
			t.Fatalf("%d at %d: %d, %v; later %d, %v", id, date, here, err, later, errLater)
		}
	})
	for _, id := range []int64{-1, maxRow + 1} {
		if _, err := placeOf(id, first); err == nil {
			t.Errorf("a place for row %d", id)
		}
	}
}
