package knowledge

import (
	"net/url"
	"strings"
	"time"
	"unicode"

	"gopkg.in/yaml.v3"
)

const (
	brokenHead  = "the front matter cannot be read; the whole file is internal until it can"
	doubtfulKey = "whether the file is internal cannot be read; it is internal. Write internal: true or internal: false"
	wrongLink   = "the link is left out; it has to begin with https:// or http://"
	wrongDate   = "the date is left out; write it as 2026-01-31"
	wrongTitle  = "the title is left out; it has to be one line of text"
	outsideHead = "internal: stands outside of front matter, which is between two lines of --- at the very " +
		"beginning; the whole file is internal"
	// headLines is how far down a statement about the file is looked for.
	headLines = 20
	// maxTitle is how many characters of a heading count.
	maxTitle = 200
	// maxHead bounds front matter, in bytes.
	maxHead = 64 << 10
)

// frontMatter takes the lines between --- at the beginning off a text, and tells in which
// line the rest begins.
func frontMatter(b *builder, text string) (body string, line int) {
	body, line = takeHead(b, text)
	next := line
	for written := range strings.SplitSeq(body, "\n") {
		if next-line == headLines {
			break
		}
		if len(written) <= maxHead && spokenHead.MatchString(folded(written)) {
			b.article.head.internal = true
			b.problem(next, outsideHead)
			break
		}
		next++
	}
	return body, line
}

func takeHead(b *builder, text string) (body string, line int) {
	body = strings.TrimLeftFunc(text, isUnseen)
	line = 1 + strings.Count(text[:len(text)-len(body)], "\n")
	first, rest, _ := strings.Cut(body, "\n")
	fence := strings.TrimRightFunc(first, isUnseen)
	if fence != "---" && fence != "+++" {
		return body, line
	}
	var lines []string
	for next := rest; next != ""; {
		written, after, _ := strings.Cut(next, "\n")
		end := strings.TrimFunc(written, isUnseen)
		if end == fence || fence == "---" && end == "..." {
			if fence == "+++" || !readHead(b, strings.Join(lines, "\n"), line) {
				b.broken(line)
			}
			return after, line + len(lines) + 2
		}
		lines = append(lines, written)
		next = after
	}
	b.broken(line)
	return rest, line + 1
}

func isUnseen(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) }

func (b *builder) broken(line int) {
	b.article.head.internal = true
	b.problem(line, brokenHead)
}

// readHead reads front matter that begins after a line, and reports whether it can be read.
func readHead(b *builder, text string, line int) bool {
	if len(text) > maxHead {
		return false
	}
	var file yaml.Node
	if err := yaml.Unmarshal([]byte(text), &file); err != nil {
		return false
	}
	if len(file.Content) == 0 {
		return true // nothing but comments
	}
	list := file.Content[0]
	if list.Kind != yaml.MappingNode {
		return false
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(list.Content); i += 2 {
		key, value := list.Content[i], list.Content[i+1]
		name := strings.ToLower(strings.TrimSpace(key.Value))
		if key.Kind != yaml.ScalarNode || key.Tag == "!!merge" || seen[name] {
			return false
		}
		seen[name] = true
		readKey(b, name, value, line+key.Line)
	}
	// One that stands deeper, or in a comment, may be meant as well.
	for written := range strings.SplitSeq(text, "\n") {
		if line++; spokenHead.MatchString(folded(written)) {
			if seen["internal"] {
				seen["internal"] = false
				continue
			}
			b.article.head.internal = true
			b.problem(line, doubtfulKey)
			break
		}
	}
	return true
}

func readKey(b *builder, name string, value *yaml.Node, line int) {
	h := &b.article.head
	scalar := value.Kind == yaml.ScalarNode && value.Tag != "!!null"
	switch {
	case name == "internal":
		internal, ok := truth(value.Value)
		if !scalar || !ok || strings.TrimSpace(value.Value) == "" {
			internal = true
			b.problem(line, doubtfulKey)
		}
		h.internal = h.internal || internal
	case meansInternal(name):
		h.internal = true
		b.problem(line, doubtfulKey)
	case name == "title" && scalar:
		title, internal, doubtful := unmarked(value.Value)
		h.title, h.internal = cleanTitle(title), h.internal || internal
		if doubtful {
			b.problem(line, doubtfulMark)
		}
	case name == "title":
		b.problem(line, wrongTitle)
	case name == "link":
		if h.link = cleanLink(value.Value); !scalar || h.link == "" {
			h.link = ""
			b.problem(line, wrongLink)
		}
	case name == "date":
		var ok bool
		if h.date, ok = readDate(value.Value); !scalar || !ok {
			h.date = time.Time{}
			b.problem(line, wrongDate)
		}
	}
}

// meansInternal reports whether the name of a key or of a column may be meant to say so.
func meansInternal(name string) bool {
	name = lettersOf(name)
	return strings.HasPrefix(name, "intern") || strings.Contains(name, "internal")
}

// truth reads a yes or no; nothing is a no.
func truth(text string) (yes, ok bool) {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "true", "yes", "y", "on", "1", "x", "да", "так", "+":
		return true, true
	case "", "false", "no", "n", "off", "0", "-", "нет", "ні":
		return false, true
	}
	return false, false
}

// cleanLink gives a link that customers may open, "" if it is none.
func cleanLink(text string) string {
	text = strings.TrimSpace(text)
	if len(text) > 2000 {
		return ""
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
		return ""
	}
	return u.String()
}

func readDate(text string) (time.Time, bool) {
	text = strings.TrimSpace(text)
	for _, layout := range []string{
		time.DateOnly, time.RFC3339, time.DateTime, "2006-01-02 15:04", "2006-01-02T15:04:05", "02.01.2006",
	} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC(), true
		}
	}
	return time.Time{}, false
}

// cleanTitle makes one line of bounded length.
func cleanTitle(text string) string {
	letters := []rune(strings.TrimSpace(spaces.ReplaceAllString(text, " ")))
	if len(letters) > maxTitle {
		letters = append(letters[:maxTitle-1], '…')
	}
	return string(letters)
}
