package config_test

import (
	"strings"
	"testing"
)

func TestLinesOfBrokenYAML(t *testing.T) {
	const tab, indent = "a tab; use spaces", "the indent or a quote is wrong here; line it up with its neighbours"
	const flow, quote = "brackets are not closed, or a comma is missing", "a quote is opened and not closed"
	const sign = "a sign that YAML keeps for itself; put the value in quotes"
	const star = "a value that starts with * stands for an anchor; put it in quotes"
	const colon = "the indent is wrong, or a value with a colon needs quotes"
	for name, c := range map[string]struct{ text, want string }{
		"tab":                        {"a: 1\nb:\n\tc: 2\n", "line 3: " + tab},
		"tab in the first line":      {"\ta: 1\n", "line 1: " + tab},
		"tab among spaces":           {"a: 1\nb:\n  c: 2\n\td: 3\n", "line 4: " + tab},
		"indent too small":           {"a: 1\nb:\n  c: 2\n d: 3\ne: 1\n", "line 4: " + indent},
		"indent too large":           {"a: 1\nb:\n  c: 2\n   d: 3\ne: 1\n", "line 4: " + colon},
		"list in a section":          {"a: 1\n- b\n", "line 2: " + indent},
		"key in a list":              {"x: 1\na:\n  - b\n c: 1\n", "line 4: " + indent},
		"indent in a list's entry":   {"a:\n  - x: 1\n   y: 2\n", "line 3: " + indent},
		"quote in a quote":           {"a: 1\nb: 'it's'\nc: 1\n", "line 2: " + indent},
		"bracket too many":           {"a: 1\nb: [1\n]]\n", "line 3: " + indent},
		"one line, colon":            {"a: b: c", "line 1: " + colon},
		"colon":                      {"x: 1\na: b: c\n", "line 2: " + colon},
		"one line, list":             {"a: [1, 2", "near line 1: " + flow},
		"section":                    {"x: 1\na: {b: 1\nc: 2\n", "near line 2: " + flow},
		"nothing after comma":        {"x: 1\na: [{b: 1,\n", "near line 2: " + flow},
		"quote in the first line":    {"a: \"x\nb: 1\n", "line 1: " + quote},
		"the same, no line end":      {"a: \"x\nb: 1", "line 1: " + quote},
		"quote further down":         {"a: \"x\n  y\"\nb: 'x\nc: 1\n", "line 3: " + quote},
		"quote in the last line":     {"a: 1\nb: 'x", "line 2: " + quote},
		"one line, reserved sign":    {"a: @x", "line 1: " + sign},
		"reserved sign":              {"a: 1\nb: %x\n", "line 2: " + sign},
		"anchor":                     {"a: 1\nb: *x\nc: 1\n", "line 2: " + star},
		"control character":          {"a: 1\nb: \x01\nc: 1\n", "line 2: a control character; remove it"},
		"a word where a key belongs": {"a: 1\nb\nc: 1\n", "line 2: could not find expected …"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := tryLoad(t, c.text)
			if err == nil {
				t.Fatal("no error")
			}
			if _, got, _ := strings.Cut(err.Error(), ": is not YAML: "); got != c.want {
				t.Errorf("have %q\nwant %q", err, c.want)
			}
		})
	}
}
