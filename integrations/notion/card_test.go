package notion_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"topicpilot/integrations/notion"
	"topicpilot/integrations/notion/notiontest"
	"topicpilot/topics"
)

func upsert(t *testing.T, s *stage, customer topics.Customer, known string) notion.Card {
	t.Helper()
	card, err := s.client.Upsert(t.Context(), customer, topics.KnownCard{ID: known})
	if err != nil {
		t.Fatal(err)
	}
	return card
}

// TestCardOnce: twice gives one card, and the second time costs one request.
func TestCardOnce(t *testing.T) {
	s := newStage(t, notiontest.Options{})
	first := upsert(t, s, ann(), "")
	if !first.Created || first.Replaced || first.Twins != 0 || !strings.HasPrefix(first.URL, "https://") {
		t.Errorf("%+v", first)
	}
	if n := s.total(); n != 4 {
		t.Errorf("cold: %d requests, want schema (2), find, create: %v", n, s.server.Requests())
	}
	want := map[string]string{
		"Name": "Ann Smith", "Telegram ID": "4242424242", "Username": "@ann", "Phone": "+15550100",
	}
	pages := s.server.Pages(s.source)
	if len(pages) != 1 || cmp.Diff(want, pages[0].Values) != "" {
		t.Fatalf("%+v", pages)
	}

	s.server.SetTags(first.ID, "vip", "refund")
	s.server.SetPriority(first.ID, "High")
	s.server.SetValue(first.ID, "Name", "Ann of Acme")
	s.server.ResetRequests()
	again := ann()
	again.Username, again.Phone = "ann2", ""
	second := upsert(t, s, again, first.ID)
	if diff := cmp.Diff(notion.Card{
		ID: first.ID, URL: first.URL, Tags: []string{"vip", "refund"}, Priority: "High",
	}, second); diff != "" {
		t.Error(diff)
	}
	if n := s.total(); n != 1 {
		t.Errorf("warm: %v", s.server.Requests())
	}
	want = map[string]string{
		"Name": "Ann of Acme", "Telegram ID": "4242424242", "Username": "@ann2", "Phone": "+15550100",
		"Tags": "vip, refund", "Priority": "High",
	}
	if diff := cmp.Diff(want, s.server.Pages(s.source)[0].Values); diff != "" {
		t.Error(diff)
	}

	s.server.ResetRequests()
	if found := upsert(t, s, again, ""); found.ID != first.ID || found.Created {
		t.Errorf("not found again: %+v", found)
	}
	if n := s.total(); n != 1 {
		t.Errorf("found and up to date: %v", s.server.Requests())
	}
}

