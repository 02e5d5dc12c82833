package knowledge_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"topicpilot/topics"
	"topicpilot/topics/knowledge"
)

// shelf is a small knowledge base: each file speaks of one thing.
func shelf(t *testing.T) *knowledge.Base {
	t.Helper()
	folder := t.TempDir()
	for name, text := range map[string]string{
		"refunds.md":   "# Refunds\n\nMoney comes back within five days after your request.",
		"hosting.md":   "# Shared hosting\n\nThe servers stand in Vienna. WordPress is installed with one click.",
		"vps.md":       "# VPS\n\nA virtual server with root access. Reboot it in the panel.",
		"names.md":     "# Name servers\n\nUse the name servers of the panel, or the e-mail is lost.",
		"limits.md":    "# Limits\n\nPlan N005 has 5 GB, plan N006 has 50 GB and 12 mailboxes.",
		"возврат.md":   "# Возврат денег\n\nДеньги вернём за пять дней. Счёт не нужен. Перенос домена бесплатный.",
		"рахунок.md":   "# Рахунки\n\nРахунок надсилаємо поштою щомісяця. Ґанок, п'ять.",
		"ключ.md":      "# Сертификат\n\nСертификат выпускается за минуту. Перевыпуск тоже.",
		"common.md":    "# The way we work\n\nWe do what we can, and we do it with you and for you.",
		"internal.csv": "question,answer,internal\nrefund refund refund,refund,yes",
	} {
		write(t, folder, name, text)
	}
	return load(t, folder)
}

func TestSearch(t *testing.T) {
	base := shelf(t)
	tests := []struct{ name, query, want string }{
		{"a word", "refunds", "refunds.md"},
		{"another form", "Was it REFUNDED?", "refunds.md"},
		{"a form of Russian", "возврата", "возврат.md"},
		{"a form of Ukrainian", "рахунками", "рахунок.md"},
		{"ё as е", "счет", "возврат.md"},
		{"ґ as г", "ганок", "рахунок.md"},
		{"an apostrophe", "п’ять", "рахунок.md"},
		{"a derived word", "installation", "hosting.md"},
		{"a letter too few", "refnds", "refunds.md"},
		{"letters swapped", "wordrpess", "hosting.md"},
		{"two errors in a long word", "сиртефикат", "ключ.md"},
		{"a prefix before it", "перевыпустить", "ключ.md"},
		{"without its prefix", "выпуск", "ключ.md"},
		{"Cyrillic for Latin", "впс", "vps.md"},
		{"Cyrillic as it sounds", "вордпресс", "hosting.md"},
		{"Latin for Cyrillic", "sertifikat", "ключ.md"},
		{"two words in one", "nameservers", "names.md"},
		{"a hyphen too few", "email", "names.md"},
		{"a code", "n006", "limits.md"},
		{"a code that is not there", "n007", ""},
		{"a number", "12", "limits.md"},
		{"a number that is not there", "13", ""},
		{"common words alone", "what can you do with it", ""},
		{"no words", "?! 🙂", ""},
		{"nothing", "", ""},
		{"not there", "zeppelin", ""},
		{"not UTF-8", "\xff\xfe", ""},
	}
	for _, tt := range tests {
		hits, err := base.Search(t.Context(), topics.KnowledgeQuery{Text: tt.query})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if len(hits) > 0 {
			got = hits[0].File
		}
		if got != tt.want {
			t.Errorf("%s: %q finds %q, want %q", tt.name, tt.query, got, tt.want)
		}
	}
}

// TestStrength is the share of the question of which a chunk speaks.
func TestStrength(t *testing.T) {
	base := shelf(t)
	strength := func(text string) float64 {
		hits, err := base.Search(t.Context(), topics.KnowledgeQuery{Text: text, Limit: 1})
		if err != nil || len(hits) != 1 {
			t.Fatalf("%q: %v, %v", text, hits, err)
		}
		return hits[0].Strength
	}
	all, half := strength("money and a refund"), strength("refund of zeppelins")
	little := strength("refund zeppelin balloon airship kite")
	if all != 1 || half < 0.3 || half > 0.7 || little >= half || little <= 0 {
		t.Errorf("all %v, half %v, little %v", all, half, little)
	}
}

// TestLimit bounds the hits, and orders them.
func TestLimit(t *testing.T) {
	folder := t.TempDir()
	for i := range 150 {
		write(t, folder, fmt.Sprintf("%03d.md", i), "the word is here"+strings.Repeat(" and more of it", i))
	}
	base := load(t, folder)
	for limit, want := range map[int]int{-1: 5, 0: 5, 1: 1, 7: 7, 1000: 100} {
		hits, err := base.Search(t.Context(), topics.KnowledgeQuery{Text: "word", Limit: limit})
		if err != nil || len(hits) != want {
			t.Errorf("limit %d: %d hits, %v", limit, len(hits), err)
		}
		if !slices.IsSortedFunc(hits, func(a, b topics.KnowledgeHit) int {
			return -strings.Compare(fmt.Sprintf("%09.4f", a.Score), fmt.Sprintf("%09.4f", b.Score))
		}) {
			t.Errorf("limit %d: not in order", limit)
		}
	}
}

