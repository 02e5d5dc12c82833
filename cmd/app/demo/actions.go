package demo

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode/utf16"

	"topicpilot/integrations/telegram/telegramtest"
)

// pressWait is how long a press waits for the bot's answer.
const pressWait = 10 * time.Second

// refusal is an error whose text is meant for the visitor.
type refusal string

func (r refusal) Error() string { return string(r) }

// errButtonGone is a press of a button that the message does not have, or has no more.
const errButtonGone = refusal("this button is gone")

// Write is what a visitor writes.
type Write struct {
	Topic int   // 0: General
	As    int64 // who of the team, or the guest
	// Customer writes as the customer of the topic; the mirror's account posts it.
	Customer bool
	Text     string
	ReplyTo  int // message id, 0 for none
}

// Post writes into a topic and returns the message's id.
func (s *Stage) Post(w Write) (int, error) {
	text, err := clean(w.Text)
	if err != nil {
		return 0, err
	}
	topic, ok := s.board.topic(w.Topic)
	if !ok {
		return 0, refusal("there is no such topic")
	}
	post := telegramtest.Post{Chat: groupID, Thread: w.Topic, From: w.As, Text: text, ReplyTo: w.ReplyTo}
	switch {
	case w.Customer && topic.Customer == nil:
		return 0, refusal("this topic has no customer")
	case w.Customer:
		if topic.Kind == kindChat {
			post.Text = topic.Customer.Name + ": " + text
		}
		post.From = mirrorID
		if err := s.setClosed(w.Topic, false); err != nil {
			return 0, err
		}
	case !onStage(w.As):
		return 0, refusal("nobody of that name is in the group")
	case topic.Closed && w.As == guestID:
		return 0, refusal("the topic is closed; only administrators may write")
	}
	m, err := s.tg.Post(post)
	return m.ID, err
}

// Edit changes a message that the same person wrote before.
func (s *Stage) Edit(messageID int, as int64, text string) error {
	text, err := clean(text)
	if err != nil {
		return err
	}
	m, ok := s.tg.Message(groupID, messageID)
	if !ok || !onStage(as) || m.From == nil || m.From.ID != as {
		return refusal("only one's own messages can be edited")
	}
	_, err = s.tg.Edit(groupID, messageID, text)
	return err
}

// Answer is what the bot answered to a press; Answered is false when it did not within 10 s.
type Answer struct {
	Answered bool
	Text     string
	Alert    bool
}

// Press presses the button with this callback data and waits for the bot's answer.
func (s *Stage) Press(ctx context.Context, messageID int, as int64, data string) (Answer, error) {
	if !onStage(as) {
		return Answer{}, refusal("nobody of that name is in the group")
	}
	id, err := s.tg.Press(groupID, messageID, as, data)
	if err != nil {
		return Answer{}, errButtonGone
	}
	ctx, cancel := context.WithTimeout(ctx, pressWait)
	defer cancel()
	a, err := s.tg.WaitAnswer(ctx, id)
	if errors.Is(err, context.DeadlineExceeded) {
		return Answer{}, nil
	}
	return Answer{Answered: err == nil, Text: a.Text, Alert: a.ShowAlert}, err
}

func onStage(id int64) bool {
	for _, p := range people() {
		if p.ID == id {
			return true
		}
	}
	return false
}

// clean trims a text as Telegram does and checks its length in UTF-16 units.
func clean(text string) (string, error) {
	text = strings.TrimSpace(strings.ToValidUTF8(text, "�"))
	n := 0
	for _, r := range text {
		n += utf16.RuneLen(r)
	}
	switch {
	case text == "":
		return "", refusal("there is nothing to send")
	case n > 4000:
		return "", refusal("the text is too long: 4000 characters at most")
	}
	return text, nil
}
