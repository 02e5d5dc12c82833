package commands_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf16"

	webhook "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"topicpilot/commands"
	"topicpilot/topics"
)

func newLookups(t *testing.T, opts commands.LookupOptions, specs ...commands.LookupSpec) *commands.Lookups {
	t.Helper()
	if opts.Caller == nil {
		opts.Caller = commands.NewCaller(nil)
	}
	t.Cleanup(opts.Caller.Close)
	lookups, err := commands.NewLookups(specs, opts)
	if err != nil {
		t.Fatal(err)
	}
	return lookups
}

// looked is what /info shows of the lookups.
func looked(t *testing.T, lookups *commands.Lookups, who customers) string {
	t.Helper()
	registry := infoRegistry(t, who, commands.InfoSection{Name: "lookups", Section: lookups})
	text := said(t, dispatch(t, registry, newCall(newGroup("en"), "info")))
	// Without a customer there is one line before the lookups; the card of john has five.
	for n, line := range strings.SplitAfter(text, "\n") {
		if strings.HasPrefix(line, "Status:") || n == 0 && !strings.HasPrefix(line, "John") {
			_, rest, _ := strings.Cut(text, line)
			return rest
		}
	}
	t.Fatalf("no card: %q", text)
	return ""
}

func server(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s.URL
}

func answering(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func TestLookupAnswers(t *testing.T) {
	const (
		show = "Balance {{.Response.balance}} · tariff {{.Response.tariff}}"
		kind = "application/json"
	)
	hang := make(chan struct{})
	t.Cleanup(func() { close(hang) })
	tests := []struct {
		name    string
		handler http.HandlerFunc
		show    string
		want    string
	}{
		{
			"JSON", answering(200, kind, `{"balance": 1000000.10, "tariff": "t1"}`), show,
			"Balance 1000000.10 · tariff t1",
		},
		{"JSON without a type", answering(200, "text/html", `{"balance": 5, "tariff": "t1"}`), show, "Balance 5 · tariff t1"},
		{"missing", answering(200, "application/json; charset=utf-8", `{}`), show, "Balance  · tariff"},
		{"201", answering(201, "application/problem+json", `{"balance": 1}`), show, "Balance 1 · tariff"},
		{"text", answering(200, "text/plain", "all is well\n"), "He says: {{.Response}}", "He says: all is well"},
		{"lines", answering(200, "text/plain", "one\r\ntwo\n\n"), "{{.Response}}", "one two"},
		{
			"control characters", answering(200, kind, `{"balance":"\u202e5\u0007","tariff":"\u2028x"}`),
			show, "Balance 5 · tariff x",
		},
		{"nothing to show", answering(200, kind, `{"vip": false}`), "{{if .Response.vip}}VIP{{end}}", ""},
		{"no content", answering(204, "", ""), "{{.Response.x}}", ""},
		{"no content of a kind", answering(204, kind, ""), "{{.Response.x}}", ""},
		{"nothing", answering(200, "text/plain", ""), "{{.Response.x}}", ""},
		{"nothing where JSON should be", answering(200, kind+"; charset=utf-8", "\n"), "", "billing: unreadable answer"},
		{"long", answering(200, "text/plain", strings.Repeat("я", 1001)), "{{.Response}}", strings.Repeat("я", 999) + "…"},
		{
			"as long as may be", answering(200, "text/plain", strings.Repeat("я", 1000)),
			"{{.Response}}", strings.Repeat("я", 1000),
		},
		{"403", answering(403, "application/json", `{"balance": 1, "key": "sesame"}`), show, "billing: refused (403)"},
		{"404", answering(404, "text/html", "sesame"), show, "billing: refused (404)"},
		{"429", answering(429, "", ""), show, "billing: refused (429)"},
		{"500", answering(500, "application/json", `{"balance": 1}`), show, "billing: error there (500)"},
		{"garbage", answering(200, kind, `{"balance": `), show, "billing: unreadable answer"},
		{"two documents", answering(200, kind, `{} {}`), show, "billing: unreadable answer"},
		{"page instead of JSON", answering(200, "text/html", "<h1>sesame</h1>"), show, "billing: unreadable answer"},
		{"bytes", answering(200, "text/plain", "\xff\xfe\x00"), "{{.Response}}", "billing: unreadable answer"},
		{"huge", answering(200, "text/plain", strings.Repeat("x", 256<<10+1)), "{{.Response}}", "billing: unreadable answer"},
		{"just fits", answering(200, "text/plain", strings.Repeat(" ", 256<<10-1)+"x"), "{{.Response}}", "x"},
		{"redirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
		}, show, "billing: refused (302)"},
		{"hang", func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-r.Context().Done():
			case <-hang:
			}
		}, show, "billing: no answer"},
		{"hang amid the answer", func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, `{"balance":`)
			_ = http.NewResponseController(w).Flush()
			select {
			case <-r.Context().Done():
			case <-hang:
			}
		}, show, "billing: no answer"},
		{"cut off", func(w http.ResponseWriter, _ *http.Request) {
			panic(http.ErrAbortHandler)
		}, show, "billing: no answer"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			log := &logBuffer{}
			lookups := newLookups(t, commands.LookupOptions{Log: log.logger()}, commands.LookupSpec{
				Name: "billing", Show: tt.show,
				Request: commands.RequestSpec{
					URL:     server(t, tt.handler) + "/users/{{.Customer.ID}}?key=topsecret",
					Timeout: limitOf(tt.name), Headers: map[string]string{"Authorization": "Bearer topsecret"},
				},
			})
			if got := looked(t, lookups, always(john())); got != tt.want {
				t.Errorf("shown %q, want %q", got, tt.want)
			}
			failed := strings.HasPrefix(tt.want, "billing:")
			if failed != strings.Contains(log.String(), "lookup=billing") {
				t.Errorf("log: %s", log)
			}
			for _, secret := range []string{"topsecret", "sesame", "987654321", "127.0.0.1"} {
				if strings.Contains(log.String(), secret) {
					t.Errorf("%q is in the log: %s", secret, log)
				}
			}
		})
	}
}

