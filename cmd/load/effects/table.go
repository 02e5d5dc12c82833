package effects

import (
	"fmt"
	"slices"
	"strings"
)

// Table collects outcomes by fault and kind.
type Table struct {
	cells map[Fault]map[Kind][]Outcome
}

// Add notes a run.
func (t *Table) Add(o Outcome) {
	if t.cells == nil {
		t.cells = map[Fault]map[Kind][]Outcome{}
	}
	if t.cells[o.Fault] == nil {
		t.cells[o.Fault] = map[Kind][]Outcome{}
	}
	t.cells[o.Fault][o.Kind] = append(t.cells[o.Fault][o.Kind], o)
}

// Violations are those of all runs, each with its cell.
func (t *Table) Violations() []string {
	var out []string
	for _, f := range Faults() {
		for _, k := range Kinds() {
			for i := range t.cells[f][k] {
				for _, v := range t.cells[f][k][i].Violations() {
					out = append(out, fmt.Sprintf("%s, %s: %s", k, f, v))
				}
			}
		}
	}
	return out
}

// String is the table in Markdown, with the faults and kinds that were tried.
func (t *Table) String() string {
	var kinds []Kind
	for _, k := range Kinds() {
		if slices.ContainsFunc(Faults(), func(f Fault) bool { return len(t.cells[f][k]) > 0 }) {
			kinds = append(kinds, k)
		}
	}
	var b strings.Builder
	b.WriteString("|")
	for _, k := range kinds {
		b.WriteString(" | " + string(k))
	}
	b.WriteString(" |\n|---" + strings.Repeat("|---", len(kinds)) + "|\n")
	for _, f := range Faults() {
		if len(t.cells[f]) == 0 {
			continue
		}
		b.WriteString("| " + string(f))
		for _, k := range kinds {
			b.WriteString(" | " + cell(t.cells[f][k]))
		}
		b.WriteString(" |\n")
	}
	return b.String()
}

// cell shows the least and the most effects, how often people were told that it failed, or
// may have, or were asked, and the effects after a button.
func cell(runs []Outcome) string {
	if len(runs) == 0 {
		return ""
	}
	var effects, later []int
	told := map[Said]int{}
	for i := range runs {
		o := &runs[i]
		effects = append(effects, o.Effects)
		if o.Pressed {
			later = append(later, o.Later)
		}
		for _, said := range []Said{SaidFailed, SaidUnknown, SaidAsked} {
			if slices.Contains(o.Said, said) {
				told[said]++
			}
		}
	}
	parts := []string{span(effects)}
	for _, said := range []Said{SaidFailed, SaidUnknown, SaidAsked} {
		if n := told[said]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s %d/%d", said, n, len(runs)))
		}
	}
	text := strings.Join(parts, ", ")
	if len(later) > 0 {
		text += " → " + span(later)
	}
	return text
}

func span(values []int) string {
	least, most := slices.Min(values), slices.Max(values)
	if least == most {
		return fmt.Sprint(least)
	}
	return fmt.Sprintf("%d–%d", least, most)
}
