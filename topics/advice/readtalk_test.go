package advice_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"topicpilot/topics"
	"topicpilot/topics/advice"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// at makes a message of so many minutes after noon.
func at(minutes int, id int64, kind topics.AuthorKind, text string) topics.Message {
	return topics.Message{
		ID: id, Date: noon.Add(time.Duration(minutes) * time.Minute), Author: topics.Author{Kind: kind},
		Kind: topics.MessageTalk, Text: topics.Plain(text),
	}
}

func of(m topics.Message, kind topics.MessageKind) topics.Message {
	m.Kind = kind
	return m
}

func edited(m topics.Message, minutes int) topics.Message {
	m.EditDate = noon.Add(time.Duration(minutes) * time.Minute)
	return m
}

const (
	customer = topics.AuthorCustomer
	operator = topics.AuthorOperator
	self     = topics.AuthorSelf
)

func readAt(list []topics.Message, drafts ...topics.Draft) advice.Talk {
	return advice.ReadTalk(list, drafts, advice.TalkOptions{
		Call: []string{"ai"}, Now: noon.Add(24 * time.Hour), Pause: 5 * time.Minute,
	})
}

func TestReadTalk(t *testing.T) {
	minute := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Minute) }
	sticker := at(3, 4, customer, "")
	sticker.Media = []topics.Media{{Kind: "sticker"}}
	sent := topics.Draft{Text: "By the bot.", State: topics.DraftSent, QuestionID: 2, At: minute(1), EndedAt: minute(2)}
	open := topics.Draft{Text: "Not sent.", State: topics.DraftOpen, QuestionID: 3, At: minute(9), EndedAt: minute(9)}
	for name, tt := range map[string]struct {
		messages []topics.Message
		drafts   []topics.Draft
		want     advice.Talk
	}{
		"nothing": {want: advice.Talk{SmallTalk: true}},
		"a burst": {
			messages: []topics.Message{at(0, 1, customer, "hi"), at(1, 2, customer, " site is down "), sticker},
			want:     advice.Talk{Question: "hi\nsite is down", QuestionID: 2, QuestionAt: minute(1), WaitingAt: minute(0)},
		},
		"a burst after a silence": {
			messages: []topics.Message{at(0, 1, customer, "site is down"), at(9, 2, customer, "still"), at(12, 3, customer,
				"hello?")},
			want: advice.Talk{
				Question: "site is down\nstill\nhello?", QuestionID: 3, QuestionAt: minute(12), WaitingAt: minute(9),
			},
		},
		"after an answer": {
			messages: []topics.Message{
				at(0, 1, customer, "site is down"), at(1, 2, operator, "We look."), of(at(2, 3, operator, "/ who knows?"),
					topics.MessageComment),
				of(at(2, 4, operator, "/info"), topics.MessageCommand), of(at(2, 5, self, "/ Ann"), topics.MessageComment),
				at(2, 6, topics.AuthorBot, "bot"), of(at(2, 7, topics.AuthorService, "pinned"), topics.MessageService),
				at(3, 8, customer, "and mail?"),
			},
			want: advice.Talk{
				Question: "and mail?", QuestionID: 8, QuestionAt: minute(3), WaitingAt: minute(3), HumanAt: minute(1), HumanID: 2,
				Turns: []advice.Turn{{From: "customer", Text: "site is down"}, {From: "operator", Text: "We look."}},
			},
		},
		"answered": {
			messages: []topics.Message{at(0, 1, customer, "site is down"), at(1, 2, topics.AuthorAnonymous, "")},
			want: advice.Talk{
				SmallTalk: true, HumanAt: minute(1), HumanID: 2, Turns: []advice.Turn{{From: "customer", Text: "site is down"}},
			},
		},
		"answered by ourselves": {
			messages: []topics.Message{at(0, 1, customer, "site is down"), at(1, 2, self, "We look."), at(2, 3, customer,
				"thanks!")},
			want: advice.Talk{
				Question: "thanks!", QuestionID: 3, QuestionAt: minute(2), WaitingAt: minute(2), SmallTalk: true,
				Turns: []advice.Turn{{From: "customer", Text: "site is down"}, {From: "operator", Text: "We look."}},
			},
		},
		"answered by the bot": {
			messages: []topics.Message{at(0, 1, customer, "one?"), at(2, 2, customer, "two?"), at(2, 3, customer, "three?")},
			drafts:   []topics.Draft{open, sent},
			want: advice.Talk{
				Question: "three?", QuestionID: 3, QuestionAt: minute(2), WaitingAt: minute(2), Turns: []advice.Turn{
					{From: "customer", Text: "one?"}, {From: "customer", Text: "two?"}, {From: "operator", Text: "By the bot."},
				},
			},
		},
		"addressed": {
			messages: []topics.Message{at(0, 1, customer, "AI, how much?"), at(1, 2, customer, "in euros")},
			want: advice.Talk{
				Question: "how much?\nin euros", QuestionID: 2, QuestionAt: minute(1), WaitingAt: minute(0), Addressed: true,
			},
		},
		"only called": {
			messages: []topics.Message{at(0, 1, customer, "ai")},
			want:     advice.Talk{QuestionID: 1, QuestionAt: minute(0), WaitingAt: minute(0), Addressed: true, SmallTalk: true},
		},
		"changed after the answer": {
			messages: []topics.Message{
				edited(at(0, 1, customer, "site 2 is down"), 5), edited(at(1, 2, operator, "We look!"), 9), at(4, 3, customer,
					"ok"),
			},
			want: advice.Talk{
				Question: "ok\nsite 2 is down", QuestionID: 1, QuestionAt: minute(5), WaitingAt: minute(1), HumanAt: minute(1),
				HumanID: 2,
				Turns:   []advice.Turn{{From: "operator", Text: "We look!"}},
			},
		},
		"a new episode": {
			messages: []topics.Message{
				at(-3000, 1, customer, "Hi! How do I pay? By card?"), at(-2999, 2, operator, "By card. Or else."),
				at(-2998, 3, customer, "thanks"), at(-1500, 4, customer, "👍"), at(-400, 5, customer, "old and not answered"),
				at(0, 6, customer, "new"),
			},
			want: advice.Talk{
				Question: "new", QuestionID: 6, QuestionAt: minute(0), WaitingAt: minute(0), HumanAt: minute(-2999), HumanID: 2,
				Summary: "2026-11-20 How do I pay? → By card.\n2026-11-22 old and not answered",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, readAt(tt.messages, tt.drafts...)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestTalkBounds: of a long talk the newest is taken.
func TestTalkBounds(t *testing.T) {
	var list []topics.Message
	for i := range 400 {
		who, text := customer, fmt.Sprintf("Question number %d %s?", i, strings.Repeat("слово ", 50))
		if i%2 == 1 {
			who, text = operator, fmt.Sprintf("Answer number %d.", i)
		}
		minutes := i // the last thirty are one episode
		if i < 370 {
			minutes = (i - 430) * 400
		}
		list = append(list, at(minutes, int64(i+1), who, text))
	}
	for i := range 30 {
		list = append(list, at(500+i, int64(500+i), customer, fmt.Sprintf("burst %d %s", i, strings.Repeat("x", 150))))
	}
	talk := readAt(list)
	if utf8.RuneCountInString(talk.Question) > 4000 || !strings.HasPrefix(talk.Question, "burst 10 ") ||
		talk.QuestionID != 529 {
		t.Errorf("%d %.20s", talk.QuestionID, talk.Question)
	}
	size := 0
	for _, turn := range talk.Turns {
		size += utf8.RuneCountInString(turn.Text)
	}
	if len(talk.Turns) > 20 || size > 4000 || utf8.RuneCountInString(talk.Summary) > 800 || talk.Summary == "" ||
		!strings.Contains(talk.Summary, "number 36") {
		t.Errorf("%d turns of %d, summary %q", len(talk.Turns), size, talk.Summary)
	}
	huge := readAt([]topics.Message{at(0, 1, customer, "old"), at(1, 2, customer, "new "+strings.Repeat("я", 9000))})
	if utf8.RuneCountInString(huge.Question) != 4000 || !strings.HasPrefix(huge.Question, "new ") {
		t.Errorf("%.20s", huge.Question)
	}
}

// anyTalk makes a talk of whatever kinds.
func anyTalk(t *rapid.T) []topics.Message {
	kinds := []topics.AuthorKind{
		customer, customer, operator, self, topics.AuthorStranger, topics.AuthorBot, topics.AuthorService,
		topics.AuthorChannel,
	}
	texts := []string{
		"", "ai", "AI, how?", "hi", "How much is it? Tell me.", "secret comment", "👍",
		"Ваш сайт не работает.",
	}
	var list []topics.Message
	minutes := 0
	for i := range rapid.IntRange(0, 30).Draw(t, "messages") {
		minutes += rapid.SampledFrom([]int{0, 1, 30, 500}).Draw(t, "pause")
		m := at(minutes, int64(i+1), rapid.SampledFrom(kinds).Draw(t, "who"), rapid.SampledFrom(texts).Draw(t, "text"))
		m.Kind = rapid.SampledFrom([]topics.MessageKind{
			topics.MessageTalk, topics.MessageTalk, topics.MessageTalk, topics.MessageComment, topics.MessageCommand,
		}).Draw(t, "kind")
		if m.Kind != topics.MessageTalk {
			m.Text = topics.Plain("/ INTERNAL")
		}
		if rapid.IntRange(0, 9).Draw(t, "edited") == 0 {
			m = edited(m, minutes+rapid.IntRange(0, 900).Draw(t, "later"))
		}
		list = append(list, m)
	}
	return list
}

// TestAnyTalk: what is internal tells nothing, a question is the customer's and has not been
// answered, and reading changes nothing.
func TestAnyTalk(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := anyTalk(t)
		before := fmt.Sprint(list)
		talk := readAt(list)
		checkTalk(t, talk)
		if fmt.Sprint(list) != before {
			t.Fatalf("the messages have changed")
		}
		if said := fmt.Sprint(talk); strings.Contains(said, "INTERNAL") {
			t.Fatalf("%s", said)
		}
		for _, m := range list {
			if m.ID == talk.QuestionID && (m.Author.Kind != customer || m.Kind != topics.MessageTalk) {
				t.Fatalf("%+v asks", m)
			}
			answers := m.Kind == topics.MessageTalk &&
				(m.Author.Kind == operator || m.Author.Kind == self || m.Author.Kind == topics.AuthorChannel)
			if answers && m.Date.After(talk.QuestionAt) && talk.QuestionID != 0 {
				t.Fatalf("%d was answered by %d", talk.QuestionID, m.ID)
			}
		}
	})
}

func checkTalk(t fataler, talk advice.Talk) {
	if talk.QuestionID == 0 != talk.QuestionAt.IsZero() || talk.WaitingAt.After(talk.QuestionAt) ||
		talk.HumanID == 0 != talk.HumanAt.IsZero() {
		t.Fatalf("%+v", talk)
	}
	if utf8.RuneCountInString(talk.Question) > 4000 || len(talk.Turns) > 20 || utf8.RuneCountInString(talk.Summary) > 800 {
		t.Fatalf("too much: %+v", talk)
	}
}

// FuzzReadTalk: messages of any kind are read, and the bounds hold.
func FuzzReadTalk(f *testing.F) {
	f.Fuzz(func(t *testing.T, messages, drafts, call string, debounce int64) {
		var list []topics.Message
		var sent []topics.Draft
		if json.Unmarshal([]byte(messages), &list) != nil || json.Unmarshal([]byte(drafts), &sent) != nil {
			return
		}
		talk := advice.ReadTalk(list, sent, advice.TalkOptions{
			Call: []string{call}, Now: noon,
			Pause: time.Duration(debounce),
		})
		if utf8.RuneCountInString(talk.Question) > 4000 || len(talk.Turns) > 20 ||
			utf8.RuneCountInString(talk.Summary) > 800 {
			t.Fatalf("too much: %+v", talk)
		}
	})
}

// longTalk is a talk of so many messages, a few minutes apart, with a pause now and then.
func longTalk(n int) []topics.Message {
	list := make([]topics.Message, 0, n)
	minutes := 0
	for i := range n {
		who, text := customer, "Добрый день! Не приходит письмо, что делать?"
		if i%3 == 1 {
			who, text = operator, "Проверьте папку со спамом. И напишите нам."
		}
		if minutes += 3; i%25 == 0 {
			minutes += 700
		}
		list = append(list, at(minutes, int64(i+1), who, text))
	}
	return append(list, at(minutes+1, int64(n+1), customer, "how do I pay?"))
}