// limitOf keeps the hanging ones short and lets the others take their time.
func limitOf(name string) time.Duration {
	if strings.HasPrefix(name, "hang") {
		return 50 * time.Millisecond
	}
	return time.Minute
}

// What a customer or an outside system wrote is neither another line of the card nor
// something to tap; what the settings write is as they want it.
func TestPlacedValues(t *testing.T) {
	slashes := strings.Repeat("/", 999)
	for _, tt := range []struct {
		name, show, response, want string
		code                       []string
	}{
		{"command", "Nick {{.Customer.Name}}.", `{}`, "Nick /forget me.", []string{"/forget me"}},
		{"mention", "By {{.Response.x}}!", `{"x":"the @admin"}`, "By the @admin!", []string{"the @admin"}},
		{"link", "😀 {{.Response.x}} end", `{"x":"HTTPS://evil.me"}`, "😀 HTTPS://evil.me end", []string{"HTTPS://evil.me"}},
		{"host", "{{.Response.x}}", `{"x":"see t.me now"}`, "see t.me now", []string{"see t.me now"}},
		{"address", "{{.Response.x}}", `{"x":"10.0.0.1"}`, "10.0.0.1", []string{"10.0.0.1"}},
		{"other host", "{{.Response.x}}", `{"x":"банк.рф"}`, "банк.рф", []string{"банк.рф"}},
		{"two", "{{.Response.x}} {{.Response.y}}{{.Response.x}}", `{"x":"a/b","y":"c"}`, "a/b ca/b", []string{"a/b", "a/b"}},
		{"list", "{{range .Response.x}}- {{.}}\n{{end}}", `{"x":["a","/b"]}`, "- a\n- /b", []string{"/b"}},
		{"plain", "{{.Response.x}}, {{.Response.y}}", `{"x":12.50,"y":"St. J 1.1.2030"}`, "12.50, St. J 1.1.2030", nil},
		{"settings", "https://crm/{{.Response.x}} @team {{.Response.x}}", `{"x":7}`, "https://crm/7 @team 7", nil},
		{"lines", "a {{.Response.x}}\nb", `{"x":"1\r\nStatus: paid\u2028\u202e2"}`, "a 1 Status: paid 2\nb", nil},
		{"signs", "a\x01b\x02 {{.Response.x}}", `{"x":"\u0002/x\u0001y"}`, "a b  /x y", []string{"/x y"}},
		{"cut", "{{.Response.x}}", `{"x":"` + slashes + `//"}`, slashes + "…", []string{slashes + "…"}},
		{"cut behind", "{{.Response.x}}c" + slashes + "{{.Response.x}}", `{"x":"b"}`, "bc" + slashes[2:] + "…", nil},
		{"cut between", "{{.Response.x}}" + slashes, `{"x":"/a"}`, "/a" + slashes[2:] + "…", []string{"/a"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			lookups := newLookups(t, commands.LookupOptions{}, commands.LookupSpec{
				Name: "a", Show: tt.show,
				Request: commands.RequestSpec{URL: server(t, answering(200, "application/json", tt.response))},
			})
			req := commands.SectionRequest{Request: commands.Request{Call: newCall(newGroup("en"), "info")}}
			req.Customer = &topics.Customer{ID: 1, Name: "/forget\nme"}
			lines, err := lookups.Lines(t.Context(), req)
			if err != nil || len(lines) != 1 {
				t.Fatalf("%v, %v", lines, err)
			}
			var code []string
			units := utf16.Encode([]rune(lines[0].Text))
			for _, e := range lines[0].Entities {
				code = append(code, string(utf16.Decode(units[e.Offset:e.Offset+e.Length])))
				if e.Type != "code" {
					t.Errorf("a %s", e.Type)
				}
			}
			if lines[0].Text != tt.want || !slices.Equal(code, tt.code) {
				t.Errorf("shown %q, code %q, want %q and %q", lines[0].Text, code, tt.want, tt.code)
			}
		})
	}
}

