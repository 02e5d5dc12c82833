package commands

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"topicpilot/topics"
)

// The signs around a value that is shown in code. Neither fixed text nor values hold
// them: both are stripped of control characters.
const (
	codeBegins = "\x01"
	codeEnds   = "\x02"
)

// tappable is what Telegram may make a command, a mention or a link by itself; a bare
// host too.
var tappable = regexp.MustCompile(`(?i)[/@]|http|www\.|\.\pL|(\d{1,3}\.){3}\d`)

// shownOf is a value as a message shows it: one line, so that it cannot look like
// another line of the card, and marked as code where a tap on it would do something
// that the customer or an outside system chose.
func shownOf(v any) string {
	text := oneLine(textOf(v))
	if tappable.MatchString(text) {
		return codeOf(text)
	}
	return text
}

// codeOf marks a text of one line, which strip has cleaned, as code.
func codeOf(text string) string { return codeBegins + text + codeEnds }

// shownText makes what a template of placeShown gives a text of at most limit characters.
func shownText(rendered string, limit int) topics.Text {
	var t topics.Text
	before, rest, found := strings.Cut(trimLines(rendered), codeBegins)
	t.Add(before)
	for found && utf8.RuneCountInString(t.Text) <= limit {
		var code string
		code, rest, _ = strings.Cut(rest, codeEnds)
		before, rest, found = strings.Cut(rest, codeBegins)
		t.Code(code).Add(before)
	}
	return clip(t, cutRunes(t.Text, limit))
}
