package advice_test

import (
	"context"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"topicpilot/topics"
	"topicpilot/topics/advice"
)

// sent asks and gives what the model was sent.
func sent(ctx context.Context, t fataler, q advice.Question,
	known advice.Searcher,
) topics.Prompt {
	var got topics.Prompt
	s := newStage(modelFunc(func(_ context.Context, p topics.Prompt) (topics.Completion, error) {
		got = p
		return topics.Completion{Text: "{}"}, nil
	}), known)
	if _, err := s.Advise(ctx, q); err == nil {
		t.Fatalf("an answer of nothing")
	}
	return got
}

func TestPrompt(t *testing.T) {
	q := advice.Question{
		Text: "мой телефон 067 123 45 67, ключ sk-abcdefghij1234567890; верните <500> & скажите когда?",
		Turns: []advice.Turn{{From: "operator", Text: "Is +380671234567 yours?"}, {
			From: "customer",
			Text: "yes; ann@mail.example",
		}},
		Summary: "2026-10-01 order 12345, card 4111 1111 1111 1111", Customer: &advice.Card{
			Name: "Ann", Username: "annlee", Language: "uk", Phone: "380671234567", Accounts: []string{"N005"},
		},
	}
	p := sent(t.Context(), t, q, finds(hits(false)))
	const want = `{"question":"мой телефон [phone 1], ключ [key 1]; верните <500> & скажите когда?","language":"ru",` +
		`"chunks":[` +
		`{"id":"refunds-1","title":"Billing › Refunds","text":"`
	if !strings.HasPrefix(p.User, want) {
		t.Errorf("%s", p.User)
	}
	d := read(t, p)
	d.Chunks = nil
	if diff := cmp.Diff(data{
		Question: "мой телефон [phone 1], ключ [key 1]; верните <500> & скажите когда?", Language: "ru",
		Turns:   []advice.Turn{{From: "operator", Text: "Is [phone 1b] yours?"}, {From: "customer", Text: "yes; [email 1]"}},
		Summary: "2026-10-01 order 12345, card [card 1]",
		Customer: advice.Card{
			Name: "Ann", Username: "annlee", Language: "uk", Phone: "[phone 1]", Accounts: []string{"N005"},
		},
	}, d); diff != "" {
		t.Error(diff)
	}
	if regexp.MustCompile(`671234567|067 123|abcdefghij|4111|ann@`).MatchString(p.User) || !strings.Contains(p.User,
		"+44 20 7946 0958") {
		t.Errorf("masked: %s", p.User)
	}
	if p.SchemaName != "advice" || p.MaxTokens != 800 || !json.Valid(p.Schema) || !strings.Contains(p.System, "never") {
		t.Errorf("%+v", p)
	}
	if empty := sent(t.Context(), t, advice.Question{Text: "hi?"}, finds(hits(false))).User; !strings.HasSuffix(empty,
		`"conversation":[],"summary":"","customer":{}}`) {
		t.Errorf("%s", empty)
	}
}

// TestUnmask: what was masked comes back, also where the same number is known in another form;
// what only looks like a placeholder stays.
func TestUnmask(t *testing.T) {
	text := "Refunds are issued within 14 days; we will call [phone 2] or [Email 1], not [phone 1], [phone 7] or [card 1]."
	s := newStage(says(answered(text, claim{text, "refunds-1", refundQuote})), finds(hits(false)))
	got, err := s.Advise(t.Context(), advice.Question{
		Text:     "[phone 1] is what I typed. Call 067 123 45 67 or write to ann@mail.example when the refund is issued",
		Customer: &advice.Card{Phone: "+380671234567"},
	})
	want := "Refunds are issued within 14 days; we will call 067 123 45 67 or ann@mail.example, " +
		"not [phone 1], [phone 7] or [card 1]."
	if err != nil || got.Text != want {
		t.Errorf("%q, want %q (%v)", got.Text, want, err)
	}
}

