package openai_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"topicpilot/integrations/openai"
	"topicpilot/integrations/openai/openaitest"
	"topicpilot/topics"
)

func header(pairs ...string) http.Header {
	h := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		h.Set(pairs[i], pairs[i+1])
	}
	return h
}

// now is the client's clock in TestFaults.
var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// status is answered in the flavour's shape, with a header or none.
func status(code int, pairs ...string) openaitest.Fault {
	return openaitest.Fault{Status: code, Header: header(pairs...)}
}

func coded(status int, code string) openaitest.Fault {
	return openaitest.Fault{Status: status, Code: code}
}

// page is answered as it is.
func page(status int, body string) openaitest.Fault {
	return openaitest.Fault{Status: status, Body: body}
}

func streamed(body string) openaitest.Fault {
	return openaitest.Fault{Body: body, ContentType: "text/event-stream"}
}

// flavoured is a status in the shape of a server other than OpenAI.
type flavoured struct {
	flavour openaitest.Flavour
	status  int
	want    string
}

func TestFaults(t *testing.T) {
	type fault = openaitest.Fault
	retry := func(value string) fault { return status(429, "Retry-After", value) }
	date := func(d time.Duration) string { return now.Add(d).Format(http.TimeFormat) }
	old := `{"object":"error","message":"no","type":"BadRequestError","code":400}`
	late := `data: {"error":{"message":"oh","code":503}}` + "\n\ndata: [DONE]\n\n"
	for name, test := range map[string]struct {
		fault fault
		want  string
	}{
		"400":                  {coded(400, "context_length_exceeded"), "refused"},
		"404 model":            {coded(404, "model_not_found"), "refused"},
		"413":                  {status(413), "refused"},
		"422":                  {status(422), "refused"},
		"redirect":             {status(307, "Location", "/elsewhere"), "refused"},
		"proxy's page 400":     {page(400, "<html>Bad Request</html>"), "refused"},
		"error as text":        {page(404, `{"error":"model 'x' not found"}`), "refused"},
		"error by itself":      {page(400, old), "refused"},
		"401":                  {coded(401, "invalid_api_key"), "denied"},
		"403":                  {status(403), "denied"},
		"402":                  {status(402), "quota"},
		"429 no money":         {coded(429, "insufficient_quota"), "quota"},
		"429 no money in type": {fault{Status: 429, Type: "insufficient_quota"}, "quota"},
		"429":                  {coded(429, "rate_limit_exceeded"), "busy"},
		"429 seconds":          {retry("7"), "busy 7s"},
		"429 part":             {retry("0.5"), "busy 500ms"},
		"429 odd":              {retry("soon"), "busy"},
		"429 past":             {retry("-4"), "busy"},
		"429 no number":        {retry("NaN"), "busy"},
		"429 endless":          {retry("1e300"), "busy 24h0m0s"},
		"429 date":             {retry(date(9 * time.Second)), "busy 9s"},
		"429 former date":      {retry(date(-time.Hour)), "busy"},
		"429 milliseconds":     {status(429, "Retry-After-Ms", "250", "Retry-After", "1"), "busy 250ms"},
		"529":                  {status(529), "busy"},
		"503 with time":        {status(503, "Retry-After", "3"), "busy 3s"},
		"503":                  {status(503), "down"},
		"409":                  {status(409), "down"},
		"500":                  {status(500), "down sent"},
		"504":                  {status(504), "down sent"},
		"408":                  {status(408), "down sent"},
		"proxy's page 502":     {page(502, "<html>Bad Gateway</html>"), "down sent"},
		"closed":               {fault{Close: true}, "down sent"},
		"cut":                  {fault{Truncate: true}, "down sent"},
		"error in a stream":    {streamed(late), "down sent"},
		"error in a 200":       {page(200, `{"error":{"message":"slow down","code":429}}`), "busy sent"},
		"vague 200":            {page(200, `{"error":"oh"}`), "down sent"},
		"hang":                 {fault{Hang: true}, "timeout sent"},
		"hang after":           {fault{After: true, Hang: true}, "timeout sent"},
		"page":                 {page(200, "<html>busy</html>"), "unreadable sent"},
		"empty":                {fault{ContentType: "application/json"}, "unreadable sent"},
		"null":                 {page(200, "null"), "unreadable sent"},
		"another object":       {page(200, `{"object":"list","data":[]}`), "unreadable sent"},
		"no choice":            {page(200, `{"choices":[]}`), "unreadable sent"},
		"no message":           {page(200, `{"choices":[{"text":"old"}]}`), "unreadable sent"},
		"content no text":      {page(200, `{"choices":[{"message":{"content":{"a":1}}}]}`), "unreadable sent"},
		"too large":            {page(200, strings.Repeat(" ", openai.MaxAnswer)+`{}`), "unreadable sent"},
		"too large stream":     {streamed(strings.Repeat(": \n", openai.MaxAnswer/3+1)), "unreadable sent"},
		"empty stream":         {streamed(""), "unreadable sent"},
		"odd stream":           {streamed("data: {\n\n"), "unreadable sent"},
		"stream of nothing":    {page(200, "data: [DONE]\n\n"), "unreadable sent"},
	} {
		t.Run(name, func(t *testing.T) { meet(t, openaitest.OpenAI, test.fault, test.want) })
	}
	for name, test := range map[string]flavoured{
		"404 not pulled":  {openaitest.Ollama, 404, "refused"},
		"422 of vLLM":     {openaitest.VLLM, 422, "refused"},
		"401 in a text":   {openaitest.VLLM, 401, "denied"},
		"401 numeric":     {openaitest.LlamaCPP, 401, "denied"},
		"loading":         {openaitest.LlamaCPP, 503, "down"},
		"not implemented": {openaitest.LlamaCPP, 501, "refused"},
	} {
		t.Run(name, func(t *testing.T) { meet(t, test.flavour, status(test.status), test.want) })
	}
}

