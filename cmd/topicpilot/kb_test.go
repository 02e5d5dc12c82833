package main

import (
	"strings"
	"testing"

	"topicpilot/topics"
)

func TestPlainText(t *testing.T) {
	for name, test := range map[string]struct {
		text string
		most int
		want string
	}{
		"lines":         {" one\n\ttwo\r\nthree ", 20, "one two three"},
		"escapes":       {"\x1b[31mred\x1b[0m \x07bell", 20, "[31mred[0m bell"},
		"right to left": {"pay \u202eevil\u202c now\u200b", 20, "pay evil now"},
		"just fits":     {"1234567890", 10, "1234567890"},
		"cut":           {strings.Repeat("ї", 12), 10, "їїїїїїїїїї…"},
		"cut at blank":  {"123456789 1234", 10, "123456789…"},
	} {
		if got := plainText(test.text, test.most); got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

// TestHitsOfNothing looks that nothing found is a list for programs too.
func TestHitsOfNothing(t *testing.T) {
	for _, hits := range [][]topics.KnowledgeHit{nil, {}} {
		var text strings.Builder
		if err := printHits(&text, hits, true); err != nil || text.String() != "[]\n" {
			t.Errorf("got %q, %v", text.String(), err)
		}
	}
}
