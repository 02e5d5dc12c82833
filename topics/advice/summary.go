package advice

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

const maxSentence = 120

// summary tells of each former episode its date, what the customer first asked and what was
// last answered: as many as there is room for, the newest last.
func summary(lines []line, where *time.Location) string {
	var parts []string
	size := 0
	for len(lines) > 0 {
		from := lastEpisode(lines)
		part := episodeLine(lines[from:], where)
		lines = lines[:from]
		if part == "" {
			continue
		}
		if size += len([]rune(part)) + 1; size > maxSummary {
			break
		}
		parts = append(parts, part)
	}
	slices.Reverse(parts)
	return strings.Join(parts, "\n")
}

func episodeLine(lines []line, where *time.Location) string {
	question, answer := "", ""
	for _, l := range lines {
		switch {
		case l.text == "":
		case !l.customer:
			answer = firstSentence(l.text)
		case question == "" && !SmallTalk(l.text):
			question = firstSentence(l.text)
		}
	}
	if question == "" {
		return ""
	}
	// No name of a role stands before a colon: so do those who play a part before a model.
	text := fmt.Sprintf("%s %s", lines[0].at.In(where).Format(time.DateOnly), question)
	if answer != "" {
		text += " → " + answer
	}
	return text
}

// firstSentence is the first sentence of a text, in one line. A greeting alone is none.
func firstSentence(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	from := 0
	for i, r := range text {
		end := i + len(string(r))
		if !strings.ContainsRune(".!?…", r) || end < len(text) && text[end] != ' ' {
			continue
		}
		if sentence := text[from:end]; !SmallTalk(sentence) {
			return cut(strings.TrimSpace(sentence), maxSentence)
		}
		from = end
	}
	return cut(strings.TrimSpace(text[from:]), maxSentence)
}
