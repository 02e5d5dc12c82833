package storetest

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"topicpilot/topics"
	"topicpilot/topics/store"
)

// lastMessages reads the end of a talk, also across the ids that its group has had: each
// counts its messages from 1.
func lastMessages(t *testing.T, b Backend) {
	p := start(t, b, store.Options{})
	ctx := patience(t)
	former := topics.Conversation{ChatID: -50, ThreadID: 1}
	var outcome topics.Outcome
	for id := int64(1); id <= 300; id++ {
		old := message(former, 1000+id, "before")
		old.Date = day.Add(time.Duration(id) * time.Second)
		outcome.Messages = append(outcome.Messages, old)
	}
	for id := int64(1); id <= 5; id++ {
		m := message(conv(1), id, "after")
		m.Date = day.Add(time.Hour)
		outcome.Messages = append(outcome.Messages, m, message(conv(2), 10+id, "another topic"))
	}
	edited := message(conv(1), 4, "edited")
	edited.Date, edited.EditDate = day.Add(time.Hour), day.Add(2*time.Hour)
	outcome.Edits = []topics.Message{edited}
	p.record(outcome)
	last := func(what string, c topics.Conversation, limit int, want ...int64) []topics.Message {
		t.Helper()
		got, err := p.LastMessages(ctx, c, limit)
		p.must(err)
		var ids []int64
		for _, m := range got {
			ids = append(ids, m.ID)
		}
		equal(t, what, ids, want)
		return got
	}
	got := last("the last", conv(1), 3, 3, 4, 5)
	if !reflect.DeepEqual(got[1], edited) {
		t.Errorf("the edited one %+v", got[1])
	}
	last("all", conv(1), 100, 1, 2, 3, 4, 5)
	last("before the migration is known", former, 2, 1299, 1300)
	p.record(topics.Outcome{Migrations: []topics.Migrated{{From: -50, To: conv(1).ChatID}}})
	got = last("before and after", conv(1), 7, 1299, 1300, 1, 2, 3, 4, 5)
	if got[0].Conversation != former || got[2].Conversation != conv(1) {
		t.Errorf("said in %s and %s", got[0].Conversation, got[2].Conversation)
	}
	last("by the former id", former, 6, 1300, 1, 2, 3, 4, 5)
	last("none", conv(1), 0)
	last("fewer than none", conv(1), -1)
	last("nobody's", conv(77), 10)
}

// lastByHand finds what a person has written, behind whatever the customer and programs write.
func lastByHand(t *testing.T, b Backend) {
	p := start(t, b, store.Options{})
	ctx := patience(t)
	find := func(what string, c topics.Conversation, limit int, want int64) {
		t.Helper()
		got, err := p.LastByHand(ctx, c, limit)
		if want == 0 && errors.Is(err, topics.ErrNotFound) {
			return
		}
		p.must(err)
		if got.ID != want {
			t.Errorf("%s: message %d, want %d", what, got.ID, want)
		}
	}
	by := func(c topics.Conversation, id int64, kind topics.AuthorKind, of topics.MessageKind) {
		m := message(c, id, "words")
		m.Author.Kind, m.Kind = kind, of
		p.record(topics.Outcome{Messages: []topics.Message{m}})
	}
	find("nothing was said", conv(1), 100, 0)
	by(conv(1), 1, topics.AuthorCustomer, topics.MessageTalk)
	by(conv(1), 2, topics.AuthorOperator, topics.MessageComment)
	find("nobody has answered", conv(1), 100, 0)
	by(conv(2), 3, topics.AuthorOperator, topics.MessageTalk)
	for i, kind := range []topics.AuthorKind{
		topics.AuthorOperator, topics.AuthorStranger, topics.AuthorAnonymous, topics.AuthorChannel,
	} {
		id := 10 + int64(i)
		by(conv(1), id, kind, topics.MessageTalk)
		find(string(kind), conv(1), 100, id)
	}
	for i, kind := range []topics.AuthorKind{
		topics.AuthorCustomer, topics.AuthorBot, topics.AuthorSelf, topics.AuthorService,
	} {
		by(conv(1), 20+int64(i), kind, topics.MessageTalk)
	}
	find("behind others", conv(1), 5, 13)
	find("beyond the limit", conv(1), 4, 0)
	find("another topic", conv(2), 100, 3)

	former := topics.Conversation{ChatID: -50, ThreadID: 1}
	by(former, 1000, topics.AuthorOperator, topics.MessageTalk)
	find("before the migration is known", conv(1), 100, 13)
	p.record(topics.Outcome{Migrations: []topics.Migrated{{From: -50, To: conv(1).ChatID}}})
	find("under the former id", conv(1), 100, 1000)
}
