package mask

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// folded is a text in the form in which the masker looks at it: what only looks different
// is the same there, and what cannot be seen is gone.
type folded struct {
	text string
	// at is, for each byte of text and its end, where that began in the text as written;
	// nil where both are the same.
	at []int
	// parted reports whether unseen signs stood there that may also part two words.
	parted bool
}

// fold puts letters and their accents together (NFC), makes decimal digits of all scripts,
// full-width signs, hyphens and spaces those of ASCII, and leaves out what is not seen.
// With apart an unseen sign that may part words is a space.
func fold(s string, apart bool) folded {
	if isFolded(s) {
		return folded{text: s}
	}
	f := folded{at: make([]int, 0, len(s)+1)}
	out := make([]byte, 0, len(s))
	digit := false
	for i, r := range s {
		before := len(out)
		switch to := foldRune(r); {
		case to == utf8.RuneError && !strings.HasPrefix(s[i:], string(utf8.RuneError)):
			out, digit = append(out, s[i]), false // no UTF-8
		case to >= 0 && digit && unicode.Is(unicode.M, to): // the frame of 1️⃣
		case to >= 0:
			out, digit = utf8.AppendRune(out, to), to >= '0' && to <= '9'
		case parts(r):
			f.parted = true
			if apart {
				out, digit = append(out, ' '), false
			}
		}
		f.at = append(f.at, slices.Repeat([]int{i}, len(out)-before)...)
	}
	f.text, f.at = string(out), append(f.at, len(s))
	return f.composed()
}

// composed puts letters and their accents together.
func (f folded) composed() folded {
	if norm.NFC.IsNormalString(f.text) {
		return f
	}
	out, at := make([]byte, 0, len(f.text)), make([]int, 0, len(f.at))
	var it norm.Iter
	for it.InitString(norm.NFC, f.text); !it.Done(); {
		from := f.at[it.Pos()]
		part := it.Next()
		out = append(out, part...)
		at = append(at, slices.Repeat([]int{from}, len(part))...)
	}
	f.text, f.at = string(out), append(at, f.at[len(f.text)])
	return f
}

// back finds in the text as written what was found in the folded one. What stands there
// as one sign is taken whole, and so is what is not seen after it.
func (f folded) back(list []Secret) []Secret {
	if f.at == nil {
		return list
	}
	for i, s := range list {
		to := s.To
		for to < len(f.text) && f.at[to] == f.at[s.To-1] {
			to++
		}
		list[i].From, list[i].To = f.at[s.From], f.at[to]
	}
	return list
}

func isFolded(s string) bool {
	for _, r := range s {
		if r >= ' ' && r < 0x7F || r == '\n' || isCyrillic(r) {
			continue
		}
		if foldRune(r) != r || unicode.Is(unicode.M, r) {
			return false
		}
	}
	return norm.NFC.IsNormalString(s)
}

// foldRune gives the sign that is meant, -1 for one that is not seen.
func foldRune(r rune) rune {
	if r >= 0xFF01 && r <= 0xFF5E { // full-width forms stand in the order of ASCII
		r -= 0xFF01 - '!'
	}
	switch {
	case r > ' ' && r < 0x7F || r == '\n' || isCyrillic(r):
		return r
	case r == '\u2028', r == '\u2029':
		return '\n'
	case unicode.IsSpace(r):
		return ' '
	case unicode.IsDigit(r):
		return '0' + digitOf(r)
	case unicode.IsControl(r), unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point,
		unicode.Variation_Selector):
		return -1
	}
	switch r {
	case '\u2010', '\u2011', '\u2012', '\u2013', '\u2212', '\uFE63':
		return '-'
	case '\u2044', '\u2215':
		return '/'
	}
	return r
}

func isCyrillic(r rune) bool { return r >= 0x0400 && r <= 0x0481 || r >= 0x048A && r <= 0x052F }

// digitOf is the value of a decimal digit. Unicode keeps those of a script in a row from
// zero to nine (The Unicode Standard, 4.6), so that each range of them begins with a zero.
func digitOf(r rune) rune {
	for _, list := range unicode.Nd.R16 {
		if r >= rune(list.Lo) && r <= rune(list.Hi) {
			return (r - rune(list.Lo)) % 10
		}
	}
	for _, list := range unicode.Nd.R32 {
		if u := uint32(r); u >= list.Lo && u <= list.Hi { //nolint:gosec // a digit is not negative
			return rune((u - list.Lo) % 10)
		}
	}
	return 0
}

// parts reports whether an unseen sign may stand between two words. Those that join, and
// the hyphen of a line's end, stand within one.
func parts(r rune) bool {
	return r == '\u200B' || r == '\uFEFF' || unicode.Is(unicode.Bidi_Control, r)
}

// bare is a folded word as names are compared: in lower case and without accents, since
// few type those of others. й and ї are letters of their own.
func bare(word string) string {
	lower := strings.ToLower(word)
	if strings.IndexFunc(lower, isMarked) < 0 {
		return lower
	}
	var out strings.Builder
	for _, r := range word {
		if l := unicode.ToLower(r); l == 'й' || l == 'ї' {
			out.WriteRune(l)
			continue
		}
		for _, part := range norm.NFKD.String(string(r)) {
			switch part = unicode.ToLower(part); {
			case part == 'ς': // σ at the end of a word
				out.WriteRune('σ')
			case !unicode.Is(accents, part):
				out.WriteRune(part)
			}
		}
	}
	return out.String()
}

// accents are the marks that go with letters of any script; the vowels of some are marks
// too, and count.
var accents = &unicode.RangeTable{R16: []unicode.Range16{{Lo: 0x0300, Hi: 0x036F, Stride: 1}}}

// isMarked reports whether a letter may be one with an accent.
func isMarked(r rune) bool {
	return r >= 0x80 && (!isCyrillic(r) || r > 'я' && r != 'є' && r != 'і' && r != 'ї' && r != 'ґ')
}
