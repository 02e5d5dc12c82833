package app_test

import (
	"strings"
	"testing"

	"topicpilot/integrations/telegram/telegramtest"
	"topicpilot/topics"
	"topicpilot/topics/topicsapi/topicsapitest"
)

// TestTranscriptNotionMigrated: once the group has become another chat, its transcripts go on
// on the pages that they have. Customers stand there with their own names.
func TestTranscriptNotionMigrated(t *testing.T) {
	t.Parallel()
	s, b := boardStage(t, ", transcript: page")
	thread := s.topic(11, "Ann")
	s.post(thread, mirrorID, "said before")
	s.post(thread, olgaID, "/transcript notion")
	s.last(thread, "Transcript in Notion: ")
	cards := b.Pages(b.source)
	if len(cards) != 1 {
		t.Fatalf("cards: %+v", cards)
	}
	page := b.Pages(cards[0].ID)[0]
	s.settle()
	s.must(s.tg.Migrate(groupID, migratedID))
	moved := topics.Conversation{ChatID: migratedID, ThreadID: int64(thread)}
	s.api.SetTopic(connection(), moved, topicsapitest.Info{UserID: 11, Name: "Ann"})
	for _, post := range []telegramtest.Post{
		{From: mirrorID, Text: "said after"}, {From: olgaID, Text: "/transcript notion"},
	} {
		post.Chat, post.Thread = migratedID, thread
		_, err := s.tg.Post(post)
		s.must(err)
	}
	s.eventually("the answer in the new chat", func() bool {
		for _, m := range s.tg.Messages(migratedID) {
			if strings.Contains(m.Text, "Transcript in Notion: ") {
				return strings.Contains(m.Text, page.URL)
			}
		}
		return false
	})
	if pages := b.Pages(cards[0].ID); len(pages) != 1 {
		t.Errorf("pages below the card: %+v", pages)
	}
	text := b.texts(page.ID)
	for _, said := range []string{
		"· Ann (customer)\nsaid before", "· Ann (customer)\nsaid after", "— Topic created: Ann",
	} {
		if strings.Count(text, said) != 1 {
			t.Errorf("no single %q in:\n%s", said, text)
		}
	}
}
