package telegramtest_test

import (
	"context"
	"encoding/json"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/valyala/fasthttp"
	"github.com/valyala/fasthttp/fasthttputil"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"topicpilot/integrations/telegram/telegramtest"
)

// TestViolations: what does not fit Bot API 10.2 is refused and recorded.
func TestViolations(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	base := obj{"chat_id": group, "text": "x"}
	tests := []struct {
		name, method string
		set          obj
		want         string
	}{
		{
			"unknown parameter", "sendMessage",
			obj{"disable_web_page_preview": true},
			`Bad Request: "disable_web_page_preview" is not known to Bot API 10.2 in sendMessage`,
		},
		{
			"missing parameter", "deleteMessage",
			obj{"text": nil},
			`Bad Request: "message_id" is required in deleteMessage`,
		},
		{
			"text for a number", "sendMessage",
			obj{"message_thread_id": "5"},
			`Bad Request: "message_thread_id" must be Integer`,
		},
		{
			"fraction for a number", "sendMessage",
			obj{"message_thread_id": 1.5},
			`Bad Request: "message_thread_id" must be Integer`,
		},
		{"number for a flag", "sendMessage", obj{"protect_content": 1}, `Bad Request: "protect_content" must be Boolean`},
		{
			"object for an array", "sendMessage",
			obj{"entities": obj{}},
			`Bad Request: "entities" must be Array of MessageEntity`,
		},
		{
			"array for an object", "sendMessage",
			obj{"reply_parameters": []int{}},
			`Bad Request: "reply_parameters" must be ReplyParameters`,
		},
		{"null", "sendMessage", obj{"parse_mode": nilValue{}}, `Bad Request: "parse_mode" must be String`},
		{
			"nested unknown field", "sendMessage",
			obj{"entities": []obj{{
				"type": "bold", "offset": 0, "length": 1,
				"colour": "red",
			}}},
			`Bad Request: "entities"[0].colour is not known to Bot API 10.2 in MessageEntity`,
		},
		{
			"nested missing field", "sendMessage",
			obj{"entities": []obj{{"type": "bold", "offset": 0}}},
			`Bad Request: "entities"[0].length is required in MessageEntity`,
		},
		{
			"button field of 10.3", "sendMessage",
			obj{"reply_markup": button(obj{"text": "B", "disabled": obj{}})},
			`Bad Request: "reply_markup".inline_keyboard[0][0].disabled is not known to Bot API 10.2 in InlineKeyboardButton`,
		},
	}
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			body := maps.Clone(base)
			for k, v := range tt.set {
				if body[k] = v; v == nil {
					delete(body, k)
				}
			}
			a := s.call(tt.method, body)
			if a.ErrorCode != 400 || a.Description != tt.want {
				t.Errorf("got %d %q, want %q", a.ErrorCode, a.Description, tt.want)
			}
			if v := s.Violations(); len(v) != i+1 || v[i].Method != tt.method || v[i].Text != tt.want {
				t.Errorf("violations %v", v)
			}
		})
	}
}

type nilValue struct{}

// MarshalJSON writes null.
func (nilValue) MarshalJSON() ([]byte, error) { return []byte("null"), nil }

func TestPathsAndEncodings(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	form := url.Values{
		"chat_id": {strconv.FormatInt(group, 10)}, "text": {"ü & <x>"}, "disable_notification": {"true"},
		"entities": {`[{"type":"bold","offset":0,"length":1}]`},
	}.Encode()
	good := "/bot" + s.Token()
	tests := []struct {
		name, verb, path, ctype, body string
		code                          int
		want                          string
	}{
		{"query", http.MethodGet, good + "/sendMessage?" + form, "", "", 200, `"text":"ü & <x>"`},
		{
			"urlencoded", http.MethodPost, good + "/sendMessage", "application/x-www-form-urlencoded", form, 200,
			`"entities":[{`,
		},
		{"method name in another case", http.MethodGet, good + "/GETME", "", "", 200, `"is_bot":true`},
		{"null body", http.MethodPost, good + "/getMe", "application/json", "null", 200, `"ok":true`},
		{"broken body", http.MethodPost, good + "/getMe", "application/json", "{", 400, "can't parse JSON object"},
		{
			"wrong flag", http.MethodGet, good + "/sendMessage?chat_id=1&text=x&protect_content=maybe", "", "", 400,
			`must be Boolean`,
		},
		{
			"wrong JSON in a form", http.MethodGet, good + "/sendMessage?chat_id=1&text=x&entities=x", "", "", 400,
			`must be JSON`,
		},
		{"unknown method", http.MethodGet, good + "/getYou", "", "", 404, "Not Found: method not found"},
		{"not simulated", http.MethodGet, good + "/getMyName", "", "", 501, "getMyName is not simulated"},
		{"unknown token", http.MethodGet, "/bot1:wrong/getMe", "", "", 401, `"description":"Unauthorized"`},
		{"malformed token", http.MethodGet, "/botnonsense/getMe", "", "", 404, `"description":"Not Found"`},
		{"elsewhere", http.MethodGet, "/", "", "", 404, `"description":"Not Found"`},
	}
	ln := fasthttputil.NewInmemoryListener()
	srv := &fasthttp.Server{Handler: s.Handler()}
	go func() { _ = srv.Serve(ln) }()
	defer func() { _ = srv.Shutdown() }()
	c := &fasthttp.HostClient{Addr: "x", Dial: func(string) (net.Conn, error) { return ln.Dial() }}
	defer c.CloseIdleConnections()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			req, resp := &fasthttp.Request{}, &fasthttp.Response{}
			req.SetRequestURI("http://x" + tt.path)
			req.Header.SetMethod(tt.verb)
			req.Header.SetContentType(tt.ctype)
			req.SetBodyString(tt.body)
			s.must(c.Do(req, resp))
			if resp.StatusCode() != tt.code || !strings.Contains(string(resp.Body()), tt.want) {
				t.Errorf("got %d %s", resp.StatusCode(), resp.Body())
			}
		})
	}
}

