package app_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"topicpilot/integrations/telegram/telegramtest"
)

// replying is a topic whose customers are answered by the advisor itself.
func replying(t *testing.T, more string) *advised {
	t.Helper()
	a := newAdvised(t, strings.TrimSuffix("mode: reply, reply_to: all, "+more, ", "), "    customer_send: topic")
	a.told = []string{refundAnswer}
	return a
}

// TestAdvisorReplies: the customer gets the bare answer once, whatever is delivered again,
// and the operators see on what ground.
func TestAdvisorReplies(t *testing.T) {
	t.Parallel()
	a := replying(t, "")
	a.run()
	thread := a.topic(11, "Ann")
	a.post(thread, mirrorID, refundAsked)
	a.holds(a.last(thread, "/ Answered by the advisor").Text, "Sources", "Refunds")
	a.calm()
	a.redeliverAll()
	a.stop()
	a.run()
	a.redeliverAll()
	a.calm()
	if got := a.carried(thread); !slices.Equal(got, []string{refundAnswer}) || len(a.ours(thread)) != 2 {
		t.Errorf("the customer is told %q, %d messages", got, len(a.ours(thread)))
	}
	if n := len(a.asks()); n != 1 || a.states(thread) != "sent" {
		t.Errorf("%d requests, drafts %s", n, a.states(thread))
	}
}

// TestAdvisorReplyKilled: killed with its answer on the way, the program says that the
// outcome is unknown and does not send it again.
func TestAdvisorReplyKilled(t *testing.T) {
	t.Parallel()
	for name, arrived := range map[string]bool{"arrived": true, "lost": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := replying(t, "")
			a.holdsText(arrived)
			kill := a.startChild()
			thread := a.topic(11, "Ann")
			a.post(thread, mirrorID, refundAsked)
			a.leaves(thread, arrived)
			kill()
			a.run()
			a.last(thread, "unknown whether the customer was told")
			a.redeliverAll()
			a.calm()
			if n := len(a.carried(thread)); n != bit(arrived) || a.states(thread) != "unknown" {
				t.Errorf("%d texts, drafts %s", n, a.states(thread))
			}
		})
	}
}

// TestAdvisorReplyWaitsAfterHumans: for quiet_after_human nothing is answered by itself, and
// after it again.
func TestAdvisorReplyWaitsAfterHumans(t *testing.T) {
	t.Parallel()
	a := replying(t, "quiet_after_human: 30m")
	a.run()
	thread := a.topic(11, "Ann")
	a.post(thread, olgaID, "Hello, I am Olga.")
	a.post(thread, mirrorID, refundAsked)
	a.drafted(thread, refundAnswer)
	a.calm()
	if n := len(a.carried(thread)); n != 0 {
		t.Fatalf("%d texts are carried", n)
	}
	other := a.topic(12, "Bob")
	a.write(telegramtest.Post{
		Thread: other, From: olgaID, Text: "Hello, I am Olga.", Time: time.Now().Add(-31 * time.Minute),
	})
	a.post(other, mirrorID, refundAsked)
	a.last(other, "Answered by the advisor")
}

// TestAdvisorReplyCannotTell: what cannot be told becomes a draft that says why.
func TestAdvisorReplyCannotTell(t *testing.T) {
	t.Parallel()
	a := replying(t, "")
	a.tg.Fail("sendMessage", telegramtest.Fault{
		Code: 400, Match: func(params map[string]any) bool { return params["text"] == refundAnswer },
	})
	a.run()
	thread := a.topic(11, "Ann")
	a.post(thread, mirrorID, refundAsked)
	m := a.drafted(thread, "The customer was not told: the text could not be sent")
	a.calm()
	if labels := a.labels(m); labels != "Send | Copy | Edit | Dismiss" || len(a.carried(thread)) != 0 {
		t.Errorf("buttons %q", labels)
	}
	a.button(m, olgaID, "Send")
	a.last(thread, refundAnswer)
	a.calm()
	if got := a.carried(thread); !slices.Equal(got, []string{refundAnswer}) {
		t.Errorf("the customer is told %q", got)
	}
}

// TestAdvisorRepliesByBot: through the customers' bot the operators see the text too, and the
// customer's next question knows of it.
func TestAdvisorRepliesByBot(t *testing.T) {
	t.Parallel()
	a := newAdvised(t, "mode: reply", "    customer_send: bot", "    customer_bot_token: "+customerToken)
	a.private = append(a.private, customerToken)
	shop, err := a.tg.AddBot(telegramtest.Options{Token: customerToken})
	a.must(err)
	a.must(shop.StartChat(telegramtest.User{ID: 11, FirstName: "Ann"}))
	shop.AddUser(telegramtest.User{ID: 12, FirstName: "Bob"})
	a.run()
	thread, never := a.topic(11, "Ann"), a.topic(12, "Bob")
	a.post(thread, mirrorID, "ai "+refundAsked)
	a.holds(a.last(thread, "/ Answered by the advisor").Text, refundAnswer, "Sources")
	a.calm()
	var seen []string
	for _, m := range shop.Messages(11) {
		if m.From != nil && m.From.IsBot {
			seen = append(seen, m.Text)
		}
	}
	if !slices.Equal(seen, []string{refundAnswer}) {
		t.Errorf("the customer sees %q", seen)
	}
	a.post(thread, mirrorID, "ai how are mailboxes made in the panel?")
	a.last(thread, mailAnswer)
	asked := a.asks()
	data := asked[len(asked)-1].Data
	if n := len(data.Conversation); n != 2 || data.Conversation[1].Text != refundAnswer ||
		strings.Contains(data.Question, refundAsked) {
		t.Errorf("asked %q after %+v", data.Question, data.Conversation)
	}
	a.post(never, mirrorID, "ai "+refundAsked)
	if labels := a.labels(a.drafted(never, "they have never written to the bot")); labels != "Copy | Edit | Dismiss" {
		t.Errorf("buttons %q", labels)
	}
}

// TestAdvisorReplyOnly: where a mirror carries replies alone, what is sent answers the
// customer's last message, and nothing else is a reply.
func TestAdvisorReplyOnly(t *testing.T) {
	t.Parallel()
	a := newAdvised(t, "mode: draft", "    customer_send: topic")
	a.replace("sender_ids: [5555]", "sender_ids: [5555], reply_only: true")
	a.told = []string{refundAnswer}
	a.run()
	thread := a.topic(11, "Ann")
	a.post(thread, mirrorID, "Hello!")
	question := a.post(thread, mirrorID, refundAsked)
	m := a.drafted(thread, refundAnswer)
	// Without a reply it is no message to the customer.
	a.post(thread, olgaID, "I would say so.")
	a.post(thread, olgaID, "ai "+refundAsked)
	a.last(thread, refundAnswer+"\n\nSources")
	a.write(telegramtest.Post{Thread: thread, From: olgaID, Text: "/ " + refundAnswer, ReplyTo: m.ID})
	a.calm()
	a.button(m, olgaID, "Send")
	a.last(thread, refundAnswer)
	a.calm()
	for _, m := range a.ours(thread) {
		answers := 0
		if m.ReplyTo != nil && m.ReplyTo.ID != thread {
			answers = m.ReplyTo.ID
		}
		if (m.Text == refundAnswer) != (answers == question.ID) {
			t.Errorf("%q answers message %d, the question is %d", m.Text, answers, question.ID)
		}
	}
	if got := a.carried(thread); !slices.Equal(got, []string{refundAnswer}) {
		t.Errorf("the customer is told %q", got)
	}
}
