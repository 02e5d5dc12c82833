package config

import "time"

// AI is the advisor; an empty Model leaves it off.
type AI struct {
	BaseURL         URL           `koanf:"base_url" default:"https://api.openai.com/v1"`
	APIKey          Secret        `koanf:"api_key"`
	Model           string        `koanf:"model"`
	EmbeddingModel  string        `koanf:"embedding_model"`
	Mode            string        `koanf:"mode" default:"ask" enum:"off|ask|draft|reply"`
	Call            []string      `koanf:"call" default:"ai"`
	Knowledge       []string      `koanf:"knowledge" default:"./knowledge"`
	Budget          Budget        `koanf:"budget"`
	Debounce        time.Duration `koanf:"debounce" default:"5s" min:"0s" max:"10m"`
	Timeout         time.Duration `koanf:"timeout" default:"30s" min:"1ms" max:"10m"`
	TokenField      string        `koanf:"token_field" default:"max_tokens" enum:"max_tokens|max_completion_tokens"`
	MaxAnswerTokens int           `koanf:"max_answer_tokens" default:"800" min:"1"`
	Threshold       float64       `koanf:"threshold" default:"0.5" min:"0" max:"1"`
	Mask            bool          `koanf:"mask" default:"true"`
	ReplyTo         string        `koanf:"reply_to" default:"addressed" enum:"addressed|all"`
	QuietAfterHuman time.Duration `koanf:"quiet_after_human" default:"30m" min:"0s"`
	Prices          Prices        `koanf:"prices"`
}

// Budget bounds the tokens used in one UTC day.
type Budget struct {
	TokensPerDay         int64 `koanf:"tokens_per_day" default:"200000" min:"0"`
	TokensPerTopicPerDay int64 `koanf:"tokens_per_topic_per_day" default:"20000" min:"0"`
}

// Prices are per million tokens, in Currency.
type Prices struct {
	InputPerMillion  float64 `koanf:"input_per_million" default:"0" min:"0"`
	OutputPerMillion float64 `koanf:"output_per_million" default:"0" min:"0"`
	Currency         string  `koanf:"currency" default:"USD"`
}