// TestEverySimulatedMethodFits calls each simulated method with success; the helper checks every
// answer against the Bot API's types. The list must stay complete.
func TestEverySimulatedMethodFits(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	topic := s.topic("t")
	m := s.send(obj{"chat_id": group, "text": "x", "reply_markup": button(obj{"text": "B", "callback_data": "b"})})
	query, err := s.Press(group, m.ID, operator, "b")
	s.must(err)
	ctype, doc := form(t, map[string]string{"chat_id": strconv.FormatInt(group, 10)}, "document", []byte("x"))
	steps := []struct {
		method string
		body   obj
	}{
		{"getMe", obj{}},
		{"getUpdates", obj{}},
		{"sendMessage", obj{"chat_id": group, "text": "y", "message_thread_id": topic}},
		{"editMessageText", obj{"chat_id": group, "message_id": m.ID, "text": "z"}},
		{"editMessageReplyMarkup", obj{"chat_id": group, "message_id": m.ID, "reply_markup": button(obj{
			"text":          "C",
			"callback_data": "c",
		})}},
		{"deleteMessage", obj{"chat_id": group, "message_id": m.ID}},
		{"answerCallbackQuery", obj{"callback_query_id": query}},
		{"sendChatAction", obj{"chat_id": group, "action": "typing"}},
		{"getChat", obj{"chat_id": group}},
		{"getChatMember", obj{"chat_id": group, "user_id": operator}},
		{"getChatAdministrators", obj{"chat_id": group}},
		{"setMyCommands", obj{"commands": []obj{{"command": "a", "description": "b"}}}},
		{"getMyCommands", obj{}},
		{"deleteMyCommands", obj{}},
		{"createForumTopic", obj{"chat_id": group, "name": "n", "icon_custom_emoji_id": "5"}},
		{"editForumTopic", obj{"chat_id": group, "message_thread_id": topic, "name": "n"}},
		{"closeForumTopic", obj{"chat_id": group, "message_thread_id": topic}},
		{"reopenForumTopic", obj{"chat_id": group, "message_thread_id": topic}},
		{"deleteForumTopic", obj{"chat_id": group, "message_thread_id": topic}},
		{"setWebhook", obj{"url": "http://127.0.0.1:1/", "allowed_updates": []string{"message"}}},
		{"getWebhookInfo", obj{}},
		{"deleteWebhook", obj{}},
		{"leaveChat", obj{"chat_id": group}},
		{"close", obj{}},
		{"logOut", obj{}},
	}
	a, err := s.request("sendDocument", ctype, doc)
	s.must(err)
	called := []string{"sendDocument"}
	if !a.OK {
		t.Error(a.Description)
	}
	for _, step := range steps {
		called = append(called, step.method)
		if a := s.call(step.method, step.body); !a.OK {
			t.Errorf("%s: %s", step.method, a.Description)
		}
	}
	slices.Sort(called)
	if want := telegramtest.Simulated(); !slices.Equal(called, want) {
		t.Errorf("called %v\nsimulated %v", called, want)
	}
}

// TestTextRules: whatever comes in, no entity leaves the text, and white space is gone.
func TestTextRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.SampledFrom([]rune(" \n\tab😀ü\r"))).Draw(t, "text")
		var entities []telegramtest.Entity
		for range rapid.IntRange(0, 5).Draw(t, "n") {
			entities = append(entities, telegramtest.Entity{
				Type: "bold", Offset: rapid.IntRange(-1, 12).Draw(t, "offset"), Length: rapid.IntRange(-1, 12).Draw(t, "length"),
			})
		}
		got, kept, err := telegramtest.TextRules(text, entities)
		if err != nil {
			return
		}
		if got != strings.TrimSpace(got) || strings.ContainsRune(got, '\r') {
			t.Fatalf("text %q", got)
		}
		for _, e := range kept {
			if e.Offset < 0 || e.Length <= 0 || e.Offset+e.Length > telegramtest.UTF16Len(got) {
				t.Fatalf("entity %+v outside %q", e, got)
			}
		}
	})
}

