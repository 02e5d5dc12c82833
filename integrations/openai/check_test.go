package openai_test

import (
	"strings"
	"testing"

	"topicpilot/integrations"
	"topicpilot/integrations/openai"
	"topicpilot/integrations/openai/openaitest"
)

// TestCheck: each slip of the setting up is told with its remedy, and costs nothing.
func TestCheck(t *testing.T) {
	for name, test := range map[string]struct {
		opt    openaitest.Options
		fault  openaitest.Fault
		change func(*openai.Options)
		down   bool
		status integrations.Status
		// wants must stand in the worst finding.
		wants []string
	}{
		"well":   {status: integrations.OK, wants: []string{"takes the key"}},
		"Ollama": {opt: openaitest.Options{Flavour: openaitest.Ollama}, status: integrations.OK, wants: []string{"no key"}},
		"Ollama's names": {
			opt:    openaitest.Options{Flavour: openaitest.Ollama, Models: []string{"llama3.2:latest"}},
			change: func(o *openai.Options) { o.Model = "llama3.2" }, status: integrations.OK, wants: []string{"no key"},
		},
		"llama.cpp": {
			opt: openaitest.Options{
				Flavour: openaitest.LlamaCPP, Models: []string{"/models/q4.gguf"}, ReasoningModels: []string{},
				EmbeddingModels: []string{},
			},
			change: func(o *openai.Options) { o.Model = "whatever" }, status: integrations.OK, wants: []string{"no key"},
		},
		"wrong key": {
			change: func(o *openai.Options) { o.APIKey = text("sk-other") },
			status: integrations.Fault, wants: []string{"refuses the key", "ai.api_key"},
		},
		"no key": {
			change: func(o *openai.Options) { o.APIKey = nil },
			status: integrations.Fault, wants: []string{"wants a key", "ai.api_key"},
		},
		"restricted key": {
			fault: openaitest.Fault{Status: 403}, status: integrations.Warning, wants: []string{"may not list"},
		},
		"no such model": {
			change: func(o *openai.Options) { o.Model = "gpt-next" },
			status: integrations.Fault, wants: []string{`no model "gpt-next"`, "ai.model", `"fake-model"`},
		},
		"no such embedding model": {
			change: func(o *openai.Options) { o.EmbeddingModel = "vectors" },
			status: integrations.Fault, wants: []string{`no model "vectors"`, "ai.embedding_model"},
		},
		"no list": {
			fault: openaitest.Fault{Status: 404}, status: integrations.Warning,
			wants: []string{"does not list", "ai.base_url", "/v1"},
		},
		"another server": {
			fault: page(200, "<html>welcome</html>"), status: integrations.Fault,
			wants: []string{"no usable answer", "ai.base_url", "/v1"},
		},
		"another object": {fault: page(200, `{"ok":true}`), status: integrations.Fault, wants: []string{"no usable answer"}},
		"redirect": {
			fault: status(301, "Location", "/x"), status: integrations.Fault, wants: []string{"301", "ai.base_url"},
		},
		"busy":     {fault: openaitest.Fault{Status: 429}, status: integrations.Warning, wants: []string{"pause"}},
		"no money": {fault: coded(429, "insufficient_quota"), status: integrations.Fault, wants: []string{"no money"}},
		"failing":  {fault: openaitest.Fault{Status: 500}, status: integrations.Fault, wants: []string{"500"}},
		"down": {
			down: true, status: integrations.Fault, wants: []string{"cannot be reached", "connection refused", "ai.base_url"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, test.opt, func(o *openai.Options) {
				if test.change != nil {
					test.change(o)
				}
			})
			if test.fault.Status != 0 || test.fault.Body != "" {
				s.server.Fail(openaitest.RouteModels, test.fault)
			}
			if test.down {
				s.server.Close()
			}
			findings := s.client.Check(t.Context())
			worst := findings[0]
			for _, f := range findings {
				if (f.Remedy == "") != (f.Status == integrations.OK) || f.Code == "" || f.Text == "" {
					t.Errorf("%+v", f)
				}
				if f.Status != integrations.OK {
					worst = f
				}
			}
			if worst.Status != test.status {
				t.Errorf("%+v", findings)
			}
			for _, want := range test.wants {
				if !strings.Contains(worst.Text+" "+worst.Remedy, want) {
					t.Errorf("no %q in %+v", want, worst)
				}
			}
			if n := s.server.Count(); n[openaitest.RouteChat]+n[openaitest.RouteEmbeddings] != 0 {
				t.Errorf("it costs: %v", n)
			}
		})
	}
}
