package notion_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"topicpilot/integrations/notion"
	"topicpilot/integrations/notion/notiontest"
	"topicpilot/topics"
)

// outcome names what an error means to the caller.
func outcome(err error) string {
	if wait, ok := errors.AsType[*topics.Wait](err); ok {
		return "wait " + wait.After.String()
	}
	if _, ok := errors.AsType[*topics.UnknownOutcome](err); ok {
		return "unknown"
	}
	if refusal, ok := errors.AsType[*notion.Error](err); ok {
		return string(refusal.Kind)
	}
	return fmt.Sprint(err)
}

// TestFaults: what each fault of a read and of a write means.
func TestFaults(t *testing.T) {
	large := strings.Repeat("x", 9<<20)
	for name, test := range map[string]struct {
		fault       notiontest.Fault
		read, write string
	}{
		"401":              {notiontest.Fault{Status: 401}, "token", "token"},
		"403":              {notiontest.Fault{Status: 403}, "rights", "rights"},
		"404":              {notiontest.Fault{Status: 404}, "not_found", "not_found"},
		"409":              {notiontest.Fault{Status: 409}, "conflict", "conflict"},
		"400":              {notiontest.Fault{Status: 400}, "invalid", "invalid"},
		"413":              {notiontest.Fault{Status: 413}, "invalid", "invalid"},
		"429":              {notiontest.Fault{Status: 429, RetryAfter: 7}, "wait 7s", "wait 7s"},
		"429 for a minute": {notiontest.Fault{Status: 429, RetryAfter: 60}, "wait 1m0s", "wait 1m0s"},
		"429 for longer":   {notiontest.Fault{Status: 429, RetryAfter: 61}, "limited", "limited"},
		"429 without time": {notiontest.Fault{Status: 429}, "wait 5s", "wait 5s"},
		"529":              {notiontest.Fault{Status: 529, RetryAfter: 2}, "wait 2s", "wait 2s"},
		"500":              {notiontest.Fault{Status: 500}, "unavailable", "unknown"},
		"503":              {notiontest.Fault{Status: 503}, "unavailable", "unknown"},
		"closed":           {notiontest.Fault{Close: true}, "unavailable", "unknown"},
		"garbage":          {notiontest.Fault{Garbage: "<html>busy</html>"}, "unreadable", "unknown"},
		"another object":   {notiontest.Fault{Garbage: `{"object":"user"}`}, "unreadable", "unknown"},
		"garbage 502":      {notiontest.Fault{Garbage: "Bad Gateway", Status: 502}, "unavailable", "unknown"},
		"too large":        {notiontest.Fault{Garbage: large}, "unreadable", "unknown"},
		"hang":             {notiontest.Fault{Hang: time.Hour}, "unavailable", "unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, notiontest.Options{}, func(o *notion.Options) {
				if strings.HasPrefix(name, "hang") {
					o.Timeout = 100 * time.Millisecond
				}
			})
			card, err := s.newClient(t).Upsert(t.Context(), ann(), topics.KnownCard{})
			if err != nil {
				t.Fatal(err)
			}
			test.fault.Times = -1
			s.server.Fail("*", test.fault)
			if _, err := s.client.Landed(t.Context(), card.ID, "", []string{"x"}); outcome(err) != test.read {
				t.Errorf("read: %v", err)
			}
			write := s.newClient(t, func(o *notion.Options) { o.Timeout = 200 * time.Millisecond })
			if err := write.Archive(t.Context(), card.ID); test.write == "not_found" && err != nil ||
				test.write != "not_found" && outcome(err) != test.write {
				t.Errorf("write: %v", err)
			}
		})
	}
}

// TestReadAgain: a read that fails once is repeated, a write is not.
func TestReadAgain(t *testing.T) {
	s := newStage(t, notiontest.Options{})
	card := upsert(t, s, ann(), "")
	s.server.ResetRequests()
	for _, f := range []notiontest.Fault{{Status: 502}, {Close: true}, {Garbage: "x"}} {
		s.server.Fail("dataSources.query", f)
		upsert(t, s, ann(), "")
	}
	if n := s.server.Requests()["dataSources.query"]; n != 6 {
		t.Errorf("%d queries", n)
	}
	s.server.Fail("pages.update", notiontest.Fault{Status: 502})
	err := s.client.Archive(t.Context(), card.ID)
	if n := s.server.Requests()["pages.update"]; n != 1 || outcome(err) != "unknown" {
		t.Errorf("%d updates, %v", n, err)
	}
}

// TestPause: while Notion asks for a pause nothing is sent, by no call.
func TestPause(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	s := newStage(t, notiontest.Options{}, func(o *notion.Options) { o.Now = func() time.Time { return now } })
	card := upsert(t, s, ann(), "")
	s.server.Fail("pages.update", notiontest.Fault{Status: 429, RetryAfter: 30})
	if err := s.client.Archive(t.Context(), card.ID); outcome(err) != "wait 30s" {
		t.Error(err)
	}
	now = now.Add(10 * time.Second)
	s.server.ResetRequests()
	if _, err := s.client.Upsert(t.Context(), ann(), topics.KnownCard{}); outcome(err) != "wait 20s" || s.total() != 0 {
		t.Errorf("%v, %d requests", err, s.total())
	}
	now = now.Add(20 * time.Second)
	upsert(t, s, ann(), card.ID)
}

