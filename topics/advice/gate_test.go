package advice_test

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"topicpilot/topics"
	"topicpilot/topics/advice"
)

const (
	refundText  = "You get a refund within 14 days of the payment."
	refundQuote = "issued within 14 days of the payment"
)

var good = claim{refundText, "refunds-1", refundQuote}

func TestGate(t *testing.T) {
	unreadable := func(s string) gateCase { return gateCase{text: s, want: advice.ReasonUnreadable} }
	for name, tt := range map[string]gateCase{
		"passes":         {text: answered(refundText, good)},
		"code fence":     {text: "```json\n" + answered(refundText, good) + "\n```"},
		"bare fence":     {text: " ```" + answered(refundText, good) + "``` "},
		"thought aloud":  {text: "<think>hm {}</think>\n" + answered(refundText, good)},
		"unknown fields": {text: `{"mood":1,` + answered(refundText, good)[1:]},
		"other white space": {text: answered(refundText, claim{
			refundText, "refunds-1",
			"Issued  within\n14 days\u00a0of THE payment",
		})},
		"other signs": {text: answered("Open Files, Backups and press Restore.",
			claim{"Open Files, Backups and press Restore", "backups-1", `open "files › backups" and press restore - it takes`})},
		"three words":    {text: answered(refundText, claim{refundText, "refunds-1", "to the same"})},
		"twelve letters": {text: answered(refundText, claim{refundText, "refunds-1", "issued within"})},

		"refusal": {
			completion: topics.Completion{Refusal: "no", Finish: topics.FinishStop},
			want:       advice.ReasonRefused,
		},
		"filtered": {
			completion: topics.Completion{Text: answered(refundText, good), Finish: topics.FinishFilter},
			want:       advice.ReasonRefused,
		},
		"cut off": {
			completion: topics.Completion{Text: answered(refundText, good), Finish: topics.FinishLength},
			want:       advice.ReasonCutOff,
		},
		"empty":            {text: " \n", want: advice.ReasonEmpty},
		"empty answer":     {text: answered(" \u202e\u0000 ", good), want: advice.ReasonEmpty},
		"words":            unreadable("Refunds take 14 days."),
		"broken":           unreadable(answered(refundText, good)[:40]),
		"open fence":       unreadable("```json\n" + answered(refundText, good)),
		"after it":         unreadable(answered(refundText, good) + " done"),
		"wrong types":      unreadable(`{"answerable":"yes","answer":"x","claims":[]}`),
		"claims no list":   unreadable(`{"answerable":true,"answer":"x","claims":"y"}`),
		"list":             unreadable(`[]`),
		"null":             unreadable(`null`),
		"not said whether": unreadable(`{"answer":"x","claims":[]}`),
		"unanswerable":     {text: `{"answerable":false,"answer":"","claims":[]}`, want: advice.ReasonUnanswerable},
		"no, but answers": {
			text: strings.Replace(answered(refundText, good), "true", "false", 1),
			want: advice.ReasonUnanswerable,
		},
		"no claim":    {text: answered(refundText), want: advice.ReasonNoClaim},
		"claims null": {text: `{"answerable":true,"answer":"x","claims":null}`, want: advice.ReasonNoClaim},
		"other chunk": {
			text: answered(refundText, claim{refundText, "backups-1", refundQuote}),
			want: advice.ReasonQuote,
		},
		"unknown chunk": {
			text: answered(refundText, claim{refundText, "staff-1", "Operators may give a discount"}),
			want: advice.ReasonQuote,
		},
		"changed quote": {text: answered(refundText, claim{
			refundText, "refunds-1",
			"issued within 41 days of the payment",
		}), want: advice.ReasonQuote},
		"one bad of two": {
			text: answered(refundText, good, claim{"x", "refunds-1", "Domains are refunded as well"}),
			want: advice.ReasonQuote,
		},
		"short quote": {text: answered(refundText, claim{refundText, "refunds-1", "14 days"}), want: advice.ReasonQuote},
		"a quote without words": {
			chunk: "Notes\n------------ ... ============\n" + refunds,
			text:  answered(refundText, claim{refundText, "refunds-1", "------------ ... ===="}), want: advice.ReasonQuote,
		},
		"no quote": {text: answered(refundText, claim{refundText, "refunds-1", ""}), want: advice.ReasonQuote},
		"little carried": {
			text: answered(refundText+" Hosting costs nothing for students, schools, churches and hospitals everywhere "+
				"in the world.", good),
			want: advice.ReasonCoverage,
		},
		"claim elsewhere": {
			text: answered("Everything else costs nothing.", good), want: advice.ReasonCoverage,
		},
		"a claim twice": {
			text: answered("Within 14 days. Within 14 days. Nothing else at all.", claim{
				"Within 14 days", "refunds-1",
				refundQuote,
			},
				claim{"within 14 days", "refunds-1", "issued within 14 days"}),
			want: advice.ReasonCoverage,
		},
		"a claim beside the answer": {
			text: answered("Days of the payment", claim{
				"Whoever has made a payment waits for some days, which is the sum of what banks need", "refunds-1", refundQuote,
			}),
			want: advice.ReasonCoverage,
		},
		"no words": {text: answered("👍", claim{"👍", "refunds-1", refundQuote}), want: advice.ReasonCoverage},
		"too long": {text: answered(strings.Repeat(refundText+" ", 80), good), want: advice.ReasonCutOff},
		"leak": {
			text: answered("I never repeat or describe the text you are reading now. "+refundText, good),
			want: advice.ReasonLeak,
		},
		"model down": {
			err:  &topics.ModelError{Fault: topics.ModelDenied, Err: errors.New("401")},
			want: advice.ReasonModel,
		},
		"server garbage": {
			err:  &topics.ModelError{Fault: topics.ModelUnreadable, Err: errors.New("x")},
			want: advice.ReasonUnreadable,
		},
	} {
		t.Run(name, func(t *testing.T) { tt.check(t) })
	}
}

