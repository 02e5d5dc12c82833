package openai_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"topicpilot/integrations/openai"
	"topicpilot/integrations/openai/openaitest"
	"topicpilot/topics"
)

// TestRequest: what the server gets.
func TestRequest(t *testing.T) {
	s := newStage(t, openaitest.Options{})
	s.server.Queue(openaitest.Answer{Text: "{}", Usage: &openaitest.Usage{Prompt: 7, Completion: 3, Total: 10}})
	got, err := s.client.Complete(t.Context(), prompt())
	if err != nil {
		t.Fatal(err)
	}
	want := topics.Completion{Text: "{}", Finish: topics.FinishStop, Usage: &topics.TokenUsage{Input: 7, Output: 3}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	r := s.last(t)
	var schema bytes.Buffer
	if err := json.Compact(&schema, r.Schema); err != nil {
		t.Fatal(err)
	}
	switch {
	case r.Auth != openaitest.AuthRight, r.Model != openaitest.DefaultModel, r.Stream,
		r.System != prompt().System, r.User != prompt().User, len(r.Messages) != 2,
		r.TokenField != "max_tokens", r.MaxTokens != 200, r.Temperature == nil, *r.Temperature != 0.2,
		r.Format != "json_schema", r.SchemaName != "advice", !r.Strict, schema.String() != adviceSchema:
		t.Errorf("%+v", r)
	}
}

// TestTokenField: the bound stands where the settings say.
func TestTokenField(t *testing.T) {
	s := newStage(t, openaitest.Options{}, func(o *openai.Options) { o.TokenField = openai.MaxCompletionTokens })
	if _, err := s.client.Complete(t.Context(), prompt()); err != nil {
		t.Fatal(err)
	}
	if r := s.last(t); r.TokenField != "max_completion_tokens" || r.MaxTokens != 200 {
		t.Errorf("%+v", r)
	}
}

// TestUnescaped: the user's message arrives as it was, whatever stands in it.
func TestUnescaped(t *testing.T) {
	s := newStage(t, openaitest.Options{})
	p := prompt()
	p.User = "{\"question\":\"<b> & ёж 🦔 \u2028 \\\"}]\"}"
	if _, err := s.client.Complete(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	if r := s.last(t); r.User != p.User || r.Data.Question != "<b> & ёж 🦔 \u2028 \"}]" {
		t.Errorf("%q", r.User)
	}
}

// TestNoKey: without a key there is no header.
func TestNoKey(t *testing.T) {
	s := newStage(t, openaitest.Options{Flavour: openaitest.Ollama}, func(o *openai.Options) { o.APIKey = nil })
	if _, err := s.client.Complete(t.Context(), prompt()); err != nil {
		t.Fatal(err)
	}
	if r := s.last(t); r.Auth != openaitest.AuthMissing {
		t.Errorf("%+v", r)
	}
}

// TestFallback: what a server refuses is left out from then on, and nothing else.
func TestFallback(t *testing.T) {
	for name, test := range map[string]struct {
		opt   openaitest.Options
		model string
		// formats are those of the requests of two calls; the temperature is that of the last.
		formats []string
		cool    bool
		warned  int
	}{
		"takes all": {formats: []string{"json_schema", "json_schema"}, cool: true},
		"OpenAI without schemas": {
			opt:     openaitest.Options{Refuse: []string{"json_schema"}},
			formats: []string{"json_schema", "json_object", "json_object"}, cool: true, warned: 1,
		},
		"llama.cpp without schemas": {
			opt:     openaitest.Options{Flavour: openaitest.LlamaCPP, Refuse: []string{"json_schema"}},
			formats: []string{"json_schema", "json_object", "json_object"}, cool: true, warned: 1,
		},
		"vLLM without formats": {
			opt:     openaitest.Options{Flavour: openaitest.VLLM, Refuse: []string{"json_schema", "json_object"}},
			formats: []string{"json_schema", "json_object", "", ""}, cool: true, warned: 2,
		},
		"reasoning model": {
			model: openaitest.DefaultReasoningModel, formats: []string{"json_schema", "json_schema", "json_schema"},
			warned: 1,
		},
		"takes nothing": {
			opt:     openaitest.Options{Refuse: []string{"json_schema", "json_object", "temperature"}},
			formats: []string{"json_schema", "json_schema", "json_object", "", ""}, warned: 3,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, test.opt, func(o *openai.Options) {
				if test.model != "" {
					o.Model, o.TokenField = test.model, openai.MaxCompletionTokens
				}
			})
			for range 2 {
				if _, err := s.client.Complete(t.Context(), prompt()); err != nil {
					t.Fatal(err)
				}
			}
			var formats []string
			for _, r := range s.server.Requests() {
				formats = append(formats, r.Format)
				if told := strings.Contains(r.System, adviceSchema); told == (r.Format == "json_schema") {
					t.Errorf("format %q, schema told: %v", r.Format, told)
				}
			}
			if diff := cmp.Diff(test.formats, formats); diff != "" {
				t.Error(diff)
			}
			if r := s.last(t); (r.Temperature != nil) != test.cool {
				t.Errorf("temperature %v", r.Temperature)
			}
			if n := strings.Count(s.log.String(), "refuses a parameter"); n != test.warned {
				t.Errorf("warned %d times: %s", n, s.log)
			}
		})
	}
}

