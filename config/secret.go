package config

import (
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"regexp"
	"strings"
)

// hidden stands wherever a secret would be printed.
const hidden = "***"

// Secret is text that prints as a constant under every fmt verb, JSON, YAML,
// XML and slog; an empty one prints as nothing, so that "not set" can be seen.
// The text itself comes only from Reveal.
type Secret string

// Reveal returns the text, for the one place that needs it.
func (s Secret) Reveal() string { return string(s) }

// IsSet tells whether there is a secret at all.
func (s Secret) IsSet() bool { return s != "" }

// String returns the constant.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return hidden
}

// Format prints the constant for every verb, %#v and %x among them.
func (s Secret) Format(f fmt.State, verb rune) { formatAs(f, verb, s.String()) }

// MarshalText gives encoders (JSON, YAML, XML) the constant.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue gives slog the constant.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// URL is an address that may carry credentials. It prints without user, password and
// query values, without its path where the setting's path may be a secret, and a part
// that came from ${NAME} prints as ${NAME}.
type URL struct {
	full  string
	shown string
}

// NewURL makes an URL of text; nothing is checked.
func NewURL(text string) URL { return URL{full: text, shown: redactURL(text)} }

// Reveal returns the whole address.
func (u URL) Reveal() string { return u.full }

// IsSet tells whether there is an address at all.
func (u URL) IsSet() bool { return u.full != "" }

// String returns the address without secrets.
func (u URL) String() string { return u.shown }

// Format prints the address without secrets for every verb.
func (u URL) Format(f fmt.State, verb rune) { formatAs(f, verb, u.shown) }

// MarshalText gives encoders (JSON, YAML, XML) the address without secrets.
func (u URL) MarshalText() ([]byte, error) { return []byte(u.shown), nil }

// LogValue gives slog the address without secrets.
func (u URL) LogValue() slog.Value { return slog.StringValue(u.shown) }

func formatAs(f fmt.State, verb rune, shown string) {
	if verb == 'q' || (verb == 'v' && f.Flag('#')) {
		_, _ = fmt.Fprintf(f, "%q", shown)
		return
	}
	_, _ = io.WriteString(f, shown)
}

var (
	queryPair = regexp.MustCompile(`([^?&;=]+)=([^&;]*)`)
	queryKey  = regexp.MustCompile(`(?i)pass|secret|token|key`)
	// botToken is a token of the Bot API, as in its addresses or by itself.
	botToken = regexp.MustCompile(`(/bot)[0-9]+(?::|%3[Aa])[^/?#]*|[0-9]{5,}(?::|%3[Aa])[A-Za-z0-9_-]{20,}`)
)

// hideTokens takes bot tokens out of a text.
func hideTokens(text string) string {
	return botToken.ReplaceAllString(text, "${1}"+hidden)
}

// withoutPathOf takes the path out of an address that redactURL gave: many a service
// has its key there.
func withoutPathOf(shown string) string {
	scheme, rest, _ := strings.Cut(shown, "://")
	start := strings.IndexByte(rest, '/')
	if start < 0 {
		return shown
	}
	end := len(rest)
	if i := strings.IndexByte(rest, '?'); i >= 0 {
		end = i
	}
	if end <= start+1 {
		return shown
	}
	return scheme + "://" + rest[:start] + "/" + hidden + rest[end:]
}

// redactURL works on text: addresses may be templates, and what net/url cannot
// parse must be hidden all the same. Addresses of databases keep the user and
// the harmless options; of others the user, every query value and bot tokens go.
func redactURL(text string) string {
	text = hideTokens(text)
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok {
		return redactQuery(text, true)
	}
	database := strings.HasPrefix(scheme, "postgres")
	if at := credentialsEnd(text, rest, database); at >= 0 {
		user, _, hasPassword := strings.Cut(rest[:at], ":")
		switch {
		case !database:
			user = hidden
		case hasPassword:
			user += ":" + hidden
		}
		return scheme + "://" + user + redactQuery(rest[at:], database)
	}
	return scheme + "://" + redactQuery(rest, database)
}

// credentialsEnd is the place of the @ that ends user and password, or -1.
// Unescaped signs in a password move the borders net/url sees; where that may be
// so, the last @ counts, which rather hides too much.
func credentialsEnd(text, rest string, database bool) int {
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	authority, tail := rest[:end], rest[end:]
	_, err := url.Parse(text)
	_, fragment, _ := strings.Cut(tail, "#")
	doubt := strings.Contains(tail, "@") && strings.ContainsAny(authority, ":@") || strings.Contains(fragment, "@")
	if err != nil || database || doubt {
		return strings.LastIndexByte(rest, '@')
	}
	return strings.LastIndexByte(authority, '@')
}

func redactQuery(text string, onlySecret bool) string {
	head, query, ok := strings.Cut(text, "?")
	if !ok {
		return text
	}
	if !strings.Contains(query, "=") {
		return head + "?" + hidden
	}
	return head + "?" + queryPair.ReplaceAllStringFunc(query, func(pair string) string {
		key, _, _ := strings.Cut(pair, "=")
		if onlySecret && !queryKey.MatchString(key) {
			return pair
		}
		return key + "=" + hidden
	})
}
