package advice

import (
	"context"
	"errors"

	"topicpilot/topics"
)

// MeteredEmbedder is what package knowledge embeds with. It may be used concurrently.
type MeteredEmbedder struct {
	meter    *Meter
	embedder topics.Embedder
}

// Embedder makes an embedder whose calls are metered.
func (m *Meter) Embedder(embedder topics.Embedder) *MeteredEmbedder {
	return &MeteredEmbedder{meter: m, embedder: embedder}
}

// EmbeddingModel names the model.
func (e *MeteredEmbedder) EmbeddingModel() string { return e.embedder.EmbeddingModel() }

var errVectors = errors.New("not one vector for each text, all of one length")

// Embed turns texts into vectors within the budget of conv; errors as of Meter.Complete. The
// articles, which are of no topic, leave half of the day's budget to answers.
func (e *MeteredEmbedder) Embed(
	ctx context.Context, conv topics.Conversation, texts []string,
) ([][]float32, error) {
	if len(texts) == 0 {
		return nil, nil
	}
	most := topics.TokenUsage{Input: messageTokens}
	for _, text := range texts {
		most.Input += EstimateTokens(text)
	}
	limits := e.meter.o.Limits
	if conv == (topics.Conversation{}) && limits.Day > 0 {
		limits.Day = max(limits.Day/2, 1) // 0 would be no limit
	}
	var vectors [][]float32
	_, err := e.meter.call(ctx, &call{
		kind: callEmbedding, conv: conv, breaker: &e.meter.embeddings, most: most, limits: limits,
		send: func(ctx context.Context) (told *topics.TokenUsage, guess topics.TokenUsage, err error) {
			vectors, told, err = e.embedder.Embed(ctx, texts)
			if err == nil && !fits(vectors, len(texts)) {
				err = &topics.ModelError{Fault: topics.ModelUnreadable, Sent: true, Err: errVectors}
			}
			return told, most, err
		},
	})
	if err != nil {
		return nil, err
	}
	return vectors, nil
}

func fits(vectors [][]float32, n int) bool {
	if len(vectors) != n {
		return false
	}
	for _, v := range vectors {
		if len(v) == 0 || len(v) != len(vectors[0]) {
			return false
		}
	}
	return true
}
