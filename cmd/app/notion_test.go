package app_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"topicpilot/integrations/notion/notiontest"
	"topicpilot/integrations/telegram/telegramtest"
)

const notionSecret = "ntn_tokenOfTheTests000000000000000000"

// board is the team's workspace in Notion with a database of customers.
type board struct {
	*notiontest.Server
	database, source string
}

func newBoard(t *testing.T) *board {
	t.Helper()
	b := &board{Server: notiontest.New(notiontest.Options{Token: notionSecret})}
	if err := b.Start("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	database, sources := b.AddDatabase("CRM", notiontest.Customers())
	b.database, b.source = database, sources[0]
	return b
}

// yml connects the bot; more are further keys, as in ", transcript: page".
func (b *board) yml(more string) string {
	return fmt.Sprintf("integrations:\n  - {type: notion, id: cards, token: %q, api_url: %q, database_id: %q%s}\n",
		notionSecret, b.URL(), b.database, more)
}

// total counts all requests since the last ResetRequests.
func (b *board) total() int {
	n := 0
	for _, count := range b.Requests() {
		n += count
	}
	return n
}

// boardStage is a started bot with a board.
func boardStage(t *testing.T, more string, options ...string) (*stage, *board) {
	t.Helper()
	b := newBoard(t)
	s := newStage(t, telegramtest.Options{}, append(options, b.yml(more))...)
	s.private = append(s.private, notionSecret)
	s.start()
	return s, b
}

// TestNotion: one card, found before it is made, with the link, tags and priority; warm
// within three requests; and the link stands in /info.
func TestNotion(t *testing.T) {
	t.Parallel()
	s, b := boardStage(t, "")
	thread, again := s.topic(11, "Ann"), s.topic(11, "Ann")
	s.post(thread, olgaID, "/info")
	s.lacks(s.answers(thread, 1)[0].Text, "Notion")
	s.post(thread, olgaID, "/notion")
	made := s.last(thread, "Notion card made:")
	pages := b.Pages(b.source)
	if len(pages) != 1 {
		t.Fatalf("pages: %+v", pages)
	}
	s.holds(made.Text, pages[0].URL, "Tags: none", "Priority: none")
	for name, want := range map[string]string{
		"Name": "Ann", "Telegram ID": "11", "Username": "@user_11", "Phone": "+12125550123",
	} {
		if got := pages[0].Values[name]; got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	b.SetTags(pages[0].ID, "vip", "domains")
	b.SetPriority(pages[0].ID, "High")
	b.SetValue(pages[0].ID, "Name", "Ann, the team's own name")
	b.ResetRequests()
	s.post(again, olgaID, "/notion")
	got := s.last(again, "Notion card, up to date:")
	s.holds(got.Text, pages[0].URL, "Tags: vip, domains", "Priority: High")
	if n := b.total(); n > 3 {
		t.Errorf("%d requests when warm, want 3 at most: %v", n, b.Requests())
	}
	s.post(again, olgaID, "/info")
	s.last(again, "Notion: "+pages[0].URL)
	s.post(thread, mirrorID, "/notion")
	s.redeliverAll()
	if pages := b.Pages(b.source); len(pages) != 1 || pages[0].Title != "Ann, the team's own name" {
		t.Errorf("pages: %+v", pages)
	}
	s.stop()
	s.start()
	b.ResetRequests()
	s.post(thread, olgaID, "/notion")
	s.last(thread, "Notion card, up to date:")
	if updates := b.Requests()["pages.update"]; updates != 1 || b.Requests()["pages.create"] != 0 {
		t.Errorf("after a restart: %v", b.Requests())
	}
}

// TestNotionByHand: cards made by hand are found; of twins the oldest is used and they are
// told; one archived by hand gets a successor.
func TestNotionByHand(t *testing.T) {
	t.Parallel()
	s, b := boardStage(t, "")
	oldest := b.AddPage(b.source, map[string]string{"Name": "By hand", "Telegram ID": "11", "Tags": "old"})
	b.AddPage(b.source, map[string]string{"Name": "Twin", "Telegram ID": "11"})
	thread := s.topic(11, "Ann")
	s.post(thread, olgaID, "/notion")
	got := s.last(thread, "Notion card, up to date:")
	s.holds(got.Text, oldest[:8], "Tags: old",
		"There is 1 more card with this Telegram ID. I use the oldest; please merge them.")
	if pages := b.Pages(b.source); len(pages) != 2 || pages[0].Title != "By hand" {
		t.Errorf("pages: %+v", pages)
	}
	for _, page := range b.Pages(b.source) {
		b.SetArchived(page.ID, true)
	}
	s.post(thread, olgaID, "/notion")
	got = s.last(thread, "The former Notion card was archived, so I made a new one:")
	s.lacks(got.Text, oldest[:8])
	if pages := b.Pages(b.source); len(pages) != 3 || pages[2].Archived {
		t.Errorf("pages: %+v", pages)
	}
}

// TestNotionTwice: the command from two topics at once, and a create whose answer is
// lost, make one card.
func TestNotionTwice(t *testing.T) {
	t.Parallel()
	s, b := boardStage(t, "")
	one, two := s.topic(11, "Ann"), s.topic(11, "Ann")
	lost := s.topic(12, "Bob")
	b.Fail("pages.create", notiontest.Fault{After: true, Close: true})
	s.post(lost, olgaID, "/notion")
	s.last(lost, "https://")
	s.post(one, olgaID, "/notion")
	s.post(two, olgaID, "/notion")
	s.last(one, "https://")
	s.last(two, "https://")
	if pages := b.Pages(b.source); len(pages) != 2 {
		t.Errorf("pages: %+v", pages)
	}
	if n := len(s.ours(lost)); n != 1 {
		t.Errorf("%d answers to the lost create", n)
	}
}

// TestNotionFaults: what is wrong is said in words that name the remedy, once.
func TestNotionFaults(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		spoil func(b *board)
		want  string
	}{
		{"not shared", func(b *board) { b.SetShared(b.database, false) }, "Please share it with the integration"},
		{"token", func(b *board) { b.Fail("*", notiontest.Fault{Times: -1, Status: 401}) }, "Notion refuses the token"},
		{"rights", func(b *board) { b.Fail("*", notiontest.Fault{Times: -1, Status: 403}) }, "lacks a right"},
		{
			"too long a pause",
			func(b *board) { b.Fail("dataSources.query", notiontest.Fault{Times: -1, Status: 429, RetryAfter: 61}) },
			"Notion asks for too long a pause. Please try again later.",
		},
		{
			"no id", func(b *board) { b.SetProperty(b.source, "Telegram ID", "") },
			"“topicpilot doctor”: it says what to change",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBoard(t)
			test.spoil(b)
			s := newStage(t, telegramtest.Options{}, b.yml(""))
			s.private = append(s.private, notionSecret)
			s.start()
			thread := s.topic(11, "Ann")
			s.post(thread, olgaID, "/notion")
			s.last(thread, test.want)
			s.idle()
			if n := len(s.ours(thread)); n != 1 {
				t.Errorf("%d answers", n)
			}
			s.post(thread, olgaID, "/info")
			s.holds(s.answers(thread, 2)[1].Text, "Ann")
		})
	}
}

