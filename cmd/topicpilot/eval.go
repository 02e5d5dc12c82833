package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"topicpilot/cmd/app"
	"topicpilot/config"
	"topicpilot/topics"
	"topicpilot/topics/evaluation"
	"topicpilot/topics/knowledge"
)

// evalCmd tries the advisor on a set of questions.
type evalCmd struct {
	settingsFlag
	JSON      bool   `name:"json" help:"For programs."`
	Retrieval bool   `help:"Try the search alone: no model is asked, nothing is spent there."`
	File      string `arg:"" help:"Questions, a JSON object on each line; - reads standard input."`
}

// Help tells what a line holds and what it costs.
func (evalCmd) Help() string {
	return `A line is {"id","lang","kind","question","expect":[files],"contains":[texts],"forbid":[texts]}; ` +
		`kind is answerable, unanswerable or injection. The folders of ai.knowledge are used, relative names from ` +
		`the working directory. No day's budget is spent and nothing is stored, but the provider counts the tokens.`
}

// Run asks all questions and prints the figures.
func (c evalCmd) Run(ctx context.Context, std streams) error {
	cfg, err := c.load(std)
	if err != nil {
		return err
	}
	questions, err := c.questions()
	if err != nil {
		return err
	}
	if c.Retrieval {
		cfg.AI.Model = ""
	}
	result, err := c.evaluate(ctx, std, cfg, questions)
	if _, down := errors.AsType[*evaluation.ModelDown](err); down {
		err = fmt.Errorf("%w; there are no figures of a part of the questions; see: topicpilot doctor", err)
	}
	if err != nil {
		return fmt.Errorf("eval: %w", err)
	}
	return c.print(std, result)
}

var errNoKnowledge = errors.New("there is no knowledge; name its folders in ai.knowledge, and see: topicpilot kb check")

// evaluate reads the knowledge and asks the questions.
func (c evalCmd) evaluate(
	ctx context.Context, std streams, cfg *config.Config, questions []evaluation.Question,
) (evaluated, error) {
	witness, vectors := &evaluation.Witness{}, &vectorWatch{}
	advisor, err := app.NewAdvisor(cfg.AI, app.AdvisorOptions{
		Log: logger(config.Log{Level: "error", Format: cfg.Log.Format}, std), Observe: vectors.observe,
		Before: func(model topics.LanguageModel) topics.LanguageModel {
			witness.Model = model
			return witness
		},
		BeforeVectors: func(embedder knowledge.Embedder) knowledge.Embedder {
			vectors.Embedder = embedder
			return vectors
		},
	})
	if err != nil {
		return evaluated{}, usageError{err}
	}
	defer advisor.Close()
	report, err := advisor.Read(ctx)
	switch {
	case err != nil:
		return evaluated{}, cmp.Or(vectors.err(), err)
	case report.Chunks == 0:
		return evaluated{}, errNoKnowledge
	}
	hint(std.err, report)
	bar := newProgress(std.err, int64(len(questions)), func(done, total int64) string {
		return fmt.Sprintf("%d of %d questions", done, total)
	})
	defer bar.clear()
	options := evaluation.Options{
		Knowledge: advisor.Knowledge, Instructions: witness.Instructions, Now: time.Now,
		Progress: func(done, _ int) { bar.at(int64(done)) },
	}
	if advisor.Advice != nil {
		options.Advisor = advisor.Advice
	}
	result, err := evaluation.Run(ctx, questions, options)
	return evaluated{
		Result: result, EmbeddingTokens: vectors.tokens.Load(), Chunks: report.Chunks,
		RetrievalOnly: advisor.Advice == nil,
	}, cmp.Or(err, vectors.err())
}

// questions reads the set; whatever is wrong with it is wrong usage.
func (c evalCmd) questions() ([]evaluation.Question, error) {
	file := os.Stdin
	if c.File != "-" {
		var err error
		if file, err = os.Open(c.File); err != nil {
			return nil, usageError{fmt.Errorf("eval: %w; give a file of questions", err)}
		}
		defer func() { _ = file.Close() }()
	}
	questions, err := evaluation.Read(file)
	if err != nil {
		return nil, usageError{fmt.Errorf("eval: %s: %w", c.File, err)}
	}
	return questions, nil
}

// vectorWatch stands before the model that makes vectors: it counts what they cost, and
// remembers that one failed. The search goes on by words then, which is no figure of it.
type vectorWatch struct {
	knowledge.Embedder
	tokens atomic.Int64
	failed atomic.Pointer[error]
}

// Embed implements knowledge.Embedder.
func (v *vectorWatch) Embed(ctx context.Context, conv topics.Conversation, texts []string) ([][]float32, error) {
	vectors, err := v.Embedder.Embed(ctx, conv, texts)
	if err != nil {
		v.failed.CompareAndSwap(nil, &err)
	}
	return vectors, err
}

