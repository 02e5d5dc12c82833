package storetest

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"topicpilot/topics"
	"topicpilot/topics/store"
)

func draft(key string, c topics.Conversation) topics.Draft {
	return topics.Draft{
		Key: key, Conversation: c, CustomerID: 1<<62 + 1, QuestionID: 70, Text: "Your tariff\x00 is on \xff",
		Original: "Your tariff", State: topics.DraftOpen, At: day,
		Sources: []topics.DraftSource{
			{Chunk: "refunds-1", File: "billing.md", Title: "Billing › Refunds", Link: "https://a/b", Date: day, Quote: "on"},
			{Chunk: "internal-2", File: "internal/notes.md", Quote: "off\x00", Internal: true},
		},
		Strange: []string{"https://evil.example", "+380 50"}, Uncarried: []string{"All is free."}, Dictated: true,
	}
}

// add stores a draft that was not there yet.
func (p *process) addDraft(d topics.Draft) topics.Draft {
	p.t.Helper()
	stored, added, err := p.AddDraft(patience(p.t), d)
	p.must(err)
	if !added {
		p.t.Fatalf("a draft of key %q is there already", d.Key)
	}
	return stored
}

// posted records which messages show a draft.
func (p *process) posted(draftID int64, messages ...int64) {
	p.t.Helper()
	p.record(topics.Outcome{Drafts: []topics.DraftPosted{{DraftID: draftID, MessageIDs: messages}}})
}

