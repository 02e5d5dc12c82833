package app_test

import (
	"fmt"
	"strings"
	"testing"

	"topicpilot/integrations/telegram/telegramtest"
)

// TestLink: accounts belong to the customer, in all their topics; who set them and when is
// told.
func TestLink(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{})
	s.start()
	thread, again, other := s.topic(11, "Ann"), s.topic(11, "Ann too"), s.topic(12, "Bob")
	s.post(thread, olgaID, "/link")
	s.last(thread, "Ann has no linked account. To link one: /link N005.")
	s.post(thread, olgaID, "/unlink")
	s.last(thread, "has no linked account")
	s.post(thread, olgaID, "/link N005")
	s.last(thread, "N005 is linked to Ann.")
	s.post(again, olgaID, "/link N005")
	s.last(again, "N005 is linked to Ann too already: Olga, 20")
	s.post(again, olgaID, "/link a.B_c-9")
	s.last(again, "a.B_c-9 is linked to Ann too.")
	s.post(thread, olgaID, "/link")
	list := s.last(thread, "Accounts of Ann:").Text
	s.holds(list, "N005 · Olga, 20", "a.B_c-9 · Olga, 20", " UTC")
	s.post(other, olgaID, "/info")
	s.lacks(s.answers(other, 1)[0].Text, "N005")
	s.post(thread, olgaID, "/unlink")
	s.last(thread, "has several accounts. Please say which one, as in /unlink N005:")
	s.post(thread, olgaID, "/unlink n005")
	s.last(thread, "n005 is not linked to Ann.")
	s.post(thread, olgaID, "/unlink N005")
	s.last(thread, "N005 is no longer linked to Ann.")
	s.post(thread, olgaID, "/unlink")
	s.last(thread, "a.B_c-9 is no longer linked to Ann.")
	for _, bad := range []string{"N/5", "ключ", strings.Repeat("x", 65), "N005;drop"} {
		n := len(s.ours(other))
		s.post(other, olgaID, "/link "+bad)
		s.holds(s.answers(other, n+1)[n].Text, "An account id is 1 to 64 letters")
	}
	n := len(s.ours(other))
	s.post(other, mirrorID, "/link N005")
	s.post(other, guestID, "/link N005")
	s.holds(s.answers(other, n+1)[n].Text, "for this group's operators")
	s.redeliverAll()
	if got, err := s.db().Links(t.Context(), 11); err != nil || len(got) != 0 {
		t.Errorf("after all was delivered again: %+v, %v", got, err)
	}
	if got, err := s.db().Links(t.Context(), 12); err != nil || len(got) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestLinkCheck: with a check only what the outside system confirms is linked.
func TestLinkCheck(t *testing.T) {
	t.Parallel()
	y := newSystem(t)
	y.on("/accounts/N005", body200(`{"exists":true}`))
	y.on("/accounts/N006", body200(`{"exists":false}`))
	y.on("/accounts/N007", status(404))
	y.on("/accounts/N008", status(500))
	y.on("/accounts/N009", body200(`<html>`))
	y.on("/accounts/N010", hangUp)
	s := newStage(t, telegramtest.Options{}, fmt.Sprintf(`links:
  check: {request: {url: %q, timeout: 1s}, done: "{{.Response.exists}}"}
`, y.url+"/accounts/{{.Account}}"))
	s.start()
	thread := s.topic(11, "Ann")
	for id, want := range map[string]string{
		"N005": "N005 is linked to Ann.", "N006": "There is no account N006, so nothing was linked.",
		"N007": "There is no account N007", "N008": "The check of the account gave no answer, so nothing was linked.",
		"N009": "The check of the account gave no answer", "N010": "The check of the account gave no answer",
	} {
		s.post(thread, olgaID, "/link "+id)
		s.last(thread, want)
	}
	if got, err := s.db().Links(t.Context(), 11); err != nil || len(got) != 1 || got[0].Account != "N005" ||
		got[0].By.ID != olgaID {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestLinkLanguages: an account and a customer with the words around them.
func TestLinkLanguages(t *testing.T) {
	t.Parallel()
	for language, want := range map[string][2]string{
		"ru": {"N005: запись привязана к клиенту Ann.", "Учётные записи: N005"},
		"uk": {"N005: запис прив'язано до клієнта Ann.", "Облікові записи: N005"},
	} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, telegramtest.Options{}, "    language: "+language)
			s.start()
			thread := s.topic(11, "Ann")
			s.post(thread, olgaID, "/link N005")
			s.last(thread, want[0])
			s.post(thread, olgaID, "/info")
			s.last(thread, want[1])
		})
	}
}
