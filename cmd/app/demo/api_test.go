package demo_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"topicpilot/cmd/app/demo"
)

// request sends one request to the page's server.
func request(t *testing.T, s *demo.Stage, method, path, body string, header ...string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	out, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(out)
}

func TestAPIRefusals(t *testing.T) {
	s := start(t)
	const good = `{"topic":0,"as":7001,"text":"hello"}`
	for _, c := range []struct {
		name, path, body string
		header           []string
		want             int
	}{
		{"good", "api/post", good, nil, 200},
		{"own origin", "api/post", good, []string{"Sec-Fetch-Site", "same-origin"}, 200},
		{"other site", "api/post", good, []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"other origin", "api/post", good, []string{"Origin", "https://example.org"}, 403},
		{"form", "api/post", "text=x", []string{"Content-Type", "application/x-www-form-urlencoded"}, 415},
		{"no JSON", "api/post", "hello", nil, 400},
		{"unknown field", "api/post", `{"txt":"x"}`, nil, 400},
		{"two values", "api/post", good + good, nil, 400},
		{"too large", "api/post", `{"text":"` + strings.Repeat("x", 70<<10) + `"}`, nil, 413},
		{"no text", "api/post", `{"topic":0,"as":7001,"text":" "}`, nil, 422},
		{"another's message", "api/edit", `{"message_id":2,"as":7009,"text":"x"}`, nil, 422},
		{"no button", "api/press", `{"message_id":2,"as":7001,"data":"x"}`, nil, 200},
		{"pressed by nobody", "api/press", `{"message_id":2,"as":1,"data":"x"}`, nil, 422},
		{"no card", "api/card", `{"id":"x","tags":"VIP"}`, nil, 422},
		{"no fault", "api/fault", `{"id":"x","on":true}`, nil, 422},
		{"no such path", "api/shutdown", `{}`, nil, 404},
	} {
		t.Run(c.name, func(t *testing.T) {
			if status, body := request(t, s, http.MethodPost, c.path, c.body, c.header...); status != c.want {
				t.Errorf("status %d, want %d: %s", status, c.want, body)
			}
		})
	}
}

func TestPageIsServed(t *testing.T) {
	s := start(t)
	status, page := request(t, s, http.MethodGet, "", "")
	if status != 200 || !strings.Contains(page, "Pelmora · Support") || strings.Contains(page, "<script>") {
		t.Errorf("status %d: %.200s", status, page)
	}
	for _, asset := range []string{"main.js", "store.js", "base.css", "icon.svg"} {
		if status, _ := request(t, s, http.MethodGet, "assets/"+asset, ""); status != 200 {
			t.Errorf("%s: status %d", asset, status)
		}
	}
	if strings.Contains(page, "http://") || strings.Contains(page, "https://") {
		t.Error("the page names an outside address")
	}
	var state demo.Snapshot
	_, body := request(t, s, http.MethodGet, "api/state", "")
	if err := json.Unmarshal([]byte(body), &state); err != nil || len(state.Topics) != 8 {
		t.Errorf("state: %v, %d topics", err, len(state.Topics))
	}
}

// stream opens the events and returns a function that reads the next one with a name.
func stream(t *testing.T, s *demo.Stage) (next func(name string) string, status int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL()+"api/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); _ = resp.Body.Close() })
	lines := bufio.NewReader(resp.Body)
	return func(name string) string {
		t.Helper()
		for current := ""; ; {
			line, err := lines.ReadString('\n')
			if err != nil {
				t.Fatalf("waiting for event %s: %v", name, err)
			}
			if v, ok := strings.CutPrefix(line, "event: "); ok {
				current = strings.TrimSpace(v)
			}
			if v, ok := strings.CutPrefix(line, "data: "); ok && current == name {
				return v
			}
		}
	}, resp.StatusCode
}

func TestEventsBeginWithTheStateAndGoOn(t *testing.T) {
	s := start(t)
	next, _ := stream(t, s)
	var state demo.Snapshot
	err := json.Unmarshal([]byte(next("state")), &state)
	if err != nil || len(state.Messages) == 0 || len(state.Pane) == 0 {
		t.Fatalf("%v; %d messages", err, len(state.Messages))
	}
	emma := topic(t, s, "Emma").ID
	post(t, s, demo.Write{Topic: emma, As: olga, Text: "A line\nand <another>"})
	var pane demo.Pane
	if err := json.Unmarshal([]byte(next("pane")), &pane); err != nil || pane.Text != "A line\nand <another>" {
		t.Errorf("pane: %v %+v", err, pane)
	}
	var message demo.Message
	if err := json.Unmarshal([]byte(next("message")), &message); err != nil || message.ID != pane.ID {
		t.Errorf("message: %v %+v", err, message)
	}
	var renamed demo.Topic
	if err := json.Unmarshal([]byte(next("topic")), &renamed); err != nil || renamed.Title != "🟨 Emma Wilson" {
		t.Errorf("topic: %v %+v", err, renamed)
	}
}

func TestTooManyPages(t *testing.T) {
	s := start(t)
	for range demo.MaxWatchers {
		next, _ := stream(t, s)
		next("state")
	}
	if _, status := stream(t, s); status != http.StatusServiceUnavailable {
		t.Errorf("one page too many: status %d", status)
	}
}

func TestBoardIsBounded(t *testing.T) {
	s := start(t)
	emma := topic(t, s, "Emma").ID
	for i := range 350 {
		if _, err := s.Post(demo.Write{Topic: emma, As: olga, Text: fmt.Sprint("line ", i)}); err != nil {
			t.Fatal(err)
		}
	}
	last := post(t, s, demo.Write{Topic: emma, As: olga, Text: "last"})
	v := s.State()
	shown, phone := 0, 0
	for _, m := range v.Messages {
		if m.Topic == emma {
			shown++
		}
	}
	for _, p := range v.Pane {
		if p.Topic == emma {
			phone++
		}
	}
	if shown > 300 || phone > 300 || onPhone(v, last) == nil {
		t.Errorf("%d messages, %d on the phone", shown, phone)
	}
}

func TestStageEndsTwice(t *testing.T) {
	for range 2 {
		s := demo.New(demo.Options{})
		ctx, cancel := context.WithCancel(t.Context())
		if err := s.Start(ctx, "127.0.0.1:0"); err != nil {
			t.Fatal(err)
		}
		cancel()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	busy := start(t)
	taken := demo.New(demo.Options{})
	addr := strings.TrimSuffix(strings.TrimPrefix(busy.URL(), "http://"), "/demo/")
	if err := taken.Start(t.Context(), addr); err == nil {
		t.Error("an address that is taken was opened")
	}
}
