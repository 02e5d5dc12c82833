package storetest

import (
	"errors"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"topicpilot/topics"
	"topicpilot/topics/store"
)

var olga = topics.Author{Kind: topics.AuthorOperator, ID: 7, Name: "Olga \x00 Ё", Username: "olga"}

func run(key string, thread int64) topics.Run {
	return topics.Run{
		Key: key, Command: "activate", Conversation: conv(thread), CustomerID: 1<<62 + 1, By: olga, MessageID: 70,
		Args: map[string]string{"tariff": "1", "months": "6\x00"}, State: topics.RunAsked, AskedAt: day,
		Reply: "Tariff 1 on", TellText: "Your tariff\x1a is on",
	}
}

func runs(t *testing.T, b Backend) {
	p := start(t, b, store.Options{})
	ctx := patience(t)
	if _, err := p.Run(ctx, 1); !errors.Is(err, topics.ErrNotFound) {
		t.Errorf("no run: %v", err)
	}
	first, added, err := p.AddRun(ctx, run("a", 1))
	p.must(err)
	want := run("a", 1)
	want.ID, want.Version = first.ID, 1
	if !added || first.ID == 0 || !reflect.DeepEqual(first, want) {
		t.Fatalf("added %v %+v, want %+v", added, first, want)
	}
	again := run("a", 2)
	again.Command = "other"
	if got, added, err := p.AddRun(ctx, again); err != nil || added || !reflect.DeepEqual(got, want) {
		t.Errorf("the same key: %v %+v, %v", added, got, err)
	}
	changed := first
	changed.State, changed.Attempts, changed.Result = topics.RunUnknown, 2, "no answer"
	changed.Decided, changed.AnswerID = topics.Author{Kind: topics.AuthorOperator, ID: 8, Name: "Ivan"}, 71
	changed.SentAt, changed.EndedAt = day.Add(time.Second), day.Add(2*time.Second)
	changed.Told, changed.Reply, changed.TellText = topics.ToldPending, "", "later"
	stored, err := p.ChangeRun(ctx, changed)
	p.must(err)
	changed.Version = 2
	if got, err := p.Run(ctx, first.ID); err != nil || !reflect.DeepEqual(got, changed) ||
		!reflect.DeepEqual(stored, changed) {
		t.Errorf("changed to %+v, read %+v, want %+v, %v", stored, got, changed, err)
	}
	if _, err := p.ChangeRun(ctx, first); !errors.Is(err, topics.ErrConflict) {
		t.Errorf("a change of what was changed meanwhile: %v", err)
	}
	gone := first
	gone.ID += 100
	if _, err := p.ChangeRun(ctx, gone); !errors.Is(err, topics.ErrConflict) {
		t.Errorf("a change of what is not there: %v", err)
	}
}

