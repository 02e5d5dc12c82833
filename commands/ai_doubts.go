package commands

import (
	"strings"

	"topicpilot/commands/messages"
	"topicpilot/topics"
)

// maxDoubts bounds what is named in one warning, maxSentence each sentence there, in
// characters.
const (
	maxDoubts   = 5
	maxSentence = 100
)

// doubts are what an operator is warned of before they send a text.
type doubts struct {
	strange   []string
	uncarried []string
	dictated  bool
}

// text warns of them, on lines of their own.
func (d doubts) text(say *messages.Printer) topics.Text {
	var lines []string
	if d.dictated {
		lines = append(lines, say.T("ai.dictated", nil))
	}
	for _, warning := range []struct {
		name  string
		list  []string
		limit int
	}{{"ai.strange", d.strange, maxWord}, {"ai.uncarried", d.uncarried, maxSentence}} {
		if list := named(warning.list, warning.limit); list != "" {
			lines = append(lines, say.T(warning.name, messages.Data{"List": list}))
		}
	}
	if len(lines) == 0 {
		return topics.Text{}
	}
	t := topics.Plain("\n\n")
	t.Append(shownText(strings.Join(lines, "\n"), maxCard))
	return t
}

// named lists words in code, as a text of placeShown: the model, or a customer, may have
// chosen them.
func named(words []string, limit int) string {
	list := make([]string, 0, maxDoubts+1)
	for _, what := range words[:min(len(words), maxDoubts)] {
		list = append(list, codeOf(cutRunes(oneLine(what), limit)))
	}
	if len(words) > maxDoubts {
		list = append(list, "…")
	}
	return strings.Join(list, ", ")
}
