package openai_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"

	"topicpilot/integrations/openai"
	"topicpilot/integrations/openai/openaitest"
	"topicpilot/topics"
)

type text string

func (t text) Reveal() string { return string(t) }

// adviceSchema is closed, as a strict schema has to be.
const adviceSchema = `{"type":"object","additionalProperties":false,"required":["answerable","answer","claims"],` +
	`"properties":{"answerable":{"type":"boolean"},"answer":{"type":"string"},"claims":{"type":"array","items":` +
	`{"type":"object","additionalProperties":false,"required":["text","chunk","quote"],"properties":` +
	`{"text":{"type":"string"},"chunk":{"type":"string"},"quote":{"type":"string"}}}}}}`

func prompt() topics.Prompt {
	return topics.Prompt{
		System: "Answer from the chunks.", User: `{"question":"How long do refunds take?"}`,
		SchemaName: "advice", Schema: []byte(adviceSchema), MaxTokens: 200,
	}
}

// stage is a fake server and a client of it.
type stage struct {
	server *openaitest.Server
	client *openai.Client
	log    *syncBuffer
}

// syncBuffer collects a log.
type syncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func newStage(t *testing.T, opt openaitest.Options, change ...func(*openai.Options)) *stage {
	t.Helper()
	s := &stage{server: openaitest.ForTest(t, opt), log: &syncBuffer{}}
	s.client = s.newClient(t, change...)
	return s
}

func (s *stage) newClient(t *testing.T, change ...func(*openai.Options)) *openai.Client {
	t.Helper()
	opt := openai.Options{
		BaseURL: text(s.server.URL()), APIKey: text(s.server.Key()), Model: openaitest.DefaultModel,
		EmbeddingModel: openaitest.DefaultEmbeddingModel,
		Log:            slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, c := range change {
		c(&opt)
	}
	client, err := openai.New(opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// last is the request that the server got last.
func (s *stage) last(t *testing.T) openaitest.Request {
	t.Helper()
	all := s.server.Requests()
	if len(all) == 0 {
		t.Fatal("no request")
	}
	return all[len(all)-1]
}

// outcome names an error by what a caller does about it.
func outcome(err error) string {
	failed, ok := errors.AsType[*topics.ModelError](err)
	if !ok {
		return fmt.Sprint(err)
	}
	text := string(failed.Fault)
	if failed.RetryAfter > 0 {
		text += " " + failed.RetryAfter.String()
	}
	if failed.Sent {
		text += " sent"
	}
	return text
}