func TestNobodyThere(t *testing.T) {
	const url = "http://127.0.0.1:1" // a port that was just given up may have a new owner
	log := &logBuffer{}
	lookups := newLookups(t, commands.LookupOptions{Log: log.logger()},
		commands.LookupSpec{Name: "billing", Show: "x", Request: commands.RequestSpec{URL: url + "/topsecret"}})
	if got := looked(t, lookups, always(john())); got != "billing: no answer" {
		t.Errorf("shown %q", got)
	}
	if strings.Contains(log.String(), "topsecret") {
		t.Errorf("log: %s", log)
	}
}

// The lookups meet at the server: each is answered only once all have arrived.
func TestSideBySideInOrder(t *testing.T) {
	const count = 5
	var arrived sync.WaitGroup
	arrived.Add(count)
	url := server(t, func(w http.ResponseWriter, r *http.Request) {
		arrived.Done()
		arrived.Wait()
		_, _ = io.WriteString(w, strings.TrimPrefix(r.URL.Path, "/"))
	})
	var specs []commands.LookupSpec
	var want []string
	for i := range count {
		specs = append(specs, commands.LookupSpec{
			Name: fmt.Sprint("n", i), Show: "{{.Response}}",
			Request: commands.RequestSpec{URL: fmt.Sprintf("%s/number%d", url, i)},
		})
		want = append(want, fmt.Sprint("number", i))
	}
	lookups := newLookups(t, commands.LookupOptions{}, specs...)
	if got := looked(t, lookups, always(john())); got != strings.Join(want, "\n") {
		t.Errorf("shown %q", got)
	}
}

func TestWithoutCustomer(t *testing.T) {
	var mu sync.Mutex
	var asked []string
	url := server(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, r.URL.Path)
		_, _ = io.WriteString(w, "fine")
	})
	lookup := func(name, path, show string) commands.LookupSpec {
		return commands.LookupSpec{Name: name, Show: show, Request: commands.RequestSpec{URL: url + path}}
	}
	lookups := newLookups(t, commands.LookupOptions{},
		lookup("a", "/a/{{.Customer.ID}}", "{{.Response}}"),
		lookup("b", "/b", "{{.Response}} {{.Customer.Name}}"),
		lookup("c", "/c/{{.Topic.ID}}", "{{.Response}}"),
		lookup("d", "/d", "{{.Response}} {{.Account}}"))
	if got := looked(t, lookups, never(topics.ReasonUnavailable)); got != "fine" {
		t.Errorf("shown %q", got)
	}
	if len(asked) != 1 || asked[0] != "/c/5343" {
		t.Errorf("asked %q", asked)
	}
	asked = nil
	if got := looked(t, lookups, never(topics.ReasonChat)); got != "" || len(asked) != 0 {
		t.Errorf("a chat topic: shown %q, asked %q", got, asked)
	}
}

// seen is a request as it arrived.
type seen struct {
	method, uri string
	header      http.Header
	body        []byte
}

func recorder(t *testing.T) (string, func() []seen) {
	t.Helper()
	var mu sync.Mutex
	var all []seen
	url := server(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		all = append(all, seen{r.Method, r.RequestURI, r.Header.Clone(), body})
		_, _ = io.WriteString(w, "{}")
	})
	return url, func() []seen {
		mu.Lock()
		defer mu.Unlock()
		return all
	}
}

type secret string

func (s secret) Reveal() string { return string(s) }

// accounts answers {{.Account}}.
type accounts []string

func (a accounts) AccountsOf(context.Context, *topics.Group, int64) ([]string, error) { return a, nil }

