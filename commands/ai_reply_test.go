package commands_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"topicpilot/commands"
	"topicpilot/topics"
	"topicpilot/topics/advice"
)

// What the advisor answers by itself in mode reply, and what is a draft.
func TestAIReply(t *testing.T) {
	strange := advice.Advice{Text: refund, Strange: []string{"evil.example"}}
	internal := advice.Advice{Text: refund, Sources: []topics.DraftSource{{File: "internal/a.md", Internal: true}}}
	tests := []struct {
		name   string
		change func(w *aiWorld)
		said   string
		told   bool
	}{
		{"addressed", func(*aiWorld) {}, "ai how do I get a refund?", true},
		{"not addressed", func(*aiWorld) {}, "How do I get a refund?", false},
		{"all", func(w *aiWorld) { w.parts.ReplyTo = commands.ReplyToAll }, "How do I get a refund?", true},
		{"by the customers' bot", func(w *aiWorld) { w.group.CustomerSend = topics.CustomerSendBot }, "ai refund how?", true},
		{"no way", func(w *aiWorld) { w.group.CustomerSend = topics.CustomerSendNone }, "ai refund how?", false},
		{"nobody to send", func(w *aiWorld) { w.parts.Sender = nil }, "ai refund how?", false},
		{"mode draft", func(w *aiWorld) { w.group.AdviceMode = topics.AdviceDraft }, "ai refund how?", false},
		{"a link of its own", func(w *aiWorld) {
			w.adviser.advise = func(context.Context, advice.Question) (advice.Advice, error) { return strange, nil }
		}, "ai refund how?", false},
		{"a sentence of its own", func(w *aiWorld) {
			w.adviser.advise = func(context.Context, advice.Question) (advice.Advice, error) {
				return advice.Advice{Text: refund, Uncarried: []string{"All is free."}}, nil
			}
		}, "ai refund how?", false},
		{"orders to the model", func(w *aiWorld) {
			w.adviser.advise = func(context.Context, advice.Question) (advice.Advice, error) {
				return advice.Advice{Text: refund, Dictated: true}, nil
			}
		}, "ai refund how?", false},
		{"internal knowledge", func(w *aiWorld) {
			w.adviser.advise = func(context.Context, advice.Question) (advice.Advice, error) { return internal, nil }
		}, "ai refund how?", false},
		{"a human a short while ago", func(w *aiWorld) {
			w.operator("Hello, I am Olga")
			w.clock.Add(29 * time.Minute)
		}, "ai refund how?", false},
		{"a human a while ago", func(w *aiWorld) {
			w.operator("Hello, I am Olga")
			w.clock.Add(31 * time.Minute)
		}, "ai refund how?", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newAI(t, topics.AdviceReply)
			tt.change(w)
			w.start()
			w.customer(tt.said)
			w.work()
			w.silent(1, "")
			draft, m := w.only(), w.last()
			if !tt.told {
				if draft.State != topics.DraftOpen || draft.Auto || len(w.teller.texts) != 0 ||
					!strings.HasPrefix(m.text.Text, "Draft for") {
					t.Errorf("%+v, told %v: %q", draft, w.teller.texts, m.text.Text)
				}
				return
			}
			if draft.State != topics.DraftSent || !draft.Auto || len(w.teller.texts) != 1 || w.teller.texts[0] != refund {
				t.Errorf("%+v, told %v", draft, w.teller.texts)
			}
			byBot := w.group.CustomerSend == topics.CustomerSendBot
			if m.entity("bold") != "Answered by the advisor" || strings.Contains(m.text.Text, refund) != byBot ||
				!strings.Contains(m.entity("expandable_blockquote"), "Refunds") || len(m.buttons) != 0 || w.ended["answered"] != 1 {
				t.Errorf("shown %q, %v", m.text.Text, w.ended)
			}
		})
	}
}

// What cannot be told is an ordinary draft with the reason; what may have arrived is not
// repeated.
func TestAIReplyNotTold(t *testing.T) {
	for state, line := range map[topics.ToldState]string{
		topics.ToldNeverWrote: "never written", topics.ToldBlocked: "blocked", topics.ToldFailed: "could not be sent",
		topics.ToldSlash: "starts with",
	} {
		w := newAI(t, topics.AdviceReply)
		w.teller.told = topics.Told{State: state, Err: errors.New("no")}
		w.customer("ai how do I get a refund?")
		w.work()
		draft, m := w.only(), w.last()
		if draft.State != topics.DraftOpen || draft.Auto || draft.MessageID != w.lastOwn() ||
			!strings.Contains(m.text.Text, line) ||
			!strings.HasSuffix(m.labels(), "Edit, Dismiss") || m.priority != topics.PriorityDraft {
			t.Errorf("%s: %+v, %q", state, draft, m.text.Text)
		}
	}
	w := newAI(t, topics.AdviceReply)
	w.teller.told = topics.Told{State: topics.ToldUnknown, Err: errors.New("no answer")}
	w.customer("ai how do I get a refund?")
	w.work()
	if m := w.last(); w.only().State != topics.DraftUnknown || !strings.Contains(m.text.Text, "It is unknown") ||
		m.labels() != "Copy" {
		t.Errorf("%+v: %q", w.only(), m.text.Text)
	}
	if len(w.teller.texts) != 1 {
		t.Errorf("told %d times", len(w.teller.texts))
	}
}

