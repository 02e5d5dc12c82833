package openai_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"topicpilot/integrations/openai"
	"topicpilot/integrations/openai/openaitest"
	"topicpilot/topics"
)

// TestEmbed: one vector for each text, in their order.
func TestEmbed(t *testing.T) {
	for _, flavour := range []openaitest.Flavour{
		openaitest.OpenAI, openaitest.Ollama, openaitest.VLLM, openaitest.LlamaCPP,
	} {
		s := newStage(t, openaitest.Options{Flavour: flavour, Dimension: 32})
		texts := []string{"refund within 14 days", "возврат денег", "refunds"}
		vectors, used, err := s.client.Embed(t.Context(), texts)
		if err != nil || used == nil || used.Input == 0 || used.Output != 0 {
			t.Fatal(used, err)
		}
		for i, words := range texts {
			if diff := cmp.Diff(openaitest.Vector(words, 32), vectors[i]); diff != "" {
				t.Error(diff)
			}
		}
		if r := s.last(t); r.Model != openaitest.DefaultEmbeddingModel || cmp.Diff(texts, r.Input) != "" {
			t.Errorf("%+v", r)
		}
	}
}

func TestEmbedNothing(t *testing.T) {
	s := newStage(t, openaitest.Options{}, func(o *openai.Options) { o.EmbeddingModel = "" })
	if _, _, err := s.client.Embed(t.Context(), []string{"x"}); outcome(err) != "refused" {
		t.Error(err)
	}
	s = newStage(t, openaitest.Options{})
	vectors, used, err := s.client.Embed(t.Context(), nil)
	if len(vectors) != 0 || used != nil || err != nil || len(s.server.Requests()) != 0 {
		t.Error(vectors, used, err)
	}
	if s.client.EmbeddingModel() != openaitest.DefaultEmbeddingModel {
		t.Error(s.client.EmbeddingModel())
	}
}

// TestEmbedFaults: faults mean the same as with answers.
func TestEmbedFaults(t *testing.T) {
	for name, test := range map[string]struct {
		fault openaitest.Fault
		want  string
	}{
		"401":    {openaitest.Fault{Status: 401}, "denied"},
		"404":    {openaitest.Fault{Status: 404}, "refused"},
		"429":    {status(429, "Retry-After", "2"), "busy 2s"},
		"500":    {openaitest.Fault{Status: 500}, "down sent"},
		"closed": {openaitest.Fault{Close: true}, "down sent"},
		"page":   {page(200, "<html>"), "unreadable sent"},
	} {
		s := newStage(t, openaitest.Options{})
		s.server.Fail(openaitest.RouteEmbeddings, test.fault)
		if vectors, _, err := s.client.Embed(t.Context(), []string{"x"}); outcome(err) != test.want || vectors != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestVectors: what is no list of equal vectors is no answer.
func TestVectors(t *testing.T) {
	item := func(index int, vector string) string {
		return fmt.Sprintf(`{"index":%d,"embedding":%s}`, index, vector)
	}
	for name, test := range map[string]struct {
		data []string
		want [][]float32
	}{
		"in order":        {[]string{item(0, "[1,2]"), item(1, "[3,4]")}, [][]float32{{1, 2}, {3, 4}}},
		"turned":          {[]string{item(1, "[3,4]"), item(0, "[1,2]")}, [][]float32{{1, 2}, {3, 4}}},
		"not numbered":    {[]string{`{"embedding":[1]}`, `{"embedding":[2]}`}, [][]float32{{1}, {2}}},
		"too few":         {data: []string{item(0, "[1]")}},
		"too many":        {data: []string{item(0, "[1]"), item(1, "[1]"), item(2, "[1]")}},
		"one twice":       {data: []string{item(1, "[1]"), item(1, "[1]")}},
		"out of the list": {data: []string{item(0, "[1]"), item(2, "[1]")}},
		"below the list":  {data: []string{item(0, "[1]"), item(-1, "[1]")}},
		"other lengths":   {data: []string{item(0, "[1]"), item(1, "[1,2]")}},
		"empty":           {data: []string{item(0, "[]"), item(1, "[]")}},
		"no number":       {data: []string{item(0, "[null]"), item(1, "[1]")}},
		"nested":          {data: []string{item(0, "[[1]]"), item(1, "[[1]]")}},
		"base64":          {data: []string{item(0, `"AAAA"`), item(1, `"AAAA"`)}},
		"too large":       {data: []string{item(0, "[1e300]"), item(1, "[1]")}},
		"null":            {data: []string{"null", "null"}},
	} {
		body := `{"data":[` + strings.Join(test.data, ",") + `],"usage":{"prompt_tokens":4,"total_tokens":4}}`
		vectors, used, err := openai.ReadVectors(strings.NewReader(body), 2)
		if diff := cmp.Diff(test.want, vectors); diff != "" || (err == nil) != (test.want != nil) {
			t.Errorf("%s: %v %s", name, err, diff)
		}
		if err == nil && *used != (topics.TokenUsage{Input: 4}) {
			t.Errorf("%s: %+v", name, used)
		}
	}
}
