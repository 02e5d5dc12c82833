package openaitest

import (
	"encoding/json"
	"strings"
)

// chatBody is a request as it comes. Values that are checked by their kind stay raw.
type chatBody struct {
	Model               string           `json:"model"`
	Messages            []messageBody    `json:"messages"`
	Temperature         *float64         `json:"temperature"`
	MaxTokens           *int             `json:"max_tokens"`
	MaxCompletionTokens *int             `json:"max_completion_tokens"`
	ResponseFormat      *responseFormat  `json:"response_format"`
	Stream              bool             `json:"stream"`
	StreamOptions       *streamingOption `json:"stream_options"`
}

type messageBody struct {
	Role    string          `json:"role"`
	Content json.RawMessage `json:"content"`
}

type responseFormat struct {
	Type       string `json:"type"`
	JSONSchema *struct {
		Name   string          `json:"name"`
		Strict bool            `json:"strict"`
		Schema json.RawMessage `json:"schema"`
	} `json:"json_schema"`
}

type streamingOption struct {
	IncludeUsage bool `json:"include_usage"`
}

// text is the content, or its parts joined; false if it is neither.
func (m messageBody) text() (string, bool) {
	var text *string
	if json.Unmarshal(m.Content, &text) == nil && text != nil {
		return *text, true
	}
	var parts []struct {
		Type string `json:"type"`
		Text string `json:"text"`
	}
	if json.Unmarshal(m.Content, &parts) != nil || len(parts) == 0 {
		return "", false
	}
	var joined strings.Builder
	for _, part := range parts {
		joined.WriteString(part.Text)
	}
	return joined.String(), true
}

// describe puts the body into a Request.
func (b chatBody) describe(r *Request) {
	r.Model, r.Temperature, r.Stream = b.Model, b.Temperature, b.Stream
	r.IncludeUsage = b.StreamOptions != nil && b.StreamOptions.IncludeUsage
	var system []string
	for _, m := range b.Messages {
		text, _ := m.text()
		r.Messages = append(r.Messages, Message{Role: m.Role, Content: text})
		switch m.Role {
		case "system", "developer":
			system = append(system, text)
		case "user":
			r.User = text
		}
	}
	r.System = strings.Join(system, "\n\n")
	r.HasData = json.Unmarshal([]byte(r.User), &r.Data) == nil
	switch {
	case b.MaxCompletionTokens != nil:
		r.TokenField, r.MaxTokens = "max_completion_tokens", *b.MaxCompletionTokens
	case b.MaxTokens != nil:
		r.TokenField, r.MaxTokens = "max_tokens", *b.MaxTokens
	}
	if b.ResponseFormat == nil {
		return
	}
	r.Format = b.ResponseFormat.Type
	if schema := b.ResponseFormat.JSONSchema; schema != nil {
		r.SchemaName, r.Schema, r.Strict = schema.Name, schema.Schema, schema.Strict
	}
}
