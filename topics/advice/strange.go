package advice

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"topicpilot/topics"
	"topicpilot/topics/mask"
)

const (
	maxStrange     = 10
	maxStrangeText = 200
	// ownDigits are as many digits as tell a phone number, without the ways to dial abroad.
	ownDigits = 9
	digits    = "0123456789"
)

var (
	webLink = regexp.MustCompile(`(?i)(?:\b[a-z][a-z0-9+.-]{1,20}://|\bhttps?:/|\bwww\.|\bmailto:|\btel:)[^\s<>"«»]+`)
	// bareDomain is what apps make a link of, a path after it included.
	bareDomain = regexp.MustCompile(`(?i)[\pL\pN](?:[\pL\pN-]*[\pL\pN])?(?:\.[\pL\pN](?:[\pL\pN-]*[\pL\pN])?)*\.` +
		`(?:xn--[a-z0-9-]+|[a-z]{2,24})(?:[/?#:][^\s<>"«»]*)?`)
	// otherDomain ends in letters other than Latin ones, of which none is large: else it is the
	// end of a sentence and the begin of the next.
	otherDomain = regexp.MustCompile(`[\pL\pN](?:[\pL\pN-]*[\pL\pN])?(?:\.[\pL\pN](?:[\pL\pN-]*[\pL\pN])?)*\.` +
		`[^\P{L}\p{Lu}\x00-\x7f]{2,24}(?:[/?#:][^\s<>"«»]*)?`)
	// ipAddress is checked further.
	ipAddress = regexp.MustCompile(`(?i)[0-9a-f]*(?:[:.][0-9a-f]*){2,}`)
	mention   = regexp.MustCompile(`@[A-Za-z0-9_]{3,32}`)
	command   = regexp.MustCompile(`(?:^|[^\pL\pN/:.])(/[A-Za-z][A-Za-z0-9_]{0,31})(?:[^\pL\pN/_]|$)`)
	iban      = regexp.MustCompile(`\b[A-Z]{2}[0-9]{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,4})?\b|` +
		`(?i)\b[a-z]{2}[0-9]{2}[a-z0-9]{11,30}\b`)
	// wallet is checked further: it has letters and digits.
	wallet = regexp.MustCompile(`[A-Za-z0-9]{20,}`)
)

// fileNames are ends of the names of files that are no domains.
var fileNames = strings.Fields(`php html htm js css txt csv json xml yml yaml png jpg jpeg gif svg webp pdf exe dll sql
	conf cfg ini log env htaccess bak gz tgz tar rar doc docx xls xlsx ppt pptx crt key pem csr`)

// strange finds links, addresses, commands and numbers in an answer that stand neither in a
// cited chunk nor on the customer's card; plain numbers may be the customer's own as well.
func (a asked) strange(text string, hits []topics.KnowledgeHit) []string {
	known, numbers := map[string]bool{}, map[string]bool{}
	count := func(s string) {
		for _, n := range numbersIn(s) {
			numbers[n.id] = true
			for _, part := range n.parts {
				numbers[part] = true
			}
		}
	}
	learn := func(s string) { // numbers within addresses vouch for no others
		list, rest := addresses(visible(s))
		for _, item := range list {
			known[item.id], known[item.host] = true, true
		}
		count(rest)
	}
	for _, hit := range hits {
		learn(hit.Title)
		learn(hit.Text)
		id, host := linkID(hit.Link)
		known[id], known[host] = true, true
	}
	card := a.Customer
	for _, s := range append([]string{card.Name, "@" + card.Username, card.Phone}, card.Accounts...) {
		learn(s)
	}
	known[lastDigits(card.Phone)] = true
	delete(known, "")
	count(visible(a.Text))
	for _, turn := range a.Turns {
		if turn.From != fromOperator {
			count(visible(turn.Text))
		}
	}
	var list []string
	note := func(s string) {
		if shown := cut(s, maxStrangeText); !slices.Contains(list, shown) {
			list = append(list, shown)
		}
	}
	found, rest := addresses(visible(text))
	for _, item := range found {
		if !known[item.id] {
			note(item.text)
		}
	}
	for _, n := range numbersIn(unnumbered(rest)) {
		if !numbers[n.id] {
			note(n.text)
		}
	}
	return list[:min(len(list), maxStrange)]
}

