package app_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"topicpilot/integrations/notion/notiontest"
)

// forget erases the topic's customer and waits for the receipt.
func (s *stage) forget(thread int) string {
	s.t.Helper()
	s.post(thread, olgaID, "/forget")
	asks := s.last(thread, "Erase everything")
	s.button(asks, olgaID, "Do it")
	text := ""
	s.eventually("the receipt", func() bool {
		m, _ := s.tg.Message(groupID, asks.ID)
		text = m.Text
		return strings.Contains(text, "Customer 11 is erased.")
	})
	return text
}

// longTalk fills a topic so that its transcript takes three requests of a few blocks each.
func (s *stage) longTalk(thread int) {
	s.t.Helper()
	for i := range 250 {
		if i%25 == 0 {
			s.post(thread, mirrorID, "wombat-question")
		} else {
			s.post(thread, olgaID, "/ wombat-comment")
		}
	}
	s.settle()
}

// TestForgetWhileExporting: an export that is under way when the customer is erased leaves
// no block on a card made by hand, also where Notion carries out a request late.
func TestForgetWhileExporting(t *testing.T) {
	t.Parallel()
	for name, second := range map[string]notiontest.Fault{
		"answered late":    {After: true, Delay: 3 * time.Second},
		"carried out late": {Delay: 3 * time.Second},
		"answer lost":      {After: true, Close: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, b := boardStage(t, ", transcript: card", "transcript: {comments: false}")
			card := b.AddPage(b.source, map[string]string{"Name": "By hand", "Telegram ID": "11"})
			b.AddBlock(card, "a note of the team")
			one, _ := s.customer()
			s.longTalk(one)
			var appends atomic.Int32
			b.SetChaos(func(route string) (notiontest.Fault, bool) {
				switch route {
				case "blocks.children.append":
					return second, appends.Add(1) == 2
				case "blocks.children.list": // what became of the request is not to be learnt
					return notiontest.Fault{Status: http.StatusServiceUnavailable}, appends.Load() == 2
				}
				return notiontest.Fault{}, false
			})
			s.post(one, olgaID, "/transcript notion")
			s.eventually("the second request", func() bool { return appends.Load() == 2 })
			s.holds(b.texts(card), "wombat-question")
			s.forget(one)
			b.ClearFaults()
			for began := time.Now(); b.texts(card) != "a note of the team" && time.Since(began) < time.Minute; {
				time.Sleep(50 * time.Millisecond)
			}
			s.idle()
			if text := b.texts(card); text != "a note of the team" {
				t.Errorf("left on the card: %d lines", strings.Count(text, "\n")+1)
			}
			s.gone(erased...)
			s.quiet()
		})
	}
}

// TestForgetCardInTheMaking: a card that Notion makes while the customer is erased, or soon
// after, is archived; the receipt counts it as pending where it is not to be seen yet.
func TestForgetCardInTheMaking(t *testing.T) {
	t.Parallel()
	s, b := boardStage(t, "")
	one, _ := s.customer()
	// Neither the wish nor the answer gets through at once.
	b.Fail("pages.create", notiontest.Fault{Delay: 25 * time.Second})
	s.post(one, olgaID, "/notion")
	s.eventually("the card is asked for", func() bool { return b.Requests()["pages.create"] == 1 })
	b.Fail("dataSources.query", notiontest.Fault{Status: http.StatusServiceUnavailable})
	b.Fail("dataSources.query", notiontest.Fault{Status: http.StatusServiceUnavailable})
	s.holds(s.forget(one), "pending in Notion: 1")
	s.gone(erased...)
	s.eventually("the card is made and archived", func() bool {
		pages := b.Pages(b.source)
		return len(pages) == 1 && pages[0].Archived
	})
	s.idle()
}

// TestForgetCardByHand: what we have written into a card made by hand is emptied there; the
// rest of it is the team's.
func TestForgetCardByHand(t *testing.T) {
	t.Parallel()
	s, b := boardStage(t, "")
	b.AddPage(b.source, map[string]string{"Name": "By hand", "Telegram ID": "11"})
	one, _ := s.customer()
	s.post(one, olgaID, "/notion")
	s.last(one, "Notion card")
	if values := b.Pages(b.source)[0].Values; values["Phone"] == "" || values["Username"] == "" {
		t.Fatalf("nothing was written: %v", values)
	}
	s.lacks(s.forget(one), "pending")
	card := b.Pages(b.source)[0]
	if card.Archived || card.Values["Phone"]+card.Values["Username"] != "" ||
		card.Title != "By hand" || card.Values["Telegram ID"] != "11" {
		t.Errorf("%+v", card)
	}
}
