package advice_test

import (
	"context"
	"strings"
	"testing"
	"unicode"

	"topicpilot/topics"
	"topicpilot/topics/advice"
)

// FuzzGate: whatever a model says, what passes stands on quotes of what was sent, has its
// bounds, and holds nothing that cannot be seen.
func FuzzGate(f *testing.F) {
	f.Fuzz(func(t *testing.T, said, question string) {
		s := newStage(says(said), finds(hits(false)))
		got, err := s.Advise(context.Background(), advice.Question{Text: question})
		if err != nil {
			if silent(t, err) == "" || strings.Contains(s.log.String(), "ERROR") {
				t.Fatal(err, s.log.String())
			}
			return
		}
		if got.Text == "" || topics.UTF16Len(got.Text) > 3500 || got.Coverage < 0.5 || got.Coverage > 1 ||
			len(got.Sources) == 0 {
			t.Fatalf("%+v", got)
		}
		for _, source := range got.Sources {
			plain := strings.Join(strings.Fields(refunds+" "+backups), " ")
			if source.Quote == "" || !strings.Contains(plain, source.Quote) {
				t.Fatalf("%q stands nowhere", source.Quote)
			}
		}
		if strings.ContainsFunc(got.Text, func(r rune) bool {
			return unicode.IsControl(r) && r != '\n' ||
				unicode.Is(unicode.Bidi_Control, r)
		}) {
			t.Fatalf("%q", got.Text)
		}
	})
}
