package knowledge

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

const markedHTML = "HTML cannot mark a part of Markdown as internal; the whole file is. Use a heading with {internal}"

// newMarkdown makes the parser of Markdown with tables. Attributes of headings are off, as
// {internal} has to stay in their text.
func newMarkdown() parser.Parser {
	first := util.Prioritized(effort{}, 0) //nolint:misspell // the library's name
	return goldmark.New(goldmark.WithExtensions(
		extension.Table, extension.Strikethrough, extension.TaskList,
	), goldmark.WithParserOptions(parser.WithInlineParsers(first))).Parser()
}

// markdown reads one file.
type markdown struct {
	builder
	source []byte
	// line is that of the file in which the byte at of source stands.
	line, at int
	// withoutCode leaves code out of texts.
	withoutCode bool
	// told tells that a mark in HTML was reported.
	told bool
}

func readMarkdown(p parser.Parser, written string) article {
	m := &markdown{}
	body, line := frontMatter(&m.builder, written)
	if at, problem := costly(body); problem != "" {
		return article{problems: []Problem{{Line: max(0, line+at-1), Text: problem}}}
	}
	m.source, m.line = []byte(body), line
	m.blocks(p.Parse(text.NewReader(m.source)))
	return m.article
}

// blocks reads what stands directly below a node.
func (m *markdown) blocks(parent ast.Node) {
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		switch node := n.(type) {
		case *ast.Heading:
			m.heading(node.Level, m.inline(node), m.lineOf(node))
		case *ast.Blockquote:
			m.blocks(node)
		case *ast.FencedCodeBlock:
			m.block(m.lines(node), false)
		default:
			m.prose(node)
		}
	}
}

// prose adds a block. A mark in it is one only where it does not stand in code.
func (m *markdown) prose(node ast.Node) {
	text, line := m.blockText(node), m.lineOf(node)
	if resembles(text) {
		m.withoutCode = true
		m.spoken(m.blockText(node), line)
		m.withoutCode = false
	}
	m.block(text, false)
}

// blockText is a block as plain text, with those in it.
func (m *markdown) blockText(n ast.Node) string {
	switch node := n.(type) {
	case *ast.Paragraph, *ast.TextBlock, *ast.Heading:
		return m.inline(node)
	case *ast.FencedCodeBlock, *ast.CodeBlock:
		return m.lines(node)
	case *ast.HTMLBlock:
		written := m.lines(node)
		if node.HasClosure() {
			written += "\n" + string(node.ClosureLine.Value(m.source))
		}
		return m.html(written, m.lineOf(node))
	case *ast.List:
		return m.list(node)
	case *extast.Table:
		return m.table(node)
	}
	var parts []string
	for child := n.FirstChild(); child != nil; child = child.NextSibling() {
		if part := m.blockText(child); part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, "\n")
}

func (m *markdown) list(list *ast.List) string {
	var out strings.Builder
	number := list.Start
	for item := list.FirstChild(); item != nil; item = item.NextSibling() {
		sign := "- "
		if list.IsOrdered() {
			sign = strconv.Itoa(number) + ". "
			number++
		}
		if out.Len() > 0 {
			out.WriteByte('\n')
		}
		out.WriteString(sign + strings.ReplaceAll(m.blockText(item), "\n", "\n  "))
	}
	return out.String()
}

func (m *markdown) table(table *extast.Table) string {
	var rows []string
	for row := table.FirstChild(); row != nil; row = row.NextSibling() {
		var cells []string
		for cell := row.FirstChild(); cell != nil; cell = cell.NextSibling() {
			cells = append(cells, m.inline(cell))
		}
		rows = append(rows, strings.Join(cells, " | "))
	}
	return strings.Join(rows, "\n")
}

func (m *markdown) lines(n ast.Node) string {
	if m.withoutCode && n.Kind() == ast.KindFencedCodeBlock { // a heading may be indented by mistake
		return ""
	}
	return strings.TrimRight(string(n.Lines().Value(m.source)), "\n")
}

// html is what a block of HTML shows. A mark in it has no end that could be told for sure.
func (m *markdown) html(written string, line int) string {
	m.lookForMark(written, line)
	p := &page{}
	read := readPage(p, written, line)
	if p.marked || read.head.internal {
		m.foundInHTML(line)
	}
	var parts []string
	for _, s := range read.sections {
		if n := len(s.headings); n > 0 {
			parts = append(parts, s.headings[n-1])
		}
		parts = append(parts, s.blocks...)
	}
	return strings.Join(parts, "\n")
}

