package advice_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"topicpilot/topics"
	"topicpilot/topics/advice"
)

const (
	refunds = "Refunds are issued within 14 days of the payment, to the same card. Write to billing@pelican.example " +
		"or call +44 20 7946 0958. Domains are not refunded."
	backups = "Backups are made each night and kept for 30 days.\nOpen “Files › Backups” and press Restore — it takes " +
		"ten minutes. See https://help.pelican.example/backups for more."
	staff = "Operators may give a discount of 15 percent with the code FERN."
)

// hits are what a search finds: two public parts and an internal one.
func hits(internal bool) []topics.KnowledgeHit {
	list := []topics.KnowledgeHit{
		hit("refunds-1", "Billing › Refunds", refunds), hit("backups-1", "Backups", backups),
	}
	if internal {
		secret := hit("staff-1", "Discounts", staff)
		secret.Internal = true
		list = append(list, secret)
	}
	return list
}

func hit(id, title, text string) topics.KnowledgeHit {
	return topics.KnowledgeHit{Strength: 0.7, Chunk: topics.Chunk{
		ID: id, File: id + ".md", Title: title, Text: text, Link: "https://help.pelican.example/" + id,
	}}
}

// finds is a search with one result.
type finds []topics.KnowledgeHit

func (f finds) Search(_ context.Context, q topics.KnowledgeQuery) ([]topics.KnowledgeHit, error) {
	return f[:min(len(f), q.Limit)], nil
}

// modelFunc is a model made of a function.
type modelFunc func(ctx context.Context, p topics.Prompt) (topics.Completion, error)

func (f modelFunc) Complete(ctx context.Context, p topics.Prompt) (topics.Completion, error) {
	return f(ctx, p)
}

// says is a model that says one thing.
func says(text string) modelFunc {
	return func(context.Context, topics.Prompt) (topics.Completion, error) {
		return topics.Completion{Text: text, Finish: topics.FinishStop, Usage: &topics.TokenUsage{Input: 100, Output: 20}},
			nil
	}
}

// data is the message with all data, as a model reads it.
type data struct {
	Question string
	Language string
	Chunks   []struct{ ID, Title, Text string }
	Turns    []advice.Turn `json:"conversation"`
	Summary  string
	Customer advice.Card
}

type fataler interface{ Fatalf(string, ...any) }

func read(t fataler, p topics.Prompt) data {
	dec := json.NewDecoder(strings.NewReader(p.User))
	dec.DisallowUnknownFields()
	var d data
	if err := dec.Decode(&d); err != nil || dec.More() {
		t.Fatalf("the message is no single object: %v\n%s", err, p.User)
	}
	return d
}

// claim is one of the answer's.
type claim struct {
	Text  string `json:"text"`
	Chunk string `json:"chunk"`
	Quote string `json:"quote"`
}

// answered is an answer as a model gives it.
func answered(text string, claims ...claim) string {
	out, err := json.Marshal(map[string]any{"answerable": true, "answer": text, "claims": claims})
	if err != nil {
		panic(err)
	}
	return string(out)
}

// stage is an advisor and what it logs.
type stage struct {
	*advice.Advisor
	log bytes.Buffer
}

func newStage(model topics.LanguageModel, known advice.Searcher) *stage {
	s := &stage{}
	log := slog.New(slog.NewTextHandler(&s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s.Advisor = advice.New(advice.Options{
		Model: model, Meter: advice.NewMeter(advice.MeterOptions{Timeout: time.Minute, Log: log, Now: time.Now}),
		Knowledge: known, MaxAnswerTokens: 800, Threshold: 0.5, Mask: true, Log: log, Now: time.Now,
	})
	return s
}

// silent gives the reason of a silence, "" for an advice.
func silent(t testing.TB, err error) advice.Reason {
	t.Helper()
	if err == nil {
		return ""
	}
	silence, ok := errors.AsType[*advice.Silence](err)
	if !ok {
		t.Fatalf("%T is no silence", err)
	}
	return silence.Reason
}
