package app_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"topicpilot/integrations/telegram/telegramtest"
)

// ownYML is one command that can go wrong in each way, with a check.
func ownYML(url string) string {
	return fmt.Sprintf(`commands:
  - name: activate
    usage: "<tariff>"
    args: [{name: tariff, match: 't(\d+)'}]
    request: {url: %[1]q, json: {user_id: "{{.Customer.ID}}", tariff: "{{.Args.tariff}}"}, timeout: 500ms}
    check: {request: {url: %[2]q}, done: "{{.Response.done}}"}
    reply: "Tariff {{.Args.tariff}} on until {{.Response.until}}"
`, url+"/activate", url+"/state")
}

const (
	unknownButtons = "Do it again | Check again"
	until          = `{"until":"2027-05-22"}`
)

// TestOwnOutcomes: what certainly did not happen may be typed again, what may have happened
// is told to be unknown, and only a pause that was asked for is repeated by itself.
func TestOwnOutcomes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		answer  http.HandlerFunc
		want    string
		buttons string
		asked   int
	}{
		{"done", in(body200(until)), "/ Tariff 1 on until 2027-05-22", "", 1},
		{"refused", in(status(422)), "not done. The other system refused it (422).", "", 1},
		{"not found", in(status(404)), "not done. The other system refused it (404).", "", 1},
		{"redirect", in(status(302, "Location", "/elsewhere")), "not done. The other system refused it (302).", "", 1},
		{"too many, no pause named", in(status(429)), "not done. The other system refused it (429).", "", 1},
		{"too long a pause", in(status(429, "Retry-After", "31")), "not done. The other system refused it (429).", "", 1},
		{"a pause", in(status(429, "Retry-After", "1"), body200(until)), "/ Tariff 1 on until 2027-05-22", "", 2},
		{"a pause of 503", in(status(503, "Retry-After", "1"), body200(until)), "/ Tariff 1 on until", "", 2},
		{"a pause once", in(status(429, "Retry-After", "1")), "not done. The other system refused it (429).", "", 2},
		{"503 once", in(status(503, "Retry-After", "1")), "outcome unknown. The other system reported", unknownButtons, 2},
		{"408", in(status(408)), "outcome unknown. The other system reported an error (408).", unknownButtons, 1},
		{"500", in(status(500)), "outcome unknown. The other system reported an error (500).", unknownButtons, 1},
		{"503 without a pause", in(status(503)), "outcome unknown. The other system reported", unknownButtons, 1},
		{"connection lost", in(hangUp), "outcome unknown. The request left, and no answer came.", unknownButtons, 1},
		{"timeout", in(noAnswer), "outcome unknown. The request left, and no answer came.", unknownButtons, 1},
		{"garbage", in(body200(`<html>`)), "outcome unknown. The answer of the other system", unknownButtons, 1},
		{"too large", in(body200(`"` + strings.Repeat("x", 257<<10) + `"`)), "outcome unknown. The", unknownButtons, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			y := newSystem(t)
			y.on("/activate", test.answer)
			s := newStage(t, telegramtest.Options{}, ownYML(y.url))
			s.start()
			thread := s.topic(11, "Ann")
			s.post(thread, olgaID, "/activate t1")
			got := s.last(thread, test.want)
			if labels := s.labels(got); labels != test.buttons {
				t.Errorf("buttons %q, want %q", labels, test.buttons)
			}
			s.lacks(got.Text, "a body that nobody reads", y.url)
			s.redeliverAll()
			asked := y.questions("/activate")
			if len(asked) != test.asked || len(s.ours(thread)) != 1 {
				t.Fatalf("%d requests, want %d; %d answers", len(asked), test.asked, len(s.ours(thread)))
			}
			for _, q := range asked {
				if q.Key == "" || q.Key != asked[0].Key {
					t.Errorf("the repeated request has another key: %q and %q", q.Key, asked[0].Key)
				}
				s.holds(q.Body, `"user_id":11`, `"tariff":"1"`)
			}
			if strings.Contains(test.want, "not done.") {
				y.on("/activate", body200(until))
				s.post(thread, olgaID, "/activate t1")
				s.last(thread, "/ Tariff 1 on until 2027-05-22")
			}
		})
	}
}

