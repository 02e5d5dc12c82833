package transcript

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"topicpilot/topics"
)

// masker takes out of a text what tells who somebody is. What it cannot tell from a
// plain number (an order, a sum) it leaves.
type masker struct {
	names names
	// phone are the last digits of the customer's own number, "" where it is not known.
	phone string
}

func newMasker(customer *topics.Customer) *masker {
	m := &masker{names: names{known: make(map[string][]name)}}
	if customer == nil {
		return m
	}
	for _, s := range []string{customer.Name, customer.FirstName, customer.LastName, customer.Username} {
		m.names.add(s, true)
	}
	if digits := onlyDigits(customer.Phone); len(digits) >= minPhone {
		m.phone = digits[len(digits)-min(len(digits), 9):]
	}
	return m
}

// learn takes the names of an author. What is written in the name of a group, by bots
// and by Telegram names nobody. The mirror's account often bears a common word, so that
// of a customer's messages the whole name counts, not each word of it.
func (m *masker) learn(a topics.Author) {
	switch a.Kind {
	case topics.AuthorOperator, topics.AuthorStranger:
		m.names.add(a.Name, true)
		m.names.add(a.Username, true)
	case topics.AuthorCustomer:
		m.names.add(a.Name, false)
		m.names.add(a.Username, false)
	case topics.AuthorAnonymous, topics.AuthorChannel, topics.AuthorBot, topics.AuthorSelf, topics.AuthorService:
	}
}

// secret is a part of a text, in bytes, and what stands there instead.
type secret struct {
	from, to int
	shown    string
}

// text gives the text with what is secret taken out; as it is for a nil masker.
func (m *masker) text(t topics.Text) string {
	if m == nil || t.Text == "" {
		return t.Text
	}
	found := m.marked(t)
	found = append(found, mails(t.Text)...)
	found = append(found, m.numbers(t.Text)...)
	found = append(found, m.names.in(t.Text)...)
	if len(found) == 0 {
		return t.Text
	}
	// Where two overlap the one that was looked for first counts, grown to hold the other.
	slices.SortStableFunc(found, func(a, b secret) int { return cmp.Compare(a.from, b.from) })
	return replaced(t.Text, found)
}

func replaced(text string, found []secret) string {
	var out strings.Builder
	done, name := 0, false
	for i := 0; i < len(found); {
		whole := found[i]
		for i++; i < len(found) && found[i].from < whole.to; i++ {
			whole.to = max(whole.to, found[i].to)
		}
		before := text[done:whole.from]
		done = whole.to
		if name && whole.shown == shownName && strings.TrimSpace(before) == "" {
			continue // first and last name are one
		}
		name = whole.shown == shownName
		out.WriteString(before)
		out.WriteString(whole.shown)
	}
	out.WriteString(text[done:])
	return out.String()
}

const (
	shownMail  = "[email]"
	shownPhone = "[phone]"
	shownCard  = "[card]"
	shownName  = "[name]"
)

// marked are the phones and mails that Telegram has found itself.
func (*masker) marked(t topics.Text) []secret {
	var list []secret
	for _, e := range t.Entities {
		shown := ""
		switch e.Type {
		case "phone_number":
			shown = shownPhone
		case "email":
			shown = shownMail
		default:
			continue
		}
		from, to := byteAt(t.Text, e.Offset), byteAt(t.Text, e.Offset+e.Length)
		if from < to {
			list = append(list, secret{from, to, shown})
		}
	}
	return list
}

// byteAt is the place in bytes of a place in UTF-16 units.
func byteAt(s string, units int) int {
	at := 0
	for i, r := range s {
		if at >= units {
			return i
		}
		at++
		if r > 0xFFFF {
			at++
		}
	}
	return len(s)
}

var mail = regexp.MustCompile(`[\p{L}\p{N}._%+'-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+`)

func mails(text string) []secret {
	if !strings.Contains(text, "@") {
		return nil
	}
	var list []secret
	for _, at := range mail.FindAllStringIndex(text, -1) {
		list = append(list, secret{at[0], at[1], shownMail})
	}
	return list
}

// group is a run of digits.
type group struct{ from, to int }

