package openai

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	wire "github.com/sashabaranov/go-openai"

	"topicpilot/topics"
)

var (
	errNoEmbedding = errors.New("no embedding model is set")
	errVectors     = fmt.Errorf("%w: not one vector for each text", errUnreadable)
	errVector      = fmt.Errorf("%w: a vector is no list of numbers of the length of the others", errUnreadable)
)

// vectorAnswer is what is read of an answer with vectors.
type vectorAnswer struct {
	Data []struct {
		Index     int             `json:"index"`
		Embedding json.RawMessage `json:"embedding"`
	} `json:"data"`
	Usage *usage          `json:"usage"`
	Error json.RawMessage `json:"error"`
}

// Embed turns texts into vectors, in their order.
func (c *Client) Embed(ctx context.Context, texts []string) ([][]float32, *topics.TokenUsage, error) {
	if c.opt.EmbeddingModel == "" {
		return nil, nil, &topics.ModelError{Fault: topics.ModelRefused, Err: errNoEmbedding}
	}
	if len(texts) == 0 {
		return nil, nil, nil
	}
	body, err := json.Marshal(wire.EmbeddingRequest{
		Input: texts, Model: wire.EmbeddingModel(c.opt.EmbeddingModel),
		EncodingFormat: wire.EmbeddingEncodingFormatFloat, // not every server knows base64
	})
	if err != nil {
		return nil, nil, &topics.ModelError{Fault: topics.ModelRefused, Err: errEncode}
	}
	var vectors [][]float32
	var used *topics.TokenUsage
	err = c.do(ctx, request{method: http.MethodPost, path: "/embeddings", body: body, most: maxVectors},
		func(_ string, answer io.Reader) error {
			var err error
			vectors, used, err = readVectors(answer, len(texts))
			return err
		})
	return vectors, used, err
}

// readVectors reads an answer with n vectors. Errors as of readCompletion.
func readVectors(answer io.Reader, n int) ([][]float32, *topics.TokenUsage, error) {
	raw, err := io.ReadAll(answer)
	if err != nil {
		return nil, nil, err
	}
	var body vectorAnswer
	if json.Unmarshal(raw, &body) != nil {
		return nil, nil, errNoJSON
	}
	if failed(body.Error) {
		return nil, nil, newRefusal(0, raw)
	}
	if len(body.Data) != n {
		return nil, nil, errVectors
	}
	// A server that does not number its vectors keeps to the order of the texts.
	numbered := false
	for _, item := range body.Data {
		numbered = numbered || item.Index != 0
	}
	vectors, length := make([][]float32, n), 0
	for i, item := range body.Data {
		if numbered {
			i = item.Index
		}
		if i < 0 || i >= n || vectors[i] != nil {
			return nil, nil, errVectors
		}
		if vectors[i], err = vector(item.Embedding); err != nil {
			return nil, nil, err
		}
		if length == 0 {
			length = len(vectors[i])
		}
		if len(vectors[i]) != length {
			return nil, nil, errVector
		}
	}
	return vectors, body.Usage.tokens(), nil
}

// vector reads the numbers; null in place of one (not a number) would be read as 0.
func vector(raw json.RawMessage) ([]float32, error) {
	var numbers []float32
	if bytes.Contains(raw, []byte("null")) || json.Unmarshal(raw, &numbers) != nil || len(numbers) == 0 {
		return nil, errVector
	}
	return numbers, nil
}
