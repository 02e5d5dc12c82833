package knowledge_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"topicpilot/topics"
	"topicpilot/topics/knowledge"
)

var update = flag.Bool("update", false, "write the goldens anew")

// shown is what comes of a file, as a text to compare.
func shown(chunks []topics.Chunk, problems []knowledge.Problem) string {
	var out strings.Builder
	for _, c := range chunks {
		fmt.Fprintf(&out, "=== %s", c.Title)
		if c.Internal {
			out.WriteString(" (internal)")
		}
		if c.Link != "" {
			fmt.Fprintf(&out, " <%s>", c.Link)
		}
		if !c.Date.IsZero() {
			fmt.Fprintf(&out, " %s", c.Date.Format(time.DateOnly))
		}
		fmt.Fprintf(&out, "\n%s\n", c.Text)
	}
	for _, p := range problems {
		fmt.Fprintf(&out, "!!! %s:%d: %s\n", p.File, p.Line, p.Text)
	}
	return out.String()
}

// TestSplit compares the files of testdata/split with what stands beside them.
func TestSplit(t *testing.T) {
	files, err := filepath.Glob("testdata/split/*")
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, name := range files {
		if strings.HasSuffix(name, ".golden") {
			continue
		}
		count++
		t.Run(filepath.Base(name), func(t *testing.T) {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			got := shown(knowledge.Split(filepath.Base(name), string(text)))
			if *update {
				if err := os.WriteFile(name+".golden", []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(name + ".golden")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Error(diff)
			}
		})
	}
	if count < 10 {
		t.Errorf("%d files", count)
	}
}

// TestChunkSize: chunks are neither too long nor, where there is more, too short, and
// nothing of a text is lost.
func TestChunkSize(t *testing.T) {
	word := rapid.StringMatching(`[a-zа-я]{1,14}[.!,]?`)
	rapid.Check(t, func(t *rapid.T) {
		paragraphs := rapid.SliceOfN(rapid.SliceOfN(word, 1, 400), 1, 8).Draw(t, "paragraphs")
		var text strings.Builder
		text.WriteString("# Title\n\n")
		var want []string
		for _, p := range paragraphs {
			text.WriteString(strings.Join(p, " ") + "\n\n")
			want = append(want, p...)
		}
		chunks, _ := knowledge.Split("a.txt", strings.TrimPrefix(text.String(), "# Title\n\n"))
		var got []string
		for i, c := range chunks {
			n := utf8.RuneCountInString(c.Text)
			if n > knowledge.MaxChunk {
				t.Fatalf("a chunk of %d characters", n)
			}
			if i > 0 && n+utf8.RuneCountInString(chunks[i-1].Text) < 600 {
				t.Fatalf("two chunks in a row of %d characters together", n+utf8.RuneCountInString(chunks[i-1].Text))
			}
			got = append(got, strings.Fields(c.Text)...)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

// TestLongWord: what has no place to cut is cut all the same.
func TestLongWord(t *testing.T) {
	chunks, _ := knowledge.Split("a.md", strings.Repeat("ы", 5000))
	total := 0
	for _, c := range chunks {
		n := utf8.RuneCountInString(c.Text)
		if n > knowledge.MaxChunk || !utf8.ValidString(c.Text) {
			t.Errorf("a chunk of %d characters", n)
		}
		total += n
	}
	if total != 5000 {
		t.Errorf("%d characters are left", total)
	}
}

// TestIDs: an id depends on what a chunk says and where, and is never given twice.
func TestIDs(t *testing.T) {
	chunks, _ := knowledge.Split("Billing/Refund policy.md", "# A\n\nsame\n\n# A\n\nsame\n\n# B\n\nsame")
	again, _ := knowledge.Split("Billing/Refund policy.md", "# New\n\nfirst\n\n# A\n\nsame\n\n# B\n\nsame")
	other, _ := knowledge.Split("Оплата.md", "# A\n\nsame")
	if len(chunks) != 3 || len(again) != 3 || len(other) != 1 {
		t.Fatal(len(chunks), len(again), len(other))
	}
	seen := map[string]bool{}
	for _, c := range append(chunks, other...) {
		if seen[c.ID] {
			t.Errorf("%s is given twice", c.ID)
		}
		seen[c.ID] = true
	}
	if chunks[0].ID != again[1].ID || chunks[2].ID != again[2].ID {
		t.Error("an id has changed with another chunk")
	}
	if !strings.HasPrefix(chunks[0].ID, "refund-policy-") || !strings.HasPrefix(other[0].ID, "part-") {
		t.Errorf("ids %s and %s", chunks[0].ID, other[0].ID)
	}
}

// TestBrokenParser: a panic of a parser is a problem of its file alone.
func TestBrokenParser(t *testing.T) {
	if got := knowledge.SplitWithBrokenParser("a.md", "secret"); len(got) != 1 || strings.Contains(got[0].Text, "secret") {
		t.Errorf("%v", got)
	}
	if got := knowledge.SplitWithBrokenParser("a.txt", "text"); len(got) != 0 {
		t.Errorf("%v", got)
	}
}
