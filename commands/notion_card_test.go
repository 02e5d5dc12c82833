package commands_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"topicpilot/commands"
	"topicpilot/topics"
)

// cardPages keeps one customer's pages.
type cardPages map[topics.PageKind]topics.Page

func (p cardPages) Page(
	_ context.Context, _ string, kind topics.PageKind, _ int64, _ topics.Conversation,
) (topics.Page, error) {
	if page, ok := p[kind]; ok {
		return page, nil
	}
	return topics.Page{}, topics.ErrNotFound
}

func (p cardPages) KeepPage(_ context.Context, page topics.Page) error {
	p[page.Kind] = page
	return nil
}

func (p cardPages) DropPage(_ context.Context, page topics.Page) error {
	delete(p, page.Kind)
	return nil
}

type cardFunc func(ctx context.Context, known topics.KnownCard) (commands.Card, error)

func (f cardFunc) Upsert(ctx context.Context, _ topics.Customer, known topics.KnownCard) (commands.Card, error) {
	return f(ctx, known)
}

// TestWriteCardNotes: that a card is asked for stands in the store until it is known what
// became of it.
func TestWriteCardNotes(t *testing.T) {
	lost := &topics.UnknownOutcome{Err: errors.New("no answer")}
	for name, test := range map[string]struct {
		asks  bool
		err   error
		left  bool // a note of an earlier try
		notes bool // a note afterwards
	}{
		"made":                            {asks: true},
		"found":                           {},
		"found after all":                 {left: true},
		"no answer":                       {asks: true, err: lost, notes: true},
		"stopped":                         {asks: true, err: context.Canceled, notes: true},
		"refused":                         {asks: true, err: &commands.CardError{Err: lost.Err}},
		"told to wait":                    {asks: true, err: &topics.Wait{After: time.Second}},
		"told to wait before it asks":     {err: &topics.Wait{After: time.Second}, left: true, notes: true},
		"no answer to a look after a try": {err: lost, left: true, notes: true},
	} {
		t.Run(name, func(t *testing.T) {
			pages := cardPages{}
			at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
			if test.left {
				pages[topics.PageAsked] = topics.Page{Kind: topics.PageAsked, At: at}
			}
			cards := cardFunc(func(ctx context.Context, known topics.KnownCard) (commands.Card, error) {
				if test.left != known.Asked.Equal(at) {
					t.Errorf("asked for at %v", known.Asked)
				}
				if test.asks {
					if err := known.Asking(ctx); err != nil || pages[topics.PageAsked].At.IsZero() {
						t.Errorf("not written down before: %v", err)
					}
				}
				return commands.Card{ID: "card-1", URL: "https://n/1", Created: true}, test.err
			})
			_, err := commands.WriteCard(t.Context(), pages, cards,
				commands.CardRequest{System: "cards", Customer: topics.Customer{ID: 7}})
			if !errors.Is(err, test.err) {
				t.Errorf("error %v", err)
			}
			if _, there := pages[topics.PageAsked]; there != test.notes {
				t.Errorf("a note afterwards: %v", there)
			}
			if page := pages[topics.PageCard]; (page.ID == "card-1" && page.Ours) != (test.err == nil) {
				t.Errorf("kept %+v", page)
			}
		})
	}
}

// TestCardPauses: people are told of a long pause that Notion asks for, once, and not that
// it asks for one where it only fails.
func TestCardPauses(t *testing.T) {
	errDown := errors.New("no answer")
	for name, test := range map[string]struct {
		err  error
		want string
	}{
		"asked for": {
			&topics.Wait{After: 30 * time.Second, Err: errDown},
			"Notion asks for a pause of 30 seconds. I will answer then.",
		},
		"our own": {errDown, ""},
	} {
		t.Run(name, func(t *testing.T) {
			clock := &clock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
			groups := topics.NewGroups([]*topics.Group{newGroup("en")})
			command, handler := commands.Notion(commands.NotionParts{
				System: "cards", Pages: cardPages{}, Runs: &runStore{calls: -1}, Customers: always(john()), Groups: groups,
				Cards: cardFunc(func(context.Context, topics.KnownCard) (commands.Card, error) {
					return commands.Card{}, test.err
				}),
				Log: (&logBuffer{}).logger(), Now: clock.Now,
			})
			call := newCall(groups.All()[0], "notion")
			reply, err := command.Run(t.Context(), commands.Request{Call: call})
			if err != nil || len(reply.Tasks) != 1 {
				t.Fatalf("%+v: %v", reply, err)
			}
			task, told := reply.Tasks[0], ""
			for range 30 {
				result, err := handler.RunTask(t.Context(), task)
				if err != nil {
					t.Fatal(err)
				}
				told += texts(result)
				if len(result.Tasks) == 0 {
					break
				}
				task = result.Tasks[0]
				clock.Add(task.NotBefore.Sub(clock.Now()))
			}
			if want := test.want + "Notion does not answer. Nothing is lost: please try again in a few minutes."; told != want {
				t.Errorf("%q, want %q", told, want)
			}
		})
	}
}