// address is a link, an address or a number that people could be led to.
type address struct {
	text string
	// id is the same for all ways of writing it; host is that of a link without the path.
	id, host string
}

// addresses finds them in a visible text; rest is the text with blanks in their places.
func addresses(text string) (list []address, left string) {
	rest := []byte(text)
	take := func(from, to int, id, host string) {
		list = append(list, address{text[from:to], id, host})
		for i := from; i < to; i++ {
			rest[i] = ' '
		}
	}
	links := func(pattern *regexp.Regexp) {
		for _, at := range pattern.FindAllIndex(rest, -1) {
			from, to := at[0], at[0]+len(strings.TrimRight(string(rest[at[0]:at[1]]), ".,;:!?)]}'*_"))
			if id, host := linkID(text[from:to]); pattern == webLink || !isFileName(text[from:to]) {
				take(from, to, id, host)
			}
		}
	}
	links(webLink)
	for _, at := range iban.FindAllIndex(rest, -1) {
		take(at[0], at[1], strings.ToUpper(strings.NewReplacer(" ", "", "-", "").Replace(text[at[0]:at[1]])), "")
	}
	for _, at := range wallet.FindAllIndex(rest, -1) {
		if run := text[at[0]:at[1]]; strings.ContainsAny(run, digits) && strings.Trim(run, digits) != "" {
			take(at[0], at[1], run, "")
		}
	}
	for _, at := range ipAddress.FindAllIndex(rest, -1) {
		from, to := at[0], at[0]+len(strings.TrimRight(string(rest[at[0]:at[1]]), ".:"))
		if ip, err := netip.ParseAddr(text[from:to]); err == nil {
			take(from, to, ip.String(), "")
		}
	}
	for _, s := range mask.Find(string(rest), "") {
		id := strings.ToLower(text[s.From:s.To])
		switch s.Kind {
		case mask.Phone:
			id = lastDigits(id)
		case mask.Card:
			id = onlyDigits(id)
		case mask.Email, mask.Key, mask.Name:
		}
		take(s.From, s.To, id, "")
	}
	links(bareDomain)
	links(otherDomain)
	for _, at := range mention.FindAllIndex(rest, -1) {
		take(at[0], at[1], strings.ToLower(text[at[0]:at[1]]), "")
	}
	for _, at := range command.FindAllSubmatchIndex(rest, -1) {
		take(at[2], at[3], strings.ToLower(text[at[2]:at[3]]), "")
	}
	return list, string(rest)
}

// visible is the text without signs that nobody sees: they part an address for us, and not
// for who taps it. What is read as a dot is one.
func visible(s string) string {
	return brackets.Replace(strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune("。．｡․", r):
			return '.'
		case r != '\n' && foldRune(r) < 0:
			return -1
		}
		return r
	}, s))
}

// brackets are put round what is not to be tapped by mistake.
var brackets = strings.NewReplacer("[.]", ".", "(.)", ".", "[:]", ":")

// linkID gives a link without what does not matter, and its host alone.
func linkID(link string) (id, host string) {
	id = link
	if scheme, rest, ok := strings.Cut(link, "://"); ok {
		if s := strings.ToLower(scheme); s != "http" && s != "https" {
			return strings.ToLower(link), ""
		}
		id = rest
	}
	id = strings.TrimSuffix(id, "/")
	end := strings.IndexAny(id, "/?#:")
	if end < 0 {
		end = len(id)
	}
	host = strings.TrimPrefix(strings.ToLower(id[:end]), "www.")
	return host + id[end:], host
}

func isFileName(name string) bool {
	if strings.ContainsAny(name, "/?#:") {
		return false
	}
	return slices.Contains(fileNames, strings.ToLower(name[strings.LastIndexByte(name, '.')+1:]))
}

func onlyDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// lastDigits are those of a number by which it is told from others.
func lastDigits(s string) string {
	s = onlyDigits(s)
	return s[max(0, len(s)-ownDigits):]
}
