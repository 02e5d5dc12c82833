package notion

import (
	"unicode/utf16"

	"github.com/jomei/notionapi"
)

// Notion's limits. Source: developers.notion.com, "Request limits". Whether a text's 2,000
// count UTF-16 units or characters is not said there; units are the stricter reading.
const (
	maxText     = 2000
	maxItems    = 100
	maxPhone    = 200
	maxChildren = 100
	maxLink     = 2000
	// maxPayload stays well under the 500 KB that Notion takes.
	maxPayload = 400 << 10
	ellipsis   = "…"
)

// cut shortens s to limit UTF-16 units, the last of them an ellipsis. It never splits a
// character.
func cut(s string, limit int) string {
	if head, rest := splitAt(s, limit); rest == "" {
		return head
	}
	head, _ := splitAt(s, limit-1)
	return head + ellipsis
}

// splitAt cuts s behind at most limit UTF-16 units, between two characters.
func splitAt(s string, limit int) (head, rest string) {
	if len(s) <= limit {
		return s, ""
	}
	units := 0
	for i, r := range s {
		units += utf16.RuneLen(r)
		if units > limit {
			return s[:i], s[i:]
		}
	}
	return s, ""
}

// valid replaces what is no UTF-8 and takes control characters out; tabs and ends of lines stay.
func valid(s string) string {
	clean := true
	for i := range len(s) {
		if b := s[i]; b < ' ' && b != '\n' && b != '\t' || b >= 0x7f {
			clean = false
			break
		}
	}
	if clean {
		return s
	}
	out := make([]rune, 0, len(s))
	for _, r := range s {
		if r >= ' ' && r != 0x7f || r == '\n' || r == '\t' {
			out = append(out, r)
		}
	}
	return string(out)
}

// plain is one rich text, cut to what one may hold, as an array; none for an empty text.
func plain(s string) []notionapi.RichText {
	if s = cut(valid(s), maxText); s == "" {
		return []notionapi.RichText{}
	}
	return []notionapi.RichText{textItem(s, nil)}
}

func textItem(s string, style *notionapi.Annotations) notionapi.RichText {
	return notionapi.RichText{
		Type: notionapi.ObjectTypeText, Text: &notionapi.Text{Content: s}, Annotations: style,
	}
}
