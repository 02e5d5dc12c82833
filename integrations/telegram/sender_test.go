package telegram_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"topicpilot/integrations/telegram"
	"topicpilot/integrations/telegram/telegramtest"
	"topicpilot/topics"
)

func TestSendPostsAsTheTranscriptKeepsIt(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	if _, err := s.client.Me(t.Context()); err != nil {
		t.Fatal(err)
	}
	text := topics.Plain("Name: ")
	text.Bold("John 😀").Code("42")
	delivered, err := s.sender(telegram.Limits{}).Send(t.Context(), topics.Outgoing{
		Conversation: s.conversation(), Text: text, Buttons: [][]topics.Button{{{Text: "Do it", Data: "d"}}},
	})
	if err != nil || len(delivered.Messages) != 1 {
		t.Fatalf("%v, %v", delivered, err)
	}
	m := delivered.Messages[0]
	stored, ok := s.Message(group, int(m.ID))
	if !ok || stored.Text != "/ Name: John 😀42" || int64(stored.Thread) != s.topic || stored.ReplyMarkup == nil {
		t.Fatalf("stored %+v", stored)
	}
	if len(stored.Entities) != 2 || stored.Entities[0].Offset != 8 || stored.Entities[0].Length != 7 {
		t.Errorf("entities %+v", stored.Entities)
	}
	want := topics.Author{Kind: topics.AuthorSelf, ID: s.Bot().ID, Name: s.Bot().FirstName, Username: s.Bot().Username}
	if m.Author != want || m.Kind != topics.MessageComment || m.Text.Text != stored.Text || m.Date.Unix() != stored.Date {
		t.Errorf("message %+v", m)
	}
	if v := s.Violations(); len(v) > 0 {
		t.Error(v)
	}
}

func TestSendRefuses(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	sender := s.sender(telegram.Limits{})
	in := func(chat, thread int64) topics.Conversation {
		return topics.Conversation{ChatID: chat, ThreadID: thread}
	}
	for _, c := range []struct {
		name string
		out  topics.Outgoing
	}{
		{"unknown group", topics.Outgoing{Conversation: in(stranger, 5), Text: topics.Plain("a")}},
		{"thread 1", topics.Outgoing{Conversation: in(group, 1), Text: topics.Plain("a")}},
		{"negative thread", topics.Outgoing{Conversation: in(group, -4), Text: topics.Plain("a")}},
		{"nothing", topics.Outgoing{Conversation: in(group, s.topic)}},
		{"invisible", topics.Outgoing{Conversation: in(group, s.topic), Text: topics.Plain(" \u200b\n\u3164\u2800")}},
		{"invisible edit", topics.Outgoing{Conversation: in(group, s.topic), Text: topics.Plain(" "), EditID: 5}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := sender.Send(t.Context(), c.out)
			_, tried, tryErr := sender.TrySend(t.Context(), c.out)
			var hopeless *topics.Hopeless
			if !errors.As(err, &hopeless) || !errors.As(tryErr, &hopeless) || !tried {
				t.Errorf("%v, %v, %v", err, tried, tryErr)
			}
		})
	}
	if calls := s.Sent(); len(calls) > 0 {
		t.Errorf("%d calls", len(calls))
	}
}

type badMarks string

func (m badMarks) CommentMark(int64) (string, bool) { return string(m), true }

func TestSendRefusesAMarkThatTrimmingTakesAway(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	for _, bad := range []string{"", " ", " /", "\u200b/ ", "\n", strings.Repeat("x", 100), "/\x00"} {
		sender := telegram.NewSender(telegram.SenderOptions{Client: s.client, Marks: badMarks(bad)})
		_, err := sender.Send(t.Context(), topics.Outgoing{Conversation: s.conversation(), Text: topics.Plain("a")})
		if _, ok := errors.AsType[*topics.Hopeless](err); !ok {
			t.Errorf("mark %q: %v", bad, err)
		}
	}
}

