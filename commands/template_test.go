package commands

import (
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"topicpilot/topics"
)

func sampleRequest() SectionRequest {
	return SectionRequest{
		Request: Request{
			Call: topics.Call{
				Conversation: topics.Conversation{ChatID: -1002101424779, ThreadID: 5343},
				By:           topics.Author{ID: 42, Name: "Olga", Username: "olga"},
				MessageID:    17, Key: "1:100",
			},
			Args: map[string]string{"tariff": "1"},
		},
		Customer: &topics.Customer{ID: 987654321, Name: "John Doe", Username: "john1991"},
		Info:     topics.TopicInfo{Title: "John", Status: "closed"},
	}
}

func sampleValues(t testing.TB, response string) map[string]any {
	t.Helper()
	values := templateValues(sampleRequest(), []string{"N005", "N006"}, true)
	if response != "" {
		v, err := decode("application/json", []byte(response))
		if err != nil {
			t.Fatal(err)
		}
		values["Response"] = v
	}
	return values
}

func TestShow(t *testing.T) {
	const response = `{"balance": 1000000, "big": 12345678901234567890, "price": 1.50, "exp": 1e6, "id": 9007199254740993,
		"tariff": {"name": "t1", "until": null}, "tags": ["a", 2, true], "ok": true, "no": false, "zero": 0,
		"html": "<b>&\"", "list": [{"n": "x"}, {"n": "y"}, {}]}`
	tests := []struct{ name, show, want string }{
		{"plain", "no action", "no action"},
		{"empty", "", ""},
		{"number", "{{.Response.balance}}", "1000000"},
		{"big number", "{{.Response.big}} {{.Response.id}}", "12345678901234567890 9007199254740993"},
		{"decimals as they came", "{{.Response.price}} {{.Response.exp}}", "1.50 1e6"},
		{"nested", "{{.Response.tariff.name}}", "t1"},
		{"null", "[{{.Response.tariff.until}}]", "[]"},
		{"missing", "[{{.Response.nothing}}]", "[]"},
		{"missing, deep", "[{{.Response.nothing.at.all}}]", "[]"},
		{"field of a number", "[{{.Response.balance.x}}]", "[]"},
		{"field of a list", "[{{.Response.tags.x}}]", "[]"},
		{"list", "{{.Response.tags}}", "a, 2, true"},
		{"object", "{{.Response.tariff}}", `{"name":"t1","until":null}`},
		{"no markup is made of it", "{{.Response.html}}", `<b>&"`},
		{"bool", "{{.Response.ok}} {{.Response.no}}", "true false"},
		{"if", "{{if .Response.ok}}yes{{else}}no{{end}}", "yes"},
		{"if zero", "{{if .Response.zero}}yes{{else}}no{{end}}", "no"},
		{"if missing", "{{if .Response.nothing.x}}yes{{else}}no{{end}}", "no"},
		{"eq", `{{eq .Response.tariff.name "t1"}}`, "true"},
		{"eq number", `{{eq .Response.balance 1000000}}`, "true"},
		{"eq decimal", `{{eq .Response.price 1.5}}`, "true"},
		{"eq missing", `{{eq .Response.nothing "x"}}`, "false"},
		{"eq of different kinds", `{{eq .Response.balance "x"}}{{eq .Response.tags 1}}`, "falsefalse"},
		{"gt", `{{if gt .Response.balance 5}}rich{{end}}`, "rich"},
		{"gt missing", `{{if gt .Response.nothing 5}}rich{{end}}`, ""},
		{"range", "{{range .Response.list}}<{{.n}}>{{end}}", "<x><y><>"},
		{"range missing", "{{range .Response.nothing}}x{{end}}", ""},
		{"range over a number", "{{range .Response.id}}x{{else}}none{{end}}", "none"},
		{"range over an object", "{{range $k, $v := .Response.tariff}}{{$k}}={{$v}};{{end}}", "name=t1;until=;"},
		{"range with variables", "{{range $i, $v := .Response.list}}{{$i}}{{$v.n}} {{end}}", "0x 1y 2 "},
		{"root inside of range", "{{range .Response.list}}{{$.Customer.ID}}{{break}}{{end}}", "987654321"},
		{"with", "{{with .Response.tariff}}{{.name}}{{end}}", "t1"},
		{"with missing", "{{with .Response.nothing}}{{.name}}{{else}}none{{end}}", "none"},
		{"variable", "{{$t := .Response.tariff}}{{$t.name}}", "t1"},
		{"chain", "{{(index .Response.list 1).n}}", "y"},
		{"index beyond", "[{{index .Response.list 7}}{{index .Response.nothing 0}}]", "[]"},
		{"len", "{{len .Response.list}} {{len .Response.nothing}}", "3 0"},
		{"printf", `{{printf "%s %v %.1f" .Response.tariff.name .Response.nothing .Response.price}}`, "t1  1.5"},
		{"pipe", `{{.Response.tariff.name | printf "%q"}}`, `"t1"`},
		{"account", "{{.Account}}", "N005, N006"},
		{
			"topic", "{{.Topic.GroupID}}/{{.Topic.ID}} {{.Topic.Title}} {{.Topic.Status}}", "-1002101424779/5343 John closed",
		},
		{"operator", "{{.Operator.Name}} {{.Operator.ID}} {{.Operator.Username}}", "Olga 42 olga"},
		{"argument", "{{.Args.tariff}}", "1"},
		{"comment, trimmed", "a {{- /* nothing */ -}} b", "ab"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tmpl, err := compileTemplate(tt.show, placeText, answerRoots([]string{"tariff"}))
			if err != nil {
				t.Fatal(err)
			}
			got, err := tmpl.render(sampleValues(t, response))
			if err != nil {
				t.Fatal(err)
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestMistakesAreFoundAtStart(t *testing.T) {
	tests := []struct {
		name, src string
		place     placing
	}{
		{"not closed", "{{.Customer.ID", placeText},
		{"unknown root", "{{.Custmer.ID}}", placeText},
		{"unknown field", "{{.Customer.Id}}", placeText},
		{"unknown field by way of $", "{{$.Customer.Id}}", placeText},
		{"too deep", "{{.Customer.Name.First}}", placeText},
		{"unknown argument", "{{.Args.months}}", placeText},
		{"answer in a request", "{{.Response.x}}", placeText},
		{"dot alone", "{{.}}", placeText},
		{"root alone", "{{printf \"%v\" $}}", placeText},
		{"unknown function", "{{frob .Customer.ID}}", placeText},
		{"field with an argument", "{{.Customer.ID 5}}", placeText},
		{"field behind a pipe", "{{5 | .Customer.ID}}", placeText},
		{"define", "{{define \"x\"}}a{{end}}", placeText},
		{"template", "{{template \"x\"}}", placeText},
		{"host from a value", "https://{{.Customer.Name}}.example/", placeURL},
		{"host goes on with a value", "https://example{{.Customer.Name}}/", placeURL},
		{"port from a value", "https://example:{{.Customer.ID}}/", placeURL},
		{"whole URL from a value", "{{.Customer.Name}}", placeURL},
		{"scheme", "file:///etc/{{.Customer.ID}}", placeURL},
		{"no URL", "billing.example", placeURL},
		{"no host", "https:///x", placeURL},
		{"fragment", "https://example/#{{.Customer.ID}}", placeURL},
		{"query on one way only", "https://example/a{{if .Customer.ID}}?{{end}}x={{.Customer.Name}}", placeURL},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := compileTemplate(tt.src, tt.place, requestRoots([]string{"tariff"}))
			if err == nil {
				t.Fatalf("%q is taken", tt.src)
			}
			if strings.Contains(err.Error(), "example") {
				t.Errorf("the error quotes the template: %v", err)
			}
		})
	}
}

func TestTooMuch(t *testing.T) {
	tmpl, err := compileTemplate(`{{range .Response}}{{$.Response}}{{end}}`, placeText, answerRoots(nil))
	if err != nil {
		t.Fatal(err)
	}
	list := make([]any, 2000)
	for i := range list {
		list[i] = int64(i)
	}
	if _, err = tmpl.render(map[string]any{"Response": list}); !errors.Is(err, errTooLong) {
		t.Errorf("got %v", err)
	}
}

func TestJSONBody(t *testing.T) {
	spec := RequestSpec{URL: "https://example/", JSON: map[string]any{
		"id":      "{{.Customer.ID}}",
		"text":    "id {{.Customer.ID}}",
		"account": "{{.Account}}",
		"joined":  "{{.Account}}.",
		"missing": "{{.Args.tariff}}",
		"fixed":   map[any]any{"n": 5, "b": true, 7: nil},
		"list":    []any{"{{.Topic.ID}}", "x", nil},
		"literal": `"quoted" <b>`,
		"spaced":  " {{.Customer.ID}}",
		"two":     "{{.Customer.ID}}{{.Topic.ID}}",
	}}
	r, err := compileRequest("request", spec, requestRoots([]string{"tariff"}))
	if err != nil {
		t.Fatal(err)
	}
	values := sampleValues(t, "")
	delete(values, "Args")
	p, err := r.prepare(values, "id")
	if err != nil {
		t.Fatal(err)
	}
	var got, want any
	if err := json.Unmarshal(p.body, &got); err != nil {
		t.Fatal(err)
	}
	const expected = `{"id":987654321,"text":"id 987654321","account":["N005","N006"],"joined":"N005, N006.",
		"missing":null,"fixed":{"n":5,"b":true,"7":null},"list":[5343,"x",null],
		"literal":"\"quoted\" <b>","spaced":" 987654321","two":"9876543215343"}`
	if err := json.Unmarshal([]byte(expected), &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	h := p.header
	if p.method != "POST" || h.Get("Content-Type") != "application/json" || h.Get("Idempotency-Key") != "id" {
		t.Errorf("%s %v", p.method, p.header)
	}
}

// Whatever a customer is called, a request is well formed and the name arrives as it is.
func TestValuesArriveAsTheyAre(t *testing.T) {
	spec := RequestSpec{
		Method: "POST",
		URL:    "https://example/users/{{.Customer.Name}}/x?name={{.Customer.Name}}&b={{.Customer.Username}}&c=1",
		JSON:   map[string]any{"name": "{{.Customer.Name}}", "text": "Hi {{.Customer.Name}}!"},
	}
	r, err := compileRequest("request", spec, requestRoots(nil))
	if err != nil {
		t.Fatal(err)
	}
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
		"..", ".", "a/b", "a?b", "a#b", "a&b=c", "100%", "%2F", "a+b", "\"", "\\", "\n", "{{.Customer.ID}}", "😀", "", ";",
	}))
	rapid.Check(t, func(t *rapid.T) {
		req := sampleRequest()
		name, username := text.Draw(t, "name"), text.Draw(t, "username")
		req.Customer.Name, req.Customer.Username = name, username
		p, err := r.prepare(templateValues(req, nil, false), "id")
		if bad := name == "" || hasDots(name); bad != errors.Is(err, errValue) || !bad && err != nil {
			t.Fatalf("%q: %v", name, err)
		} else if bad {
			return
		}
		u, err := url.Parse(p.url.String())
		if err != nil || u.Host != "example" {
			t.Fatalf("%q: %v", p.url, err)
		}
		if got := strings.Split(u.EscapedPath(), "/"); len(got) != 4 || unescape(t, got[2]) != name || got[3] != "x" {
			t.Fatalf("path %q", got)
		}
		query, err := url.ParseQuery(u.RawQuery)
		want := url.Values{"name": {name}, "b": {username}, "c": {"1"}}
		if diff := cmp.Diff(want, query); err != nil || diff != "" {
			t.Fatalf("query %q: %v\n%s", u.RawQuery, err, diff)
		}
		var body map[string]string
		if err := json.Unmarshal(p.body, &body); err != nil {
			t.Fatalf("body %q: %v", p.body, err)
		}
		if utf8.ValidString(name) && (body["name"] != name || body["text"] != "Hi "+name+"!") {
			t.Fatalf("body %v", body)
		}
	})
}