// oneWins lets many change one run at the same time.
func oneWins(t *testing.T, b Backend) {
	p := start(t, b, store.Options{})
	stored, _, err := p.AddRun(patience(t), run("a", 1))
	p.must(err)
	var wait sync.WaitGroup
	won := make([]bool, 20)
	for i := range won {
		wait.Go(func() {
			mine := stored
			mine.Attempts = i + 1
			_, err := p.ChangeRun(patience(t), mine)
			won[i] = err == nil
			if err != nil && !errors.Is(err, topics.ErrConflict) {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	got, err := p.Run(patience(t), stored.ID)
	p.must(err)
	for i, ok := range won {
		if ok != (got.Attempts == i+1) {
			t.Errorf("%d won: %v, stored is %d", i+1, ok, got.Attempts)
		}
	}
}

func runLists(t *testing.T, b Backend) {
	p := start(t, b, store.Options{})
	ctx := patience(t)
	ids := map[string]int64{}
	put := func(key string, thread int64, change func(*topics.Run)) topics.Run {
		t.Helper()
		r := run(key, thread)
		if change != nil {
			change(&r)
		}
		stored, _, err := p.AddRun(ctx, r)
		p.must(err)
		ids[key] = stored.ID
		return stored
	}
	put("early", 1, func(r *topics.Run) { r.AskedAt = day.Add(-time.Minute) })
	put("like", 1, nil)
	put("topic", 2, nil)
	put("command", 1, func(r *topics.Run) { r.Command = "deactivate" })
	put("value", 1, func(r *topics.Run) { r.Args["months"] = "7" })
	put("fewer", 1, func(r *topics.Run) { delete(r.Args, "months") })
	put("none", 1, func(r *topics.Run) { r.Args = nil })
	last := put("last", 1, nil)
	list := func(got []topics.Run, err error) func(what string, want ...string) {
		t.Helper()
		p.must(err)
		return func(what string, want ...string) {
			t.Helper()
			var keys []string
			for _, r := range got {
				keys = append(keys, r.Key)
			}
			equal(t, what, keys, want)
		}
	}
	list(p.LikeRuns(ctx, last, day))("like the last", "like")
	list(p.LikeRuns(ctx, run("new", 1), day))("like a new one", "last", "like")
	none := run("new", 1)
	none.Args = map[string]string{}
	list(p.LikeRuns(ctx, none, day))("without arguments", "none")
	list(p.Runs(ctx, conv(1), 0, 2))("the first page", "last", "none")
	list(p.Runs(ctx, conv(1), ids["none"], 2))("the second page", "fewer", "value")
	list(p.Runs(ctx, topics.Conversation{}, ids["command"], 10))("of all topics", "topic", "like", "early")
	for i := range 25 {
		put(fmt.Sprint("many", i), 3, nil)
	}
	if got, err := p.LikeRuns(ctx, run("new", 3), day); err != nil || len(got) != 20 {
		t.Errorf("%d like runs, %v, want 20", len(got), err)
	}
}

func links(t *testing.T, b Backend) {
	p := start(t, b, store.Options{})
	ctx := patience(t)
	put := func(customer int64, account string, seconds int, want bool) {
		t.Helper()
		at := day.Add(time.Duration(seconds) * time.Second)
		link := topics.Link{CustomerID: customer, Account: account, By: olga, At: at}
		if added, err := p.AddLink(ctx, link); err != nil || added != want {
			t.Errorf("link %d to %s: %v, %v", customer, account, added, err)
		}
	}
	put(1, "N006", 20, true)
	put(1, "N005", 10, true)
	put(1, "N005", 30, false)
	put(2, "N005", 40, true)
	got, err := p.Links(ctx, 1)
	p.must(err)
	want := []topics.Link{
		{CustomerID: 1, Account: "N005", By: olga, At: day.Add(10 * time.Second)},
		{CustomerID: 1, Account: "N006", By: olga, At: day.Add(20 * time.Second)},
	}
	equal(t, "links", got, want)
	for _, want := range []bool{true, false} {
		if removed, err := p.RemoveLink(ctx, 1, "N005"); err != nil || removed != want {
			t.Errorf("removed %v, %v, want %v", removed, err, want)
		}
	}
	if got, err := p.Links(ctx, 2); err != nil || len(got) != 1 {
		t.Errorf("the other customer's %v, %v", got, err)
	}
	put(1, "N005", 50, true)
}

func pages(t *testing.T, b Backend) {
	p := start(t, b, store.Options{})
	ctx := patience(t)
	card := topics.Page{
		System: "cards", Kind: topics.PageCard, CustomerID: 1, ID: "card-1", URL: "https://n/1", Ours: true, At: day,
	}
	transcript := topics.Page{
		System: "cards", Kind: topics.PageTranscript, CustomerID: 1, Conversation: conv(1), ID: "t-1", URL: "u", At: day,
	}
	otherSystem := card
	otherSystem.System, otherSystem.ID = "crm", "crm-1"
	for _, page := range []topics.Page{card, transcript, otherSystem} {
		p.must(p.KeepPage(ctx, page))
	}
	check := func(system string, kind topics.PageKind, customer int64, c topics.Conversation, want topics.Page) {
		t.Helper()
		got, err := p.Page(ctx, system, kind, customer, c)
		if want.ID == "" && errors.Is(err, topics.ErrNotFound) {
			return
		}
		if err != nil || got != want {
			t.Errorf("%s %s of %d in %s: %+v, %v, want %+v", system, kind, customer, c, got, err, want)
		}
	}
	check("cards", topics.PageCard, 1, conv(1), card)
	check("cards", topics.PageCard, 2, conv(1), topics.Page{})
	check("cards", topics.PageTranscript, 1, conv(1), transcript)
	check("cards", topics.PageTranscript, 1, conv(2), topics.Page{})
	check("crm", topics.PageCard, 1, conv(9), otherSystem)
	asked := topics.Page{System: "cards", Kind: topics.PageAsked, CustomerID: 1, At: day}
	p.must(p.KeepPage(ctx, asked))
	if got, err := p.Page(ctx, "cards", topics.PageAsked, 1, topics.Conversation{}); err != nil || got != asked {
		t.Errorf("asked for: %+v, %v", got, err)
	}
	check("cards", topics.PageCard, 1, conv(1), card) // beside it
	p.must(p.DropPage(ctx, asked))
	if got, err := p.Page(ctx, "cards", topics.PageAsked, 1, topics.Conversation{}); !errors.Is(err, topics.ErrNotFound) {
		t.Errorf("asked for and dropped: %+v, %v", got, err)
	}
	newer := card
	newer.ID, newer.Ours = "card-2", false
	p.must(p.KeepPage(ctx, newer))
	p.must(p.DropPage(ctx, card)) // it is not there any more
	check("cards", topics.PageCard, 1, conv(1), newer)
	p.must(p.DropPage(ctx, newer))
	p.must(p.DropPage(ctx, newer))
	check("cards", topics.PageCard, 1, conv(1), topics.Page{})
	if err := p.KeepPage(ctx, topics.Page{Kind: "poster"}); err == nil {
		t.Error("a page of an unknown kind was kept")
	}
}

func memos(t *testing.T, b Backend) {
	now := day
	p := start(t, b, store.Options{Now: func() time.Time { return now }})
	ctx := patience(t)
	first, err := p.KeepMemo(ctx, conv(1), []byte("words\x00"), day.Add(time.Hour))
	p.must(err)
	long, err := p.KeepMemo(ctx, conv(1), nil, day.Add(48*time.Hour))
	p.must(err)
	if first == long || first == 0 {
		t.Errorf("ids %d and %d", first, long)
	}
	check := func(c topics.Conversation, id int64, want string, there bool) {
		t.Helper()
		got, err := p.Memo(ctx, c, id)
		if there && (err != nil || string(got) != want) || !there && !errors.Is(err, topics.ErrNotFound) {
			t.Errorf("memo %d of %s: %q, %v", id, c, got, err)
		}
	}
	check(conv(1), first, "words\x00", true)
	check(conv(2), first, "", false)
	check(conv(1), long, "", true)
	now = day.Add(time.Hour)
	check(conv(1), first, "", false)
	if pruned, err := p.Prune(ctx, store.Retention{}); err != nil || pruned.Other != 1 {
		t.Errorf("pruned %+v, %v, want one memo", pruned, err)
	}
	check(conv(1), long, "", true)
	now = day.Add(50 * time.Hour)
	if pruned, err := p.Prune(ctx, store.Retention{}); err != nil || pruned.Other != 1 {
		t.Errorf("pruned %+v, %v, want the other memo", pruned, err)
	}
	if third, err := p.KeepMemo(ctx, conv(1), nil, now); err != nil || third <= long {
		t.Errorf("the id %d after %d, %v: a memo's id was used twice", third, long, err)
	}
}

func oldRuns(t *testing.T, b Backend) {
	now := day
	p := start(t, b, store.Options{Now: func() time.Time { return now }})
	ctx := patience(t)
	old, _, err := p.AddRun(ctx, run("old", 1))
	p.must(err)
	recent := run("recent", 1)
	recent.AskedAt = day.Add(24 * time.Hour)
	kept, _, err := p.AddRun(ctx, recent)
	p.must(err)
	now = day.Add(400*24*time.Hour + time.Second)
	_, err = p.Prune(ctx, store.Retention{})
	p.must(err)
	if _, err := p.Run(ctx, old.ID); !errors.Is(err, topics.ErrNotFound) {
		t.Errorf("a run of 400 days ago: %v", err)
	}
	if _, err := p.Run(ctx, kept.ID); err != nil {
		t.Errorf("a run of 399 days ago: %v", err)
	}
}
