package knowledge_test

import (
	"encoding/csv"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"topicpilot/topics"
	"topicpilot/topics/knowledge"
)

// TestInternalMarks: whether "secret" may be read by customers, and whether the file is
// complained about.
func TestInternalMarks(t *testing.T) {
	const (
		public   = "public"
		internal = "internal"
		doubtful = "doubtful" // internal, with a problem
	)
	head := func(line string) string { return "---\n" + line + "\n---\nsecret" }
	tests := []struct{ name, text, want string }{
		{"a.md", "secret", public},
		{"internal.md", "secret", public},
		{"internal/a.md", "secret", internal},
		{"x/Internal/y/a.md", "secret", internal},
		{"internals/a.md", "secret", public},
		{"a.md", head("internal: true"), internal},
		{"a.md", head("internal: false"), public},
		{"a.md", head("Internal: yes"), internal},
		{"a.md", head("internal: no"), public},
		{"a.md", head(`internal: "1"`), internal},
		{"a.md", head("internal:"), doubtful},
		{"a.md", head("internal: perhaps"), doubtful},
		{"a.md", head("internal: [true]"), doubtful},
		{"a.md", head("internal: false\ninternal: true"), doubtful},
		{"a.md", head("internal_use: false"), doubtful},
		{"a.md", head("<<: {internal: true}"), doubtful},
		{"a.md", head("just words"), doubtful},
		{"a.md", head("# a comment"), public},
		{"a.md", "---\ninternal: false\nsecret", doubtful},
		{"a.md", "+++\ninternal = false\n+++\nsecret", doubtful},
		{"a.md", "\ufeff\n---\ninternal: true\n---\nsecret", internal},
		{"a.md", "---\r\ninternal: true\r\n---\r\nsecret", internal},
		{"a.md", "---\rinternal: true\r---\rsecret", internal},
		{"a.md", head("title: Known {internal}"), internal},
		{"a.md", head("title: Known"), public},
		{"a.txt", head("internal: true"), internal},
		{"a.txt", "open\n\nCodes {internal}\n\nsecret", doubtful},
		{"a.html", head("internal: true"), internal},
		{"a.md", "# Known {internal}\n\nsecret", internal},
		{"a.md", "# Known { Internal } ##\n\nsecret", internal},
		{"a.md", "Known {internal}\n======\n\nsecret", internal},
		{"a.md", "# Known **{internal}**\n\nsecret", internal},
		{"a.md", `# Known \{internal\}` + "\n\nsecret", internal},
		{"a.md", "# {internal} Known\n\nsecret", doubtful},
		{"a.md", "# Known {internal\n\nsecret", doubtful},
		{"a.md", "# Known {#known .internal}\n\nsecret", doubtful},
		{"a.md", "#Known {internal}\n\nsecret", doubtful},
		{"a.md", "- # Known {internal}\n\nsecret", doubtful},
		{"a.md", "> # Known {internal}\n\nsecret", internal},
		{"a.md", "# Known {internal}\n\n## Below\n\nsecret", internal},
		{"a.md", "## Known {internal}\n\n# Above\n\nsecret", public},
		{"a.md", "## Known {internal}\n\n## Beside\n\nsecret", public},
		{"a.md", "# Internal affairs\n\nsecret", public},
		{"a.md", "```\n# Known {internal}\n```\n\nsecret", public},
		{"a.md", "<div data-internal>\n\nsecret\n\n</div>", doubtful},
		{"a.md", "see <span data-internal>secret</span>", doubtful},
		{"a.md", "<meta name=internal content=true>\n\nsecret", doubtful},
		{"a.html", "<p>secret", public},
		{"a.html", "<p data-internal>secret", internal},
		{"a.html", "<p DATA-INTERNAL=TRUE>secret</p>", internal},
		{"a.html", "<p data-internal=false>secret</p>", public},
		{"a.html", "<p data-internal=rather>secret</p>", doubtful},
		{"a.html", "<p data-internal-only>secret</p>", doubtful},
		{"a.html", "<table data-internal>secret<tr><td>x</table>", internal},
		{"a.html", "<p data-internal>x<div>secret</div></p>", internal},
		{"a.html", "<ul><li data-internal>x<ul><li>secret</ul></ul>", internal},
		{"a.html", "<ul><li data-internal>x<li>secret</ul>", public},
		{"a.html", "<ul><li data-internal>x<li>secret</li></ul>", doubtful},
		{"a.html", "<p data-internal>x<p>y</p>secret</p>", internal},
		{"a.html", "<div><p data-internal>x</div>secret</p>", internal},
		{"a.html", "<div><p data-internal>x</div>secret", public},
		{"a.html", "<p data-internal>x<p>secret", public},
		{"a.html", "<div><b data-internal>x</div>secret", doubtful},
		{"a.html", "<div data-internal/>secret", doubtful},
		{"a.html", "<div data-internal><div>x</div></div>secret", public},
		{"a.html", "<div data-internal><div>x</div>secret</div>", internal},
		{"a.html", "<img data-internal>secret", public},
		{"a.html", "<h2 data-internal>x</h2>secret", internal},
		{"a.html", "<h2 data-internal>x</h2><h3>y</h3>secret", internal},
		{"a.html", "<h2 data-internal>x</h2><h2>y</h2>secret", public},
		{"a.html", "<h2>x {internal}</h2>secret", internal},
		{"a.html", "<h2>x &#123;internal&#125;</h2>secret", internal},
		{"a.html", "<h2>x <div>{internal}</div></h2>secret", doubtful},
		{"a.html", "<body data-internal>secret", internal},
		{"a.html", `<meta name="internal" content="true">secret`, internal},
		{"a.html", `<meta content="yes" name="Internal">secret`, internal},
		{"a.html", `<meta name="internal" content="false">secret`, public},
		{"a.html", `<meta name="internal">secret`, doubtful},
		{"a.html", `secret<meta name="internal" content="true">`, internal},
		{"a.html", `<title>x {internal}</title>secret`, internal},
		{"a.csv", "question,answer\nq,secret", public},
		{"a.csv", "question,answer,internal\nq,secret,", public},
		{"a.csv", "question,answer,internal\nq,secret,x", internal},
		{"a.csv", "Internal;Answer;Question\nTRUE;secret;q", internal},
		{"a.csv", "question,answer,is internal\nq,secret,1", internal},
		{"a.csv", "question,answer,internal\nq,secret,perhaps", doubtful},
		{"a.csv", "question,answer\nq {internal},secret", internal},
		{"a.csv", "question,answer,internal\nb\"ad,x,\nq,secret,", doubtful},
		{"a.csv", "question,answer,internal\nb\"ad,x,\nq,secret,no", "public with a problem"},
		{"a.csv", "question,answer,internal\n\"q1,x,yes\nq2,y\",secret,no", doubtful},
		{"internal/a.csv", "question,answer,internal\nq,secret,no", internal},
		// What only looks like the mark, or like a place for it.
		{"a.md", "\ufeff\ufeff---\ninternal: true\n---\nsecret", internal},
		{"a.md", "\u00a0---\ninternal: true\n---\nsecret", internal},
		{"a.md", "\u200b---\u200b\ninternal: true\n---\nsecret", internal},
		{"a.md", "<!-- c -->\n---\ninternal: true\n---\nsecret", doubtful},
		{"a.md", "----\ninternal: true\n----\nsecret", doubtful},
		{"a.md", "# A\n\nInternal: yes\n\nsecret", doubtful},
		{"a.md", "<!-- internal: true -->\n\nsecret", doubtful},
		{"a.md", strings.Repeat("x\n", 30) + "\nInternal: no\n\nsecret", public},
		{"a.txt", "title: x\ninternal\uff1a true\n\nsecret", doubtful},
		{"a.md", head("\u0456nternal: false"), doubtful},
		{"a.md", head("intern: yes"), doubtful},
		{"a.md", head("meta:\n  internal: true"), doubtful},
		{"a.md", head("internal: false\n# internal: true"), doubtful},
		{"a.md", head("title: Known \uff5binternal\uff5d"), doubtful},
		{"a.md", "# Known {intern\u200bal}\n\nsecret", doubtful},
		{"a.md", "# Known {intern&shy;al}\n\nsecret", doubtful},
		{"a.md", "# Known {\u0456nternal}\n\nsecret", doubtful},
		{"a.md", "# Known {\u0406NT\u0415RN\u0410L}\n\nsecret", doubtful},
		{"a.md", "# Known \uff5binternal\uff5d\n\nsecret", doubtful},
		{"a.md", "# Known {\uff49nternal}\n\nsecret", doubtful},
		{"a.md", "# Known {\U0001d422nternal}\n\nsecret", doubtful},
		{"a.md", "# Known {i\u0301nternal}\n\nsecret", doubtful},
		{"a.md", "# Known {internal} \u26a0\n\nsecret", doubtful},
		{"a.md", "# Known\n\nOK {internal}.\n\nsecret", doubtful},
		{"a.md", "# Known\n\nsecret\n\nOK {internal}.", doubtful},
		{"a.md", "# Known\n\n{for **internal** use}\n\nsecret", doubtful},
		{"a.md", "# Known\n\n| a {internal} | b |\n|---|---|\n| secret | x |", doubtful},
		{"a.md", "# Known\n\n**Staff only** {internal}:\n\nsecret", doubtful},
		{"a.md", "# Known\n\nWrite `{internal}` there.\n\nsecret", public},
		{"a.md", "# Known\n\n- Write:\n\n  ```\n  {internal}\n  ```\n\nsecret", public},
		{"a.md", "# Known\n\n    ## Staff {internal}\n\nsecret", doubtful},
		{"a.md", "# Known\n\n<h2>Staff {internal}</h2>\n\nsecret", doubtful},
		{"a.md", "# Known\n\n<h2>Staff {inter<b>nal</b>}</h2>\n\nsecret", doubtful},
		{"a.md", "# Known\n\n<h2>Staff &#123;internal&#125;</h2>\n\nsecret", doubtful},
		{"a.md", "<details>\n<summary>Staff {internal}</summary>\n\nsecret\n\n</details>", doubtful},
		{"a.md", "<!-- {internal} -->\n\nsecret", doubtful},
		{"a.md", "<div data_internal>\n\nsecret\n\n</div>", doubtful},
		{"a.md", "# Known\n\nan international { and internally } text\n\nsecret", doubtful},
		{"a.md", "# Known\n\n{international}\n\nsecret", public},
		{"a.txt", "open\n\nCodes {intern\u00adal}.\n\nsecret", doubtful},
		{"Internal /a.md", "secret", internal},
		{"_internal/a.md", "secret", internal},
		{"\u0456nternal/a.md", "secret", internal},
		{"a.csv", "question;answer;intern\nq;secret;yes", internal},
		{"a.csv", "question;answer;intern\nq;secret;ja", doubtful},
		{"a.csv", "question,answer,inter\u200bnal\nq,secret,yes", internal},
		{"a.csv", "question,answer,\u0456nternal\nq,secret,yes", internal},
		{"a.csv", "question,answer\nq {\u0456nternal},secret", doubtful},
		{"a.csv", "question,answer\nq,secret {internal}.", doubtful},
		// Tags that cross each other.
		{"a.html", "<div data-internal><ul><li><b>x</ul></b>secret</div>", doubtful},
		{"a.html", "<div data-internal><table><tr><td>a<div>b</td></div></tr></table>secret</div>", doubtful},
		{"a.html", "<div data-internal><table><tr><td></div>secret</td></tr></table></div>", doubtful},
		{"a.html", "<div data-internal><p>a<div>b</p></div>secret</div>", doubtful},
		{"a.html", "<section data-internal><i>a<section>b</i></section>secret</section>", doubtful},
		{"a.html", "<p data-internal>a<span><p>b</span></p>secret</p>", doubtful},
		{"a.html", "<table><tr data-internal><td><table><tr><td>x</table>secret</td></tr></table>", internal},
		{"a.html", "<li data-internal>a<ul></li>secret</ul></li>", doubtful},
		{"a.html", "<div data-internal><svg><div/></svg>a</div>secret</div>", doubtful},
		{"a.html", "<div data-internal><svg></div></svg>secret</div>", doubtful},
		{"a.html", "<svg><style><div data-internal></style></svg>secret</div>", doubtful},
		{"a.html", "<div data-internal><math><mi></div></math>secret</div>", doubtful},
		{"a.html", "<div data-internal><noscript></div></noscript>secret</div>", internal},
		{"a.html", "<div data-internal><select></div></select>secret</div>", doubtful},
		{"a.html", "<xmp><div data-internal>secret</div></xmp>", doubtful},
		{"a.html", "<body data-internal><p>x</body>secret</html>", internal},
		{"a.html", "secret<body data-internal>", internal},
		{"a.html", "<div data-internal><table><tr><td>x</table></div>secret", public},
		{"a.html", "<div data-internal><ul><li>x<li>y</ul></div>secret", public},
		{"a.html", "<h2><span data-internal>x</span></h2>secret", internal},
		{"a.html", "<h2><span data-internal>x</h2></span>secret", doubtful},
		{"a.html", "<h2><span data-internal>x</span></h2>y<h2>z</h2>secret", public},
		{"a.html", "<h2>x<!-- {internal} --></h2>secret", doubtful},
		{"a.html", "<h2>x</h2><!-- {internal} -->secret", doubtful},
		{"a.html", "<h2>x</h2>secret<p>OK {internal}.</p>", doubtful},
		{"a.html", "<div data_internal=true>secret</div>", doubtful},
		{"a.html", "<div data-\u0456nternal=true>secret</div>", doubtful},
		{"a.html", `<meta name="internal" value="true">secret`, doubtful},
	}
	for _, tt := range tests {
		chunks, problems := knowledge.Split(tt.name, strings.TrimPrefix(tt.text, "\ufeff"))
		got, found := public, false
		for _, c := range chunks {
			if strings.Contains(c.Text, "secret") {
				found = true
				if c.Internal {
					got = internal
				}
			}
		}
		switch {
		case !found:
			got = "lost"
		case len(problems) > 0 && got == internal:
			got = doubtful
		case len(problems) > 0:
			got += " with a problem"
		}
		if got != tt.want {
			t.Errorf("%s %q: %s, want %s; %v", tt.name, tt.text, got, tt.want, problems)
		}
	}
}

