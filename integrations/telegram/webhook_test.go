package telegram_test

import (
	"bytes"
	"net"
	"strings"
	"testing"

	"github.com/valyala/fasthttp"
	"github.com/valyala/fasthttp/fasthttputil"

	"topicpilot/integrations/telegram"
)

// hook serves a webhook in memory and returns a function that posts to it.
func hook(t *testing.T, j *journal, secret string, streaming bool) func(method, secret string, body []byte) int {
	t.Helper()
	w := telegram.NewWebhook(telegram.WebhookOptions{BotID: 1, Journal: j, Secret: secret, Context: t.Context()})
	listener := fasthttputil.NewInmemoryListener()
	server := &fasthttp.Server{Handler: w.Handle, MaxRequestBodySize: 4 << 20, StreamRequestBody: streaming}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener)
	}()
	t.Cleanup(func() {
		_ = listener.Close()
		<-done
	})
	client := &fasthttp.Client{Dial: func(string) (net.Conn, error) { return listener.Dial() }}
	return func(method, given string, body []byte) int {
		req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
		defer fasthttp.ReleaseRequest(req)
		defer fasthttp.ReleaseResponse(resp)
		req.SetRequestURI("http://bot/hook")
		req.Header.SetMethod(method)
		if given != "" {
			req.Header.Set("X-Telegram-Bot-Api-Secret-Token", given)
		}
		req.SetBody(body)
		if err := client.Do(req, resp); err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode()
	}
}

func TestWebhookAnswers(t *testing.T) {
	update := []byte(`{"update_id":7,"message":{"chat":{"id":-5},"message_thread_id":4,"is_topic_message":true}}`)
	big := []byte(`{"update_id":8,"x":"` + strings.Repeat("a", telegram.MaxWebhookBody) + `"}`)
	for _, c := range []struct {
		name, method, secret string
		body                 []byte
		status, stored       int
	}{
		{"update", "POST", "s3cret", update, 200, 1},
		{"unknown kind", "POST", "s3cret", []byte(`{"update_id":8,"hologram":{}}`), 200, 1},
		{"poison", "POST", "s3cret", []byte(`{"update_id":8,"message":{"message_id":"x"}}`), 200, 1},
		{"without id", "POST", "s3cret", []byte(`{}`), 200, 1},
		{"get", "GET", "s3cret", nil, 405, 0},
		{"no secret", "POST", "", update, 401, 0},
		{"wrong secret", "POST", "s3cre", update, 401, 0},
		{"longer secret", "POST", "s3crett", update, 401, 0},
		{"large", "POST", "s3cret", big, 413, 0},
		{"no JSON", "POST", "s3cret", []byte(`{"update_id":7`), 400, 0},
		{"inner garbage", "POST", "s3cret", []byte(`{"update_id":7,"message":{x}}`), 400, 0},
		{"no object", "POST", "s3cret", []byte(`[1]`), 200, 1},
		{"nested", "POST", "s3cret", []byte(nested(9998)), 200, 1},
		{"nothing", "POST", "s3cret", nil, 400, 0},
	} {
		for _, streaming := range []bool{false, true} {
			t.Run(c.name, func(t *testing.T) {
				j := newJournal()
				if got := hook(t, j, "s3cret", streaming)(c.method, c.secret, c.body); got != c.status {
					t.Errorf("status %d, want %d", got, c.status)
				}
				if n := len(j.all()); n != c.stored {
					t.Errorf("%d items, want %d", n, c.stored)
				}
			})
		}
	}
}

func TestWebhookWithoutSecretIsShut(t *testing.T) {
	if got := hook(t, newJournal(), "", false)("POST", "", []byte(`{"update_id":1}`)); got != 401 {
		t.Errorf("status %d", got)
	}
}

func TestWebhookStoresBeforeItAnswers(t *testing.T) {
	j := newJournal()
	j.fail = 1
	post := hook(t, j, "s", false)
	first := []byte(`{"update_id":7,"message":{"chat":{"id":-5},"message_thread_id":4,"is_topic_message":true}}`)
	if got := post("POST", "s", first); got != 500 {
		t.Errorf("status %d while the store fails", got)
	}
	for range 2 {
		if got := post("POST", "s", first); got != 200 {
			t.Errorf("status %d", got)
		}
	}
	// The next request reuses fasthttp's buffers; what was stored must not change with it.
	post("POST", "s", bytes.ReplaceAll(first, []byte("7"), []byte("9")))
	items := j.all()
	if len(items) != 2 || items[0].Key != "1:7" || items[0].Lane != "-5/4" || items[0].Queue != "inbox" {
		t.Fatalf("items %+v", items)
	}
	if !bytes.Equal(items[0].Payload, first) {
		t.Errorf("stored %s", items[0].Payload)
	}
}