func TestSendErrors(t *testing.T) {
	for _, c := range []struct {
		name  string
		fault telegramtest.Fault
		check func(error) bool
	}{
		{"flood", telegramtest.Fault{Code: 429, RetryAfter: 7}, func(err error) bool {
			var wait *topics.Wait
			return errors.As(err, &wait) && wait.After == 7*time.Second
		}},
		{"topic gone", telegramtest.Fault{Code: 400, Description: "Bad Request: message thread not found"}, lost},
		{"topic deleted", telegramtest.Fault{Code: 400, Description: "Bad Request: TOPIC_DELETED"}, lost},
		{
			"migrated",
			telegramtest.Fault{Code: 400, Description: "Bad Request: group chat was upgraded", MigrateToChatID: -5},
			func(err error) bool {
				var m *topics.Migrated
				return errors.As(err, &m) && m.From == group && m.To == -5
			},
		},
		{"kicked", telegramtest.Fault{Code: 403, Description: "Forbidden: bot was kicked"}, isHopeless},
		{"closed", telegramtest.Fault{Code: 400, Description: "Bad Request: TOPIC_CLOSED"}, isHopeless},
		{"server", telegramtest.Fault{Code: 502}, unknown},
		{"garbage", telegramtest.Fault{Garbage: "<html>"}, unknown},
		{"half an answer", telegramtest.Fault{Garbage: `{"ok":true}`}, unknown},
		{"no message in it", telegramtest.Fault{Garbage: `{"ok":true,"result":true}`}, unknown},
		{"garbage of a proxy", telegramtest.Fault{Garbage: "<html>", Code: 413}, isHopeless},
		{"closed before", telegramtest.Fault{Close: true}, unknown},
		{"closed after", telegramtest.Fault{Close: true, After: true}, unknown},
		{"hang", telegramtest.Fault{Hang: time.Minute}, unknown},
		{"token", telegramtest.Fault{Code: 401}, again},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, telegramtest.Options{})
			client, err := telegram.NewClient(telegram.Options{
				Token: token(s.Token()), APIURL: s.url, Timeout: 300 * time.Millisecond,
			})
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			s.Fail("sendMessage", c.fault)
			sender := telegram.NewSender(telegram.SenderOptions{Client: client, Marks: marks{}})
			delivered, err := sender.Send(t.Context(), topics.Outgoing{
				Conversation: s.conversation(), Text: topics.Plain("CUSTOMER"),
			})
			if !c.check(err) || len(delivered.Messages) > 0 {
				t.Errorf("got %T %v", err, err)
			}
			if strings.Contains(err.Error(), "CUSTOMER") || strings.Contains(err.Error(), s.Token()) {
				t.Errorf("leaks: %v", err)
			}
		})
	}
}

func lost(err error) bool {
	var e *topics.TopicLost
	return errors.As(err, &e) && e.Conversation.ThreadID != 0
}

func isHopeless(err error) bool {
	var e *topics.Hopeless
	return errors.As(err, &e)
}

func unknown(err error) bool {
	var e *topics.UnknownOutcome
	return errors.As(err, &e)
}

// again: worth another try, and certainly without effect.
func again(err error) bool { return err != nil && !unknown(err) && !isHopeless(err) && !lost(err) }

func TestSendUnreachableIsWorthAnotherTry(t *testing.T) {
	client := newClient(t, "http://127.0.0.1:1", "1:AAA")
	sender := telegram.NewSender(telegram.SenderOptions{Client: client, Marks: marks{}})
	_, err := sender.Send(t.Context(), topics.Outgoing{
		Conversation: topics.Conversation{ChatID: group, ThreadID: 4}, Text: topics.Plain("a"),
	})
	if !again(err) {
		t.Errorf("%T %v", err, err)
	}
}

func TestSendGoesOnWhereItStopped(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	sender := s.sender(telegram.Limits{})
	out := topics.Outgoing{
		Conversation: s.conversation(), Text: topics.Plain(strings.Repeat("word ", 2500)),
		Buttons: [][]topics.Button{{{Text: "b", Data: "d"}}},
	}
	second := 0
	s.Fail("sendMessage", telegramtest.Fault{Code: 429, RetryAfter: 1, Match: func(map[string]any) bool {
		second++
		return second == 2
	}})
	delivered, err := sender.Send(t.Context(), out)
	var wait *topics.Wait
	if !errors.As(err, &wait) || len(delivered.Messages) != 1 {
		t.Fatalf("%d messages, %v", len(delivered.Messages), err)
	}
	// While the group is paused nothing goes out at once.
	if _, tried, err := sender.TrySend(t.Context(), out); tried || err != nil {
		t.Errorf("tried %v, %v", tried, err)
	}
	out.Posted = []topics.Message{{ID: 1}}
	rest, err := sender.Send(t.Context(), out)
	if err != nil || len(rest.Messages) < 2 {
		t.Fatalf("%d messages, %v", len(rest.Messages), err)
	}
	all := append(delivered.Messages, rest.Messages...)
	words := 0
	for i, m := range all {
		words += strings.Count(m.Text.Text, "word")
		stored, _ := s.Message(group, int(m.ID))
		if (stored.ReplyMarkup != nil) != (i == len(all)-1) {
			t.Errorf("part %d: buttons %v", i, stored.ReplyMarkup)
		}
	}
	if words != 2500 {
		t.Errorf("%d words", words)
	}
}

