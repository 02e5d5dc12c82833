package app_test

import (
	"fmt"
	"strings"
	"testing"

	"topicpilot/integrations/telegram/telegramtest"
	"topicpilot/topics"
)

// tellYML is a command whose text for the customer is what the system answers.
func tellYML(url string) string {
	return fmt.Sprintf(`commands:
  - name: activate
    request: {url: %q, timeout: 2s}
    reply: "Switched on"
    tell_customer: "{{.Response.words}}"
`, url+"/do")
}

const told = "Active until 2027-05-22"

// copied is the text that a button of a message copies, "" for none.
func (s *stage) copied(m telegramtest.Message) string {
	for _, button := range s.buttons(m) {
		if button.CopyText != nil {
			return button.CopyText.Text
		}
	}
	return ""
}

// TestTellNone: where sending is off, the operator gets the text to copy.
func TestTellNone(t *testing.T) {
	t.Parallel()
	y := newSystem(t)
	y.on("/do", body200(`{"words":"`+told+`"}`))
	s := newStage(t, telegramtest.Options{}, tellYML(y.url))
	s.start()
	thread := s.topic(11, "Ann")
	s.post(thread, olgaID, "/activate")
	got := s.last(thread, "The customer was not told: sending to customers is off here. Text to copy:")
	s.holds(got.Text, "/ Switched on", told)
	if s.copied(got) != told {
		t.Errorf("copies %q", s.copied(got))
	}
}

// TestTellTopic: the text alone goes into the topic, once, and only after success.
func TestTellTopic(t *testing.T) {
	t.Parallel()
	y := newSystem(t)
	y.on("/do", in(status(422), status(500), body200(`{"words":"`+told+`"}`)))
	s := newStage(t, telegramtest.Options{}, "    customer_send: topic", tellYML(y.url))
	s.told = []string{told}
	s.start()
	thread := s.topic(11, "Ann")
	question := s.post(thread, mirrorID, "When is it on?")
	s.post(thread, olgaID, "/activate")
	s.last(thread, "not done")
	s.post(thread, olgaID, "/activate")
	unknown := s.last(thread, "outcome unknown")
	s.button(unknown, olgaID, "Do it again")
	s.eventually("the outcome", func() bool {
		m, _ := s.tg.Message(groupID, unknown.ID)
		return strings.Contains(m.Text, "/ Switched on\nThe customer has been told.")
	})
	s.redeliverAll()
	s.stop()
	s.start()
	s.redeliverAll()
	var texts []string
	for _, m := range s.ours(thread) {
		if !strings.HasPrefix(m.Text, "/ ") {
			texts = append(texts, m.Text)
			if m.ReplyTo != nil && m.ReplyTo.ID == question.ID {
				t.Error("a reply without reply_only")
			}
			if k := s.kept(thread)[int64(m.ID)]; k.Kind != topics.MessageTalk || k.Author.Kind != topics.AuthorSelf {
				t.Errorf("kept as %s %s", k.Author.Kind, k.Kind)
			}
		}
	}
	if strings.Join(texts, "|") != told {
		t.Errorf("the customer is told %q", texts)
	}
}

// TestTellReplyOnly: the explicit send answers the customer's last message, and nothing
// else ever is a reply.
func TestTellReplyOnly(t *testing.T) {
	t.Parallel()
	y := newSystem(t)
	y.on("/do", body200(`{"words":"`+told+`"}`))
	s := newStage(t, telegramtest.Options{}, "    customer_send: topic", tellYML(y.url))
	s.replace("sender_ids: [5555]", "sender_ids: [5555], reply_only: true")
	s.told = []string{told}
	s.start()
	silent, thread := s.topic(12, "Bob"), s.topic(11, "Ann")
	s.post(silent, olgaID, "/activate")
	got := s.last(silent, "The customer was not told: the text could not be sent. Text to copy:")
	if s.copied(got) != told {
		t.Errorf("copies %q", s.copied(got))
	}
	s.post(thread, mirrorID, "first")
	last := s.post(thread, mirrorID, "last")
	s.post(thread, olgaID, "/ a comment")
	s.post(thread, olgaID, "/activate")
	s.last(thread, "The customer has been told.")
	for _, m := range s.ours(thread) {
		answers := 0
		if m.ReplyTo != nil {
			answers = m.ReplyTo.ID
		}
		if carried := m.Text == told; carried != (answers == last.ID) {
			t.Errorf("%q answers message %d, the last one is %d", m.Text, answers, last.ID)
		}
	}
}

