package knowledge

import (
	"bytes"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

const (
	unclosedMark = "an element with data-internal has no end of its own, or tags cross in it; " +
		"the rest of the file is internal"
	taglessMark  = "data-internal stands where no tag is read; the rest of the section is internal"
	doubtfulAttr = "the value of data-internal is not understood; the part is internal"
	doubtfulMeta = "the content of <meta name=\"internal\"> is not understood; the file is internal"
	unclosedSkip = "<nav>, or another element that is left out, has no end; the rest of the file is left out"
)

// page reads a file of HTML by its tags as they are written. A tree, as browsers make it,
// moves what stands in a wrong place, and so could move a text out of an internal part.
type page struct {
	builder
	line int
	// out is the block that is being read.
	out  strings.Builder
	pre  int // depth of <pre>
	list int // depth of lists and tables
	// cells are those of the row so far.
	cells int
	title title
	// skip is the element that is being left out, at depth skipped.
	skip    atom.Atom
	skipped int
	// head tells that the text is the page's title.
	head   bool
	region region
	// saved are the headings from before the region.
	saved []heading
	// target is where the link leads that began at start of out.
	target string
	start  int
}

// title is the heading that is being read, if level is not 0.
type title struct {
	level    int
	text     strings.Builder
	internal bool
	// within tells that it stands in an internal part.
	within bool
}

func readHTML(written string) article {
	p := &page{}
	body, line := frontMatter(&p.builder, written)
	return readPage(p, body, line)
}

// readPage reads what begins in a line of the file.
func readPage(p *page, body string, line int) article {
	p.line, p.region.ended = line, endsOf(body)
	z := html.NewTokenizer(strings.NewReader(body))
	for kind := z.Next(); kind != html.ErrorToken; kind = z.Next() {
		lines := bytes.Count(z.Raw(), []byte("\n"))
		switch kind {
		case html.TextToken:
			text := string(z.Text())
			p.lookForTag(text)
			p.read(text)
		case html.CommentToken:
			if text := string(z.Text()); resembles(text) || spokenHead.MatchString(folded(text)) {
				p.markedHere(misplacedMark)
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			p.startTag(z.Token())
		case html.EndTagToken:
			p.endTag(z.Token())
		}
		p.line += lines
	}
	p.endHeading()
	p.flush()
	if p.skip != 0 {
		p.problem(p.line, unclosedSkip)
	}
	if p.region.unclosed() {
		p.problem(p.line, unclosedMark)
	}
	return p.article
}

func (p *page) startTag(t html.Token) {
	drawn := t.DataAtom == atom.Svg || p.skip == atom.Svg
	if drawn && t.Type == html.SelfClosingTagToken && !breaksOut(t.Data) {
		return // here, and here alone, it is an element without content
	}
	p.meta(t)
	internal := p.hasMark(t)
	if t.DataAtom == atom.Body || t.DataAtom == atom.Html {
		// Wherever it stands, it is the one of the whole page.
		p.article.head.internal, internal = p.article.head.internal || internal, false
	}
	if !isVoid(t.DataAtom) {
		if p.region.active() && p.region.start(t.Data) {
			p.leave()
		}
		// A marked heading is one of an internal section, as with {internal}; so is one of
		// which a part is marked.
		if internal && !p.region.active() && headingLevel(t.DataAtom) == 0 {
			p.title.internal = p.title.internal || p.title.level > 0
			p.enter(t.Data)
		}
	}
	switch {
	case p.skip != 0:
		if t.DataAtom == p.skip {
			p.skipped++
		}
	case isSkipped(t.DataAtom):
		p.skip, p.skipped = t.DataAtom, 1
	case headingLevel(t.DataAtom) > 0:
		p.endHeading()
		p.flush()
		p.pre, p.list = 0, 0
		p.title.level, p.title.internal, p.title.within = headingLevel(t.DataAtom), internal, p.region.active()
	default:
		p.layout(t)
	}
}

// layout makes lines and blocks of what begins with a tag.
func (p *page) layout(t html.Token) {
	a := t.DataAtom
	switch {
	case a == atom.Title:
		p.head = true
	case a == atom.Br:
		p.write("\n")
	case a == atom.A:
		p.target = attr(t, "href")
		p.start = p.out.Len()
	case a == atom.Li || a == atom.Dt || a == atom.Dd || a == atom.Tr:
		p.cells = 0
		p.breakLine()
		if a == atom.Li {
			p.write("- ")
		}
	case a == atom.Td || a == atom.Th:
		if p.cells++; p.cells > 1 {
			p.write(" | ")
		}
	case isBlock(a):
		p.breakBlock()
		p.nest(a, 1)
	}
}

func (p *page) nest(a atom.Atom, by int) {
	switch a {
	case atom.Pre:
		p.pre = max(p.pre+by, 0)
	case atom.Ul, atom.Ol, atom.Dl, atom.Table:
		p.list = max(p.list+by, 0)
	}
}

func (p *page) endTag(t html.Token) {
	switch a := t.DataAtom; {
	case p.skip != 0:
		if a == p.skip {
			if p.skipped--; p.skipped == 0 {
				p.skip = 0
			}
		}
	case headingLevel(a) > 0:
		p.endHeading()
	case a == atom.Title:
		p.head = false
	case a == atom.A:
		if p.title.level == 0 {
			writeTarget(&p.out, p.start, p.target)
		}
		p.target = ""
	case isBlock(a):
		p.nest(a, -1)
		p.breakBlock()
	}
	// What the tag has ended still belongs to the internal part.
	if p.region.active() && p.region.end(t.Data) {
		p.leave()
	}
}

// read takes a text of the page.
func (p *page) read(text string) {
	if p.skip != 0 {
		return
	}
	if p.head {
		if h := &p.article.head; h.title == "" && !p.region.active() {
			title, internal, doubtful := unmarked(text)
			h.title, h.internal = cleanTitle(title), h.internal || internal
			if doubtful {
				p.problem(p.line, doubtfulMark)
			}
		}
		return
	}
	if p.pre == 0 {
		text = spaces.ReplaceAllString(text, " ")
	}
	p.write(text)
}

// write adds to the heading or to the block. An internal part of a public heading is a
// block of its own.
func (p *page) write(text string) {
	if p.title.level > 0 && p.title.within == p.region.active() {
		p.title.text.WriteString(text)
		return
	}
	p.out.WriteString(text)
}

// breakBlock ends a paragraph, or a line within a list or a table. It also ends a heading,
// which nobody has ended.
func (p *page) breakBlock() {
	if strings.TrimSpace(p.title.text.String()) != "" {
		p.endHeading()
	}
	if p.list > 0 {
		p.breakLine()
		return
	}
	p.flush()
}

func (p *page) breakLine() {
	if p.out.Len() > 0 {
		p.out.WriteByte('\n')
	}
}

// flush ends the block that is being read.
func (p *page) flush() {
	var lines []string
	for line := range strings.SplitSeq(p.out.String(), "\n") {
		line = strings.TrimSpace(spaces.ReplaceAllString(line, " "))
		switch n := len(lines); {
		case line == "" || line == "|":
		case n > 0 && lines[n-1] == "-":
			lines[n-1] += " " + line
		default:
			lines = append(lines, line)
		}
	}
	p.out.Reset()
	p.start = 0
	if text := strings.Join(lines, "\n"); p.region.active() {
		p.block(text, true)
	} else {
		p.text(text, p.line)
	}
}

func (p *page) endHeading() {
	if p.title.level == 0 {
		return
	}
	// An internal part that began in the heading and does not end there crosses it.
	p.region.lost = p.region.lost || p.region.active() && !p.title.within
	p.flush()
	level, text, internal := p.title.level, p.title.text.String(), p.title.internal
	p.title = title{}
	p.heading(level, text, p.line)
	if internal || p.region.active() {
		p.closeRest()
	}
}

// enter begins an internal part. Its headings do not hold for what follows it.
func (p *page) enter(name string) {
	p.flush()
	p.saved = slices.Clone(p.path)
	p.region.begin(name)
}

// leave ends it.
func (p *page) leave() {
	if p.title.within {
		p.endHeading()
	}
	p.flush()
	p.region.leave()
	p.path, p.fresh = p.saved, true
}
