package config

import (
	"encoding/base64"
	"fmt"
	"net"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

var (
	botSegment      = regexp.MustCompile(`(?i)/(bot[0-9]|bot$|bot/|bot[^/]*[:<{])`)
	tokenPattern    = regexp.MustCompile(`^[0-9]+:[A-Za-z0-9_-]{20,}$`)
	hookSecret      = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)
	instancePattern = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)
	idPattern       = regexp.MustCompile(`^[a-z0-9_-]{1,64}$`)
	notionIDPattern = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)
	currencyPattern = regexp.MustCompile(`^[A-Z]{3}$`)
	plainUnitsOnly  = regexp.MustCompile(`^[^\s,]+$`)
)

// officialAPI is the host whose webhook rules are Telegram's own: HTTPS and
// these ports (Bot API, setWebhook). A local Bot API server takes any.
const officialAPI = "api.telegram.org"

// checker looks at decoded settings as a whole.
type checker struct{ decoder }

func (c *checker) all(s *Config) {
	c.telegram(s.Telegram)
	c.services(s)
	for i, g := range s.Groups {
		c.group(fmt.Sprintf("groups[%d]", i), g)
		for j := range i {
			if s.Groups[j].ID == g.ID && g.ID != 0 {
				c.add(fmt.Sprintf("groups[%d].id", i), fmt.Sprintf("is the same as that of groups[%d]; list a group once", j))
				break
			}
		}
	}
	c.lookups(s.Lookups)
	c.commands(s.Commands)
	if s.Links.Check.IsSet() {
		c.check("links.check", s.Links.Check, commandScope([]string{"account"}))
	}
	c.advisor(s.AI)
	c.integrations(s.Integrations)
}

// required reports an empty setting and tells whether there is one.
func (c *checker) required(path, value, what string) bool {
	if strings.TrimSpace(value) == "" {
		c.add(path, "is missing; set "+what)
		return false
	}
	return true
}

func (c *checker) telegram(t Telegram) {
	const tokenUsage = "the token @BotFather gave you, as in 123456789:AA…"
	if c.required("telegram.token", t.Token.Reveal(), tokenUsage) && !tokenPattern.MatchString(t.Token.Reveal()) {
		c.add("telegram.token", "is not a bot token; set "+tokenUsage)
	}
	if c.required("telegram.api_url", t.APIURL.Reveal(), "https://"+officialAPI) {
		c.apiURL(t.APIURL)
	}
	if t.Webhook.Secret.IsSet() && !hookSecret.MatchString(t.Webhook.Secret.Reveal()) {
		c.add("telegram.webhook.secret", "must be 1–256 of A–Z, a–z, 0–9, _ and -")
	}
	if t.Webhook.URL.IsSet() {
		c.webhook(t)
	}
}

// apiURL refuses an address copied from an example of the Bot API, token included.
func (c *checker) apiURL(u URL) {
	const at = "telegram.api_url"
	parsed, ok := c.httpURL(at, u)
	if ok && botSegment.MatchString(parsed.Path) {
		c.add(at, "holds a `/bot…` part; give the server alone, as https://"+officialAPI+
			", and the token in telegram.token")
	}
}

func (c *checker) webhook(t Telegram) {
	const at = "telegram.webhook.url"
	u, ok := c.httpURL(at, t.Webhook.URL)
	if !ok {
		return
	}
	api, err := url.Parse(t.APIURL.Reveal())
	if err == nil && strings.EqualFold(api.Hostname(), officialAPI) {
		if u.Scheme != "https" {
			c.add(at, "must start with https://; Telegram delivers to nothing else")
		}
		if !slices.Contains([]string{"", "443", "80", "88", "8443"}, u.Port()) {
			c.add(at, "has a port Telegram does not deliver to; use 443, 80, 88 or 8443")
		}
	}
	if clashing(u.Path) {
		c.add(at, "has a path the bot needs itself "+
			"(/healthz, /readyz, /metrics, /admin/, /hotline/); use another, as /telegram")
	}
}

// clashing tells whether a path belongs to one of our own pages.
func clashing(p string) bool {
	p = path.Clean("/" + p)
	for _, own := range []string{"/healthz", "/readyz", "/metrics", "/admin", "/hotline"} {
		if p == own || strings.HasPrefix(p, own+"/") {
			return true
		}
	}
	return false
}

func (c *checker) services(s *Config) {
	host, port, err := net.SplitHostPort(s.Server.Listen)
	_, portErr := strconv.ParseUint(port, 10, 16)
	if err != nil || portErr != nil || strings.ContainsAny(host, " /") {
		c.add("server.listen", "is not an address to listen on; write host:port, as 127.0.0.1:8080")
	}
	c.store(s.Store.URL.Reveal())
	if c.required("topics_api.url", s.TopicsAPI.URL.Reveal(), "the address of the Topics API") {
		c.httpURL("topics_api.url", s.TopicsAPI.URL)
	}
}

func (c *checker) store(text string) {
	const usage = "write sqlite:FILE or postgres://user:password@host/database"
	scheme, rest, _ := strings.Cut(text, ":")
	switch scheme {
	case "sqlite":
		switch file, _, parameters := strings.Cut(rest, "?"); {
		case strings.Trim(file, "/ ") == "":
			c.add("store.url", "names no file; "+usage)
		case parameters:
			c.add("store.url", "takes no parameters; remove the ? and what follows: write sqlite:FILE")
		}
	case "postgres", "postgresql":
		// The parse error repeats the address, and with it the password.
		u, err := url.Parse(text)
		switch {
		case err != nil || !strings.HasPrefix(rest, "//") || rest == "//":
			c.add("store.url", "is not an address of a database; "+usage+" (escape signs in the password as in %40 for @)")
		case u.Hostname() == "" && u.Query().Get("host") == "":
			c.add("store.url", "names no host; "+usage)
		}
	default:
		c.add("store.url", "is of no known kind; "+usage)
	}
}