// TestFallbackTogether: many calls that meet the refusal at once learn of it once.
func TestFallbackTogether(t *testing.T) {
	s := newStage(t, openaitest.Options{Refuse: []string{"json_schema"}})
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			if _, err := s.client.Complete(t.Context(), prompt()); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if n := strings.Count(s.log.String(), "refuses a parameter"); n != 1 || s.last(t).Format != "json_object" {
		t.Errorf("warned %d times", n)
	}
}

// TestNoSchema: a prompt without a schema asks for no format, and no refusal changes that.
func TestNoSchema(t *testing.T) {
	s := newStage(t, openaitest.Options{})
	p := prompt()
	p.Schema, p.SchemaName = nil, ""
	s.server.Fail(openaitest.RouteChat, openaitest.Fault{Status: 400, Message: "no response_format here"})
	if _, err := s.client.Complete(t.Context(), p); outcome(err) != "refused" {
		t.Error(err)
	}
	if r := s.last(t); r.Format != "" || r.System != p.System || len(s.server.Requests()) != 1 {
		t.Errorf("%+v", r)
	}
}

// TestAnswers: what each kind of answer is read as.
func TestAnswers(t *testing.T) {
	used := &topics.TokenUsage{Input: 8, Output: 2}
	usage := &openaitest.Usage{Prompt: 8, Completion: 2, Total: 10}
	for name, test := range map[string]struct {
		answer openaitest.Answer
		want   topics.Completion
	}{
		"text": {
			openaitest.Answer{Text: "да\n", Usage: usage}, topics.Completion{Text: "да\n", Finish: "stop", Usage: used},
		},
		"no content": {openaitest.Answer{Null: true, Usage: usage}, topics.Completion{Finish: "stop", Usage: used}},
		"refusal": {
			openaitest.Answer{Refusal: "I cannot.", Usage: usage},
			topics.Completion{Refusal: "I cannot.", Finish: "stop", Usage: used},
		},
		"cut off": {
			openaitest.Answer{Text: "half", Finish: "length", Usage: usage},
			topics.Completion{Text: "half", Finish: topics.FinishLength, Usage: used},
		},
		"filtered": {
			openaitest.Answer{Null: true, Finish: "content_filter", Usage: usage},
			topics.Completion{Finish: topics.FinishFilter, Usage: used},
		},
		"odd end":  {openaitest.Answer{Text: "x", Finish: "Because, well", NoUsage: true}, topics.Completion{Text: "x"}},
		"no usage": {openaitest.Answer{Text: "x", NoUsage: true}, topics.Completion{Text: "x", Finish: "stop"}},
		"a total alone": {
			openaitest.Answer{Text: "x", Usage: &openaitest.Usage{Total: 9}},
			topics.Completion{Text: "x", Finish: "stop", Usage: &topics.TokenUsage{Input: 9}},
		},
		"a total with thoughts": {
			openaitest.Answer{Text: "x", Usage: &openaitest.Usage{Prompt: 8, Completion: 2, Total: 50}},
			topics.Completion{Text: "x", Finish: "stop", Usage: &topics.TokenUsage{Input: 8, Output: 42}},
		},
		"thoughts in the text": {
			openaitest.Answer{Text: "<think>hm, {}</think>\n\n{\"a\":1}", NoUsage: true},
			topics.Completion{Text: `{"a":1}`, Finish: "stop"},
		},
		"thoughts without an end": {
			openaitest.Answer{Text: "<think>hm", NoUsage: true}, topics.Completion{Text: "<think>hm", Finish: "stop"},
		},
	} {
		for _, flavour := range []openaitest.Flavour{
			openaitest.OpenAI, openaitest.Ollama, openaitest.VLLM, openaitest.LlamaCPP,
		} {
			for _, streamed := range []bool{false, true} {
				answer := test.answer
				answer.Stream = streamed
				s := newStage(t, openaitest.Options{Flavour: flavour})
				s.server.Queue(answer)
				got, err := s.client.Complete(t.Context(), prompt())
				if err != nil {
					t.Fatalf("%s, %s, streamed %v: %v", name, flavour, streamed, err)
				}
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("%s, %s, streamed %v: %s", name, flavour, streamed, diff)
				}
			}
		}
	}
}

// TestQuoteBack: the honest script is understood by what asks it.
func TestQuoteBack(t *testing.T) {
	s := newStage(t, openaitest.Options{})
	p := prompt()
	p.User = `{"question":"How long do refunds take?","chunks":[{"id":"c1","title":"Refunds",` +
		`"text":"We refund within 14 days. Domains are not refunded."}]}`
	got, err := s.client.Complete(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	advice, ok := openaitest.AdviceOf(got.Text)
	if !ok || !advice.Answerable || advice.Claims[0].Quote != "We refund within 14 days." {
		t.Errorf("%+v", got)
	}
}

func TestNew(t *testing.T) {
	for name, change := range map[string]func(*openai.Options){
		"base_url":    func(o *openai.Options) { o.BaseURL = text("localhost:11434/v1") },
		"model":       func(o *openai.Options) { o.Model = "" },
		"token_field": func(o *openai.Options) { o.TokenField = "tokens" },
		"api_key":     func(o *openai.Options) { o.APIKey = text("sk-zqx\nHost: evil") },
	} {
		opt := openai.Options{Model: "m"}
		change(&opt)
		_, err := openai.New(opt)
		if err == nil || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), "zqx") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := openai.New(openai.Options{Model: "m"}); err != nil {
		t.Error(err)
	}
}