// TestOwnNotSent: what cannot be sent is said before anything has left.
func TestOwnNotSent(t *testing.T) {
	t.Parallel()
	y := newSystem(t)
	s := newStage(t, telegramtest.Options{}, fmt.Sprintf(`commands:
  - name: dead
    request: {url: "http://127.0.0.1:9/", timeout: 1s}
  - name: tls
    request: {url: %q, timeout: 1s}
  - name: named
    args: [{name: tariff, match: 't(\d+)'}, {name: note, optional: true}]
    request: {url: %q, headers: {X-Name: "{{.Customer.Name}}", X-Note: "{{.Args.note}}"}}
`, strings.Replace(y.url, "http:", "https:", 1), y.url+"/named"))
	s.start()
	thread := s.topic(11, "Ann")
	s.post(thread, olgaID, "/dead")
	s.last(thread, "/dead: not done. There is no connection to the other system")
	s.post(thread, olgaID, "/tls")
	s.last(thread, "/tls: not done. There is no connection to the other system")
	for _, typed := range []string{"/named", "/named x1", "/named t1 a b"} {
		n := len(s.ours(thread))
		s.post(thread, olgaID, typed)
		s.holds(s.answers(thread, n+1)[n].Text, "/named <tariff> [note]")
	}
	s.post(thread, olgaID, "/named t1 a\x01b")
	s.last(thread, "a value does not fit the request, so nothing was sent")
	unknown := s.topic(13, "Bob")
	s.api.RemoveTopic(instance, conversation(unknown))
	s.post(unknown, olgaID, "/named t1")
	s.holds(s.answers(unknown, 1)[0].Text, "does not know this topic")
	s.post(0, olgaID, "/named t1")
	s.holds(s.answers(0, 1)[0].Text, "needs a customer")
	s.post(thread, guestID, "/named t1")
	s.last(thread, "for this group's operators")
	s.post(thread, mirrorID, "/named t1")
	s.redeliverAll()
	if n := len(y.questions("/named")); n != 0 {
		t.Errorf("%d requests", n)
	}
	s.post(thread, olgaID, "/named t1")
	s.last(thread, "/ Done.")
}

// TestOwnUnknown: an unknown outcome can be looked up, and repeated with the same key.
func TestOwnUnknown(t *testing.T) {
	t.Parallel()
	y := newSystem(t)
	y.on("/activate", in(status(500), hangUp, body200(until)))
	y.on("/state", in(status(500), body200(`{"done":false}`), body200(`{"done":true}`)))
	s := newStage(t, telegramtest.Options{}, ownYML(y.url))
	s.start()
	looked, repeated := s.topic(11, "Ann"), s.topic(12, "Bob")
	s.post(looked, olgaID, "/activate t1")
	message := s.last(looked, "outcome unknown")
	s.button(message, olgaID, "Check again")
	s.last(looked, "The check gave no answer, so the outcome is still unknown.")
	s.button(message, olgaID, "Check again")
	s.last(looked, "Checked: it has not taken effect.")
	s.stop()
	s.start()
	s.button(message, olgaID, "Check again")
	if got := s.last(looked, "Checked: it has taken effect."); s.labels(got) != "" {
		t.Errorf("buttons are left: %q", s.labels(got))
	}
	s.post(repeated, olgaID, "/activate t1")
	message = s.last(repeated, "outcome unknown. The request left, and no answer came.")
	s.button(message, olgaID, "Do it again")
	if got := s.last(repeated, "/ Tariff 1 on until 2027-05-22"); s.labels(got) != "" || got.ID != message.ID {
		t.Errorf("buttons %q, message %d instead of %d", s.labels(got), got.ID, message.ID)
	}
	asked := y.questions("/activate")
	if len(asked) != 3 || asked[1].Key != asked[2].Key || asked[0].Key == asked[1].Key {
		t.Errorf("requests: %+v", asked)
	}
}

// TestOwnLike: the same command with the same arguments within a minute asks first, and
// then has a new key.
func TestOwnLike(t *testing.T) {
	t.Parallel()
	y := newSystem(t)
	y.on("/activate", body200(until))
	s := newStage(t, telegramtest.Options{}, ownYML(y.url))
	s.start()
	thread, other := s.topic(11, "Ann"), s.topic(12, "Bob")
	s.post(thread, olgaID, "/activate t1")
	s.last(thread, "Tariff 1 on")
	s.post(thread, olgaID, "/activate t2")
	s.last(thread, "Tariff 2 on")
	s.post(other, olgaID, "/activate t1")
	s.last(other, "Tariff 1 on")
	s.post(thread, olgaID, "/activate  t1")
	asks := s.last(thread, " s ago by Olga")
	s.holds(asks.Text, "/activate t1", ": done ")
	if labels := s.labels(asks); labels != "Do it again | Cancel" || len(y.questions("/activate")) != 3 {
		t.Errorf("buttons %q, %d requests", labels, len(y.questions("/activate")))
	}
	s.button(asks, olgaID, "Do it again")
	s.last(thread, "Tariff 1 on")
	asked := y.questions("/activate")
	if len(asked) != 4 || asked[3].Key == asked[0].Key {
		t.Errorf("requests: %+v", asked)
	}
	s.post(thread, olgaID, "/activate t1")
	asks = s.last(thread, " s ago by Olga")
	s.button(asks, olgaID, "Cancel")
	if got := s.last(thread, "cancelled"); s.labels(got) != "" {
		t.Errorf("buttons are left: %q", s.labels(got))
	}
	s.execute("UPDATE runs SET asked_at = asked_at - 61000000, ended_at = ended_at - 61000000 WHERE state = 'done'")
	s.post(thread, olgaID, "/activate t1")
	s.last(thread, "Tariff 1 on")
	if n := len(y.questions("/activate")); n != 5 {
		t.Errorf("%d requests after a minute, want 5", n)
	}
}