// TestCardByHand: what people made, twinned, archived or deleted.
func TestCardByHand(t *testing.T) {
	byHand := map[string]string{"Name": "Ann", "Telegram ID": "4242424242"}
	for name, test := range map[string]struct {
		known   bool
		arrange func(s *stage, id string)
		check   func(t *testing.T, old string, card notion.Card, pages []notiontest.Page)
	}{
		"found, filled in": {
			check: func(t *testing.T, old string, card notion.Card, pages []notiontest.Page) {
				if card.ID != old || card.Created || pages[0].Values["Username"] != "@ann" || pages[0].Title != "Ann" {
					t.Errorf("%+v %+v", card, pages)
				}
			},
		},
		"a twin: the oldest": {
			arrange: func(s *stage, _ string) { s.server.AddPage(s.source, byHand) },
			check: func(t *testing.T, old string, card notion.Card, _ []notiontest.Page) {
				if card.ID != old || card.Twins != 1 {
					t.Errorf("%+v", card)
				}
			},
		},
		"known, archived": {
			known: true, arrange: func(s *stage, id string) { s.server.SetArchived(id, true) },
			check: func(t *testing.T, old string, card notion.Card, pages []notiontest.Page) {
				if card.ID == old || !card.Created || !card.Replaced || len(pages) != 2 {
					t.Errorf("%+v %+v", card, pages)
				}
			},
		},
		"known, deleted for ever": {
			known: true, arrange: func(s *stage, id string) { s.server.DeletePage(id) },
			check: func(t *testing.T, old string, card notion.Card, _ []notiontest.Page) {
				if card.ID == old || !card.Replaced {
					t.Errorf("%+v", card)
				}
			},
		},
		"known, archived, another there": {
			known: true, arrange: func(s *stage, id string) {
				s.server.SetArchived(id, true)
				s.server.AddPage(s.source, byHand)
			},
			check: func(t *testing.T, old string, card notion.Card, pages []notiontest.Page) {
				if card.ID != pages[1].ID || card.Created || card.Replaced {
					t.Errorf("%+v", card)
				}
			},
		},
		"known, its id taken out": {
			known: true, arrange: func(s *stage, id string) { s.server.SetValue(id, "Telegram ID", "") },
			check: func(t *testing.T, old string, card notion.Card, pages []notiontest.Page) {
				if card.ID != old || len(pages) != 1 || pages[0].Values["Telegram ID"] != "4242424242" {
					t.Errorf("%+v %+v", card, pages)
				}
			},
		},
		"known, its id corrected": {
			known: true, arrange: func(s *stage, id string) { s.server.SetValue(id, "Telegram ID", "1") },
			check: func(t *testing.T, old string, card notion.Card, pages []notiontest.Page) {
				if card.ID == old || !card.Created || card.Replaced || len(pages) != 2 {
					t.Fatalf("%+v %+v", card, pages)
				}
				if pages[0].Values["Telegram ID"] != "1" || pages[1].Values["Telegram ID"] != "4242424242" {
					t.Errorf("%+v", pages)
				}
			},
		},
		"known, its id corrected, another there": {
			known: true, arrange: func(s *stage, id string) {
				s.server.SetValue(id, "Telegram ID", "1")
				s.server.AddPage(s.source, byHand)
			},
			check: func(t *testing.T, _ string, card notion.Card, pages []notiontest.Page) {
				if card.ID != pages[1].ID || card.Created || pages[0].Values["Telegram ID"] != "1" {
					t.Errorf("%+v %+v", card, pages)
				}
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, notiontest.Options{})
			id := s.server.AddPage(s.source, byHand)
			if test.arrange != nil {
				test.arrange(s, id)
			}
			known := ""
			if test.known {
				known = id
			}
			card := upsert(t, s, ann(), known)
			test.check(t, id, card, s.server.Pages(s.source))
		})
	}
}

// TestCreateWithoutAnswer: a create whose answer is lost gives one card.
func TestCreateWithoutAnswer(t *testing.T) {
	for name, test := range map[string]struct {
		fault   notiontest.Fault
		lag     int
		unknown bool
		pages   int
	}{
		"took effect":               {fault: notiontest.Fault{Close: true, After: true}, pages: 1},
		"took effect, 502":          {fault: notiontest.Fault{Status: 502, After: true}, pages: 1},
		"took effect, garbage":      {fault: notiontest.Fault{Garbage: "<html>", After: true}, pages: 1},
		"took effect, seen late":    {fault: notiontest.Fault{Close: true, After: true}, lag: 2, pages: 1},
		"took effect, not seen yet": {fault: notiontest.Fault{Close: true, After: true}, lag: 3, unknown: true, pages: 1},
		"no effect":                 {fault: notiontest.Fault{Close: true}, unknown: true, pages: 1},
		"no effect, 500":            {fault: notiontest.Fault{Status: 500}, unknown: true, pages: 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, notiontest.Options{QueryLag: test.lag})
			s.server.Fail("pages.create", test.fault)
			card, err := s.client.Upsert(t.Context(), ann(), topics.KnownCard{})
			if _, unknown := errors.AsType[*topics.UnknownOutcome](err); unknown != test.unknown {
				t.Fatalf("%+v, %v", card, err)
			}
			if test.unknown { // run again, as the lane does
				card = upsert(t, s, ann(), "")
			}
			pages := s.server.Pages(s.source)
			if len(pages) != test.pages || card.ID != pages[0].ID || !card.Created && !test.unknown {
				t.Errorf("%+v, %d pages", card, len(pages))
			}
		})
	}
}