// hasDots reports whether a decoded path with this part would lead elsewhere.
func hasDots(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		if part == "." || part == ".." {
			return true
		}
	}
	return false
}

func unescape(t *rapid.T, s string) string {
	out, err := url.PathUnescape(s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestHeaders(t *testing.T) {
	spec := RequestSpec{URL: "https://example/", Headers: map[string]string{"X-Name": "n {{.Customer.Name}}"}}
	r, err := compileRequest("request", spec, requestRoots(nil))
	if err != nil {
		t.Fatal(err)
	}
	for name, fits := range map[string]bool{
		"John": true, "Иван 😀": true, "": true,
		"a\r\nX-Admin: 1": false, "a\nb": false, "a\x00b": false, "a\tb": false, "a\x7f": false,
	} {
		req := sampleRequest()
		req.Customer.Name = name
		p, err := r.prepare(templateValues(req, nil, false), "id")
		if fits != (err == nil) {
			t.Errorf("%q: %v", name, err)
		}
		if fits && p.header.Get("X-Name") != "n "+name {
			t.Errorf("%q arrives as %q", name, p.header.Get("X-Name"))
		}
		if !fits && (!errors.Is(err, errValue) || strings.Contains(err.Error(), "Admin")) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestRequestMistakes(t *testing.T) {
	spec := RequestSpec{
		Method: "GE T", URL: "tokentoken{{", JSON: []any{"{{.Nothing}}"}, Secret: plainSecret("tokentoken"),
		Headers: map[string]string{
			"Bad Name": "x", "Idempotency-Key": "x", "webhook-id": "x", "Host": "h",
			"X-A": "tokentoken{{", "X-B": "a\nb",
		},
	}
	_, err := compileRequest("request", spec, requestRoots(nil))
	if err == nil {
		t.Fatal("taken")
	}
	for _, want := range []string{
		"request.method:", "request.url:", "request.json: [0]:", "request.secret:",
		"headers.Bad Name:", "headers.Idempotency-Key:",
		"headers.webhook-id:", "headers.X-A:", "headers.X-B:", "headers.Host:",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not told in\n%v", want, err)
		}
	}
	if strings.Contains(err.Error(), "tokentoken") {
		t.Errorf("a secret is told:\n%v", err)
	}
}

type plainSecret string

func (s plainSecret) Reveal() string { return string(s) }

func FuzzTemplate(f *testing.F) {
	for _, seed := range []string{
		"{{.Response.a.b}}", "{{range .Response}}{{.x}}{{end}}", "{{index .Response 0 \"a\"}}",
		"{{with $x := .Account}}{{len $x}}{{end}}",
		"{{if and .Response.a (gt .Response.b 1)}}{{printf \"%d\" .Response.c}}{{end}}",
		"{{slice .Account 0 9}}", "{{.Customer.ID | eq 5 | not}}",
	} {
		f.Add(seed, `{"a":[1,{"b":null}],"b":"x"}`)
	}
	f.Fuzz(func(t *testing.T, src, response string) {
		tmpl, err := compileTemplate(src, placeText, answerRoots(nil))
		if err != nil || tmpl.tmpl == nil {
			return
		}
		values := templateValues(sampleRequest(), []string{"N005"}, true)
		values["Response"], _ = decode("", []byte(response))
		text, err := tmpl.render(values)
		gap := strings.Contains(text, "<no value>") && !strings.Contains(src+response, "value")
		if err == nil && (len(text) > maxRendered || gap) {
			t.Fatalf("%q gives %q", src, text)
		}
	})
}