// TestNotionSeveralSources: of several data sources one has to be chosen.
func TestNotionSeveralSources(t *testing.T) {
	t.Parallel()
	b := newBoard(t)
	database, sources := b.AddDatabase("Two", notiontest.Customers(), notiontest.Customers())
	b.database = database
	s := newStage(t, telegramtest.Options{}, b.yml(""))
	s.start()
	thread := s.topic(11, "Ann")
	s.post(thread, olgaID, "/notion")
	s.last(thread, "The Notion database does not fit the settings.")
	s.eventually("the log tells what to set", func() bool {
		return strings.Contains(s.log.String(), "data_source_id") && strings.Contains(s.log.String(), sources[1])
	})
	s.stop()
	s.replace(", database_id:", fmt.Sprintf(", data_source_id: %q, database_id:", sources[1]))
	s.start()
	s.post(thread, olgaID, "/notion")
	s.last(thread, "Notion card made:")
	if n := len(b.Pages(sources[1])); n != 1 {
		t.Errorf("%d pages in the chosen source", n)
	}
}

// TestNotionPauses: a short pause is waited for in silence, a long one is told once; an
// outage is got over.
func TestNotionPauses(t *testing.T) {
	t.Parallel()
	s, b := boardStage(t, "")
	short, long, down := s.topic(11, "Ann"), s.topic(12, "Bob"), s.topic(13, "Cid")
	b.Fail("dataSources.query", notiontest.Fault{Status: 429, RetryAfter: 1})
	s.post(short, olgaID, "/notion")
	s.last(short, "Notion card made:")
	b.Fail("dataSources.query", notiontest.Fault{Status: 503, Times: 2})
	s.post(down, olgaID, "/notion")
	s.last(down, "Notion card made:")
	b.Fail("dataSources.query", notiontest.Fault{Status: 429, RetryAfter: 6})
	s.post(long, olgaID, "/notion")
	s.last(long, "Notion asks for a pause of 6 seconds. I will answer then.")
	s.redeliverInPause(long)
	for thread, want := range map[int]int{short: 1, down: 1, long: 2} {
		if n := len(s.ours(thread)); n != want {
			t.Errorf("%d messages in topic %d, want %d", n, thread, want)
		}
	}
}

