package knowledge

import "strings"

const plainMark = "a text has no headings; from this paragraph on it is internal"

// readText reads a text without signs: paragraphs between empty lines.
func readText(written string) article {
	b := &builder{}
	body, line := frontMatter(b, written)
	var paragraph []string
	flush := func() {
		text := strings.Join(paragraph, "\n")
		if !b.rest && resembles(text) {
			b.rest = true
			b.problem(line-len(paragraph), plainMark)
		}
		b.block(text, false)
		paragraph = nil
	}
	for written := range strings.SplitSeq(body, "\n") {
		if text := strings.TrimSpace(written); text == "" {
			flush()
		} else {
			paragraph = append(paragraph, text)
		}
		line++
	}
	flush()
	return b.article
}
