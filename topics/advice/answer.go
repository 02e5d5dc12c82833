package advice

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"topicpilot/topics"
)

// maxAnswer is the longest answer, in UTF-16 units: a draft has to fit one message beside
// its head and sources.
const maxAnswer = 3500

// answer is what the model says, as the schema has it.
type answer struct {
	Answerable *bool   `json:"answerable"`
	Answer     string  `json:"answer"`
	Claims     []claim `json:"claims"`
}

// claim is a part of the answer and what it stands on.
type claim struct {
	Text  string `json:"text"`
	Chunk string `json:"chunk"`
	Quote string `json:"quote"`
}

var errNoAnswer = errors.New("the answer is not of the form that was asked for")

// parse reads what the model has said. Fields that nobody asked for do not matter; an
// unreadable answer is none.
func parse(c topics.Completion) (answer, Reason, error) {
	switch {
	case c.Refusal != "", c.Finish == topics.FinishFilter:
		return answer{}, ReasonRefused, nil
	case c.Finish == topics.FinishLength:
		return answer{}, ReasonCutOff, nil
	}
	text := unfenced(c.Text)
	if text == "" {
		return answer{}, ReasonEmpty, nil
	}
	var a answer
	if err := json.Unmarshal([]byte(text), &a); err != nil {
		// The error may quote the answer; its type tells enough.
		return answer{}, ReasonUnreadable, fmt.Errorf("%w: %T", errNoAnswer, err)
	}
	switch {
	case a.Answerable == nil:
		return answer{}, ReasonUnreadable, errNoAnswer
	case !*a.Answerable:
		return answer{}, ReasonUnanswerable, nil
	}
	return a, "", nil
}

// unfenced takes a code fence off, and what some models have thought aloud before.
func unfenced(s string) string {
	s = strings.TrimSpace(strings.TrimPrefix(s, "\uFEFF"))
	if rest, ok := strings.CutPrefix(s, "<think>"); ok {
		if _, after, found := strings.Cut(rest, "</think>"); found {
			s = strings.TrimSpace(after)
		}
	}
	rest, ok := strings.CutPrefix(s, "```")
	if !ok {
		return s
	}
	inside, ok := strings.CutSuffix(rest, "```")
	if !ok {
		return s
	}
	if head, body, found := strings.Cut(inside, "\n"); found && !strings.ContainsAny(head, "{[") {
		inside = body
	}
	return strings.TrimSpace(inside)
}

// clean makes a text fit to be shown: without control signs and those that turn the
// direction of other text, at most one empty line at a time.
func clean(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t', r == '\u2028', r == '\u2029', r == '\u0085':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == '\uFEFF', r == unicode.ReplacementChar,
			r >= 0xE0000 && r <= 0xE0FFF, unicode.In(r, unicode.Co, unicode.Noncharacter_Code_Point):
			return -1
		}
		return r
	}, s)
	lines := strings.Split(s, "\n")
	kept := lines[:0]
	for _, line := range lines {
		line = strings.TrimRight(line, " ")
		if line == "" && (len(kept) == 0 || kept[len(kept)-1] == "") {
			continue
		}
		kept = append(kept, line)
	}
	return strings.TrimSpace(strings.Join(kept, "\n"))
}
