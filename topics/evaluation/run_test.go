package evaluation_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"topicpilot/topics"
	"topicpilot/topics/advice"
	"topicpilot/topics/evaluation"
)

// files finds files by a word of the question, one hit for each.
type files map[string][]string

func (f files) Search(_ context.Context, query topics.KnowledgeQuery) ([]topics.KnowledgeHit, error) {
	if query.Internal || query.Limit != 5 {
		return nil, fmt.Errorf("an evaluation asked for %+v", query)
	}
	var hits []topics.KnowledgeHit
	for _, file := range f[query.Text] {
		hits = append(hits, topics.KnowledgeHit{Chunk: topics.Chunk{File: file}})
	}
	return hits, nil
}

// advisor answers each text with what a function says.
type advisor func(ctx context.Context, text string) (advice.Advice, error)

func (a advisor) Advise(ctx context.Context, q advice.Question) (advice.Advice, error) {
	return a(ctx, q.Text)
}

func question(id string, kind evaluation.Kind, change ...func(*evaluation.Question)) evaluation.Question {
	q := evaluation.Question{ID: id, Lang: id[:2], Kind: kind, Question: id}
	for _, c := range change {
		c(&q)
	}
	return q
}

func expect(files ...string) func(*evaluation.Question) {
	return func(q *evaluation.Question) { q.Expect = files }
}

func contains(texts ...string) func(*evaluation.Question) {
	return func(q *evaluation.Question) { q.Contains = texts }
}

func forbid(texts ...string) func(*evaluation.Question) {
	return func(q *evaluation.Question) { q.Forbid = texts }
}

func says(text string) (advice.Advice, error) {
	return advice.Advice{Text: text, Usage: topics.TokenUsage{Input: 90, Output: 10}, ModelTime: time.Microsecond}, nil
}

func silent(reason advice.Reason) (advice.Advice, error) {
	return advice.Advice{}, &advice.Silence{Reason: reason, Usage: topics.TokenUsage{Input: 5}}
}

const instructions = "You are the advisor of a support team and you answer with quotes alone."

func TestFigures(t *testing.T) {
	knowledge := files{
		"en-found": {"a.md", "b.md", "c.md", "d.md", "refunds.md"}, "en-second": {"x.md", "invoices.md"},
		"en-sixth": {"1", "2", "3", "4", "5", "deep.md"}, "en-lost": {"other.md"}, "ru-found": {"ru.md"},
	}
	questions := []evaluation.Question{
		question("en-found", evaluation.Answerable, expect("refunds.md"), contains("14 days")),
		question("en-second", evaluation.Answerable, expect("none.md", "invoices.md"), contains("pdf", "month")),
		question("en-sixth", evaluation.Answerable, expect("deep.md")),
		question("en-lost", evaluation.Answerable, expect("lost.md"), forbid("evil")),
		question("en-quote", evaluation.Answerable),
		question("ru-found", evaluation.Answerable, expect("ru.md")),
		question("en-u1", evaluation.Unanswerable), question("en-u2", evaluation.Unanswerable),
		question("en-i1", evaluation.Injection, forbid("evil.example")),
		question("en-i2", evaluation.Injection, forbid("evil.example")),
		question("en-i3", evaluation.Injection, forbid("500 EUROS")),
		question("en-i4", evaluation.Injection),
		question("ru-i5", evaluation.Injection, forbid("evil.example")),
	}
	answers := advisor(func(_ context.Context, text string) (advice.Advice, error) {
		switch text {
		case "en-found":
			return says("Within 14\u00a0DAYS.")
		case "en-second":
			return says("As a PDF.")
		case "en-lost":
			return says("evil")
		case "en-sixth":
			return silent(advice.ReasonCoverage)
		case "en-quote":
			return silent(advice.ReasonQuote)
		case "ru-found":
			return silent(advice.ReasonUnanswerable)
		case "en-u1":
			return says("I make it up.")
		case "en-i1":
			return says("Go to https://EVIL.example/x")
		case "en-i3":
			return says("You get 500\neuros.")
		case "en-i4":
			return says(strings.ToUpper(instructions))
		case "ru-i5":
			return says("A harmless answer.")
		}
		return silent(advice.ReasonNothing)
	})
	var calls atomic.Int64
	got, err := evaluation.Run(t.Context(), questions, evaluation.Options{
		Knowledge: knowledge, Advisor: answers, Now: time.Now,
		Instructions: func() []string { return []string{instructions} },
		Progress:     func(done, total int) { calls.Add(1) },
	})
	if err != nil {
		t.Fatal(err)
	}
	if calls.Load() != int64(len(questions)) || got.Own == nil || got.Model == nil {
		t.Errorf("progress was told %d times; times %v, %v", calls.Load(), got.Own, got.Model)
	}
	want := evaluation.Figures{
		Questions: 13, Recall: new(3. / 5), ValidQuotes: new(4. / 5), Silent: new(.5), Through: new(3),
		// Eight answers of 100 and five silences of 5.
		Tokens: new(int64(8*100 + 5*5)), Answered: new(3. / 6), Right: new(1. / 3),
	}
	if diff := cmp.Diff(want, got.Figures); diff != "" {
		t.Error(diff)
	}
	russian := evaluation.Figures{
		Questions: 2, Recall: new(1.), Through: new(0), Tokens: new(int64(105)), Answered: new(0.),
	}
	if diff := cmp.Diff(russian, got.Languages["ru"]); diff != "" {
		t.Error(diff)
	}
	misses := evaluation.Misses{
		Recall: []string{"en-sixth", "en-lost"}, Answered: []string{"en-sixth", "en-quote", "ru-found"},
		Right: []string{"en-second", "en-lost"}, Silent: []string{"en-u1"}, Through: []string{"en-i1", "en-i3", "en-i4"},
	}
	if diff := cmp.Diff(misses, got.Misses); diff != "" {
		t.Error(diff)
	}
	reasons := map[advice.Reason]int{advice.ReasonCoverage: 1, advice.ReasonQuote: 1, advice.ReasonUnanswerable: 1}
	if diff := cmp.Diff(reasons, got.Silences); diff != "" {
		t.Error(diff)
	}
}

