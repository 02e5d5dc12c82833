package commands_test

import (
	"context"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"topicpilot/commands"
	"topicpilot/topics"
)

// linkStore keeps links in memory. It can die before any call, as runStore does.
type linkStore struct {
	mu    sync.Mutex
	links []topics.Link
	calls int
}

func (s *linkStore) step() error {
	if s.calls == 0 {
		return errDead
	}
	if s.calls > 0 {
		s.calls--
	}
	return nil
}

func (s *linkStore) find(customerID int64, account string) int {
	return slices.IndexFunc(s.links, func(l topics.Link) bool {
		return l.CustomerID == customerID && l.Account == account
	})
}

func (s *linkStore) AddLink(_ context.Context, link topics.Link) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.step(); err != nil {
		return false, err
	}
	if s.find(link.CustomerID, link.Account) >= 0 {
		return false, nil
	}
	s.links = append(s.links, link)
	return true, nil
}

func (s *linkStore) RemoveLink(_ context.Context, customerID int64, account string) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.step(); err != nil {
		return false, err
	}
	i := s.find(customerID, account)
	if i < 0 {
		return false, nil
	}
	s.links = slices.Delete(s.links, i, i+1)
	return true, nil
}

func (s *linkStore) Links(_ context.Context, customerID int64) ([]topics.Link, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.step(); err != nil {
		return nil, err
	}
	var list []topics.Link
	for _, link := range s.links {
		if link.CustomerID == customerID {
			list = append(list, link)
		}
	}
	return list, nil
}

// linkWorld is a group with /link and /unlink.
type linkWorld struct {
	*world
	links *linkStore
	parts commands.LinkParts
	made  *commands.Links
}

func newLinkWorld(t *testing.T, check *commands.CheckSpec) *linkWorld {
	t.Helper()
	w := &linkWorld{world: newWorld(t, newCaller(t)), links: &linkStore{calls: -1}}
	w.parts = commands.LinkParts{
		Customers: w.customers, Links: w.links, Runs: w.runs, Check: check, Caller: w.caller,
		Log: w.log.logger(), Now: w.clock.Now,
	}
	w.make(t)
	return w
}

func (w *linkWorld) make(t *testing.T) {
	t.Helper()
	made, err := commands.NewLinks(w.parts)
	if err != nil {
		t.Fatal(err)
	}
	w.made, w.registry = made, newRegistry(t, made.Commands()...)
}

func (w *linkWorld) says(t *testing.T, by int64, text, want string) {
	t.Helper()
	w.must(w.call(by, text))
	if got := w.last().text; got != want {
		t.Errorf("%s: %q, want %q", text, got, want)
	}
	w.clock.Add(time.Minute)
}

func TestLink(t *testing.T) {
	w := newLinkWorld(t, nil)
	w.says(t, olga, "/link", "John Doe has no linked account. To link one: /link N005.")
	w.says(t, olga, "/unlink", "John Doe has no linked account. To link one: /link N005.")
	w.says(t, olga, "/link N005", "N005 is linked to John Doe.")
	w.says(t, petr, "/link N005", "N005 is linked to John Doe already: Olga, 2026-05-22 12:02 UTC.")
	w.says(t, petr, "/link a.b-c_9", "a.b-c_9 is linked to John Doe.")
	w.says(t, olga, "/link",
		"Accounts of John Doe:\nN005 · Olga, 2026-05-22 12:02 UTC\na.b-c_9 · Petr, 2026-05-22 12:04 UTC")
	w.says(t, olga, "/unlink", "John Doe has several accounts. Please say which one, as in /unlink N005:\n"+
		"N005 · Olga, 2026-05-22 12:02 UTC\na.b-c_9 · Petr, 2026-05-22 12:04 UTC")
	w.says(t, olga, "/unlink N006", "N006 is not linked to John Doe.")
	w.says(t, olga, "/unlink a.b-c_9", "a.b-c_9 is no longer linked to John Doe.")
	w.says(t, olga, "/unlink", "N005 is no longer linked to John Doe.")
	w.says(t, olga, "/link N005 N006", "Usage: /link [account]")
	for _, id := range []string{"Н005", "N/5", "@olga", strings.Repeat("x", 65), "a,b", "<b>"} {
		w.must(w.call(olga, "/link "+id))
		if got := w.last().text; !strings.HasPrefix(got, "An account id is 1 to 64") || strings.Contains(got, "own.") {
			t.Errorf("/link %s: %q", id, got)
		}
	}
	var trail []string
	for _, run := range w.runs.runs {
		trail = append(trail, run.Command+" "+run.Args["account"]+" "+run.By.Name+" "+string(run.State))
	}
	want := []string{"link N005 Olga done", "link a.b-c_9 Petr done", "unlink a.b-c_9 Olga done", "unlink N005 Olga done"}
	if !slices.Equal(trail, want) {
		t.Errorf("audit: %q", trail)
	}
}

