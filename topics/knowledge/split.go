package knowledge

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// The size of a chunk, in characters.
const (
	// minChunk: a section below it is joined to its neighbour.
	minChunk = 200
	// fillChunk: no block is added beyond it.
	fillChunk = 1000
	// maxChunk: a block beyond it is cut.
	maxChunk = 1200
	// joinedTitle is between the headings.
	joinedTitle = " › "
)

// piece is a chunk in the making.
type piece struct {
	headings []string
	// inner are headings that stand in the text.
	inner    []string
	text     string
	internal bool
	row      bool
	link     string
	date     time.Time
}

// split cuts an article into pieces. None holds both internal and public text.
func split(a article) []piece {
	sections := make([]section, 0, len(a.sections))
	for _, s := range a.sections {
		s.internal = s.internal || a.head.internal
		s.headings = withTitle(a.head.title, s.headings)
		sections = append(sections, s)
	}
	var pieces []piece
	for i := 0; i < len(sections); {
		group := 1
		for i+group < len(sections) && joins(sections[i:i+group], sections[i+group]) {
			group++
		}
		pieces = append(pieces, pack(sections[i:i+group])...)
		i += group
	}
	for i := range pieces {
		if pieces[i].link == "" {
			pieces[i].link = a.head.link
		}
		if pieces[i].date.IsZero() {
			pieces[i].date = a.head.date
		}
	}
	return pieces
}

// withTitle puts the title of the whole before the headings, where they do not say it.
func withTitle(title string, headings []string) []string {
	if title == "" || len(headings) > 0 && strings.EqualFold(headings[0], title) {
		return headings
	}
	return append([]string{title}, headings...)
}

// joins reports whether a section is put into one chunk with those before it: tiny ones
// that have the same headings above them, or the first words below a heading with what
// follows.
func joins(group []section, next section) bool {
	first, last := group[0], group[len(group)-1]
	if next.row || first.row || next.internal != first.internal {
		return false
	}
	total := size(next)
	for _, s := range group {
		total += size(s)
	}
	if total > fillChunk {
		return false
	}
	if below(first.headings, next.headings) && len(group) == 1 {
		return size(first) < minChunk
	}
	siblings := len(last.headings) == len(next.headings) && len(next.headings) > 1 &&
		slices.Equal(last.headings[:len(last.headings)-1], next.headings[:len(next.headings)-1])
	return siblings && len(first.headings) == len(next.headings) && total-size(next) < minChunk &&
		(size(next) < minChunk || total < 2*minChunk)
}

// below reports whether headings stand below others, which are some.
func below(above, headings []string) bool {
	return len(above) > 0 && len(headings) > len(above) && slices.Equal(above, headings[:len(above)])
}

func size(s section) int {
	n := 0
	if k := len(s.headings); k > 0 {
		n = utf8.RuneCountInString(s.headings[k-1])
	}
	for _, block := range s.blocks {
		n += utf8.RuneCountInString(block) + 2
	}
	return n
}

// pack makes pieces of sections that are joined.
func pack(group []section) []piece {
	first, last := group[0], group[len(group)-1]
	p := piece{headings: last.headings, internal: first.internal, row: first.row, link: first.link, date: first.date}
	siblings := len(group) > 1 && len(first.headings) == len(last.headings)
	if siblings {
		p.headings = first.headings[:len(first.headings)-1]
	}
	var blocks []string
	for _, s := range group {
		n := len(blocks)
		blocks = append(blocks, s.blocks...)
		if siblings {
			heading := s.headings[len(s.headings)-1]
			p.inner = append(p.inner, heading)
			blocks[n] = heading + "\n" + blocks[n]
		}
	}
	var pieces []piece
	for _, text := range fill(blocks) {
		p.text = text
		pieces = append(pieces, p)
	}
	return pieces
}

// fill joins blocks to texts of a bounded size.
func fill(blocks []string) []string {
	var texts []string
	open := 0 // characters of the last text
	for _, block := range blocks {
		for _, part := range cut(block) {
			n := utf8.RuneCountInString(part)
			last := len(texts) - 1
			if last >= 0 && (open+2+n <= fillChunk || min(open, n) < minChunk && open+2+n <= maxChunk) {
				texts[last] += "\n\n" + part
				open += 2 + n
				continue
			}
			texts = append(texts, part)
			open = n
		}
	}
	return texts
}

// cut divides a block that is too long, at the end of a line, of a sentence or of a word.
func cut(block string) []string {
	var parts []string
	for {
		block = strings.TrimSpace(block)
		letters := countTo(block, 2*fillChunk)
		if letters <= maxChunk {
			if block != "" {
				parts = append(parts, block)
			}
			return parts
		}
		// The last two parts are of about the same size.
		room := min(fillChunk, (letters+1)/2)
		if letters > 2*fillChunk {
			room = fillChunk
		}
		at := breakIn(block, room)
		parts = append(parts, strings.TrimSpace(block[:at]))
		block = block[at:]
	}
}

// countTo counts characters, a few more than most at the most: a text may be long.
func countTo(text string, most int) int {
	return utf8.RuneCountInString(text[:min(len(text), (most+1)*utf8.UTFMax)])
}

// breakIn finds where to end a text of more than room characters, in bytes.
func breakIn(text string, room int) int {
	var line, sentence, word, end, i int
	var before rune
	for at, r := range text {
		if i > room {
			break
		}
		if i > room/3 {
			switch {
			case before == '\n':
				line = at
			case unicode.IsSpace(before) && endsSentence(text[:at]) || strings.ContainsRune("。！？", before):
				sentence = at
			case unicode.IsSpace(before):
				word = at
			}
		}
		before, end = r, at
		i++
	}
	for _, at := range []int{line, sentence, word} {
		if at > 0 {
			return at
		}
	}
	return end
}

func endsSentence(text string) bool {
	text = strings.TrimRight(strings.TrimSpace(text), "\"'»”’)]")
	r, _ := utf8.DecodeLastRuneInString(text)
	return strings.ContainsRune(".!?…", r)
}
