package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"topicpilot/topics"
	"topicpilot/topics/store"
)

// record writes an outcome by way of an item of its own.
func (p *process) record(outcome topics.Outcome) {
	p.t.Helper()
	c := p.add(item("recorder", ""))[0]
	p.must(p.Finish(patience(p.t), c.Lease, c.Item, outcome))
}

// editTest writes messages and then edits of a conversation's first message.
type editTest struct {
	name     string
	messages []topics.Message
	edits    []topics.Message
	text     string
	edited   int // seconds, -1 for never
	versions []string
}

func (test editTest) run(t *testing.T, b Backend, where topics.Conversation) {
	p := start(t, b, store.Options{})
	defer p.Close()
	for _, m := range test.messages {
		m.Conversation = where
		p.record(topics.Outcome{Messages: []topics.Message{m}})
	}
	for _, m := range test.edits {
		m.Conversation = where
		p.record(topics.Outcome{Edits: []topics.Message{m}})
	}
	got, err := p.Messages(patience(t), where, 0, 10)
	p.must(err)
	want := time.Time{}
	if test.edited >= 0 {
		want = day.Add(time.Duration(test.edited) * time.Second)
	}
	if len(got) != 1 || got[0].Text.Text != test.text || !got[0].EditDate.Equal(want) {
		t.Errorf("got %+v, want %q of %s", got, test.text, want)
	}
	versions, err := p.Versions(patience(t), where, 1)
	p.must(err)
	var texts []string
	for _, v := range versions {
		texts = append(texts, v.Text.Text)
	}
	equal(t, "versions", texts, test.versions)
}

func edits(t *testing.T, b Backend) {
	edit := func(text string, seconds int) topics.Message {
		m := message(conv(1), 1, text)
		m.Date = day
		m.EditDate = day.Add(time.Duration(seconds) * time.Second)
		return m
	}
	plain := edit("first", 0)
	plain.EditDate = time.Time{}
	bold := edit("first", 10)
	bold.Text.Entities = []topics.Entity{{Type: "bold", Length: 5}}
	photo := edit("first", 10)
	photo.Media = []topics.Media{{Kind: "photo", FileID: "other"}}
	tests := []editTest{
		{"none", []topics.Message{plain}, nil, "first", -1, nil},
		{"one", []topics.Message{plain}, []topics.Message{edit("second", 10)}, "second", 10, []string{"first"}},
		{
			"replayed",
			[]topics.Message{plain},
			[]topics.Message{edit("second", 10), edit("second", 10)},
			"second", 10,
			[]string{"first"},
		},
		{
			"an earlier one replayed",
			[]topics.Message{plain},
			[]topics.Message{edit("second", 10), edit("third", 20), edit("second", 10)},
			"third", 20,
			[]string{"first", "second"},
		},
		{
			"two within a second, the first replayed",
			[]topics.Message{plain},
			[]topics.Message{edit("second", 10), edit("third", 10), edit("second", 10)},
			"third", 10,
			[]string{"first", "second"},
		},
		{
			"late",
			[]topics.Message{plain},
			[]topics.Message{edit("third", 20), edit("second", 10)},
			"third", 20,
			[]string{"first", "second"},
		},
		{"nothing changed", []topics.Message{plain}, []topics.Message{edit("first", 10)}, "first", 10, nil},
		{"entities changed", []topics.Message{plain}, []topics.Message{bold}, "first", 10, []string{"first"}},
		{"media changed", []topics.Message{plain}, []topics.Message{photo}, "first", 10, []string{"first"}},
		{"of a message never seen", nil, []topics.Message{edit("second", 10)}, "second", 10, nil},
		{
			"back to the first text",
			[]topics.Message{plain},
			[]topics.Message{edit("second", 10), edit("first", 20)},
			"first", 20,
			[]string{"first", "second"},
		},
		{"the message again", []topics.Message{plain, edit("other", 5)}, nil, "first", -1, nil},
	}
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) { test.run(t, b, conv(int64(i+1))) })
	}
}

func paging(t *testing.T, b Backend) {
	p := start(t, b, store.Options{})
	full := message(conv(1), 7, "an *album*")
	full.Text.Entities = []topics.Entity{{Type: "text_link", Offset: 3, Length: 7, URL: "https://example.org/?a=1&b=2"}}
	full.Media = []topics.Media{{Kind: "photo", FileID: "f", FileUniqueID: "u", Size: 1 << 40, MIME: "image/jpeg"}}
	full.AlbumID, full.ReplyTo, full.Forwarded, full.ViaBot = "13", 3, true, true
	full.Author.Username = "anna"
	var list []topics.Message
	for _, id := range []int64{9, 2, 5, 7, 3} {
		m := message(conv(1), id, fmt.Sprint("text ", id))
		if id == 7 {
			m = full
		}
		list = append(list, m, message(conv(2), id, "another topic"), message(conv(0), id, "General"))
	}
	p.record(topics.Outcome{Messages: list})
	page := func(after int64, limit int, want ...int64) []topics.Message {
		t.Helper()
		got, err := p.Messages(patience(t), conv(1), after, limit)
		p.must(err)
		var ids []int64
		for _, m := range got {
			ids = append(ids, m.ID)
		}
		equal(t, "page", ids, want)
		return got
	}
	page(0, 2, 2, 3)
	page(3, 2, 5, 7)
	page(7, 2, 9)
	page(9, 2)
	if got := page(5, 1, 7); !sameMessage(got[0], full) {
		t.Errorf("got %+v, want %+v", got[0], full)
	}
}