// author writes articles in which it knows which words may be read by customers.
type author struct {
	*rapid.T
	public, secret []string
}

// word gives one that stands nowhere else.
func (a *author) word(secret bool) string {
	n := len(a.public) + len(a.secret)
	word := "qx"
	for ; n > 0; n /= 20 {
		word += string("bcdfghjklmnpqrstvwxz"[n%20])
	}
	if secret {
		word += "zq"
		a.secret = append(a.secret, word)
	} else {
		word += "kv"
		a.public = append(a.public, word)
	}
	return word
}

func (a *author) flip(name string) bool { return rapid.Bool().Draw(a.T, name) }

func (a *author) oneOf(name string, list ...string) string {
	return rapid.SampledFrom(list).Draw(a.T, name)
}

func (a *author) rarely(name string) bool { return rapid.IntRange(0, 3).Draw(a.T, name) == 0 }

func (a *author) upTo(n int, name string) int { return rapid.IntRange(0, n).Draw(a.T, name) }

// markdown writes headings, some with the mark, and paragraphs.
func (a *author) markdown() string {
	var out strings.Builder
	secret := a.rarely("whole")
	if secret {
		begin := a.oneOf("begin", "---", "\ufeff\ufeff---", "\u00a0---\u200b", "<!-- c -->\n---", "----", "+++")
		out.WriteString(begin + "\ntitle: " + a.word(true) + "\ninternal: true\n---\n\n")
	}
	closed := 0 // the level of the marked heading, 0 for none
	for range a.upTo(12, "blocks") {
		if a.flip("heading") {
			level := 1 + a.upTo(3, "level")
			if level <= closed {
				closed = 0
			}
			marked := a.rarely("marked")
			if marked && closed == 0 {
				closed = level
			}
			out.WriteString(strings.Repeat("#", level) + " " + a.word(secret || closed > 0))
			if marked {
				out.WriteString(a.oneOf("mark", " {internal}", " {intern\u200bal}", " \uff5binternal\uff5d",
					" {\u0456nternal}", " {internal} \u26a0", " **{Internal}**", " {internal"))
			}
			out.WriteString("\n\n")
			continue
		}
		form := rapid.SampledFrom([]string{"%s", "- %s", "> %s", "`%s`", "| %s |\n|---|", "[%s](https://x.example)"})
		fmt.Fprintf(&out, form.Draw(a.T, "form")+"\n\n", a.word(secret || closed > 0))
	}
	return out.String()
}

