package app_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"topicpilot/integrations/openai/openaitest"
)

// spent is what the server has counted, calls and tokens.
func (a *advised) spent() (calls int, tokens int64) {
	a.t.Helper()
	for _, exchange := range a.model.Exchanges() {
		in, out := tokensOf(a.t, exchange.Response)
		calls, tokens = calls+1, tokens+int64(in+out)
	}
	return calls, tokens
}

// budgetNotices counts the notices that a budget is used up, by topics.
func (a *advised) budgetNotices(threads ...int) (n int) {
	for _, thread := range threads {
		for _, m := range a.ours(thread) {
			n += strings.Count(m.Text, "has used up today's tokens")
		}
	}
	return n
}

// TestAdvisorBudget: twenty topics ask at once: the day's budget is not passed, the group is
// told once, other commands go on, and a restart changes nothing.
func TestAdvisorBudget(t *testing.T) {
	t.Parallel()
	const limit = 6000
	a := newAdvised(t, fmt.Sprintf("mode: draft, budget: {tokens_per_day: %d, tokens_per_topic_per_day: 0}", limit))
	a.run()
	var threads []int
	for i := range 20 {
		threads = append(threads, a.topic(int64(100+i), "Customer"))
	}
	var all sync.WaitGroup
	for _, thread := range threads {
		all.Go(func() { a.post(thread, mirrorID, refundAsked) })
	}
	all.Wait()
	a.eventually("a notice", func() bool { return a.budgetNotices(threads...) > 0 })
	a.calm()
	calls, tokens := a.spent()
	if calls == 0 || calls == len(threads) || tokens > limit {
		t.Errorf("%d calls, %d tokens of %d", calls, tokens, limit)
	}
	kept, err := a.db().TokensSpent(t.Context(), conversation(threads[0]), time.Now())
	a.must(err)
	if kept.Day.Total() != tokens || kept.Reserved != 0 {
		t.Errorf("%+v is written down, the server has counted %d", kept, tokens)
	}
	a.post(threads[0], olgaID, "/info")
	a.last(threads[0], "user_100")
	asked := 0
	a.eventually("whoever asks is told", func() bool { // there may be room for a call or two
		before := a.budgetNotices(threads...)
		a.post(threads[0], olgaID, "/ ai "+refundAsked)
		asked++
		a.calm()
		return a.budgetNotices(threads...) > before
	})
	if asked > 3 {
		t.Errorf("%d questions after the notice", asked)
	}
	calls, _ = a.spent()
	a.stop()
	a.run()
	for _, thread := range threads {
		a.post(thread, mirrorID, "Please, how do I get my money back?")
	}
	a.calm()
	if later, _ := a.spent(); later > calls+1 {
		t.Errorf("%d calls after the restart", later-calls)
	}
	if n := a.budgetNotices(threads...); n != 2 { // one notice, one answer to the operator
		t.Errorf("%d notices", n)
	}
	if _, tokens := a.spent(); tokens > limit {
		t.Errorf("%d tokens of %d", tokens, limit)
	}
}

// TestAdvisorTopicBudget: a topic's own budget ends there, and others go on.
func TestAdvisorTopicBudget(t *testing.T) {
	t.Parallel()
	a := newAdvised(t, "mode: draft, budget: {tokens_per_day: 0, tokens_per_topic_per_day: 4000}")
	a.run()
	one, other := a.topic(11, "Ann"), a.topic(12, "Bob")
	a.eventually("the topic's budget is used up", func() bool {
		a.post(one, mirrorID, refundAsked)
		a.calm()
		return a.budgetNotices(one) == 1
	})
	before, tokens := a.spent()
	if tokens > 4000 || before == 0 {
		t.Errorf("%d calls, %d tokens", before, tokens)
	}
	a.post(one, mirrorID, "And where is my money back?")
	a.calm()
	if after, _ := a.spent(); after != before || a.budgetNotices(one) != 1 {
		t.Errorf("%d calls more, %d notices", after-before, a.budgetNotices(one))
	}
	a.post(other, mirrorID, refundAsked)
	a.drafted(other, refundAnswer)
}

// TestAdvisorCountsWithoutUsage: a server that tells no usage is charged by
// the estimate.
func TestAdvisorCountsWithoutUsage(t *testing.T) {
	t.Parallel()
	a := newAdvised(t, "mode: draft")
	a.model.SetScript(func(r openaitest.Request) openaitest.Answer {
		answer := openaitest.Quoting()(r)
		answer.NoUsage = true
		return answer
	})
	a.run()
	thread := a.topic(11, "Ann")
	a.post(thread, mirrorID, refundAsked)
	a.drafted(thread, refundAnswer)
	a.calm()
	kept, err := a.db().TokensSpent(t.Context(), conversation(thread), time.Now())
	a.must(err)
	r := a.asks()[0]
	least := int64(openaitest.Tokens(r.System) + openaitest.Tokens(r.User))
	if kept.Day.Input < least || kept.Day.Output == 0 || kept.Topic != kept.Day || kept.Reserved != 0 {
		t.Errorf("%+v is written down, about %d were sent", kept, least)
	}
}
