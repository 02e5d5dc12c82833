package app_test

import (
	"database/sql"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"topicpilot/integrations/telegram/telegramtest"
	"topicpilot/topics/topicsapi/topicsapitest"
)

// system is the team's own system: what it answers can be changed, what it is asked is
// kept.
type system struct {
	url     string
	mu      sync.Mutex
	answers map[string]http.HandlerFunc
	asked   []question
}

// question is one request to the team's own system.
type question struct{ Path, Body, Key string }

// newSystem starts a system that answers all with an empty object.
func newSystem(t *testing.T) *system {
	t.Helper()
	y := &system{answers: map[string]http.HandlerFunc{}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		y.mu.Lock()
		y.asked = append(y.asked, question{r.URL.Path, string(body), r.Header.Get("Idempotency-Key")})
		answer := y.answers[r.URL.Path]
		y.mu.Unlock()
		if answer == nil {
			answer = body200(`{}`)
		}
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	y.url = server.URL
	return y
}

// on sets what a path is answered with.
func (y *system) on(path string, answer http.HandlerFunc) {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.answers[path] = answer
}

// questions are the requests for a path, oldest first.
func (y *system) questions(path string) []question {
	y.mu.Lock()
	defer y.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(y.asked), func(q question) bool { return q.Path != path })
}

// in answers the first requests as told, and later ones with the last of the answers.
func in(answers ...http.HandlerFunc) http.HandlerFunc {
	var mu sync.Mutex
	return func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		answer := answers[0]
		if len(answers) > 1 {
			answers = answers[1:]
		}
		mu.Unlock()
		answer(w, r)
	}
}

func body200(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }
}

func status(code int, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
		_, _ = io.WriteString(w, `{"until":"a body that nobody reads"}`)
	}
}

// hangUp closes the connection without an answer.
func hangUp(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// noAnswer waits until the other side has gone.
func noAnswer(_ http.ResponseWriter, r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-time.After(20 * time.Second):
	}
}

// last waits until the bot's last message in a topic holds a text, and gives it.
func (s *stage) last(thread int, text string) telegramtest.Message {
	s.t.Helper()
	var last telegramtest.Message
	s.eventually("the last message holds "+text, func() bool {
		if list := s.ours(thread); len(list) > 0 {
			last = list[len(list)-1]
		}
		return strings.Contains(last.Text, text)
	})
	return last
}

// button presses the button with a text and gives the toast.
func (s *stage) button(message telegramtest.Message, by int64, text string) string {
	s.t.Helper()
	now, _ := s.tg.Message(groupID, message.ID)
	for _, b := range s.buttons(now) {
		if b.Text != text {
			continue
		}
		id, err := s.tg.Press(groupID, message.ID, by, b.CallbackData)
		s.must(err)
		answer, err := s.tg.WaitAnswer(s.t.Context(), id)
		s.must(err)
		return answer.Text
	}
	s.t.Fatalf("no button %q below %q", text, now.Text)
	return ""
}

func (*stage) buttons(m telegramtest.Message) []telegramtest.Button {
	if m.ReplyMarkup == nil {
		return nil
	}
	return slices.Concat(m.ReplyMarkup.Rows...)
}

// labels are the texts of a message's buttons.
func (s *stage) labels(m telegramtest.Message) string {
	var list []string
	for _, button := range s.buttons(m) {
		list = append(list, button.Text)
	}
	return strings.Join(list, " | ")
}

// execute changes the rows of the bot's SQLite database behind its back: time passes by
// making them older.
func (s *stage) execute(statement string) {
	s.t.Helper()
	db, err := sql.Open("sqlite", "file:"+strings.TrimPrefix(s.dbURL, "sqlite:")+"?_pragma=busy_timeout(5000)")
	s.must(err)
	defer db.Close()
	result, err := db.ExecContext(s.t.Context(), statement)
	s.must(err)
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		s.t.Fatalf("nothing changed by %q (%v)", statement, err)
	}
}

// redeliverAll delivers every update once more and waits until they are handled.
func (s *stage) redeliverAll() {
	s.t.Helper()
	s.settle()
	for _, id := range s.tg.Delivered() {
		s.must(s.tg.Redeliver(id))
	}
	s.settle()
	s.idle()
}

// idle waits until no task is left to be done at once.
func (s *stage) idle() {
	s.t.Helper()
	for _, queue := range []string{"inbox", "tasks", "outbox"} {
		s.eventually("no work in "+queue, func() bool {
			return s.metric(`topicpilot_queue_pending{queue="`+queue+`"}`) == 0
		})
	}
}

// known makes a customer known to the Topics API by all that it can tell.
func (s *stage) known(thread int, info topicsapitest.Info) {
	s.api.SetTopic(connection(), conversation(thread), info)
}
