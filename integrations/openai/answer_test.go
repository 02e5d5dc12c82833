package openai_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"pgregory.net/rapid"

	"topicpilot/integrations/openai"
	"topicpilot/topics"
)

// chunkOf is one event of a stream.
func chunkOf(piece string) string {
	return `{"choices":[{"index":0,"delta":{"content":` + quote(piece) + `},"finish_reason":null}],"usage":null}`
}

func quote(text string) string {
	raw, _ := json.Marshal(text)
	return string(raw)
}

// TestStreamIsTheSame: an answer is read as the same, however it is cut into events, lines and
// reads.
func TestStreamIsTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pieces := rapid.SliceOf(rapid.String()).Draw(t, "pieces")
		finish := rapid.SampledFrom([]string{"stop", "length", "content_filter"}).Draw(t, "finish")
		input, output := rapid.Int64Range(1, 9999).Draw(t, "input"), rapid.Int64Range(0, 9999).Draw(t, "output")
		end := rapid.SampledFrom([]string{"\n\n", "\r\n\r\n", "\n", "\n: ping\n\n", "\nevent: x\nid: 1\n\n"}).Draw(t, "end")
		field := rapid.SampledFrom([]string{"data: ", "data:"}).Draw(t, "field")
		var body strings.Builder
		for _, piece := range pieces {
			body.WriteString(field + chunkOf(piece) + end)
		}
		usage := fmt.Sprintf(`{"prompt_tokens":%d,"completion_tokens":%d}`, input, output)
		fmt.Fprintf(&body, `%s{"choices":[{"index":0,"delta":{},"finish_reason":%q}]}%s`, field, finish, end)
		fmt.Fprintf(&body, `%s{"choices":[],"usage":%s}%s`, field, usage, end)
		if rapid.Bool().Draw(t, "done") {
			body.WriteString(field + "[DONE]" + rapid.SampledFrom([]string{"", end}).Draw(t, "last"))
		}
		whole := fmt.Sprintf(`{"choices":[{"message":{"content":%s},"finish_reason":%q}],"usage":%s}`,
			quote(strings.Join(pieces, "")), finish, usage)
		want, err := openai.ReadCompletion("application/json", strings.NewReader(whole))
		if err != nil {
			t.Fatal(err)
		}
		got, err := openai.ReadCompletion("text/event-stream; charset=utf-8",
			iotest.OneByteReader(strings.NewReader(body.String())))
		if err != nil || got.Text != want.Text || got.Finish != want.Finish || *got.Usage != *want.Usage {
			t.Fatalf("%+v, %v, want %+v:\n%s", got, err, want, body.String())
		}
	})
}

// TestStreamHeldOpen: what comes after the end of a stream is not waited for.
func TestStreamHeldOpen(t *testing.T) {
	body := "data: " + chunkOf("yes") + "\n\ndata: [DONE]\n"
	got, err := openai.ReadCompletion("text/event-stream", &endless{from: strings.NewReader(body), t: t})
	if err != nil || got.Text != "yes" {
		t.Error(got, err)
	}
}

// endless fails the test when it is read beyond its text.
type endless struct {
	from *strings.Reader
	t    *testing.T
}

func (e *endless) Read(p []byte) (int, error) {
	if e.from.Len() == 0 {
		e.t.Error("read after the end")
	}
	return e.from.Read(p[:1])
}