// Right before it leaves, everything that speaks against it is looked at again.
func TestAIReplyRecheck(t *testing.T) {
	tests := []struct {
		name    string
		between func(w *aiWorld)
		left    topics.DraftState
		posted  int
	}{
		{"nothing", func(*aiWorld) {}, topics.DraftSent, 1},
		{"a human has answered", func(w *aiWorld) { w.operator("Within two weeks") }, topics.DraftIgnored, 0},
		{"the mode is draft", func(w *aiWorld) { w.types(olga, "/ai draft") }, topics.DraftOpen, 2},
		{"the mode is off", func(w *aiWorld) { w.types(olga, "/ai off") }, topics.DraftIgnored, 1},
		{
			"customers are not told any more", func(w *aiWorld) { w.group.CustomerSend = topics.CustomerSendNone },
			topics.DraftOpen, 1,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newAI(t, topics.AdviceReply)
			w.customer("ai how do I get a refund?")
			w.clock.Add(5 * time.Second)
			w.step(t.Context(), w.due())
			tt.between(w)
			w.work()
			if w.only().State != tt.left || len(w.order) != tt.posted ||
				(len(w.teller.texts) == 1) != (tt.left == topics.DraftSent) {
				t.Errorf("%s, %d messages, told %v", w.only().State, len(w.order), w.teller.texts)
			}
		})
	}
}

// An open draft goes when the advisor answers; it is marked.
func TestAIReplySupersedes(t *testing.T) {
	w := newAI(t, topics.AdviceReply)
	w.customer("How do I get a refund?")
	w.work()
	former := w.lastOwn()
	w.clock.Add(time.Minute)
	w.customer("ai when exactly?")
	w.work()
	if w.states() != "ignored sent" || len(w.messages[former].buttons) != 0 || len(w.teller.texts) != 1 {
		t.Errorf("%s: %+v", w.states(), w.messages[former])
	}
}

// The process dies at each step of an answer by itself.
func TestAIReplyDies(t *testing.T) {
	for dies := range 14 {
		w := newAI(t, topics.AdviceReply)
		w.customer("ai how do I get a refund?")
		w.clock.Add(5 * time.Second)
		w.drafts.calls = dies
		for range 20 {
			if i := w.due(); i >= 0 && !w.step(t.Context(), i) && w.drafts.calls == 0 {
				w.start()
			}
			w.clock.Add(time.Second)
		}
		w.start()
		w.work()
		draft := w.only()
		if len(w.teller.texts) > 1 || draft.State != topics.DraftSent && draft.State != topics.DraftUnknown ||
			len(w.order) != 1 {
			t.Errorf("death %d: %s, told %d times, %d messages", dies, draft.State, len(w.teller.texts), len(w.order))
		}
	}
}

func TestAIQuestion(t *testing.T) {
	const answer = "Refunds over 500 need a lead."
	for name, ask := range map[string]func(w *aiWorld){
		"a comment":  func(w *aiWorld) { w.operator("/ ai how do we refund?") },
		"plain talk": func(w *aiWorld) { w.operator("AI, how do we refund?") },
		"another mark": func(w *aiWorld) {
			w.group.Mirror.CommentMark = "/ bot: "
			h := w.spoken(topics.AuthorOperator, "/ bot: ai how do we refund?")
			w.hear(h)
		},
		"reply_only": func(w *aiWorld) {
			w.group.Mirror.ReplyOnly = true
			h := w.spoken(topics.AuthorOperator, "ai how do we refund?")
			h.Message.Kind = topics.MessageComment
			w.hear(h)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newAI(t, topics.AdviceAsk)
			w.adviser.advise = func(context.Context, advice.Question) (advice.Advice, error) {
				return advice.Advice{Text: answer, Sources: []topics.DraftSource{
					{File: "internal/leads.md", Title: "Leads", Internal: true, Quote: "need a lead"},
				}}, nil
			}
			w.customer("I want my money")
			ask(w)
			w.work()
			w.silent(1, "")
			q := w.adviser.asked[0]
			if !q.Internal || q.Text != "how do we refund?" || q.For != here || q.Turns[0].Text != "I want my money" {
				t.Errorf("asked %+v", q)
			}
			m := w.last()
			if !strings.HasPrefix(m.text.Text, answer) || len(m.buttons) != 0 || m.priority != topics.PriorityAnswer ||
				!strings.Contains(m.entity("expandable_blockquote"), "Leads · internal/leads.md · internal\n“need a lead”") {
				t.Errorf("shown %+v", m)
			}
			if len(w.drafts.all()) != 0 {
				t.Error("an operator's question made a draft")
			}
		})
	}
}

