package telegram

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestForumsAreAskedOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f forums
		if f.closed(1) || f.due(1) {
			t.Error("a group that nothing is known of")
		}
		f.close(1)
		if !f.closed(1) || f.due(1) {
			t.Error("asked at once")
		}
		time.Sleep(forumLook)
		if !f.due(1) || f.due(1) {
			t.Error("once a minute")
		}
		f.open(1)
		if f.closed(1) {
			t.Error("closed for ever")
		}
	})
}