// TestLimit: our own requests stand in a queue, and where it is long the caller is told.
func TestLimit(t *testing.T) {
	s := newStage(t, notiontest.Options{}, func(o *notion.Options) { o.PerSecond = 3 })
	waits := 0
	for range 100 {
		if _, err := s.client.Upsert(t.Context(), ann(), topics.KnownCard{}); strings.HasPrefix(outcome(err), "wait") {
			waits++
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if len(s.pauses) < 20 || waits < 20 {
		t.Errorf("%d pauses, %d sent away", len(s.pauses), waits)
	}
	for _, d := range s.pauses {
		if d > 10*time.Second {
			t.Errorf("a pause of %s", d)
		}
	}
}

func TestUnreachable(t *testing.T) {
	client, err := notion.New(notion.Options{
		ID: "cards", Token: token(notiontest.DefaultToken), DatabaseID: "1f2e3d4c5b6a1f2e3d4c5b6a1f2e3d4c",
		// Nobody listens on port 1; a port that was just given up may have a new owner.
		APIURL: "http://127.0.0.1:1", Properties: properties(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	if err := client.Archive(t.Context(), "x"); outcome(err) != "unreachable" {
		t.Error(err)
	}
}

// TestRedirect: the token does not follow to another address.
func TestRedirect(t *testing.T) {
	followed := false
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { followed = true }))
	defer other.Close()
	first := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	defer first.Close()
	s := newStage(t, notiontest.Options{})
	client := s.newClient(t, func(o *notion.Options) { o.APIURL = first.URL })
	if err := client.Archive(t.Context(), "x"); outcome(err) != "invalid" || followed {
		t.Errorf("%v, followed %v", err, followed)
	}
}

// TestNoLeak: neither token nor customers' words nor Notion's message are in errors and logs.
func TestNoLeak(t *testing.T) {
	const secret, word = "ntn_SECRETsecret", "wordofthecustomer"
	var log bytes.Buffer
	for _, f := range []notiontest.Fault{
		{Status: 400, Code: word},
		{Status: 401},
		{Status: 404},
		{Status: 429, RetryAfter: 90},
		{Status: 429},
		{Status: 500},
		{Close: true},
		{Garbage: `"` + word},
		{Garbage: `{"code":"` + word + ` 1","message":"` + word + `"}`, Status: 400},
		{Hang: time.Hour},
	} {
		s := newStage(t, notiontest.Options{Token: secret})
		opt := func(o *notion.Options) {
			o.Token, o.Timeout = token(secret), 100*time.Millisecond
			o.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		}
		client := s.newClient(t, opt)
		f.Times = -1
		customer := topics.Customer{ID: 5, Name: word + " Smith"}
		if _, err := s.newClient(t, func(o *notion.Options) { o.Token = token(secret) }).Upsert(
			t.Context(), customer, topics.KnownCard{}); err != nil {
			t.Fatal(err)
		}
		s.server.Fail("*", f)
		_, err := client.Upsert(t.Context(), customer, topics.KnownCard{})
		_, appended := client.AppendBlocks(t.Context(), s.server.Pages(s.source)[0].ID, []notion.Block{})
		text := fmt.Sprintf("%v %+v %v %s", err, client.Check(t.Context()), appended, log.String())
		if f.Code == word {
			text = strings.ReplaceAll(text, "400 "+word, "") // the code is Notion's, here it was asked for
		}
		if err == nil || strings.Contains(text, secret) || strings.Contains(text, word) {
			t.Errorf("%+v: %s", f, text)
		}
	}
}

func TestNew(t *testing.T) {
	good := notion.Options{Token: token("x"), DatabaseID: "d", Properties: properties()}
	for name, change := range map[string]func(*notion.Options){
		"token":       func(o *notion.Options) { o.Token = token("") },
		"database_id": func(o *notion.Options) { o.DatabaseID = "" },
		"api_url":     func(o *notion.Options) { o.APIURL = "notion.com" },
		"user_id":     func(o *notion.Options) { o.Properties.UserID = "" },
	} {
		opt := good
		change(&opt)
		if _, err := notion.New(opt); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := notion.New(good); err != nil {
		t.Error(err)
	}
}

// TestQuotesNothing: what stands in an answer that is none does not get into our errors.
func TestQuotesNothing(t *testing.T) {
	for _, answer := range []string{
		"zqxCanaryWord +12125550123\r\n\r\n", "HTTP/1.1 +12125550123 zqxCanaryWord\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: zqxCanaryWord\r\n\r\n", "HTTP/1.1 200 OK\r\nzqxCanaryWord\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: zqxCanaryWord\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzqxCanaryWord\r\n",
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = conn.Write([]byte(answer))
			_ = conn.Close()
		}))
		client, err := notion.New(notion.Options{
			ID: "cards", Token: token("t"), APIURL: server.URL, DatabaseID: "d", PerSecond: -1,
			Properties: notion.Properties{UserID: "Telegram ID"},
		})
		if err != nil {
			t.Fatal(err)
		}
		err = client.Archive(t.Context(), "page")
		if err == nil || strings.Contains(err.Error(), "zqx") || strings.Contains(err.Error(), "2125550123") {
			t.Errorf("%q: %v", answer, err)
		}
		server.Close()
	}
}
