package knowledge

import (
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// region is the part of a page that an element with data-internal holds: from its tag to
// the end of its own. Where that cannot be told for sure it goes on, to the end of the file
// if need be.
type region struct {
	// open are the elements that have no end yet, the marked one first.
	open []string
	// lost tells that they cannot be followed: they are too many, or their tags cross.
	lost bool
	// ended are the elements whose end is written somewhere on the page. For them alone a
	// missing one is a mistake; the others end where HTML lets them end.
	ended map[string]bool
}

// maxDepth bounds the elements within each other that are followed.
const maxDepth = 256

func (r *region) active() bool { return len(r.open) > 0 }

func (r *region) begin(name string) { r.open = []string{name} }

func (r *region) leave() { r.open, r.lost = nil, false }

// start follows a tag that begins an element, and reports whether the part ends before it.
func (r *region) start(name string) bool {
	n := len(r.open)
	switch {
	case r.lost:
	case r.drawn() && breaksOut(name):
		r.lost = true
	case !r.ended[r.open[n-1]] && endsBefore(r.open[n-1], name):
		if n == 1 {
			return true
		}
		r.open[n-1] = name
	case n == maxDepth:
		r.lost = true
	default:
		r.open = append(r.open, name)
	}
	return false
}

// end follows a tag that ends an element, and reports whether the part ends with it.
func (r *region) end(name string) bool {
	if r.lost {
		return false
	}
	for i, open := range slices.Backward(r.open) {
		if open == name {
			r.open = r.open[:max(i, 1)]
			return i == 0
		}
		if !endsWith(open, name) {
			// Where browsers end what, if a tag ends more than its own element, depends on too
			// much. A tag that ends nothing here may end what stands around.
			r.lost = slices.Contains(r.open, name)
			return false
		}
	}
	return len(r.open) == 1 && !r.ended[r.open[0]] && endsWith(r.open[0], name)
}

// unclosed reports whether the part should have had an end and has none.
func (r *region) unclosed() bool {
	return r.active() && (r.lost || len(r.open) > 1 || r.ended[r.open[0]] || !slices.Contains(endless, r.open[0]))
}

// endsOf are the elements whose end is written in a page.
func endsOf(body string) map[string]bool {
	ended := make(map[string]bool)
	z := html.NewTokenizer(strings.NewReader(body))
	for kind := z.Next(); kind != html.ErrorToken; kind = z.Next() {
		if kind == html.EndTagToken {
			name, _ := z.TagName()
			ended[string(name)] = true
		}
	}
	return ended
}

// endless are elements whose end need not be written.
var endless = []string{"html", "body", "p", "li", "dt", "dd", "tr", "td", "th", "tbody", "thead", "tfoot"}

// endsBefore reports whether an element ends where another one begins. A paragraph also
// ends before a list, say; but then who marked it may have meant the list too.
func endsBefore(open, next string) bool {
	switch open {
	case "p", "li", "tr":
		return next == open
	case "dt", "dd":
		return next == "dt" || next == "dd"
	case "td", "th":
		return next == "td" || next == "th" || next == "tr"
	}
	return false
}

// endsWith reports whether an element ends with the one in which it stands.
func endsWith(open, around string) bool {
	switch open {
	case "p":
		return isBlock(atom.Lookup([]byte(around))) || around == "td" || around == "th" || around == "li" || around == "dd"
	case "li":
		return around == "ul" || around == "ol" || around == "menu"
	case "dt", "dd":
		return around == "dl"
	case "td", "th", "tr":
		return around == "table" || around == "tbody" || around == "thead" || around == "tfoot" ||
			around == "tr" && open != "tr"
	case "tbody", "thead", "tfoot":
		return around == "table"
	}
	return false
}

// drawn reports whether the innermost elements are those of a drawing or a formula.
func (r *region) drawn() bool {
	return slices.Contains(r.open, "svg") || slices.Contains(r.open, "math")
}

// breaksOut reports whether an element ends drawings and formulas around it.
func breaksOut(name string) bool {
	a := atom.Lookup([]byte(name))
	switch a {
	case atom.Center: //nolint:misspell // the element's name
		return true
	case atom.B, atom.Big, atom.Br, atom.Code, atom.Dd, atom.Dt, atom.Em, atom.Embed, atom.Font, atom.Head,
		atom.I, atom.Img, atom.Li, atom.Listing, atom.Meta, atom.Nobr, atom.Ruby, atom.S, atom.Small, atom.Span,
		atom.Strike, atom.Strong, atom.Sub, atom.Sup, atom.Tt, atom.U, atom.Var:
		return true
	}
	return isBlock(a) || headingLevel(a) > 0
}

// meta reads what a page says of itself.
func (p *page) meta(t html.Token) {
	switch t.DataAtom {
	case atom.Meta:
		name := attr(t, "name")
		if strings.EqualFold(strings.TrimSpace(name), "internal") {
			p.metaInternal(t)
		}
	case atom.Link:
		rel := attr(t, "rel")
		href := attr(t, "href")
		if strings.EqualFold(strings.TrimSpace(rel), "canonical") && p.article.head.link == "" {
			p.article.head.link = cleanLink(href)
		}
	}
}

func (p *page) metaInternal(t html.Token) {
	content := attr(t, "content")
	internal, ok := truth(content)
	if !ok || strings.TrimSpace(content) == "" {
		internal = true
		p.problem(p.line, doubtfulMeta)
	}
	p.article.head.internal = p.article.head.internal || internal
}

// lookForTag looks for a mark in a text that browsers may not take for one.
func (p *page) lookForTag(text string) {
	if p.skip != atom.Script && p.skip != atom.Style && strings.ContainsRune(text, '<') &&
		writtenMark.MatchString(folded(text)) {
		p.markedHere(taglessMark)
	}
}

// markedHere makes the section internal, be it the one of the heading that is being read.
func (p *page) markedHere(problem string) {
	p.problem(p.line, problem)
	p.title.internal = p.title.internal || p.title.level > 0
	p.closeSection()
}

// hasMark reads data-internal. A value that is no yes or no, or a name that only begins
// like that, counts as the mark.
func (p *page) hasMark(t html.Token) bool {
	internal := false
	for _, a := range t.Attr {
		if key := lettersOf(a.Key); key != "internal" && !strings.HasPrefix(key, "datainternal") {
			continue
		}
		value := strings.TrimSpace(a.Val)
		yes, ok := truth(value)
		if a.Key != "data-internal" || !ok && !strings.EqualFold(value, a.Key) {
			p.problem(p.line, doubtfulAttr)
			yes = true
		}
		internal = internal || yes || value == "" || !ok
	}
	return internal
}

func attr(t html.Token, name string) string {
	for _, a := range t.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func headingLevel(a atom.Atom) int {
	switch a {
	case atom.H1:
		return 1
	case atom.H2:
		return 2
	case atom.H3:
		return 3
	case atom.H4:
		return 4
	case atom.H5:
		return 5
	case atom.H6:
		return 6
	}
	return 0
}

func isVoid(a atom.Atom) bool {
	switch a {
	case atom.Area, atom.Base, atom.Br, atom.Col, atom.Embed, atom.Hr, atom.Img, atom.Input, atom.Link, atom.Meta,
		atom.Param, atom.Source, atom.Track, atom.Wbr:
		return true
	}
	return false
}

// isSkipped are elements that hold no text of the article.
func isSkipped(a atom.Atom) bool {
	switch a {
	case atom.Nav, atom.Script, atom.Style, atom.Template, atom.Noscript, atom.Iframe, atom.Svg, atom.Object,
		atom.Canvas, atom.Button, atom.Select, atom.Textarea, atom.Audio, atom.Video:
		return true
	}
	return false
}

func isBlock(a atom.Atom) bool {
	switch a {
	case atom.Address, atom.Article, atom.Aside, atom.Blockquote, atom.Body, atom.Details, atom.Dialog, atom.Div,
		atom.Dl, atom.Fieldset, atom.Figcaption, atom.Figure, atom.Footer, atom.Form, atom.Header, atom.Hgroup, atom.Hr,
		atom.Html, atom.Main, atom.Menu, atom.Ol, atom.P, atom.Pre, atom.Section, atom.Summary, atom.Table,
		atom.Caption, atom.Ul:
		return true
	}
	return false
}