// redeliverInPause delivers all once more while an answer is still waited for.
func (s *stage) redeliverInPause(thread int) {
	s.t.Helper()
	s.settle()
	for _, id := range s.tg.Delivered() {
		s.must(s.tg.Redeliver(id))
	}
	began := time.Now()
	s.last(thread, "Notion card made:")
	if time.Since(began) < time.Second {
		s.t.Error("the pause was not kept")
	}
	s.settle()
}

// TestNotionNotSet: without the integration the remedy is named.
func TestNotionNotSet(t *testing.T) {
	t.Parallel()
	for language, want := range map[string]string{
		"en": "Notion is not connected yet.", "ru": "Notion", "uk": "Notion",
	} {
		s := newStage(t, telegramtest.Options{}, "    language: "+language)
		s.start()
		thread := s.topic(11, "Ann")
		s.post(thread, olgaID, "/notion")
		s.last(thread, want)
		s.post(thread, olgaID, "/transcript notion")
		s.holds(s.answers(thread, 2)[1].Text, want)
	}
}

// TestNotionText: the id as a text property, a status for the priority, and what is set to
// "" left out.
func TestNotionText(t *testing.T) {
	t.Parallel()
	b := newBoard(t)
	database, sources := b.AddDatabase("Other", notiontest.Source{Name: "People", Properties: map[string]string{
		"Title": "title", "TG": "rich_text", "State": "status",
	}})
	b.database, b.source = database, sources[0]
	s := newStage(t, telegramtest.Options{}, b.yml(
		`, properties: {user_id: TG, name: Title, username: "", phone: "", tags: "", priority: State}`))
	s.start()
	thread := s.topic(9007199254740993, "Ann")
	s.post(thread, olgaID, "/notion")
	s.last(thread, "Notion card made:")
	pages := b.Pages(b.source)
	if len(pages) != 1 || pages[0].Values["TG"] != "9007199254740993" || len(pages[0].Values) != 2 {
		t.Fatalf("pages: %+v", pages)
	}
	b.SetValue(pages[0].ID, "State", "Open")
	s.post(thread, olgaID, "/notion")
	s.holds(s.last(thread, "up to date").Text, "Priority: Open", "Tags: none")
}
