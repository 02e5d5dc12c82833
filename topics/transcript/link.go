package transcript

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// target is where an entity leads, "" for nowhere. Only addresses that open a page, a
// chat, a mail or a call are led to.
func target(e span) string {
	text := e.held
	switch e.Type {
	case "text_link":
		return safeURL(e.URL)
	case "url":
		if !strings.Contains(text, ":") || !strings.Contains(text, "://") && safeURL(text) == "" {
			text = "https://" + text
		}
		return safeURL(text)
	case "email":
		return safeURL("mailto:" + text)
	case "phone_number":
		return safeURL("tel:" + strings.ReplaceAll(text, " ", ""))
	case "mention":
		name := strings.TrimPrefix(text, "@")
		if isUsername(name) {
			return "https://t.me/" + name
		}
	case "text_mention":
		if e.UserID > 0 {
			return "tg://user?id=" + strconv.FormatInt(e.UserID, 10)
		}
	}
	return ""
}

// maxURL is the longest address that is led to.
const maxURL = 2048

// safeURL gives the address as url.Parse understands it, "" for one that leads elsewhere
// than to http, https, tg, mailto and tel.
func safeURL(s string) string {
	if len(s) > maxURL || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || unclean(r) }) {
		return ""
	}
	u, err := url.Parse(s)
	if err != nil || !slices.Contains([]string{"http", "https", "tg", "mailto", "tel"}, u.Scheme) {
		return ""
	}
	if (u.Scheme == "http" || u.Scheme == "https") && u.Host == "" {
		return ""
	}
	return u.String()
}

func isUsername(s string) bool {
	if len(s) == 0 || len(s) > 32 {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_'
	})
}