func (m *markdown) lookForMark(written string, line int) {
	if attribute.MatchString(folded(written)) || resembles(written) {
		m.foundInHTML(line)
	}
}

func (m *markdown) foundInHTML(line int) {
	m.article.head.internal = true
	if !m.told {
		m.told = true
		m.problem(line, markedHTML)
	}
}

// inline is the text of a block without its signs.
func (m *markdown) inline(block ast.Node) string {
	var out strings.Builder
	m.inlines(&out, block)
	return strings.TrimSpace(out.String())
}

func (m *markdown) inlines(out *strings.Builder, parent ast.Node) {
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		switch node := n.(type) {
		case *ast.Text:
			m.plain(out, node)
		case *ast.String:
			out.Write(node.Value)
		case *ast.CodeSpan:
			m.code(out, node)
		case *ast.AutoLink:
			out.Write(node.Label(m.source))
		case *ast.Link:
			start := out.Len()
			m.inlines(out, node)
			writeTarget(out, start, string(unescape(node.Destination)))
		case *ast.RawHTML:
			tag := string(node.Segments.Value(m.source))
			m.lookForMark(tag, m.lineOf(block(node)))
			if strings.HasPrefix(strings.ToLower(tag), "<br") {
				out.WriteByte('\n')
			}
		case *extast.TaskCheckBox:
			if node.IsChecked {
				out.WriteString("[x] ")
			} else {
				out.WriteString("[ ] ")
			}
		default:
			m.inlines(out, node)
		}
	}
}

func (m *markdown) plain(out *strings.Builder, node *ast.Text) {
	value := node.Segment.Value(m.source)
	if !node.IsRaw() {
		value = unescape(value)
	}
	out.Write(value)
	switch {
	case node.HardLineBreak():
		out.WriteByte('\n')
	case node.SoftLineBreak():
		out.WriteByte(' ')
	}
}

func (m *markdown) code(out *strings.Builder, span *ast.CodeSpan) {
	if m.withoutCode {
		return
	}
	for n := span.FirstChild(); n != nil; n = n.NextSibling() {
		if node, ok := n.(*ast.Text); ok {
			out.WriteString(strings.ReplaceAll(string(node.Segment.Value(m.source)), "\n", " "))
		}
	}
}

// unescape resolves backslashes and the names and numbers of characters.
func unescape(value []byte) []byte {
	if !bytes.ContainsAny(value, `\&`) {
		return value
	}
	return util.ResolveEntityNames(util.ResolveNumericReferences(util.UnescapePunctuations(value)))
}

// writeTarget puts where a link leads behind its text, which begins at start, if it leads
// somewhere from everywhere and the text does not say so itself.
func writeTarget(out *strings.Builder, start int, target string) {
	target = strings.TrimSpace(target)
	scheme, rest, found := strings.Cut(target, ":")
	switch strings.ToLower(scheme) {
	case "http", "https", "mailto", "tel":
	default:
		return
	}
	shown := strings.TrimSpace(out.String()[min(start, out.Len()):])
	if !found || shown == target || shown == rest || len(target) > 2000 || strings.ContainsAny(target, " \n\t") {
		return
	}
	if shown == "" {
		out.WriteString(target)
		return
	}
	out.WriteString(" (" + target + ")")
}

// block is the block that an inline node stands in.
func block(n ast.Node) ast.Node {
	for n.Type() == ast.TypeInline && n.Parent() != nil {
		n = n.Parent()
	}
	return n
}

// lineOf is the line of the file in which a block begins, as far as it is known.
func (m *markdown) lineOf(n ast.Node) int {
	for ; n != nil; n = n.FirstChild() {
		if n.Type() == ast.TypeInline {
			break
		}
		if lines := n.Lines(); lines != nil && lines.Len() > 0 {
			return m.lineAt(lines.At(0).Start)
		}
	}
	return 0
}

// lineAt counts on from the last block, as there may be many.
func (m *markdown) lineAt(at int) int {
	if at < m.at {
		return m.line - bytes.Count(m.source[at:m.at], []byte("\n"))
	}
	m.line += bytes.Count(m.source[m.at:at], []byte("\n"))
	m.at = at
	return m.line
}
