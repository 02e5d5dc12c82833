package knowledge

import "strings"

const plainMark = "a text has no headings; from this line on it is internal"

// readText reads a text without signs: paragraphs between empty lines.
func readText(written string) article {
	b := &builder{}
	body, line := frontMatter(b, written)
	var paragraph []string
	flush := func() {
		b.block(strings.Join(paragraph, "\n"), false)
		paragraph = nil
	}
	for written := range strings.SplitSeq(body, "\n") {
		if text := strings.TrimSpace(written); text == "" {
			flush()
		} else {
			if textMark.MatchString(text) && !b.rest {
				flush()
				b.rest = true
				b.problem(line, plainMark)
			}
			paragraph = append(paragraph, text)
		}
		line++
	}
	flush()
	return b.article
}