func topicChanges(t *testing.T, b Backend) {
	p := start(t, b, store.Options{})
	ctx := patience(t)
	change := func(thread int64, title string, status topics.TopicStatus, seconds int) {
		p.record(topics.Outcome{Topics: []topics.TopicChange{{
			Conversation: conv(thread), Title: title, Status: status, At: day.Add(time.Duration(seconds) * time.Second),
		}}})
	}
	if _, err := p.Topic(ctx, conv(1)); !errors.Is(err, topics.ErrNotFound) {
		t.Errorf("a topic never seen: %v", err)
	}
	change(1, "Anna", "", 0)
	change(1, "", topics.TopicStatusClosed, 10)
	change(1, "", "", 20)
	change(1, "Anna", topics.TopicStatusClosed, 30)
	want := topics.Topic{
		Conversation: conv(1), Title: "Anna", Status: topics.TopicStatusClosed, FirstSeen: day,
		ChangedAt: day.Add(10 * time.Second),
	}
	if got, err := p.Topic(ctx, conv(1)); err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	change(1, "Anna B.", topics.TopicStatusOpen, 40)
	change(5, "", "", 0)
	change(9, "Boris", topics.TopicStatusLost, 0)
	list, err := p.Topics(ctx, conv(1).ChatID, 1, 10)
	p.must(err)
	if len(list) != 2 || list[0].Status != topics.TopicStatusOpen || list[1].Status != topics.TopicStatusLost {
		t.Errorf("topics %+v", list)
	}
	if list, err := p.Topics(ctx, conv(1).ChatID, 0, 1); err != nil || len(list) != 1 || list[0].Title != "Anna B." {
		t.Errorf("the first page %+v, %v", list, err)
	}
}

func groupMigrations(t *testing.T, b Backend) {
	p := start(t, b, store.Options{})
	p.record(topics.Outcome{Migrations: []topics.Migrated{{From: -10, To: -100}}})
	p.record(topics.Outcome{Migrations: []topics.Migrated{{From: -10, To: -100}, {From: -20, To: -200}}})
	got, err := p.Migrations(patience(t))
	p.must(err)
	equal(t, "migrations", got, []topics.Migrated{{From: -10, To: -100}, {From: -20, To: -200}})
}

func customers(t *testing.T, b Backend) {
	p := start(t, b, store.Options{})
	ctx := patience(t)
	if _, _, err := p.CustomerOf(ctx, conv(1)); !errors.Is(err, topics.ErrNotFound) {
		t.Errorf("nobody known: %v", err)
	}
	info := topics.TopicInfo{
		Private: true, Customer: topics.Customer{ID: 1<<62 + 1, Name: "Anna \x00 Ё", Phone: "+380"}, Status: "closed",
		Instance: "13209946874612345",
	}
	p.must(p.KeepCustomer(ctx, conv(1), info, day))
	older := info
	older.Status = "old"
	p.must(p.KeepCustomer(ctx, conv(1), older, day.Add(-time.Hour)))
	if got, at, err := p.CustomerOf(ctx, conv(1)); err != nil || got != info || !at.Equal(day) {
		t.Errorf("got %+v of %s, %v", got, at, err)
	}
	p.must(p.KeepCustomer(ctx, conv(1), topics.TopicInfo{}, day.Add(time.Hour)))
	if got, at, err := p.CustomerOf(ctx, conv(1)); err != nil || got.Private || !at.Equal(day.Add(time.Hour)) {
		t.Errorf("got %+v of %s, %v", got, at, err)
	}
}

func lastFrom(t *testing.T, b Backend) {
	p := start(t, b, store.Options{})
	defer p.Close()
	from := func(where topics.Conversation, id int64, kind topics.AuthorKind) topics.Message {
		m := message(where, id, "text")
		m.Author.Kind = kind
		return m
	}
	other := topics.Conversation{ChatID: conv(1).ChatID - 1, ThreadID: conv(1).ThreadID}
	p.record(topics.Outcome{Messages: []topics.Message{
		from(conv(1), 30, topics.AuthorCustomer), from(conv(1), 4, topics.AuthorCustomer),
		from(conv(1), 31, topics.AuthorOperator), from(conv(2), 32, topics.AuthorCustomer),
		from(other, 33, topics.AuthorCustomer),
	}})
	for _, c := range []struct {
		where topics.Conversation
		kind  topics.AuthorKind
		want  int64
	}{
		{conv(1), topics.AuthorCustomer, 30},
		{conv(1), topics.AuthorOperator, 31},
		{conv(1), topics.AuthorSelf, 0},
		{conv(2), topics.AuthorOperator, 0},
		{conv(3), topics.AuthorCustomer, 0},
	} {
		got, err := p.LastFrom(patience(t), c.where, c.kind)
		if got != c.want || errors.Is(err, topics.ErrNotFound) != (c.want == 0) || (c.want != 0 && err != nil) {
			t.Errorf("%s of %s: %d, %v", c.kind, c.where, got, err)
		}
	}
}