// Links belong to the customer, and an account may belong to several.
func TestLinkManyToMany(t *testing.T) {
	w := newLinkWorld(t, nil)
	w.says(t, olga, "/link N005", "N005 is linked to John Doe.")
	other := john()
	other.Customer = topics.Customer{ID: 5}
	w.parts.Customers = always(other)
	w.make(t)
	w.says(t, olga, "/link N005", "N005 is linked to 5.")
	for customer, want := range map[int64]int{987654321: 1, 5: 1, 6: 0} {
		accounts, err := w.made.AccountsOf(t.Context(), w.group, customer)
		if err != nil || len(accounts) != want {
			t.Errorf("accounts of %d: %v, %v", customer, accounts, err)
		}
	}
	w.parts.Customers = never(topics.ReasonUnknownTopic)
	w.make(t)
	for _, text := range []string{"/link", "/link N005", "/unlink"} {
		w.must(w.call(olga, text))
		if got := w.last().text; !strings.HasPrefix(got, "The Topics API does not know this topic") {
			t.Errorf("%s without a customer: %q", text, got)
		}
	}
}

func TestLinkBound(t *testing.T) {
	w := newLinkWorld(t, nil)
	for i := range 50 {
		w.must(w.call(olga, "/link N"+strings.Repeat("x", i)))
	}
	w.says(t, olga, "/link one.more",
		"John Doe has 50 accounts, and more is not possible. Please free one first: /unlink N.")
	w.must(w.call(olga, "/link"))
	lines, err := w.made.Lines(t.Context(), commands.SectionRequest{
		Request: commands.Request{Say: speaks("en")}, Customer: &topics.Customer{ID: 987654321},
	})
	if err != nil || len(lines) != 1 || strings.Count(lines[0].Text, ",") != 10 ||
		!strings.HasSuffix(lines[0].Text, ", …") {
		t.Errorf("line of /info: %v, %v", lines, err)
	}
}

func TestLinkInInfo(t *testing.T) {
	w := newLinkWorld(t, nil)
	w.must(w.call(olga, "/link N005"))
	w.must(w.call(olga, "/link N006"))
	registry := infoRegistry(t, always(john()), commands.InfoSection{Name: "accounts", Section: w.made})
	if got := said(t, dispatch(t, registry, newCall(w.group, "info"))); !strings.HasSuffix(got, "\nAccounts: N005, N006") {
		t.Errorf("/info: %q", got)
	}
	registry = infoRegistry(t, never(topics.ReasonUnavailable), commands.InfoSection{Name: "accounts", Section: w.made})
	if got := said(t, dispatch(t, registry, newCall(w.group, "info"))); strings.Contains(got, "Accounts") {
		t.Errorf("/info without a customer: %q", got)
	}
}