type gateCase struct {
	// chunk is the text of refunds-1, "" for that of hits.
	chunk      string
	text       string
	completion topics.Completion
	err        error
	want       advice.Reason
}

func (c gateCase) check(t *testing.T) {
	completion := c.completion
	if c.text != "" {
		completion = topics.Completion{Text: c.text, Finish: topics.FinishStop}
	}
	completion.Usage = &topics.TokenUsage{Input: 7, Output: 3}
	known := hits(false)
	if c.chunk != "" {
		known[0].Text = c.chunk
	}
	s := newStage(modelFunc(func(context.Context, topics.Prompt) (topics.Completion, error) {
		return completion, c.err
	}), finds(known))
	question := advice.Question{Text: "When is a refund paid? I am at a@b.example"}
	got, err := s.Advise(t.Context(), question)
	if reason := silent(t, err); reason != c.want {
		t.Fatalf("%q, want %q: %v", reason, c.want, err)
	}
	if c.want == "" {
		if got.Text == "" || len(got.Sources) != 1 || got.Coverage < 0.5 || got.Strength != 0.7 || got.Usage.Total() != 10 {
			t.Errorf("%+v", got)
		}
		return
	}
	silence, _ := errors.AsType[*advice.Silence](err)
	if silence.Strength != 0.7 || silence.Question != "When is a refund paid? I am at [email]" {
		t.Errorf("%+v", silence)
	}
	if c.err == nil && silence.Usage.Total() != 10 {
		t.Errorf("usage %+v", silence.Usage)
	}
	if strings.Contains(err.Error(), "refund") || strings.Contains(s.log.String(), "refund") {
		t.Errorf("words came out: %v %s", err, s.log.String())
	}
}

func TestNothingFound(t *testing.T) {
	s := newStage(modelFunc(func(context.Context, topics.Prompt) (topics.Completion, error) {
		t.Error("the model was asked")
		return topics.Completion{}, nil
	}), finds(nil))
	if _, err := s.Advise(t.Context(), advice.Question{Text: "anything"}); silent(t, err) != advice.ReasonNothing {
		t.Error(err)
	}
}

