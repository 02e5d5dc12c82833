// Package openaitest is a fake server of chat completions and embeddings, as OpenAI, Ollama,
// vLLM and llama.cpp have them. Tests and the demo run the real client against it.
//
// A program talks HTTP to a [Server]; what the model answers is a [Script]: [Quoting] is an
// honest model that quotes what it is given, [Obedient] one that obeys every instruction that
// it finds in its data. [Server.Queue] puts single answers before the script, [Server.Fail]
// makes requests go wrong, [Server.Requests] tells what was asked.
//
// It refuses what OpenAI refuses: a wrong key, an unknown model or parameter, messages that
// are none, a strict schema that is not closed, max_tokens for a reasoning model. The other
// flavours refuse less, and in the words and shapes of their own.
//
// Tokens are estimated: a token for every four bytes of UTF-8, four for each message besides.
// All methods are safe for concurrent use.
package openaitest
