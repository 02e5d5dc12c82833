package transcript_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extensionast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
	"pgregory.net/rapid"

	"topicpilot/topics"
	"topicpilot/topics/transcript"
)

// quoted gives the texts of the block quotes of a file, as a reader of Markdown
// understands them, and fails for anything in them that our code does not write.
func quoted(t fataler, source string, parser goldmark.Markdown) []string {
	src := []byte(source)
	var list []string
	for n := parser.Parser().Parse(text.NewReader(src)).FirstChild(); n != nil; n = n.NextSibling() {
		switch n.Kind() {
		case ast.KindBlockquote:
			var blocks []string
			for b := n.FirstChild(); b != nil; b = b.NextSibling() {
				blocks = append(blocks, blockText(t, b, src))
			}
			list = append(list, strings.Join(blocks, "\n"))
		case ast.KindHeading, ast.KindList, ast.KindParagraph:
		default:
			t.Fatalf("a %s in\n%s", n.Kind(), source)
		}
	}
	return list
}

type fataler interface{ Fatalf(string, ...any) }

func blockText(t fataler, n ast.Node, src []byte) string {
	var out bytes.Buffer
	switch n.Kind() {
	case ast.KindParagraph:
		inlineText(t, &out, n, src)
	case ast.KindFencedCodeBlock:
		for i := range n.Lines().Len() {
			line := n.Lines().At(i)
			out.Write(line.Value(src))
		}
		return strings.TrimSuffix(out.String(), "\n")
	default:
		t.Fatalf("a %s in\n%s", n.Kind(), src)
	}
	return out.String()
}

func inlineText(t fataler, out *bytes.Buffer, n ast.Node, src []byte) {
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		switch c := c.(type) {
		case *ast.Text:
			value := c.Segment.Value(src)
			if n.Kind() != ast.KindCodeSpan {
				value = rendered(value)
			}
			out.Write(value)
			if c.HardLineBreak() || c.SoftLineBreak() {
				out.WriteByte('\n')
			}
		case *ast.String:
			out.Write(c.Value)
		case *ast.AutoLink:
			out.Write(c.Label(src))
		case *ast.CodeSpan, *ast.Link:
			inlineText(t, out, c, src)
		case *extensionast.Strikethrough, *ast.Emphasis, *ast.Image, *ast.RawHTML:
			t.Fatalf("%s in\n%s", c.Kind(), src)
		default:
			t.Fatalf("unknown %s in\n%s", c.Kind(), src)
		}
	}
}

// rendered undoes escapes as goldmark's renderer does.
func rendered(b []byte) []byte {
	var out bytes.Buffer
	var page bytes.Buffer
	page.Write(b)
	if err := goldmark.New().Convert([]byte("."+page.String()+"."), &out); err != nil {
		return nil
	}
	s := strings.TrimSuffix(strings.TrimPrefix(out.String(), "<p>."), ".</p>\n")
	return []byte(unescaped(s))
}

// hostile draws texts that want to be markup.
func hostile(t *rapid.T, label string) string {
	parts := rapid.SliceOfN(rapid.OneOf(
		rapid.SampledFrom([]string{
			"\n", "\n\n", " ", "    ", "\t", "  \n", "\\", "\\\n", "`", "```", "~~~", "**", "__", "*", "_", "~~", "#",
			"# ", "## x",
			"- ", "+ ", "1. ", "1)", "> ", "---", "===", "***", "|", "| a | b |\n|---|---|\n| 1 | 2 |", ":--", "[x](y)",
			"![i](j)",
			"[a]: /b", "<script>alert(1)</script>", "<!--", "-->", "<b>", "</article>", "</pre>", "&amp;", "&#32;", "&copy",
			"&", "\"", "'",
			"https://a.example/_x_?a=1&b=2", "http://a.b/&copy;", "www.a.example/*x*", "ann@x.example",
			"mailto:ann@x.example", "ftp://a.b/c_d_",
			"javascript:alert(1)", "\u202e", "\u2066", "\r\n", "\x00", "\x1b[31m", "\u2028", "😀", "слово", "ß",
			"\ufeff", "\u00a0",
			"!", "[", "]", "(", ")", "<", ">", ":", ".", "@", "=", "{", "}", "$", "^", "[ ] ", "[^1]", "]]>", "<![CDATA[",
		}),
		rapid.StringN(0, 6, -1),
	), 0, 12).Draw(t, label)
	return strings.Join(parts, "")
}

