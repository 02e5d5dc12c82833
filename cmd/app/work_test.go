package app

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// TestSoon: a part that does not end holds up the work for a while alone, and goes on.
func TestSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &App{}
		release, ended := make(chan struct{}), false
		start := time.Now()
		if a.soon(t.Context(), func() { <-release; ended = true }) {
			t.Error("the part is said to have ended")
		}
		if got := time.Since(start); got != loadMost {
			t.Errorf("waited for %v", got)
		}
		close(release)
		a.running.Wait()
		if !ended {
			t.Error("the part was given up")
		}
		if start = time.Now(); !a.soon(t.Context(), func() { time.Sleep(time.Second) }) ||
			time.Since(start) != time.Second {
			t.Errorf("waited for %v", time.Since(start))
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		start = time.Now()
		if !a.soon(ctx, func() { time.Sleep(time.Second) }) || time.Since(start) >= time.Second {
			t.Errorf("waited for %v after the end", time.Since(start))
		}
		a.running.Wait()
	})
}
