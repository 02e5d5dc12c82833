package config

import (
	"bytes"
	"fmt"
	"regexp"
	"sort"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// yamlKind is how to read an error of the YAML library: its line is exact, or
// that of the line before, or best found by parsing ever less of the file.
type yamlKind int

const (
	lineExact yamlKind = iota
	lineBefore
	lineSearched
	lineOfQuote
)

// yamlFault says one of the library's errors in plain words; empty words leave
// the library's own.
type yamlFault struct {
	starts string
	kind   yamlKind
	words  string
}

const (
	tabWords    = "a tab; use spaces"
	indentWords = "the indent or a quote is wrong here; line it up with its neighbours"
	flowWords   = "brackets are not closed, or a comma is missing"
)

func yamlFaults() []yamlFault {
	return []yamlFault{
		{"found character that cannot start", lineExact, "a sign that YAML keeps for itself; put the value in quotes"},
		{"found a tab character", lineSearched, tabWords},
		{"found unexpected end of stream", lineOfQuote, "a quote is opened and not closed"},
		{"mapping values are not allowed", lineExact, "the indent is wrong, or a value with a colon needs quotes"},
		{"did not find expected key", lineSearched, indentWords},
		{"did not find expected '-' indicator", lineSearched, indentWords},
		{"did not find expected ','", lineBefore, flowWords},
		{"did not find expected node content", lineBefore, flowWords},
		{"did not find expected <", lineBefore, ""},
		{"control characters", lineSearched, "a control character; remove it"},
		{"unknown anchor", lineSearched, "a value that starts with * stands for an anchor; put it in quotes"},
	}
}

var yamlLine = regexp.MustCompile(`^line (\d+): `)

// yamlSaid parts the library's error into line (0: none) and text.
func yamlSaid(err error) (line int, said string) {
	said = strings.TrimPrefix(err.Error(), "yaml: ")
	if m := yamlLine.FindStringSubmatch(said); m != nil {
		line, _ = strconv.Atoi(m[1])
		said = said[len(m[0]):]
	}
	return line, said
}

// yamlError says what is wrong and in which line, without repeating any of the
// file. The library counts lines differently for different errors and leaves the
// first one out.
func yamlError(data []byte, err error) string {
	line, said := yamlSaid(err)
	fault := yamlFault{words: quotedPart.ReplaceAllString(said, "…")}
	for _, f := range yamlFaults() {
		if strings.HasPrefix(said, f.starts) {
			fault.kind = f.kind
			if f.words != "" {
				fault.words = f.words
			}
			break
		}
	}
	lines := bytes.SplitAfter(bytes.TrimSuffix(data, []byte("\n")), []byte("\n"))
	near := ""
	switch fault.kind {
	case lineExact:
	case lineBefore:
		near, line = "near ", min(line+1, len(lines))
	case lineSearched:
		line = firstFailing(lines, said)
	case lineOfQuote:
		line = quoteLine(data, len(lines))
	}
	line = max(line, 1)
	if fault.kind == lineExact && line <= len(lines) && bytes.Contains(lines[line-1], []byte("\t")) &&
		strings.HasPrefix(said, "found character") {
		fault.words = tabWords
	}
	return fmt.Sprintf("%sline %d: %s", near, line, fault.words)
}

// firstFailing is the number of the first line with which the file fails as it
// does as a whole.
func firstFailing(lines [][]byte, said string) int {
	return 1 + sort.Search(len(lines)-1, func(i int) bool {
		err := yaml.Unmarshal(bytes.Join(lines[:i+1], nil), new(yaml.Node))
		if err == nil {
			return false
		}
		_, now := yamlSaid(err)
		return now == said
	})
}

// quoteLine is where a quote that never ends begins. Of one in the first line the
// library gives the end of the file, which a line end more tells from the last line.
func quoteLine(data []byte, lines int) int {
	whole := append(bytes.TrimSuffix(data, []byte("\n")), '\n')
	err := yaml.Unmarshal(whole, new(yaml.Node))
	if err == nil {
		return lines
	}
	if line, _ := yamlSaid(err); line <= lines {
		return line
	}
	return 1
}
