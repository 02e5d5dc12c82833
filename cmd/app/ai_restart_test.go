package app_test

import (
	"slices"
	"strings"
	"testing"

	"topicpilot/integrations/telegram/telegramtest"
)

// TestAdvisorGoesOn: a question whose silence has not ended when the program stops is answered
// when it is back, and a draft's buttons work.
func TestAdvisorGoesOn(t *testing.T) {
	t.Parallel()
	a := newAdvised(t, "mode: draft, debounce: 3s", "    customer_send: topic")
	a.told = []string{refundAnswer}
	a.run()
	thread := a.topic(11, "Ann")
	a.post(thread, mirrorID, refundAsked)
	a.settle()
	a.stop()
	if n := len(a.asks()) + len(a.ours(thread)); n != 0 {
		t.Fatal("the draft was made before the stop: the test cannot fail")
	}
	a.run()
	m := a.drafted(thread, refundAnswer)
	a.calm()
	a.stop()
	a.run()
	a.button(m, olgaID, "Send")
	a.last(thread, refundAnswer)
	a.calm()
	if got := a.carried(thread); !slices.Equal(got, []string{refundAnswer}) || len(a.asks()) != 1 {
		t.Errorf("the customer is told %q after %d requests", got, len(a.asks()))
	}
}

// TestAdvisorMigrated: a group that becomes another chat keeps the modes of its topics and the
// drafts that wait in them.
func TestAdvisorMigrated(t *testing.T) {
	t.Parallel()
	a := newAdvised(t, "mode: off", "    customer_send: topic")
	a.run()
	one, two := a.topic(11, "Ann"), a.topic(12, "Bob")
	for _, thread := range []int{one, two} {
		a.post(thread, olgaID, "/ai draft")
		a.last(thread, "I write a draft")
	}
	a.draftIn(one)
	const to = groupID - 1
	a.must(a.tg.Migrate(groupID, to))
	post := func(thread int, from int64, text string) {
		t.Helper()
		_, err := a.tg.Post(telegramtest.Post{Chat: to, Thread: thread, From: from, Text: text})
		a.must(err)
	}
	there := func(thread int) (texts []string) {
		for _, m := range a.tg.Messages(to) {
			if m.Thread == thread && m.From != nil && m.From.ID == telegramtest.DefaultBotID && m.Text != "" {
				texts = append(texts, m.Text)
			}
		}
		return texts
	}
	post(two, olgaID, "/ai status")
	a.eventually("the mode", func() bool {
		list := there(two)
		return len(list) > 0 && strings.HasPrefix(list[len(list)-1], "/ Advisor: draft\n")
	})
	a.calm()
	post(one, olgaID, refundAnswer)
	a.eventually("typed", func() bool { return a.states(one) == "typed" })
	post(two, mirrorID, refundAsked)
	a.eventually("a draft", func() bool { return a.states(two) == "open" })
	a.calm()
	list := there(two)
	a.holds(list[len(list)-1], "/ Draft for the customer\n"+refundAnswer)
}
