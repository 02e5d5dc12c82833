package commands

import (
	"bytes"
	"strings"
)

// maxRefusal is how much is read of the answer of a refusal, in bytes.
const maxRefusal = 4 << 10

// minQuoted is the length, in bytes, from which a part of a request is looked for in what a
// refusal says: shorter ones keep no secret, and stand in many a sentence.
const minQuoted = 6

// refusalWords are what a refusal says of its reason, where it is a JSON object that has
// a text for people; "" otherwise: error pages are for nobody.
func refusalWords(data []byte) string {
	answer, err := decodeJSON(bytes.TrimSpace(data))
	object, ok := answer.(map[string]any)
	if err != nil || !ok {
		return ""
	}
	for _, name := range []string{"text", "message", "error"} {
		if text, ok := object[name].(string); ok && visible(text) {
			return cutRunes(oneLine(text), maxField)
		}
	}
	return ""
}

// quotedBy reports whether words repeat a part of the request's address or headers. These may
// be secrets: n8n, for one, names the path of a webhook that it does not know.
func (p *prepared) quotedBy(words string) bool {
	parts := strings.Split(p.url.Path, "/")
	for _, values := range p.url.Query() {
		parts = append(parts, values...)
	}
	if password, ok := p.url.User.Password(); ok {
		parts = append(parts, password)
	}
	for _, values := range p.header {
		for _, value := range values {
			parts = append(parts, strings.Fields(value)...)
		}
	}
	for _, part := range parts {
		if len(part) >= minQuoted && strings.Contains(words, part) {
			return true
		}
	}
	return false
}
