package demo_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"topicpilot/cmd/app/demo"
	"topicpilot/integrations/telegram/telegramtest"
)

const emmaID = 810001

// charge asks the played billing system for something and gives the status, 0 for no answer.
func charge(s *demo.Stage, method, path, key, body string) (int, map[string]any, error) {
	base, _, _ := strings.Cut(s.Settings().Lookups[0].URL, "/users/")
	req, err := http.NewRequest(method, base+path, strings.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Authorization", s.Settings().Lookups[0].Headers["Authorization"])
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	// With connections kept, the client would repeat by itself a request that carries such a key.
	client := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		return 0, nil, nil // which is what is looked for
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, nil, err
	}
	answer := map[string]any{}
	return resp.StatusCode, answer, json.Unmarshal(raw, &answer)
}

func TestBillingActs(t *testing.T) {
	s := start(t)
	const good = `{"tariff":"t1","months":"6"}`
	for _, c := range []struct {
		name, method, path, key, body string
		want                          int
	}{
		{"switch on", "POST", "/users/810001/tariff", "a", good, 200},
		{"no key", "POST", "/users/810001/tariff", "", good, 400},
		{"long key", "POST", "/users/810001/tariff", strings.Repeat("k", 300), good, 400},
		{"no such tariff", "POST", "/users/810001/tariff", "b", `{"tariff":"t9","months":"6"}`, 422},
		{"no months", "POST", "/users/810001/tariff", "c", `{"tariff":"t1","months":"0"}`, 422},
		{"no JSON", "POST", "/users/810001/tariff", "d", `x`, 422},
		{"nobody", "POST", "/users/1/tariff", "e", good, 404},
		{"look", "GET", "/users/810001/tariff", "", "", 200},
		{"switch off", "DELETE", "/users/810001/tariff", "f", "", 200},
		{"account", "GET", "/accounts/N005", "", "", 200},
		{"no account", "GET", "/accounts/N999", "", "", 200},
	} {
		status, answer, err := charge(s, c.method, c.path, c.key, c.body)
		if err != nil || status != c.want {
			t.Errorf("%s: status %d, want %d: %v %v", c.name, status, c.want, answer, err)
		}
		if exists, asked := answer["exists"]; asked && exists != (c.name == "account") {
			t.Errorf("%s: %v", c.name, answer)
		}
	}
	effects := s.State().Systems.Effects
	if len(effects) != 2 || effects[0].Text != "Grove switched off" || effects[1].Key != "a" {
		t.Errorf("effects %+v", effects)
	}
}

func TestBillingLosesOnlyTheAnswer(t *testing.T) {
	s := start(t)
	if err := s.SetFault("billing-lost", true); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		status, _, err := charge(s, "POST", "/users/810001/tariff", "k", `{"tariff":"t2","months":"3"}`)
		if status != 0 || err != nil {
			t.Errorf("status %d, %v", status, err)
		}
	}
	status, answer, err := charge(s, "GET", "/users/810001/tariff", "", "")
	if err != nil || status != 200 || answer["tariff"] != "t2" || answer["months"] != "3" {
		t.Errorf("%d %v %v", status, answer, err)
	}
	if got := s.State().Systems.Effects; len(got) != 1 || got[0].Repeats != 2 {
		t.Errorf("effects %+v", got)
	}
}

// TestAKeyActsOnce: whatever is asked in whatever order, a key has one effect.
func TestAKeyActsOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := demo.NewLedger(time.Now)
		asked := rapid.SliceOfN(rapid.IntRange(0, 9), 1, 40).Draw(t, "keys")
		distinct := map[int]bool{}
		for _, n := range asked {
			distinct[n] = true
			if rapid.Bool().Draw(t, "on") {
				l.SwitchOn(emmaID, fmt.Sprint(n), "t1", 1)
			} else {
				l.SwitchOff(emmaID, fmt.Sprint(n))
			}
		}
		_, effects := l.View()
		repeats := 0
		for _, e := range effects {
			repeats += e.Repeats
		}
		if len(effects) != len(distinct) || repeats != len(asked)-len(distinct) {
			t.Fatalf("%d effects and %d repeats of %v", len(effects), repeats, asked)
		}
	})
}

func TestLedgerIsBounded(t *testing.T) {
	l := demo.NewLedger(time.Now)
	for n := range 1000 {
		l.SwitchOn(emmaID, fmt.Sprint(n), "t1", 1)
	}
	if _, effects := l.View(); len(effects) != demo.KeepEffects || effects[0].Number != 1000 {
		t.Errorf("%d effects, the newest is %d", len(effects), effects[0].Number)
	}
}

