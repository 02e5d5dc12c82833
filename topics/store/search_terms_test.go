package store

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"topicpilot/topics"
	"topicpilot/topics/words"
)

// TestTerms pins what the index holds, as words.TestWords does: whoever changes it adds a
// migration that empties the index (see 0003_search.sql).
func TestTerms(t *testing.T) {
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

// checkQuery makes sure that nothing but terms and our own operators goes to an engine.
func checkQuery(t interface{ Fatalf(string, ...any) }, typed string) {
	clauses := parseQuery(typed)
	if len(clauses) > maxQueryTerms {
		t.Fatalf("%d clauses of %q", len(clauses), typed)
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
				t.Fatalf("%q became %q", typed, rest)
			}
		}
	}
}

func FuzzTerms(f *testing.F) {
	for _, seed := range []string{
		"Оплата «новый тариф» №12", "п’ять и\u0306 ＡＢＣ", "+380 (50) 123-45-67", "\xff\x00a\u0301\u0301", "''s'",
		"東京 กข ﷺ", `") OR "a"`, "İıſẞ", strings.Repeat("ы", 200),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		checkQuery(t, text)
		texts := []string{text}
		terms := termsOf(topics.Conversation{ChatID: 1, ThreadID: 2}, texts)
		if terms == "" != (len(words.Of(text, 1)) == 0) {
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
