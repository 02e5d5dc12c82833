package knowledge

import (
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"time"
)

const (
	noHeader = "the first line has to name the columns question and answer " +
		"(and, if you like, title, link, date, internal)"
	brokenRow    = "the row is left out; it is no CSV"
	brokenQuote  = "the row is left out; its quotation mark has no end"
	tooBroken    = "the rest of the file is left out; too many rows are broken"
	wrongColumns = "the row is left out; it has another number of columns than the first line"
	emptyRow     = "the row is left out; its question or its answer is empty"
	doubtfulRow  = "whether the row is internal cannot be read; it is internal. Write yes or no"
	afterBroken  = "rows after a broken one are internal, unless they say no: where they begin is not certain"

	// maxBroken is how many rows without an end are tried again from their next line.
	maxBroken = 50
)

// columns are where the known columns stand, -1 for nowhere.
type columns struct {
	question, answer, title, link, date int
	// internal are all that may say so.
	internal []int
	count    int
}

// table reads one file.
type table struct {
	builder
	columns columns
	// broken tells that a row before could not be read.
	broken bool
}

func readCSV(written string) article {
	t := &table{}
	comma, ok := t.header(written)
	if !ok {
		t.problem(1, noHeader)
		return t.article
	}
	rest, line := written, 0
	for range maxBroken {
		failed := t.rows(rest, comma, line, line == 0)
		if failed == 0 {
			return t.article
		}
		// A quotation mark without an end has swallowed the rest: go on in the next line.
		rest, line = afterLines(rest, failed-line), failed
	}
	t.problem(line+1, tooBroken)
	return t.article
}

// header finds out what separates the columns, and where they stand.
func (t *table) header(written string) (comma rune, ok bool) {
	for _, comma := range []rune{',', ';', '\t'} {
		names, err := newCSV(written, comma).Read()
		if err != nil {
			continue
		}
		c := columns{question: -1, answer: -1, title: -1, link: -1, date: -1, count: len(names)}
		known := map[string]*int{
			"question": &c.question, "answer": &c.answer, "title": &c.title, "link": &c.link, "date": &c.date,
		}
		for i, name := range names {
			name = strings.ToLower(strings.TrimSpace(name))
			if at := known[name]; at != nil && *at < 0 {
				*at = i
			}
			if meansInternal(name) {
				c.internal = append(c.internal, i)
			}
		}
		if c.question >= 0 && c.answer >= 0 {
			t.columns = c
			return comma, true
		}
	}
	return 0, false
}

func newCSV(written string, comma rune) *csv.Reader {
	r := csv.NewReader(strings.NewReader(written))
	r.Comma, r.FieldsPerRecord, r.ReuseRecord = comma, -1, true
	return r
}

// rows reads what stands after a number of lines of the file. It returns the line of the
// file in which a row begins that has no end, 0 for none.
func (t *table) rows(written string, comma rune, before int, skipHeader bool) (failed int) {
	r := newCSV(written, comma)
	for {
		fields, err := r.Read()
		var wrong *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			return 0
		case errors.As(err, &wrong):
			t.noteBroken()
			if wrong.Line != wrong.StartLine {
				t.problem(before+wrong.StartLine, brokenQuote)
				return before + wrong.StartLine
			}
			t.problem(before+wrong.StartLine, brokenRow)
		case err != nil: // a text gives no other error
			return 0
		case skipHeader:
			skipHeader = false
		default:
			line, _ := r.FieldPos(0)
			t.row(fields, before+line)
		}
	}
}

func (t *table) noteBroken() {
	if !t.broken && len(t.columns.internal) > 0 {
		t.problem(0, afterBroken)
	}
	t.broken = true
}

func afterLines(text string, n int) string {
	for range n {
		_, text, _ = strings.Cut(text, "\n")
	}
	return text
}

func (t *table) row(fields []string, line int) {
	for len(fields) > t.columns.count && strings.TrimSpace(fields[len(fields)-1]) == "" {
		fields = fields[:len(fields)-1]
	}
	if len(fields) != t.columns.count {
		t.problem(line, wrongColumns)
		return
	}
	field := func(at int) string {
		if at < 0 {
			return ""
		}
		return strings.TrimSpace(fields[at])
	}
	question, answer := cleanTitle(field(t.columns.question)), field(t.columns.answer)
	if question == "" || answer == "" {
		t.problem(line, emptyRow)
		return
	}
	s := section{blocks: paragraphs(answer), row: true, internal: t.internalRow(fields, line)}
	if len(t.columns.internal) > 0 && strings.Contains(field(t.columns.question), "\n") {
		// A forgotten quotation mark makes such rows of several, and hides what they say.
		s.internal = true
		t.problem(line, doubtfulRow)
	}
	for _, text := range []string{cleanTitle(field(t.columns.title)), question} {
		text, internal, doubtful := unmarked(text)
		s.internal = s.internal || internal
		if doubtful {
			t.problem(line, doubtfulRow)
		}
		if text != "" {
			s.headings = append(s.headings, text)
		}
	}
	if resembles(field(t.columns.question)+"\n"+answer) && !s.internal {
		s.internal = true
		t.problem(line, doubtfulRow)
	}
	s.link, s.date = t.origin(field(t.columns.link), field(t.columns.date), line)
	t.article.sections = append(t.article.sections, s)
}

func (t *table) internalRow(fields []string, line int) bool {
	internal, said := false, false
	for _, at := range t.columns.internal {
		value := strings.TrimSpace(fields[at])
		yes, ok := truth(value)
		if !ok {
			t.problem(line, doubtfulRow)
		}
		internal = internal || yes || !ok
		said = said || value != ""
	}
	return internal || t.broken && len(t.columns.internal) > 0 && !said
}

func (t *table) origin(written, day string, line int) (link string, date time.Time) {
	if written != "" {
		if link = cleanLink(written); link == "" {
			t.problem(line, wrongLink)
		}
	}
	if day != "" {
		var ok bool
		if date, ok = readDate(day); !ok {
			t.problem(line, wrongDate)
		}
	}
	return link, date
}

// paragraphs are what stands between empty lines.
func paragraphs(text string) []string {
	list := strings.Split(text, "\n\n")
	return slices.DeleteFunc(list, func(s string) bool { return strings.TrimSpace(s) == "" })
}
