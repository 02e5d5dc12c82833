package app_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf16"

	"topicpilot/integrations/openai/openaitest"
	"topicpilot/integrations/telegram/telegramtest"
	"topicpilot/topics"
)

// draftIn asks as a customer, and gives the draft.
func (a *advised) draftIn(thread int) telegramtest.Message {
	a.t.Helper()
	a.post(thread, mirrorID, refundAsked)
	a.drafted(thread, refundAnswer)
	a.calm()
	return a.drafted(thread, refundAnswer)
}

// TestAdvisorDraft: one comment with the bare text, its sources in a quote that unfolds, and
// the buttons that the group's way to customers allows; nobody but operators presses them.
func TestAdvisorDraft(t *testing.T) {
	t.Parallel()
	for send, labels := range map[string]string{
		"none": "Copy | Edit | Dismiss", "topic": "Send | Copy | Edit | Dismiss",
	} {
		t.Run(send, func(t *testing.T) {
			t.Parallel()
			a := newAdvised(t, "mode: draft", "    customer_send: "+send)
			a.run()
			thread := a.topic(11, "Ann")
			m := a.draftIn(thread)
			a.holds(m.Text, "Sources", "Refunds", "2026-02-03")
			if got := a.labels(m); got != labels || a.copied(m) != refundAnswer {
				t.Errorf("buttons %q, copies %q", got, a.copied(m))
			}
			kinds, links := map[string]int{}, []string{}
			for _, e := range m.Entities {
				kinds[e.Type]++
				if e.URL != "" {
					links = append(links, e.URL)
				}
			}
			if kinds["expandable_blockquote"] != 1 || !slices.Equal(links, []string{"https://help.example.com/refunds"}) {
				t.Errorf("entities %v, links %v", kinds, links)
			}
			if m.ReplyTo != nil && m.ReplyTo.ID != thread { // as Telegram has it for each message of a topic
				t.Error("the draft is a reply")
			}
			for _, label := range []string{"Dismiss", "Edit"} {
				a.holds(a.button(m, guestID, label), "operators")
				a.holds(a.button(m, mirrorID, label), "operators")
			}
			if states := a.states(thread); states != "open" {
				t.Errorf("drafts: %s", states)
			}
		})
	}
}

// TestAdvisorSend: two taps, a second operator and everything delivered again send the bare
// text once.
func TestAdvisorSend(t *testing.T) {
	t.Parallel()
	a := newAdvised(t, "mode: draft", "    customer_send: topic")
	a.told = []string{refundAnswer}
	a.run()
	a.person(pavelID, "Pavel", telegramtest.Administrator)
	thread := a.topic(11, "Ann")
	m := a.draftIn(thread)
	send := a.buttons(m)[0].CallbackData
	for _, by := range []int64{olgaID, olgaID, pavelID, olgaID} {
		_, err := a.tg.Press(groupID, m.ID, by, send)
		a.must(err)
	}
	a.calm()
	sent, _ := a.tg.Message(groupID, m.ID)
	a.holds(sent.Text, "/ Sent by ", refundAnswer)
	a.lacks(sent.Text, "Sources", "Draft")
	if labels := a.labels(sent); labels != "" {
		t.Errorf("buttons are left: %q", labels)
	}
	a.redeliverAll()
	a.stop()
	a.run()
	a.redeliverAll()
	a.calm()
	if got := a.carried(thread); !slices.Equal(got, []string{refundAnswer}) {
		t.Errorf("the customer is told %q", got)
	}
	if states := a.states(thread); states != "sent" {
		t.Errorf("drafts: %s", states)
	}
	// It answers the question: what follows is asked anew, with the answer as an operator's.
	a.post(thread, mirrorID, "And how are mailboxes made in the panel?")
	a.drafted(thread, mailAnswer)
	asked := a.asks()
	turns := asked[len(asked)-1].Data.Conversation
	if len(turns) != 2 || turns[1] != (openaitest.Turn{From: "operator", Text: refundAnswer}) {
		t.Errorf("conversation %+v", turns)
	}
}