func TestSearchAlone(t *testing.T) {
	got, err := evaluation.Run(t.Context(), []evaluation.Question{
		question("en-found", evaluation.Answerable, expect("a.md")), question("en-u", evaluation.Unanswerable),
	}, evaluation.Options{Knowledge: files{"en-found": {"a.md"}}, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	want := evaluation.Result{
		Figures:   evaluation.Figures{Questions: 2, Recall: new(1.)},
		Languages: map[string]evaluation.Figures{"en": {Questions: 2, Recall: new(1.)}},
		Silences:  map[advice.Reason]int{},
		Misses:    evaluation.Misses{Recall: []string{}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestTwoAtOnce looks that the model is never asked more than two questions at a time, and two
// where it can be.
func TestTwoAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now, most atomic.Int64
		answers := advisor(func(context.Context, string) (advice.Advice, error) {
			most.Store(max(most.Load(), now.Add(1)))
			time.Sleep(time.Second)
			now.Add(-1)
			return silent(advice.ReasonNothing)
		})
		begin := time.Now()
		var questions []evaluation.Question
		for i := range 20 {
			questions = append(questions, question(fmt.Sprintf("en-%d", i), evaluation.Unanswerable))
		}
		got, err := evaluation.Run(t.Context(), questions, evaluation.Options{Advisor: answers, Now: time.Now})
		if err != nil || most.Load() != 2 || time.Since(begin) != 10*time.Second {
			t.Errorf("got %v with %d at once in %s", err, most.Load(), time.Since(begin))
		}
		if diff := cmp.Diff(&evaluation.Percentiles{P50: 1000, P95: 1000}, got.Own); diff != "" {
			t.Error(diff)
		}
	})
}

func modelError(fault topics.ModelFault, after time.Duration) error {
	return &advice.Silence{
		Reason: advice.ReasonModel,
		Err:    &topics.ModelError{Fault: fault, RetryAfter: after, Err: errors.New("no")},
	}
}

func TestModelDown(t *testing.T) {
	for name, failure := range map[string]error{
		"down":            modelError(topics.ModelDown, 0),
		"timeout":         modelError(topics.ModelTimeout, 0),
		"denied":          modelError(topics.ModelDenied, 0),
		"always busy":     modelError(topics.ModelBusy, time.Hour),
		"without a cause": &advice.Silence{Reason: advice.ReasonModel},
		"a full budget":   &advice.Silence{Reason: advice.ReasonDayBudget},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var asked atomic.Int64
				_, err := evaluation.Run(t.Context(), []evaluation.Question{
					question("en-1", evaluation.Unanswerable), question("en-2", evaluation.Unanswerable),
					question("en-3", evaluation.Unanswerable), question("en-4", evaluation.Unanswerable),
				}, evaluation.Options{Now: time.Now, Advisor: advisor(func(context.Context, string) (advice.Advice, error) {
					asked.Add(1)
					return advice.Advice{}, failure
				})})
				down, ok := errors.AsType[*evaluation.ModelDown](err)
				if !ok || down.ID == "" || asked.Load() > 10 {
					t.Errorf("got %v after %d calls", err, asked.Load())
				}
			})
		})
	}
}

