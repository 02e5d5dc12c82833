package main

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"topicpilot/cmd/load/effects"
	"topicpilot/cmd/load/stage"
	"topicpilot/integrations/telegram/telegramtest"
	"topicpilot/topics"
	"topicpilot/topics/topicsapi/topicsapitest"
)

const (
	// talkLines is how many messages a transcript has to hold.
	talkLines = 3
	// effectsPatience bounds the wait for a question with its buttons.
	effectsPatience = 30 * time.Second
	// randomKill is the time from what people do within which a process is killed by chance.
	randomKill = 40 * time.Millisecond
)

// errMissed tells that the fault has not struck: the moment was gone.
var errMissed = errors.New("the fault has not struck")

// effectsCell is one run: a topic and a customer of its own.
type effectsCell struct {
	*effectsWorld
	kind  effects.Kind
	fault effects.Fault
	run   int
	limit time.Duration

	chat   int64
	thread int
	user   int64
	seen   int // updates delivered before
}

// play carries out one run.
func (w *effectsWorld) play(cell effectsCell) (o effects.Outcome, err error) {
	c := &cell
	c.effectsWorld = w
	o = effects.Outcome{Kind: c.kind, Fault: c.fault}
	if err := c.place(); err != nil {
		return o, err
	}
	strike := c.strike()
	w.gate.Arm(strike)
	defer w.gate.Arm(nil)
	if err := c.trigger(); err != nil {
		return o, err
	}
	switch c.fault {
	case effects.KillRandom:
		c.killByChance(1)
	case effects.KillAgain:
		c.killByChance(3)
	case effects.Redelivered:
		if err := c.redeliver(); err != nil {
			return o, err
		}
	}
	calm, err := w.settle(c.limit)
	if err != nil {
		return o, err
	}
	if strike != nil && !c.fault.Chance() && !w.gate.Fallen() {
		return o, errMissed
	}
	if !calm {
		o.Problem = "it does not come to an end"
	}
	if o.Effects, o.Arrivals, err = c.effects(); err != nil {
		return o, err
	}
	o.Said = c.said()
	if !c.kind.Asks() || !slices.Contains(o.Said, effects.SaidUnknown) {
		return o, nil
	}
	return o, c.ask(&o)
}

// ask presses a button below an unknown outcome: [Do it again], or first [Check again].
func (c *effectsCell) ask(o *effects.Outcome) error {
	labels := []string{"Do it again"}
	if c.run/2%2 == 1 {
		labels = []string{"Check again", "Do it again"}
	}
	for _, label := range labels {
		if len(c.with(label)) == 0 {
			break // the check has settled it
		}
		if err := c.press(label, stage.OperatorID); err != nil {
			return err
		}
		o.Pressed = true
		if _, err := c.settle(c.limit); err != nil {
			return err
		}
	}
	var err error
	o.Later, _, err = c.effects()
	o.LaterSaid = c.said()
	return err
}

// place makes a topic with a customer, and brings it to where the command takes effect next.
func (c *effectsCell) place() error {
	c.chat = effectsGroup
	switch c.kind {
	case effects.TellTopic, effects.Draft:
		c.chat = topicGroup
	case effects.Reply:
		c.chat = replyGroup
	case effects.Own, effects.Confirm, effects.Tell, effects.Card, effects.Transcript, effects.Link:
	}
	c.next++
	c.user = 900_000 + c.next
	c.seen = len(c.tg.Delivered())
	name := fmt.Sprint("Customer ", c.next)
	var err error
	if c.thread, err = c.tg.CreateTopic(c.chat, stage.MirrorID, name); err != nil {
		return err
	}
	conv := topics.Conversation{ChatID: c.chat, ThreadID: int64(c.thread)}
	c.api.SetTopic(topicsapitest.Connection{Instance: stage.Instance, APIKey: stage.APIKey}, conv, topicsapitest.Info{
		UserID: c.user, Name: name, Language: "en", Status: "user_answered", Title: name,
	})
	if err := c.customers.StartChat(telegramtest.User{ID: c.user, FirstName: name}); err != nil {
		return err
	}
	switch c.kind {
	case effects.Own, effects.Tell, effects.TellTopic, effects.Card, effects.Link, effects.Reply:
	case effects.Draft:
		if err := c.asks(stage.MirrorID, effectsQuestion, "Send", 1); err != nil {
			return err
		}
	case effects.Transcript:
		for i := range talkLines {
			if err := c.post(stage.MirrorID, c.line(i)); err != nil {
				return err
			}
		}
	case effects.Confirm:
		if err := c.asks(stage.OperatorID, c.command(), "Do it", 1); err != nil {
			return err
		}
		if c.fault == effects.TwoOperators && c.run%2 == 1 {
			if err := c.asks(secondOperator, c.command(), "Do it", 2); err != nil {
				return err
			}
		}
	}
	_, err = c.settle(c.limit)
	return err
}

func (c *effectsCell) line(i int) string { return fmt.Sprintf("line %d of %d", i+1, c.user) }

