package transcript

import (
	"strings"

	"topicpilot/topics"
)

// markdownText gives the lines of a text. Code and links are kept; other formatting,
// which no two readers of Markdown treat alike, is not.
func markdownText(t topics.Text) []string {
	var m markdownBuilder
	open := 0
	for _, p := range pieces(topics.Text{Text: t.Text, Entities: keptInMarkdown(t.Entities)}) {
		open -= p.close
		if m.kind != "" && open < m.depth {
			m.leave()
		}
		for _, e := range p.open {
			open++
			m.enter(e, open)
		}
		m.text.WriteString(p.text)
	}
	m.leave()
	m.endParagraph()
	return m.lines
}

// keptInMarkdown leaves out the entities that are not shown, which would cut up others.
func keptInMarkdown(list []topics.Entity) []topics.Entity {
	var kept []topics.Entity
	for _, e := range list {
		switch e.Type {
		case "pre", "code", "url", "text_link":
			kept = append(kept, e)
		}
	}
	return kept
}

// markdownBuilder puts the lines of one text together.
type markdownBuilder struct {
	lines []string
	// paragraph are the finished lines of the present paragraph, current its last one.
	paragraph []string
	current   strings.Builder
	// text is what has been read and is not yet in a line. It belongs to an entity where
	// kind is set, which is the depth-th of those open.
	text               strings.Builder
	kind, to, language string
	depth              int
}

// enter begins code or a link; what is inside of these is plain.
func (m *markdownBuilder) enter(e span, depth int) {
	if m.kind != "" {
		return
	}
	kind, to := "", ""
	switch e.Type {
	case "pre", "code":
		kind = e.Type
	case "url":
		if isAutolink(e.held) && target(e) != "" {
			kind = "url"
		}
	case "text_link":
		if to = target(e); to != "" {
			kind = "link"
		}
	}
	if kind != "" {
		m.leave()
		m.kind, m.to, m.language, m.depth = kind, to, e.Language, depth
	}
}

// leave puts what has been read into lines.
func (m *markdownBuilder) leave() {
	text, kind := m.text.String(), m.kind
	m.text.Reset()
	m.kind = ""
	oneLine := text != "" && !strings.Contains(text, "\n")
	switch {
	case kind == "pre":
		m.block(text)
	case kind == "code" && oneLine && !strings.Contains(text, "@") && !strings.HasSuffix(m.current.String(), "`"):
		// Readers that look for mail addresses take the backtick for a part of one.
		m.current.WriteString(codeSpan(text))
	case kind == "url" && isAutolink(text):
		m.current.WriteString("<" + text + ">")
	case kind == "link" && oneLine:
		m.current.WriteString("[" + escapeInline(text, false) + "](<" + linkTarget.Replace(m.to) + ">)")
	default:
		m.add(text)
	}
}

func (m *markdownBuilder) add(text string) {
	for i, l := range strings.Split(text, "\n") {
		if i > 0 {
			m.endLine()
		}
		m.current.WriteString(escapeInline(l, m.current.Len() == 0))
	}
}

func (m *markdownBuilder) endLine() {
	l := m.current.String()
	m.current.Reset()
	kept := strings.TrimRight(l, " \t")
	blank := l[len(kept):]
	if before, ok := strings.CutSuffix(kept, `\\`); ok {
		kept = before + "&#92;" // not every reader tells it from the hard break behind it
	}
	m.paragraph = append(m.paragraph, kept+blanks.Replace(blank))
}

