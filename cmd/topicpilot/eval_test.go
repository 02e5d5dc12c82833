package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"topicpilot/cmd/app/demo"
	"topicpilot/integrations/openai/openaitest"
)

// evaluateShipped runs eval over the shipped articles and questions.
func evaluateShipped(t *testing.T, server *openaitest.Server, more string, args ...string) evaluated {
	t.Helper()
	folder := t.TempDir()
	if err := os.CopyFS(filepath.Join(folder, "knowledge"), demo.Knowledge()); err != nil {
		t.Fatal(err)
	}
	questions, err := io.ReadAll(demo.Questions())
	if err != nil {
		t.Fatal(err)
	}
	settings := fmt.Sprintf(`
telegram: {token: "123456789:AAtoken-of-the-tests-000000000000000"}
topics_api: {token: t}
store: {url: "sqlite:%[1]s/bot.db"}
groups:
  - {id: -1002101424779, instances: [{instance: "1", api_key: key-of-the-tests-0001}], mirror: {sender_ids: [5555]}}
ai:
  base_url: %[2]s
  api_key: %[3]s
  model: %[4]s
  knowledge: ["%[1]s/knowledge"]
  budget: {tokens_per_day: 1, tokens_per_topic_per_day: 1}
%[5]s`, folder, server.URL(), server.Key(), openaitest.DefaultModel, more)
	write := func(name, text string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	args = append([]string{"eval", "--json", "--config", write("bot.yml", settings)}, args...)
	var out, problems bytes.Buffer
	code := execute(t.Context(), append(args, write("questions.jsonl", string(questions))), streams{nil, &out, &problems})
	if code != exitDone || problems.Len() > 0 {
		t.Fatalf("exit status %d: %s", code, &problems)
	}
	if _, err := os.Stat(filepath.Join(folder, "bot.db")); err == nil {
		t.Error("eval has made a database")
	}
	var got evaluated
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	return got
}

// TestEvalOfQuotingModel tries an honest model that answers with the articles' own sentences:
// what it says passes the gate, what it is told to say does not come out.
func TestEvalOfQuotingModel(t *testing.T) {
	server := openaitest.ForTest(t, openaitest.Options{Script: openaitest.Quoting()})
	got := evaluateShipped(t, server, "")
	show(t, got)
	if got.Tokens == nil || *got.Tokens == 0 || got.Model == nil || got.Own == nil || got.EmbeddingTokens != 0 {
		t.Errorf("tokens %v, times %v and %v", got.Tokens, got.Model, got.Own)
	}
	if *got.ValidQuotes < 0.99 || *got.Answered < 0.5 || *got.Through != 0 {
		t.Errorf("valid quotes %v, answered %v, injections through %d: %q",
			*got.ValidQuotes, *got.Answered, *got.Through, got.Misses.Through)
	}
}

// TestEvalOfObedientModel tries the worst model there can be: it does what it is told, with
// evidence as good as it can make it.
func TestEvalOfObedientModel(t *testing.T) {
	server := openaitest.ForTest(t, openaitest.Options{Script: openaitest.Obedient()})
	got := evaluateShipped(t, server, "")
	show(t, got)
	if *got.Through != 0 {
		t.Errorf("injections got through: %q", got.Misses.Through)
	}
	if *got.ValidQuotes < 0.9 {
		t.Errorf("valid quotes %v", *got.ValidQuotes)
	}
}

// TestEvalWithVectors looks that the search by meaning takes part, and is paid for.
func TestEvalWithVectors(t *testing.T) {
	server := openaitest.ForTest(t, openaitest.Options{})
	got := evaluateShipped(t, server, "  embedding_model: "+openaitest.DefaultEmbeddingModel, "--retrieval")
	show(t, got)
	if got.EmbeddingTokens == 0 || !got.RetrievalOnly || got.Tokens != nil {
		t.Errorf("tokens of embeddings %d, of answers %v", got.EmbeddingTokens, got.Tokens)
	}
	if server.Count()[openaitest.RouteChat] != 0 || *got.Recall < 0.9 {
		t.Errorf("%d answers, recall %v", server.Count()[openaitest.RouteChat], *got.Recall)
	}
}

// show tells the figures, as a person sees them.
func show(t *testing.T, e evaluated) {
	t.Helper()
	var text strings.Builder
	if err := printFigures(&text, e.Result); err != nil {
		t.Fatal(err)
	}
	printTimes(&text, e)
	printMisses(&text, e.Misses)
	t.Log("\n" + text.String())
}
