package commands

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"topicpilot/topics"
)

// maxField is the longest name or title shown, in characters.
const maxField = 128

// cleanField makes what a customer or a mirror wrote fit for one line of a card: one
// line, no invisible characters, nothing that turns the direction of the text, not
// longer than maxField. So no name can look like another line.
func cleanField(s string) string {
	return cutRunes(oneLine(s), maxField)
}

func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(strip(s), unicode.IsSpace), " ")
}

// stripLines is strip for a text of several lines, which are kept.
func stripLines(s string) string {
	lines := strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
	for i, line := range lines {
		lines[i] = strip(line)
	}
	return strings.Join(lines, "\n")
}

// trimLines takes away the spaces at the ends of lines and the empty lines around them.
func trimLines(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRightFunc(line, unicode.IsSpace)
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n")
}

// strip replaces what takes room without a sign by a space and drops what takes none.
func strip(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\u200c' || r == '\u200d' || r >= 0xE0020 && r <= 0xE007F:
			return r // joiners of scripts and emoji, tags of flags
		case unicode.IsControl(r), r == '\u2028', r == '\u2029':
			return ' '
		case r == '\u115f', r == '\u1160', r == '\u2800', r == '\u3164', r == '\uffa0':
			return ' ' // letters that are blank
		case unicode.Is(unicode.Cf, r):
			return -1 // direction marks and overrides, zero widths, soft hyphen
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// visible reports whether s shows anything at all.
func visible(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsGraphic(r) && !unicode.IsSpace(r) && !unicode.Is(unicode.Mn, r) && r != '\u115f'
	})
}

// cutRunes cuts s to limit characters, the last of them an ellipsis where it was cut.
func cutRunes(s string, limit int) string {
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	runes := []rune(s)
	return strings.TrimRightFunc(string(runes[:limit-1]), unicode.IsSpace) + "…"
}

// cutUTF16 is cutRunes counted in UTF-16 units, Telegram's measure.
func cutUTF16(s string, limit int) string {
	if topics.UTF16Len(s) <= limit {
		return s
	}
	n := 0
	for i, r := range s {
		n += topics.UTF16Len(string(r))
		if n > limit-1 {
			return s[:i] + "…"
		}
	}
	return s
}
