package app_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"topicpilot/integrations/telegram/telegramtest"
)

// TestOwnCommand: from the settings to the outside system and back, over a restart
// between the question and its button.
func TestOwnCommand(t *testing.T) {
	t.Parallel()
	var requests atomic.Int32
	var body atomic.Value
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/accounts/") {
			fmt.Fprintf(w, `{"exists":%v}`, r.URL.Path == "/accounts/N005")
			return
		}
		if requests.Add(1) == 1 {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		data, _ := io.ReadAll(r.Body)
		body.Store(string(data) + r.Header.Get("Idempotency-Key"))
		fmt.Fprint(w, `{"until":"2027-05-22"}`)
	}))
	t.Cleanup(server.Close)
	s := newStage(t, telegramtest.Options{}, fmt.Sprintf(`commands:
  - name: activate
    args: [{name: tariff, match: 't(\d+)'}, {name: months, match: 'm(\d+)'}]
    confirm: true
    request: {url: %q, json: {user_id: "{{.Customer.ID}}", months: "{{.Args.months}}", accounts: "{{.Account}}"}}
    reply: "Tariff {{.Args.tariff}} on until {{.Response.until}}"
    tell_customer: "Active until {{.Response.until}}"
links:
  check: {request: {url: %q}, done: "{{.Response.exists}}"}
`, server.URL+"/activate", server.URL+"/accounts/{{.Account}}"))
	s.start()
	thread := s.topic(11, "Ann")
	s.post(thread, olgaID, "/link N006")
	s.holds(s.answers(thread, 1)[0].Text, "There is no account N006")
	s.post(thread, olgaID, "/link N005")
	s.holds(s.answers(thread, 2)[1].Text, "N005 is linked to Ann.")
	s.post(thread, olgaID, "/activate t1 m6")
	question := s.answers(thread, 3)[2]
	s.holds(question.Text, "/ /activate t1 m6 for Ann?")
	do := question.ReplyMarkup.Rows[0][0]
	s.stop()
	s.start()
	press := func(data string) {
		_, err := s.tg.Press(groupID, question.ID, olgaID, data)
		s.must(err)
	}
	press(do.CallbackData)
	press(do.CallbackData)
	s.eventually("an unknown outcome", func() bool {
		return strings.Contains(s.ours(thread)[2].Text, "outcome unknown")
	})
	s.settle()
	unknown := s.ours(thread)[2]
	if requests.Load() != 1 || len(s.ours(thread)) != 3 {
		t.Errorf("%d requests, %d answers", requests.Load(), len(s.ours(thread)))
	}
	press(unknown.ReplyMarkup.Rows[0][0].CallbackData)
	s.eventually("an outcome", func() bool { return strings.Contains(s.ours(thread)[2].Text, "Tariff 1 on") })
	s.holds(s.ours(thread)[2].Text, "/ Tariff 1 on until 2027-05-22", "was not told", "Active until 2027-05-22")
	sent, _ := body.Load().(string)
	s.holds(sent, `"accounts":["N005"]`, `"user_id":11`, `"months":"6"`, "tp_")
	s.post(thread, olgaID, "/info")
	s.holds(s.answers(thread, 4)[3].Text, "Accounts: N005")
}
