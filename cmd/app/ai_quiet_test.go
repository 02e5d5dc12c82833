package app_test

import (
	"strings"
	"testing"
	"time"

	"topicpilot/integrations/openai/openaitest"
	"topicpilot/integrations/telegram/telegramtest"
)

// hangs makes the next call of the model hang, and waits is to be called for it to be there.
func (a *advised) hangs() (waits func()) {
	a.t.Helper()
	n := len(a.model.Requests())
	a.model.Fail(openaitest.RouteChat, openaitest.Fault{Hang: true})
	return func() {
		a.t.Helper()
		a.must(a.model.Wait(a.t.Context(), n+1))
	}
}

// TestAdvisorBurst: messages close to each other give one draft, which answers all of them.
func TestAdvisorBurst(t *testing.T) {
	t.Parallel()
	a := newAdvised(t, "mode: draft, debounce: 1s")
	a.run()
	thread := a.topic(11, "Ann")
	for _, line := range []string{"Hello!", "How do I get", "my money back?", "And how are mailboxes made in the panel?"} {
		a.post(thread, mirrorID, line)
	}
	a.drafted(thread, refundAnswer)
	a.calm()
	if asked := a.asks(); len(asked) != 1 ||
		asked[0].Data.Question != "Hello!\nHow do I get\nmy money back?\nAnd how are mailboxes made in the panel?" {
		t.Errorf("%d requests", len(asked))
	}
	if n := len(a.ours(thread)); n != 1 {
		t.Errorf("%d messages for one burst", n)
	}
	a.redeliverAll()
	a.calm()
	if n := len(a.asks()); n != 1 || len(a.ours(thread)) != 1 {
		t.Errorf("after redelivery %d requests, %d messages", n, len(a.ours(thread)))
	}
}

// TestAdvisorSmallTalk: greetings, thanks and stickers start nothing and cost nothing; a
// question behind a greeting does.
func TestAdvisorSmallTalk(t *testing.T) {
	t.Parallel()
	a := newAdvised(t, "mode: draft")
	a.run()
	thread := a.topic(11, "Ann")
	for _, words := range []string{"Hello!", "привееет)))", "Дякую!", "ok 👍", "👋", "Спасибо большое!"} {
		a.post(thread, mirrorID, words)
		a.calm()
	}
	a.write(telegramtest.Post{Thread: thread, From: mirrorID, Media: "sticker"})
	a.silentIn(thread, "small talk")
	if n := len(a.asks()); n != 0 {
		t.Errorf("the model was asked %d times", n)
	}
	a.post(thread, mirrorID, "Hi, how do I get my money back?")
	a.drafted(thread, refundAnswer)
}

// TestAdvisorHumanAnswers: what an operator writes by hand, during the silence or while the
// model is at work, ends the draft; a comment, a command or a stranger's silence do not.
func TestAdvisorHumanAnswers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		by      int64
		text    string
		cancels bool
	}{
		{"operator", olgaID, "One moment, I look into it.", true},
		{"someone else of the team", guestID, "I answer this one.", true},
		{"comment", olgaID, "/ who knows that?", false},
		{"command", olgaID, "/info", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			t.Run("silence", func(t *testing.T) {
				t.Parallel()
				a := newAdvised(t, "mode: draft, debounce: 1s")
				a.run()
				thread := a.topic(11, "Ann")
				a.post(thread, mirrorID, refundAsked)
				a.post(thread, test.by, test.text)
				a.answeredUnless(thread, test.cancels)
				if n := len(a.asks()); n != bit(!test.cancels) {
					t.Errorf("the model was asked %d times", n)
				}
			})
			t.Run("call", func(t *testing.T) {
				t.Parallel()
				a := newAdvised(t, "mode: draft")
				a.run()
				thread := a.topic(11, "Ann")
				waits := a.hangs()
				a.post(thread, mirrorID, refundAsked)
				waits()
				a.post(thread, test.by, test.text)
				a.settle()
				if !test.cancels {
					a.model.Release()
				}
				a.answeredUnless(thread, test.cancels) // a call that is called off waits for nothing
			})
		})
	}
}

func (a *advised) answeredUnless(thread int, cancels bool) {
	a.t.Helper()
	a.calm()
	drafts := 0
	for _, m := range a.ours(thread) {
		drafts += strings.Count(m.Text, "Draft for the customer")
	}
	if drafts != bit(!cancels) || len(a.stored(thread)) != bit(!cancels) {
		a.t.Errorf("%d drafts shown, %d stored", drafts, len(a.stored(thread)))
	}
}