// TestAdvisorSendBot: through the customers' bot; one who never wrote to it is not told, and
// the draft says so.
func TestAdvisorSendBot(t *testing.T) {
	t.Parallel()
	a := newAdvised(t, "mode: draft", "    customer_send: bot", "    customer_bot_token: "+customerToken)
	a.private = append(a.private, customerToken)
	shop, err := a.tg.AddBot(telegramtest.Options{Token: customerToken})
	a.must(err)
	a.must(shop.StartChat(telegramtest.User{ID: 11, FirstName: "Ann"}))
	shop.AddUser(telegramtest.User{ID: 12, FirstName: "Bob"})
	a.run()
	thread, never := a.topic(11, "Ann"), a.topic(12, "Bob")
	a.button(a.draftIn(thread), olgaID, "Send")
	a.last(thread, "/ Sent by Olga\n"+refundAnswer)
	a.button(a.draftIn(never), olgaID, "Send")
	m := a.last(never, "they have never written to the bot")
	if labels := a.labels(m); labels != "Copy | Edit | Dismiss" || a.copied(m) != refundAnswer {
		t.Errorf("buttons %q", labels)
	}
	a.redeliverAll()
	a.calm()
	var seen []string
	for _, m := range shop.Messages(11) {
		if m.From != nil && m.From.IsBot {
			seen = append(seen, m.Text)
		}
	}
	if !slices.Equal(seen, []string{refundAnswer}) || len(a.carried(thread)) != 0 {
		t.Errorf("the customer sees %q", seen)
	}
}

// TestAdvisorSendUnknown: a text that may have arrived is called unknown, is there to copy,
// and is not sent again.
func TestAdvisorSendUnknown(t *testing.T) {
	t.Parallel()
	a := newAdvised(t, "mode: draft", "    customer_send: topic")
	a.told = []string{refundAnswer}
	a.tg.Fail("sendMessage", telegramtest.Fault{
		Close: true, After: true, Match: func(params map[string]any) bool { return params["text"] == refundAnswer },
	})
	a.run()
	thread := a.topic(11, "Ann")
	m := a.draftIn(thread)
	send := a.buttons(m)[0].CallbackData
	a.button(m, olgaID, "Send")
	a.calm()
	m, _ = a.tg.Message(groupID, m.ID)
	a.holds(m.Text, "unknown whether the customer was told", refundAnswer)
	if a.labels(m) != "Copy" || a.copied(m) != refundAnswer {
		t.Errorf("buttons %q", a.labels(m))
	}
	_, _ = a.tg.Press(groupID, m.ID, olgaID, send)
	a.redeliverAll()
	a.calm()
	if n := len(a.carried(thread)); n != 1 || a.states(thread) != "unknown" {
		t.Errorf("%d texts, drafts %s", n, a.states(thread))
	}
}

// holdsText keeps the answer to the sending of a text from the bot, whether it arrives or not.
func (a *advised) holdsText(arrives bool) {
	a.tg.Fail("sendMessage", telegramtest.Fault{
		Hang: 15 * time.Second, After: arrives,
		Match: func(params map[string]any) bool { return params["text"] == refundAnswer },
	})
}

// leaves waits until the only draft of a topic is on its way.
func (a *advised) leaves(thread int, arrives bool) {
	a.t.Helper()
	a.eventually("the text leaves", func() bool {
		drafts := a.stored(thread)
		return len(drafts) == 1 && drafts[0].State == topics.DraftSending && len(a.carried(thread)) == bit(arrives)
	})
}

// TestAdvisorSendKilled: killed with the text on its way, the program says that the outcome
// is unknown and does not send again, whether it has arrived or not.
func TestAdvisorSendKilled(t *testing.T) {
	t.Parallel()
	for name, arrived := range map[string]bool{"arrived": true, "lost": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAdvised(t, "mode: draft", "    customer_send: topic")
			a.told = []string{refundAnswer}
			a.holdsText(arrived)
			kill := a.startChild()
			thread := a.topic(11, "Ann")
			a.post(thread, mirrorID, refundAsked)
			m := a.drafted(thread, refundAnswer)
			_, err := a.tg.Press(groupID, m.ID, olgaID, a.buttons(m)[0].CallbackData)
			a.must(err)
			a.leaves(thread, arrived)
			kill()
			a.run()
			a.eventually("said", func() bool {
				now, _ := a.tg.Message(groupID, m.ID)
				return strings.Contains(now.Text, "unknown whether the customer was told")
			})
			a.redeliverAll()
			a.calm()
			if n := len(a.carried(thread)); n != bit(arrived) || a.states(thread) != "unknown" {
				t.Errorf("%d texts, drafts %s", n, a.states(thread))
			}
		})
	}
}

