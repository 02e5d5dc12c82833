package app_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"topicpilot/integrations/notion/notiontest"
	"topicpilot/integrations/telegram/telegramtest"
)

// TestForgetInTheMiddle: what is under way when the customer is erased leaves nothing
// behind: neither the answer of a slow command, nor a card that Notion makes meanwhile.
func TestForgetInTheMiddle(t *testing.T) {
	t.Parallel()
	y, b := newSystem(t), newBoard(t)
	release := make(chan struct{})
	y.on("/do", func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
		body200(`{"words":"wombat-answer"}`)(w, r)
	})
	s := newStage(t, telegramtest.Options{}, strings.Replace(tellYML(y.url), "timeout: 2s", "timeout: 15s", 1), b.yml(""))
	s.start()
	one, two := s.customer()
	s.post(one, olgaID, "/activate")
	s.eventually("the request is on its way", func() bool { return len(y.questions("/do")) == 1 })
	b.Fail("pages.create", notiontest.Fault{After: true, Delay: 2 * time.Second})
	s.post(two, olgaID, "/notion")
	s.eventually("the card is being made", func() bool { return len(b.Pages(b.source)) == 1 })
	s.post(one, olgaID, "/forget")
	asks := s.last(one, "Erase everything")
	s.button(asks, olgaID, "Do it")
	s.eventually("the receipt", func() bool {
		m, _ := s.tg.Message(groupID, asks.ID)
		return strings.Contains(m.Text, "Customer 11 is erased.")
	})
	close(release)
	s.idle()
	s.eventually("no card of the customer is left", func() bool {
		for _, page := range b.Pages(b.source) {
			if !page.Archived {
				return false
			}
		}
		return true
	})
	s.gone(erased...)
	for _, thread := range []int{one, two} {
		for _, m := range s.ours(thread) {
			if strings.Contains(m.Text, "wombat-answer") {
				t.Errorf("after the erasure: %q", m.Text)
			}
		}
	}
}

// TestForgetDuringAnExport: an export into Notion that is under way when the customer is
// erased leaves no page behind.
func TestForgetDuringAnExport(t *testing.T) {
	t.Parallel()
	s, b := boardStage(t, ", transcript: page")
	one, _ := s.customer()
	b.Fail("blocks.children.append", notiontest.Fault{After: true, Delay: 2 * time.Second})
	s.post(one, olgaID, "/transcript notion")
	s.eventually("it is being written", func() bool { return b.Requests()["blocks.children.append"] == 1 })
	s.post(one, olgaID, "/forget")
	asks := s.last(one, "Erase everything")
	s.button(asks, olgaID, "Do it")
	s.eventually("the receipt", func() bool {
		m, _ := s.tg.Message(groupID, asks.ID)
		return strings.Contains(m.Text, "Customer 11 is erased.")
	})
	s.idle()
	s.eventually("no page of the customer is left", func() bool {
		cards := b.Pages(b.source)
		return len(cards) == 1 && cards[0].Archived
	})
	s.gone(erased...)
	s.quiet()
	if cards := b.Pages(b.source); len(cards) != 1 {
		t.Errorf("cards: %+v", cards)
	}
}
