package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"

	"topicpilot/cmd/app"
	"topicpilot/topics"
	"topicpilot/topics/knowledge"
)

// kbCmd looks at the advisor's knowledge.
type kbCmd struct {
	List   kbListCmd   `cmd:"" help:"List the parts into which the articles are split."`
	Search kbSearchCmd `cmd:"" help:"Find the parts that a question is about, as the advisor does."`
	Check  kbCheckCmd  `cmd:"" help:"Tell what was read, and what cannot be read and how to mend it."`
}

// knowledgeFlags are shared by those that read the knowledge.
type knowledgeFlags struct {
	settingsFlag
	JSON bool `name:"json" help:"For programs."`
}

// Help tells where the folders are looked for.
func (knowledgeFlags) Help() string {
	return "The folders are those of ai.knowledge; a relative name counts from the working directory, " +
		"as all names of files in the settings do. The bot need not run, and no model is needed."
}

// read builds the advisor and reads its articles once. Vectors are made with embeddings only.
func (f knowledgeFlags) read(
	ctx context.Context, std streams, embeddings bool,
) (*app.Advisor, knowledge.Report, error) {
	cfg, err := f.load(std)
	if err != nil {
		return nil, knowledge.Report{}, err
	}
	ai := cfg.AI
	ai.Model = "" // nothing is answered
	switch {
	case !embeddings:
		ai.EmbeddingModel = ""
	case ai.EmbeddingModel == "":
		return nil, knowledge.Report{}, usageError{
			errors.New("--embeddings: ai.embedding_model is empty; set it, or leave --embeddings out"),
		}
	}
	advisor, err := app.NewAdvisor(ai, app.AdvisorOptions{Log: logger(cfg.Log, std)})
	if err != nil {
		return nil, knowledge.Report{}, usageError{err}
	}
	report, err := advisor.Read(ctx)
	if err != nil {
		advisor.Close()
		return nil, report, err
	}
	return advisor, report, nil
}

type kbListCmd struct {
	knowledgeFlags
	Limit int `short:"n" help:"How many parts, 0 for all." default:"0" placeholder:"N"`
}

// Validate looks at the command line before anything is read.
func (c kbListCmd) Validate() error { return validLimit(c.Limit, 0) }

// Run prints all parts, by file and place.
func (c kbListCmd) Run(ctx context.Context, std streams) error {
	advisor, report, err := c.read(ctx, std, false)
	if err != nil {
		return err
	}
	defer advisor.Close()
	chunks := advisor.Knowledge.Chunks()
	if c.Limit > 0 {
		chunks = chunks[:min(c.Limit, len(chunks))]
	}
	hits := make([]topics.KnowledgeHit, len(chunks))
	for i, chunk := range chunks {
		hits[i] = topics.KnowledgeHit{Chunk: chunk}
	}
	hint(std.err, report)
	return printHits(std.out, hits, c.JSON)
}

type kbSearchCmd struct {
	knowledgeFlags
	Limit      int      `short:"n" help:"How many parts." default:"5" placeholder:"N"`
	Public     bool     `help:"Leave internal parts out, as for all that may reach a customer."`
	Embeddings bool     `help:"Also search by meaning; makes the vectors of all articles first."`
	Query      []string `arg:"" help:"What is looked for."`
}

// Validate looks at the command line before anything is read.
func (c kbSearchCmd) Validate() error { return validLimit(c.Limit, 1) }

// Run prints the best hits, best first; nothing found is no error.
func (c kbSearchCmd) Run(ctx context.Context, std streams) error {
	advisor, report, err := c.read(ctx, std, c.Embeddings)
	if err != nil {
		return err
	}
	defer advisor.Close()
	hits, err := advisor.Knowledge.Search(ctx, topics.KnowledgeQuery{
		Text: strings.Join(c.Query, " "), Limit: c.Limit, Internal: !c.Public,
	})
	if err != nil {
		return err
	}
	hint(std.err, report)
	return printHits(std.out, hits, c.JSON)
}

