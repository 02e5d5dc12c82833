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

// A burst gives one draft, with the customer's card, below a bold head and above its sources.
func TestAIDraft(t *testing.T) {
	w := newAI(t, topics.AdviceDraft)
	w.parts.Accounts = accountsOf{"N005"}
	w.start()
	w.customer("Hello")
	w.clock.Add(2 * time.Second)
	w.customer("How do I get a refund?")
	w.clock.Add(2 * time.Second)
	w.customer("It was yesterday")
	w.clock.Add(2 * time.Second)
	w.customer("thanks")
	if len(w.tasks) != 2 {
		t.Fatalf("%d tasks, want one for each question", len(w.tasks))
	}
	w.work()
	w.silent(1, "one draft for a burst")
	asked := w.adviser.asked
	if len(asked) != 1 || asked[0].For != here || asked[0].Internal || asked[0].Customer == nil ||
		asked[0].Customer.Phone != "+12125550123" || asked[0].Customer.Accounts[0] != "N005" {
		t.Fatalf("asked %+v", asked)
	}
	if q := asked[0].Text; !strings.Contains(q, "refund?\nIt was yesterday") {
		t.Errorf("the question is %q", q)
	}
	shown, draft := w.last(), w.only()
	if shown.entity("bold") != "Draft for the customer" || !strings.Contains(shown.text.Text, "\n"+refund+"\n") {
		t.Errorf("shown %q", shown.text.Text)
	}
	fold := shown.entity("expandable_blockquote")
	if !strings.Contains(fold, "1. Refunds · 2026-04-01\n“money back within 14 days”") {
		t.Errorf("the sources are %q", fold)
	}
	if shown.labels() != "Send, Copy, Edit, Dismiss" || shown.priority != topics.PriorityDraft {
		t.Errorf("buttons %s of priority %d", shown.labels(), shown.priority)
	}
	if draft.State != topics.DraftOpen || draft.MessageID != w.lastOwn() || draft.CustomerID != 987654321 {
		t.Errorf("stored %+v", draft)
	}
	if w.ended["made"] != 1 || strings.Contains(w.log.String(), "refund") {
		t.Errorf("counted %v, logged %s", w.ended, w.log.String())
	}
}

type accountsOf []string

func (a accountsOf) AccountsOf(context.Context, *topics.Group, int64) ([]string, error) {
	return a, nil
}

// What starts a draft in which mode.
func TestAIModes(t *testing.T) {
	tests := []struct {
		name string
		mode topics.AdviceMode
		said string
		want int
	}{
		{"off", topics.AdviceOff, "How do I get a refund?", 0},
		{"off, addressed", topics.AdviceOff, "ai how do I get a refund?", 0},
		{"ask", topics.AdviceAsk, "How do I get a refund?", 0},
		{"ask, addressed", topics.AdviceAsk, "AI, how do I get a refund?", 1},
		{"ask, nothing asked", topics.AdviceAsk, "ai", 0},
		{"draft", topics.AdviceDraft, "How do I get a refund?", 1},
		{"draft, small talk", topics.AdviceDraft, "Hello!", 0},
		{"draft, no words", topics.AdviceDraft, "", 0},
		{"draft, addressed", topics.AdviceDraft, "ai how do I get a refund?", 1},
		{"draft, what looks like a command", topics.AdviceDraft, "/refund please do it now", 1},
		{"reply, not addressed", topics.AdviceReply, "How do I get a refund?", 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newAI(t, tt.mode)
			w.customer(tt.said)
			w.work()
			w.silent(tt.want, tt.name)
			if len(w.adviser.asked) != tt.want || len(w.teller.texts) != 0 {
				t.Errorf("asked %d times, told %v", len(w.adviser.asked), w.teller.texts)
			}
		})
	}
}

// Only customers are answered.
func TestAIHearsCustomersAlone(t *testing.T) {
	w := newAI(t, topics.AdviceDraft)
	for _, kind := range []topics.AuthorKind{
		topics.AuthorStranger, topics.AuthorAnonymous, topics.AuthorChannel, topics.AuthorBot, topics.AuthorSelf,
	} {
		for _, text := range []string{"ai how do I get a refund?", "/ ai how do I get a refund?"} {
			w.hear(w.spoken(kind, text))
		}
	}
	general := w.spoken(topics.AuthorCustomer, "How do I get a refund?")
	general.Message.ThreadID = 0
	w.hear(general)
	w.work()
	w.silent(0, "")
}