// TestLateError: an error of reading is told as such, not as an answer.
func TestLateError(t *testing.T) {
	lost := errors.New("lost")
	for _, kind := range []string{"application/json", "text/event-stream"} {
		body := "data: " + chunkOf("yes") + "\n\n"
		if kind == "application/json" {
			body = `{"choices":[{"message":{"content":"yes"}}]}`
		}
		_, err := openai.ReadCompletion(kind, &failing{strings.NewReader(body), lost})
		if !errors.Is(err, lost) {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

// failing ends with an error.
type failing struct {
	from *strings.Reader
	err  error
}

func (f *failing) Read(p []byte) (int, error) {
	n, err := f.from.Read(p)
	if err != nil {
		err = f.err
	}
	return n, err
}

// FuzzAnswer: any answer gives a completion or an error that quotes none of it.
func FuzzAnswer(f *testing.F) {
	f.Add(false, `{"choices":[{"message":{"content":"yes"},"finish_reason":"stop"}],"usage":{"total_tokens":3}}`)
	f.Add(false, `{"choices":[{"message":{"content":[{"type":"text","text":"a"}],"refusal":null}}]}`)
	f.Add(false, `{"error":{"message":"no","type":"server_error","code":503}}`)
	f.Add(true, "data: "+chunkOf("yes")+"\n\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":1}}\n\ndata: [DONE]\n\n")
	f.Add(true, ": ping\r\n\r\nevent: x\r\ndata:{\"error\":\"no\"}\r\n\r\n")
	f.Fuzz(func(t *testing.T, stream bool, body string) {
		kind := "application/json"
		if stream {
			kind = "text/event-stream"
		}
		got, err := openai.ReadCompletion(kind, strings.NewReader(body))
		if err != nil {
			if got != (topics.Completion{}) || !plain.MatchString(strings.ToLower(err.Error())) {
				t.Errorf("%+v, %v", got, err)
			}
			return
		}
		if len(got.Finish) > 32 || !utf8.ValidString(got.Text) || !utf8.ValidString(got.Refusal) {
			t.Errorf("%+v", got)
		}
		if got.Usage != nil && (got.Usage.Input < 0 || got.Usage.Output < 0 || got.Usage.Total() <= 0) {
			t.Errorf("%+v", got.Usage)
		}
	})
}

// plain is a text of our own, with a code or type at most.
var plain = regexp.MustCompile(`^[a-z0-9_ :,'()-]{1,200}$`)

// FuzzRefusal: any refusal is classed, and its error holds none of the server's sentences.
func FuzzRefusal(f *testing.F) {
	f.Add(429, "3", `{"error":{"message":"slow down","type":"rate_limit_error","param":null,"code":"rate_limit"}}`)
	f.Add(401, "", `{"error":"Unauthorized"}`)
	f.Add(400, "Sun, 01 Mar 2026 12:00:09 GMT", `{"error":{"code":400,"message":"failed to parse grammar"}}`)
	f.Add(422, "-1", `{"detail":[{"loc":["body","temperature"],"msg":"no"}]}`)
	f.Add(502, "1e99", `<html>Bad Gateway</html>`)
	client, err := openai.New(openai.Options{Model: "m", APIKey: text("sk-key")})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, status int, after, body string) {
		status = 300 + (status%300+300)%300
		err := client.Refused(status, http.Header{"Retry-After": {after}}, []byte(body))
		failed, ok := errors.AsType[*topics.ModelError](err)
		if !ok || failed.Fault == "" || failed.RetryAfter < 0 || !plain.MatchString(strings.ToLower(err.Error())) {
			t.Errorf("%v", err)
		}
		if failed.RetryAfter > 0 && failed.Fault != topics.ModelBusy {
			t.Errorf("%v with a pause of %s", err, failed.RetryAfter)
		}
		if ok && status < 500 && status != http.StatusRequestTimeout && failed.Sent {
			t.Errorf("%v counts as sent", err)
		}
	})
}

// TestUsage: whatever a server says to have spent, its answer is not lost, and what cannot be
// believed counts as not said.
func TestUsage(t *testing.T) {
	for usage, want := range map[string]*topics.TokenUsage{
		`{"prompt_tokens":12,"completion_tokens":3}`:                   {Input: 12, Output: 3},
		`{"prompt_tokens":12.0,"completion_tokens":3e0}`:               {Input: 12, Output: 3},
		`{"total_tokens":9}`:                                           {Input: 9},
		`{"prompt_tokens":1.5,"completion_tokens":3}`:                  nil,
		`{"prompt_tokens":"12","completion_tokens":3}`:                 nil,
		`{"prompt_tokens":-5,"completion_tokens":3,"total_tokens":-2}`: nil,
		`{"prompt_tokens":12,"completion_tokens":3,"total_tokens":-2}`: nil,
		`{"prompt_tokens":10000001,"completion_tokens":3}`:             nil,
		`{"prompt_tokens":12,"completion_tokens":9223372036854775807}`: nil,
		`{"prompt_tokens":12,"completion_tokens":1e999}`:               nil,
		`{"prompt_tokens":{"cached":4},"completion_tokens":3}`:         nil,
		`[]`: nil, `""`: nil, `7`: nil, `null`: nil, `{}`: nil,
	} {
		body := `{"choices":[{"message":{"content":"yes"},"finish_reason":"stop"}],"usage":` + usage + `}`
		for kind, body := range map[string]string{
			"application/json": body,
			"text/event-stream": "data: " + chunkOf("yes") + "\n\n" +
				"data: {\"choices\":[],\"usage\":" + usage + "}\n\ndata: [DONE]\n\n",
		} {
			got, err := openai.ReadCompletion(kind, strings.NewReader(body))
			if err != nil || got.Text != "yes" || !reflect.DeepEqual(got.Usage, want) {
				t.Errorf("%s, %s: %q, %+v, %v", usage, kind, got.Text, got.Usage, err)
			}
		}
	}
}