// TestAdvisorEditedQuestion: an edited question is answered anew, in the place of the draft
// for its former words.
func TestAdvisorEditedQuestion(t *testing.T) {
	t.Parallel()
	a := newAdvised(t, "mode: draft")
	a.run()
	thread := a.topic(11, "Ann")
	m := a.post(thread, mirrorID, "How are mailboxes made in the panel?")
	a.drafted(thread, mailAnswer)
	_, err := a.tg.Edit(groupID, m.ID, refundAsked)
	a.must(err)
	got := a.drafted(thread, refundAnswer)
	a.calm()
	if n := len(a.ours(thread)); n != 1 || got.EditDate == 0 {
		t.Errorf("%d messages; the newer draft takes the former's place", n)
	}
	if states := a.states(thread); states != "ignored open" {
		t.Errorf("drafts: %s", states)
	}
}

// TestAdvisorModeChangesMeanwhile: a topic that is switched off while the model is at work
// gets no draft.
func TestAdvisorModeChangesMeanwhile(t *testing.T) {
	t.Parallel()
	a := newAdvised(t, "mode: draft")
	a.run()
	thread := a.topic(11, "Ann")
	waits := a.hangs()
	a.post(thread, mirrorID, refundAsked)
	waits()
	a.post(thread, olgaID, "/ai off")
	a.last(thread, "I am silent")
	a.model.Release()
	a.answeredUnless(thread, true)
}

// TestAdvisorBeforeAndNow: only the present episode goes to the model as it is; what an
// operator and the customer said before is in it, comments are not.
func TestAdvisorBeforeAndNow(t *testing.T) {
	t.Parallel()
	a := newAdvised(t, "mode: draft")
	a.run()
	thread := a.topic(11, "Ann")
	a.post(thread, mirrorID, "I have paid twice.")
	a.calm()
	a.post(thread, olgaID, "We see two payments.")
	a.post(thread, olgaID, "/ a comment of ours")
	a.post(thread, olgaID, "/info")
	a.settle()
	a.post(thread, mirrorID, refundAsked)
	a.drafted(thread, refundAnswer)
	a.calm()
	asked := a.asks()
	data := asked[len(asked)-1].Data
	want := []openaitest.Turn{
		{From: "customer", Text: "I have paid twice."}, {From: "operator", Text: "We see two payments."},
	}
	if data.Question != refundAsked || len(data.Conversation) != 2 ||
		data.Conversation[0] != want[0] || data.Conversation[1] != want[1] {
		t.Errorf("asked with %+v", data.Conversation)
	}
	if data.Customer.Name != "Ann" || data.Customer.Language != "en" || data.Customer.Username != "user_11" {
		t.Errorf("card %+v", data.Customer)
	}
}

// TestAdvisorLanguage: the model is told the language of the question, whatever the group's
// is.
func TestAdvisorLanguage(t *testing.T) {
	t.Parallel()
	a := newAdvised(t, "mode: draft", "    language: uk")
	a.article("ru/refunds.md", "# Возврат денег\n\nДеньги вернутся на карту через три дня.\n")
	a.article("uk/refunds.md", "# Повернення коштів\n\nКошти повернуться на картку за три дні.\n")
	a.run()
	for question, want := range map[string][2]string{
		refundAsked: {"en", refundAnswer},
		"Когда вернутся деньги на карту?":   {"ru", "Деньги вернутся на карту через три дня."},
		"Коли кошти повернуться на картку?": {"uk", "Кошти повернуться на картку за три дні."},
	} {
		thread := a.topic(11, "Ann")
		a.post(thread, mirrorID, question)
		a.last(thread, want[1])
		asked := a.asks()
		if got := asked[len(asked)-1].Data; got.Language != want[0] || got.Question != question {
			t.Errorf("language %q, want %q", got.Language, want[0])
		}
		if labels := a.labels(a.last(thread, want[1])); labels != "Скопіювати | Змінити | Відхилити" {
			t.Errorf("buttons %q", labels)
		}
	}
}

// TestAdvisorSeesChanges: a changed, a new and a removed article count without a restart.
func TestAdvisorSeesChanges(t *testing.T) {
	t.Parallel()
	a := newAdvised(t, "mode: draft")
	a.run()
	thread := a.topic(11, "Ann")
	a.post(thread, mirrorID, "How are parcels weighed?")
	a.silentIn(thread, "nothing is known")
	chunks := a.metric("topicpilot_knowledge_chunks")
	a.article("parcels.md", "# Parcels\n\nParcels are weighed at the counter.\n")
	a.changed(func() bool { return a.metric("topicpilot_knowledge_chunks") == chunks+1 })
	a.post(thread, mirrorID, "So how are parcels weighed?")
	a.drafted(thread, "Parcels are weighed at the counter.")
}

// changed waits until the articles are read again, which may take 15 seconds.
func (a *advised) changed(cond func() bool) {
	a.t.Helper()
	for began := time.Now(); time.Since(began) < 30*time.Second; time.Sleep(50 * time.Millisecond) {
		if cond() {
			return
		}
	}
	a.t.Fatal("the change of the articles is not seen")
}
