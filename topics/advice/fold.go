package advice

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// folded is a text in the form in which quotes are compared: white space collapsed, case,
// accents put together, ё as е, quotation marks and dashes of one kind, nothing unseen.
type folded struct {
	text string
	// at is, for each byte of text and its end, where that stands in the text as written.
	at []int
}

func fold(s string) folded {
	f := folded{at: make([]int, 0, len(s)+1)}
	out := make([]byte, 0, len(s))
	var it norm.Iter
	space := true
	for it.InitString(norm.NFKC, s); !it.Done(); {
		from := it.Pos()
		for _, r := range string(it.Next()) {
			r = foldRune(r)
			if r < 0 || r == ' ' && space {
				continue
			}
			space = r == ' '
			before := len(out)
			out = append(out, string(r)...)
			for range len(out) - before {
				f.at = append(f.at, from)
			}
		}
	}
	f.at = append(f.at, len(s))
	f.text = string(out)
	return f
}

// foldRune gives the sign that is meant, -1 for one that is not seen.
func foldRune(r rune) rune {
	switch {
	case unicode.IsSpace(r):
		return ' '
	case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Variation_Selector):
		return -1
	case unicode.Is(unicode.Pd, r), r == '−':
		return '-'
	}
	switch r = unicode.ToLower(r); r {
	case 'ё':
		return 'е'
	case '“', '”', '„', '‟', '«', '»', '″':
		return '"'
	case '‘', '’', '‚', '‛', 'ʼ', '`', '´', '′':
		return '\''
	}
	return r
}

// find gives the bytes of the text as written where a quote stands.
func (f folded) find(quote string) (from, to int, ok bool) {
	quote = strings.TrimSpace(fold(quote).text)
	at := strings.Index(f.text, quote)
	if quote == "" || at < 0 {
		return 0, 0, false
	}
	end := at + len(quote)
	for end < len(f.text) && f.at[end] == f.at[end-1] {
		end++ // what stands there as one sign is taken whole
	}
	return f.at[at], f.at[end], true
}

// cut bounds a text, in characters.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	n := 0
	for i := range s {
		if n == limit {
			return s[:i]
		}
		n++
	}
	return s
}