// TestTellNotTold: what a mirror would not carry, or is not sure to have arrived, is said.
func TestTellNotTold(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("long words ", 30)
	for _, test := range []struct {
		name, words, want string
		fault             telegramtest.Fault
		copies            string
	}{
		{"slash", "/start now", "a text that starts with “/” would stay in the topic.", telegramtest.Fault{}, "/start now"},
		{"mark", "/ hello", "would stay in the topic. Text to copy:", telegramtest.Fault{}, "/ hello"},
		{"long slash", "/" + long, "would stay in the topic. Text to copy:", telegramtest.Fault{}, ""},
		{"refused", told, "the text could not be sent. Text to copy:", telegramtest.Fault{Code: 400}, told},
		{
			"lost", told, "It is unknown whether the customer was told, and the text is not sent again by itself.",
			telegramtest.Fault{Close: true, After: true},
			told,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			y := newSystem(t)
			y.on("/do", body200(fmt.Sprintf(`{"words":%q}`, test.words)))
			s := newStage(t, telegramtest.Options{}, "    customer_send: topic", tellYML(y.url))
			s.told = []string{told}
			if test.fault.Code != 0 || test.fault.Close {
				test.fault.Match = func(params map[string]any) bool { return params["text"] == told }
				s.tg.Fail("sendMessage", test.fault)
			}
			s.start()
			thread := s.topic(11, "Ann")
			s.post(thread, olgaID, "/activate")
			got := s.last(thread, test.want)
			s.holds(got.Text, strings.TrimSpace(test.words))
			if s.copied(got) != test.copies {
				t.Errorf("copies %q, want %q", s.copied(got), test.copies)
			}
			s.redeliverAll()
			sent := 0
			for _, call := range s.posted() {
				if text, _ := call.Params["text"].(string); text == told {
					sent++
				}
			}
			if want := bit(test.words == told); sent != want {
				t.Errorf("sent %d times, want %d", sent, want)
			}
		})
	}
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// TestTellBot: through the bot that customers write to; one who never wrote, or blocked
// it, is not told.
func TestTellBot(t *testing.T) {
	t.Parallel()
	y := newSystem(t)
	y.on("/do", body200(`{"words":"`+told+`"}`))
	s := newStage(t, telegramtest.Options{},
		"    customer_send: bot", "    customer_bot_token: "+customerToken, tellYML(y.url))
	shop, err := s.tg.AddBot(telegramtest.Options{Token: customerToken})
	s.must(err)
	ann := telegramtest.User{ID: 11, FirstName: "Ann"}
	shop.AddUser(telegramtest.User{ID: 12, FirstName: "Bob"})
	s.must(shop.StartChat(ann))
	s.start()
	thread, never := s.topic(11, "Ann"), s.topic(12, "Bob")
	s.post(thread, olgaID, "/activate")
	s.last(thread, "/ Switched on\nThe customer has been told.")
	s.post(never, olgaID, "/activate")
	got := s.last(never, "they have never written to the bot. Text to copy:")
	if s.copied(got) != told {
		t.Errorf("copies %q", s.copied(got))
	}
	s.must(shop.Block(11, true))
	s.post(thread, olgaID, "/activate")
	s.button(s.last(thread, " s ago by Olga"), olgaID, "Do it again")
	s.last(thread, "they have blocked the bot. Text to copy:")
	s.redeliverAll()
	var seen []string
	for _, m := range shop.Messages(11) {
		if m.From != nil && m.From.IsBot {
			seen = append(seen, m.Text)
		}
	}
	if strings.Join(seen, "|") != told {
		t.Errorf("the customer sees %q", seen)
	}
	s.lacks(s.log.String(), customerToken)
}