func TestLinkCheck(t *testing.T) {
	f := newFar(t, nil)
	w := newLinkWorld(t, &commands.CheckSpec{
		Request: commands.RequestSpec{
			URL: f.url + "/accounts/{{.Account}}?by={{.Operator.ID}}", Timeout: 300 * time.Millisecond,
			JSON: map[string]any{"id": "{{.Account}}", "arg": "{{.Args.account}}", "user": "{{.Customer.ID}}"},
		},
		Done: `{{eq .Response.id .Account}}`,
	})
	const none, dead = "There is no account N005, so nothing was linked.",
		"The check of the account gave no answer, so nothing was linked. Please try again."
	for _, tt := range []struct {
		name, want string
		handler    http.HandlerFunc
	}{
		{"another", none, answering(200, "application/json", `{"id":"N006"}`)},
		{"empty", none, answering(200, "application/json", `{}`)},
		{"404", none, answering(404, "", "")},
		{"500", dead, answering(500, "", "")},
		{"403", dead, answering(403, "", "")},
		{"reset", dead, reset},
		{"page", dead, answering(200, "text/html", "<h1>N005</h1>")},
		{"hang", dead, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }},
	} {
		f.set(tt.handler)
		w.must(w.call(olga, "/link N005"))
		if got := w.last().text; got != tt.want || len(w.links.links) != 0 {
			t.Errorf("%s: %q, %v", tt.name, got, w.links.links)
		}
	}
	f.set(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.String() != "/accounts/N005?by=42" {
			t.Errorf("asked %s", r.URL)
		}
		answering(200, "application/json", `{"id":"N005"}`)(rw, r)
	})
	w.says(t, olga, "/link N005", "N005 is linked to John Doe.")
	asked := f.count()
	if got := f.body(); got != `{"arg":"N005","id":"N005","user":987654321}` {
		t.Errorf("body %s", got)
	}
	w.must(w.call(olga, "/link N005"))
	w.must(w.call(olga, "/unlink N005"))
	if f.count() != asked {
		t.Error("asked although nothing is to be linked")
	}
	_, err := commands.NewLinks(commands.LinkParts{Check: &commands.CheckSpec{
		Request: commands.RequestSpec{URL: "http://x/{{.Response.id}}"}, Done: "{{.Args.none}}",
	}})
	for _, path := range []string{"links.check.request.url", "links.check.done"} {
		if err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("no word of %s in %v", path, err)
		}
	}
}

// An update that is delivered again, after a death at any place, is answered as if it had
// been delivered once.
func TestLinkDies(t *testing.T) {
	want := map[string]string{
		"/link N005": "N005 is linked to John Doe.", "/unlink": "N001 is no longer linked to John Doe.",
		"/unlink N001": "N001 is no longer linked to John Doe.",
	}
	for text, want := range maps.All(want) {
		for dies := range 12 {
			for _, inRuns := range []bool{false, true} {
				w := newLinkWorld(t, nil)
				w.links.links = []topics.Link{{CustomerID: 987654321, Account: "N001", By: person(petr)}}
				call := w.call(olga, text)
				if inRuns {
					w.runs.calls = dies
				} else {
					w.links.calls = dies
				}
				_, _ = w.deliver(call)
				w.runs.calls, w.links.calls = -1, -1
				w.must(call)
				w.must(call)
				accounts, _ := w.made.AccountsOf(t.Context(), w.group, 987654321)
				if got := w.last().text; got != want || len(accounts) != map[string]int{"/link N005": 2}[text] {
					t.Errorf("%s, death %d: %q, %v", text, dies, got, accounts)
				}
				if run := w.runs.last(); len(w.runs.runs) != 1 || run.State != topics.RunDone {
					t.Errorf("%s, death %d: audit %+v", text, dies, w.runs.runs)
				}
			}
		}
	}
}

func FuzzLinkAccount(f *testing.F) {
	for _, id := range []string{"N005", "a.b-c_9", "Н005", "-", "", "x\ny", strings.Repeat("x", 65), "\x01"} {
		f.Add(id)
	}
	form := regexp.MustCompile(`\A[A-Za-z0-9._-]{1,64}\z`)
	f.Fuzz(func(t *testing.T, id string) {
		w := newLinkWorld(t, nil)
		call := w.call(olga, "/link")
		call.Rest = id
		w.must(call)
		linked := len(w.links.links) == 1
		if linked && !form.MatchString(w.links.links[0].Account) {
			t.Errorf("linked %q", w.links.links[0].Account)
		}
		if linked != form.MatchString(strings.TrimSpace(id)) {
			t.Errorf("%q: linked %v", id, linked)
		}
	})
}
