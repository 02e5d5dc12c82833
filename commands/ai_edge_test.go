package commands_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"topicpilot/commands"
	"topicpilot/topics"
	"topicpilot/topics/advice"
)

// Another process has called the outcome unknown while we know that nothing has left: what
// people were told stands, and nothing is sent later.
func TestAITakenForDeadInAPause(t *testing.T) {
	w := drafted(t)
	w.teller.told = ways["wait"]
	w.drafts.changed = func(draft topics.Draft) {
		if draft.State == topics.DraftSending {
			w.drafts.changed = nil
			draft.State = topics.DraftUnknown
			if _, err := w.drafts.ChangeDraft(t.Context(), draft); err != nil {
				t.Error(err)
			}
		}
	}
	w.press("Send")
	w.work()
	if w.only().State != topics.DraftUnknown || len(w.teller.texts) != 1 {
		t.Errorf("%s, tried %d times", w.only().State, len(w.teller.texts))
	}
}

// The customer was erased while their draft was on its way.
func TestAIErasedWhileSending(t *testing.T) {
	w := drafted(t)
	w.drafts.changed = func(draft topics.Draft) {
		if draft.State == topics.DraftSending {
			w.drafts.drafts = nil
		}
	}
	w.press("Send")
	w.work()
	if len(w.teller.texts) != 1 || w.last().edits != 0 {
		t.Errorf("told %d times: %+v", len(w.teller.texts), w.last())
	}
}

// A former draft of several messages is marked rather than replaced in place.
func TestAISupersedesParts(t *testing.T) {
	w := newAI(t, topics.AdviceDraft)
	question := w.spoken(topics.AuthorCustomer, "How do I get a refund?")
	w.hear(question)
	w.work()
	long := w.replies(w.lastOwn(), "/ "+strings.Repeat("long words ", 370))
	w.hear(long)
	parts := w.lastOwn()
	w.side.talk = w.side.talk[:len(w.side.talk)-3] // the reply was deleted, and the parts are ours
	w.hear(w.edits(question, "How do I get a receipt?"))
	w.work()
	if w.lastOwn() == parts || w.messages[parts].text.Text != "Out of date: a newer one is below." {
		t.Errorf("the former shows %q", w.messages[parts].text.Text)
	}
}

// What was sent is part of the talk once, whether the transcript has it or was to have it
// when we died.
func TestAISentIsSaid(t *testing.T) {
	for name, kept := range map[string]bool{"kept": true, "lost": false} {
		t.Run(name, func(t *testing.T) {
			w := drafted(t)
			if kept {
				w.teller.told.Said = &topics.Message{
					Conversation: here, ID: 2000, Date: w.clock.Now().Add(time.Second), Kind: topics.MessageTalk,
					Text: topics.Plain(refund), Author: topics.Author{Kind: topics.AuthorSelf},
				}
			}
			w.press("Send")
			w.clock.Add(time.Second)
			w.work()
			w.lastID = 3000
			w.clock.Add(time.Minute)
			w.customer("And how do I pay?")
			w.work()
			asked := w.adviser.asked[len(w.adviser.asked)-1]
			if asked.Text != "And how do I pay?" || len(asked.Turns) != 2 || asked.Turns[1].Text != refund {
				t.Errorf("asked %+v", asked)
			}
		})
	}
}

// A human has written, and the customer again, before an answer left by itself.
func TestAIReplyHumanBetween(t *testing.T) {
	w := newAI(t, topics.AdviceReply)
	w.customer("ai how do I get a refund?")
	w.clock.Add(5 * time.Second)
	w.step(t.Context(), w.due())
	w.operator("Let me see")
	w.customer("ai how long will that take?")
	w.work()
	if w.drafts.all()[0].State != topics.DraftIgnored || len(w.teller.texts) != 0 {
		t.Errorf("%s, told %v", w.states(), w.teller.texts)
	}
}

