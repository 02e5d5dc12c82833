// Package mask finds in a text what tells who somebody is, or opens a door: phones, mails,
// cards, keys and names, however they are written. It takes them out for good, or puts
// placeholders in their place that can be undone. What it cannot tell from a plain number
// (an order, a sum, a date) it leaves.
package mask

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"topicpilot/topics"
)

// Kind is what a secret is, as it is shown in its place.
type Kind string

// The kinds of secret.
const (
	Phone Kind = "phone"
	Email Kind = "email"
	Card  Kind = "card"
	Name  Kind = "name"
	Key   Kind = "key"
)

// Secret is a part of a text, in bytes.
type Secret struct {
	From, To int
	Kind     Kind
}

// Masker takes phones, mails, cards and the names that it knows out of texts, for good. A
// nil Masker leaves all as it is. It may be used concurrently once it has learned.
type Masker struct {
	names names
	// phone is as ownNumber gives it.
	phone string
	// keys tells that keys are looked for.
	keys bool
}

// New makes a masker that knows the customer; nil for nobody.
func New(customer *topics.Customer) *Masker {
	m := &Masker{names: names{known: make(map[string][]name)}}
	if customer == nil {
		return m
	}
	for _, s := range []string{customer.Name, customer.FirstName, customer.LastName, customer.Username} {
		m.names.add(s, true)
	}
	m.phone = ownNumber(customer.Phone)
	return m
}

// ownNumber are the last digits of the customer's own number, by which it is found however
// it is written; "" where it is not known.
func ownNumber(phone string) string {
	digits := onlyDigits(fold(phone, false).text)
	if len(digits) < minPhone {
		return ""
	}
	return digits[len(digits)-min(len(digits), 9):]
}

// Learn takes the names of an author. What is written in the name of a group, by bots
// and by Telegram names nobody. The mirror's account often bears a common word, so that
// of a customer's messages the whole name counts, not each word of it.
func (m *Masker) Learn(a topics.Author) {
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

// Text gives the text with what is secret taken out. What Telegram has marked as a phone or
// a mail is one.
func (m *Masker) Text(t topics.Text) string {
	if m == nil || t.Text == "" {
		return t.Text
	}
	return replaced(t.Text, m.find(t.Text, marked(t)))
}

// Find finds phones, mails, cards and keys in a text, by their places; they do not overlap.
// phone is the customer's own number, which is found in whatever form; "" where it is not
// known.
func Find(text, phone string) []Secret {
	m := Masker{phone: ownNumber(phone), keys: true}
	return merged(m.find(text, nil))
}

// Hide takes phones, mails, cards and keys out of a text for good; phone is as for Find.
func Hide(text, phone string) string { return replaced(text, Find(text, phone)) }

// find adds what is secret to what is known to be, in the order of the places. Where two
// overlap the one that was looked for first stands first.
func (m *Masker) find(text string, found []Secret) []Secret {
	seen := fold(text, false)
	found = append(found, m.in(seen)...)
	if seen.parted {
		found = append(found, m.in(fold(text, true))...)
	}
	slices.SortStableFunc(found, func(a, b Secret) int { return cmp.Compare(a.From, b.From) })
	return found
}

// in finds what is secret in a folded text, and where it stands in the text as written.
func (m *Masker) in(f folded) []Secret {
	var found []Secret
	if m.keys {
		found = keys(f.text)
	}
	found = append(found, mails(f.text)...)
	found = append(found, m.numbers(f.text)...)
	found = append(found, m.names.in(f.text)...)
	return f.back(found)
}

// merged makes one of those that overlap: the first, grown to hold the others.
func merged(found []Secret) []Secret {
	list := found[:0:0]
	for _, s := range found {
		if last := len(list) - 1; last >= 0 && s.From < list[last].To {
			list[last].To = max(list[last].To, s.To)
			continue
		}
		list = append(list, s)
	}
	return list
}

func replaced(text string, found []Secret) string {
	if len(found) == 0 {
		return text
	}
	var out strings.Builder
	done, name := 0, false
	for _, whole := range merged(found) {
		before := text[done:whole.From]
		done = whole.To
		if name && whole.Kind == Name && strings.TrimSpace(before) == "" {
			continue // first and last name are one
		}
		name = whole.Kind == Name
		out.WriteString(before + "[" + string(whole.Kind) + "]")
	}
	out.WriteString(text[done:])
	return out.String()
}

// marked are the phones and mails that Telegram has found itself.
func marked(t topics.Text) []Secret {
	var list []Secret
	for _, e := range t.Entities {
		var kind Kind
		switch e.Type {
		case "phone_number":
			kind = Phone
		case "email":
			kind = Email
		default:
			continue
		}
		from, to := byteAt(t.Text, e.Offset), byteAt(t.Text, e.Offset+e.Length)
		if from < to {
			list = append(list, Secret{from, to, kind})
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

func mails(text string) []Secret {
	if !strings.Contains(text, "@") {
		return nil
	}
	var list []Secret
	for _, at := range mail.FindAllStringIndex(text, -1) {
		list = append(list, Secret{at[0], at[1], Email})
	}
	return list
}
