package advice

import (
	"testing"
	"time"
)

// A customer who was here before has given no orders by that: our own form of a summary is not
// to look like a part that is played before the model.
func TestSummaryGivesNoOrders(t *testing.T) {
	at := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	line := episodeLine([]line{
		{at: at, text: "How do I switch on two-factor login?", customer: true},
		{at: at, text: "Profile, Security, Two-factor."},
	}, time.UTC)
	if line == "" || dictates([]string{line}) || orders([]string{line}) {
		t.Errorf("%q gives orders", line)
	}
}