// err is the first failure.
func (v *vectorWatch) err() error {
	if err := v.failed.Load(); err != nil {
		return fmt.Errorf("the embedding model does not answer: %w; see: topicpilot doctor, "+
			"or leave ai.embedding_model out", *err)
	}
	return nil
}

func (v *vectorWatch) observe(kind, _ string, used topics.TokenUsage, _ time.Duration) {
	if kind == "embedding" {
		v.tokens.Add(used.Total())
	}
}

// evaluated is what is printed: the figures, and what they were measured on.
type evaluated struct {
	evaluation.Result
	// EmbeddingTokens are those of all vectors; those of questions that were put to the
	// advisor are in Tokens as well.
	EmbeddingTokens int64 `json:"embedding_tokens"`
	Chunks          int   `json:"chunks"`
	// RetrievalOnly tells why figures are null: no model was asked.
	RetrievalOnly bool `json:"retrieval_only,omitempty"`
}

func (c evalCmd) print(std streams, e evaluated) error {
	if c.JSON {
		return writeJSON(std.out, e)
	}
	if err := printFigures(std.out, e.Result); err != nil {
		return err
	}
	printTimes(std.out, e)
	printMisses(std.out, e.Misses)
	if e.RetrievalOnly {
		why := "ai.model is empty"
		if c.Retrieval {
			why = "--retrieval"
		}
		fmt.Fprintf(std.out, "the search alone was tried (%s); the other figures need a model\n", why)
	}
	return nil
}

// printFigures makes a table: a line for each figure, a column for each language.
func printFigures(w io.Writer, r evaluation.Result) error {
	columns := []evaluation.Figures{r.Figures}
	head := []string{"all"}
	for _, language := range slices.Sorted(maps.Keys(r.Languages)) {
		columns = append(columns, r.Languages[language])
		head = append(head, plainText(language, 8))
	}
	lines := []string{row("", head)}
	for _, figure := range []struct {
		name string
		cell func(evaluation.Figures) string
	}{
		{"questions", func(f evaluation.Figures) string { return strconv.Itoa(f.Questions) }},
		{"recall_at_5", func(f evaluation.Figures) string { return shareText(f.Recall) }},
		{"valid_quotes", func(f evaluation.Figures) string { return shareText(f.ValidQuotes) }},
		{"answered", func(f evaluation.Figures) string { return shareText(f.Answered) }},
		{"right", func(f evaluation.Figures) string { return shareText(f.Right) }},
		{"silent_on_unanswerable", func(f evaluation.Figures) string { return shareText(f.Silent) }},
		{"injections_through", func(f evaluation.Figures) string { return countText(f.Through) }},
		{"tokens", func(f evaluation.Figures) string { return countText(f.Tokens) }},
	} {
		var cells []string
		for _, column := range columns {
			cells = append(cells, figure.cell(column))
		}
		lines = append(lines, row(figure.name, cells))
	}
	_, err := io.WriteString(w, strings.Join(lines, ""))
	return err
}

// row is a line of the table: a name and its numbers, one below the other.
func row(name string, cells []string) string {
	var line strings.Builder
	fmt.Fprintf(&line, "%-22s", name)
	for _, cell := range cells {
		fmt.Fprintf(&line, "  %9s", cell)
	}
	return line.String() + "\n"
}

func shareText(share *float64) string {
	if share == nil {
		return "-"
	}
	return fmt.Sprintf("%.3f", *share)
}

func countText[N int | int64](count *N) string {
	if count == nil {
		return "-"
	}
	return fmt.Sprint(*count)
}

func printTimes(w io.Writer, e evaluated) {
	if e.Model != nil {
		fmt.Fprintf(w, "time of the model: p50 %.0f ms, p95 %.0f ms\n", e.Model.P50, e.Model.P95)
	}
	if e.Own != nil {
		fmt.Fprintf(w, "our own share:     p50 %.1f ms, p95 %.1f ms\n", e.Own.P50, e.Own.P95)
	}
	if e.EmbeddingTokens > 0 {
		fmt.Fprintf(w, "tokens of embeddings: %d\n", e.EmbeddingTokens)
	}
	for _, reason := range slices.Sorted(maps.Keys(e.Silences)) {
		fmt.Fprintf(w, "not answered, %s: %d\n", reason, e.Silences[reason])
	}
}

func printMisses(w io.Writer, m evaluation.Misses) {
	for _, list := range []struct {
		what string
		ids  []string
	}{
		{"not found", m.Recall},
		{"not answered", m.Answered},
		{"answered without what is expected", m.Right},
		{"answered although unanswerable", m.Silent},
		{"injections through", m.Through},
	} {
		if len(list.ids) > 0 {
			fmt.Fprintf(w, "%s: %s\n", list.what, plainText(strings.Join(list.ids, ", "), 1000))
		}
	}
}
