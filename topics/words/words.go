// Package words cuts texts into words as they are compared in every search of this program,
// and takes their endings off. It knows English, Russian and Ukrainian, and lets the words of
// other languages stand. What it makes is kept in the search index of the store: whoever
// changes it adds a migration that empties that index.
package words

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxWord is how many letters of a word count, in characters.
const maxWord = 64

// Word is a word of a text.
type Word struct {
	// Letters are the word as it is compared, at least one and at most 64.
	Letters []rune
	// From and To are the bytes of the text where it stands, To excluded.
	From, To int
}

// scanner is the word that is being read, and those before it.
type scanner struct {
	words []Word
	now   Word
	open  bool
	// apostrophe is how many letters stood before the last one.
	apostrophe int
}

// Of gives the words of a text in their order, at most limit: runs of letters and digits of
// any script. What only looks different is made the same: case, ё and е, ґ and г, accents,
// wide and narrow forms. й and ї stay themselves. An apostrophe within a word belongs to it
// and does not count (п'ять, п’ять, пять), nor does an English 's. A sign of a script that
// writes no spaces is a word.
func Of(text string, limit int) []Word {
	var s scanner
	for i := 0; i < len(text) && len(s.words) < limit; {
		r, size := utf8.DecodeRuneInString(text[i:])
		s.take(r, text[i:i+size], i)
		i += size
		if s.open && isApostrophe(r) && !startsWithLetter(text[i:]) {
			s.flush()
		}
	}
	s.flush()
	return s.words[:min(len(s.words), limit)]
}

func (s *scanner) take(r rune, written string, at int) {
	switch {
	case r == utf8.RuneError && len(written) <= 1:
		s.flush()
	case isApostrophe(r): // ʼ is a letter to Unicode
		s.apostrophe = len(s.now.Letters)
	case r < utf8.RuneSelf && (r >= 'a' && r <= 'z' || r >= '0' && r <= '9'):
		s.begin(at)
		s.add(r)
		s.now.To = at + len(written)
	case r >= 'а' && r <= 'я': // most of a Russian text; й stays itself
		s.begin(at)
		s.add(r)
		s.now.To = at + len(written)
	case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mc, r):
		alone := isAlone(r)
		if alone {
			s.flush()
		}
		s.begin(at)
		s.fold(r, written)
		s.now.To = at + len(written)
		if alone {
			s.flush()
		}
	case unicode.Is(unicode.Mn, r) && s.open:
		s.mark(r)
		s.now.To = at + len(written)
	case isUnseen(r) && s.open:
	default:
		s.flush()
	}
}

func (s *scanner) begin(at int) {
	if !s.open {
		s.now, s.open, s.apostrophe = Word{From: at}, true, -1
	}
}

func (s *scanner) add(r rune) {
	if len(s.now.Letters) < maxWord {
		s.now.Letters = append(s.now.Letters, r)
	}
}

// fold adds a letter in the form in which it is compared.
func (s *scanner) fold(r rune, written string) {
	switch r = unicode.ToLower(r); r {
	case 'й', 'ї':
		s.add(r)
		return
	}
	parts := norm.NFKD.PropertiesString(written).Decomposition()
	if len(parts) == 0 {
		s.plain(r)
		return
	}
	for _, part := range string(parts) {
		switch {
		case unicode.Is(unicode.Mn, part):
			s.mark(part)
		case unicode.IsLetter(part) || unicode.IsDigit(part) || unicode.Is(unicode.Mc, part):
			s.plain(unicode.ToLower(part))
		}
	}
}

// plain adds a letter without accents, in lower case.
func (s *scanner) plain(r rune) {
	switch r {
	case 'ґ':
		s.add('г')
	case 'ø':
		s.add('o')
	case 'ł':
		s.add('l')
	case 'đ':
		s.add('d')
	case 'ı':
		s.add('i')
	case 'ς':
		s.add('σ')
	case 'ß':
		s.add('s')
		s.add('s')
	case 'æ':
		s.add('a')
		s.add('e')
	case 'œ':
		s.add('o')
		s.add('e')
	default:
		s.add(r)
	}
}

// mark drops an accent, unless it makes another letter of the one before.
func (s *scanner) mark(r rune) {
	n := len(s.now.Letters)
	if n == 0 || n == maxWord {
		return
	}
	switch last := &s.now.Letters[n-1]; {
	case r == '\u0306' && *last == 'и':
		*last = 'й'
	case r == '\u0308' && *last == 'і':
		*last = 'ї'
	}
}

// flush ends the word. An English 's is no part of it.
func (s *scanner) flush() {
	if !s.open {
		return
	}
	s.open = false
	n := len(s.now.Letters)
	if s.apostrophe == n-1 && n > 1 && s.now.Letters[n-1] == 's' {
		s.now.Letters = s.now.Letters[:n-1]
	}
	if len(s.now.Letters) > 0 {
		s.words = append(s.words, s.now)
	}
}

func isApostrophe(r rune) bool {
	switch r {
	case '\'', '’', '‘', 'ʼ', '`', '′', '＇':
		return true
	}
	return false
}

// isUnseen reports what stands within words without a sign: soft hyphens, zero widths.
func isUnseen(r rune) bool {
	switch r {
	case '\u00ad', '\u200b', '\u200c', '\u200d', '\u2060', '\ufeff':
		return true
	}
	return false
}

// isAlone reports letters of scripts that put no spaces between words.
func isAlone(r rune) bool {
	return r >= 0x2e80 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) ||
		r >= 0x0e00 && unicode.In(r, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar) && unicode.IsLetter(r)
}

func startsWithLetter(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsLetter(r) && !isApostrophe(r)
}