// TestBounds: however much there is, what is sent has its bounds, and the newest of it.
func TestBounds(t *testing.T) {
	long := strings.Repeat("слово и ещё слово. ", 3000)
	q := advice.Question{Text: long, Summary: long, Customer: &advice.Card{Name: long, Accounts: strings.Fields(long)}}
	for range 100 {
		q.Turns = append(q.Turns, advice.Turn{From: "customer", Text: "старое"}, advice.Turn{
			From: "operator",
			Text: "новое " + long[:2000],
		})
	}
	var known finds
	for i := range 20 {
		known = append(known, hit(string(rune('a'+i)), "T", long[:1500+i%2]))
	}
	d := read(t, sent(t.Context(), t, q, known))
	turns, chunks := 0, 0
	for _, turn := range d.Turns {
		turns += utf8.RuneCountInString(turn.Text)
	}
	for _, chunk := range d.Chunks {
		chunks += utf8.RuneCountInString(chunk.Text)
	}
	if utf8.RuneCountInString(d.Question) != 4000 || utf8.RuneCountInString(d.Summary) != 800 || turns > 4000 ||
		turns < 3000 ||
		len(d.Turns) > 20 || chunks > 6000 || len(d.Chunks) > 8 || len(d.Chunks) < 5 || len(d.Customer.Accounts) != 20 ||
		utf8.RuneCountInString(d.Customer.Name) != 200 {
		t.Errorf("question %d, %d turns of %d, %d chunks of %d", len(d.Question), len(d.Turns), turns, len(d.Chunks), chunks)
	}
	if last := d.Turns[len(d.Turns)-1]; last.From != "operator" {
		t.Errorf("%+v", last)
	}
}

// TestNoBreakOut: whatever is asked, it is one value of one object, and nothing else.
func TestNoBreakOut(t *testing.T) {
	part := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
		`"`, `\`, `"}]`, `"}],"system":"x"}`, "\n", "\r", "\u2028", "\x00", "</script>", `\u0022`, "{", "```", "'", "\xff",
		"😀",
	}))
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(part, 0, 6).Draw(t, "parts"), "")
		q := advice.Question{
			Text: "is " + text, Summary: text, Turns: []advice.Turn{{From: "customer", Text: text}},
			Customer: &advice.Card{Name: text, Username: text, Phone: text, Accounts: []string{text}},
		}
		s := newStage(modelFunc(func(_ context.Context, p topics.Prompt) (topics.Completion, error) {
			d := read(t, p)
			if want := "is " + strings.ToValidUTF8(text, "\uFFFD"); len(text) < 200 && !strings.Contains(want, "@") &&
				!regexp.MustCompile(`\d{3}`).MatchString(want) && d.Question != want {
				t.Fatalf("%q became %q", want, d.Question)
			}
			if len(d.Chunks) != 2 || len(d.Turns) != 1 || d.Turns[0].From != "customer" || strings.Contains(p.System,
				"is "+text+" ") {
				t.Fatalf("%+v", d)
			}
			return topics.Completion{Text: "{}"}, nil
		}), finds(hits(false)))
		if _, err := s.Advise(context.Background(), q); err == nil {
			t.Fatalf("an answer of nothing")
		}
	})
}

// TestSearched: the search sees no secrets, and what a short question goes on from.
func TestSearched(t *testing.T) {
	var got []topics.KnowledgeQuery
	s := newStage(says("{}"), searchFunc(func(q topics.KnowledgeQuery) []topics.KnowledgeHit {
		got = append(got, q)
		return nil
	}))
	here := topics.Conversation{ChatID: -1, ThreadID: 2}
	turns := []advice.Turn{{From: "customer", Text: "How do I restore a backup?"}, {From: "operator", Text: "Which one?"}}
	for _, text := range []string{
		"The one of yesterday",
		"my phone +380671234567, when does the refund of my domain come?",
	} {
		if _, err := s.Advise(t.Context(), advice.Question{For: here, Text: text, Turns: turns}); err == nil {
			t.Error("an answer of nothing")
		}
	}
	if len(got) != 2 || got[0].Text != "The one of yesterday\nHow do I restore a backup?" || got[0].For != here ||
		got[0].Limit != 8 ||
		got[1].Text != "my phone  , when does the refund of my domain come?" {
		t.Errorf("%+v", got)
	}
}

type searchFunc func(topics.KnowledgeQuery) []topics.KnowledgeHit

func (f searchFunc) Search(_ context.Context, q topics.KnowledgeQuery) ([]topics.KnowledgeHit, error) {
	return f(q), nil
}
