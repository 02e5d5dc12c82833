package app_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"topicpilot/integrations/telegram/telegramtest"
)

const lookupSecret = "bearer-of-the-lookup"

// outside is a system that lookups ask; it hangs at /hang until the test ends.
func outside(t *testing.T) (url string, seen func() []*http.Request) {
	t.Helper()
	var mu sync.Mutex
	var list []*http.Request
	hang := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		list = append(list, r)
		mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		switch {
		case strings.HasPrefix(r.URL.Path, "/hang"):
			select {
			case <-hang:
			case <-r.Context().Done():
			}
		case strings.HasPrefix(r.URL.Path, "/broken"):
			w.WriteHeader(http.StatusInternalServerError)
			fmt.Fprint(w, `{"error":"secret stack trace"}`)
		case strings.HasPrefix(r.URL.Path, "/long"):
			fmt.Fprintf(w, `{"text":%q}`, strings.Repeat("долгий ответ 😀 ", 120))
		case strings.HasPrefix(r.URL.Path, "/slow"):
			time.Sleep(300 * time.Millisecond)
			fmt.Fprint(w, `{"balance":12.50,"tariff":"t1"}`)
		default:
			fmt.Fprint(w, `{"balance":12.50,"tariff":"t1"}`)
		}
	}))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(hang) })
	return server.URL, func() []*http.Request {
		mu.Lock()
		defer mu.Unlock()
		return append([]*http.Request(nil), list...)
	}
}

func lookupYML(name, url, show string) string {
	return fmt.Sprintf(`  - name: %s
    request: {method: GET, url: %q, headers: {Authorization: "Bearer %s"}, timeout: 500ms}
    show: %q
`, name, url, lookupSecret, show)
}

// TestLookups: each lookup is a line, a dead one a line that says so, and none keeps the
// card away.
func TestLookups(t *testing.T) {
	t.Parallel()
	url, seen := outside(t)
	const show = "Balance {{.Response.balance}} · tariff {{.Response.tariff}}"
	s := newStage(t, telegramtest.Options{}, "lookups:", lookupYML("billing", url+"/users/{{.Customer.ID}}", show),
		lookupYML("broken", url+"/broken", show), lookupYML("hanging", url+"/hang", show),
		lookupYML("refused", "http://127.0.0.1:9/", show), lookupYML("last", url+"/ok", "Last {{.Response.tariff}}"))
	s.start()
	thread := s.topic(11, "Ann")
	s.post(thread, olgaID, "/info")
	card := s.answers(thread, 1)[0].Text
	s.holds(card, "Ann", "Balance 12.50 · tariff t1", "broken: error there (500)", "hanging: no answer",
		"refused: no answer", "Last t1")
	s.lacks(card, "stack trace", lookupSecret, url)
	s.lacks(s.log.String(), lookupSecret, "stack trace")
	var lines []string
	for line := range strings.Lines(card) {
		for _, name := range []string{"Balance", "broken", "hanging", "refused", "Last"} {
			if strings.HasPrefix(line, name) {
				lines = append(lines, name)
			}
		}
	}
	if got := strings.Join(lines, " "); got != "Balance broken hanging refused Last" {
		t.Errorf("lines in the order %q", got)
	}
	for _, r := range seen() {
		if r.Header.Get("Idempotency-Key") == "" || r.Header.Get("Authorization") != "Bearer "+lookupSecret {
			t.Errorf("%s without Idempotency-Key or Authorization", r.URL.Path)
		}
	}
}

// TestLookupsSideBySide: several slow ones take no longer than one.
func TestLookupsSideBySide(t *testing.T) {
	t.Parallel()
	url, seen := outside(t)
	more := []string{"lookups:"}
	for i := range 8 {
		more = append(more, lookupYML(fmt.Sprintf("slow%d", i), url+"/slow", fmt.Sprintf("Line %d {{.Response.tariff}}", i)))
	}
	s := newStage(t, telegramtest.Options{}, more...)
	s.start()
	thread := s.topic(11, "Ann")
	s.post(thread, olgaID, "/info")
	card := s.answers(thread, 1)[0].Text
	for i := range 8 {
		s.holds(card, fmt.Sprintf("Line %d t1", i))
	}
	if n := len(seen()); n != 8 {
		t.Errorf("%d requests", n)
	}
	// One after the other, the last would have been given up: together they may take
	// 1.5 s, their own times and a second.
	s.lacks(card, "no answer")
}

// TestLookupsWithoutCustomer: what needs no customer is shown although nobody is known.
func TestLookupsWithoutCustomer(t *testing.T) {
	t.Parallel()
	url, seen := outside(t)
	s := newStage(t, telegramtest.Options{}, "lookups:",
		lookupYML("billing", url+"/users/{{.Customer.ID}}", "Balance {{.Response.balance}}"),
		lookupYML("weather", url+"/ok", "Weather {{.Response.tariff}}"))
	s.start()
	thread := s.topic(11, "Ann")
	s.api.RemoveTopic(instance, conversation(thread))
	s.post(thread, olgaID, "/info")
	card := s.answers(thread, 1)[0].Text
	s.holds(card, "does not know", "Weather t1")
	s.lacks(card, "Balance")
	if n := len(seen()); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
}

// TestSlowTopicHoldsNobodyUp: a customer whose lookup hangs delays only his own topic.
func TestSlowTopicHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{})
	s.start()
	slow, fast := s.topic(11, "Ann"), s.topic(12, "Bob")
	s.hang(slow)
	s.post(slow, olgaID, "/info")
	s.eventually("asked", func() bool { return s.api.Active() == 1 })
	s.post(fast, olgaID, "/info")
	s.answers(fast, 1)
	if s.api.Active() != 1 || len(s.ours(slow)) != 0 {
		t.Error("the slow one was answered first")
	}
	s.holds(s.answers(slow, 1)[0].Text, "does not answer")
}