// TestAdvisorEdit: the operator's reply to the draft becomes its text, is shown in its place
// and is what Send sends; an edit of the reply counts too; a stranger's reply does not.
func TestAdvisorEdit(t *testing.T) {
	t.Parallel()
	a := newAdvised(t, "mode: draft", "    customer_send: topic")
	const final = "You get it back by Friday."
	a.told = []string{final}
	a.private = append(a.private, "by Friday")
	a.run()
	thread := a.topic(11, "Ann")
	m := a.draftIn(thread)
	a.holds(a.button(m, olgaID, "Edit"), "Reply to this draft with “/ ” and your text")
	a.write(telegramtest.Post{Thread: thread, From: guestID, Text: "/ You get nothing.", ReplyTo: m.ID})
	reply := a.write(telegramtest.Post{Thread: thread, From: olgaID, Text: "/ You get it back.", ReplyTo: m.ID})
	a.calm()
	now := a.drafted(thread, "You get it back.")
	if now.ID != m.ID || a.copied(now) != "You get it back." || a.labels(now) != "Send | Copy | Edit | Dismiss" {
		t.Errorf("message %d, buttons %q", now.ID, a.labels(now))
	}
	_, err := a.tg.Edit(groupID, reply.ID, "/ "+final)
	a.must(err)
	now = a.drafted(thread, final)
	a.redeliverAll()
	a.button(now, olgaID, "Send")
	a.calm()
	now, _ = a.tg.Message(groupID, m.ID)
	a.holds(now.Text, "/ Sent by Olga", final)
	if got := a.carried(thread); !slices.Equal(got, []string{final}) {
		t.Errorf("the customer is told %q", got)
	}
	drafts := a.stored(thread)
	if len(drafts) != 1 || drafts[0].Original != refundAnswer || drafts[0].Text != final {
		t.Errorf("%d drafts", len(drafts))
	}
	a.write(telegramtest.Post{Thread: thread, From: olgaID, Text: "/ too late", ReplyTo: m.ID})
	a.last(thread, "/ Sent by Olga")
	if got := a.carried(thread); len(got) != 1 {
		t.Errorf("the customer is told %q", got)
	}
}

// TestAdvisorDismissAndType: one line is left of a dismissed draft; one that was typed by
// hand counts as used and cannot be sent any more.
func TestAdvisorDismissAndType(t *testing.T) {
	t.Parallel()
	a := newAdvised(t, "mode: draft", "    customer_send: topic")
	a.run()
	one, two := a.topic(11, "Ann"), a.topic(12, "Bob")
	m := a.draftIn(one)
	a.button(m, olgaID, "Dismiss")
	got := a.last(one, "Dismissed by Olga")
	if got.Text != "/ Dismissed by Olga" || a.labels(got) != "" || got.ID != m.ID {
		t.Errorf("%q, buttons %q", got.Text, a.labels(got))
	}
	m = a.draftIn(two)
	a.post(two, olgaID, "You get your money back within 14 days after payment!")
	a.eventually("typed", func() bool { return a.states(two) == "typed" })
	a.holds(a.button(m, olgaID, "Send"), "nearly the same by hand")
	a.last(two, "nearly the same by hand")
	a.calm()
	if n := len(a.carried(one)) + len(a.carried(two)); n != 0 {
		t.Errorf("%d texts are carried", n)
	}
}

// TestAdvisorNewest: a newer draft takes the former's place where nothing was written since,
// else the former says that it is out of date.
func TestAdvisorNewest(t *testing.T) {
	t.Parallel()
	a := newAdvised(t, "mode: draft", "    customer_send: topic")
	a.run()
	thread := a.topic(11, "Ann")
	former := a.draftIn(thread)
	m := a.post(thread, mirrorID, "And how are mailboxes made in the panel?")
	newer := a.drafted(thread, mailAnswer)
	a.calm()
	if newer.ID <= m.ID || former.ID >= m.ID {
		t.Fatalf("messages %d, %d, %d", former.ID, m.ID, newer.ID)
	}
	marked, _ := a.tg.Message(groupID, former.ID)
	if marked.Text != "/ Out of date: a newer one is below." || a.labels(marked) != "" {
		t.Errorf("the former: %q, buttons %q", marked.Text, a.labels(marked))
	}
	if states := a.states(thread); states != "ignored open" {
		t.Errorf("drafts: %s", states)
	}
	_, err := a.tg.Edit(groupID, m.ID, "And how do I get my money back?")
	a.must(err)
	a.calm()
	in := a.drafted(thread, refundAnswer)
	if in.ID != newer.ID || len(a.ours(thread)) != 2 {
		t.Errorf("message %d instead of %d", in.ID, newer.ID)
	}
	if states := a.states(thread); states != "ignored ignored open" {
		t.Errorf("drafts: %s", states)
	}
}

