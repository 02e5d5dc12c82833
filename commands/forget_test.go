package commands_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"topicpilot/commands"
	"topicpilot/topics"
)

// eraser has the traces of one customer, and keeps what is left to be done.
type eraser struct {
	traces topics.Traces
	owed   []topics.NewItem
}

func (e *eraser) Forget(ctx context.Context, id int64, outside topics.Outside) (topics.Receipt, error) {
	e.owed = outside(ctx, e.traces)
	return topics.Receipt{CustomerID: id}, nil
}

// deafPages never erase anything.
type deafPages struct{}

func (deafPages) ArchivePage(context.Context, string) error { return errors.New("not now") }
func (deafPages) DeleteBlock(context.Context, string) error { return errors.New("not now") }
func (deafPages) ArchiveAsked(context.Context, int64, time.Time) (int, error) {
	return 0, errors.New("not now")
}
func (deafPages) ClearCard(context.Context, string, int64) error { return errors.New("not now") }
func (deafPages) DeleteUnsettled(context.Context, string, []byte) (int, bool, error) {
	return 0, true, errors.New("not now")
}

// A question about a customer who was erased since, by another question or on the command
// line, starts nothing: there is nobody left to erase by.
func TestForgetErasedSince(t *testing.T) {
	runs := &runStore{calls: -1}
	groups := topics.NewGroups([]*topics.Group{newGroup("en")})
	command, _ := commands.Forget(commands.ForgetParts{
		Erasing: &commands.Erasing{}, Runs: runs, Customers: always(john()), Groups: groups, Now: time.Now,
	})
	registry, err := commands.New(commands.Config{Commands: []commands.Command{command}, Groups: groups})
	if err != nil {
		t.Fatal(err)
	}
	asked := newCall(newGroup("en"), "forget")
	asked.Group, asked.Role = groups.All()[0], topics.RoleAdmin
	question, err := registry.Dispatch(t.Context(), asked)
	if err != nil || len(question.Messages) != 1 {
		t.Fatalf("%+v: %v", question, err)
	}
	run := runs.runs[0]
	run.CustomerID = 0 // as an erasure leaves it
	if _, err := runs.ChangeRun(t.Context(), run); err != nil {
		t.Fatal(err)
	}
	press := asked
	press.Name, press.Key, press.Press = "", "1:101", question.Messages[0].Buttons[0][0].Data
	answer, err := registry.Dispatch(t.Context(), press)
	if err != nil || len(answer.Tasks) != 0 || answer.Toast != "This is decided already." {
		t.Errorf("%+v: %v", answer, err)
	}
	if state := runs.runs[0].State; state != topics.RunAsked {
		t.Errorf("the run is %s", state)
	}
}

// What an outside system does not take holds up its own page alone.
func TestEraseOwed(t *testing.T) {
	store := &eraser{traces: topics.Traces{
		Pages: []topics.Page{
			{System: "cards", ID: "ours", Ours: true},
			{System: "cards", ID: "theirs"},
			{System: "gone", ID: "other", Ours: true},
		},
		Blocks: map[string][]string{"theirs": {"one", "two"}},
	}}
	erasing := commands.Erasing{
		Store: store, Systems: map[string]commands.Pages{"cards": deafPages{}}, Log: slog.New(slog.DiscardHandler),
	}
	receipt, err := erasing.Erase(t.Context(), 7)
	if err != nil || receipt.Pending != 4 || receipt.Pages+receipt.Blocks != 0 {
		t.Fatalf("%+v: %v", receipt, err)
	}
	var lanes []string
	for _, item := range store.owed {
		lanes = append(lanes, item.Lane)
	}
	want := []string{"erase/cards/ours", "erase/gone/other", "erase/cards/theirs", "erase/cards/theirs"}
	if !slices.Equal(lanes, want) {
		t.Errorf("lanes %q, want %q", lanes, want)
	}
}

// shyPages make a card that is to be seen after some looks.
type shyPages struct {
	deafPages
	looks, seen int
}

func (p *shyPages) ArchiveAsked(context.Context, int64, time.Time) (int, error) {
	p.looks++
	if p.looks < p.seen {
		return 0, nil
	}
	return 1, nil
}

// A card that was asked for and is not to be seen yet is looked for again, with growing
// pauses, and not for ever.
func TestEraseAsked(t *testing.T) {
	for _, test := range []struct {
		seen, looks    int
		pages, pending int64
	}{{1, 1, 1, 0}, {2, 2, 0, 1}, {4, 4, 0, 1}, {9, 4, 0, 1}} {
		store := &eraser{traces: topics.Traces{Pages: []topics.Page{
			{System: "cards", Kind: topics.PageAsked, CustomerID: 7, At: time.Now()},
		}}}
		pages := &shyPages{seen: test.seen}
		erasing := commands.Erasing{
			Store: store, Systems: map[string]commands.Pages{"cards": pages}, Log: slog.New(slog.DiscardHandler),
		}
		receipt, err := erasing.Erase(t.Context(), 7)
		if err != nil || receipt.Pages != test.pages || receipt.Pending != test.pending {
			t.Errorf("seen at look %d: %+v, %v", test.seen, receipt, err)
		}
		var waited time.Duration
		items := store.owed
		for len(items) == 1 {
			var task topics.Task
			if err := json.Unmarshal(items[0].Payload, &task); err != nil {
				t.Fatal(err)
			}
			pause := time.Until(items[0].NotBefore)
			if pause <= waited {
				t.Errorf("a pause of %s after one of %s", pause, waited)
			}
			waited = pause
			result, err := erasing.RunTask(t.Context(), task)
			if err != nil {
				t.Fatal(err)
			}
			items = nil
			for _, next := range result.Tasks {
				items = append(items, next.Item())
			}
		}
		if pages.looks != test.looks {
			t.Errorf("seen at look %d: %d looks, want %d", test.seen, pages.looks, test.looks)
		}
	}
}