// endParagraph ends each line but the last with a hard break. Empty lines stay between
// others only.
func (m *markdownBuilder) endParagraph() {
	m.endLine()
	list := m.paragraph
	m.paragraph = nil
	for len(list) > 0 && list[0] == "" {
		list = list[1:]
	}
	for len(list) > 0 && list[len(list)-1] == "" {
		list = list[:len(list)-1]
	}
	if len(list) == 0 {
		return
	}
	m.separate()
	for _, l := range list[:len(list)-1] {
		m.lines = append(m.lines, l+`\`)
	}
	m.lines = append(m.lines, list[len(list)-1])
}

// block is a fenced code block, whose fence is longer than any in it.
func (m *markdownBuilder) block(text string) {
	m.endParagraph()
	m.separate()
	fence := strings.Repeat("`", max(3, longestRun(text, '`')+1))
	m.lines = append(m.lines, fence+languageName(m.language))
	m.lines = append(m.lines, strings.Split(strings.TrimSuffix(text, "\n"), "\n")...)
	m.lines = append(m.lines, fence)
}

func (m *markdownBuilder) separate() {
	if len(m.lines) > 0 {
		m.lines = append(m.lines, "")
	}
}

// blanks keeps white space where Markdown drops it.
var blanks = strings.NewReplacer(" ", "&#32;", "\t", "&#9;")

var linkTarget = strings.NewReplacer("<", "%3C", ">", "%3E", `\`, "%5C", "&", "&amp;")

// isAutolink tells an address that stands between angle brackets as it is.
func isAutolink(s string) bool {
	if !strings.HasPrefix(s, "http://") && !strings.HasPrefix(s, "https://") {
		return false
	}
	reference := strings.Contains(s, "&") && strings.Contains(s, ";") // would be read as a character
	return len(s) <= maxURL && !reference && !strings.ContainsAny(s, " \t\n<>")
}

// codeSpan quotes a line of code.
func codeSpan(code string) string {
	fence := strings.Repeat("`", longestRun(code, '`')+1)
	if strings.HasPrefix(code, "`") || strings.HasSuffix(code, "`") ||
		strings.HasPrefix(code, " ") && strings.HasSuffix(code, " ") && strings.Trim(code, " ") != "" {
		code = " " + code + " "
	}
	return fence + code + fence
}

func longestRun(s string, of byte) int {
	longest, run := 0, 0
	for i := range len(s) {
		if s[i] != of {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return longest
}

// languageName is fit to stand behind a fence.
func languageName(s string) string {
	foreign := func(r rune) bool { return !isWord(r) && !strings.ContainsRune("+#.-", r) }
	if len(s) > 32 || strings.ContainsFunc(s, foreign) {
		return ""
	}
	return s
}

// escapeLine is one line of text that stands behind something else of ours.
func escapeLine(s string) string {
	return strings.ReplaceAll(escapeInline(line(s), false), "#", `\#`)
}

// escapeInline makes text of one line mean itself in CommonMark and in GitHub's form of
// it. start tells that the line begins with it.
func escapeInline(s string, start bool) string {
	var out strings.Builder
	if start {
		s = escapeStart(&out, s)
	}
	for i := range len(s) {
		c := s[i]
		if special(s, i) {
			out.WriteByte('\\')
		}
		out.WriteByte(c)
	}
	return out.String()
}

// special reports whether the byte at i means more than itself.
func special(s string, i int) bool {
	before, after := byte(0), byte(0)
	if i > 0 {
		before = s[i-1]
	}
	if i+1 < len(s) {
		after = s[i+1]
	}
	switch s[i] {
	case '\\', '`', '*', '_', '[', ']', '<', '~', '|':
		return true
	case '&':
		return after == '#' || isWord(rune(after))
	case '!': // before a link it makes a picture
		return after == '[' || after == 0
	case ':': // an address would become a link, and what is escaped in it would not be undone
		return after == '/'
	case '@':
		return before != 0 && before != ' ' && after != 0 && after != ' '
	case '.':
		return i >= 3 && strings.EqualFold(s[i-3:i], "www")
	}
	return false
}

// escapeStart writes what would begin a heading, a list, a quote, a table or indented
// code, and gives the rest.
func escapeStart(out *strings.Builder, s string) string {
	rest := strings.TrimLeft(s, " \t")
	if n := len(s) - len(rest); n > 0 {
		out.WriteString(blanks.Replace(s[:n]))
		return rest
	}
	digits := len(s) - len(strings.TrimLeft(s, "0123456789"))
	switch {
	case s == "":
	case strings.IndexByte("#+-=:>", s[0]) >= 0:
		out.WriteString(`\` + s[:1])
		return s[1:]
	case digits > 0 && digits < len(s) && (s[digits] == '.' || s[digits] == ')'):
		out.WriteString(s[:digits] + `\` + s[digits:digits+1])
		return s[digits+1:]
	}
	return s
}

// isWord tells the characters of identifiers.
func isWord(r rune) bool {
	return r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}
