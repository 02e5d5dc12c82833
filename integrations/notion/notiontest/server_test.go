package notiontest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"topicpilot/integrations/notion/notiontest"
)

type world struct {
	*notiontest.Server
	t        *testing.T
	database string
	source   string
}

func open(t *testing.T, opt notiontest.Options) *world {
	t.Helper()
	w := &world{Server: notiontest.New(opt), t: t}
	if err := w.Start("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	db, sources := w.AddDatabase("CRM", notiontest.Customers())
	w.database, w.source = db, sources[0]
	return w
}

// ask sends a request and returns status and decoded answer.
func (w *world) ask(method, path, body string, headers ...string) (int, map[string]any) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.URL()+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+w.Token())
	req.Header.Set("Notion-Version", notiontest.Version)
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, nil
	}
	answer := map[string]any{"retry_after": resp.Header.Get("Retry-After")}
	if json.Unmarshal(raw, &answer) != nil {
		answer["raw"] = string(raw)
	}
	return resp.StatusCode, answer
}

func (w *world) create(properties string) (int, map[string]any) {
	w.t.Helper()
	return w.ask("POST", "/v1/pages", fmt.Sprintf(
		`{"parent":{"data_source_id":%q},"properties":{%s}}`, w.source, properties))
}

func rich(n int) string { return fmt.Sprintf(`[{"text":{"content":%q}}]`, strings.Repeat("x", n)) }

func times(n int, s string) string { return strings.TrimSuffix(strings.Repeat(s+",", n), ",") }

// TestRefusals: what Notion refuses is refused, and what is just allowed is not.
func TestRefusals(t *testing.T) {
	w := open(t, notiontest.Options{})
	page := w.AddPage(w.source, map[string]string{"Name": "Ann"})
	children := "/v1/blocks/" + page + "/children"
	block := func(texts string) string { return `{"paragraph":{"rich_text":` + texts + `}}` }
	link := func(n int) string {
		return fmt.Sprintf(`[{"text":{"content":"x","link":{"url":"https://e.com/%s"}}}]`, strings.Repeat("x", n-14))
	}
	for name, test := range map[string]struct {
		method, path, body string
		headers            []string
		status             int
		code               string
	}{
		"wrong token": {"GET", "/v1/pages/" + page, "", []string{"Authorization", "Bearer x"}, 401, "unauthorized"},
		"no version":  {"GET", "/v1/pages/" + page, "", []string{"Notion-Version", ""}, 400, "missing_version"},
		"old version": {
			"GET", "/v1/pages/" + page, "", []string{"Notion-Version", "2022-06-28"}, 400, "validation_error",
		},
		"no content type": {"POST", "/v1/pages", "{}", []string{"Content-Type", "text/plain"}, 400, "validation_error"},
		"unknown path":    {"GET", "/v1/nothing/" + page, "", nil, 400, "invalid_request_url"},
		"unknown method":  {"PUT", "/v1/pages/" + page, "", nil, 400, "invalid_request_url"},
		"no JSON":         {"POST", "/v1/pages", "{", nil, 400, "invalid_json"},
		"too large":       {"PATCH", children, strings.Repeat(" ", 500_001), nil, 413, "validation_error"},
		"unknown page":    {"GET", "/v1/pages/" + w.database, "", nil, 404, "object_not_found"},
		"without dashes":  {"GET", "/v1/pages/" + strings.ReplaceAll(page, "-", ""), "", nil, 200, ""},
		"unknown key":     {"PATCH", "/v1/pages/" + page, `{"colour":1}`, nil, 400, "validation_error"},
		"block fits":      {"PATCH", children, `{"children":[` + block(rich(2000)) + `]}`, nil, 200, ""},
		"text too long":   {"PATCH", children, `{"children":[` + block(rich(2001)) + `]}`, nil, 400, "validation_error"},
		"pairs too long": {
			"PATCH", children, `{"children":[` + block(strings.ReplaceAll(rich(1001), "x", "😀")) + `]}`, nil, 400,
			"validation_error",
		},
		"items fit": {
			"PATCH", children, `{"children":[` + block("["+times(100, `{"text":{"content":"x"}}`)+"]") + `]}`, nil, 200, "",
		},
		"too many items": {
			"PATCH", children, `{"children":[` + block("["+times(101, `{"text":{"content":"x"}}`)+"]") + `]}`, nil, 400,
			"validation_error",
		},
		"children fit":  {"PATCH", children, `{"children":[` + times(100, block("[]")) + `]}`, nil, 200, ""},
		"too many":      {"PATCH", children, `{"children":[` + times(101, block("[]")) + `]}`, nil, 400, "validation_error"},
		"link fits":     {"PATCH", children, `{"children":[` + block(link(2000)) + `]}`, nil, 200, ""},
		"link too long": {"PATCH", children, `{"children":[` + block(link(2001)) + `]}`, nil, 400, "validation_error"},
		"no link": {
			"PATCH", children, `{"children":[` + block(`[{"text":{"content":"x","link":{"url":"x"}}}]`) + `]}`, nil, 400,
			"validation_error",
		},
		"unknown color": {
			"PATCH", children, `{"children":[` + block(`[{"text":{"content":"x"},"annotations":{"color":"mauve"}}]`) + `]}`,
			nil, 400, "validation_error",
		},
		"page size":  {"GET", children + "?page_size=101", "", nil, 400, "validation_error"},
		"cursor":     {"GET", children + "?start_cursor=x", "", nil, 400, "validation_error"},
		"a property": {"GET", "/v1/pages/" + page + "?filter_properties=zz", "", nil, 400, "validation_error"},
	} {
		t.Run(name, func(t *testing.T) {
			status, answer := w.ask(test.method, test.path, test.body, test.headers...)
			code, _ := answer["code"].(string)
			if status != test.status || code != test.code {
				t.Errorf("%d %v, want %d %s", status, answer["code"], test.status, test.code)
			}
		})
	}
}