// html writes elements in each other, some with the attribute, with or without their ends.
func (a *author) html(out *strings.Builder, secret bool, depth int) {
	for range a.upTo(4, "nodes") {
		if secret && a.rarely("crossed") {
			inner := a.oneOf("inner", "div", "section", "span", "p", "ul", "li", "td", "svg", "select")
			outer := a.oneOf("outer", "div", "section", "b", "p", "li", "table", "math", "noscript")
			fmt.Fprintf(out, "<%s><%s>%s</%[1]s>", outer, inner, a.word(true))
		}
		switch a.upTo(5, "node") {
		case 0:
			out.WriteString(html.EscapeString(a.word(secret)) + " ")
		case 1:
			fmt.Fprintf(out, "<h%d>%s</h%[1]d>", 1+a.upTo(3, "level"), a.word(secret))
		case 2:
			fmt.Fprintf(out, `<a href="https://x.example/%s">%s</a>`, a.word(secret), a.word(secret))
		default:
			if depth == 0 {
				continue
			}
			name := rapid.SampledFrom([]string{"div", "section", "span", "p", "ul", "li", "td", "b"}).Draw(a.T, "element")
			inside := secret
			out.WriteString("<" + name)
			if a.rarely("marked") {
				inside = true
				marks := []string{" data-internal", ` data-internal="true"`, " data-internal=1"}
				out.WriteString(rapid.SampledFrom(marks).Draw(a.T, "mark"))
			}
			out.WriteString(">")
			a.html(out, inside, depth-1)
			// Without an end of its own more becomes internal, never less: but only the
			// end of a paragraph or of an item may be left out.
			out.WriteString("</" + name + ">")
		}
	}
}