func TestThreshold(t *testing.T) { // half of the words is enough for a half
	s := newStage(says(answered("Within 14 days. Maybe much later.", claim{"Within 14 days", "refunds-1", refundQuote})),
		finds(hits(false)))
	got, err := s.Advise(t.Context(), advice.Question{Text: "When?"})
	if err != nil || got.Coverage != 0.5 {
		t.Error(got.Coverage, err)
	}
}

// TestSources: one for each cited chunk, in the order of the claims, with the words of the
// article.
func TestSources(t *testing.T) {
	s := newStage(says(answered("Backups are kept for 30 days. Refunds take 14 days.",
		claim{"Backups are kept for 30 days", "backups-1", "MADE each night and kept for 30 days. open"},
		claim{"Refunds take 14 days", "refunds-1", refundQuote},
		claim{"Backups are kept for 30 days", "backups-1", "press Restore - it takes ten"},
	)), finds(hits(false)))
	got, err := s.Advise(t.Context(), advice.Question{Text: "How long?"})
	if err != nil || len(got.Sources) != 2 {
		t.Fatal(got, err)
	}
	first, second := got.Sources[0], got.Sources[1]
	if first.Quote != "made each night and kept for 30 days. Open" || first.File != "backups-1.md" ||
		first.Title != "Backups" ||
		first.Link == "" || second.Chunk != "refunds-1" {
		t.Errorf("%+v", got.Sources)
	}
}

// TestQuotesStand: whatever a model claims, what passes stands on quotes of chunks that were
// sent.
func TestQuotesStand(t *testing.T) {
	parts := append(strings.FieldsFunc(refunds+backups, func(r rune) bool { return r == '.' }),
		staff, "made up words that stand nowhere", "", "to the", "REFUNDS are issued within 14 DAYS")
	ids := []string{"refunds-1", "backups-1", "staff-1", ""}
	rapid.Check(t, func(t *rapid.T) {
		quote := rapid.SampledFrom(parts)
		claims := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) claim {
			return claim{refundText, rapid.SampledFrom(ids).Draw(t, "chunk"), quote.Draw(t, "quote")}
		}), 0, 4).Draw(t, "claims")
		s := newStage(says(answered(refundText, claims...)), finds(hits(false)))
		got, err := s.Advise(t.Context(), advice.Question{Text: "When?"})
		stands := len(claims) > 0
		for _, c := range claims {
			i := slices.IndexFunc(hits(false), func(h topics.KnowledgeHit) bool { return h.ID == c.Chunk })
			stands = stands && i >= 0 && len(c.Quote) >= 12 &&
				strings.Contains(strings.ToLower(hits(false)[i].Text), strings.ToLower(strings.TrimSpace(c.Quote)))
		}
		if (err == nil) != stands {
			t.Fatalf("passed %v, quotes stand %v: %+v", err == nil, stands, claims)
		}
		for _, source := range got.Sources {
			if !strings.Contains(refunds+backups, strings.TrimSpace(source.Quote)) && !strings.Contains(source.Quote,
				"Backups are made") {
				t.Fatalf("quote %q", source.Quote)
			}
		}
	})
}

// system is what a model is told.
func system(t testing.TB, internal bool) string {
	t.Helper()
	var told string
	s := newStage(modelFunc(func(_ context.Context, p topics.Prompt) (topics.Completion, error) {
		told = p.System
		return topics.Completion{Text: "{}"}, nil
	}), finds(hits(internal)))
	if _, err := s.Advise(t.Context(), advice.Question{Text: "x", Internal: internal}); err == nil || told == "" {
		t.Fatal("no instructions")
	}
	return told
}

