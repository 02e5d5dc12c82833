package transcript_test

import (
	"bytes"
	"html"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"topicpilot/topics"
	"topicpilot/topics/transcript"
)

func unescaped(s string) string { return html.UnescapeString(s) }

// The elements that a page may hold, each with its attributes in their order.
var tagForm = regexp.MustCompile(`^<(?:/?(?:html|head|body|title|style|h1|dl|dt|dd|header|main|article|div|b|i|u|s|` +
	`code|pre|blockquote|span|a|details|summary|time|p|h2)|!DOCTYPE html|meta|html|style)` +
	`(?: (?:lang|charset|http-equiv|content|name|class|id|dir|href|rel|datetime|tabindex)="[^"<>]*")*>`)

var hrefForm = regexp.MustCompile(`href="([^"]*)"`)

// readHTML reads a page as strictly as it is written: known elements alone, all closed
// in their order, nothing loaded. It gives the contents of the elements of class text.
func readHTML(t fataler, page string) []string {
	var open, texts []string
	var inside strings.Builder
	depth := -1
	_, body, _ := strings.Cut(page, "</style>")
	body = "<html><head>" + body
	for i := 0; i < len(body); {
		if body[i] != '<' {
			end := strings.IndexByte(body[i:], '<')
			if end < 0 {
				end = len(body) - i
			}
			if depth >= 0 {
				inside.WriteString(html.UnescapeString(body[i : i+end]))
			}
			i += end
			continue
		}
		tag := tagForm.FindString(body[i:])
		if tag == "" {
			t.Fatalf("no element of ours at %.60q", body[i:])
		}
		i += len(tag)
		for _, href := range hrefForm.FindAllStringSubmatch(tag, -1) {
			to, _, _ := strings.Cut(html.UnescapeString(href[1]), ":")
			if !strings.HasPrefix(href[1], "#") && !slices.Contains([]string{"http", "https", "tg", "mailto", "tel"}, to) {
				t.Fatalf("leads to %q", href[1])
			}
		}
		name := strings.Trim(strings.Fields(tag)[0], "<>/")
		if strings.HasPrefix(tag, "</") {
			if len(open) == 0 || open[len(open)-1] != name {
				t.Fatalf("%s closes %v in\n%s", tag, open, page)
			}
			open = open[:len(open)-1]
			if len(open) == depth {
				texts = append(texts, inside.String())
				depth = -1
			}
			continue
		}
		if depth < 0 && strings.Contains(tag, `class="text"`) {
			depth = len(open)
			inside.Reset()
		}
		open = append(open, name)
		if name == "pre" && strings.HasPrefix(body[i:], "\n") {
			i++
		}
	}
	if len(open) > 0 {
		t.Fatalf("left open: %v", open)
	}
	return texts
}

var everyEntity = []string{
	"bold", "italic", "underline", "strikethrough", "spoiler", "code", "pre", "text_link", "url", "email",
	"phone_number", "mention", "text_mention", "blockquote", "expandable_blockquote", "hashtag", "custom_emoji",
	"<script>",
}

// TestHTMLMeansItself: whatever people write and however entities lie, the page is whole
// and shows just that.
func TestHTMLMeansItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		author := ann
		author.Name = hostile(t, "author")
		src := said(topics.Message{
			Author: author, Text: hostileText(t, "text", everyEntity...), EditDate: start, AlbumID: hostile(t, "album"),
			Media: []topics.Media{{Kind: "document", FileName: hostile(t, "file"), Note: hostile(t, "note")}},
		})
		src.former = map[int64][]topics.Version{11: {{Date: start, Text: hostileText(t, "former", everyEntity...)}}}
		o := options(transcript.HTML)
		o.Head.Title, o.Head.Customer.Username = hostile(t, "title"), hostile(t, "username")
		var out bytes.Buffer
		if _, err := transcript.Write(t.Context(), &out, src, o, nil); err != nil {
			t.Fatal(err)
		}
		var want []string
		if text := src.messages[here][0].Text.Text; text != "" {
			want = append(want, text)
		}
		want = append(want, src.former[11][0].Text.Text)
		got := readHTML(t, out.String())
		if len(got) != len(want) {
			t.Fatalf("%d texts, want %d", len(got), len(want))
		}
		for i := range want {
			if got[i] != transcript.Clean(want[i]) {
				t.Fatalf("%q\nwant %q", got[i], transcript.Clean(want[i]))
			}
		}
		if strings.ContainsAny(out.String(), "\u202e\u2066\x00\x1b") {
			t.Fatalf("what turns the direction is left")
		}
	})
}

