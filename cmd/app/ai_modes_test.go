package app_test

import (
	"fmt"
	"testing"

	"topicpilot/integrations/telegram/telegramtest"
)

// TestAdvisorModes: what each mode makes of a customer's words and of an operator's question.
func TestAdvisorModes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		mode, send           string
		plain, called        string // what the topic's last message holds after a customer's question
		operator             string
		plainSaid, callsSaid bool // carried to the customer
	}{
		{mode: "off", operator: "The advisor is off here. To switch it on: /ai ask"},
		{mode: "ask", called: "Draft for the customer", operator: refundAnswer},
		{mode: "draft", plain: "Draft for the customer", called: "Draft for the customer", operator: refundAnswer},
		{
			mode: "reply", send: "topic", plain: "Draft for the customer", called: "Answered by the advisor",
			operator: refundAnswer, callsSaid: true,
		},
		{
			mode: "reply", send: "none", plain: "Draft for the customer", called: "Draft for the customer",
			operator: refundAnswer,
		},
		{
			mode: "reply, reply_to: all", send: "topic", plain: "Answered by the advisor", called: "Answered by the advisor",
			operator: refundAnswer, plainSaid: true, callsSaid: true,
		},
	} {
		t.Run(test.mode+" "+test.send, func(t *testing.T) {
			t.Parallel()
			send := test.send
			if send == "" {
				send = "topic"
			}
			a := newAdvised(t, "mode: "+test.mode, "    customer_send: "+send)
			a.told = []string{refundAnswer}
			a.run()
			ask := func(from int64, words, want string, carried bool) {
				t.Helper()
				thread := a.topic(11, "Ann")
				a.post(thread, from, words)
				if want == "" {
					a.silentIn(thread, words)
				} else {
					a.last(thread, want)
					a.calm()
				}
				if n := len(a.carried(thread)); n != bit(carried) {
					t.Errorf("%q: %d texts are carried to the customer", words, n)
				}
			}
			ask(mirrorID, refundAsked, test.plain, test.plainSaid)
			ask(mirrorID, "AI, "+refundAsked, test.called, test.callsSaid)
			ask(olgaID, "/ ai "+refundAsked, test.operator, false)
			ask(olgaID, "ai "+refundAsked, test.operator, false)
			ask(guestID, "/ ai "+refundAsked, "", false)
			ask(olgaID, "/ a comment, no question", "", false)
		})
	}
}

// TestAdvisorModeIsKept: set in one topic by an operator, over a restart, and for no other
// topic; nobody else sets it, and customers least of all.
func TestAdvisorModeIsKept(t *testing.T) {
	t.Parallel()
	a := newAdvised(t, "mode: off", "    ai_mode: draft")
	a.run()
	one, other := a.topic(11, "Ann"), a.topic(12, "Bob")
	a.post(one, mirrorID, "/ai reply")
	a.silentIn(one, "a customer's command")
	a.post(one, guestID, "/ai reply")
	a.holds(a.answers(one, 1)[0].Text, "operators")
	a.post(one, olgaID, "/ai OFF")
	a.last(one, "I am silent")
	a.post(one, olgaID, "/ai status")
	a.last(one, "Advisor: off\n")
	a.post(other, olgaID, "/ai status")
	a.last(other, "Advisor: draft (the group's default)")
	a.stop()
	a.run()
	n := len(a.ours(one))
	a.post(one, mirrorID, refundAsked)
	a.post(other, mirrorID, refundAsked)
	a.drafted(other, refundAnswer)
	a.calm()
	if got := len(a.ours(one)); got != n {
		t.Errorf("%d messages in a topic that is off", got-n)
	}
	a.post(one, olgaID, "/ai ask")
	a.last(one, "I answer operators")
	a.post(one, mirrorID, "ai "+refundAsked)
	a.drafted(one, refundAnswer)
}

// TestAdvisorUsage: /ai with anything else gives the usage line; what General is for.
func TestAdvisorUsage(t *testing.T) {
	t.Parallel()
	a := newAdvised(t, "", "    operators: [77, 78]", "    admins: [77]")
	a.person(pavelID, "Pavel", telegramtest.Regular)
	a.run()
	for i, test := range []struct {
		thread     bool
		by         int64
		text, want string
	}{
		{true, olgaID, "/ai", "/ai off|ask|draft|reply|status|stats"},
		{true, olgaID, "/ai on", "/ai off|ask|draft|reply|status|stats"},
		{true, olgaID, "/ai draft please", "/ai off|ask|draft|reply|status|stats"},
		{true, pavelID, "/ai stats", "admins"},
		{true, pavelID, "/ai draft", "I write a draft"},
		{true, olgaID, "/ai stats", "Drafts in this topic, last 30 days\n0 drafts made"},
		{true, olgaID, "/ai reply", "nothing can be sent to customers here"},
		{true, olgaID, "/ ai", "What is the question?"},
		{false, olgaID, "/ai status", "Advisor: ask where no topic has its own mode"},
		{false, olgaID, "/ai stats", "Drafts in this group, last 30 days"},
		{false, olgaID, "/ai draft", "topic"},
		{false, olgaID, "/ ai " + refundAsked, "I can advise in a customer's topic only."},
	} {
		thread := 0
		if test.thread {
			thread = a.topic(int64(11+i), "Ann")
		}
		a.post(thread, test.by, test.text)
		a.last(thread, test.want)
	}
	if n := len(a.asks()); n != 0 {
		t.Errorf("the model was asked %d times", n)
	}
}

