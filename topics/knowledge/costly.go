package knowledge

import (
	"errors"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

const (
	tooLongMarkdown = "the file is left out; Markdown may have 1 MiB. Split it"
	tooNested       = "the file is left out; quotes or lists stand too deep within each other in this line"
	tooWide         = "the file is left out; the table has too many columns"
	tooManySigns    = "the file is left out; a paragraph has too many signs of Markdown. Divide it by empty lines"

	maxMarkdown = 1 << 20
	// maxNesting bounds quotes and lists within each other, and maxIndent how far they are
	// indented: the parser takes a step for each of them in each line.
	maxNesting = 50
	maxIndent  = 200
	// maxTableColumns and maxCells: a table has a node for each column in each row, whatever
	// is written there.
	maxTableColumns = 100
	maxCells        = 200_000
	// maxContainers are all quotes and items of a file.
	maxContainers = 300_000
	// maxReferences are the definitions of links in one paragraph.
	maxReferences = 2_000
	// maxEffort bounds the bytes that the signs of a file may make the parser look at.
	maxEffort = 256 << 20
)

// costly finds what the parser of Markdown would take too long for, or too much memory, and
// says in which line. Its time is linear.
func costly(body string) (line int, problem string) {
	if len(body) > maxMarkdown {
		return 0, tooLongMarkdown
	}
	var all, cells, columns, references int
	for written := range strings.SplitSeq(body, "\n") {
		line++
		depth, indent, rest := containers(written)
		if rest == "" {
			columns, references = 0, 0
		}
		if strings.ContainsAny(rest, "|:") && strings.Trim(rest, "|-: \t\v\f\r") == "" {
			columns = max(columns, strings.Count(rest, "|")+1)
		}
		all += depth
		cells += columns
		references += strings.Count(rest, "]:")
		switch {
		case depth > maxNesting || depth > 0 && indent > maxIndent || all > maxContainers:
			return line, tooNested
		case columns > maxTableColumns || cells > maxCells:
			return line, tooWide
		case references > maxReferences:
			return line, tooManySigns
		}
	}
	return 0, ""
}

// containers counts the signs of quotes and lists at the beginning of a line, and the
// columns before the last of them.
func containers(line string) (depth, indent int, rest string) {
	column := 0
	for line != "" {
		n := 1
		switch line[0] {
		case ' ':
			column++
		case '\t':
			column += 4
		case '>':
			depth, indent = depth+1, column
			column++
		default:
			if n = itemSign(line); n == 0 {
				return depth, indent, line
			}
			depth, indent = depth+1, column
			column += n
		}
		line = line[n:]
	}
	return depth, indent, ""
}

// itemSign is how long the sign of a list's item is with which a text begins, 0 for none.
func itemSign(text string) int {
	n := 0
	for n < 9 && n < len(text) && text[n] >= '0' && text[n] <= '9' {
		n++
	}
	signs := "-*+"
	if n > 0 {
		signs = ".)"
	}
	if n == len(text) || !strings.Contains(signs, text[n:n+1]) {
		return 0
	}
	if n++; n < len(text) && text[n] != ' ' && text[n] != '\t' {
		return 0
	}
	return n
}

// effort takes part in parsing, as one who never finds anything, to count what each sign
// may cost: the others look from there through the rest of the block, or back through it.
type effort struct{}

var (
	errTooManySigns = errors.New("too many signs")
	effortKey       = parser.NewContextKey()
)

// Trigger implements parser.InlineParser.
func (effort) Trigger() []byte { return []byte("!*<[]_`~") }

// Parse implements parser.InlineParser. It panics where it becomes too much, as there is no
// other way out of the parser.
func (effort) Parse(parent ast.Node, _ text.Reader, pc parser.Context) ast.Node {
	lines := parent.Lines()
	if lines == nil || lines.Len() == 0 {
		return nil
	}
	spent, _ := pc.Get(effortKey).(int)
	spent += lines.At(lines.Len()-1).Stop - lines.At(0).Start
	if spent > maxEffort {
		panic(errTooManySigns)
	}
	pc.Set(effortKey, spent)
	return nil
}
