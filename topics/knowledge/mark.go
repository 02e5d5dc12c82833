package knowledge

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// The forms of the mark. What merely resembles it is taken for it, as a mark that is not
// understood must not make an internal text public.
var (
	mark     = regexp.MustCompile(`(?i)\s*\{\s*internal\s*\}[\s#]*$`)
	nearMark = regexp.MustCompile(`\{[^{}\n]{0,20}\binternal|\binternal\s*\}|\{[^{}]*internal[^{}]*\}`)
	// spokenHead is a line of front matter wherever it stands.
	spokenHead = regexp.MustCompile(`^[^\pL\pN]*internal[^\pL\pN]*[:=]`)
	// written is a mark of HTML that stands where no tag is read.
	writtenMark = regexp.MustCompile(`<[^<>]*\bdata\W?_?internal`)
	// attribute is any mark of HTML.
	attribute = regexp.MustCompile(`data\W?_?internal|<meta\b[^>]*\binternal\b`)
	spaces    = regexp.MustCompile(`\s+`)
)

// resembles reports whether a text holds the mark, or what people may take for it.
func resembles(text string) bool {
	if strings.IndexFunc(text, isBrace) < 0 {
		return false
	}
	return nearMark.MatchString(folded(text))
}

func isBrace(r rune) bool { return alike(r) == '{' || alike(r) == '}' }

// isInternal reports whether a name says no more than internal: the one of a folder, say.
func isInternal(name string) bool { return lettersOf(name) == "internal" }

// lettersOf are those of a name in the form in which it looks.
func lettersOf(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, folded(name))
}

// folded is a text as it looks to its readers: in small letters, without what is not seen,
// and each letter or brace the one of ASCII that looks like it.
func folded(text string) string {
	ascii := true
	for i := range len(text) {
		ascii = ascii && text[i] < 0x80
	}
	if ascii {
		return strings.ToLower(text)
	}
	return strings.Map(func(r rune) rune {
		switch r = alike(unicode.ToLower(r)); {
		case unicode.In(r, unicode.Cf, unicode.Mn, unicode.Me) || unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r):
			return -1
		case r != '\n' && unicode.IsSpace(r):
			return ' '
		}
		return r
	}, norm.NFKD.String(text))
}

// alike gives the letter of the mark that another one looks like.
func alike(r rune) rune {
	switch r {
	case '｛', '﹛', '❴', '⦃', '⟅':
		return '{'
	case '｝', '﹜', '❵', '⦄', '⟆':
		return '}'
	case 'і', 'ι', 'ı', 'ɩ', 'ⅰ', 'ӏ', 'ⲓ':
		return 'i'
	case 'п', 'η', 'ո', 'ν', 'ŋ':
		return 'n'
	case 'т', 'τ', 'ƭ':
		return 't'
	case 'е', 'ε', 'є', 'ҽ', 'ɛ':
		return 'e'
	case 'г', 'ґ', 'ɾ', 'ɼ', 'ѓ':
		return 'r'
	case 'а', 'α', 'ɑ':
		return 'a'
	case 'ǀ', 'ɭ', 'ł', 'ⅼ', '∣':
		return 'l'
	}
	return r
}
