package notion_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/jomei/notionapi"

	"topicpilot/integrations/notion"
	"topicpilot/integrations/notion/notiontest"
)

// TestArchiveAsked: only cards that were made since one was asked for go, and of the
// customer alone.
func TestArchiveAsked(t *testing.T) {
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	s := newStage(t, notiontest.Options{Now: func() time.Time { return now }})
	s.server.AddPage(s.source, map[string]string{"Name": "By hand", "Telegram ID": "7"})
	now = now.Add(10 * time.Minute)
	asked := now
	s.server.AddPage(s.source, map[string]string{"Name": "Ours", "Telegram ID": "7"})
	s.server.AddPage(s.source, map[string]string{"Name": "Another", "Telegram ID": "8"})
	for _, want := range []int{1, 0} {
		if n, err := s.client.ArchiveAsked(t.Context(), 7, asked); err != nil || n != want {
			t.Errorf("%d archived, want %d: %v", n, want, err)
		}
	}
	for _, page := range s.server.Pages(s.source) {
		if page.Archived != (page.Title == "Ours") {
			t.Errorf("%s: archived %t", page.Title, page.Archived)
		}
	}
}

// TestClearCard: a card that is another customer's by now, or gone, is left alone.
func TestClearCard(t *testing.T) {
	s := newStage(t, notiontest.Options{})
	values := map[string]string{"Name": "By hand", "Telegram ID": "7", "Username": "@ann", "Phone": "+1"}
	mine, other := s.server.AddPage(s.source, values), s.server.AddPage(s.source, values)
	gone := s.server.AddPage(s.source, values)
	s.server.SetValue(other, "Telegram ID", "8")
	s.server.SetArchived(gone, true)
	for _, id := range []string{mine, mine, other, gone, "00000000-0000-4000-8000-000000000000"} {
		if err := s.client.ClearCard(t.Context(), id, 7); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
	for _, page := range s.server.Pages(s.source) {
		cleared := page.Values["Username"] == "" && page.Values["Phone"] == ""
		if cleared != (page.ID == mine) || page.Title != "By hand" {
			t.Errorf("%+v", page)
		}
	}
}

// sums are the marks of paragraphs with these texts.
func sums(texts ...string) []string {
	var blocks []notion.Block
	for _, text := range texts {
		item := notionapi.RichText{Text: &notionapi.Text{Content: text}}
		blocks = append(blocks, notion.Block{Paragraph: notionapi.Paragraph{RichText: []notionapi.RichText{item}}})
	}
	return notion.Sums(blocks)
}

// TestDeleteUnsettled: what stands behind the last known block goes, and no block of the
// team; what is missing may still come.
func TestDeleteUnsettled(t *testing.T) {
	s := newStage(t, notiontest.Options{})
	for _, lost := range []bool{false, true} {
		card := s.server.AddPage(s.source, map[string]string{"Name": "By hand", "Telegram ID": "7"})
		last := s.server.AddBlock(card, "known")
		s.server.AddBlock(card, "the team's")
		s.server.AddBlock(card, "")
		note, err := json.Marshal(map[string]any{"last": last, "sums": sums("one", "", "two")})
		if err != nil {
			t.Fatal(err)
		}
		if lost {
			s.server.RemoveBlock(last)
		}
		s.server.AddBlock(card, "one")
		for _, want := range []struct {
			deleted int
			settled bool
		}{{1, false}, {0, false}} {
			n, settled, err := s.client.DeleteUnsettled(t.Context(), card, note)
			if err != nil || n != want.deleted || settled != want.settled {
				t.Errorf("%d deleted, settled %t, want %+v: %v", n, settled, want, err)
			}
		}
		s.server.AddBlock(card, "one")
		s.server.AddBlock(card, "two")
		if n, settled, err := s.client.DeleteUnsettled(t.Context(), card, note); err != nil || n != 2 || !settled {
			t.Errorf("%d deleted, settled %t: %v", n, settled, err)
		}
		for _, block := range s.server.Blocks(card) {
			if block.Text != "known" && block.Text != "the team's" && block.Text != "" {
				t.Errorf("%q is left", block.Text)
			}
		}
		n, settled, err := s.client.DeleteUnsettled(t.Context(), card, []byte(`{"last":"x"}`))
		if err != nil || n != 0 || !settled {
			t.Errorf("a note of nothing: %d, %t, %v", n, settled, err)
		}
	}
}
