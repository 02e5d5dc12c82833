package advice

import (
	"unicode"
	"unicode/utf8"

	"topicpilot/topics"
)

// messageTokens are what the form of a message costs beside its text.
const messageTokens = 16

// estimatePrompt is how many tokens a prompt may cost, schema included: some servers put it
// into the prompt.
func estimatePrompt(p topics.Prompt) int64 {
	return 2*messageTokens + EstimateTokens(p.System) + EstimateTokens(p.User) + EstimateTokens(string(p.Schema))
}

// EstimateTokens is how many tokens a text may cost. Tokenizers differ; it is meant to lie
// above what those in use make of a text (of OpenAI's, cl100k_base needs most for Cyrillic
// letters), since what is reserved has to hold: a token for three letters of a Latin word,
// three for four of a Cyrillic one, one for each digit and each other sign of ASCII; other
// signs cost as many as they have bytes, the most that tokenizers by bytes make of them.
func EstimateTokens(text string) int64 {
	tokens, run := 0, 0
	var kind script
	flush := func() {
		switch kind {
		case latin:
			tokens += (run + 2) / 3
		case cyrillic:
			tokens += (3*run + 3) / 4
		case noScript, otherScript:
		}
		run, kind = 0, noScript
	}
	space := false
	for _, r := range text {
		next := noScript
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z':
			next = latin
		case r >= 0x0400 && r <= 0x052F:
			next = cyrillic
		}
		if next != kind {
			flush()
			kind = next
		}
		switch {
		case next != noScript:
			run++
		case r == ' ':
			if space { // a row of spaces costs less, but not always
				tokens++
			}
		case r < utf8.RuneSelf:
			tokens++
		case unicode.Is(unicode.Latin, r):
			tokens++
		default:
			tokens += utf8.RuneLen(r)
		}
		space = r == ' '
	}
	flush()
	return int64(tokens)
}
