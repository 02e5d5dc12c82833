package knowledge

import (
	"regexp"
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
	// fresh tells that the next block begins a section.
	fresh bool
}

func (b *builder) problem(line int, text string) {
	if len(b.article.problems) < maxProblems {
		b.article.problems = append(b.article.problems, Problem{Line: line, Text: text})
	}
}

// The forms of the mark. What merely resembles it is taken for it, as a mark that is not
// understood must not make an internal text public.
var (
	mark      = regexp.MustCompile(`(?i)\s*\{\s*internal\s*\}[\s#]*$`)
	nearMark  = regexp.MustCompile(`(?i)\{[^{}\n]{0,20}\binternal|\binternal\s*\}`)
	textMark  = regexp.MustCompile(`(?im)\{\s*internal\s*\}[\s#*_]*$`)
	spaces    = regexp.MustCompile(`\s+`)
	attribute = regexp.MustCompile(`(?i)data-internal|<meta\b[^>]*\binternal\b`)
)

const (
	doubtfulMark  = "this mark is not understood; the part is internal. Write {internal} at the end of a heading"
	misplacedMark = "{internal} stands at the end of a heading; here the rest of the section is internal"
)

// heading opens the section of a heading, and closes those of its level and below.
func (b *builder) heading(level int, text string, line int) {
	internal := false
	switch {
	case mark.MatchString(text):
		text, internal = mark.ReplaceAllString(text, ""), true
	case nearMark.MatchString(text):
		internal = true
		b.problem(line, doubtfulMark)
	}
	b.open(level, text, internal)
}

func (b *builder) open(level int, text string, internal bool) {
	end := slices.IndexFunc(b.path, func(h heading) bool { return h.level >= level })
	if end >= 0 {
		b.path = b.path[:end]
	}
	b.path = append(slices.Clip(b.path), heading{level: level, text: cleanTitle(text), internal: internal})
	b.fresh = true
}

// text adds a block that people may have put a mark into where it does not belong.
func (b *builder) text(text string, line int) {
	if textMark.MatchString(text) {
		b.problem(line, misplacedMark)
		b.closeRest()
	}
	b.block(text, false)
}

// closeRest makes the rest of the section internal.
func (b *builder) closeRest() {
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