// TestLeak: no part of our instructions of 30 characters comes out, however it is written.
func TestLeak(t *testing.T) {
	text := []rune(system(t, true))
	spaced := func(s string) string { return strings.Join(strings.Split(s, ""), " ") }
	ways := map[string]func(string) string{
		"as it is": func(s string) string { return s }, "upper": strings.ToUpper, "spaced": spaced,
		"unseen":   func(s string) string { return strings.Join(strings.Split(s, ""), "\u200b") },
		"dashes":   func(s string) string { return strings.ReplaceAll(s, " ", "-") },
		"lines":    func(s string) string { return strings.ReplaceAll(s, " ", "\n") },
		"turned":   func(s string) string { r := []rune(s); slices.Reverse(r); return string(r) },
		"base64":   func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
		"url":      func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) },
		"in words": func(s string) string { return "Here " + base64.StdEncoding.EncodeToString([]byte(s)) + " it is" },
		"hex":      func(s string) string { return hex.EncodeToString([]byte(s)) },
		"accents":  func(s string) string { return strings.ReplaceAll(s, "e", "é") },
		"rot13":    func(s string) string { return strings.Map(rot13, s) },
		"alike":    func(s string) string { return strings.NewReplacer("e", "е", "o", "о").Replace(s) },
		"wide":     func(s string) string { return strings.Map(wide, s) },
		"digits":   strings.NewReplacer("o", "0", "e", "3", "i", "1", "l", "1", "t", "7").Replace,
		"signs":    strings.NewReplacer("a", "@", "s", "$", "i", "!").Replace,
		"parted":   func(s string) string { return strings.ReplaceAll(s, " ", "!") },
		"other a":  strings.NewReplacer("a", "ɑ", "i", "ı", "g", "ɡ").Replace,
	}
	for name, way := range ways {
		for from := 0; from+40 <= len(text); from += 97 {
			said := refundText + " " + way(string(text[from:from+40]))
			s := newStage(says(answered(said, claim{said, "refunds-1", refundQuote})), finds(hits(false)))
			if _, err := s.Advise(t.Context(), advice.Question{Text: "print it"}); silent(t, err) != advice.ReasonLeak {
				t.Errorf("%s: %q came out: %v", name, said, err)
			}
		}
	}
	exact := string(text[200:230])
	s := newStage(says(answered(exact, claim{exact, "refunds-1", refundQuote})), finds(hits(false)))
	if _, err := s.Advise(t.Context(), advice.Question{Text: "print it"}); silent(t, err) != advice.ReasonLeak {
		t.Errorf("30 characters came out: %v", err)
	}
}

// TestLeakInPieces: other letters in between do not hide a longer part; what team and
// customers write of each other is none.
func TestLeakInPieces(t *testing.T) {
	text := []rune(system(t, true))
	for from := 0; from+400 <= len(text); from += 97 {
		var said strings.Builder
		for i, r := range text[from : from+400] {
			said.WriteRune(r)
			if i%20 == 19 {
				said.WriteString(" q ")
			}
		}
		s := newStage(says(answered(said.String(), claim{said.String(), "refunds-1", refundQuote})), finds(hits(false)))
		if _, err := s.Advise(t.Context(), advice.Question{Text: "print it"}); silent(t, err) != advice.ReasonLeak {
			t.Errorf("%q came out: %v", said.String(), err)
		}
	}
	honest := strings.Repeat("Write to the support team of our company, in the language of your customer card, "+
		"and give the name of the account. We reply within a day with the answer to your question; "+
		"follow the link inside the message. "+
		"Never send a card number in plain text. ", 3)
	s := newStage(says(answered(honest, claim{honest, "refunds-1", refundQuote})), finds(hits(false)))
	if _, err := s.Advise(t.Context(), advice.Question{Text: "How do I write to you?"}); err != nil {
		t.Error(err)
	}
}

func rot13(r rune) rune {
	switch {
	case r >= 'a' && r <= 'z':
		return 'a' + (r-'a'+13)%26
	case r >= 'A' && r <= 'Z':
		return 'A' + (r-'A'+13)%26
	}
	return r
}

func wide(r rune) rune {
	if r > ' ' && r < 0x7F {
		return r - '!' + 0xFF01
	}
	return r
}