func (a *author) csv() string {
	var out strings.Builder
	w := csv.NewWriter(&out)
	column := a.oneOf("column", "internal", "Intern", "inter\u200bnal", "is \u0456nternal")
	_ = w.Write([]string{"answer", column, "question", "title"})
	for range a.upTo(8, "rows") {
		value := rapid.SampledFrom([]string{"", "no", "yes", "TRUE", "x", "whatever"}).Draw(a.T, "value")
		secret := value != "" && value != "no"
		gap := rapid.SampledFrom([]string{" ", "\n\n", ", ", `"`}).Draw(a.T, "gap")
		_ = w.Write([]string{a.word(secret) + gap + a.word(secret), value, a.word(secret), a.word(secret)})
		if a.rarely("broken") {
			w.Flush()
			fmt.Fprintf(&out, "%s,yes,\"%s,%s\n", a.word(true), a.word(true), a.word(true))
		}
	}
	w.Flush()
	return out.String()
}

// TestNothingInternalComesOut: whatever the articles look like, no word that stands in
// internal parts alone is in anything that a search for customers gives, nor in a chunk that
// is not internal.
func TestNothingInternalComesOut(t *testing.T) {
	folder := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		a := &author{T: rt}
		var page strings.Builder
		a.html(&page, false, 4)
		files := map[string]string{
			"a.md": a.markdown(), "b.html": page.String(), "c.csv": a.csv(), "internal/d.txt": a.word(true) + "\n",
		}
		for name, text := range files {
			write(t, folder, name, text)
		}
		base := load(t, folder)
		for _, c := range base.Chunks() {
			if !c.Internal {
				a.check(c, files[c.File])
			}
		}
		for _, word := range a.secret {
			hits, err := base.Search(t.Context(), topics.KnowledgeQuery{Text: word, Limit: 100})
			if err != nil {
				rt.Fatal(err)
			}
			for _, hit := range hits {
				a.check(hit.Chunk, files[hit.File])
			}
		}
		if len(a.secret) > 0 {
			hits, err := base.Search(t.Context(), topics.KnowledgeQuery{
				Text: a.secret[len(a.secret)-1], Limit: 1, Internal: true,
			})
			if err != nil || len(hits) == 0 || !hits[0].Internal {
				rt.Fatalf("operators do not find the word of internal/d.txt: %v, %v", hits, err)
			}
		}
	})
}

