package commands_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"topicpilot/commands"
	"topicpilot/topics"
)

var general = topics.Conversation{ChatID: chatID}

func TestAICommandModes(t *testing.T) {
	w := newAI(t, topics.AdviceAsk)
	for _, tt := range []struct{ mode, want string }{
		{"off", "I am silent"},
		{"ask", "“/ ai …”"},
		{"draft", "a draft for every question"},
		{"reply", "I answer the customer myself when they ask with “ai …”"},
		{"DRAFT", "a draft for every question"},
	} {
		m := w.types(olga, "/ai "+tt.mode)
		if !strings.Contains(m.text.Text, tt.want) {
			t.Errorf("%s: %q", tt.mode, m.text.Text)
		}
		mode := w.side.modes[here]
		if string(mode.Mode) != strings.ToLower(tt.mode) || mode.By.ID != olga || mode.At.IsZero() {
			t.Errorf("stored %+v", mode)
		}
	}
	w.group.CustomerSend = topics.CustomerSendNone
	if m := w.types(olga, "/ai reply"); !strings.Contains(m.text.Text, "nothing can be sent") {
		t.Errorf("reply without a way: %q", m.text.Text)
	}
	w.group.CustomerSend, w.parts.ReplyTo = topics.CustomerSendBot, commands.ReplyToAll
	w.start()
	if m := w.types(olga, "/ai reply"); !strings.HasPrefix(m.text.Text, "I answer the customer myself where") {
		t.Errorf("reply to all: %q", m.text.Text)
	}
	w.start() // what was set stays
	w.customer("How do I get a refund?")
	w.work()
	if len(w.teller.texts) != 1 {
		t.Errorf("told %v", w.teller.texts)
	}
}

func TestAICommandRefused(t *testing.T) {
	w := newAI(t, topics.AdviceAsk)
	tests := []struct {
		name string
		conv topics.Conversation
		by   int64
		text string
		want string
	}{
		{"nothing", here, olga, "/ai", "Usage: /ai off|ask|draft|reply|status|stats"},
		{"something else", here, olga, "/ai maybe", "maybe does not fit <mode>.\nUsage: /ai"},
		{"a question", here, olga, "/ai how do we refund", "Usage: /ai"},
		{"figures for an operator", here, olga, "/ai stats", "/ai stats is for"},
		{"a mode in General", general, admin, "/ai draft", "/ai draft needs a customer"},
	}
	for _, tt := range tests {
		if m := w.typesIn(tt.conv, tt.by, tt.text); !strings.Contains(m.text.Text, tt.want) {
			t.Errorf("%s: %q", tt.name, m.text.Text)
		}
	}
	if len(w.side.modes) != 0 {
		t.Errorf("set %v", w.side.modes)
	}
}

func TestAIStatus(t *testing.T) {
	w := newAI(t, topics.AdviceDraft)
	w.clock.Add(2*time.Hour + 30*time.Minute)
	w.side.spent = topics.TokensSpent{
		Day: topics.TokenUsage{Input: 11_000, Output: 1_345}, Topic: topics.TokenUsage{Input: 900, Output: 100},
		Reserved: 1_800,
	}
	want := `Advisor: draft (the group's default)
I write a draft for every question of the customer, and answer operators.
Today: 12,345 of 200,000 tokens (and 1,800 booked for calls under way)
Of it here: 1,000 of 20,000 tokens
The day ends at 00:00 UTC, in 9 h 30 min.`
	if diff := cmp.Diff(want, w.types(olga, "/ai status").text.Text); diff != "" {
		t.Error(diff)
	}
	w.types(olga, "/ai ask")
	w.side.spent.Reserved = 0
	w.parts.Prices = commands.Prices{Input: 0.4, Output: 1.6, Currency: "USD"}
	w.parts.Limits, w.parts.Knowledge = topics.TokenLimits{}, func() int { return 120 }
	w.start()
	want = `Advisor: ask
I answer operators who ask me with “/ ai …”, and write a draft when a customer asks with “ai …”.
Today: 12,345 tokens · 0.0066 USD
Of it here: 1,000 tokens · 0.0005 USD
Knowledge: 120 parts
The day ends at 00:00 UTC, in 9 h 30 min.`
	if diff := cmp.Diff(want, w.types(olga, "/ai status").text.Text); diff != "" {
		t.Error(diff)
	}
	w.side.spent.Day = topics.TokenUsage{Input: 10_000_000}
	want = `Advisor: draft where no topic has its own mode
I write a draft for every question of the customer, and answer operators.
Today: 10,000,000 tokens · 4.00 USD
Knowledge: 120 parts
The day ends at 00:00 UTC, in 9 h 30 min.`
	if diff := cmp.Diff(want, w.typesIn(general, olga, "/ai status").text.Text); diff != "" {
		t.Error(diff)
	}
}

