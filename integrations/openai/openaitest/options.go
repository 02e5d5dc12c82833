package openaitest

import (
	"slices"
	"time"
)

// The key and the models of a server that is made without options.
const (
	DefaultKey            = "sk-FakeKeyForTestsOnly0123456789"
	DefaultModel          = "fake-model"
	DefaultReasoningModel = "fake-reasoner"
	DefaultEmbeddingModel = "fake-embedding"
)

// Flavour is the server that is played.
type Flavour string

// The flavours.
const (
	// OpenAI demands a key and checks everything.
	OpenAI Flavour = "openai"
	// Ollama takes any key, completes model names with ":latest" and knows max_tokens alone.
	Ollama Flavour = "ollama"
	// VLLM has numeric codes, and checks the key where one is set.
	VLLM Flavour = "vllm"
	// LlamaCPP has numeric codes, checks the key where one is set and answers whatever the
	// model is called.
	LlamaCPP Flavour = "llama.cpp"
)

// Options configure a Server; the zero value is ready for tests.
type Options struct {
	// Flavour is OpenAI by default.
	Flavour Flavour
	// Key is what requests must carry; OpenAI's default is DefaultKey, the others' none.
	Key string
	// Models, ReasoningModels and EmbeddingModels are there; nil for the defaults.
	Models          []string
	ReasoningModels []string
	EmbeddingModels []string
	// Dimension of the vectors, default 256.
	Dimension int
	// Script answers, default Quoting.
	Script Script
	// Refuse names what the server does not know: "json_schema", "json_object", "temperature".
	Refuse []string
	// Keep bounds what Requests and Exchanges return, default 1,000; negative: nothing is kept.
	Keep int
	// Now gives the times of answers, default time.Now.
	Now func() time.Time
}

func (o Options) withDefaults() Options {
	if o.Flavour == "" {
		o.Flavour = OpenAI
	}
	if o.Key == "" && o.Flavour == OpenAI {
		o.Key = DefaultKey
	}
	if o.Models == nil {
		o.Models = []string{DefaultModel}
	}
	if o.ReasoningModels == nil {
		o.ReasoningModels = []string{DefaultReasoningModel}
	}
	if o.EmbeddingModels == nil {
		o.EmbeddingModels = []string{DefaultEmbeddingModel}
	}
	if o.Dimension <= 0 {
		o.Dimension = 256
	}
	if o.Script == nil {
		o.Script = Quoting()
	}
	if o.Keep == 0 {
		o.Keep = 1000
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// known reports whether a list has the model, under the flavour's rules for names.
func (o Options) known(model string, list []string) bool {
	return slices.Contains(list, model) ||
		o.Flavour == Ollama && slices.Contains(list, model+":latest") ||
		o.Flavour == LlamaCPP && model != "" && len(list) > 0
}
