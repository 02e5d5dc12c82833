package storetest

import (
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"topicpilot/topics"
	"topicpilot/topics/store"
)

func exports(t *testing.T, b Backend) {
	p := start(t, b, store.Options{})
	ctx := patience(t)
	none := topics.Export{System: "cards", Conversation: conv(1)}
	if got, err := p.Export(ctx, "cards", conv(1)); err != nil || !reflect.DeepEqual(got, none) {
		t.Errorf("none yet: %+v, %v", got, err)
	}
	e := none
	e.PageID, e.DoneRow, e.DoneVersion, e.ToRow, e.ToVersion = "page", 1, 2, 3, 4
	e.AfterMessage, e.AfterEdit, e.Pending = 5, 6, []byte("step")
	first, err := p.KeepExport(ctx, e, []string{"b1", "b2"})
	p.must(err)
	e.Version = 1
	if got, err := p.Export(ctx, "cards", conv(1)); err != nil || !reflect.DeepEqual(got, e) ||
		!reflect.DeepEqual(first, e) {
		t.Errorf("kept %+v, read %+v, %v", first, got, err)
	}
	twice := none
	if _, err := p.KeepExport(ctx, twice, nil); !errors.Is(err, topics.ErrConflict) {
		t.Errorf("begun twice: %v", err)
	}
	next := first
	next.DoneRow, next.ToRow, next.Pending = 3, 0, nil
	second, err := p.KeepExport(ctx, next, []string{"b3"})
	p.must(err)
	if second.Version != 2 || second.Pending != nil {
		t.Errorf("kept %+v", second)
	}
	if _, err := p.KeepExport(ctx, next, []string{"b4"}); !errors.Is(err, topics.ErrConflict) {
		t.Errorf("changed meanwhile: %v", err)
	}
	p.must(p.KeepCustomer(ctx, conv(1), topics.TopicInfo{Private: true, Customer: topics.Customer{ID: 1}}, day))
	traces, err := p.Traces(ctx, 1)
	p.must(err)
	equal(t, "blocks", traces.Blocks["page"], []string{"b1", "b2", "b3"})
	// No page of that id is kept: it was a card before another one took its place.
	former := []topics.Page{{System: "cards", Kind: topics.PageCard, ID: "page"}}
	equal(t, "pages", traces.Pages, former)
}

// ids are those of messages.
func messageIDs(list []topics.Message) []int64 {
	var ids []int64
	for _, m := range list {
		ids = append(ids, m.ID)
	}
	return ids
}

func extents(t *testing.T, b Backend) {
	p := start(t, b, store.Options{})
	ctx := patience(t)
	edit := func(id int64, text string, seconds int) topics.Message {
		m := message(conv(1), id, text)
		m.EditDate = m.Date.Add(time.Duration(seconds) * time.Second)
		return m
	}
	extent := func(messages int64) topics.Extent {
		t.Helper()
		e, err := p.Extent(ctx, conv(1))
		if err != nil || e.Messages != messages {
			t.Fatalf("extent %+v, %v, want %d messages", e, err, messages)
		}
		return e
	}
	in := func(what string, want []int64) func([]topics.Message, error) {
		return func(list []topics.Message, err error) {
			t.Helper()
			p.must(err)
			equal(t, what, messageIDs(list), want)
		}
	}
	if got := extent(0); got != (topics.Extent{}) {
		t.Errorf("an empty topic: %+v", got)
	}
	p.record(topics.Outcome{Messages: []topics.Message{
		message(conv(1), 10, "ten"), message(conv(1), 20, "twenty"), message(conv(2), 15, "elsewhere"),
	}})
	first := extent(2)
	p.record(topics.Outcome{
		Messages: []topics.Message{message(conv(1), 5, "imported later"), message(conv(1), 30, "thirty")},
		Edits:    []topics.Message{edit(10, "ten!", 1), edit(10, "ten!!", 2), edit(5, "corrected", 1)},
	})
	second := extent(4)
	if second.MaxRow <= first.MaxRow || second.MaxVersion <= first.MaxVersion {
		t.Errorf("%+v after %+v", second, first)
	}
	in("the first export", []int64{10, 20})(p.MessagesIn(ctx, conv(1), 0, 0, first.MaxRow, 10))
	in("what came since", []int64{5, 30})(p.MessagesIn(ctx, conv(1), 0, first.MaxRow, second.MaxRow, 10))
	in("a page of it", []int64{5})(p.MessagesIn(ctx, conv(1), 0, first.MaxRow, second.MaxRow, 1))
	in("the next page", []int64{30})(p.MessagesIn(ctx, conv(1), 5, first.MaxRow, second.MaxRow, 1))
	in("edited since", []int64{10})(
		p.EditedIn(ctx, conv(1), 0, first.MaxVersion, second.MaxVersion, first.MaxRow, 10))
	in("edited, with the new ones", []int64{5, 10})(
		p.EditedIn(ctx, conv(1), 0, first.MaxVersion, second.MaxVersion, second.MaxRow, 10))
	in("edited behind 5", []int64{10})(
		p.EditedIn(ctx, conv(1), 5, first.MaxVersion, second.MaxVersion, second.MaxRow, 1))
	in("nothing since", nil)(
		p.EditedIn(ctx, conv(1), 0, second.MaxVersion, second.MaxVersion, second.MaxRow, 10))
	versions, err := p.VersionsBetween(ctx, conv(1), 6, 20)
	p.must(err)
	if len(versions) != 1 || len(versions[10]) != 2 || versions[10][0].Text.Text != "ten" {
		t.Errorf("versions %+v", versions)
	}
}

