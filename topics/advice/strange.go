package advice

import (
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
)

var (
	webLink = regexp.MustCompile(`(?i)(?:\b[a-z][a-z0-9+.-]{1,20}://|\bwww\.|\bmailto:|\btel:)[^\s<>"«»]+`)
	// bareDomain is what apps make a link of, a path after it included.
	bareDomain = regexp.MustCompile(`(?i)[\pL\pN](?:[\pL\pN-]*[\pL\pN])?(?:\.[\pL\pN](?:[\pL\pN-]*[\pL\pN])?)*\.` +
		`(?:xn--[a-z0-9-]+|[a-z]{2,24}|рф|укр|рус|бел|онлайн|сайт|орг|москва|дети|срб|мкд|қаз)(?:[/?#:][^\s<>"«»]*)?`)
	mention = regexp.MustCompile(`@[A-Za-z0-9_]{3,32}`)
	iban    = regexp.MustCompile(`\b[A-Z]{2}[0-9]{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,4})?\b`)
)

// fileNames are ends of the names of files that are no domains.
var fileNames = strings.Fields(`php html htm js css txt csv json xml yml yaml png jpg jpeg gif svg webp pdf exe dll sql
	conf cfg ini log env htaccess bak gz tgz tar rar doc docx xls xlsx ppt pptx crt key pem csr`)

// strange finds links, addresses and numbers in an answer that stand neither in a cited chunk
// nor on the customer's card.
func (a asked) strange(text string, hits []topics.KnowledgeHit) []string {
	known := map[string]bool{}
	learn := func(s string) {
		for _, item := range addresses(s) {
			known[item.id] = true
			known[item.host] = true
		}
	}
	for _, hit := range hits {
		learn(hit.Title)
		learn(hit.Text)
		learn(hit.Link)
	}
	learn(a.Customer.Name)
	learn("@" + a.Customer.Username)
	learn(a.Customer.Phone)
	known[lastDigits(a.Customer.Phone)] = true
	for _, account := range a.Customer.Accounts {
		learn(account)
	}
	delete(known, "")
	var list []string
	for _, item := range addresses(text) {
		if shown := cut(item.text, maxStrangeText); !known[item.id] && !slices.Contains(list, shown) {
			list = append(list, shown)
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

func addresses(text string) []address {
	var list []address
	text = visible(text)
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
		take(at[0], at[1], strings.NewReplacer(" ", "", "-", "").Replace(text[at[0]:at[1]]), "")
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
	for _, at := range mention.FindAllIndex(rest, -1) {
		take(at[0], at[1], strings.ToLower(text[at[0]:at[1]]), "")
	}
	return list
}

// visible is the text without signs that nobody sees: they part an address for us, and not
// for who taps it.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && foldRune(r) < 0 {
			return -1
		}
		return r
	}, s)
}

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