// TestAdvisorLongDraft: over 256 characters the text stands in a block to be copied; over a
// message's length it takes several, each a comment, the buttons below the last.
func TestAdvisorLongDraft(t *testing.T) {
	t.Parallel()
	a := newAdvised(t, "mode: draft, max_answer_tokens: 4000", "    customer_send: topic")
	long := strings.TrimSpace(strings.Repeat("Money back needs a long wait and a form. ", 80)) // 3,279
	longest := strings.TrimSpace(strings.Repeat("words of an operator ", 193))                 // 4,052
	a.told = []string{longest}
	a.article("long.md", "# Money back\n\n"+long+"\n")
	a.model.SetScript(saying(long, "Money back needs a long wait and a form."))
	a.run()
	thread := a.topic(11, "Ann")
	a.post(thread, mirrorID, "Money back: a long wait and a form?")
	m := a.drafted(thread, long)
	a.calm()
	block := ""
	for _, e := range m.Entities {
		if e.Type == "pre" {
			block = m.Text[e.Offset : e.Offset+e.Length] // all of it is ASCII
		}
	}
	if labels := a.labels(m); labels != "Send | Edit | Dismiss" || block != long {
		t.Errorf("buttons %q, a block of %d characters", labels, len(block))
	}
	a.write(telegramtest.Post{Thread: thread, From: olgaID, Text: "/ " + longest, ReplyTo: m.ID})
	a.eventually("parts", func() bool { return len(a.ours(thread)) >= 3 })
	a.calm()
	list := a.ours(thread)
	for i, part := range list {
		if last := i == len(list)-1; (a.labels(part) != "") != last || !strings.HasPrefix(part.Text, "/ ") {
			t.Errorf("part %d: buttons %q, begins %.10q", i, a.labels(part), part.Text)
		}
	}
	if got := list[0]; got.ID != m.ID || got.Text != "/ Out of date: a newer one is below." {
		t.Errorf("the former: %.60q", got.Text)
	}
	a.button(list[len(list)-1], olgaID, "Send")
	a.calm()
	if got := a.carried(thread); !slices.Equal(got, []string{longest}) {
		t.Errorf("%d texts are carried", len(got))
	}
}

// TestAdvisorStrange: a link that no article has is named, is not tappable, and stays with
// the operators.
func TestAdvisorStrange(t *testing.T) {
	t.Parallel()
	a := newAdvised(t, "mode: reply, reply_to: all", "    customer_send: topic")
	answer := refundAnswer + " See evil.example.net/pay or write to @evil_bot, /start."
	a.model.SetScript(func(r openaitest.Request) openaitest.Answer {
		return openaitest.Says(openaitest.Advice{Answerable: true, Answer: answer, Claims: []openaitest.Claim{
			{Text: refundAnswer, Chunk: chunkWith(r, refundAnswer), Quote: refundAnswer},
		}})
	})
	a.run()
	thread := a.topic(11, "Ann")
	a.post(thread, mirrorID, refundAsked)
	m := a.drafted(thread, "In none of the sources")
	a.calm()
	a.holds(between(m.Text, "In none of the sources", "Sources"), "evil.example.net", "@evil_bot")
	for _, word := range []string{"evil.example.net/pay", "@evil_bot", "/start"} {
		if !coded(m, word) {
			t.Errorf("%s can be tapped in %q", word, m.Text)
		}
	}
	if n := len(a.carried(thread)); n != 0 || a.states(thread) != "open" {
		t.Errorf("%d texts are carried", n)
	}
}

// coded reports whether a word stands in code wherever it is in a message.
func coded(m telegramtest.Message, word string) bool {
	units := utf16.Encode([]rune(m.Text))
	covered := make([]bool, len(units)+1)
	for _, e := range m.Entities {
		for i := e.Offset; (e.Type == "code" || e.Type == "pre") && i < e.Offset+e.Length; i++ {
			covered[i] = true
		}
	}
	for at, text := 0, m.Text; ; {
		before, after, found := strings.Cut(text, word)
		if !found {
			return at > 0
		}
		at += len(utf16.Encode([]rune(before)))
		if !covered[at] {
			return false
		}
		at, text = at+len(word), after
	}
}

// An operator does not wait behind the drafts for customers.
func TestAdvisorOperatorFirst(t *testing.T) {
	a := newAdvised(t, "mode: draft, timeout: 60s")
	gate := make(chan struct{})
	open := sync.OnceFunc(func() { close(gate) })
	t.Cleanup(open)
	answer := saying(refundAnswer, refundAnswer)
	a.model.SetScript(func(r openaitest.Request) openaitest.Answer {
		if strings.Contains(r.User, "customer in a hurry") {
			<-gate
		}
		return answer(r)
	})
	a.run()
	for i := range 20 {
		a.post(a.topic(int64(100+i), "Carl"), mirrorID, refundAsked+" I am a customer in a hurry.")
	}
	a.eventually("all places are taken", func() bool { return len(a.asks()) == 16 })
	thread := a.topic(11, "Ann")
	a.post(thread, olgaID, "/ ai "+refundAsked)
	a.last(thread, refundAnswer)
}