// An answer that was left to operators is posted, also if we die before that.
func TestAIReplyLeftToOperatorsDies(t *testing.T) {
	w := newAI(t, topics.AdviceReply)
	w.customer("ai how do I get a refund?")
	w.clock.Add(5 * time.Second)
	w.step(t.Context(), w.due())
	w.types(olga, "/ai draft")
	task := w.tasks[0]
	w.held = true
	w.step(t.Context(), 0)
	w.outbox, w.held = nil, false // lost with the process
	w.tasks = append(w.tasks, task)
	w.work()
	if w.last().labels() != "Send, Copy, Edit, Dismiss" || w.only().State != topics.DraftOpen {
		t.Errorf("%s: %+v", w.only().State, w.last())
	}
}

// An update that is delivered again brings the draft's message to its text again.
func TestAIEditDeliveredAgain(t *testing.T) {
	w := drafted(t)
	h := w.replies(w.lastOwn(), "/ Two weeks.")
	w.hear(h)
	w.hear(h)
	if w.last().edits != 2 || w.only().Original != refund {
		t.Errorf("%d edits, %+v", w.last().edits, w.only())
	}
}

// A reply is an edit that somebody else's change has come before: it is decided anew.
func TestAIEditRaces(t *testing.T) {
	w := drafted(t)
	stored := w.drafts
	race := &racing{DraftStore: stored, before: func() {
		draft := w.only()
		draft.State, draft.Decided = topics.DraftDismissed, person(petr)
		if _, err := stored.ChangeDraft(t.Context(), draft); err != nil {
			t.Error(err)
		}
	}}
	w.parts.Drafts = race
	w.start()
	w.hear(w.replies(w.lastOwn(), "/ Two weeks."))
	if w.only().Text != refund || w.last().text.Text != "Dismissed by Petr" {
		t.Errorf("%+v: %q", w.only(), w.last().text.Text)
	}
}

// racing does something right before the first change.
type racing struct {
	topics.DraftStore
	before func()
}

func (r *racing) ChangeDraft(ctx context.Context, draft topics.Draft) (topics.Draft, error) {
	if before := r.before; before != nil {
		r.before = nil
		before()
	}
	return r.DraftStore.ChangeDraft(ctx, draft)
}

// Two operators press at the same moment: the second one's press is decided anew.
func TestAIPressRaces(t *testing.T) {
	w := drafted(t)
	stored := w.drafts
	w.parts.Drafts = &racing{DraftStore: stored, before: func() {
		draft := w.only()
		draft.State, draft.Decided, draft.EndedAt = topics.DraftDismissed, person(petr), w.clock.Now()
		if _, err := stored.ChangeDraft(t.Context(), draft); err != nil {
			t.Error(err)
		}
	}}
	w.start()
	if toast := w.press("Send"); toast != "Dismissed by Petr" {
		t.Errorf("toast %q", toast)
	}
	w.work()
	if len(w.teller.texts) != 0 {
		t.Errorf("told %v", w.teller.texts)
	}
}

// The buttons of a draft that another one has replaced in place leave that one alone.
func TestAIPressReplaced(t *testing.T) {
	w := newAI(t, topics.AdviceDraft)
	question := w.spoken(topics.AuthorCustomer, "How do I get a refund?")
	w.hear(question)
	w.work()
	pressed := w.pressing(olga, w.lastOwn(), "Send")
	w.adviser.advise = given("A second answer")
	w.hear(w.edits(question, "How do I get a receipt?"))
	w.work()
	if toast := w.deliver(pressed); !strings.Contains(toast, "out of date") {
		t.Errorf("toast %q", toast)
	}
	w.work()
	if !strings.Contains(w.last().text.Text, "A second answer") || len(w.teller.texts) != 0 {
		t.Errorf("shown %q, told %v", w.last().text.Text, w.teller.texts)
	}
}

// An edited draft that was dismissed counts as dismissed.
func TestAIEditedAndDismissed(t *testing.T) {
	w := drafted(t)
	w.hear(w.replies(w.lastOwn(), "/ Two weeks."))
	w.press("Dismiss")
	if w.ended["dismissed"] != 1 || w.ended["edited"] != 0 {
		t.Errorf("counted %v", w.ended)
	}
}