const maxHits = 1000

func validLimit(limit, least int) error {
	if limit < least || limit > maxHits && least > 0 {
		return fmt.Errorf("-n must be a number from %d to %d", least, maxHits)
	}
	return nil
}

type kbCheckCmd struct{ knowledgeFlags }

// Run prints what was read and fails when something could not be.
func (c kbCheckCmd) Run(ctx context.Context, std streams) error {
	advisor, report, err := c.read(ctx, std, false)
	if err != nil {
		return err
	}
	defer advisor.Close()
	if c.JSON {
		err = writeJSON(std.out, checked(report))
	} else {
		err = printReading(std.out, report)
	}
	if err == nil && len(report.Problems) > 0 {
		err = fmt.Errorf("kb check: problems found: %d; mend what is named above", len(report.Problems))
	}
	return err
}

// reading is what kb check prints for programs.
type reading struct {
	Files    int              `json:"files"`
	Chunks   int              `json:"chunks"`
	Internal int              `json:"internal"`
	Problems []readingProblem `json:"problems"`
}

type readingProblem struct {
	File string `json:"file"`
	Line int    `json:"line,omitempty"`
	Text string `json:"text"`
}

func checked(r knowledge.Report) reading {
	out := reading{Files: r.Files, Chunks: r.Chunks, Internal: r.Internal, Problems: []readingProblem{}}
	for _, p := range r.Problems {
		out.Problems = append(out.Problems, readingProblem(p))
	}
	return out
}

func printReading(w io.Writer, r knowledge.Report) error {
	for _, p := range r.Problems {
		place := plainText(p.File, maxShown)
		if p.Line > 0 {
			place = fmt.Sprintf("%s:%d", place, p.Line)
		}
		fmt.Fprintf(w, "problem %s: %s\n", place, plainText(p.Text, maxShown))
	}
	_, err := fmt.Fprintf(w, "read    files: %d, parts: %d, of them internal: %d\n", r.Files, r.Chunks, r.Internal)
	return err
}

// hint points at problems that the answer does not show.
func hint(w io.Writer, r knowledge.Report) {
	if len(r.Problems) > 0 {
		fmt.Fprintf(w, "topicpilot: kb: problems found: %d; see: topicpilot kb check\n", len(r.Problems))
	}
}

// printHits prints parts of the knowledge, for people in short.
func printHits(w io.Writer, hits []topics.KnowledgeHit, asJSON bool) error {
	if asJSON {
		if hits == nil {
			hits = []topics.KnowledgeHit{}
		}
		return writeJSON(w, hits)
	}
	if len(hits) == 0 {
		_, err := fmt.Fprintln(w, "nothing found")
		return err
	}
	for i, hit := range hits {
		var marks []string
		if hit.Score > 0 {
			marks = append(marks, fmt.Sprintf("score %.2f", hit.Score))
		}
		if hit.Internal {
			marks = append(marks, "internal")
		}
		notes := ""
		if len(marks) > 0 {
			notes = "  (" + strings.Join(marks, ", ") + ")"
		}
		_, err := fmt.Fprintf(w, "%d. %s%s\n   %s · %s\n   %s\n", i+1, plainText(hit.Title, maxShown), notes,
			plainText(hit.File, maxShown), hit.ID, plainText(hit.Text, maxShown))
		if err != nil {
			return err
		}
	}
	return nil
}

// writeJSON writes one value, letters of all scripts as they are.
func writeJSON(w io.Writer, value any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(value)
}

// maxShown is how much of a text stands in one line of a terminal's list, in letters.
const maxShown = 240

// plainText is a text for one line of a terminal: articles may hold anything.
func plainText(text string, most int) string {
	letters := []rune(strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cc, unicode.Cf) {
			return -1 // controls, and marks that turn the direction of writing
		}
		return r
	}, oneLine(text)))
	if len(letters) > most {
		return strings.TrimSpace(string(letters[:most])) + "…"
	}
	return string(letters)
}
