package knowledge_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"topicpilot/topics"
	"topicpilot/topics/knowledge"
)

// problems are those of a report, as "file: text".
func problems(r knowledge.Report) []string {
	var list []string
	for _, p := range r.Problems {
		list = append(list, p.File+": "+p.Text)
	}
	return list
}

func files(base *knowledge.Base) []string {
	var list []string
	for _, c := range base.Chunks() {
		if n := len(list); n == 0 || list[n-1] != c.File {
			list = append(list, c.File)
		}
	}
	return list
}

func TestFolder(t *testing.T) {
	folder, outside := t.TempDir(), t.TempDir()
	write(t, folder, "b.MD", "b")
	write(t, folder, "a/x.markdown", "x")
	write(t, folder, "a/y.htm", "y")
	write(t, folder, "c.txt", "\ufeffc")
	write(t, folder, "d.csv", "\ufeffquestion,answer\nq,a")
	write(t, folder, "e.png", "e")
	write(t, folder, ".hidden.md", "h")
	write(t, folder, ".git/h.md", "h")
	write(t, folder, "latin.txt", "caf\xe9")
	write(t, folder, "large.md", strings.Repeat("x", knowledge.MaxFile+1))
	write(t, folder, "internal/i.md", "i")
	write(t, outside, "o.md", "o")
	link(t, filepath.Join(outside, "o.md"), filepath.Join(folder, "out.md"))
	link(t, outside, filepath.Join(folder, "out"))
	link(t, "nowhere.md", filepath.Join(folder, "nowhere.md"))
	link(t, "a", filepath.Join(folder, "z"))
	link(t, "b.MD", filepath.Join(folder, "within.md"))
	link(t, "internal/i.md", filepath.Join(folder, "public.md"))
	base := load(t, folder, filepath.Join(outside, "missing"))
	want := []string{
		"a/x.markdown", "a/y.htm", "b.MD", "c.txt", "d.csv", "internal/i.md", "public.md", "within.md",
	}
	if got := files(base); !slices.Equal(got, want) {
		t.Errorf("read %q, want %q", got, want)
	}
	report := base.Report()
	got := problems(report)
	for _, want := range []string{
		"latin.txt: the file is left out; it is not UTF-8",
		"large.md: the file is left out; it is larger than 4 MiB",
		"out.md: the link is not followed; it leads out of the folder, or nowhere",
		"out: the link is not followed; it leads out of the folder, or nowhere",
		"nowhere.md: the link is not followed; it leads out of the folder, or nowhere",
		"z: the link is not followed; it leads to a folder",
		filepath.Join(outside, "missing") + ": the folder cannot be opened: no such file or directory",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("no problem %q in %q", want, got)
		}
	}
	if report.Files != 10 || report.Chunks != 8 || report.Internal != 2 || len(got) != 7 {
		t.Errorf("the report is %+v", report)
	}
	for _, c := range base.Chunks() {
		if c.File == "public.md" && !c.Internal {
			t.Error("a link makes an internal file public")
		}
		if c.Date.IsZero() {
			t.Errorf("%s has no date", c.File)
		}
	}
}

func link(t *testing.T, target, name string) {
	t.Helper()
	if err := os.Symlink(target, name); err != nil {
		t.Skip(err)
	}
}

// TestTwoFolders: the same file in two folders is two files.
func TestTwoFolders(t *testing.T) {
	a, b := t.TempDir(), t.TempDir()
	write(t, a, "x.md", "same")
	write(t, b, "x.md", "same")
	chunks := load(t, a, b).Chunks()
	if len(chunks) != 2 || chunks[0].ID == chunks[1].ID {
		t.Errorf("%v", chunks)
	}
}

// TestInternalFolder: a folder of the settings that is itself internal.
func TestInternalFolder(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "internal", "kb")
	write(t, folder, "x.md", "x")
	if chunks := load(t, folder).Chunks(); len(chunks) != 1 || !chunks[0].Internal {
		t.Errorf("%v", chunks)
	}
}