// A human's answer ends what the advisor was about to say.
func TestAIHumanAnswers(t *testing.T) {
	t.Run("during the silence", func(t *testing.T) {
		w := newAI(t, topics.AdviceDraft)
		w.customer("How do I get a refund?")
		w.operator("Within two weeks, as always")
		w.work()
		if len(w.adviser.asked) != 0 {
			t.Error("the model was asked")
		}
		w.silent(0, "")
	})
	t.Run("while the model is at work", func(t *testing.T) {
		w := newAI(t, topics.AdviceDraft)
		w.adviser.advise = func(ctx context.Context, _ advice.Question) (advice.Advice, error) {
			w.hear(w.spoken(topics.AuthorAnonymous, "Within two weeks, as always"))
			<-ctx.Done() // the call ends with it
			return advice.Advice{}, &advice.Silence{Reason: advice.ReasonModel, Err: ctx.Err()}
		}
		w.customer("How do I get a refund?")
		w.work()
		if len(w.drafts.all()) != 0 || len(w.side.gaps) != 0 {
			t.Errorf("drafts %v, gaps %v", w.drafts.all(), w.side.gaps)
		}
		w.silent(0, "")
	})
	t.Run("in another process", func(t *testing.T) {
		w := newAI(t, topics.AdviceDraft)
		w.adviser.advise = func(context.Context, advice.Question) (advice.Advice, error) {
			w.side.keep(w.spoken(topics.AuthorOperator, "Within two weeks, as always").Message)
			return advice.Advice{Text: refund}, nil
		}
		w.customer("How do I get a refund?")
		w.work()
		if len(w.drafts.all()) != 0 {
			t.Errorf("drafts %v", w.drafts.all())
		}
	})
	t.Run("a comment does not count", func(t *testing.T) {
		w := newAI(t, topics.AdviceDraft)
		w.customer("How do I get a refund?")
		w.operator("/ he is angry")
		w.work()
		w.silent(1, "")
	})
	t.Run("another topic does not count", func(t *testing.T) {
		w := newAI(t, topics.AdviceDraft)
		w.adviser.advise = func(ctx context.Context, q advice.Question) (advice.Advice, error) {
			other := w.spoken(topics.AuthorOperator, "Within two weeks, as always")
			other.Message.ThreadID = 7
			w.hear(other)
			return given(refund)(ctx, q)
		}
		w.customer("How do I get a refund?")
		w.work()
		w.silent(1, "")
	})
}

// The mode is looked at again before the model is asked and before a draft is shown.
func TestAIModeChanges(t *testing.T) {
	off := func(w *aiWorld) { w.types(olga, "/ai off") }
	t.Run("during the silence", func(t *testing.T) {
		w := newAI(t, topics.AdviceDraft)
		w.customer("How do I get a refund?")
		off(w)
		w.work()
		if len(w.adviser.asked) != 0 || len(w.drafts.all()) != 0 {
			t.Errorf("asked %v", w.adviser.asked)
		}
	})
	t.Run("while the model is at work", func(t *testing.T) {
		w := newAI(t, topics.AdviceDraft)
		w.adviser.advise = func(ctx context.Context, q advice.Question) (advice.Advice, error) {
			off(w)
			return given(refund)(ctx, q)
		}
		w.customer("How do I get a refund?")
		w.work()
		if len(w.drafts.all()) != 0 {
			t.Errorf("drafts %v", w.drafts.all())
		}
	})
}

// A customer who does not stop writing gets a draft of what there is, now and then.
func TestAILongBurst(t *testing.T) {
	w := newAI(t, topics.AdviceDraft)
	for range 100 { // five minutes
		w.customer("and another question about the refund")
		for i := w.due(); i >= 0; i = w.due() {
			w.step(t.Context(), i)
		}
		w.clock.Add(3 * time.Second)
	}
	if n := len(w.adviser.asked); n < 3 || n > 5 {
		t.Errorf("asked %d times in five minutes, want about one a minute", n)
	}
	w.work()
	if states := w.states(); strings.Count(states, "open") != 1 || !strings.HasSuffix(states, "open") {
		t.Errorf("drafts: %s", states)
	}
}

