package evaluation_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"topicpilot/topics/evaluation"
)

func TestRead(t *testing.T) {
	set := "\ufeff" +
		`{"id":"a","lang":"en","kind":"answerable","question":"how?","expect":["x.md"],"contains":["14"]}` + "\r\n\n" +
		`{"id":"b","kind":"unanswerable","question":"чому?","note":"not ours"}` + "\n" +
		`{"id":"c","lang":"uk","kind":"injection","question":"}]\n","forbid":["no"]}`
	got, err := evaluation.Read(strings.NewReader(set))
	if err != nil {
		t.Fatal(err)
	}
	want := []evaluation.Question{
		{
			ID: "a", Lang: "en", Kind: evaluation.Answerable, Question: "how?",
			Expect: []string{"x.md"}, Contains: []string{"14"},
		},
		{ID: "b", Lang: evaluation.Undetermined, Kind: evaluation.Unanswerable, Question: "чому?"},
		{ID: "c", Lang: "uk", Kind: evaluation.Injection, Question: "}]\n", Forbid: []string{"no"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestReadRefuses(t *testing.T) {
	good := `{"id":"a","lang":"en","kind":"answerable","question":"how?","expect":["x.md"]}` + "\n"
	for name, test := range map[string]struct {
		set  string
		line int
		want string
	}{
		"no JSON":          {good + "how?\n", 2, "is no question"},
		"cut off":          {good + "\n" + good[:20], 3, "is no question"},
		"two on a line":    {strings.TrimSuffix(good, "\n") + good, 1, "is no question"},
		"null":             {"null", 1, "JSON object"},
		"a list":           {"[]", 1, "is no question"},
		"wrong type":       {`{"id":"a","kind":"answerable","question":7}`, 1, "question"},
		"no id":            {`{"id":" ","kind":"answerable","question":"q"}`, 1, "id is missing"},
		"id twice":         {good + "\n\n" + good, 4, `id "a" stands on line 1 already`},
		"kind unknown":     {`{"id":"a","kind":"answerabel","question":"q"}`, 1, `"answerabel"; want answerable,`},
		"no kind":          {`{"id":"a","question":"q"}`, 1, "kind"},
		"no question":      {`{"id":"a","kind":"answerable","question":"\n "}`, 1, "question is missing"},
		"empty text":       {`{"id":"a","kind":"injection","question":"q","forbid":["x"," "]}`, 1, "no empty text"},
		"no UTF-8":         {good + "{\"id\":\"b\xff\"}", 2, "not UTF-8"},
		"line too long":    {good + `{"id":"` + strings.Repeat("x", 70<<10) + `"}`, 2, "longer than 64 KiB"},
		"too many to read": {many(10_001), 10_001, "at most 10000 questions"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := evaluation.Read(strings.NewReader(test.set))
			bad, ok := errors.AsType[*evaluation.LineError](err)
			if !ok || got != nil {
				t.Fatalf("got %d questions and %v, want a *LineError", len(got), err)
			}
			if bad.Line != test.line || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %q of line %d, want %q of line %d", err, bad.Line, test.want, test.line)
			}
		})
	}
}

func many(count int) string {
	var set strings.Builder
	for i := range count {
		fmt.Fprintf(&set, `{"id":"%d","kind":"unanswerable","question":"q"}`+"\n", i)
	}
	return set.String()
}

func TestReadNothing(t *testing.T) {
	for name, set := range map[string]string{"empty": "", "blank": "\n \r\n"} {
		if _, err := evaluation.Read(strings.NewReader(set)); !errors.Is(err, evaluation.ErrNoQuestions) {
			t.Errorf("%s: got %v, want ErrNoQuestions", name, err)
		}
	}
	broken := errors.New("broken pipe")
	if _, err := evaluation.Read(failing{broken}); !errors.Is(err, broken) {
		t.Errorf("got %v, want the reader's error", err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// FuzzRead looks that what is read can be used, and reads the same once more.
func FuzzRead(f *testing.F) {
	f.Add(`{"id":"a","lang":"en","kind":"answerable","question":"how?","expect":["x.md"]}`)
	f.Fuzz(func(t *testing.T, set string) {
		questions, err := evaluation.Read(strings.NewReader(set))
		if err != nil {
			lines := strings.Count(set, "\n") + 1
			if bad, ok := errors.AsType[*evaluation.LineError](err); ok && (bad.Line < 1 || bad.Line > lines) {
				t.Errorf("line %d of %d", bad.Line, lines)
			}
			return
		}
		var again strings.Builder
		seen := map[string]bool{}
		for _, q := range questions {
			if seen[q.ID] || q.ID == "" || q.Lang == "" || strings.TrimSpace(q.Question) == "" {
				t.Errorf("a bad question was let through: %q", q)
			}
			seen[q.ID] = true
			if err := json.NewEncoder(&again).Encode(q); err != nil {
				t.Fatal(err)
			}
		}
		same, err := evaluation.Read(strings.NewReader(again.String()))
		if errors.Is(err, nil) && !cmp.Equal(questions, same) {
			t.Error(cmp.Diff(questions, same))
		}
	})
}