func TestCardsAreEditedWithinBounds(t *testing.T) {
	s := start(t)
	card := s.State().Systems.Cards[0]
	for _, c := range []struct {
		name, id, tags, priority string
		want                     string // "": refused
	}{
		{"tags", card.ID, " VIP ,, since  2021 ", "Low", "VIP, since 2021"},
		{"none", card.ID, "", "", ""},
		{"no such priority", card.ID, "VIP", "Low|Medium", "refused"},
		{"too many", card.ID, strings.Repeat("a,", 11), "", "refused"},
		{"too long", card.ID, strings.Repeat("я", 41), "", "refused"},
		{"no such card", "x", "VIP", "", "refused"},
	} {
		err := s.EditCard(c.id, c.tags, c.priority)
		if (err != nil) != (c.want == "refused") {
			t.Errorf("%s: %v", c.name, err)
		}
		if got := s.State().Systems.Cards[0]; err == nil && (got.Tags != c.want || got.Priority != c.priority) {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

func TestFilesAreServedSealed(t *testing.T) {
	s := start(t)
	maria := topic(t, s, "Мария").ID
	m, err := s.Telegram().Post(telegramtest.Post{
		Chat: groupA, Thread: maria, From: olga, Media: "document", FileName: "<b>page.html",
		File: []byte("<script>1</script>"),
	})
	if err != nil {
		t.Fatal(err)
	}
	await(t, s, "the file", func(v demo.Snapshot) bool { return find(v, m.ID) != nil && find(v, m.ID).FileID != "" })
	id := find(s.State(), m.ID).FileID
	for _, c := range []struct {
		path        string
		status      int
		kind, saved string
	}{
		{id + "/page.html", 200, "text/html; charset=utf-8", ""},
		{id + "/notes.md", 200, "text/plain; charset=utf-8", ""},
		{id + "/%3Cb%3E%22page.html?download", 200, "text/html; charset=utf-8", "attachment; filename="},
		{"nothing/page.html", 404, "application/json; charset=utf-8", ""},
	} {
		resp, err := http.Get(s.URL() + "api/files/" + c.path)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		h := resp.Header
		if resp.StatusCode != c.status || h.Get("Content-Type") != c.kind ||
			!strings.HasPrefix(h.Get("Content-Disposition"), c.saved) || h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %d %v", c.path, resp.StatusCode, h)
		}
		policy := h.Get("Content-Security-Policy")
		if c.status == 200 && !strings.HasPrefix(policy, "sandbox; default-src 'none'") {
			t.Errorf("%s: policy %q", c.path, policy)
		}
	}
}

func TestNotionIsDisturbed(t *testing.T) {
	s := start(t)
	ask := func() *http.Response {
		t.Helper()
		set := s.Settings().Notion
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, set.APIURL+"/v1/databases/"+set.DatabaseID, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+set.Token)
		req.Header.Set("Notion-Version", "2025-09-03")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		return resp
	}
	set := func(id string, on bool) {
		t.Helper()
		if err := s.SetFault(id, on); err != nil {
			t.Fatal(err)
		}
	}
	if got := ask().StatusCode; got != 200 {
		t.Errorf("undisturbed: status %d", got)
	}
	set("notion-down", true)
	if got := ask().StatusCode; got != 503 {
		t.Errorf("down: status %d", got)
	}
	set("notion-down", false)
	for range 2 {
		// A pause is asked for once, then again only after a while or when switched on anew.
		set("notion-429", true)
		if got := ask(); got.StatusCode != 429 || got.Header.Get("Retry-After") != "7" {
			t.Errorf("busy: status %d, Retry-After %q", got.StatusCode, got.Header.Get("Retry-After"))
		}
		if got := ask().StatusCode; got != 200 {
			t.Errorf("after the pause: status %d", got)
		}
		set("notion-429", false)
	}
}

func TestBillingPage(t *testing.T) {
	s := start(t)
	if _, _, err := charge(s, "POST", "/users/810001/tariff", "a", `{"tariff":"t1","months":"6"}`); err != nil {
		t.Fatal(err)
	}
	status, page := request(t, s, http.MethodGet, "billing/users/810001", "")
	for _, want := range []string{"Emma Wilson", "24.50 EUR", "Grove for 6 months", "N005 Wilson Studio"} {
		if status != 200 || !strings.Contains(page, want) {
			t.Errorf("status %d, no %q", status, want)
		}
	}
	for _, path := range []string{"billing/users/1", "billing/users/x"} {
		if status, _ := request(t, s, http.MethodGet, path, ""); status != 404 {
			t.Errorf("%s: status %d", path, status)
		}
	}
	_, answer, err := charge(s, "GET", "/users/810001", "", "")
	if err != nil || answer["page"] != s.URL()+"billing/users/810001" {
		t.Errorf("%v %v", answer, err)
	}
}