// TestEntities: what is formatted stays so; what could lead elsewhere does not.
func TestEntities(t *testing.T) {
	entity := func(kind string, from, length int) topics.Entity {
		return topics.Entity{Type: kind, Offset: from, Length: length}
	}
	link := func(url string) topics.Entity {
		return topics.Entity{Type: "text_link", Offset: 0, Length: 1, URL: url}
	}
	const rel = ` rel="noopener noreferrer nofollow"`
	tests := []struct {
		text     string
		entities []topics.Entity
		want     string
	}{
		{"a & b", nil, "a &amp; b"},
		{"abc", []topics.Entity{entity("bold", 0, 3), entity("italic", 1, 1)}, "<b>a<i>b</i>c</b>"},
		{"abcd", []topics.Entity{entity("bold", 0, 3), entity("italic", 1, 3)}, "<b>a<i>bc</i></b><i>d</i>"},
		{"😀x", []topics.Entity{entity("code", 2, 1)}, "😀<code>x</code>"},
		{"x", []topics.Entity{link("https://a.b/?c&d")}, `<a href="https://a.b/?c&amp;d"` + rel + `>x</a>`},
		{"x", []topics.Entity{link("javascript:alert(1)")}, "x"},
		{"x", []topics.Entity{link("JAVASCRIPT:alert(1)")}, "x"},
		{"x", []topics.Entity{link(" javascript:alert(1)")}, "x"},
		{"x", []topics.Entity{link("data:text/html,x")}, "x"},
		{"x", []topics.Entity{link("//a.b/c")}, "x"},
		{"x", []topics.Entity{link("tg://user?id=5")}, `<a href="tg://user?id=5"` + rel + `>x</a>`},
		{"a.example/b", []topics.Entity{entity("url", 0, 11)}, `<a href="https://a.example/b"` + rel + `>a.example/b</a>`},
		{"a.example:80", []topics.Entity{entity("url", 0, 12)}, `<a href="https://a.example:80"` + rel + `>a.example:80</a>`},
		{
			"https://a.b",
			[]topics.Entity{entity("url", 0, 11), entity("bold", 8, 3)},
			`<a href="https://a.b"` + rel + `>https://<b>a.b</b></a>`,
		},
		{"@ann_lee", []topics.Entity{entity("mention", 0, 8)}, `<a href="https://t.me/ann_lee"` + rel + `>@ann_lee</a>`},
		{"+1 212", []topics.Entity{entity("phone_number", 0, 6)}, `<a href="tel:+1212"` + rel + `>+1 212</a>`},
		{"a@b.c", []topics.Entity{entity("email", 0, 5)}, `<a href="mailto:a@b.c"` + rel + `>a@b.c</a>`},
		{"Ann", []topics.Entity{{Type: "text_mention", Length: 3, UserID: 7}}, `<a href="tg://user?id=7"` + rel + `>Ann</a>`},
		{"x", []topics.Entity{entity("spoiler", 0, 1)}, `<span class="spoiler" tabindex="0">x</span>`},
		{"x", []topics.Entity{entity("pre", 0, 1), entity("nobody knows", 0, 1)}, "<pre>x</pre>"},
	}
	for _, tt := range tests {
		page := written(t, said(topics.Message{Author: ann, Text: topics.Text{Text: tt.text, Entities: tt.entities}}),
			options(transcript.HTML))
		_, rest, _ := strings.Cut(page, `<div class="text" dir="auto">`)
		if got, _, _ := strings.Cut(rest, "</div>"); got != tt.want {
			t.Errorf("%q %v:\n%s\nwant\n%s", tt.text, tt.entities, got, tt.want)
		}
	}
}

// TestManyEntities: a text that is all entities costs no more than its length.
func TestManyEntities(t *testing.T) {
	text := topics.Plain(strings.Repeat("x", 100_000))
	for i := range 50_000 {
		text.Entities = append(text.Entities, topics.Entity{Type: "bold", Offset: i, Length: 100_000})
	}
	page := written(t, said(topics.Message{Author: ann, Text: text}), options(transcript.HTML))
	if len(page) > 300_000 {
		t.Errorf("%d bytes", len(page))
	}
}
