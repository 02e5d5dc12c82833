package mask

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Placeholders puts a placeholder in the place of each secret of one question to a model, as
// "[phone 1]", and the secret back into what is answered. The same secret has the same number
// in all texts; where it is written in another way as well, that has a letter too ("[phone
// 1b]"), so that each comes back as it was. Not for concurrent use.
type Placeholders struct {
	phone string
	// place is the placeholder of a secret as it is written, written the other way round.
	place   map[string]string
	written map[string]string
	kinds   map[string]Kind
	// same numbers the secrets, whatever way they are written; ways counts these.
	same map[string]int
	ways map[string]int
	// taken are numbers that stand in the texts literally: they are nobody's.
	taken map[string]bool
	last  map[Kind]int
}

// literal is a placeholder, in whichever way a model may copy it.
var literal = regexp.MustCompile(`(?i)\[[\s\pZ]*(phone|email|card|key)[\s\pZ]*([0-9]{1,9})([a-z]?)[\s\pZ]*\]`)

// NewPlaceholders reads the texts that are to be masked, and others that the answer may be
// made of: a placeholder that stands in one of them literally is never used. phone is the
// customer's own number, as for Find.
func NewPlaceholders(phone string, masked, others []string) *Placeholders {
	p := &Placeholders{
		phone: phone, place: map[string]string{}, written: map[string]string{}, kinds: map[string]Kind{},
		same: map[string]int{}, ways: map[string]int{}, taken: map[string]bool{}, last: map[Kind]int{},
	}
	for _, text := range slices.Concat(masked, others) {
		for _, apart := range []bool{false, true} { // wide and unseen signs are lost on a model
			for _, m := range literal.FindAllStringSubmatch(fold(text, apart).text, -1) {
				_, number := read(m)
				p.taken[number] = true
			}
		}
	}
	for _, text := range masked {
		for _, s := range Find(text, phone) {
			p.of(s.Kind, text[s.From:s.To])
		}
	}
	return p
}

// Mask puts placeholders into one of the texts that were read. A secret that was found in
// one of them is masked in all, also where it would not have been found.
func (p *Placeholders) Mask(text string) string {
	found := Find(text, p.phone)
	for secret, kind := range p.kinds {
		for from := 0; ; {
			at := strings.Index(text[from:], secret)
			if at < 0 {
				break
			}
			found = append(found, Secret{from + at, from + at + len(secret), kind})
			from += at + len(secret)
		}
	}
	if len(found) == 0 {
		return text
	}
	slices.SortFunc(found, func(a, b Secret) int { // the longest of those that begin together
		return cmp.Or(a.From-b.From, b.To-a.To, cmp.Compare(a.Kind, b.Kind))
	})
	var out strings.Builder
	done := 0
	for _, s := range merged(found) {
		out.WriteString(text[done:s.From] + p.of(s.Kind, text[s.From:s.To]))
		done = s.To
	}
	out.WriteString(text[done:])
	return out.String()
}

// Phone is the placeholder of the customer's own number, in whichever way it is written; ""
// where it is not known.
func (p *Placeholders) Phone() string {
	if ownNumber(p.phone) == "" {
		return ""
	}
	if n, ok := p.same[identity(Phone, p.phone)]; ok {
		return shown(Phone, n, 0)
	}
	return p.of(Phone, p.phone)
}

// Unmask puts the secrets back. What looks like a placeholder and is none of ours stays.
func (p *Placeholders) Unmask(text string) string {
	return p.replace(text, func(secret string) string { return secret })
}

// Blank leaves a space in the place of each of our placeholders.
func (p *Placeholders) Blank(text string) string {
	return p.replace(text, func(string) string { return " " })
}

func (p *Placeholders) replace(text string, with func(secret string) string) string {
	return literal.ReplaceAllStringFunc(text, func(s string) string {
		place, _ := read(literal.FindStringSubmatch(s))
		if secret, ok := p.written[place]; ok {
			return with(secret)
		}
		return s
	})
}

// of is the placeholder of a secret.
func (p *Placeholders) of(kind Kind, secret string) string {
	if place, ok := p.place[secret]; ok {
		return place
	}
	id := identity(kind, secret)
	n, known := p.same[id]
	way := p.ways[id]
	if !known || way > 'z'-'a' {
		n, way = p.next(kind), 0
		p.same[id] = n
	}
	p.ways[id] = way + 1
	place := shown(kind, n, way)
	p.place[secret], p.written[place], p.kinds[secret] = place, secret, kind
	return place
}

// next is the next free number.
func (p *Placeholders) next(kind Kind) int {
	for {
		p.last[kind]++
		if n := p.last[kind]; !p.taken[shown(kind, n, 0)] {
			return n
		}
	}
}

// identity is the same for all ways in which a secret may be written.
func identity(kind Kind, secret string) string {
	switch kind {
	case Phone:
		if own := ownNumber(secret); own != "" {
			secret = own
		}
	case Card:
		secret = onlyDigits(fold(secret, false).text)
	case Email:
		secret = strings.ToLower(fold(secret, false).text)
	case Key, Name:
	}
	return string(kind) + " " + secret
}

func shown(kind Kind, n, way int) string {
	letter := ""
	if way > 0 {
		letter = string("abcdefghijklmnopqrstuvwxyz"[way])
	}
	return fmt.Sprintf("[%s %d%s]", kind, n, letter)
}

// read gives the placeholder as we write it, and its number without a letter.
func read(m []string) (place, number string) {
	n, err := strconv.Atoi(m[2])
	if err != nil {
		return "", ""
	}
	kind := Kind(strings.ToLower(m[1]))
	place = shown(kind, n, 0)
	if letter := strings.ToLower(m[3]); letter > "a" {
		return shown(kind, n, int(letter[0]-'a')), place
	}
	return place, place
}