// meet asks a server whose every request goes wrong: once, and with what outcome.
func meet(t *testing.T, flavour openaitest.Flavour, fault openaitest.Fault, want string) {
	t.Helper()
	s := newStage(t, openaitest.Options{Flavour: flavour}, func(o *openai.Options) {
		o.Now = func() time.Time { return now }
	})
	ctx := t.Context()
	if fault.Hang {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, 100*time.Millisecond)
		defer cancel()
	}
	fault.Times = -1
	s.server.Fail(openaitest.RouteChat, fault)
	completion, err := s.client.Complete(ctx, prompt())
	if outcome(err) != want {
		t.Errorf("%q, %v, want %q", outcome(err), err, want)
	}
	if completion != (topics.Completion{}) {
		t.Errorf("%+v with an error", completion)
	}
	if n := len(s.server.Requests()); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

// TestCutStream: a stream that ends before the answer does is none.
func TestCutStream(t *testing.T) {
	s := newStage(t, openaitest.Options{})
	s.server.Queue(openaitest.Answer{Text: "half of it", Stream: true, CutStream: true})
	if _, err := s.client.Complete(t.Context(), prompt()); outcome(err) != "unreadable sent" {
		t.Error(err)
	}
	s.server.Queue(openaitest.Answer{Text: strings.Repeat("half of it ", 100), Stream: true})
	s.server.Fail(openaitest.RouteChat, openaitest.Fault{Truncate: true})
	if _, err := s.client.Complete(t.Context(), prompt()); outcome(err) != "down sent" {
		t.Error(err)
	}
}

// TestCancelled: whoever cancels gets his own error.
func TestCancelled(t *testing.T) {
	s := newStage(t, openaitest.Options{})
	s.server.Fail("*", openaitest.Fault{Hang: true, Times: -1})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		_, err := s.client.Complete(ctx, prompt())
		ended <- err
	}()
	if err := s.server.Wait(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) || outcome(err) != err.Error() {
		t.Error(err)
	}
	if _, _, err := s.client.Embed(ctx, []string{"x"}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	late, cancel := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer cancel()
	if _, err := s.client.Complete(late, prompt()); outcome(err) != "timeout" {
		t.Error(err)
	}
}

// TestUnreachable: what fails before anything has left.
func TestUnreachable(t *testing.T) {
	tls := httptest.NewUnstartedServer(http.NotFoundHandler())
	tls.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	tls.StartTLS()
	defer tls.Close()
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	for name, test := range map[string]struct{ address, says string }{
		"refused":     {gone.URL, "connection refused"},
		"no host":     {"http://zqx-nobody.invalid/v1", "host not found"},
		"certificate": {tls.URL, "certificate"},
		"no TLS":      {strings.Replace(plain.URL, "http:", "https:", 1), "TLS"},
	} {
		client, err := openai.New(openai.Options{BaseURL: text(test.address), Model: "m"})
		if err != nil {
			t.Fatal(err)
		}
		_, err = client.Complete(t.Context(), prompt())
		if outcome(err) != "down" || !strings.Contains(err.Error(), test.says) || strings.Contains(err.Error(), "zqx") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestHangingDial: no connection in time means that nothing was sent.
func TestHangingDial(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	// It accepts and never speaks TLS.
	client, err := openai.New(openai.Options{BaseURL: text("https://" + ln.Addr().String()), Model: "m"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := client.Complete(ctx, prompt()); outcome(err) != "timeout" {
		t.Errorf("%q, %v", outcome(err), err)
	}
}

// TestLargeRequest: what is too large is not sent.
func TestLargeRequest(t *testing.T) {
	s := newStage(t, openaitest.Options{})
	p := prompt()
	p.User = strings.Repeat("x", openai.MaxRequest)
	if _, err := s.client.Complete(t.Context(), p); outcome(err) != "refused" || len(s.server.Requests()) != 0 {
		t.Error(err)
	}
}

// TestHangReleased: an answer that takes its time is an answer.
func TestHangReleased(t *testing.T) {
	s := newStage(t, openaitest.Options{})
	s.server.Fail("*", openaitest.Fault{Hang: true})
	ended := make(chan error)
	go func() {
		_, err := s.client.Complete(t.Context(), prompt())
		ended <- err
	}()
	if err := s.server.Wait(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	s.server.Release()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
