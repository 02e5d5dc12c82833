package knowledge_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"topicpilot/topics/knowledge"
)

// checkSplit holds for the text of any file: chunks are bounded, whole characters, and have
// ids of their own; and in an internal folder none of them is public.
func checkSplit(t *testing.T, name, text string) {
	t.Helper()
	if !utf8.ValidString(text) {
		return // is never split
	}
	chunks, problems := knowledge.Split(name, text)
	ids := map[string]bool{}
	for _, c := range chunks {
		switch {
		case ids[c.ID] || c.ID == "":
			t.Fatalf("the id %q is given twice", c.ID)
		case strings.TrimSpace(c.Text) == "" || !utf8.ValidString(c.Text) || !utf8.ValidString(c.Title):
			t.Fatalf("the text %q, the title %q", c.Text, c.Title)
		case utf8.RuneCountInString(c.Text) > knowledge.MaxChunk:
			t.Fatalf("%d characters", utf8.RuneCountInString(c.Text))
		case c.Link != "" && !strings.HasPrefix(c.Link, "http://") && !strings.HasPrefix(c.Link, "https://"):
			t.Fatalf("the link %q", c.Link)
		}
		ids[c.ID] = true
	}
	for _, p := range problems {
		if p.Line < 0 || p.Line > strings.Count(text, "\n")+strings.Count(text, "\r")+2 || p.Text == "" {
			t.Fatalf("the problem %+v", p)
		}
	}
	hidden, _ := knowledge.Split("internal/"+name, text)
	for _, c := range hidden {
		if !c.Internal {
			t.Fatalf("%q is public", c.Text)
		}
	}
	if len(hidden) == 0 && len(chunks) > 0 {
		t.Fatal("an internal folder has nothing in it")
	}
}

func FuzzMarkdown(f *testing.F) {
	for _, seed := range []string{
		"# A\n\ntext", "A\n=\n\n- x\n  - y\n\n1. z", "|a|b|\n|-|-|\n|1|2|", "```\ncode\n```\n\n    code",
		"> # q {internal}\n> x",
		"<div data-internal>\n\nx", "[a](http://x \"t\") ![i](y) <http://z> `c` **b** a\\\nb",
		"# {internal}\n##\n###### x {internal",
		"<!-- c -->\n<?x?>\n<script>y</script>", "a  \nb\n***\n&amp; &#123;internal&#125;",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) { checkSplit(t, "a.md", text) })
}

func FuzzHTML(f *testing.F) {
	for _, seed := range []string{
		"<h1>a</h1><p>b", "<div data-internal><p>x</div>y", "<table data-internal><tr><td>x<td>y", "<nav>x",
		"<pre>a\n b</pre>",
		"<title>t</title><link rel=canonical href=https://x.example><meta name=internal content=1>",
		"<ul><li data-internal=0>a<li>b</ul>", "<h2 data-internal>x<h3>y</h3>z", "<svg/><svg><path/></svg>",
		"<a href=tel:1>x</a><br>",
		"<p data-internal", "<!-- x", "<plaintext>x", "<h1><span data-internal>x</h1>y",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) { checkSplit(t, "a.html", text) })
}

func FuzzCSV(f *testing.F) {
	for _, seed := range []string{
		"question,answer\na,b", "answer;question;internal\n\"x\ny\";z;yes", "question\tanswer\n\"",
		"question,answer,internal\n\"a\nb,c,\nd,e,",
		"title,link,date,question,answer\nt,https://x.example,2026-01-01,q,a", ",\n", "question,answer\na\"b,c\nd,e",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) { checkSplit(t, "a.csv", text) })
}

func FuzzFrontMatter(f *testing.F) {
	for _, seed := range []string{
		"title: a\nlink: https://x.example\ndate: 2026-01-01\ninternal: no", "internal: [", "&a [*a]", "a: &b {c: *b}",
		"internal: !!binary eA==",
		"? [x]\n: y", "title: |\n  a\n  b", "date: 2026-13-45", "link: javascript:alert(1)",
		"internal: no\n...\ninternal: yes",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		checkSplit(t, "a.txt", "---\n"+text+"\n---\nbody")
		// Whoever says that a file is internal, in whatever else stands there, is believed.
		if !strings.Contains(text, "---") && !strings.Contains(text, "...") && utf8.ValidString(text) {
			chunks, _ := knowledge.Split("a.txt", "---\ninternal: true\n"+text+"\n---\nbody")
			for _, c := range chunks {
				if !c.Internal {
					t.Fatalf("%q is public", c.Text)
				}
			}
		}
	})
}
