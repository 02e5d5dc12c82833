package openaitest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"topicpilot/integrations/openai/openaitest"
)

type world struct {
	*openaitest.Server
	t   *testing.T
	key string
}

func open(t *testing.T, opt openaitest.Options) *world {
	t.Helper()
	s := openaitest.ForTest(t, opt)
	return &world{Server: s, t: t, key: s.Key()}
}

// ask sends a request and gives status and body.
func (w *world) ask(method, path, body string) (int, string) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.URL()+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	if w.key != "" {
		req.Header.Set("Authorization", "Bearer "+w.key)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, ""
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, ""
	}
	return resp.StatusCode, string(raw)
}

const hello = `"messages":[{"role":"user","content":"hello"}]`

func chat(rest string) string { return `{"model":"fake-model",` + hello + rest + `}` }

func schema(rest string) string {
	return chat(`,"response_format":{"type":"json_schema","json_schema":{` + rest + `}}`)
}

func strict(schema string) string { return `"name":"a","strict":true,"schema":` + schema }

// refused is a request and what comes of it: says stands in the answer, the code, the parameter
// or the message.
type refused struct {
	body   string
	status int
	says   string
}

func (w *world) refuse(path string, table map[string]refused) {
	w.t.Helper()
	for name, test := range table {
		status, body := w.ask("POST", path, test.body)
		if status != test.status || !strings.Contains(body, test.says) {
			w.t.Errorf("%s: %d %s", name, status, body)
		}
	}
}

// talk are messages of which the one is of the fields.
func talk(fields string) string { return `{"model":"fake-model","messages":[{` + fields + `}]}` }

// TestRefusals: what OpenAI refuses is refused, in its words, and what is just allowed is not.
func TestRefusals(t *testing.T) {
	closed := `{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}`
	list := `{"type":"object","properties":{"l":{"type":"array","items":%s}},"required":["l"],` +
		`"additionalProperties":false}`
	w := open(t, openaitest.Options{})
	w.refuse("/chat/completions", map[string]refused{
		"well":                 {chat(""), 200, `"chat.completion"`},
		"no JSON":              {"{", 400, "could not parse"},
		"no model":             {`{` + hello + `}`, 400, "model parameter"},
		"unknown model":        {`{"model":"gpt-9",` + hello + `}`, 404, `"model_not_found"`},
		"no messages":          {`{"model":"fake-model"}`, 400, `"missing_required_parameter"`},
		"empty messages":       {`{"model":"fake-model","messages":[]}`, 400, `"empty_array"`},
		"unknown key":          {chat(`,"prompt":"x"`), 400, "request argument supplied: prompt"},
		"wrong type":           {chat(`,"max_tokens":"9"`), 400, `"invalid_type"`},
		"bad role":             {talk(`"role":"bot","content":"x"`), 400, "'bot'"},
		"no role":              {talk(`"content":"x"`), 400, "messages[0].role"},
		"no content":           {talk(`"role":"user"`), 400, "messages[0].content"},
		"max_tokens 0":         {chat(`,"max_tokens":0`), 400, `"integer_below_min_value"`},
		"max_tokens 1":         {chat(`,"max_tokens":1`), 200, `"length"`},
		"both bounds":          {chat(`,"max_tokens":9,"max_completion_tokens":9`), 400, "at the same time"},
		"too warm":             {chat(`,"temperature":2.1`), 400, "temperature"},
		"warm":                 {chat(`,"temperature":2`), 200, ""},
		"bad format":           {chat(`,"response_format":{"type":"xml"}`), 400, "'xml'"},
		"object unnamed":       {chat(`,"response_format":{"type":"json_object"}`), 400, "the word 'json'"},
		"schema missing":       {chat(`,"response_format":{"type":"json_schema"}`), 400, "json_schema"},
		"schema nameless":      {schema(`"schema":` + closed), 400, "response_format.json_schema.name"},
		"schema misnamed":      {schema(`"name":"a b","schema":` + closed), 400, "pattern"},
		"schema closed":        {schema(strict(closed)), 200, ""},
		"schema lax":           {schema(`"name":"a","schema":{"type":"object"}`), 200, ""},
		"schema open":          {schema(strict(`{"type":"object","properties":{}}`)), 400, "additionalProperties"},
		"schema optional":      {schema(strict(strings.Replace(closed, `["a"]`, `[]`, 1))), 400, "Missing 'a'"},
		"schema open within":   {schema(strict(fmt.Sprintf(list, `{"type":"object"}`))), 400, "('properties', 'l''items')"},
		"schema closed within": {schema(strict(fmt.Sprintf(list, closed))), 200, ""},
		"stream options":       {chat(`,"stream_options":{}`), 400, "stream_options"},
		"reasoner's bound":     {strings.Replace(chat(`,"max_tokens":9`), "model", "reasoner", 2), 400, ""},
		"too large":            {strings.Repeat(" ", 9<<20), 413, "too large"},
	})
	w.refuse("/embeddings", map[string]refused{
		"vectors":            {`{"model":"fake-embedding","input":["a","b"]}`, 200, `"embedding"`},
		"vectors of nothing": {`{"model":"fake-embedding","input":[]}`, 400, "$.input"},
		"vector of blank":    {`{"model":"fake-embedding","input":[""]}`, 400, "$.input"},
		"vectors of null":    {`{"model":"fake-embedding","input":null}`, 400, "$.input"},
		"vectors unknown":    {`{"model":"fake-model","input":"a"}`, 404, `"model_not_found"`},
		"vectors in hex":     {`{"model":"fake-embedding","input":"a","encoding_format":"hex"}`, 400, "'hex'"},
	})
	w.refuse("/responses", map[string]refused{
		"elsewhere": {`{}`, 404, "Invalid URL"},
	})
}