// TestAskedBefore: whoever died after a create left finds its page although it is seen late,
// and makes another only where there is none.
func TestAskedBefore(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		ago    time.Duration
		effect bool
		lag    int
		pages  int
		pauses int
	}{
		"took effect":            {ago: time.Second, effect: true, pages: 1},
		"took effect, seen late": {ago: time.Second, effect: true, lag: 3, pages: 1, pauses: 3},
		"no effect":              {ago: time.Second, pages: 1, pauses: 3},
		"no effect, long ago":    {ago: 2 * time.Minute, pages: 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, notiontest.Options{QueryLag: test.lag}, func(o *notion.Options) {
				o.Now = func() time.Time { return now }
			})
			if test.effect {
				died, cancel := context.WithCancel(t.Context())
				s.server.Fail("pages.create", notiontest.Fault{After: true, Close: true})
				s.client.SetSleep(func(ctx context.Context, _ time.Duration) error { cancel(); return ctx.Err() })
				if _, err := s.client.Upsert(died, ann(), topics.KnownCard{}); err == nil {
					t.Fatal("it did not die")
				}
			}
			asked := 0
			next := s.newClient(t, func(o *notion.Options) { o.Now = func() time.Time { return now } })
			card, err := next.Upsert(t.Context(), ann(), topics.KnownCard{
				Asked: now.Add(-test.ago), Asking: func(context.Context) error { asked++; return nil },
			})
			pages := s.server.Pages(s.source)
			if err != nil || len(pages) != test.pages || card.ID != pages[0].ID || !card.Created {
				t.Errorf("%+v, %v, %d pages", card, err, len(pages))
			}
			if test.effect == (asked > 0) || len(s.pauses) != test.pauses {
				t.Errorf("asked for %d times, pauses %v", asked, s.pauses)
			}
		})
	}
}

// TestAskingFails: what cannot be written down is not asked for.
func TestAskingFails(t *testing.T) {
	s := newStage(t, notiontest.Options{})
	full := errors.New("the disk is full")
	_, err := s.client.Upsert(t.Context(), ann(), topics.KnownCard{Asking: func(context.Context) error { return full }})
	if !errors.Is(err, full) || len(s.server.Pages(s.source)) != 0 {
		t.Errorf("%v, %d pages", err, len(s.server.Pages(s.source)))
	}
}

// TestCardLimits: what is too long for Notion is cut, and never inside a character.
func TestCardLimits(t *testing.T) {
	s := newStage(t, notiontest.Options{})
	long := strings.Repeat("a", 1999) + "😀" + strings.Repeat("b", 3000)
	upsert(t, s, topics.Customer{ID: 7, Name: long, Username: long, Phone: strings.Repeat("1", 500)}, "")
	page := s.server.Pages(s.source)[0]
	for name, limit := range map[string]int{"Name": 2000, "Username": 2000, "Phone": 200} {
		if n := topics.UTF16Len(page.Values[name]); n > limit || n < limit-2 || !strings.HasSuffix(page.Values[name], "…") {
			t.Errorf("%s has %d units", name, n)
		}
	}
	upsert(t, s, topics.Customer{ID: 8}, "")
	upsert(t, s, topics.Customer{ID: 9, Username: "bob", Name: "\x00\x01"}, "")
	pages := s.server.Pages(s.source)
	if pages[1].Title != "Telegram 8" || pages[2].Title != "@bob" {
		t.Errorf("%q %q", pages[1].Title, pages[2].Title)
	}
}

// TestOtherShapes: each type that a property may have, and properties that are left out.
func TestOtherShapes(t *testing.T) {
	for name, test := range map[string]struct {
		columns map[string]string
		change  func(*notion.Properties)
		want    map[string]string
	}{
		"texts and status": {
			columns: map[string]string{
				"Name":        "title",
				"Telegram ID": "rich_text",
				"Username":    "rich_text",
				"Phone":       "rich_text",
				"Tags":        "multi_select",
				"Priority":    "status",
				"Mystery":     "place",
			},
			want: map[string]string{
				"Name": "Ann Smith", "Telegram ID": "4242424242", "Username": "@ann", "Phone": "+15550100",
				"Tags": "vip", "Priority": "High",
			},
		},
		"the id as title": {
			columns: map[string]string{"Telegram ID": "title", "Tags": "multi_select", "Priority": "select"},
			change:  func(p *notion.Properties) { p.Name, p.Username, p.Phone = "", "", "" },
			want:    map[string]string{"Telegram ID": "4242424242", "Tags": "vip", "Priority": "High"},
		},
		"missing and of other types": {
			columns: map[string]string{
				"Title":       "title",
				"Telegram ID": "number",
				"Phone":       "number",
				"Tags":        "multi_select",
				"Priority":    "select",
			},
			want: map[string]string{"Telegram ID": "4242424242", "Tags": "vip", "Priority": "High"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, notiontest.Options{})
			db, sources := s.server.AddDatabase("Other", notiontest.Source{Name: "x", Properties: test.columns})
			client := s.newClient(t, func(o *notion.Options) {
				o.DatabaseID = db
				if test.change != nil {
					test.change(&o.Properties)
				}
			})
			var card notion.Card
			for range 2 {
				var err error
				if card, err = client.Upsert(t.Context(), ann(), topics.KnownCard{}); err != nil {
					t.Fatal(err)
				}
				s.server.SetTags(card.ID, "vip")
				s.server.SetPriority(card.ID, "High")
			}
			if cmp.Diff([]string{"vip"}, card.Tags) != "" || card.Priority != "High" {
				t.Errorf("%+v", card)
			}
			pages := s.server.Pages(sources[0])
			if len(pages) != 1 || cmp.Diff(test.want, pages[0].Values) != "" {
				t.Errorf("%+v", pages)
			}
		})
	}
}

