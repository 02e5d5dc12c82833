package mask

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// group is a run of digits.
type group struct{ from, to int }

const (
	// maxGap is the most bytes between two groups of one number.
	maxGap = 5
	// maxGroups is the most groups of one number: a card's digits, each alone.
	maxGroups = maxCard
	// maxNumber is the most bytes of one number.
	maxNumber = 96
	minPhone  = 7
	maxPhone  = 15 // E.164
	minCard   = 13
	maxCard   = 19 // ISO/IEC 7812
	// maxUneven is the most groups of a card that are not of one size.
	maxUneven = 8
	// maxBeside is how many bytes beside a number are looked at for letters.
	maxBeside = 64
)

// numbers finds cards and phones: the longest row of groups of digits from each place
// that is one.
func (m *Masker) numbers(text string) []Secret {
	var list []Secret
	groups := withoutTimes(text, digitGroups(text))
	kept := dotted(text, groups)
	for i := 0; i < len(groups); {
		last := i
		for last+1 < len(groups) && last-i+1 < maxGroups && joined(text[groups[last].to:groups[last+1].from]) {
			last++
		}
		for len(kept) > 0 && kept[0].to <= groups[i].from {
			kept = kept[1:]
		}
		kind, n := m.longest(number{text: text, row: groups[i : last+1]}, kept)
		if n == 0 {
			i++
			continue
		}
		to := groups[i+n-1].to
		from := opened(text, groups[i].from, to)
		list = append(list, Secret{from, closed(text, from, to), kind})
		i += n
	}
	return list
}

// opened is where a number begins with its plus and the bracket that it closes.
func opened(text string, from, to int) int {
	for from > 0 {
		i := strings.IndexByte("([{", text[from-1])
		if text[from-1] != '+' && (i < 0 || strings.IndexByte(text[from:to], ")]}"[i]) < 0) {
			break
		}
		from--
	}
	return from
}

// closed is where a number ends with the bracket that closes its last one.
func closed(text string, from, to int) int {
	if to == len(text) {
		return to
	}
	if i := strings.IndexByte(")]}", text[to]); i >= 0 &&
		strings.Count(text[from:to], "([{"[i:i+1]) > strings.Count(text[from:to], text[to:to+1]) {
		to++
	}
	return to
}

// longest tells what the first n groups of a row are, trying the longest first; n is 0
// for nothing. No number goes through one of the kept parts, save behind a plus.
func (m *Masker) longest(row number, kept []group) (kind Kind, n int) {
	code := codeBefore(row.text[:row.from()])
	sum := 0
	for _, g := range row.row {
		sum += g.to - g.from
	}
	for n := len(row.row); n > 0; n-- {
		one := number{text: row.text, row: row.row[:n]}
		size := sum
		sum -= one.size(n - 1)
		if size < minPhone || size > maxCard || one.to()-one.from() > maxNumber || one.breaks() > 1 {
			continue
		}
		one.digits = onlyDigits(one.text[one.from():one.to()])
		switch {
		case m.isOwn(one.digits):
			return Phone, n
		case code || letterAfter(one.text[one.to():]): // the code of a product, an account
		case !one.crosses(kept) && one.isCard():
			return Card, n
		case one.isPhone(kept):
			return Phone, n
		}
	}
	return "", 0
}

func digitGroups(text string) []group {
	var list []group
	for i := 0; i < len(text); i++ {
		if text[i] < '0' || text[i] > '9' {
			continue
		}
		from := i
		for i < len(text) && text[i] >= '0' && text[i] <= '9' {
			i++
		}
		list = append(list, group{from, i})
	}
	return list
}

// joined reports whether what stands between two groups of digits may stand within one
// number.
func joined(gap string) bool {
	return len(gap) <= maxGap && strings.Trim(gap, " -.()[]{}/\\_—·•\n") == ""
}

func onlyDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// codeBefore reports whether letters stand right before a number, so that it is a part of
// a code, and they do not say that it is a phone or a card.
func codeBefore(before string) bool {
	letters, from := false, len(before)
	for from > 0 && len(before)-from < maxBeside {
		r, size := utf8.DecodeLastRuneInString(before[:from])
		if r != '_' && !unicode.In(r, unicode.L, unicode.M, unicode.Nd) {
			break
		}
		letters = letters || inCode(r)
		from -= size
	}
	return letters && !isLabel(bare(strings.Trim(before[from:], "_")))
}

func isLabel(word string) bool {
	switch word {
	case "tel", "telephone", "phone", "ph", "mob", "mobile", "cell", "fax", "call", "whatsapp", "viber", "card",
		"тел", "телефон", "моб", "мобильный", "мобільний", "факс", "номер", "ватсап", "вайбер", "карта", "картка":
		return true
	}
	return false
}

func letterAfter(after string) bool {
	r, _ := utf8.DecodeRuneInString(strings.TrimLeft(after[:min(len(after), maxBeside)], "_"))
	return inCode(r)
}

// inCode reports whether codes are made of such letters. Those of other scripts stand
// right before a number as words do.
func inCode(r rune) bool { return unicode.In(r, unicode.Latin, unicode.Cyrillic, unicode.Greek) }

// isCard is the number of a payment card: its length, its first digit (ISO/IEC 7812)
// and its check digit (Luhn). Between other signs than spaces, dots and hyphens, and over
// two lines, it has to be grouped as cards are.
func (n number) isCard() bool {
	digits := n.digits
	if len(digits) < minCard || digits[0] < '2' || digits[0] > '6' || n.isSum() {
		return false
	}
	if n.has("\n/\\_") && !n.inFours() || len(n.row) > maxUneven && !n.even() {
		return false
	}
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			d *= 2
			if d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

// even reports whether all groups are of one size; the last may be smaller.
func (n number) even() bool {
	last := len(n.row) - 1
	for i := range last {
		if n.size(i) != n.size(0) {
			return false
		}
	}
	return n.size(last) <= n.size(0)
}

// inFours reports whether the digits are grouped as on a card, or each stands alone.
func (n number) inFours() bool {
	if n.even() {
		return n.size(0) == 4 || n.size(0) == 1
	}
	// American Express and Diners Club
	return len(n.row) == 3 && n.size(0) == 4 && n.size(1) == 6 && n.size(2) <= 5 && n.size(2) >= 4
}

// isOwn reports whether the digits are the customer's own number, however it is written.
func (m *Masker) isOwn(digits string) bool {
	return m.phone != "" && len(digits) <= maxPhone && strings.HasSuffix(digits, m.phone)
}

// isPhone tells phone numbers from other numbers: by a plus, by the way in which they
// are grouped, or by how numbers begin in the countries where they are written bare.
func (n number) isPhone(kept []group) bool {
	size, digits := len(n.digits), n.digits
	if size > maxPhone {
		return false
	}
	if from := opened(n.text, n.from(), n.to()); strings.Contains(n.text[from:n.from()], "+") {
		return true
	}
	if n.crosses(kept) || n.isSum() {
		return false
	}
	most, alone := n.most()
	if alone > 2 && most > 1 { // a list of small numbers
		return false
	}
	if n.has("\n") && (most > 4 || digits[0] != '0' && !n.has("()")) { // a column of numbers
		return false
	}
	if n.isAmerican() {
		return true
	}
	switch {
	case n.isDecimal():
		return false
	case size == 10 && digits[0] == '0', // Ukraine and others, the national form
		size == 11 && (digits[0] == '7' || digits[0] == '8'),
		size == 12 && (strings.HasPrefix(digits, "380") || strings.HasPrefix(digits, "375") ||
			strings.HasPrefix(digits, "998")),
		size >= 11 && strings.HasPrefix(digits, "00"):
		return true
	}
	return false
}

// isAmerican goes by the grouping: 212-555-0123, (212) 555 0123, 1-212-555-0123.
func (n number) isAmerican() bool {
	sizes := make([]int, 0, len(n.row))
	for i := range n.row {
		sizes = append(sizes, n.size(i))
	}
	return slices.Equal(sizes, []int{3, 3, 4}) || slices.Equal(sizes, []int{1, 3, 3, 4}) && n.digits[0] == '1'
}
