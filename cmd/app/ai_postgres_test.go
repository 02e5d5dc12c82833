package app_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"topicpilot/cmd/app"
	"topicpilot/integrations/openai/openaitest"
	"topicpilot/integrations/telegram/telegramtest"
)

// advisedTwo starts two bots on one PostgreSQL whose deliveries alternate.
func advisedTwo(t *testing.T, ai string) *advised {
	t.Helper()
	var a *advised
	_, bots := twoByWebhook(t, func(s *stage) {
		s.replace("instances:", "customer_send: topic\n    instances:")
		a = advisedOn(s, ai)
	})
	for _, bot := range bots {
		a.on(bot).knows()
	}
	a.bot = bots[0]
	return a
}

// on is the same with the metrics of one of the bots.
func (a *advised) on(bot *app.App) *advised {
	other := *a
	other.stage = a.of(bot)
	return &other
}

// TestAdvisorOfTwo: two processes on one database make one draft of a burst, send it once
// whoever presses where, answer once, and know of each other's humans, modes and erasures.
func TestAdvisorOfTwo(t *testing.T) {
	t.Parallel()
	a := advisedTwo(t, "mode: draft, debounce: 2s")
	a.told = []string{refundAnswer}
	a.person(pavelID, "Pavel", telegramtest.Administrator)
	const customers = 8
	var threads []int
	for i := range customers {
		thread := a.topic(int64(100+i), fmt.Sprintf("Customer %d", i))
		threads = append(threads, thread)
		a.post(thread, olgaID, "/ai "+[]string{"draft", "reply"}[i%2])
	}
	for _, thread := range threads {
		a.answers(thread, 1)
		a.post(thread, mirrorID, "ai please")
		a.post(thread, mirrorID, refundAsked)
	}
	for i, thread := range threads {
		if i%2 == 1 {
			a.last(thread, "Answered by the advisor")
			continue
		}
		m := a.drafted(thread, refundAnswer)
		for _, by := range []int64{olgaID, pavelID, olgaID, pavelID} {
			_, err := a.tg.Press(groupID, m.ID, by, a.buttons(m)[0].CallbackData)
			a.must(err)
		}
		a.last(thread, refundAnswer)
	}
	a.calm()
	a.settleBoth()
	for _, id := range a.tg.Delivered() {
		a.must(a.tg.Redeliver(id))
	}
	a.settleBoth()
	a.calm()
	for _, thread := range threads {
		if got := a.carried(thread); !slices.Equal(got, []string{refundAnswer}) || a.states(thread) != "sent" {
			t.Errorf("the customer is told %q, drafts %s", got, a.states(thread))
		}
	}
	if n := len(a.asks()); n != customers {
		t.Errorf("%d requests for %d bursts", n, customers)
	}
	if len(a.inTables(refundAnswer)) == 0 {
		t.Fatal("nothing is stored: the test cannot fail")
	}
}

// TestAdvisorHumanElsewhere: an operator's answer that another process has received keeps a
// draft from being made.
func TestAdvisorHumanElsewhere(t *testing.T) {
	t.Parallel()
	a := advisedTwo(t, "mode: draft")
	var threads []int
	for i := range 6 {
		thread := a.topic(int64(100+i), "Customer")
		threads = append(threads, thread)
		waits := a.hangs()
		a.post(thread, mirrorID, refundAsked)
		waits()
		a.post(thread, olgaID, "I look into it.")
		if i%2 == 0 {
			a.post(a.topic(200, "marker"), mirrorID, "Hello!") // so that the next delivery goes elsewhere
		}
	}
	a.settleBoth()
	a.model.Release()
	a.calm()
	for _, thread := range threads {
		if n := len(a.ours(thread)); n != 0 || len(a.stored(thread)) != 0 {
			t.Errorf("%d messages after an operator's answer", n)
		}
	}
}

// TestAdvisorBudgetOfTwo: the day's tokens are one for both, and so is the notice.
func TestAdvisorBudgetOfTwo(t *testing.T) {
	t.Parallel()
	const limit = 6000
	a := advisedTwo(t, fmt.Sprintf("mode: draft, budget: {tokens_per_day: %d, tokens_per_topic_per_day: 0}", limit))
	var threads []int
	for i := range 20 {
		threads = append(threads, a.topic(int64(100+i), "Customer"))
	}
	for _, thread := range threads {
		a.post(thread, mirrorID, refundAsked)
	}
	a.eventually("a notice", func() bool { return a.budgetNotices(threads...) > 0 })
	a.calm()
	calls, tokens := a.spent()
	kept, err := a.db().TokensSpent(t.Context(), conversation(threads[0]), time.Now())
	a.must(err)
	if calls == 0 || calls == len(threads) || tokens > limit || kept.Day.Total() != tokens || kept.Reserved != 0 {
		t.Errorf("%d calls, %d tokens of %d, %+v is written down", calls, tokens, limit, kept)
	}
	if n := a.budgetNotices(threads...); n != 1 {
		t.Errorf("%d notices", n)
	}
}

// TestAdvisorTakesOver: a process killed with a question at the model leaves it to the other
// one, which makes the draft.
func TestAdvisorTakesOver(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{}, "    customer_send: topic")
	s.postgres()
	a := advisedOn(s, "mode: draft")
	kill := a.startChild()
	thread := a.topic(11, "Ann")
	waits := a.hangs()
	a.post(thread, mirrorID, refundAsked)
	waits()
	kill()
	a.bot = a.startBeside()
	a.ready()
	a.drafted(thread, refundAnswer)
	a.calm()
	if n := len(a.ours(thread)); n != 1 || a.states(thread) != "open" {
		t.Errorf("%d messages, drafts %s", n, a.states(thread))
	}
	if n := a.model.Count()[openaitest.RouteChat]; n != 2 {
		t.Errorf("%d requests", n)
	}
	spent, err := a.db().TokensSpent(t.Context(), conversation(thread), time.Now())
	a.must(err)
	if spent.Reserved == 0 && spent.Day.Total() == 0 {
		t.Errorf("%+v is written down", spent)
	}
}
