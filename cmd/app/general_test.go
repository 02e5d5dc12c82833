package app_test

import (
	"strings"
	"testing"

	"topicpilot/integrations/telegram/telegramtest"
	"topicpilot/topics/topicsapi/topicsapitest"
)

// TestGeneralHasNoCustomer: what needs a customer's topic says so in General, and nothing
// is done.
func TestGeneralHasNoCustomer(t *testing.T) {
	t.Parallel()
	y := newSystem(t)
	s := newStage(t, telegramtest.Options{}, tellYML(y.url))
	s.start()
	typed := []string{"/info", "/notion", "/transcript", "/link N005", "/unlink", "/forget", "/activate"}
	for i, text := range typed {
		s.post(0, olgaID, text)
		command, _, _ := strings.Cut(text, " ")
		s.holds(s.answers(0, i+1)[i].Text, command+" needs a customer. Please use it in a customer's topic.")
	}
	s.redeliverAll()
	if n := len(y.questions("/do")); n != 0 || len(s.ours(0)) != len(typed) {
		t.Errorf("%d requests, %d answers", n, len(s.ours(0)))
	}
}

// TestMirroredChat: a topic behind which is no single customer has none to act on.
func TestMirroredChat(t *testing.T) {
	t.Parallel()
	y := newSystem(t)
	s := newStage(t, telegramtest.Options{}, tellYML(y.url))
	s.start()
	thread := s.topic(11, "Chat")
	s.known(thread, topicsapitest.Info{Chat: true, Title: "Chat", Status: "user_answered"})
	for i, text := range []string{"/link N005", "/forget", "/activate"} {
		s.post(thread, olgaID, text)
		s.holds(s.answers(thread, i+1)[i].Text, "no single customer")
	}
	if n := len(y.questions("/do")); n != 0 {
		t.Errorf("%d requests", n)
	}
}
