package app

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"topicpilot/config"
	"topicpilot/integrations/openai"
	"topicpilot/topics"
	"topicpilot/topics/advice"
	"topicpilot/topics/knowledge"
)

// AdvisorOptions are what a user of the advisor adds to the settings; each may be nil.
type AdvisorOptions struct {
	// Tokens keeps the day's budget; nil spends none, as evaluations and tools do.
	Tokens topics.TokenStore
	// Vectors keeps the vectors of articles over restarts; nil makes them anew.
	Vectors topics.VectorStore
	// Observe is told of each call of a model.
	Observe func(kind, outcome string, used topics.TokenUsage, took time.Duration)
	// Before stands before the model that answers.
	Before func(topics.LanguageModel) topics.LanguageModel
	// BeforeVectors stands before the model that makes vectors.
	BeforeVectors func(knowledge.Embedder) knowledge.Embedder
	Log           *slog.Logger
	Now           func() time.Time
}

// Advisor is the team's knowledge with what answers from it.
type Advisor struct {
	// Knowledge is empty until it is loaded or run.
	Knowledge *knowledge.Base
	// Advice is nil where ai.model is empty.
	Advice *advice.Advisor
	// Meter stands before all calls, and Client makes them; nil where the settings name
	// no model.
	Meter  *advice.Meter
	Client *openai.Client
}

// NewAdvisor builds the advisor of the settings. It uses neither network nor files yet.
func NewAdvisor(cfg config.AI, o AdvisorOptions) (*Advisor, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	a := &Advisor{}
	base := knowledge.Options{Folders: cfg.Knowledge, Vectors: o.Vectors, Log: o.Log, Now: o.Now}
	if cfg.Model != "" || cfg.EmbeddingModel != "" {
		client, err := modelClient(cfg, o)
		if err != nil {
			return nil, err
		}
		a.Client, a.Meter = client, advice.NewMeter(meterOptions(cfg, o))
	}
	if cfg.EmbeddingModel != "" {
		base.Embedder = a.Meter.Embedder(a.Client)
		if o.BeforeVectors != nil {
			base.Embedder = o.BeforeVectors(base.Embedder)
		}
	}
	a.Knowledge = knowledge.New(base)
	if cfg.Model == "" {
		return a, nil
	}
	var model topics.LanguageModel = a.Client
	if o.Before != nil {
		model = o.Before(model)
	}
	a.Advice = advice.New(advice.Options{
		Model: model, Meter: a.Meter, Knowledge: a.Knowledge, MaxAnswerTokens: cfg.MaxAnswerTokens,
		Threshold: cfg.Threshold, Mask: cfg.Mask, Log: o.Log, Now: o.Now,
	})
	return a, nil
}

// Read reads the knowledge once, and makes its vectors where there is an embedding model.
// What cannot be read is in the report; an error is that of the model or ctx's.
func (a *Advisor) Read(ctx context.Context) (knowledge.Report, error) {
	if _, err := a.Knowledge.Load(ctx); err != nil {
		return knowledge.Report{}, err
	}
	err := a.Knowledge.MakeVectors(ctx)
	return a.Knowledge.Report(), err
}

// Close drops idle connections.
func (a *Advisor) Close() {
	if a.Client != nil {
		a.Client.Close()
	}
}

func modelClient(cfg config.AI, o AdvisorOptions) (*openai.Client, error) {
	model := cfg.Model
	if model == "" {
		model = cfg.EmbeddingModel // nothing is ever asked of it but vectors
	}
	client, err := openai.New(openai.Options{
		BaseURL: cfg.BaseURL, APIKey: cfg.APIKey, Model: model, EmbeddingModel: cfg.EmbeddingModel,
		TokenField: cfg.TokenField, Log: o.Log, Now: o.Now,
	})
	if err != nil {
		return nil, fmt.Errorf("ai: %w", err)
	}
	return client, nil
}

func meterOptions(cfg config.AI, o AdvisorOptions) advice.MeterOptions {
	options := advice.MeterOptions{
		Tokens: o.Tokens, Timeout: cfg.Timeout, Observe: o.Observe, Log: o.Log, Now: o.Now,
	}
	if o.Tokens != nil {
		options.Limits = limitsOf(cfg)
	}
	return options
}

func limitsOf(cfg config.AI) topics.TokenLimits {
	return topics.TokenLimits{Day: cfg.Budget.TokensPerDay, TopicDay: cfg.Budget.TokensPerTopicPerDay}
}
