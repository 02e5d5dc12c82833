package app_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"topicpilot/integrations/telegram/telegramtest"
)

// urls are the addresses that a message leads to, in their order.
func urls(m telegramtest.Message) []string {
	var list []string
	for _, e := range m.Entities {
		if e.Type == "text_link" {
			list = append(list, e.URL)
		}
	}
	return list
}

// TestFind: an operator searches the topic, an admin in General the whole group; ten hits
// a page, the present text alone.
func TestFind(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{}, "    operators: [77, 78]", "    admins: [77]")
	s.private = append(s.private, "zebra", "giraffe", "lion")
	s.start()
	s.person(pavelID, "Pavel", telegramtest.Regular)
	one, two := s.topic(11, "Ann"), s.topic(12, "Bob")
	var last telegramtest.Message
	for i := range 23 {
		last = s.post(one, mirrorID, fmt.Sprintf("The zebra number %02d", i))
	}
	edited := s.post(one, mirrorID, "A giraffe")
	_, err := s.tg.Edit(groupID, edited.ID, "A lion")
	s.must(err)
	theirs := s.write(telegramtest.Post{
		Thread: two, From: olgaID, Text: "/ zebra of a comment", Time: time.Now().Add(5 * time.Second),
	})
	s.settle()
	s.post(one, pavelID, "/find zebra")
	page := s.last(one, "Found in this topic, latest first")
	link := fmt.Sprintf("https://t.me/c/1234567890/%d/%d", one, last.ID)
	if got := urls(page); len(got) != 10 || got[0] != link {
		t.Errorf("links %q, the first should be %s", got, link)
	}
	s.holds(page.Text, "zebra number 22", "customer")
	s.lacks(page.Text, "zebra number 12", "comment")
	if labels := s.labels(page); labels != "More" {
		t.Errorf("buttons %q", labels)
	}
	s.stop()
	s.start()
	s.holds(s.button(page, guestID, "More"), "operators")
	s.button(page, olgaID, "More")
	s.holds(s.last(one, "Page 2.").Text, "zebra number 12", "zebra number 03")
	s.button(page, pavelID, "More")
	got := s.last(one, "Page 3.")
	if labels := s.labels(got); labels != "Back" || len(urls(got)) != 3 || got.ID != page.ID {
		t.Errorf("buttons %q, %d hits, message %d", labels, len(urls(got)), got.ID)
	}
	s.post(one, olgaID, "/find giraffe")
	s.last(one, "Nothing found in this topic.")
	s.post(one, olgaID, "/find lions")
	if got := urls(s.last(one, "A lion")); len(got) != 1 || !strings.HasSuffix(got[0], fmt.Sprint("/", edited.ID)) {
		t.Errorf("links %q", got)
	}
	s.post(0, pavelID, "/find zebra")
	s.last(0, "searches the whole group, so it is for admins")
	s.post(0, olgaID, "/find zebra")
	got = s.last(0, "Found in the whole group, latest first")
	s.lacks(got.Text, "/find")
	s.holds(got.Text, "operator, comment", "customer")
	if list := urls(got); len(list) != 10 || list[0] != fmt.Sprintf("https://t.me/c/1234567890/%d/%d", two, theirs.ID) {
		t.Errorf("links %q", list)
	}
	s.post(one, mirrorID, "/find zebra")
	n := len(s.ours(one))
	s.post(one, guestID, "/find zebra")
	s.holds(s.answers(one, n+1)[n].Text, "for this group's operators")
}

// TestFindLanguages: other endings of a word are found in each language, and answered in
// the group's.
func TestFindLanguages(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ language, words, text, found, none string }{
		{"en", "invoices", "Please send the invoice again", "Found in this topic", "Nothing found"},
		{"ru", "посылку", "Где моя посылка?", "Найдено в этой теме", "ничего не нашлось"},
		{"uk", "посилку", "Де моя посилка?", "Знайдено в цій темі", "нічого не знайшлося"},
	} {
		t.Run(test.language, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, telegramtest.Options{}, "    language: "+test.language)
			s.private = append(s.private, test.text)
			s.start()
			thread := s.topic(11, "Ann")
			s.post(thread, mirrorID, test.text)
			s.post(thread, olgaID, "/find "+test.words)
			s.holds(s.last(thread, test.found).Text, test.text)
			s.post(thread, olgaID, "/find слониха")
			s.last(thread, test.none)
		})
	}
}
