package store

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"topicpilot/topics/words"
)

// clause is one thing that has to occur: any of its phrases. A phrase are terms that
// follow each other; one of a single term may also be a number's.
type clause [][]string

// parseQuery reads what a person typed: each word has to occur, and what stands in quotes
// has to follow each other. What is one word to a person and several to us ("12-345",
// "ivan@example.org") is a phrase as well. Digits that look like a telephone number are
// found however they are grouped. Nothing else has a meaning.
func parseQuery(typed string) []clause {
	typed = cutBytes(typed, maxQuery)
	var clauses []clause
	for quoted := false; typed != "" && len(clauses) < maxQueryTerms; quoted = !quoted {
		part, rest := typed, ""
		end := strings.IndexFunc(typed, isQuote)
		if end >= 0 {
			_, size := utf8.DecodeRuneInString(typed[end:])
			part, rest = typed[:end], typed[end+size:]
		}
		if quoted && end >= 0 {
			clauses = append(clauses, phraseOf(part)...)
		} else { // a quote that is never closed means nothing
			clauses = append(clauses, wordsIn(part)...)
		}
		typed = rest
	}
	return clauses[:min(len(clauses), maxQueryTerms)]
}

// cutBytes cuts s to limit bytes, between characters.
func cutBytes(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}

func isQuote(r rune) bool { return strings.ContainsRune("\"“”„‟«»", r) }

// phraseOf makes one clause of all words of a text, none if there is no word.
func phraseOf(part string) []clause {
	found := spotsOf(part, maxQueryTerms)
	words := found.words
	if len(words) == 0 {
		return nil
	}
	c := clause{termsIn(words)}
	if n := len(found.numbers); n > 0 { // its longest form, if it is all of the words
		last := found.numbers[n-1]
		if last.from == words[0].from && last.to == words[len(words)-1].to {
			c = append(c, []string{last.term})
		}
	}
	return []clause{c}
}

// wordsIn reads what stands outside of quotes: a clause for each piece between spaces, one
// for all pieces of a telephone number.
func wordsIn(part string) []clause {
	var clauses []clause
	read := words.Of(part, 2*maxQueryTerms)
	for i := 0; i < len(read); {
		n := max(digitGroups(part, read[i:]), 1)
		if n > 1 && numberTerms(digitsOf(read[i:i+n])) == nil {
			n = 1
		}
		for i+n < len(read) && !hasSpace(part[read[i+n-1].To:read[i+n].From]) {
			n++
		}
		clauses = append(clauses, phraseOf(part[read[i].From:read[i+n-1].To])...)
		i += n
	}
	return clauses
}

func hasSpace(s string) bool { return strings.ContainsAny(s, " \t\r\n\v\f\u00a0") }

func termsIn(spots []spot) []string {
	terms := make([]string, len(spots))
	for i, s := range spots {
		terms[i] = s.term
	}
	return terms
}

// operators are how an engine writes a query.
type operators struct{ quote, and, or, follow string }

var (
	sqliteOperators   = operators{`"`, " AND ", " OR ", " + "}
	postgresOperators = operators{"", " & ", " | ", " <-> "}
)

// expression writes the query for an engine: any of where, and all clauses. All terms are
// letters a–z.
func (o operators) expression(where []string, clauses []clause) string {
	var b strings.Builder
	b.WriteString("(" + o.quote + strings.Join(where, o.quote+o.or+o.quote) + o.quote + ")")
	for _, c := range clauses {
		b.WriteString(o.and + "(")
		for i, phrase := range c {
			if i > 0 {
				b.WriteString(o.or)
			}
			b.WriteString("(" + o.quote + strings.Join(phrase, o.quote+o.follow+o.quote) + o.quote + ")")
		}
		b.WriteString(")")
	}
	return b.String()
}

// matches reports whether all clauses occur in the texts, each in any of them, and where
// they do in the first text: bytes [from, to), in order, none twice.
func matches(clauses []clause, texts []string) (marks [][2]int, ok bool) {
	met := make([]bool, len(clauses))
	for n, text := range texts {
		found := spotsOf(text, maxTerms)
		for i, c := range clauses {
			places := c.places(found)
			met[i] = met[i] || len(places) > 0
			if n == 0 {
				marks = append(marks, places...)
			}
		}
	}
	if slices.Contains(met, false) {
		return nil, false
	}
	return joined(marks), true
}

// places are where any phrase of the clause occurs.
func (c clause) places(found spotted) (places [][2]int) {
	for _, phrase := range c {
		for i := range max(len(found.words)-len(phrase)+1, 0) {
			if follow(found.words[i:], phrase) {
				places = append(places, [2]int{found.words[i].from, found.words[i+len(phrase)-1].to})
			}
		}
		for _, number := range found.numbers {
			if len(phrase) == 1 && number.term == phrase[0] {
				places = append(places, [2]int{number.from, number.to})
			}
		}
	}
	return places
}

func follow(words []spot, phrase []string) bool {
	for i, term := range phrase {
		if words[i].term != term {
			return false
		}
	}
	return true
}

// joined sorts marks and makes one of those that overlap.
func joined(marks [][2]int) [][2]int {
	slices.SortFunc(marks, func(a, b [2]int) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) })
	out := marks[:0]
	for _, m := range marks {
		if n := len(out); n > 0 && m[0] < out[n-1][1] {
			out[n-1][1] = max(out[n-1][1], m[1])
			continue
		}
		out = append(out, m)
	}
	return out
}