func TestAIStats(t *testing.T) {
	w := newAI(t, topics.AdviceDraft)
	if got := w.types(admin, "/ai stats").text.Text; got != "Drafts in this topic, last 30 days\n0 drafts made" {
		t.Errorf("nothing yet: %q", got)
	}
	now := w.clock.Now()
	add := func(thread int64, state topics.DraftState, change func(*topics.Draft)) {
		draft := topics.Draft{
			ID: int64(len(w.drafts.drafts) + 1), Conversation: topics.Conversation{ChatID: chatID, ThreadID: thread},
			State: state,
			Text:  refund, At: now, Sources: []topics.DraftSource{refundSource, refundSource},
		}
		change(&draft)
		w.drafts.drafts = append(w.drafts.drafts, draft)
	}
	as := func(*topics.Draft) {}
	add(threadID, topics.DraftSent, as)
	add(threadID, topics.DraftSent, func(d *topics.Draft) { d.Original = "other words" })
	add(threadID, topics.DraftSent, func(d *topics.Draft) { d.Original = d.Text })
	add(threadID, topics.DraftTyped, as)
	add(threadID, topics.DraftDismissed, func(d *topics.Draft) { d.Sources = []topics.DraftSource{{File: "dns.md"}} })
	add(threadID, topics.DraftIgnored, as)
	add(threadID, topics.DraftUnknown, as)
	add(threadID, topics.DraftOpen, as)
	add(threadID, topics.DraftSent, func(d *topics.Draft) { d.At = now.Add(-31 * 24 * time.Hour) })
	add(7, topics.DraftDismissed, as)
	for i, question := range []string{
		"how much is [phone]?", "How much is [phone]?", "where is https://x.example",
		"old",
	} {
		gap := topics.Gap{Conversation: here, Question: question, At: now}
		if i == 3 {
			gap.At = now.Add(-31 * 24 * time.Hour)
		}
		w.side.gaps = append(w.side.gaps, gap)
	}
	want := `Drafts in this topic, last 30 days
8 drafts made
Sent as they were: 2
Edited and sent: 1
Typed by hand: 1
Dismissed: 1
Ignored: 1
Outcome unknown: 1
Accepted: 57 %

Sources used most
Refunds (billing/refunds.md) — in 7 drafts
dns.md — in 1 draft

Not in the articles
How much is [phone]? — asked 2 times
where is https://x.example — asked 1 time`
	m := w.types(admin, "/ai stats")
	if diff := cmp.Diff(want, m.text.Text); diff != "" {
		t.Error(diff)
	}
	if got := m.entity("code"); got != "Refunds (billing/refunds.md)" {
		t.Errorf("in code: %q", got)
	}
	group := w.typesIn(general, admin, "/ai stats").text.Text
	if !strings.HasPrefix(group, "Drafts in this group, last 30 days\n9 drafts made") ||
		!strings.Contains(group, "Dismissed: 2") {
		t.Errorf("the group: %q", group)
	}
}

// What is said is said in the group's language.
func TestAILanguages(t *testing.T) {
	for lang, want := range map[string][]string{
		"ru": {"Черновик ответа клиенту", "Отправить, Скопировать, Изменить, Отклонить", "Написан 1 черновик"},
		"uk": {"Чернетка відповіді клієнту", "Надіслати, Скопіювати, Змінити, Відхилити", "Написано 1 чернетку"},
	} {
		w := newAI(t, topics.AdviceDraft)
		w.group.Language = lang
		w.customer("How do I get a refund?")
		w.work()
		if m := w.last(); m.entity("bold") != want[0] || m.labels() != want[1] {
			t.Errorf("%s: %q, %s", lang, m.text.Text, m.labels())
		}
		if m := w.types(admin, "/ai stats"); !strings.Contains(m.text.Text, want[2]) {
			t.Errorf("%s: %q", lang, m.text.Text)
		}
	}
}

// A task that cannot be done ever is given up, and says so.
func TestAITaskHopeless(t *testing.T) {
	w := newAI(t, topics.AdviceDraft)
	for _, data := range []string{`{`, `{"conversation":{"chat_id":-5,"thread_id":1}}`} {
		for kind, handler := range w.ai.Tasks() {
			_, err := handler.RunTask(t.Context(), topics.Task{Kind: kind, Data: []byte(data)})
			if _, hopeless := errors.AsType[*topics.Hopeless](err); !hopeless {
				t.Errorf("%s %s: %v", kind, data, err)
			}
		}
	}
}
