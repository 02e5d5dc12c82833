package mask

import "strings"

// number is a row of groups of digits that may be one number.
type number struct {
	text   string
	row    []group
	digits string
}

func (n number) from() int { return n.row[0].from }
func (n number) to() int   { return n.row[len(n.row)-1].to }

func (n number) size(i int) int { return n.row[i].to - n.row[i].from }

// gap is what stands after group i.
func (n number) gap(i int) string { return n.text[n.row[i].to:n.row[i+1].from] }

// all reports whether the same gap stands everywhere.
func (n number) all(gap string) bool {
	for i := range len(n.row) - 1 {
		if n.gap(i) != gap {
			return false
		}
	}
	return true
}

const (
	// An international number has got as far as its country and area with minArea digits,
	// and nearly to its end with maxArea.
	minArea = 4
	maxArea = 9
)

// withoutTimes leaves out dates and times: no number goes through one. What looks like a
// date with a short year in the middle of a number with a plus belongs to that.
func withoutTimes(text string, groups []group) []group {
	kept := groups[:0:0]
	before, plus, digits := "", false, 0
	for i := 0; i < len(groups); {
		rest := number{text: text, row: groups[i:]}
		if i > 0 {
			before = text[groups[i-1].to:groups[i].from]
		}
		if i == 0 || !joined(before) || strings.Contains(before, "+") {
			plus, digits = strings.Contains(text[opened(text, rest.from(), len(text)):rest.from()], "+"), 0
		}
		n := max(rest.clock(), rest.date(before))
		if n > 2 && plus && digits >= minArea && digits <= maxArea && rest.size(0) <= 2 && rest.size(2) == 2 {
			n = 0
		}
		if n == 0 {
			kept = append(kept, groups[i])
			n = 1
		}
		digits += rest.size(0)
		i += n
	}
	return kept
}

// date is how many groups from the first one are a date: 2026-11-22, 22.11.2026,
// 22/11/26; 0 for none. One that goes on in the same way before or after it is a part of
// something else, unless it begins with the year; so is what follows a code in brackets.
func (n number) date(before string) int {
	if len(n.row) < 3 {
		return 0
	}
	gap := n.gap(0)
	if gap != n.gap(1) || gap != "-" && gap != "." && gap != "/" {
		return 0
	}
	a, b, c := n.value(0), n.value(1), n.value(2)
	if n.size(0) == 4 {
		if isYear(a) && isDay(b, c) && n.size(1) <= 2 && n.size(2) <= 2 {
			return 3
		}
		return 0
	}
	if before == gap || strings.Contains(before, ")") || len(n.row) > 3 && n.gap(2) == gap {
		return 0
	}
	if n.size(0) > 2 || n.size(1) > 2 || !isDay(b, a) && !isDay(a, b) {
		return 0
	}
	// 12-10-25 is the end of a phone rather than a date.
	if n.size(2) == 4 && isYear(c) || n.size(2) == 2 && gap != "-" {
		return 3
	}
	return 0
}

// clock is how many groups from the first one are a time: 10:15, 10:15:30; 0 for none.
func (n number) clock() int {
	if len(n.row) < 2 || n.gap(0) != ":" || n.size(0) > 2 || n.size(1) != 2 || n.value(0) > 24 || n.value(1) > 59 {
		return 0
	}
	if len(n.row) > 2 && n.gap(1) == ":" {
		if n.size(2) == 2 && n.value(2) < 60 {
			return 3
		}
		return 0
	}
	return 2
}

// value is the number that group i is; 9999 for a larger one.
func (n number) value(i int) int {
	v := 0
	for _, d := range []byte(n.text[n.row[i].from:n.row[i].to]) {
		if v = v*10 + int(d-'0'); v > 9999 {
			return 9999
		}
	}
	return v
}

func isYear(y int) bool { return y >= 1900 && y < 2100 }

func isDay(month, day int) bool { return month >= 1 && month <= 12 && day >= 1 && day <= 31 }

// dotted finds the addresses of the Internet and the versions of programs: 192.168.100.200,
// 10.0.19041.1234.
func dotted(text string, groups []group) []group {
	var list []group
	for i := 0; i < len(groups); {
		last := i
		for last+1 < len(groups) && text[groups[last].to:groups[last+1].from] == "." {
			last++
		}
		n := number{text: text, row: groups[i : last+1]}
		if n.isAddress() || n.isVersion() {
			list = append(list, group{n.from(), n.to()})
		}
		i = last + 1
	}
	return list
}

func (n number) isAddress() bool {
	if len(n.row) != 4 {
		return false
	}
	for i := range n.row {
		if n.size(i) > 3 || n.value(i) > 255 || n.size(i) > 1 && n.text[n.row[i].from] == '0' {
			return false
		}
	}
	return true
}

// isVersion goes by what no phone in groups has: a digit alone after the first group, or
// more than four digits in one of three groups. Digits that all stand alone are spelled.
func (n number) isVersion() bool {
	if len(n.row) < 3 || len(n.row) > 6 {
		return false
	}
	digits, alone, long := n.size(0), false, false
	for i := 1; i < len(n.row); i++ {
		digits += n.size(i)
		alone = alone || n.size(i) == 1
		long = long || n.size(i) > 4
	}
	return alone || long && digits < 13
}

// isSum is a number in groups of thousands, also with hundredths: "12 000 000",
// "1.250.000", "700 000 000.50".
func (n number) isSum() bool {
	row := n.row
	if len(row) > 2 && n.gap(len(row)-2) == "." && n.size(len(row)-1) <= 2 {
		row = row[:len(row)-1]
	}
	if len(row) < 2 || n.size(0) > 3 || n.text[row[0].from] == '0' {
		return false
	}
	n = number{text: n.text, row: row}
	for i := range row[1:] {
		if n.size(i+1) != 3 {
			return false
		}
	}
	return n.all(" ") || n.all(".")
}

// isDecimal is a row parted by dots alone that does not begin as phones do: a fraction, a
// version.
func (n number) isDecimal() bool {
	if len(n.row) < 2 || !n.all(".") {
		return false
	}
	switch first := n.text[n.row[0].from:n.row[0].to]; first {
	case "380", "375", "998", "38":
		return false
	case "7", "8":
		return n.size(1) != 3
	default:
		return len(n.row) < len(n.digits) && (first == "0" || first[0] != '0')
	}
}

// crosses reports whether the number takes in any of the parts.
func (n number) crosses(parts []group) bool {
	for _, p := range parts {
		if p.from < n.to() && n.from() < p.to {
			return true
		}
	}
	return false
}

// has reports whether one of the signs stands between the groups.
func (n number) has(signs string) bool {
	for i := range len(n.row) - 1 {
		if strings.ContainsAny(n.gap(i), signs) {
			return true
		}
	}
	return false
}

// breaks is how many lines end within the number.
func (n number) breaks() int { return strings.Count(n.text[n.from():n.to()], "\n") }

// most is the size of the largest group, alone how many groups are of one digit.
func (n number) most() (most, alone int) {
	for i := range n.row {
		most = max(most, n.size(i))
		if n.size(i) == 1 {
			alone++
		}
	}
	return most, alone
}