func (c *checker) group(path string, g Group) {
	switch {
	case g.ID == 0:
		c.add(path+".id", "is missing; set the group's id, a negative number such as -1002101424779")
	case g.ID > 0:
		c.add(path+".id", "must be negative; put -100 before the number a t.me/c/ link shows")
	case !supergroup(g.ID):
		c.add(path+".id", groupIDUsage)
	}
	for i, in := range g.Instances {
		at := fmt.Sprintf("%s.instances[%d]", path, i)
		given := c.required(at+".instance", in.Instance, "the instance's id, in quotes")
		if given && !instancePattern.MatchString(in.Instance) {
			c.add(at+".instance", "is not an instance id; write it in quotes, digits only")
		}
		c.required(at+".api_key", in.APIKey.Reveal(), "the instance's api_key")
		c.oneLine(at+".api_key", in.APIKey)
		if slices.ContainsFunc(g.Instances[:i], func(o Instance) bool { return o.Instance == in.Instance }) {
			c.add(at+".instance", "is listed twice in this group; keep one")
		}
	}
	c.mirror(path+".mirror", g.Mirror)
	if g.Operators.Members && len(g.Mirror.SenderIDs) == 0 {
		c.add(path+".operators", "`members` needs mirror.sender_ids, "+
			"or what customers write through the mirror would count as commands; set it")
	}
	if g.Admins.Members {
		c.add(path+".admins", whoUsage(path+".admins"))
	}
	if g.CustomerSend == "bot" && !g.CustomerBotToken.IsSet() {
		c.add(path+".customer_bot_token", "is missing; `customer_send: bot` sends through that bot: set its token")
	}
	if g.CustomerBotToken.IsSet() && !tokenPattern.MatchString(g.CustomerBotToken.Reveal()) {
		c.add(path+".customer_bot_token", "is not a bot token; set the one @BotFather gave you")
	}
}

// groupIDUsage stands for every id that cannot be a forum's; see Group.ID.
const groupIDUsage = "must begin with -100, as in -1002101424779 (from https://t.me/c/2101424779/…)"

// supergroup tells the ids of supergroups from those of basic groups, which are
// never forums.
func supergroup(id int64) bool {
	number, ok := strings.CutPrefix(strconv.FormatInt(id, 10), "-100")
	return ok && number != ""
}

func (c *checker) mirror(path string, m Mirror) {
	for i, id := range m.SenderIDs {
		at := fmt.Sprintf("%s.sender_ids[%d]", path, i)
		if id <= 0 {
			c.add(at, "must be the positive id of a user account or bot")
		} else if slices.Contains(m.SenderIDs[:i], id) {
			c.add(at, "is listed twice; keep one")
		}
	}
	switch mark := m.CommentMark; {
	case strings.TrimSpace(mark) == "":
		c.add(path+".comment_mark", `is empty; without a mark internal text reaches the customer: use "/ "`)
	case !strings.HasPrefix(mark, "/ "):
		c.add(path+".comment_mark", `must start with a slash and a space; write "/ " in quotes`)
	case len(mark) > 32 || !utf8.ValidString(mark) || strings.ContainsFunc(mark, unprintable):
		// Telegram takes such characters away or changes them: no message could carry the mark.
		c.add(path+".comment_mark", "must be one line of at most 32 bytes, without invisible characters")
	}
}

func (c *checker) advisor(a AI) {
	if c.required("ai.base_url", a.BaseURL.Reveal(), "the address of the API, as https://api.openai.com/v1") {
		c.httpURL("ai.base_url", a.BaseURL)
	}
	c.oneLine("ai.api_key", a.APIKey)
	for i, word := range a.Call {
		if !plainUnitsOnly.MatchString(word) {
			c.add(fmt.Sprintf("ai.call[%d]", i), "must be one word")
		}
	}
	for i, folder := range a.Knowledge {
		c.required(fmt.Sprintf("ai.knowledge[%d]", i), folder, "a folder")
	}
	if !currencyPattern.MatchString(a.Prices.Currency) {
		c.add("ai.prices.currency", "must be a code of three letters, as USD")
	}
}

// httpURL wants an absolute http(s) address. Its errors do not repeat it.
func (c *checker) httpURL(path string, u URL) (*url.URL, bool) {
	parsed, err := url.Parse(u.Reveal())
	if err != nil || parsed.Scheme != "http" && parsed.Scheme != "https" || parsed.Hostname() == "" {
		c.add(path, "is not a web address; write it as https://host/path")
		return nil, false
	}
	return parsed, true
}

// oneLine refuses what could not stand in a header, such as a key with a line
// end in its middle.
func (c *checker) oneLine(path string, s Secret) {
	if strings.ContainsFunc(s.Reveal(), isControl) {
		c.add(path, "holds a line end or another control character; remove it")
	}
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// signingSecret checks the form of Standard Webhooks: whsec_ and base64.
func (c *checker) signingSecret(path string, s Secret) {
	if !s.IsSet() {
		return
	}
	encoded, prefixed := strings.CutPrefix(s.Reveal(), "whsec_")
	key, err := base64.StdEncoding.DecodeString(encoded)
	if !prefixed || err != nil || len(key) == 0 {
		c.add(path, "must be `whsec_` and base64; make one with: echo whsec_$(openssl rand -base64 32)")
	}
}
