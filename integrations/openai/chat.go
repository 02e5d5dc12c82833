package openai

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	wire "github.com/sashabaranov/go-openai"

	"topicpilot/topics"
)

// temperature is low, since the answer is to keep to its sources.
const temperature = 0.2

// format is how the shape of an answer is asked for, the strictest first.
type format int

const (
	formatSchema format = iota
	formatObject
	formatNone
)

func (f format) String() string {
	switch f {
	case formatSchema:
		return string(wire.ChatCompletionResponseFormatTypeJSONSchema)
	case formatObject:
		return string(wire.ChatCompletionResponseFormatTypeJSONObject)
	}
	return "none"
}

// manner is in what way a server is asked.
type manner struct {
	format      format
	temperature bool
}

// manner gives that of the next request.
func (c *Client) manner(prompt topics.Prompt) manner {
	c.mu.Lock()
	defer c.mu.Unlock()
	m := c.takes
	if len(prompt.Schema) == 0 {
		m.format = formatNone
	}
	return m
}

// adapt learns from a refusal what the server does not take; it reports whether it makes
// sense to ask once more.
func (c *Client) adapt(err error, used manner) bool {
	refused, ok := errors.AsType[*refusal](err)
	if !ok || refused.status != http.StatusBadRequest && refused.status != http.StatusUnprocessableEntity {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case refused.about == aboutTemperature && used.temperature:
		if c.takes.temperature {
			c.log.Warn("the model's server refuses a parameter", "parameter", "temperature", "instead", "none")
		}
		c.takes.temperature = false
	case refused.about == aboutFormat && used.format != formatNone:
		if next := used.format + 1; c.takes.format < next {
			c.log.Warn("the model's server refuses a parameter",
				"parameter", "response_format", "refused", used.format.String(), "instead", next.String())
			c.takes.format = next
		}
	default:
		return false
	}
	return true
}

func (c *Client) complete(ctx context.Context, prompt topics.Prompt, m manner) (topics.Completion, error) {
	body, err := json.Marshal(c.chatRequest(prompt, m))
	if err != nil {
		return topics.Completion{}, &topics.ModelError{Fault: topics.ModelRefused, Err: errEncode}
	}
	var completion topics.Completion
	err = c.do(ctx, request{method: http.MethodPost, path: "/chat/completions", body: body, most: maxAnswer},
		func(contentType string, answer io.Reader) error {
			var err error
			completion, err = readCompletion(contentType, answer)
			return err
		})
	return completion, err
}

func (c *Client) chatRequest(prompt topics.Prompt, m manner) wire.ChatCompletionRequest {
	r := wire.ChatCompletionRequest{Model: c.opt.Model}
	system := prompt.System
	switch {
	case m.format == formatSchema:
		r.ResponseFormat = &wire.ChatCompletionResponseFormat{
			Type: wire.ChatCompletionResponseFormatTypeJSONSchema,
			JSONSchema: &wire.ChatCompletionResponseFormatJSONSchema{
				Name: prompt.SchemaName, Schema: prompt.Schema, Strict: true,
			},
		}
	case len(prompt.Schema) > 0:
		// Nothing else tells the model which JSON is wanted.
		system += "\n\nAnswer with one JSON object that fits this JSON Schema, and nothing else:\n" + string(prompt.Schema)
	}
	if m.format == formatObject {
		r.ResponseFormat = &wire.ChatCompletionResponseFormat{Type: wire.ChatCompletionResponseFormatTypeJSONObject}
	}
	if system != "" {
		r.Messages = append(r.Messages, wire.ChatCompletionMessage{Role: wire.ChatMessageRoleSystem, Content: system})
	}
	r.Messages = append(r.Messages, wire.ChatCompletionMessage{Role: wire.ChatMessageRoleUser, Content: prompt.User})
	if m.temperature {
		r.Temperature = temperature
	}
	if c.opt.TokenField == MaxCompletionTokens {
		r.MaxCompletionTokens = prompt.MaxTokens
	} else {
		r.MaxTokens = prompt.MaxTokens //nolint:staticcheck // all servers but OpenAI's know no other
	}
	return r
}
