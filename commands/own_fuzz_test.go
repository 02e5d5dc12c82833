package commands_test

import (
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"topicpilot/commands"
	"topicpilot/commands/messages"
	"topicpilot/topics"
)

func speaks(lang string) *messages.Printer { return messages.For(lang) }

// No data of a button, which a modified client can forge, does more than a real one.
func FuzzOwnPress(f *testing.F) {
	for _, data := range []string{
		"1:activate:do:1", "1:activate:again:1", "1:activate:again:1:1", "1:activate:cancel:1:0", "1:activate:check:1",
		"1:activate:do:01", "1:activate:do:-1", "1:activate:do:9223372036854775808", "1:activate:do:1:x", "1:activate:x:1",
	} {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data string) {
		if data == "" {
			return // no press
		}
		w := newWorld(t, newCaller(t), confirmed(activate("http://127.0.0.1:1")))
		w.must(w.call(olga, "/activate t1 m6"))
		w.must(w.pressData(olga, w.lastID, data))
		state := w.runs.last().State
		switch data {
		case "1:activate:do:1", "1:activate:again:1":
			if state != topics.RunQueued || len(w.tasks) != 1 {
				t.Errorf("%q: %s", data, state)
			}
		case "1:activate:cancel:1":
			if state != topics.RunCancelled {
				t.Errorf("%q: %s", data, state)
			}
		default:
			if state != topics.RunAsked || len(w.tasks) != 0 {
				t.Errorf("%q: %s", data, state)
			}
		}
	})
}

// Whatever comes back, the answer is a message that Telegram takes and in which nothing
// can be tapped that the other system chose.
func FuzzOwnDefaultReply(f *testing.F) {
	for _, body := range []string{
		`{"text":"ok"}`, `[{"message":"@olga /ban http://x"}]`, `{"a":{"b":[1,null]},"c":"\u202e"}`, `[[[]]]`, `1e400`,
		"plain\ntext", `"\u0001\u0002"`, "", `{"text":"\u0002/x\u0001"}`,
	} {
		f.Add(body)
	}
	server := newFar(f, activated)
	caller := newCaller(f)
	f.Fuzz(func(t *testing.T, body string) {
		server.set(answering(200, "text/plain", body))
		spec := activate(server.url)
		spec.Reply = ""
		w := newWorld(t, caller, spec)
		w.must(w.call(olga, "/activate t1 m6"))
		w.work()
		got := w.last().text
		if !utf8.ValidString(got) || strings.ContainsAny(got, "\x00\x01\x02") || topics.UTF16Len(got) > 3500 {
			t.Errorf("%q: said %q", body, got)
		}
		if state := w.runs.last().State; state != topics.RunDone && state != topics.RunUnknown {
			t.Errorf("%q: %s", body, state)
		}
	})
}

// Each command has a connection of its own: one that the other side has closed meanwhile
// would leave the outcome open.
func TestOwnConnections(t *testing.T) {
	f := newFar(t, nil)
	from := map[string]bool{}
	f.set(func(w http.ResponseWriter, r *http.Request) {
		from[r.RemoteAddr] = true
		activated(w, r)
	})
	w := newWorld(t, newCaller(t), []commands.OwnSpec{activate(f.url)}...)
	for _, text := range []string{"/activate t1 m6", "/activate t1 m7", "/activate t1 m8"} {
		w.must(w.call(olga, text))
		w.work()
	}
	if len(from) != 3 {
		t.Errorf("%d connections for 3 requests", len(from))
	}
}