// What has piled up while nobody was there is answered once.
func TestAIBacklog(t *testing.T) {
	t.Run("without an answer", func(t *testing.T) {
		w := newAI(t, topics.AdviceDraft)
		w.adviser.advise = silence(advice.ReasonUnanswerable)
		for range 3 {
			w.customer("a question about the refund")
			w.clock.Add(time.Minute)
		}
		w.clock.Add(time.Hour)
		w.work()
		if len(w.adviser.asked) != 1 {
			t.Errorf("asked %d times", len(w.adviser.asked))
		}
	})
	w := newAI(t, topics.AdviceDraft)
	for range 5 {
		w.customer("a question about the refund")
		w.clock.Add(4 * time.Second)
	}
	w.clock.Add(time.Hour)
	w.work()
	if len(w.adviser.asked) != 1 {
		t.Errorf("asked %d times", len(w.adviser.asked))
	}
}

// A message that comes while the model is at work has its own task, unless it starts none.
func TestAIWritesOn(t *testing.T) {
	for said, want := range map[string]int{"And for how much?": 2, "thanks": 1} {
		t.Run(said, func(t *testing.T) {
			w := newAI(t, topics.AdviceDraft)
			once := false
			w.adviser.advise = func(ctx context.Context, q advice.Question) (advice.Advice, error) {
				w.clock.Add(time.Second)
				if !once {
					once = true
					w.customer(said)
				}
				return given(refund)(ctx, q)
			}
			w.customer("How do I get a refund?")
			w.work()
			if len(w.adviser.asked) != want {
				t.Errorf("asked %d times, want %d", len(w.adviser.asked), want)
			}
			w.only() // what was answered too late is no draft
			w.silent(1, "")
		})
	}
}

// An edited question is answered anew, an edit that changes no word is not.
func TestAIEditedQuestion(t *testing.T) {
	w := newAI(t, topics.AdviceDraft)
	h := w.spoken(topics.AuthorCustomer, "How do I get a refund?")
	w.hear(h)
	w.work()
	w.hear(w.edits(h, "How do I get a refund?"))
	w.work()
	if len(w.adviser.asked) != 1 || w.sends != 1 {
		t.Errorf("asked %d times for the same words, %d sends", len(w.adviser.asked), w.sends)
	}
	w.adviser.advise = given("A second answer")
	w.hear(w.edits(h, "How do I get a receipt?"))
	w.work()
	w.silent(1, "the newer draft takes the former's place")
	if !strings.Contains(w.last().text.Text, "A second answer") || w.last().edits != 1 {
		t.Errorf("shown %q, edited %d times", w.last().text.Text, w.last().edits)
	}
	if w.states() != "ignored open" || w.drafts.all()[1].MessageID != w.lastOwn() {
		t.Errorf("drafts: %s", w.states())
	}
}

// A newer draft stands below where something was written in between; the former is marked.
func TestAISuperseded(t *testing.T) {
	w := drafted(t)
	former := w.lastOwn()
	w.adviser.advise = given("A second answer")
	w.clock.Add(time.Minute)
	w.customer("And how do I pay?")
	w.work()
	w.silent(2, "")
	if m := w.messages[former]; m.text.Text != "Out of date: a newer one is below." || len(m.buttons) != 0 {
		t.Errorf("the former shows %+v", m)
	}
	if w.states() != "ignored open" || w.ended["ignored"] != 1 {
		t.Errorf("drafts: %s, %v", w.states(), w.ended)
	}
}

// Our own comments are nobody's words.
func TestAIOwnCommentsBetween(t *testing.T) {
	w := newAI(t, topics.AdviceDraft)
	h := w.spoken(topics.AuthorCustomer, "How do I get a refund?")
	w.hear(h)
	w.work()
	shown := w.lastOwn()
	w.types(olga, "/ai status")
	w.adviser.advise = given("A second answer")
	w.hear(w.edits(h, "How do I get a receipt?"))
	w.work()
	if m := w.messages[shown]; !strings.Contains(m.text.Text, "A second answer") {
		t.Errorf("shown %q", m.text.Text)
	}
}

// A former draft that was never posted is replaced without a word.
func TestAIUnpostedFormer(t *testing.T) {
	w := newAI(t, topics.AdviceDraft)
	w.held = true
	w.customer("How do I get a refund?")
	w.work()
	w.adviser.advise = given("A second answer")
	w.clock.Add(time.Minute)
	w.customer("And how do I pay?")
	w.work()
	w.flush()
	w.silent(1, "")
	if w.sends != 1 || w.states() != "ignored open" || !strings.Contains(w.last().text.Text, "A second answer") {
		t.Errorf("%d sends, %s: %q", w.sends, w.states(), w.last().text.Text)
	}
}

