package advice

import (
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// number is a number of a text.
type number struct {
	text string
	// id is the same for all ways of writing it: 1000, 1 000 and 1,000.
	id string
	// parts are what stands between the separators.
	parts []string
}

var (
	numberForm = regexp.MustCompile(`\p{Nd}{1,3}(?:[ \x{a0}\x{202f}.,']\p{Nd}{3})+\b|\p{Nd}+`)
	separators = regexp.MustCompile(`\P{Nd}+`)
	listMark   = regexp.MustCompile(`(?m)^[\s(]*([0-9]{1,2})(?:[.)]|\x{20e3})+(?:\s|$)`)
)

// numbersIn finds the numbers of a text.
func numbersIn(text string) []number {
	var list []number
	for _, s := range numberForm.FindAllString(norm.NFKC.String(text), -1) {
		n := number{text: s, parts: separators.Split(s, -1)}
		for i, part := range n.parts {
			n.parts[i] = hourly(part)
		}
		n.id = hourly(separators.ReplaceAllString(s, ""))
		list = append(list, n)
	}
	return list
}

// hourly takes the zero off that hours, days and months may begin with.
func hourly(digits string) string {
	if len(digits) == 2 && digits[0] == '0' {
		return digits[1:]
	}
	return digits
}

// unnumbered takes the numbers off the lines of a list that counts from one.
func unnumbered(text string) string {
	var out strings.Builder
	done, next := 0, 1
	for _, m := range listMark.FindAllStringSubmatchIndex(text, -1) {
		n, err := strconv.Atoi(text[m[2]:m[3]])
		if err != nil || n != next && n != 1 {
			continue
		}
		out.WriteString(text[done:m[2]])
		done, next = m[3], n+1
	}
	return out.String() + text[done:]
}