// What cannot be read now is heard again later.
func TestAIHeardFails(t *testing.T) {
	w := drafted(t)
	for name, h := range map[string]topics.Heard{
		"what is typed": w.spoken(topics.AuthorOperator, "One moment"), "a reply": w.replies(w.lastOwn(), "/ Two weeks."),
	} {
		w.drafts.calls = 0
		if _, err := w.ai.Heard(t.Context(), h); !errors.Is(err, errDead) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A group that became another chat keeps its drafts.
func TestAIMigrated(t *testing.T) {
	const moved = -1002999999999
	w := drafted(t)
	former := w.lastOwn()
	w.parts.Groups.Migrate(chatID, moved)
	call := w.pressing(olga, former, "Dismiss")
	call.Conversation.ChatID = moved
	w.deliver(call)
	if w.states() != "dismissed" {
		t.Errorf("%s", w.states())
	}
}

// Our own share of a draft's time is without the model's.
func TestAIOwnShare(t *testing.T) {
	w := newAI(t, topics.AdviceDraft)
	var own []time.Duration
	w.parts.Observe.Own = func(took time.Duration) { own = append(own, took) }
	w.parts.Customers = customers(func(context.Context, topics.Conversation) (topics.Resolved, error) {
		w.clock.Add(time.Second)
		return john(), nil
	})
	w.start()
	w.adviser.advise = func(context.Context, advice.Question) (advice.Advice, error) {
		w.clock.Add(2*time.Second + 3*time.Millisecond)
		return advice.Advice{Text: refund, ModelTime: 2 * time.Second}, nil
	}
	w.customer("How do I get a refund?")
	w.work()
	if len(own) != 1 || own[0] != 3*time.Millisecond {
		t.Errorf("own share %v", own)
	}
}

// Drafts that are there can be sent when there is no model any more.
func TestAISendWithoutModel(t *testing.T) {
	w := drafted(t)
	w.parts.Advise = nil
	w.start()
	w.press("Send")
	w.work()
	if w.only().State != topics.DraftSent {
		t.Errorf("%s", w.only().State)
	}
}

var _ topics.CustomerSender = (*way)(nil)

var _ topics.Listener = (*commands.AI)(nil)

// A draft that waits for the group's budget is not posted behind a human's answer.
func TestAIAnsweredBeforeShown(t *testing.T) {
	for said, want := range map[string]string{"It is on its way already.": "ignored", refund: "typed", "": "ignored"} {
		w := newAI(t, topics.AdviceDraft)
		w.held = true
		w.customer("How do I get a refund?")
		w.work()
		w.operator(said)
		w.flush()
		if w.states() != want || len(w.order) != 0 {
			t.Errorf("%q: %s, %d messages", said, w.states(), len(w.order))
		}
	}
	w := drafted(t) // what is shown stays
	w.operator("Hello, I am Olga")
	if w.states() != "open" {
		t.Errorf("shown: %s", w.states())
	}
}

// A gap is of when its task was begun, so that an erasure since then drops it.
func TestAIGapTime(t *testing.T) {
	for name, ask := range map[string]func(w *aiWorld){
		"customer": func(w *aiWorld) { w.customer("How do I get a refund?") },
		"operator": func(w *aiWorld) { w.operator("/ ai How do I get a refund?") },
	} {
		w := newAI(t, topics.AdviceDraft)
		var asked time.Time
		w.adviser.advise = func(ctx context.Context, q advice.Question) (advice.Advice, error) {
			asked = w.clock.Now()
			w.clock.Add(10 * time.Second)
			return silence(advice.ReasonUnanswerable)(ctx, q)
		}
		ask(w)
		w.work()
		if len(w.side.gaps) != 1 || w.side.gaps[0].At.After(asked) {
			t.Errorf("%s: asked at %v, gaps %+v", name, asked, w.side.gaps)
		}
	}
}