func TestSendEdits(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	sender := s.sender(telegram.Limits{})
	out := topics.Outgoing{
		Conversation: s.conversation(), Text: topics.Plain("old"), Buttons: [][]topics.Button{{{Text: "b", Data: "d"}}},
	}
	delivered, err := sender.Send(t.Context(), out)
	if err != nil {
		t.Fatal(err)
	}
	id := delivered.Messages[0].ID
	out.EditID, out.Text, out.Buttons = id, topics.Plain(strings.Repeat("new ", 2000)), nil
	for _, try := range []string{"changes it", "changes nothing"} {
		delivered, err = sender.Send(t.Context(), out)
		if err != nil || len(delivered.Messages) != 1 {
			t.Fatalf("%s: %v", try, err)
		}
		m := delivered.Messages[0]
		if m.ID != id || m.EditDate.IsZero() || !strings.HasSuffix(m.Text.Text, "…") {
			t.Errorf("%s: %d %v %.20q", try, m.ID, m.EditDate, m.Text.Text)
		}
	}
	stored, _ := s.Message(group, int(id))
	if stored.Text != delivered.Messages[0].Text.Text || stored.ReplyMarkup != nil {
		t.Errorf("stored %.40q, buttons %v", stored.Text, stored.ReplyMarkup)
	}
	out.EditID = 99999
	if _, err := sender.Send(t.Context(), out); !isHopeless(err) {
		t.Errorf("edit of nothing: %v", err)
	}
}

func TestSendFallsBackToPlainText(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	s.Fail("sendMessage", telegramtest.Fault{Code: 400, Description: "Bad Request: can't parse entities: oh"})
	text := topics.Text{}
	text.Bold("bold")
	delivered, err := s.sender(telegram.Limits{}).Send(t.Context(), topics.Outgoing{
		Conversation: s.conversation(), Text: text,
	})
	if err != nil || delivered.Messages[0].Text.Text != "/ bold" {
		t.Fatalf("%v, %v", delivered, err)
	}
	if stored, _ := s.Message(group, int(delivered.Messages[0].ID)); len(stored.Entities) > 0 {
		t.Errorf("entities %v", stored.Entities)
	}
}

func TestTrySendTakesAllSlotsOrNone(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	sender := s.sender(telegram.Limits{GroupPerMinute: 3})
	long := topics.Outgoing{Conversation: s.conversation(), Text: topics.Plain(strings.Repeat("x", 9000))}
	short := topics.Outgoing{Conversation: s.conversation(), Text: topics.Plain("x")}
	if _, tried, err := sender.TrySend(t.Context(), short); !tried || err != nil {
		t.Fatal(tried, err)
	}
	if _, tried, err := sender.TrySend(t.Context(), long); tried || err != nil {
		t.Fatalf("three parts in two slots: %v, %v", tried, err)
	}
	for i := range 3 {
		if _, tried, err := sender.TrySend(t.Context(), short); tried != (i < 2) || err != nil {
			t.Errorf("slot %d: %v, %v", i+2, tried, err)
		}
	}
	if n := len(s.Sent("sendMessage")); n != 3 {
		t.Errorf("%d messages", n)
	}
}

func TestSeedCountsWhatWasSentBefore(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	sender := s.sender(telegram.Limits{GroupPerMinute: 2})
	now := time.Now()
	sender.Seed(map[int64][]time.Time{group: {now.Add(-2 * time.Minute), now.Add(-time.Second), now}})
	out := topics.Outgoing{Conversation: s.conversation(), Text: topics.Plain("x")}
	if _, tried, err := sender.TrySend(t.Context(), out); tried || err != nil {
		t.Errorf("%v, %v", tried, err)
	}
}
