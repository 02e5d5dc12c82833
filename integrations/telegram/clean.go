package telegram

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"topicpilot/topics"
)

// clean gives the text as Telegram will keep it: line ends as \n, no control characters, no marks
// that turn the writing direction around; valid UTF-8. Entities are moved
// along, cut to the text and never begin or end inside of a surrogate pair; empty ones are dropped.
//
// Telegram does the same on its side (tdlib, clean_input_string); done here first,
// lengths are counted on what will really stand there.
func clean(t topics.Text) topics.Text {
	var out strings.Builder
	out.Grow(len(t.Text))
	var places []int32 // for each UTF-16 unit of the original, its place in the result
	track := len(t.Entities) > 0
	if track {
		places = make([]int32, 0, len(t.Text)+1)
	}
	units := 0
	for i, r := range t.Text {
		kept := cleanRune(r, i > 0 && t.Text[i-1] == '\r')
		if track {
			for range max(1, utf16Len(r)) {
				places = append(places, int32(units))
			}
		}
		if kept >= 0 {
			out.WriteRune(kept)
			units += utf16Len(kept)
		}
	}
	result := topics.Text{Text: out.String()}
	if !track {
		return result
	}
	result.Entities = make([]topics.Entity, 0, len(t.Entities))
	places = append(places, int32(units))
	total := len(places) - 1
	for _, e := range t.Entities {
		if e.Offset < 0 || e.Length <= 0 || e.Offset >= total {
			continue
		}
		end := int(places[e.Offset+min(e.Length, total-e.Offset)])
		e.Offset = int(places[e.Offset])
		if e.Length = end - e.Offset; e.Length > 0 && sendable(e) {
			result.Entities = append(result.Entities, e)
		}
	}
	return result
}

// cleanRune gives what stands for r, -1 for nothing.
func cleanRune(r rune, afterReturn bool) rune {
	switch {
	case r == '\n' && afterReturn:
		return -1
	case r == '\n', r == '\t':
		return r
	case r == '\r', r == 0x2028, r == 0x2029:
		return '\n'
	case r >= 0x202a && r <= 0x202e:
		return -1
	case unicode.IsControl(r):
		return ' '
	}
	return r
}

// sendable reports whether an entity says something that Telegram does not find by itself.
func sendable(e topics.Entity) bool {
	switch e.Type {
	case "text_link":
		return e.URL != ""
	case "text_mention":
		return e.UserID != 0
	case "custom_emoji":
		return e.CustomEmojiID != ""
	}
	return entityRank(e.Type) > 0
}

// entityRank orders entities by what is lost without them, least first; 0 for those not sent.
func entityRank(kind string) int {
	switch kind {
	case "custom_emoji":
		return 1
	case "underline", "strikethrough", "italic":
		return 2
	case "bold":
		return 3
	case "blockquote", "expandable_blockquote":
		return 4
	case "code", "pre", "spoiler":
		return 5
	case "text_link", "text_mention":
		return 6
	}
	return 0
}

// visible reports whether a reader sees something of r alone, so that Telegram's trimming stops
// at it. Code points that Go's tables do not know yet may be new emoji and count as visible.
func visible(r rune) bool {
	switch {
	case r == 0x115f, r == 0x1160, r == 0x3164, r == 0xffa0, r == 0x2800, r == 0x2065,
		r >= 0xfff0 && r <= 0xfff8, r >= 0xe0000 && r <= 0xe0fff:
		return false // shown as nothing, whatever their category says
	}
	return !unicode.IsSpace(r) && !unicode.In(r, unicode.Cc, unicode.Cf, unicode.M, unicode.Z)
}

// joins reports whether next belongs to the same sign as what ends with prev.
func joins(prev, next rune) bool {
	const zeroWidthJoiner = 0x200d
	switch {
	case prev == zeroWidthJoiner, next == zeroWidthJoiner, unicode.In(next, unicode.M):
		return true
	case next >= 0x1f3fb && next <= 0x1f3ff, next >= 0xe0020 && next <= 0xe007f:
		return true // skin tones, tags of flags
	case prev >= 0x1100 && prev <= 0x11ff && next >= 0x1160 && next <= 0x11ff:
		return true // Hangul written in parts
	}
	return false
}

func regionalIndicator(r rune) bool { return r >= 0x1f1e6 && r <= 0x1f1ff }

func utf16Len(r rune) int {
	if r >= 0x10000 {
		return 2
	}
	return 1
}

// cutUnits cuts s to at most limit UTF-16 units, the last one then being "…".
func cutUnits(s string, limit int) string {
	if topics.UTF16Len(s) <= limit {
		return s
	}
	units := 0
	for i, r := range s {
		if units += utf16Len(r); units > limit-1 {
			return s[:i] + "…"
		}
	}
	return s
}

// skipInvisible returns the index of the first visible rune at or after i.
func skipInvisible(s string, i int) int {
	for i < len(s) {
		r, size := utf8.DecodeRuneInString(s[i:])
		if visible(r) {
			return i
		}
		i += size
	}
	return i
}