func (a *author) check(c topics.Chunk, written string) {
	for _, word := range a.secret {
		if strings.Contains(c.Title+" "+c.Text+" "+c.Link, word) {
			a.Fatalf("%s shows %s: %q\n%s", c.File, word, c.Text, written)
		}
	}
}

// TestInternalDoesNotCrowdOut: many internal parts that match better take no place.
func TestInternalDoesNotCrowdOut(t *testing.T) {
	folder := t.TempDir()
	for i := range 300 {
		write(t, folder, fmt.Sprintf("internal/%03d.md", i), "# Refund refund refund\n\nrefund")
	}
	write(t, folder, "a.md", "# Other things\n\nA word on the refund among a good many of other words.")
	base := load(t, folder)
	hits, err := base.Search(t.Context(), topics.KnowledgeQuery{Text: "refund", Limit: 1})
	if err != nil || len(hits) != 1 || hits[0].File != "a.md" || hits[0].Strength != 1 {
		t.Errorf("found %v, %v", hits, err)
	}
	// A misspelt word of internal parts alone is not known to exist either.
	write(t, folder, "internal/x.md", "# Zebrawood\n\nzebrawood")
	base = load(t, folder)
	hits, err = base.Search(t.Context(), topics.KnowledgeQuery{Text: "zebrawod"})
	if err != nil || len(hits) != 0 {
		t.Errorf("found %v, %v", hits, err)
	}
}

func write(t testing.TB, folder, name, text string) {
	t.Helper()
	path := filepath.Join(folder, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
