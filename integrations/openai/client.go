package openai

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"topicpilot/integrations"
	"topicpilot/topics"
)

var (
	_ topics.LanguageModel = (*Client)(nil)
	_ topics.Embedder      = (*Client)(nil)
)

// The fields that may bound an answer.
const (
	// MaxTokens is what all servers know but OpenAI's reasoning models.
	MaxTokens = "max_tokens"
	// MaxCompletionTokens is what OpenAI wants, and its reasoning models demand.
	MaxCompletionTokens = "max_completion_tokens"
)

// Options configure a Client.
type Options struct {
	// BaseURL is the server's address with its path, mostly /v1; default OpenAI's. It may
	// hold a secret, and is never shown.
	BaseURL integrations.Revealer
	// APIKey is sent as a bearer token; nil or empty for servers without keys.
	APIKey integrations.Revealer
	// Model answers prompts.
	Model string
	// EmbeddingModel makes vectors; "" for none.
	EmbeddingModel string
	// TokenField is MaxTokens (the default) or MaxCompletionTokens.
	TokenField string
	// Setting is where this stands in the settings, for remedies; default "ai".
	Setting string
	Log     *slog.Logger
	// Now is the clock, default time.Now.
	Now func() time.Time
}

const (
	defaultURL  = "https://api.openai.com/v1"
	dialTimeout = 10 * time.Second
	// maxConnections is above the topics that are worked on at once: whoever waits for a
	// connection spends the time of his call.
	maxConnections = 32
	maxIdle        = 8
)

// Client talks to one server. It may be used concurrently. A call ends with its context and
// has no other limit of time: the first answer of a local model may take minutes.
type Client struct {
	opt  Options
	base *url.URL
	key  string
	http *http.Client
	log  *slog.Logger

	mu sync.Mutex
	// takes is what the server has not refused so far.
	takes manner
}

var (
	errURL   = errors.New("openai: base_url must be an address such as https://api.openai.com/v1")
	errModel = errors.New("openai: model is missing")
	errField = errors.New("openai: token_field must be max_tokens or max_completion_tokens")
	errKey   = errors.New("openai: api_key must be one line of visible ASCII characters")
)

// New makes a client. It does not use the network: what the server says of the settings is
// told by Check.
func New(opt Options) (*Client, error) {
	address := reveal(opt.BaseURL)
	if address == "" {
		address = defaultURL
	}
	base, err := url.Parse(address)
	key := reveal(opt.APIKey)
	switch {
	case err != nil || base.Hostname() == "" || base.Scheme != "https" && base.Scheme != "http":
		return nil, errURL // url's own error quotes the address
	case opt.Model == "":
		return nil, errModel
	case strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }):
		return nil, errKey
	}
	switch opt.TokenField {
	case "":
		opt.TokenField = MaxTokens
	case MaxTokens, MaxCompletionTokens:
	default:
		return nil, errField
	}
	if opt.Setting == "" {
		opt.Setting = "ai"
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.Now == nil {
		opt.Now = time.Now
	}
	return &Client{
		opt: opt, base: base, key: key, http: newHTTPClient(), log: opt.Log,
		takes: manner{format: formatSchema, temperature: true},
	}, nil
}

func reveal(text integrations.Revealer) string {
	if text == nil {
		return ""
	}
	return text.Reveal()
}

// Close drops idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// EmbeddingModel names the model of Embed, "" for none.
func (c *Client) EmbeddingModel() string { return c.opt.EmbeddingModel }

// Complete asks the model. A server that refuses an answer format or the temperature is asked
// once more without it, and never again with it: no other request is repeated.
func (c *Client) Complete(ctx context.Context, prompt topics.Prompt) (topics.Completion, error) {
	for {
		used := c.manner(prompt)
		completion, err := c.complete(ctx, prompt, used)
		if err == nil || !c.adapt(err, used) {
			return completion, err
		}
	}
}

func newHTTPClient() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            (&net.Dialer{Timeout: dialTimeout}).DialContext,
			TLSHandshakeTimeout:    10 * time.Second,
			MaxIdleConnsPerHost:    maxIdle,
			MaxConnsPerHost:        maxConnections,
			IdleConnTimeout:        30 * time.Second,
			MaxResponseHeaderBytes: 64 << 10,
			ForceAttemptHTTP2:      true,
		},
		// Key and prompt must not follow to another address.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
