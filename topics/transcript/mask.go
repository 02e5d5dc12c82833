package transcript

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

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
	if digits := onlyDigits(fold(customer.Phone, false).text); len(digits) >= minPhone {
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
	seen := fold(t.Text, false)
	found = append(found, m.in(seen)...)
	if seen.parted {
		found = append(found, m.in(fold(t.Text, true))...)
	}
	if len(found) == 0 {
		return t.Text
	}
	// Where two overlap the one that was looked for first counts, grown to hold the other.
	slices.SortStableFunc(found, func(a, b secret) int { return cmp.Compare(a.from, b.from) })
	return replaced(t.Text, found)
}

// in finds what is secret in a folded text, and where it stands in the text as written.
func (m *masker) in(f folded) []secret {
	found := mails(f.text)
	found = append(found, m.numbers(f.text)...)
	found = append(found, m.names.in(f.text)...)
	return f.back(found)
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

var mail = regexp.MustCompile(`[\p{L}\p{M}\p{N}._%+'-]+@[\p{L}\p{M}\p{N}-]+(?:\.[\p{L}\p{M}\p{N}-]+)+`)

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
