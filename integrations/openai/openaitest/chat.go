package openaitest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"unicode/utf8"
)

const (
	eventStream = "text/event-stream"
	// bytesPerToken and tokensPerMessage are the estimate of tokens.
	bytesPerToken    = 4
	tokensPerMessage = 4
	// pieceOfStream is how many letters an event of a stream brings.
	pieceOfStream = 12
)

// Tokens is the estimate for a text, as usage counts it.
func Tokens(text string) int { return (len(text) + bytesPerToken - 1) / bytesPerToken }

func (s *Server) chat(request Request, raw []byte) (*reply, *Fault) {
	var body chatBody
	if refused := s.checkChat(raw, &body); refused != nil {
		return s.refusal(refused), nil
	}
	answer := s.answer(request)
	if answer.Refusal != "" {
		answer.Null = true
	}
	s.limit(&answer, request)
	if request.Stream || answer.Stream {
		return s.stream(request, answer), answer.Fault
	}
	message := map[string]any{"role": "assistant", "content": content(answer)}
	choice := map[string]any{"index": 0, "message": message, "finish_reason": answer.Finish}
	completion := s.envelope("chat.completion", request.Model)
	completion["choices"] = []any{choice}
	if used := s.usage(request, answer); used != nil {
		completion["usage"] = used
	}
	if answer.Refusal != "" || s.opt.Flavour == OpenAI || s.opt.Flavour == VLLM {
		message["refusal"] = orNil(answer.Refusal)
	}
	switch s.opt.Flavour {
	case OpenAI:
		message["annotations"], choice["logprobs"] = []any{}, nil
	case VLLM:
		message["reasoning_content"], message["tool_calls"] = nil, []any{}
		choice["logprobs"], choice["stop_reason"] = nil, nil
	case LlamaCPP:
		completion["timings"] = map[string]any{"predicted_ms": 1.5}
	}
	return jsonReply(http.StatusOK, completion), answer.Fault
}

func orNil(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func content(answer Answer) any {
	if answer.Null {
		return nil
	}
	return answer.Text
}

// limit cuts an answer that is longer than the request allows, and sets how it ended.
func (s *Server) limit(answer *Answer, request Request) {
	if answer.Finish != "" {
		return
	}
	answer.Finish = "stop"
	most := request.MaxTokens
	if s.opt.Flavour == Ollama && request.TokenField != "max_tokens" {
		most = 0 // it does not know the other field
	}
	if most <= 0 || Tokens(answer.Text) <= most {
		return
	}
	end := most * bytesPerToken
	for end > 0 && !utf8.RuneStart(answer.Text[end]) {
		end--
	}
	answer.Text, answer.Finish = answer.Text[:end], "length"
}

// envelope is what an answer and each event of a stream have in common.
func (s *Server) envelope(object, model string) map[string]any {
	s.mu.Lock()
	id := fmt.Sprintf("chatcmpl-%d", s.total)
	s.mu.Unlock()
	body := map[string]any{"id": id, "object": object, "created": s.opt.Now().Unix(), "model": model}
	switch s.opt.Flavour {
	case OpenAI:
		body["service_tier"], body["system_fingerprint"] = "default", "fp_fake"
	case Ollama:
		body["system_fingerprint"] = "fp_ollama"
	case LlamaCPP:
		body["system_fingerprint"] = "b6000-fake"
	}
	return body
}

// usage counts the tokens of an answer, nil for an answer without.
func (s *Server) usage(request Request, answer Answer) map[string]any {
	if answer.NoUsage {
		return nil
	}
	used := answer.Usage
	if used == nil {
		used = &Usage{Completion: max(1, Tokens(answer.Text+answer.Refusal))}
		for _, m := range request.Messages {
			used.Prompt += Tokens(m.Content) + tokensPerMessage
		}
		used.Total = used.Prompt + used.Completion
	}
	if used.Prompt == 0 && used.Completion == 0 {
		return map[string]any{"total_tokens": used.Total}
	}
	body := map[string]any{
		"prompt_tokens": used.Prompt, "completion_tokens": used.Completion, "total_tokens": used.Total,
	}
	if s.opt.Flavour == OpenAI {
		body["prompt_tokens_details"] = map[string]any{"cached_tokens": 0, "audio_tokens": 0}
		body["completion_tokens_details"] = map[string]any{
			"reasoning_tokens": 0, "audio_tokens": 0, "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0,
		}
	}
	return body
}

// stream answers with events.
func (s *Server) stream(request Request, answer Answer) *reply {
	var out bytes.Buffer
	withUsage := request.IncludeUsage || !request.Stream
	chunk := s.envelope("chat.completion.chunk", request.Model)
	send := func(choices []any, used any) {
		chunk["choices"] = choices
		if delete(chunk, "usage"); withUsage && (used != nil || request.IncludeUsage) {
			chunk["usage"] = used
		}
		fmt.Fprintf(&out, "data: %s\n\n", encode(chunk))
	}
	part := func(delta map[string]any, finish any) []any {
		choice := map[string]any{"index": 0, "delta": delta, "finish_reason": finish}
		if s.opt.Flavour == OpenAI || s.opt.Flavour == VLLM {
			choice["logprobs"] = nil
		}
		return []any{choice}
	}
	send(part(map[string]any{"role": "assistant", "content": ""}, nil), nil)
	for _, piece := range pieces(answer.Text) {
		send(part(map[string]any{"content": piece}, nil), nil)
	}
	for _, piece := range pieces(answer.Refusal) {
		send(part(map[string]any{"refusal": piece}, nil), nil)
	}
	if !answer.CutStream {
		send(part(map[string]any{}, answer.Finish), nil)
		if used := s.usage(request, answer); withUsage && used != nil {
			send([]any{}, used)
		}
		out.WriteString("data: [DONE]\n\n")
	}
	return &reply{status: http.StatusOK, header: http.Header{"Content-Type": {eventStream}}, body: out.Bytes()}
}

func pieces(text string) []string {
	var all []string
	for letters := []rune(text); len(letters) > 0; {
		n := min(pieceOfStream, len(letters))
		all, letters = append(all, string(letters[:n])), letters[n:]
	}
	return all
}

// events are the objects of a stream that was sent.
func events(body []byte) []json.RawMessage {
	list := []json.RawMessage{}
	for line := range bytes.Lines(body) {
		data, ok := bytes.CutPrefix(bytes.TrimSpace(line), []byte("data: "))
		if ok && json.Valid(data) {
			list = append(list, json.RawMessage(data))
		}
	}
	return list
}