func hostileText(t *rapid.T, label string, kinds ...string) topics.Text {
	text := topics.Plain(hostile(t, label))
	n := topics.UTF16Len(text.Text)
	for range rapid.IntRange(0, 5).Draw(t, "entities") {
		text.Entities = append(text.Entities, topics.Entity{
			Type:   rapid.SampledFrom(kinds).Draw(t, "type"),
			Offset: rapid.IntRange(-2, n+2).Draw(t, "offset"), Length: rapid.IntRange(-1, n+2).Draw(t, "length"),
			URL: rapid.SampledFrom([]string{
				"https://x.example/?a=<b>&c=\"d\"", "javascript:alert(1)", "tg://user?id=1", "http://[", "data:text/html,x",
				"https://a.b/)(\\>&copy;",
			}).Draw(t, "url"),
			Language: rapid.SampledFrom([]string{"", "go", "`x`\n# y", "c++"}).Draw(t, "language"),
		})
	}
	return text
}

// plain is what is left of a text for people to read: see clean.
func plain(s string) string { return strings.Trim(transcript.Clean(s), "\n") }

// TestMarkdownMeansItself: whatever is written, a reader of Markdown sees just that, as
// CommonMark and as GitHub's form of it.
func TestMarkdownMeansItself(t *testing.T) {
	parsers := map[string]goldmark.Markdown{
		"CommonMark": goldmark.New(), "GFM": goldmark.New(goldmark.WithExtensions(extension.GFM)),
	}
	rapid.Check(t, func(t *rapid.T) {
		text := hostileText(t, "text", "bold", "italic", "url", "text_link", "code", "spoiler")
		said := said(topics.Message{Author: ann, Text: text})
		o := options(transcript.Markdown)
		o.Head.Title = hostile(t, "title")
		o.Head.Customer.Name = hostile(t, "name")
		var out bytes.Buffer
		if _, err := transcript.Write(t.Context(), &out, said, o, nil); err != nil {
			t.Fatal(err)
		}
		want := plain(said.messages[here][0].Text.Text)
		for name, parser := range parsers {
			got := quoted(t, out.String(), parser)
			switch {
			case want == "" && len(got) == 1 && got[0] == "(no text)":
			case len(got) != 1 || got[0] != want:
				t.Fatalf("%s: %q\nwant %q\nin\n%s", name, got, want, out.String())
			}
		}
	})
}

// TestMarkdownCode: code blocks hold what was written, and end where it ended.
func TestMarkdownCode(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before, code, after := hostile(t, "before"), hostile(t, "code"), hostile(t, "after")
		before, code = strings.TrimRight(before, "\r"), strings.TrimRight(code, "\r") // a CR LF is one line break
		text := topics.Text{Text: before + code + after, Entities: []topics.Entity{{
			Type: "pre", Offset: topics.UTF16Len(before), Length: topics.UTF16Len(code),
			Language: rapid.SampledFrom([]string{"", "go", "`x`", "a\nb"}).Draw(t, "language"),
		}}}
		var out bytes.Buffer
		src := said(topics.Message{Author: ann, Text: text})
		if _, err := transcript.Write(t.Context(), &out, src, options(transcript.Markdown), nil); err != nil {
			t.Fatal(err)
		}
		var want []string
		for i, part := range []string{before, code, after} {
			clean := transcript.Clean(part)
			switch {
			case i == 1 && code != "":
				want = append(want, strings.TrimSuffix(clean, "\n"))
			case i != 1 && plain(part) != "":
				want = append(want, plain(part))
			}
		}
		if code == "" {
			want = []string{plain(before + after)}
		}
		got := quoted(t, out.String(), goldmark.New(goldmark.WithExtensions(extension.GFM)))
		if joined := strings.Join(want, "\n"); len(got) != 1 || got[0] != joined && joined != "" {
			t.Fatalf("%q\nwant %q\nin\n%s", got, joined, out.String())
		}
	})
}
