package knowledge_test

import (
	"fmt"
	"strings"
	"testing"

	"topicpilot/topics/knowledge"
)

// TestCostly: what would hold up everything is refused; the parser would need minutes, or
// more memory than there is, for most of these.
func TestCostly(t *testing.T) {
	columns := func(sign string) string { return strings.Repeat(sign+"|", 20_000) + "\n" }
	var references, nested strings.Builder
	for i := range 60_000 {
		fmt.Fprintf(&references, "[a%d]: b\n", i)
	}
	for i := range 900 {
		nested.WriteString(strings.Repeat("  ", i) + "- a\n")
	}
	for name, text := range map[string]string{
		"quotes":           strings.Repeat(">", 1_000_000) + " x",
		"list":             strings.Repeat("- ", 100_000) + "x",
		"ordered list":     strings.Repeat("1. ", 100_000) + "x",
		"both":             strings.Repeat("> - ", 100_000) + "x",
		"many deep lists":  strings.Repeat(strings.Repeat("- ", 49)+"x\n\n", 10_000),
		"list over lines":  nested.String(),
		"links":            strings.Repeat("[a](b", 100_000),
		"links in heading": "# " + strings.Repeat("[a](b", 100_000),
		"links underlined": strings.Repeat("[a](b", 100_000) + "\n===",
		"links over lines": strings.Repeat("[a](b\n", 100_000),
		"emphasis":         strings.Repeat("_a*b", 200_000),
		"brackets":         strings.Repeat("[", 200_000),
		"HTML":             strings.Repeat("a <?", 200_000),
		"wide table":       columns("a") + columns("-") + strings.Repeat("x\n", 2_000),
		"long table":       strings.Repeat("a|", 90) + "\n" + strings.Repeat("-|", 90) + "\n" + strings.Repeat("x\n", 9_000),
		"quoted table":     "> " + columns("a") + "> " + columns("-") + strings.Repeat("> x\n", 2_000),
		"references":       references.String(),
		"large":            strings.Repeat("a text\n\n", 200_000),
	} {
		t.Run(name, func(t *testing.T) {
			chunks, problems := knowledge.Split("a.md", text)
			if len(chunks) > 0 || len(problems) != 1 || !strings.Contains(problems[0].Text, "left out") {
				t.Errorf("%d chunks, %v", len(chunks), problems)
			}
		})
	}
}

// TestLargeButUsual: what a team may well write is read, however large.
func TestLargeButUsual(t *testing.T) {
	row := strings.Repeat("| a *value* `x` ", 12) + "|\n"
	line := "Open [the settings](https://x.example/settings), press **Save**, and see `status` for _all_ of it.\n"
	for name, text := range map[string]string{
		"paragraphs":  strings.Repeat(strings.Repeat(line, 10)+"\n", 900),
		"links":       strings.Repeat("- [an article](https://x.example/a)\n", 20_000),
		"table":       strings.Repeat("a|", 12) + "\n" + strings.Repeat("-|", 12) + "\n" + strings.Repeat(row, 4_000),
		"line":        strings.Repeat("----------", 30) + "\n\n" + strings.Repeat("- ", 3) + "x",
		"code":        "```\n" + strings.Repeat("    if (a[b](c)) { *d = _e_; }\n", 20_000) + "```\n",
		"one block":   strings.Repeat(line, 400),
		"deep enough": strings.Repeat("> ", 20) + strings.Repeat("- ", 20) + "x",
	} {
		t.Run(name, func(t *testing.T) {
			chunks, problems := knowledge.Split("a.md", text)
			if len(chunks) == 0 || len(problems) > 0 {
				t.Errorf("%d chunks, %v", len(chunks), problems)
			}
		})
	}
}

// TestManyLines: a text of many short lines is one of many chunks, and no more than that.
func TestManyLines(t *testing.T) {
	chunks, problems := knowledge.Split("a.txt", strings.Repeat("a\n", 2_000_000))
	if len(chunks) < 3_000 || len(problems) > 0 {
		t.Errorf("%d chunks, %v", len(chunks), problems)
	}
}
