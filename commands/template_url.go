package commands

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// urlPart is the part of a URL that a template has reached.
type urlPart int

const (
	urlHost urlPart = iota
	urlPath
	urlQuery
)

// urlState follows the fixed text of a URL's template, so that each value is escaped
// for the part in which it stands.
type urlState struct {
	part urlPart
	// host is the fixed text up to the path.
	host     string
	fragment bool
}

var (
	errURLStart = errors.New(`want "http://…" or "https://…"`)
	errURLHost  = errors.New("scheme and host of a URL must be fixed text")
)

func (s *urlState) advance(text string) {
	for _, r := range text {
		switch {
		case r == '#':
			s.fragment = true
		case s.part == urlPath && r == '?':
			s.part = urlQuery
		case s.part == urlHost:
			s.host += string(r)
			s.leaveHost(r)
		}
	}
}

// leaveHost ends the host at the first character that may follow one.
func (s *urlState) leaveHost(r rune) {
	_, rest, found := strings.Cut(s.host, "://")
	if !found || len(rest) < 2 {
		return
	}
	switch r {
	case '/':
		s.part = urlPath
	case '?':
		s.part = urlQuery
	}
}

// action names the escaper for a value at this place. A value must not choose where
// the request goes.
func (s *urlState) action() (string, error) {
	switch s.part {
	case urlPath:
		return funcPath, nil
	case urlQuery:
		return funcQuery, nil
	}
	return "", errURLHost
}

func (s *urlState) finish() error {
	host := s.host
	if !strings.HasPrefix(host, "http://") && !strings.HasPrefix(host, "https://") {
		return errURLStart
	}
	if s.fragment {
		return errors.New("a URL of a request has no #")
	}
	u, err := url.Parse(host)
	if err != nil || u.Host == "" || u.Hostname() == "" {
		return errURLStart
	}
	return nil
}

// renderURL gives the URL that a template makes of the values.
func renderURL(t *template, values map[string]any) (*url.URL, error) {
	text, err := t.render(values)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(text)
	if err != nil {
		// The error quotes the URL, which may hold a secret.
		return nil, fmt.Errorf("url: %w", errValue)
	}
	// A value "..", which cannot be escaped, would lead to another resource.
	for segment := range strings.SplitSeq(u.Path, "/") {
		if segment == "." || segment == ".." {
			return nil, fmt.Errorf("url: %w", errValue)
		}
	}
	u.RawQuery = strings.ReplaceAll(u.RawQuery, " ", "%20")
	return u, nil
}