// TestBusyModel looks that a server that wants a pause gets it, and that the pause is not our
// own share.
func TestBusyModel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		begin := time.Now()
		got, err := evaluation.Run(t.Context(), []evaluation.Question{question("en-1", evaluation.Answerable)},
			evaluation.Options{Now: time.Now, Advisor: advisor(func(context.Context, string) (advice.Advice, error) {
				switch calls++; calls {
				case 1:
					return advice.Advice{}, modelError(topics.ModelBusy, 0)
				case 2:
					return advice.Advice{}, modelError(topics.ModelDown, 20*time.Second)
				}
				return says("yes")
			})})
		if err != nil || calls != 3 || time.Since(begin) != 30*time.Second {
			t.Errorf("got %v after %d calls and %s", err, calls, time.Since(begin))
		}
		if got.Own == nil || got.Own.P95 != 0 || *got.Answered != 1 {
			t.Errorf("got %v and %v", got.Own, got.Answered)
		}
	})
}

func TestRunEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		_, err := evaluation.Run(ctx, []evaluation.Question{
			question("en-1", evaluation.Unanswerable), question("en-2", evaluation.Unanswerable),
			question("en-3", evaluation.Unanswerable),
		}, evaluation.Options{Now: time.Now, Advisor: advisor(func(ctx context.Context, _ string) (advice.Advice, error) {
			cancel()
			<-ctx.Done()
			return advice.Advice{}, modelError(topics.ModelBusy, time.Minute)
		})})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want the end of ctx", err)
		}
	})
}

func TestSearchFails(t *testing.T) {
	broken := errors.New("broken")
	_, err := evaluation.Run(t.Context(), []evaluation.Question{question("en-1", evaluation.Answerable, expect("a"))},
		evaluation.Options{Now: time.Now, Knowledge: failingSearch{broken}})
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	_, err = evaluation.Run(t.Context(), []evaluation.Question{question("en-1", evaluation.Injection)},
		evaluation.Options{Now: time.Now, Advisor: advisor(func(context.Context, string) (advice.Advice, error) {
			return advice.Advice{}, broken
		})})
	if _, down := errors.AsType[*evaluation.ModelDown](err); down || !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

type failingSearch struct{ err error }

func (f failingSearch) Search(context.Context, topics.KnowledgeQuery) ([]topics.KnowledgeHit, error) {
	return nil, f.err
}

func TestWitness(t *testing.T) {
	witness := &evaluation.Witness{Model: model{}}
	for _, system := range []string{"one", "two", "one"} {
		completion, err := witness.Complete(t.Context(), topics.Prompt{System: system})
		if err != nil || completion.Text != "re: "+system {
			t.Errorf("got %q, %v", completion.Text, err)
		}
	}
	if diff := cmp.Diff([]string{"one", "two"}, witness.Instructions()); diff != "" {
		t.Error(diff)
	}
	for i := range 50 {
		_, _ = witness.Complete(t.Context(), topics.Prompt{System: fmt.Sprint(i)})
	}
	if len(witness.Instructions()) > 10 {
		t.Errorf("it remembers %d", len(witness.Instructions()))
	}
}

type model struct{}

func (model) Complete(_ context.Context, prompt topics.Prompt) (topics.Completion, error) {
	return topics.Completion{Text: "re: " + prompt.System}, nil
}
