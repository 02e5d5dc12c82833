package advice

import (
	"encoding/base64"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const (
	// leakRun is how many characters in a row of our instructions are a leak.
	leakRun = 30
	// minLeak is the fewest letters of such a run that are looked for.
	minLeak = 16
	// minCoded is the size of the shortest coded run that could hold one.
	minCoded = 40
)

// guarded are all runs of our instructions, bare, by their first letters.
var guarded = sync.OnceValue(func() map[string][]string {
	runs := map[string][]string{}
	text := []rune(instructions + forOperator)
	for i := 0; i+leakRun <= len(text); i++ {
		run := bare(string(text[i : i+leakRun]))
		if len(run) >= minLeak {
			runs[run[:minLeak]] = append(runs[run[:minLeak]], run)
		}
	}
	return runs
})

// leaks reports whether a text holds a part of our instructions: as it is, backwards, with each
// letter thirteen places on, or in base64 or hexadecimal digits.
func leaks(text string) bool {
	if holdsInstructions(bare(text)) {
		return true
	}
	return slices.ContainsFunc(decoded(text), func(s string) bool { return holdsInstructions(bare(s)) })
}

func holdsInstructions(letters string) bool {
	return holdsRun(letters) || holdsRun(reversed(letters)) || holdsRun(rot13(letters))
}

// rot13 moves small letters thirteen places on.
func rot13(letters string) string {
	return strings.Map(func(r rune) rune {
		if r < 'a' || r > 'z' {
			return r
		}
		return 'a' + (r-'a'+13)%26
	}, letters)
}

// holdsRun looks at bytes: the instructions are written in ASCII.
func holdsRun(letters string) bool {
	known := guarded()
	for i := 0; i+minLeak <= len(letters); i++ {
		for _, run := range known[letters[i:i+minLeak]] {
			if strings.HasPrefix(letters[i:], run) {
				return true
			}
		}
	}
	return false
}

// lookalikes are Cyrillic and Greek letters that cannot be told from Latin ones.
var lookalikes = strings.NewReplacer(
	"а", "a", "е", "e", "о", "o", "р", "p", "с", "c", "у", "y", "х", "x", "і", "i", "ѕ", "s", "ј", "j", "к", "k",
	"м", "m", "т", "t", "в", "b", "н", "h", "ԁ", "d", "ο", "o", "α", "a", "ι", "i", "ν", "v",
)

// bare leaves the letters and digits of a text, in lower case, without accents.
func bare(s string) string {
	out := make([]byte, 0, len(s))
	for _, r := range norm.NFKD.String(s) {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			out = utf8.AppendRune(out, unicode.ToLower(r))
		}
	}
	return lookalikes.Replace(string(out))
}

func reversed(s string) string {
	runes := []rune(s)
	slices.Reverse(runes)
	return string(runes)
}

var (
	base64Run = regexp.MustCompile(`[A-Za-z0-9+/_-]+`)
	hexRun    = regexp.MustCompile(`[0-9A-Fa-f]+`)
	// hexMarks are what stands between hexadecimal digits.
	hexMarks = strings.NewReplacer(`0x`, "", `\x`, "", `%`, "", ":", "", ",", "", "-", "")
	standard = strings.NewReplacer("-", "+", "_", "/")
)

// decoded is what coded runs of a text say. Each is read from its first signs on, since a
// word may stand right before it.
func decoded(text string) []string {
	together := strings.Join(strings.Fields(text), "")
	var list []string
	for _, source := range []string{text, together} {
		for _, run := range base64Run.FindAllString(source, -1) {
			run = standard.Replace(run)
			for from := 0; from < 4 && len(run)-from >= minCoded; from++ {
				part := run[from:]
				if plain, err := base64.RawStdEncoding.DecodeString(part[:len(part)/4*4]); err == nil {
					list = append(list, string(plain))
				}
			}
		}
		for _, run := range hexRun.FindAllString(hexMarks.Replace(source), -1) {
			for from := 0; from < 2 && len(run)-from >= minCoded; from++ {
				part := run[from:]
				if plain, err := hex.DecodeString(part[:len(part)/2*2]); err == nil {
					list = append(list, string(plain))
				}
			}
		}
	}
	return list
}
