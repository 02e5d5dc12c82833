package mask

import (
	"regexp"
	"strings"
)

// issued are keys that those who issue them have given a mark, so that they are found.
var issued = regexp.MustCompile(`(?:^|[^\pL\pN])(` + strings.Join([]string{
	`sk-[\w-]{10,}`,                                   // OpenAI, Anthropic and those like them
	`(?:sk|pk|rk)_(?:live|test)_\w{8,}`,               // Stripe
	`\d{6,12}:[\w-]{30,}`,                             // Telegram's bots
	`whsec_[\w+/=-]{6,}`,                              // Standard Webhooks
	`gh[pousr]_\w{10,}|github_pat_\w{10,}`,            // GitHub
	`glpat-[\w-]{10,}`,                                // GitLab
	`(?:AKIA|ASIA)[A-Z0-9]{12,}`,                      // AWS
	`xox[a-z]-[\w-]{10,}`,                             // Slack
	`AIza[\w-]{20,}|ya29\.[\w-]{20,}`,                 // Google
	`SG\.[\w-]{10,}\.[\w-]{10,}`,                      // SendGrid
	`(?:hf|npm|ntn|secret|shpat|dop_v1)_\w{16,}`,      // Hugging Face, npm, Notion, Shopify, DigitalOcean
	`eyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*)?`,            // JSON Web Tokens
	`-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*[-A-Z ]*`, // PEM
}, "|") + `)`)

// told are values that somebody says are keys: what counts is the last group.
var told = []*regexp.Regexp{
	regexp.MustCompile(`(?i)\b(?:bearer|basic)\s+([\w.~+/-]{8,}=*)`),
	regexp.MustCompile(`(?i)(?:api[ _-]?key|token|secret|passwo?r?d|pwd|пароль|пароля|токен|ключ)["']?\s*[:=]\s*["'«]?` +
		`([^\s"'»,;]{6,})`),
	regexp.MustCompile(`://[^\s/:@]+:([^\s/@]{3,})@`),
}

// run is what may be a key by its length alone.
var run = regexp.MustCompile(`[\w+/-]{24,}={0,2}`)

// keys finds keys and tokens in a folded text.
func keys(text string) []Secret {
	if !mayHoldKeys(text) {
		return nil
	}
	var list []Secret
	for _, at := range issued.FindAllStringSubmatchIndex(text, -1) {
		list = append(list, Secret{at[2], at[3], Key})
	}
	for _, said := range told {
		for _, at := range said.FindAllStringSubmatchIndex(text, -1) {
			if seen := spreadOf(text[at[2]:at[3]]); seen.letters() > 0 && seen.digits > 0 {
				list = append(list, Secret{at[2], at[3], Key})
			}
		}
	}
	for _, at := range run.FindAllStringIndex(text, -1) {
		if isRandom(text[at[0]:at[1]]) {
			list = append(list, Secret{at[0], at[1], Key})
		}
	}
	return list
}

// mayHoldKeys is a quick look at what all keys have, so that most texts need no other:
// letters and digits together, or a long word with signs within.
func mayHoldKeys(text string) bool {
	from, letters, digits, signs := 0, false, false, false
	for i := range len(text) {
		switch c := text[i]; {
		case c >= '0' && c <= '9':
			digits = true
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
			letters = true
		case c == '-', c == '_':
			signs = true
		case c == ' ' || c == '\n' || c >= 0x80:
			from, letters, digits, signs = i+1, false, false, false
		}
		if letters && digits || signs && i-from >= 8 {
			return true
		}
	}
	return false
}

const (
	// minHex is the size of the shortest digests and keys in hexadecimal: 16 bytes.
	minHex = 32
	// minRandom is the size of the shortest key without a mark, minPart that of its longest
	// part: names of pages and products are made of shorter words.
	minRandom = 24
	minPart   = 20
	// sizeAWS is that of AWS's secret keys, in which a slash may stand anywhere.
	sizeAWS = 40
)

// isRandom tells keys from words and names: by letters and digits that change places all the
// time.
func isRandom(s string) bool {
	s = strings.TrimRight(s, "=")
	whole := spreadOf(s)
	if len(s) >= minHex && strings.Trim(s, "0123456789abcdefABCDEF") == "" {
		return whole.digits > 0 && whole.letters() > 0
	}
	if len(s) == sizeAWS && !strings.ContainsAny(s, "-_") && min(whole.lower, whole.upper) >= 6 && whole.digits > 0 &&
		whole.changes*3 >= len(s) {
		return true
	}
	longest := ""
	for _, part := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("-_/+", r) }) {
		if len(part) > len(longest) {
			longest = part
		}
	}
	// Base64 of a key has signs in it, which need not part it evenly: a few parts may be short.
	mixed := whole.lower >= 3 && whole.upper >= 3 && whole.digits >= 3 && whole.changes*4 >= len(s)
	plain := len(s) >= minHex && whole.letters() >= 6 && whole.digits >= 6 && whole.changes*4 >= len(s)
	return len(s) >= minRandom && len(longest) >= minPart && (mixed || plain)
}

// spread is what a run of signs is made of.
type spread struct {
	lower, upper, digits int
	// changes is how often one kind follows another.
	changes int
}

func (s spread) letters() int { return s.lower + s.upper }

func spreadOf(text string) spread {
	var s spread
	last := 0
	for _, r := range text {
		kind := 0
		switch {
		case r >= '0' && r <= '9':
			s.digits++
			kind = 1
		case r >= 'A' && r <= 'Z':
			s.upper++
			kind = 2
		case r >= 'a' && r <= 'z':
			s.lower++
			kind = 3
		}
		if kind != last {
			s.changes++
		}
		last = kind
	}
	return s
}
