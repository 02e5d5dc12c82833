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

func TestAISend(t *testing.T) {
	w := drafted(t)
	said := &topics.Message{
		Conversation: here, ID: 5000, Kind: topics.MessageTalk, Text: topics.Plain(refund),
		Author: topics.Author{Kind: topics.AuthorSelf},
	}
	w.teller.told = topics.Told{State: topics.ToldSent, Said: said, Sends: []time.Time{w.clock.Now()}}
	if toast := w.press("Send"); toast != "It is being sent…" {
		t.Errorf("toast %q", toast)
	}
	if w.only().State != topics.DraftQueued || len(w.teller.texts) != 0 {
		t.Errorf("%s before the task, told %v", w.only().State, w.teller.texts)
	}
	w.work()
	draft, shown := w.only(), w.last()
	if len(w.teller.texts) != 1 || w.teller.texts[0] != refund {
		t.Errorf("told %q, want the bare text", w.teller.texts)
	}
	if draft.State != topics.DraftSent || draft.Told != topics.ToldSent || draft.EndedAt.IsZero() ||
		draft.Decided.ID != olga {
		t.Errorf("stored %+v", draft)
	}
	if shown.text.Text != "Sent by Olga\n"+refund || len(shown.buttons) != 0 || shown.edits != 1 ||
		shown.priority != topics.PriorityAnswer {
		t.Errorf("shown %+v", shown)
	}
	if w.ended["sent"] != 1 || w.side.talk[len(w.side.talk)-1].ID != 5000 {
		t.Errorf("counted %v, transcript %+v", w.ended, w.side.talk)
	}
	w.silent(1, "one message for a draft")
}

// Taps, operators and deliveries of one press send a draft once.
func TestAISendOnce(t *testing.T) {
	w := drafted(t)
	first := w.pressing(olga, w.lastOwn(), "Send")
	second := w.pressing(petr, w.lastOwn(), "Send")
	dismiss := w.pressing(petr, w.lastOwn(), "Dismiss")
	w.deliver(first)
	w.deliver(first)
	for name, call := range map[string]topics.Call{"send": second, "dismiss": dismiss} {
		if toast := w.deliver(call); toast != "It is being sent…" {
			t.Errorf("%s: toast %q", name, toast)
		}
	}
	w.work()
	for name, call := range map[string]topics.Call{"send": second, "dismiss": dismiss, "again": first} {
		if toast := w.deliver(call); toast != "Sent by Olga" {
			t.Errorf("%s afterwards: toast %q", name, toast)
		}
	}
	w.work()
	if len(w.teller.texts) != 1 || w.only().Decided.ID != olga {
		t.Errorf("told %v, decided by %+v", w.teller.texts, w.only().Decided)
	}
}

func TestAIDismiss(t *testing.T) {
	w := drafted(t)
	send := w.pressing(petr, w.lastOwn(), "Send")
	w.press("Dismiss")
	if m := w.last(); m.text.Text != "Dismissed by Olga" || len(m.buttons) != 0 {
		t.Errorf("shown %+v", m)
	}
	if toast := w.deliver(send); toast != "Dismissed by Olga" {
		t.Errorf("toast %q", toast)
	}
	w.work()
	if w.states() != "dismissed" || len(w.teller.texts) != 0 || w.ended["dismissed"] != 1 {
		t.Errorf("%s, told %v", w.states(), w.teller.texts)
	}
}

