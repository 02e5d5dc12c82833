package app_test

import (
	"strings"
	"testing"
)

// TestForgetFound: hits that were shown in General, and came back to us with the press of a
// button, are erased as well.
func TestForgetFound(t *testing.T) {
	t.Parallel()
	s, _ := boardStage(t, "", "    operators: [77, 78]", "    admins: [77]")
	one, _ := s.customer()
	for range 12 {
		s.post(one, mirrorID, "wombat-question again")
	}
	s.settle()
	s.post(0, olgaID, "/find wombat")
	page := s.last(0, "Found in the whole group")
	s.holds(page.Text, "wombat")
	s.button(page, olgaID, "More")
	s.last(0, "Page 2.")
	s.settle()
	s.post(one, olgaID, "/forget")
	asks := s.last(one, "Erase everything")
	s.button(asks, olgaID, "Do it")
	s.eventually("the receipt", func() bool {
		m, _ := s.tg.Message(groupID, asks.ID)
		return strings.Contains(m.Text, "Customer 11 is erased.")
	})
	s.gone(erased...)
}