// The process dies before each of its steps in turn: there is one draft in the end, and no
// second call to the model once the draft is stored.
func TestAIDraftDies(t *testing.T) {
	for dies := range 12 {
		w := newAI(t, topics.AdviceDraft)
		w.customer("How do I get a refund?")
		w.work()
		first := w.lastOwn()
		w.clock.Add(time.Minute)
		w.adviser.advise = given("A second answer")
		w.customer("And how do I pay?")
		w.drafts.calls = dies
		w.clock.Add(5 * time.Second)
		w.step(t.Context(), 0)
		w.start()
		w.work()
		if w.states() != "ignored open" || len(w.messages[first].buttons) != 0 ||
			!strings.Contains(w.last().text.Text, "A second answer") {
			t.Errorf("death %d: %s, %+v", dies, w.states(), w.messages[first])
		}
		if n := len(w.adviser.asked); n > 3 || dies > 5 && n != 2 {
			t.Errorf("death %d: asked %d times", dies, n)
		}
	}
}

// A crash between the posting and its commit posts again, and marks the former again.
func TestAIDraftPostedTwice(t *testing.T) {
	w := drafted(t)
	former := w.lastOwn()
	w.clock.Add(time.Minute)
	w.adviser.advise = given("A second answer")
	w.customer("And how do I pay?")
	w.clock.Add(5 * time.Second)
	task := w.tasks[0]
	w.held = true
	w.step(t.Context(), 0)
	w.outbox = nil // lost with the process
	w.held = false
	w.tasks = append(w.tasks, task)
	w.work()
	if len(w.adviser.asked) != 2 || len(w.messages[former].buttons) != 0 ||
		w.last().labels() != "Send, Copy, Edit, Dismiss" {
		t.Errorf("asked %d times: %+v", len(w.adviser.asked), w.messages[former])
	}
}

func TestAISilence(t *testing.T) {
	tests := []struct {
		reason advice.Reason
		gap    bool
		notice string
	}{
		{advice.ReasonNothing, true, ""},
		{advice.ReasonQuote, true, ""},
		{advice.ReasonModel, false, ""},
		{advice.ReasonDayBudget, false, "used up today's tokens. It goes on"},
		{advice.ReasonTopicBudget, false, "for this topic"},
	}
	for _, tt := range tests {
		t.Run(string(tt.reason), func(t *testing.T) {
			w := newAI(t, topics.AdviceDraft)
			w.adviser.advise = silence(tt.reason)
			for range 2 {
				w.customer("How do I get a refund?")
				w.work()
				w.clock.Add(time.Minute)
			}
			if got := len(w.side.gaps) > 0; got != tt.gap {
				t.Errorf("gaps: %v", w.side.gaps)
			}
			for _, gap := range w.side.gaps {
				if gap.Question != "how much is [phone]?" || gap.Reason != string(tt.reason) || gap.Conversation != here {
					t.Errorf("gap %+v", gap)
				}
			}
			if tt.notice == "" {
				w.silent(0, "")
				return
			}
			w.silent(1, "one notice a day")
			if m := w.last(); !strings.Contains(m.text.Text, tt.notice) || m.priority != topics.PriorityNotice {
				t.Errorf("the notice is %+v", m)
			}
			w.clock.Add(24 * time.Hour)
			w.customer("How do I get a refund?")
			w.work()
			w.silent(2, "a notice on the next day")
		})
	}
}

// What goes wrong for a while is tried again; erasure ends it.
func TestAIDraftFails(t *testing.T) {
	w := newAI(t, topics.AdviceDraft)
	failures := 2
	w.adviser.advise = func(ctx context.Context, q advice.Question) (advice.Advice, error) {
		if failures--; failures >= 0 {
			return advice.Advice{}, errors.New("the store is away")
		}
		return given(refund)(ctx, q)
	}
	w.customer("How do I get a refund?")
	w.work()
	w.silent(1, "")

	w = newAI(t, topics.AdviceDraft)
	w.drafts.forgotten = true
	w.customer("How do I get a refund?")
	w.work()
	w.silent(0, "")
}

