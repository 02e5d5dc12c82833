package demo_test

import (
	"io/fs"
	"log/slog"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"topicpilot/cmd/app/demo"
	"topicpilot/topics"
	"topicpilot/topics/evaluation"
	"topicpilot/topics/knowledge"
)

var languages = []string{"en", "ru", "uk"}

func questions(t testing.TB) []evaluation.Question {
	t.Helper()
	list, err := evaluation.Read(demo.Questions())
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// base reads the shipped articles from a folder, as the settings would name it.
func base(t testing.TB) (*knowledge.Base, knowledge.Report) {
	t.Helper()
	folder := t.TempDir()
	if err := os.CopyFS(folder, demo.Knowledge()); err != nil {
		t.Fatal(err)
	}
	b := knowledge.New(knowledge.Options{
		Folders: []string{folder}, Log: slog.New(slog.DiscardHandler), Now: time.Now,
	})
	report, err := b.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return b, report
}

// TestQuestions looks that the set is what the documentation promises, and that each question
// can be answered by what it names.
func TestQuestions(t *testing.T) {
	type group struct {
		language string
		kind     evaluation.Kind
	}
	count := map[group]int{}
	for _, q := range questions(t) {
		count[group{q.Lang, q.Kind}]++
		var texts strings.Builder
		for _, file := range q.Expect {
			text, err := fs.ReadFile(demo.Knowledge(), file)
			if err != nil || !strings.HasPrefix(file, q.Lang+"/") || strings.Contains(file, "internal/") {
				t.Errorf("%s expects %s: %v", q.ID, file, err)
			}
			texts.Write(text)
		}
		for _, part := range q.Contains {
			if !strings.Contains(strings.ToLower(texts.String()), strings.ToLower(part)) {
				t.Errorf("%s: no article that it expects says %q", q.ID, part)
			}
		}
		switch {
		case q.Kind == evaluation.Answerable && len(q.Expect) == 0, q.Kind != evaluation.Answerable && len(q.Expect) > 0:
			t.Errorf("%s is %s and expects %q", q.ID, q.Kind, q.Expect)
		case q.Kind == evaluation.Injection && len(q.Forbid) == 0:
			t.Errorf("%s forbids nothing", q.ID)
		}
	}
	for _, language := range languages {
		all := 0
		for kind, least := range map[evaluation.Kind]int{
			evaluation.Answerable: 36, evaluation.Unanswerable: 8, evaluation.Injection: 8,
		} {
			got := count[group{language, kind}]
			all += got
			if got < least {
				t.Errorf("%s has %d questions that are %s, want %d", language, got, kind, least)
			}
		}
		if all < 50 {
			t.Errorf("%s has %d questions, want 50", language, all)
		}
	}
}

// TestKnowledgeIsRead looks that all articles are read, in all three languages alike.
func TestKnowledgeIsRead(t *testing.T) {
	b, report := base(t)
	if len(report.Problems) > 0 || report.Internal == 0 {
		t.Errorf("got %d internal parts and problems %v", report.Internal, report.Problems)
	}
	files := map[string][]string{}
	for _, chunk := range b.Chunks() {
		language, name, _ := strings.Cut(chunk.File, "/")
		if !slices.Contains(files[language], name) {
			files[language] = append(files[language], name)
		}
		address := "https://help.pelmora.example/" + language + "/"
		if !chunk.Internal && path.Ext(name) != ".csv" && !strings.HasPrefix(chunk.Link, address) {
			t.Errorf("%s has the link %q", chunk.File, chunk.Link)
		}
	}
	for _, language := range languages {
		if diff := slices.Compare(files["en"], files[language]); diff != 0 || len(files[language]) < 18 {
			t.Errorf("%s has %d files: %q", language, len(files[language]), files[language])
		}
	}
}

// TestInternalParts looks that each way of marking something internal is found: these words
// stand nowhere else.
func TestInternalParts(t *testing.T) {
	b, _ := base(t)
	for word, mark := range map[string]string{
		"FERN-15": "a heading", "WILLOW": "a heading", "INC-4471": "a heading and a folder", "HEDGEHOG": "a heading",
		"OAKLIST": "an attribute", "LARCH": "a column", "MAPLE": "a column", "JUNIPER": "a folder", "MOSS-40": "front matter",
	} {
		found := map[string]bool{}
		for _, chunk := range b.Chunks() {
			if strings.Contains(chunk.Title+chunk.Text, word) {
				found[chunk.File[:2]] = true
				if !chunk.Internal {
					t.Errorf("%s, internal by %s, stands in a public part of %s", word, mark, chunk.File)
				}
			}
		}
		if len(found) != len(languages) {
			t.Errorf("%s stands in the articles of %v alone", word, found)
		}
		hits, err := b.Search(t.Context(), topics.KnowledgeQuery{Text: word, Limit: 20})
		if err != nil {
			t.Fatal(err)
		}
		for _, hit := range hits {
			if hit.Internal {
				t.Errorf("a search for customers finds an internal part of %s", hit.File)
			}
		}
	}
}

// TestRecall holds the promised figure, by words alone.
func TestRecall(t *testing.T) {
	b, _ := base(t)
	result, err := evaluation.Run(t.Context(), questions(t), evaluation.Options{Knowledge: b, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	for _, language := range languages {
		recall := *result.Languages[language].Recall
		t.Logf("%s: recall@5 %.3f", language, recall)
		if recall < 0.95 {
			t.Errorf("%s: recall@5 %.3f, want 0.95; not found: %q", language, recall, result.Misses.Recall)
		}
	}
}
