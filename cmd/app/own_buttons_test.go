package app_test

import (
	"fmt"
	"testing"

	"topicpilot/integrations/telegram/telegramtest"
	"topicpilot/topics"
)

// TestOwnButtons: only the asker or an admin decides, with the role of that moment, within
// 24 hours, and the question becomes the outcome.
func TestOwnButtons(t *testing.T) {
	t.Parallel()
	y := newSystem(t)
	s := newStage(t, telegramtest.Options{}, "    operators: [77, 78, 79]", "    admins: [79]", fmt.Sprintf(`commands:
  - name: activate
    confirm: true
    request: {url: %[1]q}
  - name: wipe
    role: admin
    confirm: true
    request: {url: %[1]q}
`, y.url+"/do"))
	s.start()
	s.person(pavelID, "Pavel", telegramtest.Regular)
	s.person(stranID, "Stan", telegramtest.Regular)
	thread := s.topic(11, "Ann")
	s.post(thread, olgaID, "/wipe")
	s.last(thread, "/wipe is for this group's admins.")
	s.post(thread, olgaID, "/activate")
	asks := s.last(thread, "/activate for Ann?")
	if labels := s.labels(asks); labels != "Do it | Cancel" {
		t.Errorf("buttons %q", labels)
	}
	s.holds(s.button(asks, pavelID, "Do it"), "Only Olga or an admin can press this button.")
	s.holds(s.button(asks, guestID, "Do it"), "for this group's operators")
	s.holds(s.button(asks, mirrorID, "Do it"), "operators")
	s.idle()
	if n := len(y.questions("/do")); n != 0 {
		t.Fatalf("%d requests by presses of others", n)
	}
	s.button(asks, stranID, "Do it")
	if got := s.last(thread, "/ Done."); got.ID != asks.ID || s.labels(got) != "" {
		t.Errorf("message %d, buttons %q", got.ID, s.labels(got))
	}
	s.execute("UPDATE runs SET asked_at = asked_at - 61000000, ended_at = ended_at - 61000000 WHERE state = 'done'")
	s.post(thread, olgaID, "/activate")
	asks = s.last(thread, "/activate for Ann?")
	s.button(asks, olgaID, "Cancel")
	if got := s.last(thread, "cancelled"); got.ID != asks.ID || s.labels(got) != "" {
		t.Errorf("message %d, buttons %q", got.ID, s.labels(got))
	}
	s.post(thread, olgaID, "/activate")
	asks = s.last(thread, "/activate for Ann?")
	s.execute("UPDATE runs SET asked_at = asked_at - 86401000000 WHERE state = 'asked'")
	s.button(asks, olgaID, "Do it")
	if got := s.last(thread, "nobody decided within 24 hours"); s.labels(got) != "" {
		t.Errorf("buttons are left: %q", s.labels(got))
	}
	if n := len(y.questions("/do")); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
}

// TestOwnRoleAtThePress: who is no operator any more decides nothing.
func TestOwnRoleAtThePress(t *testing.T) {
	t.Parallel()
	y := newSystem(t)
	s := newStage(t, telegramtest.Options{}, fmt.Sprintf(`commands:
  - {name: activate, confirm: true, request: {url: %q}}
`, y.url+"/do"))
	s.start()
	s.person(pavelID, "Pavel", telegramtest.Administrator)
	thread := s.topic(11, "Ann")
	s.settle()
	s.post(thread, pavelID, "/activate")
	asks := s.last(thread, "/activate for Ann?")
	s.person(pavelID, "Pavel", telegramtest.Regular)
	s.settle()
	s.holds(s.button(asks, pavelID, "Do it"), "operators")
	s.idle()
	if n := len(y.questions("/do")); n != 0 {
		t.Errorf("%d requests", n)
	}
	s.button(asks, olgaID, "Do it")
	s.last(thread, "/ Done.")
}

// TestOwnLanguages: the fixed texts of buttons and outcomes in each language.
func TestOwnLanguages(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ language, ask, asks, unknown, unknowns, done, like string }{
		{"en", "Do it | Cancel", "/activate for Ann?", unknownButtons, "outcome unknown", "Done.", " s ago by Olga"},
		{
			"ru", "Выполнить | Отмена", "/activate для клиента Ann?", "Выполнить ещё раз | Проверить ещё раз",
			"исход неизвестен", "Готово.", " с назад (Olga)",
		},
		{
			"uk", "Виконати | Скасувати", "/activate для клієнта Ann?", "Виконати ще раз | Перевірити ще раз",
			"результат невідомий", "Готово.", " с тому (Olga)",
		},
	} {
		t.Run(test.language, func(t *testing.T) {
			t.Parallel()
			y := newSystem(t)
			y.on("/do", in(status(500), body200(`{}`)))
			s := newStage(t, telegramtest.Options{}, "    language: "+test.language, fmt.Sprintf(`commands:
  - {name: activate, confirm: true, request: {url: %[1]q}, check: {request: {url: %[1]q}, done: "true"}}
`, y.url+"/do"))
			s.start()
			thread := s.topic(11, "Ann")
			s.post(thread, olgaID, "/activate")
			asks := s.last(thread, test.asks)
			if labels := s.labels(asks); labels != test.ask {
				t.Errorf("buttons %q, want %q", labels, test.ask)
			}
			s.button(asks, olgaID, s.buttons(asks)[0].Text)
			unknown := s.last(thread, test.unknowns)
			if labels := s.labels(unknown); labels != test.unknown {
				t.Errorf("buttons %q, want %q", labels, test.unknown)
			}
			s.button(unknown, olgaID, s.buttons(unknown)[0].Text)
			s.last(thread, test.done)
			s.post(thread, olgaID, "/activate")
			s.last(thread, test.like)
		})
	}
}

// TestOwnKilled: a process killed with the request on its way leaves an unknown outcome,
// and the request does not leave again.
func TestOwnKilled(t *testing.T) {
	t.Parallel()
	y := newSystem(t)
	y.on("/do", in(noAnswer, body200(`{}`)))
	s := newStage(t, telegramtest.Options{}, fmt.Sprintf(`commands:
  - {name: activate, request: {url: %q, timeout: 20s}}
`, y.url+"/do"))
	kill := s.startChild()
	thread := s.topic(11, "Ann")
	s.post(thread, olgaID, "/activate")
	s.eventually("the request is on its way", func() bool { return len(y.questions("/do")) == 1 })
	kill()
	s.start()
	message := s.last(thread, "outcome unknown. I was stopped while the request was on its way.")
	s.redeliverAll()
	asked := y.questions("/do")
	if len(asked) != 1 || len(s.ours(thread)) != 1 {
		t.Fatalf("%d requests, %d answers", len(asked), len(s.ours(thread)))
	}
	s.button(message, olgaID, "Do it again")
	s.last(thread, "/ Done.")
	if asked = y.questions("/do"); len(asked) != 2 || asked[0].Key != asked[1].Key {
		t.Errorf("requests: %+v", asked)
	}
	runs, err := s.db().Runs(t.Context(), conversation(thread), 0, 10)
	s.must(err)
	if len(runs) != 1 || runs[0].State != topics.RunDone || runs[0].By.ID != olgaID || runs[0].Attempts != 2 {
		t.Errorf("audit: %+v", runs)
	}
}