// TestTogether: words side by side count more than the same words far apart.
func TestTogether(t *testing.T) {
	folder := t.TempDir()
	filler := strings.Repeat("something else stands here entirely ", 8)
	write(t, folder, "a.md", "mail "+filler+" and then forwarding rules "+filler+" quota")
	write(t, folder, "b.md", "rules "+filler+" and then mail forwarding "+filler+" quota")
	base := load(t, folder)
	hits, err := base.Search(t.Context(), topics.KnowledgeQuery{Text: "mail forwarding"})
	if err != nil || len(hits) != 2 || hits[0].File != "b.md" {
		t.Errorf("%v, %v", hits, err)
	}
}

// TestOwnLanguage: of two articles that say the same the one in the question's language is
// first.
func TestOwnLanguage(t *testing.T) {
	folder := t.TempDir()
	write(t, folder, "a.md", "# WordPress\n\nЩоб встановити WordPress, натисніть на кнопку, і він є.")
	write(t, folder, "b.md", "# WordPress\n\nЧтобы установить WordPress, нажмите на кнопку, и он есть.")
	base := load(t, folder)
	for query, want := range map[string]string{"что такое wordpress": "b.md", "що таке wordpress": "a.md"} {
		hits, err := base.Search(t.Context(), topics.KnowledgeQuery{Text: query})
		if err != nil || len(hits) != 2 || hits[0].File != want {
			t.Errorf("%q: %v, %v", query, hits, err)
		}
	}
}

// TestAnyQuery: no query makes a search fail, or gives what is not there.
func TestAnyQuery(t *testing.T) {
	base := shelf(t)
	known := map[string]bool{}
	for _, c := range base.Chunks() {
		known[c.ID] = true
	}
	rapid.Check(t, func(rt *rapid.T) {
		query := topics.KnowledgeQuery{
			Text: rapid.String().Draw(rt, "text"), Limit: rapid.IntRange(-1, 20).Draw(rt, "limit"),
			Internal: rapid.Bool().Draw(rt, "internal"),
		}
		hits, err := base.Search(t.Context(), query)
		if err != nil {
			rt.Fatal(err)
		}
		seen := map[string]bool{}
		for _, hit := range hits {
			if !known[hit.ID] || seen[hit.ID] || hit.Strength < 0 || hit.Strength > 1 || hit.Internal && !query.Internal {
				rt.Fatalf("%+v", hit)
			}
			seen[hit.ID] = true
		}
	})
}

// TestLongQuery: what is beyond the bound is not looked at.
func TestLongQuery(t *testing.T) {
	base := shelf(t)
	hits, err := base.Search(t.Context(), topics.KnowledgeQuery{Text: strings.Repeat("ы ", 2000) + "refund"})
	if err != nil || len(hits) != 0 {
		t.Errorf("%v, %v", hits, err)
	}
	hits, err = base.Search(t.Context(), topics.KnowledgeQuery{Text: "refund " + strings.Repeat("word ", 1<<20)})
	if err != nil || len(hits) == 0 {
		t.Errorf("%v, %v", hits, err)
	}
}

// TestShippedQuestions: of the questions of the demo that the articles answer, at least 95 %
// find the article in each language, by words alone.
func TestShippedQuestions(t *testing.T) {
	base := load(t, "../../cmd/app/demo/knowledge")
	if problems := base.Report().Problems; len(problems) > 0 {
		t.Errorf("%v", problems)
	}
	file, err := os.Open("../../cmd/app/demo/questions.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	asked, answered := map[string]int{}, map[string]int{}
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var q struct {
			Lang, Kind, Question string
			Expect               []string
		}
		if err := json.Unmarshal(lines.Bytes(), &q); err != nil {
			t.Fatal(err)
		}
		if q.Kind != "answerable" {
			continue
		}
		hits, err := base.Search(t.Context(), topics.KnowledgeQuery{Text: q.Question, Limit: 5})
		if err != nil {
			t.Fatal(err)
		}
		asked[q.Lang]++
		if slices.ContainsFunc(hits, func(h topics.KnowledgeHit) bool { return slices.Contains(q.Expect, h.File) }) {
			answered[q.Lang]++
		}
	}
	if len(asked) != 3 {
		t.Errorf("questions in %d languages", len(asked))
	}
	for lang, n := range asked {
		recall := float64(answered[lang]) / float64(n)
		t.Logf("%s: recall@5 %.3f of %d", lang, recall, n)
		if recall < 0.95 {
			t.Errorf("%s: %.3f", lang, recall)
		}
	}
}