func (c *effectsCell) post(from int64, text string) error {
	_, err := c.tg.Post(telegramtest.Post{Chat: c.chat, Thread: c.thread, From: from, Text: text})
	return err
}

// asks writes what is answered with a button, and waits until n of those stand there.
func (c *effectsCell) asks(from int64, text, button string, n int) error {
	if err := c.post(from, text); err != nil {
		return err
	}
	for begin := time.Now(); len(c.with(button)) < n; time.Sleep(5 * time.Millisecond) {
		if err := c.well(); err != nil {
			return err
		}
		if time.Since(begin) > effectsPatience {
			return fmt.Errorf("no button %q within %v", button, effectsPatience)
		}
	}
	return nil
}

func (c *effectsCell) command() string {
	return map[effects.Kind]string{
		effects.Own: "/activate t1 m6", effects.Confirm: "/renew t1 m6", effects.Tell: "/extend t1 m6",
		effects.TellTopic: "/extend t1 m6",
		effects.Card:      "/notion", effects.Transcript: "/transcript notion", effects.Link: fmt.Sprint("/link N", c.user),
	}[c.kind]
}

// trigger does what makes the command take effect.
func (c *effectsCell) trigger() error {
	first := func() error { return c.post(stage.OperatorID, c.command()) }
	second := first
	if c.fault == effects.TwoOperators {
		second = func() error { return c.post(secondOperator, c.command()) }
	}
	switch c.kind {
	case effects.Own, effects.Tell, effects.TellTopic, effects.Card, effects.Transcript, effects.Link:
	case effects.Reply:
		first = func() error { return c.post(stage.MirrorID, effectsQuestion) }
		second = first
	case effects.Confirm, effects.Draft:
		label := map[effects.Kind]string{effects.Confirm: "Do it", effects.Draft: "Send"}[c.kind]
		asked := c.with(label)
		press := func(m telegramtest.Message, by int64) func() error {
			return func() error { return c.pressAt(m, label, by) }
		}
		first = press(asked[0], stage.OperatorID)
		second = first
		if c.fault == effects.TwoOperators {
			second = press(asked[len(asked)-1], secondOperator)
		}
	}
	switch c.fault {
	case effects.DoubleTap, effects.TwoOperators:
		done := make(chan error, 1)
		go func() { done <- first() }()
		err := second()
		return errors.Join(<-done, err)
	}
	return first()
}

// with lists the bot's messages that carry a button of that text.
func (c *effectsCell) with(label string) []telegramtest.Message {
	var out []telegramtest.Message
	for _, m := range c.answers() {
		if slices.Contains(labels(m), label) {
			out = append(out, m)
		}
	}
	return out
}

func (c *effectsCell) press(label string, by int64) error {
	found := c.with(label)
	if len(found) == 0 {
		return fmt.Errorf("no button %q", label)
	}
	return c.pressAt(found[len(found)-1], label, by)
}

// pressAt presses a button as it was seen: it may be gone by now, then nobody presses it.
func (c *effectsCell) pressAt(m telegramtest.Message, label string, by int64) error {
	for _, row := range m.ReplyMarkup.Rows {
		for _, button := range row {
			if button.Text != label {
				continue
			}
			_, err := c.tg.Press(c.chat, m.ID, by, button.CallbackData)
			if now, there := c.tg.Message(c.chat, m.ID); err != nil && there && !slices.Contains(labels(now), label) {
				return nil
			}
			return err
		}
	}
	return fmt.Errorf("no button %q", label)
}

// answers are the bot's messages in the topic.
func (c *effectsCell) answers() []telegramtest.Message {
	bot := c.tg.Bot().ID
	return slices.DeleteFunc(c.tg.Messages(c.chat), func(m telegramtest.Message) bool {
		return m.Thread != c.thread || m.From == nil || m.From.ID != bot
	})
}

func labels(m telegramtest.Message) []string {
	if m.ReplyMarkup == nil {
		return nil
	}
	var out []string
	for _, row := range m.ReplyMarkup.Rows {
		for _, button := range row {
			out = append(out, button.Text)
		}
	}
	return out
}

func (c *effectsCell) said() []effects.Said {
	var out []effects.Said
	for _, m := range c.answers() {
		if said := effects.Read(m.Text, labels(m)); said != effects.SaidOther {
			out = append(out, said)
		}
	}
	return out
}

// redeliver has all updates of the run come twice more, while it runs and when it is over.
func (c *effectsCell) redeliver() error {
	for range 2 {
		for begin := time.Now(); c.tg.Pending() > 0 && time.Since(begin) < effectsPatience; {
			time.Sleep(time.Millisecond)
		}
		updates := c.tg.Delivered()
		for _, id := range updates[min(c.seen, len(updates)):] {
			if err := c.tg.Redeliver(id); err != nil {
				return err
			}
		}
		if _, err := c.settle(c.limit); err != nil {
			return err
		}
	}
	return nil
}