func TestAIPressRefused(t *testing.T) {
	w := drafted(t)
	message := w.lastOwn()
	press := func(change func(*topics.Call)) string {
		call := w.pressing(olga, message, "Send")
		change(&call)
		return w.deliver(call)
	}
	const old, operators = "This button no longer works. Please type the command again.",
		"This button is for this group's operators."
	tests := []struct {
		name   string
		change func(*topics.Call)
		want   string
	}{
		{"a stranger", func(c *topics.Call) {
			c.By, c.Role = topics.Author{Kind: topics.AuthorStranger, ID: 9, Name: "Eve"}, topics.RoleNone
		}, operators},
		{"another topic", func(c *topics.Call) { c.Conversation.ThreadID = 7 }, old},
		{"another group", func(c *topics.Call) { c.Group = newGroup("en") }, old},
		{"no draft", func(c *topics.Call) { c.Press = "1:ai:send:99" }, old},
		{"another verb", func(c *topics.Call) { c.Press = "1:ai:burn:1" }, old},
		{"another version", func(c *topics.Call) { c.Press = "1:ai:send:1:2" }, changedToast},
		{"more than a version", func(c *topics.Call) { c.Press = "1:ai:send:1:1:1" }, old},
		{"no number", func(c *topics.Call) { c.Press = "1:ai:send:x" }, old},
		{"no argument", func(c *topics.Call) { c.Press = "1:ai:send" }, old},
	}
	for _, tt := range tests {
		if got := press(tt.change); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
	w.work()
	if w.states() != "open" || len(w.teller.texts) != 0 {
		t.Errorf("%s, told %v", w.states(), w.teller.texts)
	}
}

// A text that was not sent is offered again where that may help, and for copying.
func TestAINotSent(t *testing.T) {
	tests := []struct {
		state  topics.ToldState
		line   string
		labels string
		left   topics.DraftState
	}{
		{topics.ToldNeverWrote, "never written to the bot", "Copy, Edit, Dismiss", topics.DraftOpen},
		{topics.ToldBlocked, "blocked the bot", "Copy, Edit, Dismiss", topics.DraftOpen},
		{topics.ToldSlash, "starts with “/”", "Copy, Edit, Dismiss", topics.DraftOpen},
		{topics.ToldFailed, "could not be sent", "Send, Copy, Edit, Dismiss", topics.DraftOpen},
		{topics.ToldOff, "is off here", "Copy, Edit, Dismiss", topics.DraftOpen},
		{topics.ToldUnknown, "It is unknown whether", "Copy", topics.DraftUnknown},
		{topics.ToldSending, "It is unknown whether", "Copy", topics.DraftUnknown},
	}
	for _, tt := range tests {
		t.Run(string(tt.state), func(t *testing.T) {
			w := drafted(t)
			w.teller.told = topics.Told{State: tt.state, Err: errors.New("no")}
			w.press("Send")
			w.work()
			m := w.last()
			if !strings.Contains(m.text.Text, tt.line) || !strings.Contains(m.text.Text, refund) || m.labels() != tt.labels {
				t.Errorf("shown %q with %s", m.text.Text, m.labels())
			}
			if w.only().State != tt.left {
				t.Errorf("stored %+v", w.only())
			}
			w.silent(1, "")
		})
	}
}

func TestAISendPanics(t *testing.T) {
	w := drafted(t)
	w.teller.panic = true
	w.press("Send")
	w.work()
	if w.only().State != topics.DraftUnknown || len(w.teller.texts) != 1 {
		t.Errorf("%s, told %d times", w.only().State, len(w.teller.texts))
	}
}

// A text that could not be sent is sent when somebody presses once more.
func TestAISendAgain(t *testing.T) {
	w := drafted(t)
	w.teller.told = topics.Told{State: topics.ToldFailed, Err: errors.New("no")}
	w.press("Send")
	w.work()
	w.teller.told = topics.Told{State: topics.ToldSent}
	w.press("Send")
	w.work()
	if w.only().State != topics.DraftSent || len(w.teller.texts) != 2 || w.last().text.Text != "Sent by Olga\n"+refund {
		t.Errorf("%s: %q", w.only().State, w.last().text.Text)
	}
}

// Where nothing has left there is a pause, for some minutes.
func TestAISendWaits(t *testing.T) {
	wait := topics.Told{State: topics.ToldFailed, Err: &topics.Wait{After: 20 * time.Second, Err: errors.New("no room")}}
	t.Run("and goes on", func(t *testing.T) {
		w := drafted(t)
		w.teller.told = wait
		w.press("Send")
		if w.step(t.Context(), 0) || w.only().State != topics.DraftQueued {
			t.Fatalf("%s after a pause was asked for", w.only().State)
		}
		w.teller.told = topics.Told{State: topics.ToldSent}
		w.work()
		if w.only().State != topics.DraftSent {
			t.Errorf("%s in the end", w.only().State)
		}
	})
	t.Run("and gives up", func(t *testing.T) {
		w := drafted(t)
		w.teller.told = wait
		w.press("Send")
		w.work()
		if n := len(w.teller.texts); w.only().State != topics.DraftOpen || w.only().Told != topics.ToldFailed || n < 5 ||
			n > 10 {
			t.Errorf("%+v after %d tries", w.only(), n)
		}
	})
}

// Nobody is told where the group has no way to its customers any more.
func TestAISendSwitchedOff(t *testing.T) {
	w := drafted(t)
	pressed := w.pressing(olga, w.lastOwn(), "Send")
	w.press("Send")
	w.group.CustomerSend = topics.CustomerSendNone
	w.work()
	if w.only().Told != topics.ToldOff || len(w.teller.texts) != 0 || w.last().labels() != "Copy, Edit, Dismiss" {
		t.Errorf("%+v: %s", w.only(), w.last().labels())
	}
	if toast := w.deliver(pressed); !strings.Contains(toast, "cannot be sent") {
		t.Errorf("toast %q", toast)
	}
}

// With a bot of their own, customers are told by their id, which is looked up again where it
// was not known.
func TestAISendByBot(t *testing.T) {
	w := newAI(t, topics.AdviceDraft)
	w.group.CustomerSend = topics.CustomerSendBot
	w.parts.Customers = never(topics.ReasonUnavailable)
	w.start()
	w.customer("How do I get a refund?")
	w.work()
	w.press("Send")
	w.work()
	if w.only().Told != topics.ToldFailed || len(w.teller.texts) != 0 {
		t.Errorf("nobody known: %+v", w.only())
	}
	w.parts.Customers = always(john())
	w.start()
	w.press("Send")
	w.work()
	if w.only().State != topics.DraftSent || w.only().CustomerID != 987654321 {
		t.Errorf("known: %+v", w.only())
	}
	// What was sent elsewhere is part of the talk, and has answered the question.
	w.clock.Add(time.Minute)
	w.customer("And how do I pay?")
	w.work()
	asked := w.adviser.asked[len(w.adviser.asked)-1]
	if len(w.adviser.asked) != 2 || asked.Text != "And how do I pay?" || len(asked.Turns) != 2 ||
		asked.Turns[1].Text != refund {
		t.Errorf("asked %+v", asked)
	}
}

// The process dies at each step of a send: the customer is told at most once, and in the end
// it is said what is known.
func TestAISendDies(t *testing.T) {
	for dies := range 8 {
		w := drafted(t)
		call := w.pressing(olga, w.lastOwn(), "Send")
		w.drafts.calls = dies
		for range 5 {
			if _, ok := w.tryDeliver(call); ok && w.drafts.calls != 0 {
				break
			}
			w.start()
		}
		for range 10 {
			if i := w.due(); i >= 0 && !w.step(context.Background(), i) && w.drafts.calls == 0 {
				w.start()
			}
			w.clock.Add(time.Second)
		}
		draft, shown := w.only(), w.last()
		switch {
		case len(w.tasks) > 0 || len(w.teller.texts) > 1:
			t.Errorf("death %d: %d tasks left, told %d times", dies, len(w.tasks), len(w.teller.texts))
		case draft.State == topics.DraftSent && len(w.teller.texts) == 1 && shown.text.Text == "Sent by Olga\n"+refund:
		case draft.State == topics.DraftUnknown && shown.labels() == "Copy":
		default:
			t.Errorf("death %d: %s, told %v: %q", dies, draft.State, w.teller.texts, shown.text.Text)
		}
	}
}

// The task is run again in each state that a death may leave behind.
func TestAISendRunAgain(t *testing.T) {
	tests := []struct {
		state topics.DraftState
		told  topics.ToldState
		tells int
		left  topics.DraftState
		shown string
	}{
		{topics.DraftQueued, topics.ToldNothing, 1, topics.DraftSent, "Sent by Olga"},
		{topics.DraftSending, topics.ToldSending, 0, topics.DraftUnknown, "It is unknown"},
		{topics.DraftSent, topics.ToldSent, 0, topics.DraftSent, "Sent by Olga"},
		{topics.DraftUnknown, topics.ToldUnknown, 0, topics.DraftUnknown, "It is unknown"},
		{topics.DraftOpen, topics.ToldBlocked, 0, topics.DraftOpen, "Draft for the customer\nThe customer was not told"},
		{topics.DraftDismissed, topics.ToldNothing, 0, topics.DraftDismissed, "Draft for the customer\n" + refund},
	}
	for _, tt := range tests {
		t.Run(string(tt.state), func(t *testing.T) {
			w := drafted(t)
			w.press("Send")
			w.drafts.drafts[0].State, w.drafts.drafts[0].Told = tt.state, tt.told
			w.work()
			if len(w.teller.texts) != tt.tells || w.only().State != tt.left || !strings.HasPrefix(w.last().text.Text, tt.shown) {
				t.Errorf("told %d times, %s: %q", len(w.teller.texts), w.only().State, w.last().text.Text)
			}
		})
	}
}

// Another process has taken us for dead, and called the outcome unknown; we know better.
func TestAITakenForDead(t *testing.T) {
	w := drafted(t)
	w.drafts.changed = func(draft topics.Draft) {
		if draft.State == topics.DraftSending {
			w.drafts.changed = nil
			draft.State, draft.Told = topics.DraftUnknown, topics.ToldUnknown
			if _, err := w.drafts.ChangeDraft(t.Context(), draft); err != nil {
				t.Error(err)
			}
		}
	}
	w.press("Send")
	w.work()
	if w.only().State != topics.DraftSent || len(w.teller.texts) != 1 || w.last().text.Text != "Sent by Olga\n"+refund {
		t.Errorf("%s: %q", w.only().State, w.last().text.Text)
	}
}

// The stop of the program while the text is on its way leaves the outcome written down.
func TestAIStopWhileSending(t *testing.T) {
	w := drafted(t)
	ctx, cancel := context.WithCancel(t.Context())
	w.drafts.changed = func(draft topics.Draft) {
		if draft.State == topics.DraftSending {
			cancel()
		}
	}
	w.teller.told = topics.Told{State: topics.ToldUnknown, Err: context.Canceled}
	w.press("Send")
	w.step(ctx, 0)
	if w.only().State != topics.DraftUnknown {
		t.Errorf("%s", w.only().State)
	}
}

// What an operator writes by hand nearly word for word counts as the draft's.
func TestAITyped(t *testing.T) {
	w := drafted(t)
	send := w.pressing(olga, w.lastOwn(), "Send")
	earlier := w.spoken(topics.AuthorOperator, "You get your invoice by mail")
	w.hear(earlier)
	w.hear(w.edits(earlier, refund)) // an edit answers nobody
	if w.states() != "open" {
		t.Fatalf("%s after other words", w.states())
	}
	w.operator("Hi! You get your money back within 14 days")
	if w.states() != "typed" || w.only().Decided.ID != olga || w.ended["typed"] != 1 {
		t.Fatalf("%+v", w.only())
	}
	if toast := w.deliver(send); toast != "Olga has written nearly the same by hand" {
		t.Errorf("toast %q", toast)
	}
	w.work()
	if len(w.teller.texts) != 0 || len(w.last().buttons) != 0 {
		t.Errorf("told %v: %+v", w.teller.texts, w.last())
	}
}

// A draft is sent by who decides so, whatever was written meanwhile.
func TestAISendAfterOtherWords(t *testing.T) {
	w := drafted(t)
	w.operator("One moment please")
	w.press("Send")
	w.work()
	if w.only().State != topics.DraftSent {
		t.Errorf("%s", w.only().State)
	}
}

func TestAIEdit(t *testing.T) {
	w := drafted(t)
	w.side.gaps = nil
	if toast := w.press("Edit"); !strings.Contains(toast, "“/ ”") {
		t.Errorf("toast %q", toast)
	}
	shown := w.lastOwn()
	h := w.replies(shown, "/ Two weeks, and see https://x.example")
	w.hear(h)
	draft := w.only()
	if draft.Text != "Two weeks, and see https://x.example" || draft.Original != refund ||
		draft.State != topics.DraftOpen {
		t.Fatalf("stored %+v", draft)
	}
	if m := w.last(); !strings.Contains(m.text.Text, "Two weeks") || m.entity("code") != "https://x.example" ||
		m.labels() != "Send, Copy, Edit, Dismiss" || m.edits != 1 || m.priority != topics.PriorityAnswer {
		t.Errorf("shown %+v", m)
	}
	w.hear(w.edits(h, "/ Two weeks."))
	if w.only().Text != "Two weeks." || w.only().Original != refund || w.last().edits != 2 {
		t.Errorf("after the edit: %+v", w.only())
	}
	w.hear(w.edits(h, "/ Two weeks."))
	if w.last().edits != 2 {
		t.Error("an edit that changes nothing edits the draft")
	}
	w.press("Send")
	w.work()
	if w.teller.texts[0] != "Two weeks." || w.ended["edited"] != 1 || w.last().text.Text != "Sent by Olga\nTwo weeks." {
		t.Errorf("told %q, %v", w.teller.texts, w.ended)
	}
	w.hear(w.replies(shown, "/ Three weeks"))
	if m := w.last(); m.text.Text != "Sent by Olga" || w.lastOwn() == shown || w.only().Text != "Two weeks." {
		t.Errorf("too late: %q, %+v", m.text.Text, w.only())
	}
	if len(w.adviser.asked) != 1 {
		t.Error("the model was asked")
	}
}

// Who may give a draft another text, and how.
func TestAIEditOnlyByOperators(t *testing.T) {
	w := drafted(t)
	shown := w.lastOwn()
	tests := []struct {
		name   string
		change func(*topics.Heard)
	}{
		{"a stranger", func(h *topics.Heard) {
			h.Role, h.Message.Author.Kind = topics.RoleNone, topics.AuthorStranger
		}},
		{"a forward", func(h *topics.Heard) { h.Typed, h.Message.Forwarded = false, true }},
		{"through a bot", func(h *topics.Heard) { h.Typed, h.Message.ViaBot = false, true }},
		{"an edited caption", func(h *topics.Heard) {
			h.Typed, h.Edited, h.Message.Media = false, true, []topics.Media{{Kind: "photo"}}
		}},
		{"no words", func(h *topics.Heard) { h.Message.Text = topics.Plain("/ ") }},
		{"another message", func(h *topics.Heard) { h.Message.ReplyTo = 3 }},
	}
	for _, tt := range tests {
		h := w.replies(shown, "/ ai Three weeks")
		h.Message.Text = topics.Plain("/ Three weeks")
		tt.change(&h)
		w.hear(h)
		if w.only().Text != refund {
			t.Fatalf("%s: %+v", tt.name, w.only())
		}
	}
	// With reply_only a comment needs no mark.
	w.group.Mirror.ReplyOnly = true
	w.hear(w.replies(shown, "Four weeks"))
	if w.only().Text != "Four weeks" {
		t.Errorf("stored %+v", w.only())
	}
}

// A text that could not be sent as it was can be sent with other words.
func TestAIEditAfterSlash(t *testing.T) {
	w := drafted(t)
	w.teller.told = topics.Told{State: topics.ToldSlash, Err: errors.New("no")}
	w.press("Send")
	w.work()
	w.hear(w.replies(w.lastOwn(), "/ Type: /start"))
	if w.last().labels() != "Send, Copy, Edit, Dismiss" || strings.Contains(w.last().text.Text, "not told") {
		t.Errorf("shown %+v", w.last())
	}
}

// A text that does not fit into the draft's one message stands in new ones.
func TestAIEditLong(t *testing.T) {
	w := drafted(t)
	shown := w.lastOwn()
	long := strings.TrimSpace(strings.Repeat("long words ", 370))
	w.hear(w.replies(shown, "/ "+long))
	if m := w.messages[shown]; m.text.Text != "Out of date: a newer one is below." || len(m.buttons) != 0 {
		t.Errorf("the former shows %+v", m)
	}
	if m := w.last(); m.posts != 2 || m.labels() != "Send, Edit, Dismiss" || m.entity("pre") != long {
		t.Errorf("%d messages with %s", m.posts, m.labels())
	}
	if w.only().Parts != 2 || w.only().MessageID != w.lastOwn() {
		t.Errorf("stored %+v", w.only())
	}
	parts := w.lastOwn()
	w.hear(w.replies(parts, "/ short now"))
	if w.lastOwn() == parts || w.last().posts != 1 || len(w.messages[parts].buttons) != 0 {
		t.Errorf("shown %+v", w.messages[parts])
	}
	w.press("Send")
	w.work()
	if w.teller.texts[0] != "short now" {
		t.Errorf("told %q", w.teller.texts)
	}
}

// What was warned of goes with the words.
func TestAIEditStrange(t *testing.T) {
	w := drafted(t)
	w.drafts.drafts[0].Strange = []string{"evil.example", "@somebody"}
	w.hear(w.replies(w.lastOwn(), "/ Ask @somebody"))
	if got := w.only().Strange; len(got) != 1 || got[0] != "@somebody" {
		t.Errorf("strange: %v", got)
	}
}

// TestAIDoubts: what an operator is warned of stays with the draft, as long as its words do.
func TestAIDoubts(t *testing.T) {
	w := newAI(t, topics.AdviceDraft)
	w.adviser.advise = func(context.Context, advice.Question) (advice.Advice, error) {
		return advice.Advice{
			Text: "All is free. Cars too.", Uncarried: []string{"All is free.", "Cars too."}, Dictated: true,
		}, nil
	}
	w.customer("How do I get a refund?")
	w.work()
	orders, none := "gives orders to the model", "No source carries: "
	text := w.last().text.Text
	if !strings.Contains(text, none+"All is free., Cars too.") || !strings.Contains(text, orders) {
		t.Errorf("%q", text)
	}
	w.hear(w.replies(w.lastOwn(), "/ Cars too. And bikes"))
	w.work()
	text = w.last().text.Text
	if !strings.Contains(text, none+"Cars too.\n") && !strings.HasSuffix(text, none+"Cars too.") ||
		!strings.Contains(text, orders) {
		t.Errorf("%q", text)
	}
}

func FuzzAIPress(f *testing.F) {
	for _, data := range []string{
		"1:ai:send:1", "1:ai:dismiss:1", "1:ai:edit:1", "1:ai:send:+1", "1:ai:send:01",
		"1:ai:send:1:0", "1:ai:send:1:1", "1:ai:send:9223372036854775808",
	} {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data string) {
		w := drafted(t)
		action, err := commands.ParseAction(data)
		if err != nil || action.Command != "ai" {
			return
		}
		w.deliver(w.pressData(olga, w.lastOwn(), data))
		w.work()
		sent := data == "1:ai:send:1:1"
		if (len(w.teller.texts) == 1) != sent {
			t.Fatalf("%q told %d times", data, len(w.teller.texts))
		}
	})
}