// No operator is left without an answer.
func TestAIQuestionSilence(t *testing.T) {
	for reason, want := range map[advice.Reason]string{
		advice.ReasonNothing: "no sure answer", advice.ReasonCoverage: "no sure answer",
		advice.ReasonLeak:   "could not be used",
		advice.ReasonCutOff: "could not be used", advice.ReasonModel: "does not answer just now",
		advice.ReasonDayBudget: "used up today's tokens", advice.ReasonTopicBudget: "for this topic",
	} {
		w := newAI(t, topics.AdviceAsk)
		w.adviser.advise = silence(reason)
		for range 2 {
			w.operator("/ ai how do we refund?")
			w.work()
		}
		w.silent(2, string(reason))
		if m := w.last(); !strings.Contains(m.text.Text, want) || m.priority != topics.PriorityAnswer {
			t.Errorf("%s: %q", reason, m.text.Text)
		}
		if (len(w.side.gaps) > 0) != reason.Gap() {
			t.Errorf("%s: gaps %v", reason, w.side.gaps)
		}
	}
}

func TestAIQuestionElsewhere(t *testing.T) {
	tests := []struct {
		name   string
		mode   topics.AdviceMode
		text   string
		change func(*topics.Heard)
		want   string
	}{
		{"off", topics.AdviceOff, "/ ai how?", func(*topics.Heard) {}, "The advisor is off here. To switch it on: /ai ask"},
		{"nothing asked", topics.AdviceAsk, "/ ai", func(*topics.Heard) {}, "What is the question?"},
		{
			"in General", topics.AdviceAsk, "/ ai how?", func(h *topics.Heard) { h.Message.ThreadID = 0 },
			"in a customer's topic only",
		},
		{"a stranger in General", topics.AdviceAsk, "/ ai how?", func(h *topics.Heard) {
			h.Message.ThreadID, h.Role, h.Message.Author.Kind = 0, topics.RoleNone, topics.AuthorStranger
		}, ""},
		{"other words in General", topics.AdviceAsk, "aim high", func(h *topics.Heard) { h.Message.ThreadID = 0 }, ""},
		{"edited", topics.AdviceAsk, "/ ai how?", func(h *topics.Heard) { h.Edited, h.Typed = true, false }, ""},
		{"forwarded", topics.AdviceAsk, "/ ai how?", func(h *topics.Heard) { h.Typed = false }, ""},
		{"a plain comment", topics.AdviceAsk, "/ aim high", func(*topics.Heard) {}, ""},
		{"a member of another kind", topics.AdviceAsk, "/ ai how?", func(h *topics.Heard) { h.Role = topics.RoleNone }, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newAI(t, tt.mode)
			h := w.spoken(topics.AuthorOperator, tt.text)
			tt.change(&h)
			answer, err := w.ai.Heard(t.Context(), h)
			if err != nil || len(answer.Tasks) != 0 {
				t.Fatal(answer, err)
			}
			got := ""
			for _, m := range answer.Messages {
				got += m.Text.Text
				if m.Conversation != h.Message.Conversation || m.Priority != topics.PriorityAnswer {
					t.Errorf("answered as %+v", m)
				}
			}
			if tt.want == "" && got != "" || !strings.HasPrefix(got, tt.want) && !strings.Contains(got, tt.want) {
				t.Errorf("answered %q, want %q", got, tt.want)
			}
		})
	}
}

// Who has answered by hand is not written out of sight by the customer.
func TestAIReplyQuietBehindMany(t *testing.T) {
	for passed, told := range map[time.Duration]int{10 * time.Minute: 0, 31 * time.Minute: 1} {
		w := newAI(t, topics.AdviceReply)
		w.operator("Hello, I am Olga, I look into it")
		for i := range 300 {
			w.clock.Add(passed / 300)
			w.customer(fmt.Sprintf("and %d", i))
			w.tasks = nil
		}
		w.customer("ai how do I get a refund?")
		w.work()
		if len(w.teller.texts) != told {
			t.Errorf("after %v: told %q", passed, w.teller.texts)
		}
	}
}
