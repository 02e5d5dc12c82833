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
	// pieceSize is the size of the pieces in which instructions with letters put in between are
	// found, in letters; maxPieces how many of them others may happen to write as well.
	pieceSize = 10
	maxPieces = 40
	// minCoded is the size of the shortest coded run that could hold one.
	minCoded = 40
)

// guarded are all runs of our instructions, bare, by their first letters.
var guarded = sync.OnceValue(func() map[string][]string {
	runs := map[string][]string{}
	text := []rune(instructions + forOperator)
	for i := 0; i+leakRun <= len(text); i++ {
		run := skeleton(bare(string(text[i : i+leakRun])))
		if len(run) >= minLeak {
			runs[run[:minLeak]] = append(runs[run[:minLeak]], run)
		}
	}
	return runs
})

// pieces are all pieces of our instructions.
var pieces = sync.OnceValue(func() map[string]bool {
	set := map[string]bool{}
	text := skeleton(bare(instructions + forOperator))
	for i := 0; i+pieceSize <= len(text); i++ {
		set[text[i:i+pieceSize]] = true
	}
	return set
})

// leaks reports whether a text holds a part of our instructions: as it is, backwards, with each
// letter thirteen places on, with digits in the place of letters, with others in between, or
// in base64 or hexadecimal digits.
func leaks(text string) bool {
	if holdsInstructions(bare(text)) || holdsInstructions(bare(signs.Replace(text))) {
		return true
	}
	return slices.ContainsFunc(decoded(text), func(s string) bool { return holdsInstructions(bare(s)) })
}

func holdsInstructions(letters string) bool {
	for _, s := range []string{letters, reversed(letters), rot13(letters)} {
		if s = skeleton(s); holdsRun(s) || holdsPieces(s) {
			return true
		}
	}
	return false
}

// holdsPieces reports whether a text holds so many pieces of our instructions that this is no
// accident.
func holdsPieces(letters string) bool {
	known, found := pieces(), map[string]bool{}
	for i := 0; i+pieceSize <= len(letters); i++ {
		if piece := letters[i : i+pieceSize]; known[piece] {
			found[piece] = true
		}
	}
	return len(found) > maxPieces
}

// skeleton writes digits and letters that are read for each other in one way.
func skeleton(letters string) string { return sameLooks.Replace(letters) }

// signs are read as letters, where they do not stand between them.
var signs = strings.NewReplacer("@", "a", "$", "s", "!", "i", "|", "i", "€", "e")

var sameLooks = strings.NewReplacer("0", "o", "1", "i", "l", "i", "3", "e", "4", "a", "5", "s", "7", "t", "8", "b",
	"9", "g")

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

// lookalikes are letters that cannot be told from Latin ones.
var lookalikes = strings.NewReplacer(
	"а", "a", "е", "e", "о", "o", "р", "p", "с", "c", "у", "y", "х", "x", "і", "i", "ѕ", "s", "ј", "j", "к", "k",
	"м", "m", "т", "t", "в", "b", "н", "h", "ԁ", "d", "ο", "o", "α", "a", "ι", "i", "ν", "v", "ɑ", "a", "ı", "i", "ɩ", "i",
	"ɡ", "g", "ɪ", "i", "ʏ", "y", "ɴ", "n", "ʀ", "r", "ʜ", "h", "ʟ", "l", "ᴀ", "a", "ᴄ", "c", "ᴅ", "d", "ᴇ", "e", "ᴋ", "k",
	"ᴍ", "m", "ᴏ", "o", "ᴘ", "p", "ᴛ", "t", "ᴜ", "u", "ᴠ", "v", "ᴡ", "w", "ө", "o", "ӏ", "l", "ԛ", "q", "ԝ", "w", "ѵ", "v",
	"һ", "h", "ε", "e", "ρ", "p", "τ", "t", "υ", "u", "κ", "k", "ո", "n", "օ", "o", "ս", "u", "հ", "h", "ց", "g",
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
