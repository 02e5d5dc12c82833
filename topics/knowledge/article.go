package knowledge

import (
	"slices"
	"strings"
	"time"
)

// article is what a file says, whatever its format was.
type article struct {
	head     head
	sections []section
	problems []Problem
}

// head are the statements about a whole file.
type head struct {
	title, link string
	date        time.Time
	internal    bool
}

// section is the text under one heading, or the part of it that only operators may read.
type section struct {
	// headings are those above the text, outermost first.
	headings []string
	internal bool
	// blocks are paragraphs, lists, tables: what belongs together more than the rest.
	blocks []string
	// row tells that it comes of a table's row, and has no neighbours.
	row bool
	// link and date are the row's own.
	link string
	date time.Time
}

// heading is one of those above the place that is being read.
type heading struct {
	level    int
	text     string
	internal bool
}

// builder makes an article of headings and blocks in their order.
type builder struct {
	article article
	path    []heading
	// rest tells that everything from here on is internal.
	rest bool
	// marked tells that some mark was found.
	marked bool
	// fresh tells that the next block begins a section.
	fresh bool
}

func (b *builder) problem(line int, text string) {
	if len(b.article.problems) < maxProblems {
		b.article.problems = append(b.article.problems, Problem{Line: line, Text: text})
	}
}

const (
	doubtfulMark  = "this mark is not understood; the part is internal. Write {internal} at the end of a heading"
	misplacedMark = "{internal} stands at the end of a heading; here the whole section is internal"
)

// heading opens the section of a heading, and closes those of its level and below.
func (b *builder) heading(level int, text string, line int) {
	text, internal, doubtful := unmarked(text)
	if doubtful {
		b.problem(line, doubtfulMark)
	}
	b.open(level, text, internal)
}

// unmarked takes the mark off a heading. It is doubtful where it is not understood.
func unmarked(text string) (rest string, internal, doubtful bool) {
	if at := mark.FindStringIndex(text); at != nil {
		return text[:at[0]], true, false
	}
	doubtful = resembles(text)
	return text, doubtful, doubtful
}

func (b *builder) open(level int, text string, internal bool) {
	end := slices.IndexFunc(b.path, func(h heading) bool { return h.level >= level })
	if end >= 0 {
		b.path = b.path[:end]
	}
	b.marked = b.marked || internal
	b.path = append(slices.Clip(b.path), heading{level: level, text: cleanTitle(text), internal: internal})
	b.fresh = true
}

// text adds a block that people may have put a mark into where it does not belong.
func (b *builder) text(text string, line int) {
	b.spoken(text, line)
	b.block(text, false)
}

// spoken looks for marks where they do not belong.
func (b *builder) spoken(text string, line int) {
	if resembles(text) {
		b.problem(line, misplacedMark)
		b.closeSection()
	}
}

// closeSection makes the section internal, with what it has said so far.
func (b *builder) closeSection() {
	if n := len(b.article.sections); n > 0 && !b.fresh {
		for n > 0 && slices.Equal(b.article.sections[n-1].headings, b.headings()) {
			n--
			b.article.sections[n].internal = true
		}
	}
	b.closeRest()
}

// closeRest makes the rest of the section internal.
func (b *builder) closeRest() {
	b.marked = true
	if n := len(b.path); n > 0 {
		b.path[n-1].internal = true
	} else {
		b.rest = true
	}
}

// block adds a block of the section that is open.
func (b *builder) block(text string, internal bool) {
	text = strings.TrimSpace(text)
	if text == "" {
		return
	}
	internal = internal || b.internal()
	n := len(b.article.sections)
	if n == 0 || b.fresh || b.article.sections[n-1].internal != internal {
		b.fresh = false
		b.article.sections = append(b.article.sections, section{headings: b.headings(), internal: internal})
		n++
	}
	last := &b.article.sections[n-1]
	last.blocks = append(last.blocks, text)
}

func (b *builder) internal() bool {
	return b.rest || slices.ContainsFunc(b.path, func(h heading) bool { return h.internal })
}

func (b *builder) headings() []string {
	var list []string
	for _, h := range b.path {
		if h.text != "" {
			list = append(list, h.text)
		}
	}
	return list
}