func drafts(t *testing.T, b Backend) {
	p := start(t, b, store.Options{})
	ctx := patience(t)
	none := func(what string, err error) {
		t.Helper()
		if !errors.Is(err, topics.ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
	_, err := p.Draft(ctx, 1)
	none("no draft", err)
	_, err = p.DraftByKey(ctx, "a")
	none("no key", err)
	first := p.addDraft(draft("a", conv(1)))
	want := draft("a", conv(1))
	want.ID, want.Version = first.ID, 1
	if first.ID == 0 || !reflect.DeepEqual(first, want) {
		t.Fatalf("added %+v,\nwant %+v", first, want)
	}
	again := draft("a", conv(2))
	again.Text, again.Sources = "other", nil
	if got, added, err := p.AddDraft(ctx, again); err != nil || added || !reflect.DeepEqual(got, want) {
		t.Errorf("the same key: %v %+v, %v", added, got, err)
	}
	p.posted(first.ID, 71, 72, 73)
	p.posted(first.ID) // nothing was posted
	p.posted(first.ID+100, 80)

	changed := first // as it was read before it was posted
	changed.State, changed.Text, changed.Original = topics.DraftSent, "new", "Your tariff\x1a is on"
	changed.CustomerID, changed.Auto, changed.Decided = 5, true, olga
	changed.Told, changed.EndedAt = topics.ToldSent, day.Add(time.Second)
	changed.Sources, changed.Strange = changed.Sources[:1], nil
	changed.Uncarried, changed.Dictated = nil, false
	asked := changed
	asked.Key, asked.Conversation, asked.At = "b", conv(9), day.Add(time.Hour) // not to be changed
	asked.MessageID, asked.Parts = 99, 9
	stored, err := p.ChangeDraft(ctx, asked)
	p.must(err)
	changed.Version, changed.MessageID, changed.Parts = 2, 73, 3
	changed.Decided.Name = olga.Name
	if !reflect.DeepEqual(stored, changed) {
		t.Errorf("changed to %+v,\nwant %+v", stored, changed)
	}
	for what, read := range map[string]func() (topics.Draft, error){
		"by id":      func() (topics.Draft, error) { return p.Draft(ctx, first.ID) },
		"by key":     func() (topics.Draft, error) { return p.DraftByKey(ctx, "a") },
		"by message": func() (topics.Draft, error) { return p.DraftShown(ctx, conv(1), 73) },
	} {
		if got, err := read(); err != nil || !reflect.DeepEqual(got, changed) {
			t.Errorf("%s: %+v, %v,\nwant %+v", what, got, err, changed)
		}
	}
	if _, err := p.ChangeDraft(ctx, first); !errors.Is(err, topics.ErrConflict) {
		t.Errorf("a change of what was changed meanwhile: %v", err)
	}
	gone := stored
	gone.ID += 100
	if _, err := p.ChangeDraft(ctx, gone); !errors.Is(err, topics.ErrConflict) {
		t.Errorf("a change of what is not there: %v", err)
	}
}

// draftBounds: what is too large is refused with its size, and nothing else of the batch is.
func draftBounds(t *testing.T, b Backend) {
	p := start(t, b, store.Options{})
	ctx := patience(t)
	const most = 64 << 10
	for what, change := range map[string]func(*topics.Draft){
		"no key":   func(d *topics.Draft) { d.Key = "" },
		"key":      func(d *topics.Draft) { d.Key = strings.Repeat("k", 513) },
		"text":     func(d *topics.Draft) { d.Text = strings.Repeat("x", most+1) },
		"original": func(d *topics.Draft) { d.Original = strings.Repeat("x", most+1) },
		"sources":  func(d *topics.Draft) { d.Sources[0].Quote = strings.Repeat("x", most) },
		"strange":  func(d *topics.Draft) { d.Strange = []string{strings.Repeat("x", most)} },
	} {
		d := draft(what, conv(1))
		change(&d)
		if _, _, err := p.AddDraft(ctx, d); err == nil || strings.Contains(err.Error(), "xx") {
			t.Errorf("%s: %v", what, err)
		}
	}
	d := draft(strings.Repeat("k", 512), conv(1))
	d.Text = strings.Repeat("\x00", most)
	stored := p.addDraft(d)
	if stored.Text != d.Text {
		t.Errorf("a text of %d bytes came back with %d", most, len(stored.Text))
	}
	stored.Text += "x"
	if _, err := p.ChangeDraft(ctx, stored); err == nil || errors.Is(err, topics.ErrConflict) {
		t.Errorf("a change to a text of %d bytes: %v", most+1, err)
	}
	if list, err := p.Drafts(ctx, conv(1), time.Time{}, 10); err != nil || len(list) != 1 {
		t.Errorf("%d drafts, %v", len(list), err)
	}
}

// one reports how many of 20 concurrent callers, of all processes, did it.
func one(processes []*process, do func(p *process, n int) (bool, error)) int {
	var mu sync.Mutex
	var wait sync.WaitGroup
	won := 0
	for n := range 20 {
		p := processes[n%len(processes)]
		wait.Go(func() {
			ok, err := do(p, n)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				p.t.Error(err)
			} else if ok {
				won++
			}
		})
	}
	wait.Wait()
	return won
}

// both starts two processes where two may work on the database, one otherwise.
func both(t *testing.T, b Backend) []*process {
	t.Helper()
	processes := []*process{start(t, b, store.Options{Instance: "one"})}
	if b.Disconnect != nil {
		processes = append(processes, start(t, b, store.Options{Instance: "two"}))
	}
	return processes
}

// oneDraft: of many who store or change a draft at the same time one does.
func oneDraft(t *testing.T, b Backend) {
	processes := both(t, b)
	var mu sync.Mutex
	ids := map[int64]bool{}
	won := one(processes, func(p *process, n int) (bool, error) {
		d := draft("a", conv(1))
		d.Text = fmt.Sprint(n)
		stored, added, err := p.AddDraft(patience(t), d)
		mu.Lock()
		defer mu.Unlock()
		ids[stored.ID] = true
		return added, err
	})
	if won != 1 || len(ids) != 1 {
		t.Fatalf("%d have added it, with ids %v", won, ids)
	}
	p := processes[0]
	stored, err := p.DraftByKey(patience(t), "a")
	p.must(err)
	won = one(processes, func(p *process, n int) (bool, error) {
		mine := stored
		mine.State, mine.Text = topics.DraftQueued, fmt.Sprint("by ", n)
		_, err := p.ChangeDraft(patience(t), mine)
		if errors.Is(err, topics.ErrConflict) {
			return false, nil
		}
		return true, err
	})
	got, err := p.Draft(patience(t), stored.ID)
	p.must(err)
	if won != 1 || got.Version != 2 || got.State != topics.DraftQueued {
		t.Errorf("%d have changed it, to %+v", won, got)
	}
}

func draftLists(t *testing.T, b Backend) {
	p := start(t, b, store.Options{})
	ctx := patience(t)
	former := topics.Conversation{ChatID: -50, ThreadID: 1}
	foreign := topics.Conversation{ChatID: -60, ThreadID: 1}
	p.record(topics.Outcome{Migrations: []topics.Migrated{{From: -40, To: -50}, {From: -50, To: conv(1).ChatID}}})
	for i, c := range []topics.Conversation{conv(1), former, conv(2), conv(1), foreign, former, conv(1)} {
		d := draft(fmt.Sprint(i), c)
		d.At = day.Add(time.Duration(i/2) * time.Hour) // two of each hour
		p.addDraft(d)
	}
	list := func(what string, c topics.Conversation, since time.Time, limit int, want ...string) {
		t.Helper()
		got, err := p.Drafts(ctx, c, since, limit)
		p.must(err)
		var keys []string
		for _, d := range got {
			keys = append(keys, d.Key)
		}
		equal(t, what, keys, want)
	}
	all := topics.Conversation{ChatID: conv(1).ChatID}
	list("the topic", conv(1), day, 10, "6", "5", "3", "1", "0")
	list("the topic by a former id", former, day, 10, "6", "5", "3", "1", "0")
	list("the topic by an id without drafts", topics.Conversation{ChatID: -40, ThreadID: 1}, day, 2, "6", "5")
	list("since", conv(1), day.Add(time.Hour), 10, "6", "5", "3")
	list("the first ones", conv(1), day, 3, "6", "5", "3")
	list("the chat", all, time.Time{}, 10, "6", "5", "3", "2", "1", "0")
	list("the chat, the first ones", all, day, 4, "6", "5", "3", "2")
	list("none", all, day, 0)
	list("fewer than none", all, day, -1)
	list("another group", topics.Conversation{ChatID: -60}, day, 10, "4")
	list("nobody's", conv(77), day, 10)
}

// draftShown finds a draft by the last message that shows it, whichever id the group had
// when it was made, or was posted.
func draftShown(t *testing.T, b Backend) {
	p := start(t, b, store.Options{})
	former := topics.Conversation{ChatID: -50, ThreadID: 1}
	p.record(topics.Outcome{Migrations: []topics.Migrated{{From: -50, To: conv(1).ChatID}}})
	shown := func(c topics.Conversation, message int64, want string) {
		t.Helper()
		got, err := p.DraftShown(patience(t), c, message)
		if want == "" && errors.Is(err, topics.ErrNotFound) {
			return
		}
		if err != nil || got.Key != want {
			t.Errorf("message %d of %s shows %q, %v, want %q", message, c, got.Key, err, want)
		}
	}
	old, newer := p.addDraft(draft("old", former)), p.addDraft(draft("newer", conv(1)))
	p.addDraft(draft("unposted", conv(1)))
	shown(conv(1), 0, "")
	p.posted(old.ID, 10, 11)
	shown(conv(1), 11, "old")
	shown(former, 11, "old")
	shown(conv(1), 10, "")
	shown(conv(2), 11, "")
	p.posted(newer.ID, 11) // in the place of the former
	shown(conv(1), 11, "newer")
	shown(former, 11, "newer")
	p.posted(newer.ID, 12, 13)
	shown(conv(1), 11, "old")
	shown(conv(1), 13, "newer")
}

// oldDrafts: what nobody has decided on is ignored after a week; drafts go with the messages
// of their time, and after four hundred days in any case.
func oldDrafts(t *testing.T, b Backend) {
	now := day
	p := start(t, b, store.Options{Now: func() time.Time { return now }})
	ctx := patience(t)
	const many = 700 // more than one step
	for i := range many {
		p.addDraft(draft(fmt.Sprint("many", i), conv(3)))
	}
	open, sending, later := draft("open", conv(1)), draft("sending", conv(1)), draft("later", conv(1))
	sending.State = topics.DraftSending
	later.At = day.Add(time.Second)
	first := p.addDraft(open)
	p.addDraft(sending)
	p.addDraft(later)
	prune := func(after time.Duration, keep store.Retention) int64 {
		t.Helper()
		now = day.Add(after)
		pruned, err := p.Prune(ctx, keep)
		p.must(err)
		return pruned.Other
	}
	state := func(key string, want topics.DraftState) {
		t.Helper()
		got, err := p.DraftByKey(ctx, key)
		if want == "" && errors.Is(err, topics.ErrNotFound) {
			return
		}
		if err != nil || got.State != want {
			t.Errorf("%s is %q, %v, want %q", key, got.State, err, want)
		}
	}
	const d = 24 * time.Hour
	prune(7*d, store.Retention{})
	state("open", topics.DraftOpen)
	prune(7*d+time.Millisecond, store.Retention{})
	state("open", topics.DraftIgnored)
	state("many699", topics.DraftIgnored)
	state("sending", topics.DraftSending)
	state("later", topics.DraftOpen)
	if got, err := p.Draft(ctx, first.ID); err != nil || !got.EndedAt.Equal(now) || got.Version != 2 {
		t.Errorf("ignored: %+v, %v", got, err)
	}
	if _, err := p.ChangeDraft(ctx, first); !errors.Is(err, topics.ErrConflict) {
		t.Errorf("a decision on what was ignored meanwhile: %v", err)
	}
	if n := prune(30*d, store.Retention{Messages: 30 * d}); n != 0 {
		t.Errorf("%d pruned after as long as messages are kept", n)
	}
	if n := prune(30*d+time.Millisecond, store.Retention{Messages: 30 * d}); n != many+2 {
		t.Errorf("%d pruned with the messages, want %d", n, many+2)
	}
	state("open", "")
	state("later", topics.DraftIgnored)
	if n := prune(400*d, store.Retention{Messages: 4000 * d}); n != 0 {
		t.Errorf("%d pruned within 400 days", n)
	}
	if n := prune(400*d+2*time.Second, store.Retention{Messages: 4000 * d}); n != 1 {
		t.Errorf("%d pruned after 400 days", n)
	}
	state("later", "")
}