// TestAdvisorNotSetUp: without a model the command says which setting is missing, and all
// else is silent.
func TestAdvisorNotSetUp(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{})
	s.start()
	thread := s.topic(11, "Ann")
	s.post(thread, mirrorID, "ai "+refundAsked)
	s.post(thread, olgaID, "/ ai "+refundAsked)
	s.nothing(thread, "a question without a model")
	s.post(thread, olgaID, "/ai draft")
	s.last(thread, "An admin can set ai.model")
}

// TestAdvisorStatus: today's tokens and money as the server told them, and the knowledge.
func TestAdvisorStatus(t *testing.T) {
	t.Parallel()
	a := newAdvised(t, "mode: draft, prices: {input_per_million: 1000000, output_per_million: 2000000, currency: EUR}, "+
		"budget: {tokens_per_day: 5000000, tokens_per_topic_per_day: 100000}")
	a.run()
	thread, other := a.topic(11, "Ann"), a.topic(12, "Bob")
	a.post(thread, mirrorID, refundAsked)
	a.drafted(thread, refundAnswer)
	a.calm()
	exchange := a.model.Exchanges()[0]
	in, out := tokensOf(t, exchange.Response)
	want := fmt.Sprintf("%s of 5,000,000 tokens · %d.00 EUR", thousands(in+out), in+2*out)
	a.post(thread, olgaID, "/ai status")
	a.holds(a.last(thread, "Advisor: draft").Text, "Today: "+want,
		fmt.Sprintf("Of it here: %s of 100,000 tokens", thousands(in+out)), "Knowledge: ", "00:00 UTC")
	a.post(other, olgaID, "/ai status")
	a.holds(a.last(other, "Advisor: draft").Text, "Today: "+want, "Of it here: 0 of 100,000 tokens")
	if got := a.metric(`topicpilot_ai_cost_total{currency="EUR"}`); got != float64(in+2*out) {
		t.Errorf("cost %v, want %d", got, in+2*out)
	}
	if got := a.metric(`topicpilot_ai_tokens_total{direction="input",kind="answer"}`); got != float64(in) {
		t.Errorf("input %v, want %d", got, in)
	}
}

// TestAdvisorStats: what became of the drafts, sources and gaps.
func TestAdvisorStats(t *testing.T) {
	t.Parallel()
	a := newAdvised(t, "mode: draft", "    customer_send: topic")
	a.told = []string{refundAnswer, "My own words."}
	a.private = append(a.private, "+380501234567", "teleport")
	a.run()
	ends := []func(thread int, m telegramtest.Message){
		func(_ int, m telegramtest.Message) { a.button(m, olgaID, "Send") },
		func(_ int, m telegramtest.Message) { a.button(m, olgaID, "Dismiss") },
		func(thread int, _ telegramtest.Message) { a.post(thread, olgaID, refundAnswer) },
		func(thread int, m telegramtest.Message) {
			a.write(telegramtest.Post{Thread: thread, From: olgaID, Text: "/ My own words.", ReplyTo: m.ID})
			a.last(thread, "My own words.")
			a.button(m, olgaID, "Send")
		},
	}
	for i, end := range ends {
		thread := a.topic(int64(20+i), "Ann")
		end(thread, a.draftIn(thread))
		a.calm()
	}
	for i := range 2 {
		thread := a.topic(int64(30+i), "Bob")
		a.post(thread, mirrorID, "Where is the teleport mail to +380501234567?")
		a.silentIn(thread, "a gap")
	}
	a.post(0, olgaID, "/ai stats")
	text := a.last(0, "Drafts in this group").Text
	a.holds(text, "4 drafts made", "Sent as they were: 1", "Edited and sent: 1", "Typed by hand: 1", "Dismissed: 1",
		"Accepted: 75 %", "Refunds", "in 4 drafts", "Where is the teleport mail to [phone]?", "asked 2 times")
	a.lacks(text, "380501234567")
	for state, n := range map[string]float64{"made": 4, "sent": 1, "edited": 1, "typed": 1, "dismissed": 1} {
		if got := a.metric(`topicpilot_ai_drafts_total{state="` + state + `"}`); got != n {
			t.Errorf("metric of %s: %v, want %v", state, got, n)
		}
	}
}