// TestReasoner: a reasoning model takes neither max_tokens nor a temperature.
func TestReasoner(t *testing.T) {
	w := open(t, openaitest.Options{})
	for rest, want := range map[string]string{
		``:                            `"chat.completion"`,
		`,"max_completion_tokens":50`: `"chat.completion"`,
		`,"temperature":1`:            `"chat.completion"`,
		`,"max_tokens":50`:            `"unsupported_parameter"`,
		`,"temperature":0.2`:          `"unsupported_value"`,
	} {
		_, body := w.ask("POST", "/chat/completions", `{"model":"fake-reasoner",`+hello+rest+`}`)
		if !strings.Contains(body, want) {
			t.Errorf("%s: %s", rest, body)
		}
	}
}

// TestKeys: which flavour checks the key, and how it refuses.
func TestKeys(t *testing.T) {
	vllm := openaitest.Options{Flavour: openaitest.VLLM, Key: "k"}
	llama := openaitest.Options{Flavour: openaitest.LlamaCPP, Key: "k"}
	for name, test := range map[string]struct {
		opt    openaitest.Options
		key    string
		auth   openaitest.Auth
		status int
		says   string
	}{
		"OpenAI, right":    {openaitest.Options{}, openaitest.DefaultKey, openaitest.AuthRight, 200, ""},
		"OpenAI, wrong":    {openaitest.Options{}, "sk-x", openaitest.AuthWrong, 401, `"invalid_api_key"`},
		"OpenAI, none":     {openaitest.Options{}, "", openaitest.AuthMissing, 401, `"code":null`},
		"Ollama, any":      {openaitest.Options{Flavour: openaitest.Ollama}, "x", openaitest.AuthWrong, 200, ""},
		"vLLM, none set":   {openaitest.Options{Flavour: openaitest.VLLM}, "", openaitest.AuthMissing, 200, ""},
		"vLLM, wrong":      {vllm, "sk-x", openaitest.AuthWrong, 401, `{"error":"Unauthorized"}`},
		"llama.cpp, wrong": {llama, "sk-x", openaitest.AuthWrong, 401, `"code":401`},
	} {
		w := open(t, test.opt)
		w.key = test.key
		status, body := w.ask("POST", "/chat/completions", chat(""))
		if status != test.status || !strings.Contains(body, test.says) {
			t.Errorf("%s: %d %s", name, status, body)
		}
		r := w.Requests()[0]
		if r.Auth != test.auth || len(test.key) > 2 && strings.Contains(fmt.Sprintf("%+v", r), test.key) {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

// TestFlavours: how each server refuses a model, and which formats it does not know.
func TestFlavours(t *testing.T) {
	for flavour, want := range map[openaitest.Flavour]struct{ model, format string }{
		openaitest.OpenAI:   {`"code":"model_not_found"`, "'json_schema' is not supported"},
		openaitest.Ollama:   {"try pulling it first", "response_format"},
		openaitest.VLLM:     {`"code":404`, "response_format"},
		openaitest.LlamaCPP: {`"chat.completion"`, "but got: json_schema"},
	} {
		w := open(t, openaitest.Options{Flavour: flavour, Refuse: []string{"json_schema"}})
		if _, body := w.ask("POST", "/chat/completions", `{"model":"gpt-9",`+hello+`}`); !strings.Contains(body, want.model) {
			t.Errorf("%s: %s", flavour, body)
		}
		status, body := w.ask("POST", "/chat/completions", schema(`"name":"a","schema":{}`))
		if status != 400 || !strings.Contains(body, want.format) {
			t.Errorf("%s: %d %s", flavour, status, body)
		}
		if status, body := w.ask("GET", "/models", ""); status != 200 || !strings.Contains(body, `"fake-embedding"`) {
			t.Errorf("%s: %d %s", flavour, status, body)
		}
		if status, _ := w.ask("GET", "/models/fake-model", ""); status != 200 {
			t.Errorf("%s: %d", flavour, status)
		}
		if status, _ := w.ask("GET", "/models/gpt-9", ""); status != 404 {
			t.Errorf("%s: %d", flavour, status)
		}
	}
	w := open(t, openaitest.Options{Flavour: openaitest.LlamaCPP, EmbeddingModels: []string{}})
	if status, body := w.ask("POST", "/embeddings", `{"model":"x","input":"a"}`); status != 501 {
		t.Errorf("%d %s", status, body)
	}
}

// TestUsage: the estimate as it is documented, and a cut where the request ends.
func TestUsage(t *testing.T) {
	w := open(t, openaitest.Options{})
	w.Queue(openaitest.Answer{Text: "абвгд"})
	_, body := w.ask("POST", "/chat/completions", chat(`,"max_tokens":2`))
	var got struct {
		Choices []struct {
			Message struct{ Content string }
			Finish  string `json:"finish_reason"`
		}
		Usage struct {
			Prompt     int `json:"prompt_tokens"`
			Completion int `json:"completion_tokens"`
			Total      int `json:"total_tokens"`
		}
	}
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatal(err)
	}
	if c := got.Choices[0]; c.Message.Content != "абвг" || c.Finish != "length" {
		t.Errorf("%+v", c)
	}
	// "hello" are 2 tokens and 4 for its message.
	if u := got.Usage; u.Prompt != 6 || u.Completion != 2 || u.Total != 8 {
		t.Errorf("%+v", u)
	}
}

// TestStream: events that end with usage, if that was asked for, and the mark of the end.
func TestStream(t *testing.T) {
	for include, want := range map[bool]int{false: 0, true: 1} {
		w := open(t, openaitest.Options{})
		w.Queue(openaitest.Answer{Text: strings.Repeat("слово ", 9)})
		status, body := w.ask("POST", "/chat/completions",
			chat(fmt.Sprintf(`,"stream":true,"stream_options":{"include_usage":%v}`, include)))
		if status != 200 || !strings.HasSuffix(body, "\n\ndata: [DONE]\n\n") ||
			strings.Count(body, `"prompt_tokens":`) != want || strings.Count(body, "data: ") < 7 ||
			strings.Contains(body, `"usage":null`) != include {
			t.Errorf("%v: %d %s", include, status, body)
		}
	}
}

// TestNothingKept: a server that runs for long keeps nothing.
func TestNothingKept(t *testing.T) {
	w := open(t, openaitest.Options{Keep: -1})
	few := open(t, openaitest.Options{Keep: 2})
	for range 3 {
		w.ask("POST", "/chat/completions", chat(""))
		few.ask("POST", "/chat/completions", chat(""))
	}
	if len(w.Requests()) != 0 || len(w.Exchanges()) != 0 || w.Count()[openaitest.RouteChat] != 3 {
		t.Error(w.Requests(), w.Count())
	}
	if len(few.Requests()) != 2 || len(few.Exchanges()) != 2 {
		t.Error(len(few.Requests()))
	}
}

// FuzzServer: whatever comes is answered with JSON, and the scripts stand any data.
func FuzzServer(f *testing.F) {
	f.Add(chat(`,"max_tokens":5`))
	f.Add(talk(`"role":"user","content":[{"type":"text","text":"{\"question\":\"say: hi\"}"}]`))
	f.Add(talk(`"role":"user","content":"{\"question\":\"a b\",\"chunks\":[{\"text\":\"a b. c d of it\"}]}"`))
	server := openaitest.New(openaitest.Options{Script: openaitest.Obedient(), Keep: -1})
	handler := server.Handler()
	f.Fuzz(func(t *testing.T, body string) {
		for _, path := range []string{"/v1/chat/completions", "/v1/embeddings"} {
			w := &recorder{header: http.Header{}}
			req, err := http.NewRequestWithContext(t.Context(), "POST", path, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer "+openaitest.DefaultKey)
			handler.ServeHTTP(w, req)
			stream := w.header.Get("Content-Type") == "text/event-stream"
			if w.status == 0 || !stream && !json.Valid([]byte(w.body.String())) {
				t.Errorf("%d %s", w.status, w.body.String())
			}
		}
	})
}

type recorder struct {
	header http.Header
	status int
	body   strings.Builder
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(p []byte) (int, error) { return r.body.Write(p) }
