package openai

import (
	"io"
	"net/http"

	"topicpilot/topics"
)

// ReadCompletion reads an answer as Complete does.
func ReadCompletion(contentType string, answer io.Reader) (topics.Completion, error) {
	return readCompletion(contentType, answer)
}

// ReadVectors reads an answer as Embed does.
func ReadVectors(answer io.Reader, n int) ([][]float32, *topics.TokenUsage, error) {
	return readVectors(answer, n)
}

// Refused classes a refusal as the client does.
func (c *Client) Refused(status int, header http.Header, raw []byte) error {
	return c.refused(newRefusal(status, raw), header)
}

// Bounds of answers, in bytes.
const (
	MaxAnswer  = maxAnswer
	MaxRequest = maxRequest
)
