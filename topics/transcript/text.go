package transcript

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"topicpilot/topics"
)

// clean makes a text fit to be read: no control characters but line breaks and tabs, and
// nothing that turns the direction of what follows (Unicode Bidirectional Algorithm,
// explicit formatting characters). Lines end with a line feed.
func clean(s string) string {
	if !strings.ContainsFunc(s, unclean) && utf8.ValidString(s) {
		return s
	}
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\r' || r == '\u2028' || r == '\u2029' || r == '\u0085':
			return '\n'
		case unclean(r):
			return -1
		}
		return r
	}, s)
}

func unclean(r rune) bool {
	switch {
	case r == '\n' || r == '\t':
		return false
	case r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069', r == '\u2028', r == '\u2029', r == '\ufeff':
		return true
	}
	return unicode.IsControl(r)
}

// line is clean for what stands in one line: a name, a title.
func line(s string) string { return strings.Join(strings.Fields(clean(s)), " ") }

// maxNesting bounds how many entities may hold a character; Telegram allows a handful.
const maxNesting = 16

// piece is a stretch of a text that the same entities hold, outermost first.
type piece struct {
	text string
	// close counts the entities that end before the piece, open are those that begin.
	close int
	open  []span
}

// span is an entity and all the text that it holds; "" for one too long for an address.
type span struct {
	topics.Entity
	held string
}

func (s span) end() int { return s.Offset + min(s.Length, 1<<30) }

// pieces cuts a text at the ends of its entities, so that those nest properly whatever
// the offsets say: one that ends within another is closed and opened again. Each piece
// is cleaned. What the entities of the last piece leave open is closed by a last, empty
// piece.
func pieces(t topics.Text) []piece {
	if len(t.Entities) == 0 {
		return []piece{{text: clean(t.Text)}}
	}
	entities := slices.Clone(t.Entities)
	slices.SortStableFunc(entities, func(a, b topics.Entity) int {
		if a.Offset != b.Offset {
			return cmp.Compare(a.Offset, b.Offset)
		}
		return cmp.Compare(b.Length, a.Length)
	})
	c := cutter{text: t.Text}
	for {
		next, more := c.nextCut(entities)
		if !more {
			break
		}
		c.emit(next)
		entities = c.turn(entities)
	}
	c.emit(-1)
	c.list = append(c.list, piece{close: c.closing + len(c.active) - len(c.opening)})
	return c.list
}

// cutter walks through a text; at counts UTF-16 units, pos bytes.
type cutter struct {
	text    string
	pos, at int
	active  []span
	closing int
	opening []span
	list    []piece
}

// nextCut is the next place at which an entity begins or ends.
func (c *cutter) nextCut(waiting []topics.Entity) (int, bool) {
	next, more := 0, false
	if len(waiting) > 0 {
		next, more = waiting[0].Offset, true
	}
	for _, e := range c.active {
		if end := e.end(); !more || end < next {
			next, more = end, true
		}
	}
	return next, more && c.pos < len(c.text)
}

// emit makes a piece of the text up to the place; -1 for all that is left.
func (c *cutter) emit(to int) {
	start := c.pos
	for c.pos < len(c.text) && (to < 0 || c.at < to) {
		r, size := utf8.DecodeRuneInString(c.text[c.pos:])
		c.pos += size
		c.at++
		if r > 0xFFFF {
			c.at++
		}
	}
	if c.pos == start {
		return
	}
	if start > 0 && c.text[start-1] == '\r' && c.text[start] == '\n' {
		start++ // one line break, though an entity ends within it
	}
	c.list = append(c.list, piece{text: clean(c.text[start:c.pos]), close: c.closing, open: c.opening})
	c.closing, c.opening = 0, nil
}

// turn closes the entities that end here and opens those that begin, and gives those
// that still wait.
func (c *cutter) turn(waiting []topics.Entity) []topics.Entity {
	keep := slices.IndexFunc(c.active, func(e span) bool { return e.end() <= c.at })
	var again []span
	if keep >= 0 {
		for _, e := range c.active[keep:] {
			if e.end() > c.at {
				again = append(again, e)
			}
		}
		c.drop(keep)
	}
	for len(waiting) > 0 && waiting[0].Offset <= c.at {
		e := span{Entity: waiting[0]}
		if e.end() > c.at && len(c.active)+len(again) < maxNesting {
			e.held = c.held(e)
			again = append(again, e)
		}
		waiting = waiting[1:]
	}
	c.active = append(c.active, again...)
	c.opening = append(c.opening, again...)
	return waiting
}

// held is the text of an entity that begins here.
func (c *cutter) held(e span) string {
	units := 0
	for i, r := range c.text[c.pos:] {
		if units >= e.end()-c.at {
			return clean(c.text[c.pos : c.pos+i])
		}
		if i > maxURL {
			return ""
		}
		units++
		if r > 0xFFFF {
			units++
		}
	}
	return clean(c.text[c.pos:])
}

// drop closes the active entities from keep on. Those that have been opened since the
// last piece are taken back instead.
func (c *cutter) drop(keep int) {
	gone := len(c.active) - keep
	unsaid := min(gone, len(c.opening))
	c.opening = c.opening[:len(c.opening)-unsaid]
	c.closing += gone - unsaid
	c.active = c.active[:keep]
}

// byteSize shows a size for people: "1.2 MB".
func byteSize(n int64) string {
	units := []string{"B", "KB", "MB", "GB", "TB"}
	size, unit := float64(n), 0
	for size >= 1000 && unit < len(units)-1 {
		size, unit = size/1000, unit+1
	}
	if unit == 0 || size >= 100 {
		return strconv.FormatFloat(size, 'f', 0, 64) + " " + units[unit]
	}
	return strconv.FormatFloat(size, 'f', 1, 64) + " " + units[unit]
}

// mediaLine says what a file is: "invoice.pdf · document · 1.2 MB".
func mediaLine(m topics.Media) string {
	var parts []string
	for _, part := range []string{line(m.FileName), line(m.Kind), line(m.Note)} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	if m.Size > 0 {
		parts = append(parts, byteSize(m.Size))
	}
	return strings.Join(parts, " · ")
}

// attached says what a message has beside its text: files, or what one of Telegram's own
// lines tells.
func attached(labels Labels, m *topics.Message) []string {
	list := make([]string, 0, len(m.Media))
	for _, media := range m.Media {
		if m.Kind == topics.MessageService {
			list = append(list, "— "+labels.Event(media))
			continue
		}
		list = append(list, "📎 "+mediaLine(media))
	}
	return list
}

// authorName is the name in one line, the kind where there is none.
func authorName(labels Labels, a topics.Author) string {
	if name := line(a.Name); name != "" {
		return name
	}
	if name := line(a.Username); name != "" {
		return "@" + name
	}
	return labels.side(side(a.Kind))
}