// FuzzCall throws bodies at sendMessage: it must answer in the Bot API's form, whatever comes.
func FuzzCall(f *testing.F) {
	for _, seed := range []string{
		`{"chat_id":-1001000000001,"text":"x"}`, `{"chat_id":"@x","entities":[{"offset":1e9}]}`, `null`, `[`,
		`{"chat_id":-1001000000001,"text":"x","reply_markup":{"inline_keyboard":[[{}]]}}`,
		`{"chat_id":-1001000000001,"text":"x","reply_parameters":{"chat_id":{},"message_id":1}}`,
	} {
		f.Add([]byte(seed))
	}
	s := telegramtest.New(telegramtest.Options{KeepMessages: 10, KeepCalls: -1})
	if err := s.AddGroup(telegramtest.Group{ID: group, IsForum: true}); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var ctx fasthttp.RequestCtx
		ctx.Request.SetRequestURI("/bot" + s.Token() + "/sendMessage")
		ctx.Request.Header.SetMethod(http.MethodPost)
		ctx.Request.Header.SetContentType("application/json")
		ctx.Request.SetBody(body)
		s.Handler()(&ctx)
		var a answer
		if err := json.Unmarshal(ctx.Response.Body(), &a); err != nil || !a.OK && a.Description == "" {
			t.Errorf("answer %s: %v", ctx.Response.Body(), err)
		}
	})
}

func TestCloseLeavesNothing(t *testing.T) {
	ignore := goleak.IgnoreCurrent()
	s := telegramtest.New(quick())
	base, err := s.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	st := &stage{Server: s, t: t, url: base}
	st.must(s.AddGroup(telegramtest.Group{ID: group, IsForum: true}))
	ch := st.poll(obj{"timeout": 50, "allowed_updates": []string{"message"}})
	st.polling("message")
	st.call("setWebhook", obj{"url": "http://127.0.0.1:1/"})
	<-ch
	if _, err := s.Inject(json.RawMessage(`{"x":{}}`)); err != nil {
		t.Fatal(err)
	}
	st.must(s.Close())
	st.must(s.Close())
	if err := s.Wait(context.Background(), func() bool { return false }); err == nil {
		t.Error("waiting on a closed server ends well")
	}
	goleak.VerifyNone(t, ignore, goleak.IgnoreTopFunction("github.com/valyala/fasthttp.updateServerDate.func1"))
}

// TestCloseAtOnce: the server ends although it has not come to serving.
func TestCloseAtOnce(t *testing.T) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for range 100 {
			s := telegramtest.New(quick())
			if _, err := s.Start("127.0.0.1:0"); err != nil {
				t.Error(err)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
	}()
	select {
	case <-ended:
	case <-time.After(time.Minute):
		t.Fatal("Close hangs")
	}
}

// BenchmarkSendMessage measures the handler without a network.
func BenchmarkSendMessage(b *testing.B) {
	s := telegramtest.New(telegramtest.Options{KeepMessages: 1000, KeepCalls: -1})
	if err := s.AddGroup(telegramtest.Group{ID: group, IsForum: true}); err != nil {
		b.Fatal(err)
	}
	s.AddUser(telegramtest.User{ID: operator, FirstName: "Olga"})
	topic, err := s.CreateTopic(group, operator, "t")
	if err != nil {
		b.Fatal(err)
	}
	body, err := json.Marshal(obj{
		"chat_id": group, "message_thread_id": topic, "text": "/ some words of an answer",
		"entities": entity("bold", 2, 4), "link_preview_options": obj{"is_disabled": true},
	})
	if err != nil {
		b.Fatal(err)
	}
	h := s.Handler()
	b.ReportAllocs()
	for b.Loop() {
		var ctx fasthttp.RequestCtx
		ctx.Request.SetRequestURI("/bot" + s.Token() + "/sendMessage")
		ctx.Request.Header.SetMethod(http.MethodPost)
		ctx.Request.Header.SetContentType("application/json")
		ctx.Request.SetBody(body)
		h(&ctx)
		if ctx.Response.StatusCode() != 200 {
			b.Fatal(string(ctx.Response.Body()))
		}
	}
}

// BenchmarkSendMessageTCP measures the whole way over loopback, with the client's share.
func BenchmarkSendMessageTCP(b *testing.B) {
	s := telegramtest.New(telegramtest.Options{KeepMessages: 1000, KeepCalls: -1})
	base, err := s.Start("127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if err := s.AddGroup(telegramtest.Group{ID: group, IsForum: true}); err != nil {
		b.Fatal(err)
	}
	c := &fasthttp.Client{}
	b.SetParallelism(16)
	b.RunParallel(func(pb *testing.PB) {
		req, resp := &fasthttp.Request{}, &fasthttp.Response{}
		req.SetRequestURI(base + "/bot" + s.Token() + "/sendMessage")
		req.Header.SetMethod(http.MethodPost)
		req.Header.SetContentType("application/json")
		req.SetBodyString(`{"chat_id":-1001000000001,"text":"some words of an answer"}`)
		for pb.Next() {
			if err := c.Do(req, resp); err != nil || resp.StatusCode() != http.StatusOK {
				b.Errorf("status %d: %v", resp.StatusCode(), err)
			}
		}
	})
}