const (
	// maxGap is the most bytes between two groups of one number.
	maxGap = 5
	// maxGroups is the most groups of one number.
	maxGroups = 12
	// maxNumber is the most bytes of one number.
	maxNumber = 64
	minPhone  = 7
	maxPhone  = 15 // E.164
)

// numbers finds cards and phones: the longest row of groups of digits from each place
// that is one.
func (m *masker) numbers(text string) []secret {
	var list []secret
	groups := digitGroups(text)
	for i := 0; i < len(groups); {
		last := i
		for last+1 < len(groups) && last-i+1 < maxGroups && joined(text[groups[last].to:groups[last+1].from]) {
			last++
		}
		shown, n := m.number(text, groups[i:last+1])
		if n == 0 {
			i++
			continue
		}
		from, to := groups[i].from, groups[i+n-1].to
		for from > 0 && (text[from-1] == '+' || text[from-1] == '(' && strings.Contains(text[from:to], ")")) {
			from--
		}
		list = append(list, secret{from, to, shown})
		i += n
	}
	return list
}

// number tells what the first n groups are, trying the longest row first; n is 0 for
// nothing.
func (m *masker) number(text string, row []group) (shown string, n int) {
	if before, _ := utf8.DecodeLastRuneInString(text[:row[0].from]); row[0].from > 0 && isLetter(before) {
		return "", 0 // the code of a product, an account
	}
	for n := len(row); n > 0; n-- {
		candidate := row[:n]
		after, _ := utf8.DecodeRuneInString(text[candidate[n-1].to:])
		if isLetter(after) || candidate[n-1].to-candidate[0].from > maxNumber {
			continue
		}
		digits := onlyDigits(text[candidate[0].from:candidate[n-1].to])
		switch {
		case isCard(digits):
			return shownCard, n
		case m.isPhone(text, candidate, digits):
			return shownPhone, n
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
	return len(gap) <= maxGap && strings.Trim(gap, " -.()\u00a0\u202f\u2010\u2011\u2013") == ""
}

func onlyDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// isCard is the number of a payment card: its length, its first digit (ISO/IEC 7812)
// and its check digit (Luhn).
func isCard(digits string) bool {
	if len(digits) < 13 || len(digits) > 19 || digits[0] < '2' || digits[0] > '6' {
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

// isPhone tells phone numbers from other numbers: by a plus, by the way in which they
// are grouped, or by how numbers begin in the countries where they are written bare.
func (m *masker) isPhone(text string, row []group, digits string) bool {
	n := len(digits)
	if n < minPhone || n > maxPhone {
		return false
	}
	if m.phone != "" && strings.HasSuffix(digits, m.phone) {
		return true
	}
	from := row[0].from
	if from > 0 && text[from-1] == '+' || from > 1 && text[from-2:from] == "+(" {
		return true
	}
	if isSum(text, row) {
		return false
	}
	switch {
	case n == 10 && digits[0] == '0', // Ukraine and others, the national form
		n == 11 && (digits[0] == '7' || digits[0] == '8'),
		n == 12 && (strings.HasPrefix(digits, "380") || strings.HasPrefix(digits, "375") || strings.HasPrefix(digits, "998")),
		n >= 11 && strings.HasPrefix(digits, "00"):
		return true
	}
	// 212-555-0123, (212) 555 0123, 1-212-555-0123
	sizes := make([]int, 0, len(row))
	for _, g := range row {
		sizes = append(sizes, g.to-g.from)
	}
	return slices.Equal(sizes, []int{3, 3, 4}) || slices.Equal(sizes, []int{1, 3, 3, 4}) && digits[0] == '1'
}

// isSum is a number in groups of thousands: "12 000 000", "1.250.000".
func isSum(text string, row []group) bool {
	if len(row) < 2 || row[0].to-row[0].from > 3 {
		return false
	}
	gap := text[row[0].to:row[1].from]
	for i, g := range row[1:] {
		if g.to-g.from != 3 || text[row[i].to:g.from] != gap {
			return false
		}
	}
	return text[row[0].from] != '0' && (gap == " " || gap == "." || gap == "\u00a0" || gap == "\u202f")
}