// numbersStay deletes the last messages: what is stored then must not take their
// numbers, or an export would pass it over.
func numbersStay(t *testing.T, b Backend) {
	now := day
	p := start(t, b, store.Options{Now: func() time.Time { return now }})
	ctx := patience(t)
	edited := message(conv(1), 2, "two!")
	edited.EditDate = edited.Date.Add(time.Second)
	p.record(topics.Outcome{
		Messages: []topics.Message{message(conv(1), 1, "one"), message(conv(1), 2, "two")},
		Edits:    []topics.Message{edited},
	})
	before, err := p.Extent(ctx, conv(1))
	p.must(err)
	now = day.Add(1000 * time.Hour)
	pruned, err := p.Prune(ctx, store.Retention{Messages: time.Hour})
	p.must(err)
	if pruned.Messages != 2 {
		t.Errorf("pruned %+v", pruned)
	}
	later := message(conv(1), 3, "three")
	again := message(conv(1), 3, "three!")
	again.EditDate = again.Date.Add(time.Second)
	p.record(topics.Outcome{Messages: []topics.Message{later}, Edits: []topics.Message{again}})
	after, err := p.Extent(ctx, conv(1))
	p.must(err)
	if after.MaxRow <= before.MaxRow || after.MaxVersion <= before.MaxVersion || after.Messages != 1 {
		t.Errorf("%+v after %+v", after, before)
	}
}

func imports(t *testing.T, b Backend) {
	p := start(t, b, store.Options{})
	ctx := patience(t)
	p.record(topics.Outcome{
		Messages: []topics.Message{message(conv(1), 1, "seen"), message(conv(2), 2, "seen elsewhere")},
		Topics: []topics.TopicChange{
			{Conversation: conv(1), Title: "Known", Status: topics.TopicStatusClosed, At: day},
			{Conversation: conv(2), At: day},
		},
	})
	batch := []topics.Message{
		message(conv(1), 1, "imported"), message(conv(1), 2, "imported"), message(conv(1), 3, "imported"),
		message(conv(1), 3, "twice"), message(conv(3), 4, "imported"),
	}
	changes := []topics.TopicChange{
		{Conversation: conv(1), Title: "Imported", Status: topics.TopicStatusOpen, At: day.Add(time.Hour)},
		{Conversation: conv(2), Title: "Imported", At: day},
		{Conversation: conv(3), Title: "Imported", Status: topics.TopicStatusOpen, At: day},
	}
	for i, want := range []topics.Imported{{Stored: 2, Known: 3}, {Known: 5}} {
		if got, err := p.Import(ctx, batch, changes); err != nil || got != want {
			t.Errorf("time %d: %+v, %v, want %+v", i+1, got, err, want)
		}
	}
	var got []string
	for thread := int64(1); thread <= 3; thread++ {
		list, err := p.Messages(ctx, conv(thread), 0, 10)
		p.must(err)
		for _, m := range list {
			got = append(got, fmt.Sprint(thread, "/", m.ID, " ", m.Text.Text))
		}
		topic, err := p.Topic(ctx, conv(thread))
		p.must(err)
		got = append(got, topic.Title+" "+string(topic.Status))
	}
	equal(t, "after the import", got, []string{
		"1/1 seen", "1/3 imported", "Known closed", "2/2 seen elsewhere", "Imported open", "3/4 imported", "Imported open",
	})
	many := make([]topics.Message, 1001)
	if _, err := p.Import(ctx, many, nil); err == nil {
		t.Error("1001 messages at once were taken")
	}
}