// TestSchemaChanges: a property that is renamed is told, and cards go on once it is put right.
func TestSchemaChanges(t *testing.T) {
	s := newStage(t, notiontest.Options{})
	upsert(t, s, ann(), "")
	s.server.SetProperty(s.source, "Telegram ID", "")
	s.server.SetProperty(s.source, "TG", "number")
	_, first := s.client.Upsert(t.Context(), ann(), topics.KnownCard{})
	_, second := s.client.Upsert(t.Context(), ann(), topics.KnownCard{})
	refusal, ok := errors.AsType[*notion.Error](second)
	if first == nil || !ok || refusal.Kind != notion.KindSchema || !strings.Contains(second.Error(), "Telegram ID") {
		t.Fatalf("%v, then %v", first, second)
	}
	s.server.SetProperty(s.source, "Telegram ID", "number")
	if card, err := s.client.Upsert(t.Context(), ann(), topics.KnownCard{}); err != nil || card.ID == "" {
		t.Errorf("%+v, %v", card, err)
	}
}

// TestArchive: erasing twice, or what is gone, is done.
func TestArchive(t *testing.T) {
	s := newStage(t, notiontest.Options{})
	card := upsert(t, s, ann(), "")
	block := s.server.AddBlock(card.ID, "hello")
	for range 2 {
		if err := s.client.DeleteBlock(t.Context(), block); err != nil {
			t.Error(err)
		}
	}
	for range 2 {
		if err := s.client.Archive(t.Context(), card.ID); err != nil {
			t.Error(err)
		}
	}
	if pages := s.server.Pages(s.source); !pages[0].Archived || len(s.server.Blocks(card.ID)) != 0 {
		t.Errorf("%+v", pages)
	}
	s.server.DeletePage(card.ID)
	if err := errors.Join(s.client.Archive(t.Context(), card.ID), s.client.DeleteBlock(t.Context(), block)); err != nil {
		t.Error(err)
	}
	s.server.Fail("*", notiontest.Fault{Status: 401, Times: -1})
	if s.client.Archive(t.Context(), card.ID) == nil || s.client.DeleteBlock(t.Context(), block) == nil {
		t.Error("a refused token passed for done")
	}
}

// TestTranscriptPage: one page for a topic, found again after a lost answer.
func TestTranscriptPage(t *testing.T) {
	s := newStage(t, notiontest.Options{})
	card := upsert(t, s, ann(), "")
	s.server.AddBlock(card.ID, "a note of the team")
	s.server.Fail("pages.create", notiontest.Fault{Close: true, After: true})
	const title = "Transcript -100/5"
	made, err := s.client.EnsureTranscriptPage(t.Context(), card.ID, title, "")
	if err != nil || !made.Created {
		t.Fatalf("%+v, %v", made, err)
	}
	for _, known := range []string{"", made.ID} {
		again, err := s.client.EnsureTranscriptPage(t.Context(), card.ID, title, known)
		if err != nil || again.ID != made.ID || again.URL == "" || again.Created {
			t.Errorf("%+v, %v", again, err)
		}
	}
	s.server.SetArchived(made.ID, true)
	next, err := s.client.EnsureTranscriptPage(t.Context(), card.ID, title, made.ID)
	if err != nil || next.ID == made.ID || !next.Created {
		t.Errorf("%+v, %v", next, err)
	}
	s.server.SetArchived(card.ID, true)
	_, err = s.client.EnsureTranscriptPage(t.Context(), card.ID, "other", "")
	if refusal, ok := errors.AsType[*notion.Error](err); !ok || refusal.Kind != notion.KindArchived {
		t.Errorf("below a card in the trash: %v", err)
	}
}

func TestEndedContext(t *testing.T) {
	s := newStage(t, notiontest.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.client.Upsert(ctx, ann(), topics.KnownCard{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if len(s.server.Pages(s.source)) != 0 {
		t.Error("a page was made")
	}
}