func TestSigned(t *testing.T) {
	const key = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
	url, all := recorder(t)
	lookups := newLookups(t, commands.LookupOptions{Accounts: accounts{"N005", "N006"}},
		commands.LookupSpec{Name: "a", Show: "x", Request: commands.RequestSpec{
			URL: url + "/x", Secret: secret(key),
			JSON: map[string]any{"user_id": "{{.Customer.ID}}", "a": "{{.Account}}", "n": "<{{.Customer.Name}}>"},
		}},
		commands.LookupSpec{Name: "b", Show: "x", Request: commands.RequestSpec{URL: url + "/y", Secret: secret(key)}},
	)
	looked(t, lookups, always(john()))
	oracle, err := webhook.NewWebhook(key)
	if err != nil {
		t.Fatal(err)
	}
	if len(all()) != 2 {
		t.Fatalf("%d requests", len(all()))
	}
	for _, r := range all() {
		if err := oracle.Verify(r.body, r.header); err != nil {
			t.Errorf("%s %s: %v", r.method, r.uri, err)
		}
		if err := oracle.Verify(append(bytes.Clone(r.body), ' '), r.header); err == nil {
			t.Error("a changed body passes")
		}
		id := r.header.Get("Idempotency-Key")
		if id == "" || id != r.header.Get("webhook-id") || strings.Contains(id, ".") {
			t.Errorf("Idempotency-Key %q, webhook-id %q", id, r.header.Get("webhook-id"))
		}
	}
}

func TestKeys(t *testing.T) {
	url, all := recorder(t)
	lookups := newLookups(t, commands.LookupOptions{},
		commands.LookupSpec{Name: "a", Show: "x", Request: commands.RequestSpec{URL: url, Method: "post"}})
	registry := infoRegistry(t, always(john()), commands.InfoSection{Name: "lookups", Section: lookups})
	call := newCall(newGroup("en"), "info")
	dispatch(t, registry, call)
	dispatch(t, registry, call) // the same update once more
	call.Press, call.Key = "1:info:refresh", "1:101"
	dispatch(t, registry, call)
	var keys []string
	for _, r := range all() {
		if r.method != http.MethodPost || r.header.Get("webhook-signature") != "" {
			t.Errorf("%s, signature %q", r.method, r.header.Get("webhook-signature"))
		}
		keys = append(keys, r.header.Get("Idempotency-Key"))
	}
	if len(keys) != 3 || keys[0] != keys[1] || keys[1] == keys[2] {
		t.Errorf("keys %q", keys)
	}
}

func TestValueThatDoesNotFit(t *testing.T) {
	url, all := recorder(t)
	who := john()
	who.Customer.Username, who.Customer.Name = "..", "x\r\nX-Admin: 1"
	lookups := newLookups(t, commands.LookupOptions{},
		commands.LookupSpec{Name: "path", Show: "x", Request: commands.RequestSpec{
			URL: url + "/a/{{.Customer.Username}}/b",
		}},
		commands.LookupSpec{Name: "header", Show: "x", Request: commands.RequestSpec{
			URL: url, Headers: map[string]string{"X-Name": "{{.Customer.Name}}"},
		}})
	got := strings.Split(func() string {
		registry := infoRegistry(t, always(who), commands.InfoSection{Name: "lookups", Section: lookups})
		return said(t, dispatch(t, registry, newCall(newGroup("en"), "info")))
	}(), "\n")
	for i, want := range []string{
		"path: not asked, a value does not fit the request", "header: not asked, a value does not fit the request",
	} {
		if line := got[len(got)-2+i]; line != want {
			t.Errorf("shown %q, want %q", line, want)
		}
	}
	if len(all()) != 0 {
		t.Errorf("sent: %+v", all())
	}
}

func TestLookupSettings(t *testing.T) {
	_, err := commands.NewLookups([]commands.LookupSpec{
		{Name: "a", Show: "{{.Nothing}}", Request: commands.RequestSpec{URL: "ftp://topsecret/"}},
		{Name: "a", Show: "x", Request: commands.RequestSpec{URL: "https://x/"}},
		{Name: " ", Show: "x", Request: commands.RequestSpec{URL: "https://x/"}},
	}, commands.LookupOptions{Caller: commands.NewCaller(nil)})
	if err == nil {
		t.Fatal("taken")
	}
	for _, want := range []string{"lookups[0].show:", "lookups[0].request.url:", "lookups[1].name:", "lookups[2].name:"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not told in\n%v", want, err)
		}
	}
	if strings.Contains(err.Error(), "topsecret") {
		t.Errorf("a secret is told: %v", err)
	}
}