// TestValues: values are held against the type of their property.
func TestValues(t *testing.T) {
	w := open(t, notiontest.Options{})
	for properties, want := range map[string]int{
		`"Name":{"title":` + rich(3) + `},"Telegram ID":{"number":42}`: 200,
		`"Telegram ID":{"number":"42"}`:                                400,
		`"Telegram ID":{"rich_text":` + rich(1) + `}`:                  400,
		`"Telegram ID":{"number":null}`:                                200,
		`"Nothing":{"number":1}`:                                       400,
		`"Username":{"rich_text":"x"}`:                                 400,
		`"Phone":{"phone_number":"` + strings.Repeat("1", 200) + `"}`:  200,
		`"Phone":{"phone_number":"` + strings.Repeat("1", 201) + `"}`:  400,
		`"Tags":{"multi_select":[` + times(100, `{"name":"x"}`) + `]}`: 200,
		`"Tags":{"multi_select":[` + times(101, `{"name":"x"}`) + `]}`: 400,
		`"Tags":{"select":{"name":"x"}}`:                               400,
		`"Priority":{"select":{"name":"High"}}`:                        200,
		`"Priority":{"select":"High"}`:                                 400,
	} {
		if status, answer := w.create(properties); status != want {
			t.Errorf("%.60s: %d %v", properties, status, answer["message"])
		}
	}
	if status, _ := w.ask("POST", "/v1/pages", `{"parent":{"database_id":"`+w.database+`"}}`); status != 400 {
		t.Errorf("a database as parent: %d", status)
	}
}

func (w *world) found() int {
	w.t.Helper()
	_, answer := w.ask("POST", "/v1/data_sources/"+w.source+"/query",
		`{"filter":{"property":"Telegram ID","number":{"equals":42}}}`)
	results, _ := answer["results"].([]any)
	return len(results)
}

// TestVisibility: a new page is hidden from as many queries as was asked for.
func TestVisibility(t *testing.T) {
	w := open(t, notiontest.Options{QueryLag: 2})
	w.create(`"Telegram ID":{"number":42}`)
	for i, want := range []int{0, 0, 1, 1} {
		if got := w.found(); got != want {
			t.Errorf("query %d sees %d", i, got)
		}
	}
	w.SetArchived(w.Pages(w.source)[0].ID, true)
	if w.found() != 0 {
		t.Error("a page in the trash is found")
	}
}

// TestRate: over the limit 429 is answered, with the time to wait and the reason.
func TestRate(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	w := open(t, notiontest.Options{PerSecond: 3, Now: func() time.Time { return now }})
	for i := range 5 {
		status, answer := w.ask("GET", "/v1/databases/"+w.database, "")
		extra, _ := answer["additional_data"].(map[string]any)
		if i < 3 && status != 200 ||
			i >= 3 && (status != 429 || answer["retry_after"] != "1" || extra["rate_limit_reason"] == nil) {
			t.Errorf("request %d: %d %v", i, status, answer)
		}
	}
	now = now.Add(time.Second)
	if status, _ := w.ask("GET", "/v1/databases/"+w.database, ""); status != 200 {
		t.Errorf("a second later: %d", status)
	}
}

// TestFaults: a fault strikes as often as was said, before or after the effect.
func TestFaults(t *testing.T) {
	w := open(t, notiontest.Options{})
	for _, test := range []struct {
		fault  notiontest.Fault
		status int
		made   int
	}{
		{notiontest.Fault{Close: true}, 0, 0},
		{notiontest.Fault{Close: true, After: true}, 0, 1},
		{notiontest.Fault{Status: 529, RetryAfter: 3}, 529, 0},
		{notiontest.Fault{Status: 502, After: true}, 502, 1},
		{notiontest.Fault{Garbage: "<html>"}, 200, 0},
		{notiontest.Fault{Delay: time.Millisecond}, 200, 1},
	} {
		before := len(w.Pages(w.source))
		w.Fail("pages.create", test.fault)
		status, answer := w.create(`"Telegram ID":{"number":1}`)
		if made := len(w.Pages(w.source)) - before; status != test.status || made != test.made {
			t.Errorf("%+v: %d %v, %d made", test.fault, status, answer, made)
		}
		if status, _ := w.create(`"Telegram ID":{"number":1}`); status != 200 {
			t.Errorf("%+v strikes twice", test.fault)
		}
	}
	if n := w.Requests()["pages.create"]; n != 12 {
		t.Errorf("%d requests counted", n)
	}
}

// TestHang: a request that hangs ends with the server.
func TestHang(t *testing.T) {
	w := open(t, notiontest.Options{})
	w.Fail("*", notiontest.Fault{Hang: time.Hour, Times: -1})
	done := make(chan int)
	go func() {
		status, _ := w.create("")
		done <- status
	}()
	for w.Requests()["pages.create"] == 0 {
		time.Sleep(time.Millisecond)
	}
	w.Close()
	if status := <-done; status != 0 {
		t.Errorf("answered with %d", status)
	}
}