// TestChange: a look sees what has changed, and nothing else.
func TestChange(t *testing.T) {
	parent := t.TempDir()
	folder := filepath.Join(parent, "kb")
	write(t, folder, "a.md", "apple")
	write(t, folder, "b.md", "banana")
	base := load(t, folder)
	found := func(word string) int {
		hits, err := base.Search(t.Context(), topics.KnowledgeQuery{Text: word})
		if err != nil {
			t.Fatal(err)
		}
		return len(hits)
	}
	steps := []struct {
		name     string
		do       func() error
		changed  bool
		found    string
		lost     string
		problems int
	}{
		{"nothing", func() error { return nil }, false, "banana", "cherry", 0},
		{"a new text", func() error { write(t, folder, "a.md", "cherry"); return nil }, true, "cherry", "apple", 0},
		{"the same length", func() error { write(t, folder, "a.md", "damson"); return nil }, true, "damson", "cherry", 0},
		{"the same text again", func() error { write(t, folder, "b.md", "banana"); return nil }, true, "banana", "cherry", 0},
		{"a new file", func() error { write(t, folder, "c/d.md", "elder"); return nil }, true, "elder", "cherry", 0},
		{"a broken file", func() error { write(t, folder, "a.md", "\xff"); return nil }, true, "elder", "damson", 1},
		{"a file less", func() error { return os.Remove(filepath.Join(folder, "a.md")) }, true, "elder", "damson", 0},
		{"another name", func() error {
			return os.Rename(filepath.Join(folder, "b.md"), filepath.Join(folder, "c", "b.md"))
		}, true, "banana", "damson", 0},
		{"made internal", func() error {
			return os.Rename(filepath.Join(folder, "c"), filepath.Join(folder, "internal"))
		}, true, "", "banana", 0},
		{"no folder", func() error { return os.Rename(folder, folder+"2") }, true, "", "elder", 1},
		{"no folder still", func() error { return nil }, false, "", "elder", 1},
		{"the folder again", func() error { return os.Rename(folder+"2/internal", folder) }, true, "banana", "apple", 0},
	}
	for _, step := range steps {
		if err := step.do(); err != nil {
			t.Fatal(err)
		}
		changed, err := base.Look(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if changed != step.changed {
			t.Errorf("%s: a change is seen: %v", step.name, changed)
		}
		if step.found != "" && found(step.found) != 1 {
			t.Errorf("%s: %s is not found", step.name, step.found)
		}
		if found(step.lost) != 0 {
			t.Errorf("%s: %s is still found", step.name, step.lost)
		}
		if n := len(base.Report().Problems); n != step.problems {
			t.Errorf("%s: %d problems", step.name, n)
		}
		if again, err := base.Look(t.Context()); again || err != nil {
			t.Errorf("%s: seen twice; %v", step.name, err)
		}
	}
}

// TestConcurrent searches and lists while the articles change. In each state all files say
// the same word.
func TestConcurrent(t *testing.T) {
	defer goleak.VerifyNone(t)
	folder := t.TempDir()
	fill := func(word string) {
		for i := range 20 {
			write(t, folder, fmt.Sprintf("%02d.md", i), "# Title\n\n"+word+" zebra")
		}
	}
	fill("first")
	base := load(t, folder)
	ctx, stop := context.WithCancel(t.Context())
	var work sync.WaitGroup
	for range 4 {
		work.Go(func() {
			for ctx.Err() == nil {
				hits, err := base.Search(ctx, topics.KnowledgeQuery{Text: "zebra", Limit: 50})
				if err == nil && (len(hits) != 20 || base.Report().Chunks != 20 || len(base.Chunks()) != 20) {
					t.Errorf("%d hits", len(hits))
					return
				}
			}
		})
	}
	for i := range 20 {
		fill(fmt.Sprintf("word%d", i))
		if _, err := base.Look(t.Context()); err != nil {
			t.Error(err)
		}
	}
	stop()
	work.Wait()
}

// TestRun ends when it is told to, and leaves nothing behind.
func TestRun(t *testing.T) {
	defer goleak.VerifyNone(t)
	folder := t.TempDir()
	write(t, folder, "a.md", "apple")
	o := options(folder)
	o.Embedder = newPlayed(8)
	base := knowledge.New(o)
	if hits, err := base.Search(t.Context(), topics.KnowledgeQuery{Text: "apple"}); len(hits) != 0 || err != nil {
		t.Errorf("an empty base finds %v, %v", hits, err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var done sync.WaitGroup
	done.Go(func() { base.Run(ctx) })
	for base.Report().Vectors == 0 {
		time.Sleep(time.Millisecond)
	}
	stop()
	done.Wait()
	if _, err := base.Load(ctx); err == nil {
		t.Error("a load goes on without its context")
	}
	if _, err := base.Search(ctx, topics.KnowledgeQuery{Text: "apple"}); err == nil {
		t.Error("a search goes on without its context")
	}
}
