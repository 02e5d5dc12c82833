package openai_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"topicpilot/integrations/openai"
	"topicpilot/integrations/openai/openaitest"
	"topicpilot/topics"
)

// The words that must not come out: of the key, the address, the prompt and the answer.
const (
	leakKey    = "sk-zqxkey_secret_word"
	leakPath   = "zqxpath_secret_word"
	leakPrompt = "zqxprompt_secret_word"
	leakAnswer = "zqxanswer_secret_word"
)

// shows gives an error in every way in which it may be printed.
func shows(err error) string {
	text := fmt.Sprintf("%v %+v %#v %q", err, err, err, err)
	for ; err != nil; err = errors.Unwrap(err) {
		text += fmt.Sprintf(" %v %+v %#v", err, err, err)
	}
	return text
}

// TestLeaks: neither errors nor logs nor findings hold key, address, prompt or answer, whatever
// the server says.
func TestLeaks(t *testing.T) {
	all := strings.Join([]string{leakKey, leakPath, leakPrompt, leakAnswer}, " ")
	codes := []string{leakKey, leakPath, leakPrompt, "zqxanswer", "Zqxanswer +12125550123", all}
	var answers []http.HandlerFunc
	for _, status := range []int{200, 204, 301, 400, 401, 402, 403, 404, 418, 422, 429, 500, 502, 503, 529} {
		for _, code := range codes {
			for _, body := range []string{
				`{"error":{"message":%q,"type":%[1]q,"param":%[1]q,"code":%[1]q}}`, `{"error":%q}`,
				`{"message":%q,"code":%[1]q,"type":%[1]q}`, `{"detail":[{"msg":%q}]}`, `<html>%s</html>`,
				`{"choices":[{"message":{"content":[%q]}}]}`, "data: {\"choices\":%q}\n\n",
				"data: {\"error\":{\"message\":%q,\"code\":%[1]q}}\n\n",
			} {
				answers = append(answers, func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("Location", "/"+leakPath)
					w.Header().Set("Retry-After", leakPrompt)
					w.Header().Set("Content-Type", leakAnswer)
					w.WriteHeader(status)
					fmt.Fprintf(w, body, code)
				})
			}
		}
	}
	for _, raw := range []string{
		leakPrompt, "HTTP/1.1 " + leakKey + "\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: " + leakAnswer + "\r\n\r\n",
		"HTTP/1.1 200 OK\r\n" + leakPrompt + "\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: " + leakAnswer + "\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + leakAnswer + "\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{\"choices\":\"" + leakAnswer,
	} {
		answers = append(answers, func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_, _ = conn.Write([]byte(raw))
				_ = conn.Close()
			}
		})
	}
	for i, answer := range answers {
		checkLeak(t, i, answer)
	}
}

func checkLeak(t *testing.T, i int, answer http.HandlerFunc) {
	t.Helper()
	server := httptest.NewServer(answer)
	defer server.Close()
	s := &stage{log: &syncBuffer{}, server: openaitest.New(openaitest.Options{})}
	client := s.newClient(t, func(o *openai.Options) {
		o.BaseURL = text(strings.Replace(server.URL, "http://", "http://zqxuser:zqxpass@", 1) + "/" + leakPath + "/v1?k=zqxq")
		o.APIKey = text(leakKey)
	})
	p := prompt()
	p.System, p.User = p.System+" "+leakPrompt, leakPrompt+" +12125550123"
	_, err := client.Complete(t.Context(), p)
	_, _, vectors := client.Embed(t.Context(), []string{leakPrompt})
	text := strings.ToLower(shows(err) + shows(vectors) + s.log.String() + fmt.Sprintf("%+v", client.Check(t.Context())))
	if err == nil || vectors == nil || strings.Contains(text, "zqx") || strings.Contains(text, "2125550123") {
		t.Errorf("answer %d: %s", i, text)
	}
}

// TestLeakUnreachable: an address that is not reached stays secret.
func TestLeakUnreachable(t *testing.T) {
	for _, address := range []string{
		"http://zqxhost.invalid/zqxpath", "https://127.0.0.1:1/zqxpath?key=zqx", "http://zqx:zqx@127.0.0.1:1/v1",
	} {
		client, err := openai.New(openai.Options{BaseURL: text(address), APIKey: text("zqxkey"), Model: "m"})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		_, err = client.Complete(ctx, prompt())
		if text := shows(err) + fmt.Sprintf("%+v", client.Check(ctx)); err == nil || strings.Contains(text, "zqx") {
			t.Error(text)
		}
		cancel()
	}
}

// TestCodeShown: what the server calls its refusal is told, so that one can look it up.
func TestCodeShown(t *testing.T) {
	s := newStage(t, openaitest.Options{})
	for want, fault := range map[string]openaitest.Fault{
		"404 model_not_found (model)": {Status: 404, Code: "model_not_found", Param: "model"},
		"400 unsupported_parameter (max_tokens)": {
			Status: 400, Code: "unsupported_parameter", Param: "max_tokens",
		},
		"503 Service Unavailable": {Status: 503, Type: "odd words, not a type"},
		"400 BadRequestError":     {Status: 400, Type: "BadRequestError"},
	} {
		s.server.Fail("*", fault)
		_, err := s.client.Complete(t.Context(), prompt())
		failed, ok := errors.AsType[*topics.ModelError](err)
		if !ok || !strings.HasSuffix(failed.Err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
