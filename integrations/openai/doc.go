// Package openai asks language models of any server that speaks OpenAI's chat completions and
// embeddings: OpenAI itself, Ollama, vLLM, llama.cpp and gateways before them.
//
// A [Client] is topics.LanguageModel and topics.Embedder. Requests are the types of
// github.com/sashabaranov/go-openai; that module's client is not used, since its errors quote
// what the server says (and so the key or a customer's words), it reads answers of any size,
// and it does not read a stream that it has not asked for. Answers are read into structures of
// our own, which ask for no more than is needed: servers differ in the rest.
package openai