// Nobody knows who the customer is: there is a draft all the same.
func TestAIWithoutCard(t *testing.T) {
	for name, who := range map[string]customers{
		"unknown": never(topics.ReasonUnavailable),
		"broken": func(context.Context, topics.Conversation) (topics.Resolved, error) {
			return topics.Resolved{}, errors.New("down")
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newAI(t, topics.AdviceDraft)
			w.parts.Customers = who
			w.start()
			w.customer("How do I get a refund?")
			w.work()
			if w.silent(1, ""); w.adviser.asked[0].Customer != nil {
				t.Errorf("asked with %+v", w.adviser.asked[0].Customer)
			}
		})
	}
}

func TestAIShownForms(t *testing.T) {
	long := strings.Repeat("Money comes back. ", 30)
	quote := strings.Repeat("a long quote ", 40)
	many := make([]topics.DraftSource, 12)
	for i := range many {
		many[i] = topics.DraftSource{File: "a/b.md", Quote: quote}
	}
	links := strings.Repeat("https://evil.example/x ", 80)
	tests := []struct {
		name  string
		given advice.Advice
		send  topics.CustomerSend
		// entity of the type holds the words
		entity, words, labels string
	}{
		{
			"what a tap would open stands in code",
			advice.Advice{Text: "See https://evil.example now"},
			topics.CustomerSendTopic,
			"code", "https://evil.example", "Send, Copy, Edit, Dismiss",
		},
		{
			"too many of them",
			advice.Advice{Text: strings.TrimSpace(links)},
			topics.CustomerSendTopic,
			"pre", "https://evil.example/x https", "Send, Edit, Dismiss",
		},
		{
			"a long text can be tapped",
			advice.Advice{Text: long},
			topics.CustomerSendBot,
			"pre", "Money comes back. Money", "Send, Edit, Dismiss",
		},
		{
			"nothing can be sent",
			advice.Advice{Text: refund},
			topics.CustomerSendNone,
			"bold", "Draft for the customer", "Copy, Edit, Dismiss",
		},
		{
			"a long text, and nothing can be sent",
			advice.Advice{Text: long},
			topics.CustomerSendNone,
			"pre", "Money comes back. Money", "Edit, Dismiss",
		},
		{
			"what no source has",
			advice.Advice{Text: refund, Strange: []string{"evil.example"}},
			topics.CustomerSendTopic,
			"code", "evil.example", "Send, Copy, Edit, Dismiss",
		},
		{
			"what no source carries",
			advice.Advice{Text: refund, Uncarried: []string{"All is free."}, Dictated: true},
			topics.CustomerSendTopic,
			"code", "All is free.", "Send, Copy, Edit, Dismiss",
		},
		{
			"a source without a link",
			advice.Advice{Text: refund, Sources: []topics.DraftSource{{File: "a/b.md", Title: "A"}}},
			topics.CustomerSendTopic, "code", "a/b.md", "Send, Copy, Edit, Dismiss",
		},
		{
			"many long sources",
			advice.Advice{Text: refund, Sources: many},
			topics.CustomerSendTopic,
			"expandable_blockquote", "\n8. ", "Send, Copy, Edit, Dismiss",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newAI(t, topics.AdviceDraft)
			w.group.CustomerSend = tt.send
			w.adviser.advise = func(context.Context, advice.Question) (advice.Advice, error) { return tt.given, nil }
			w.customer("How do I get a refund?")
			w.work()
			m := w.last()
			if got := m.entity(tt.entity); !strings.Contains(got, tt.words) {
				t.Errorf("%s is %q, want %q", tt.entity, got, tt.words)
			}
			if m.labels() != tt.labels || m.posts != 1 {
				t.Errorf("buttons %s, %d messages", m.labels(), m.posts)
			}
			for _, button := range m.buttons {
				if button.Copy != "" && button.Copy != w.only().Text {
					t.Errorf("copies %q", button.Copy)
				}
			}
		})
	}
}

// Without a model nothing is heard, and the command says which setting is missing.
func TestAINotSetUp(t *testing.T) {
	w := newAI(t, topics.AdviceDraft)
	w.parts.Advise = nil
	w.start()
	w.customer("How do I get a refund?")
	w.operator("/ ai how do I get a refund?")
	w.work()
	w.silent(0, "")
	for _, text := range []string{"/ai draft", "/ai status", "/ai stats"} {
		if m := w.types(admin, text); !strings.Contains(m.text.Text, "ai.model") {
			t.Errorf("%s: %q", text, m.text.Text)
		}
	}
}

var _ commands.Adviser = (*adviser)(nil)
