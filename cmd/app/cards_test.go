package app

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"topicpilot/commands"
	"topicpilot/integrations/notion"
	"topicpilot/topics"
)

// TestCardErrors: what a later try mends is tried later; the rest is named.
func TestCardErrors(t *testing.T) {
	limited := &notion.Error{Kind: notion.KindLimited, Op: "update card"}
	for _, test := range []struct {
		name   string
		err    error
		reason commands.CardReason
	}{
		{"a pause", &topics.Wait{After: 7 * time.Second, Err: limited}, ""},
		{"a pause, wrapped", fmt.Errorf("card: %w", &topics.Wait{After: time.Second, Err: limited}), ""},
		{"too long a pause", limited, commands.CardBusy},
		{"token", &notion.Error{Kind: notion.KindToken}, commands.CardRefused},
		{"not shared", &notion.Error{Kind: notion.KindNotFound}, commands.CardNotShared},
		{"schema", &notion.Error{Kind: notion.KindSchema}, commands.CardSchema},
		{"another error", errors.New("connection lost"), ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := cardError(test.err)
			reason := commands.CardReason("")
			if refusal, ok := errors.AsType[*commands.CardError](got); ok {
				reason = refusal.Reason
			}
			if reason != test.reason {
				t.Errorf("reason %q, want %q (%v)", reason, test.reason, got)
			}
			if !errors.Is(got, test.err) {
				t.Errorf("%v has lost its cause", got)
			}
		})
	}
}
