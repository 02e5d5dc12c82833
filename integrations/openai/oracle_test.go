//go:build oracle

package openai_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"topicpilot/integrations/openai"
	"topicpilot/integrations/openai/openaitest"
)

// node runs a script beside the official client, which `.ci/openai` installs.
func node(t *testing.T, script string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", append([]string{script}, args...)...)
	cmd.Dir = filepath.Join("openaitest", "oracle")
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatalf("%s: %v", script, err)
	}
}

// TestTypes holds every kind of request of our client, and of answer of the fake, against the
// official client's types.
func TestTypes(t *testing.T) {
	s := newStage(t, openaitest.Options{Refuse: []string{"json_schema"}})
	reasoner := s.newClient(t, func(o *openai.Options) { o.Model = openaitest.DefaultReasoningModel })
	other := s.newClient(t, func(o *openai.Options) { o.Model, o.EmbeddingModel = "gpt-9", "vectors-9" })
	stranger := s.newClient(t, func(o *openai.Options) { o.APIKey = text("sk-wrong") })
	s.server.Queue(
		openaitest.Answer{Text: "yes"}, openaitest.Answer{Refusal: "no"}, openaitest.Answer{Null: true},
		openaitest.Answer{Text: "yes, yes and yes again", Stream: true}, openaitest.Answer{Refusal: "no", Stream: true},
	)
	for range 5 {
		if _, err := s.client.Complete(t.Context(), prompt()); err != nil {
			t.Fatal(err)
		}
	}
	bare := prompt()
	bare.Schema = nil
	if _, err := s.client.Complete(t.Context(), bare); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.client.Embed(t.Context(), []string{"one", "два"}); err != nil {
		t.Fatal(err)
	}
	if _, err := reasoner.Complete(t.Context(), prompt()); outcome(err) != "refused" {
		t.Error(err)
	}
	if _, err := other.Complete(t.Context(), prompt()); outcome(err) != "refused" {
		t.Error(err)
	}
	if _, _, err := other.Embed(t.Context(), []string{"x"}); outcome(err) != "refused" {
		t.Error(err)
	}
	for _, client := range []*openai.Client{s.client, stranger} {
		client.Check(t.Context())
	}
	strict := openaitest.ForTest(t, openaitest.Options{})
	full := s.newClient(t, func(o *openai.Options) { o.BaseURL, o.TokenField = text(strict.URL()), openai.MaxCompletionTokens })
	if _, err := full.Complete(t.Context(), prompt()); err != nil {
		t.Fatal(err)
	}
	node(t, "validate.mjs", recording(t, append(s.server.Exchanges(), strict.Exchanges()...)))
}

func recording(t *testing.T, exchanges []openaitest.Exchange) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "recording.jsonl")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	enc := json.NewEncoder(f)
	for _, exchange := range exchanges {
		if err := enc.Encode(exchange); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestOfficialClient runs the official client against the fake.
func TestOfficialClient(t *testing.T) {
	var asked atomic.Int32
	busy := &openaitest.Fault{
		Status: 429, Code: "rate_limit_exceeded", Header: header("Retry-After-Ms", "20", "Retry-After", "1"),
	}
	server := openaitest.ForTest(t, openaitest.Options{Script: func(r openaitest.Request) openaitest.Answer {
		switch r.User {
		case "refuse":
			return openaitest.Answer{Refusal: "I cannot help with that."}
		case "busy":
			return openaitest.Answer{Fault: busy}
		case "busy once":
			if asked.Add(1) == 1 {
				return openaitest.Answer{Fault: busy}
			}
		case "poor":
			return openaitest.Answer{Fault: &openaitest.Fault{Status: 429, Code: "insufficient_quota"}}
		case "broken":
			return openaitest.Answer{Fault: &openaitest.Fault{Status: 500}}
		case "lost":
			return openaitest.Answer{Fault: &openaitest.Fault{Close: true}}
		}
		return openaitest.Answer{Text: `{"answer":"yes, да"}`}
	}})
	node(t, "client.mjs", server.URL(), server.Key())
	if n := asked.Load(); n != 2 {
		t.Errorf("asked %d times, want once again after its 429", n)
	}
}
