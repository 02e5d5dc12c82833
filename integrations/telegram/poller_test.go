package telegram_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"topicpilot/integrations/telegram"
	"topicpilot/integrations/telegram/telegramtest"
)

// startPoller polls until the returned function is called, which waits for its end.
func startPoller(t *testing.T, o telegram.PollerOptions) (p *telegram.Poller, stop func()) {
	t.Helper()
	o.RetryMin, o.RetryMax, o.CheckEvery = 5*time.Millisecond, 20*time.Millisecond, 10*time.Millisecond
	p = telegram.NewPoller(o)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := p.Run(ctx); err != nil {
			t.Error(err)
		}
	}()
	stop = func() {
		cancel()
		<-done
	}
	t.Cleanup(stop)
	return p, stop
}

func TestPollerStoresBeforeTheOffsetMoves(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	pending := s.Pending()
	for i := range 5 {
		s.post(t, fmt.Sprint("m", i))
	}
	j := newJournal()
	j.fail = 2
	p, stop := startPoller(t, telegram.PollerOptions{Client: s.client, Journal: j})
	items := j.wait(t, pending+5)
	if last := items[len(items)-1]; last.Lane != s.conversation().Lane() || last.Queue != "inbox" {
		t.Errorf("last item %+v", last)
	}
	if j.batches != 1 {
		t.Errorf("%d writes for one batch", j.batches)
	}
	eventually(t, "ready", func() bool { return p.State().Ready })
	s.post(t, "late")
	j.wait(t, pending+6)
	stop()
	if n := s.Pending(); n != 0 {
		t.Errorf("%d updates unconfirmed after the stop", n)
	}
	if v := s.Violations(); len(v) > 0 {
		t.Error(v)
	}
	call := s.Sent("getUpdates")[0]
	allowed, _ := json.Marshal(call.Params["allowed_updates"])
	if !strings.Contains(string(allowed), "chat_member") || fmt.Sprint(call.Params["limit"]) != "100" {
		t.Errorf("asked with %v", call.Params)
	}
}

func TestPollerSurvives(t *testing.T) {
	for name, fault := range map[string]telegramtest.Fault{
		"garbage":            {Garbage: "<html>", Times: 3},
		"no list":            {Garbage: `{"ok":true,"result":{}}`, Times: 2},
		"half a list":        {Garbage: `{"ok":true,"result":[{"update_id":1`, Times: 2},
		"server error":       {Code: 502, Times: 3},
		"closed":             {Close: true, Times: 3},
		"closed with effect": {Close: true, After: true, Times: 2},
		"flood":              {Code: 429, RetryAfter: 1},
		"token refused":      {Code: 401, Times: 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, telegramtest.Options{})
			s.Fail("getUpdates", fault)
			j := newJournal()
			before := s.Pending()
			s.post(t, "hello")
			p, _ := startPoller(t, telegram.PollerOptions{Client: s.client, Journal: j})
			j.wait(t, before+1)
			eventually(t, "ready", func() bool { return p.State().Ready })
		})
	}
}

func TestPollerKeepsGarbageAmongUpdates(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	batch := `{"ok":true,"result":[{"update_id":900,"message":{"message_id":"x"}},7,"text",{"no":"id"},` +
		`{"update_id":905,"message":{"chat":{"id":-5},"message_thread_id":4,"is_topic_message":true}},null]}`
	s.Fail("getUpdates", telegramtest.Fault{Garbage: batch})
	j := newJournal()
	startPoller(t, telegram.PollerOptions{Client: s.client, Journal: j})
	items := j.wait(t, 6)[:6]
	lanes := make([]string, len(items))
	for i, item := range items {
		lanes[i] = item.Lane
	}
	want := []string{"0/0", "0/0", "0/0", "0/0", "-5/4", "0/0"}
	if !slices.Equal(lanes, want) || !strings.HasSuffix(items[4].Key, ":905") {
		t.Errorf("lanes %v, key %s", lanes, items[4].Key)
	}
	eventually(t, "the offset follows the last id", func() bool {
		return slices.ContainsFunc(s.Sent("getUpdates"), func(c telegramtest.Call) bool {
			return fmt.Sprint(c.Params["offset"]) == "906"
		})
	})
}

// One update that nests deep does not keep the others from coming.
func TestPollerKeepsNestedUpdates(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	s.Fail("getUpdates", telegramtest.Fault{Garbage: `{"ok":true,"result":[` + nested(600) + `,` + nested(20_000) +
		`,{"update_id":8,"message":{"chat":{"id":-5}}}]}`})
	j := newJournal()
	startPoller(t, telegram.PollerOptions{Client: s.client, Journal: j})
	for _, item := range j.wait(t, 2)[:2] {
		if !strings.HasSuffix(item.Key, ":7") && !strings.HasSuffix(item.Key, ":8") {
			t.Errorf("key %s", item.Key)
		}
	}
}

func TestPollerFollowsLowerIDs(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	s.SetNextUpdateID(5000)
	s.post(t, "before the quiet week")
	j := newJournal()
	startPoller(t, telegram.PollerOptions{Client: s.client, Journal: j})
	j.wait(t, 1)
	eventually(t, "confirmed", func() bool { return s.Pending() == 0 })
	n := len(j.all())
	s.SetNextUpdateID(30)
	s.post(t, "after it")
	s.post(t, "and again")
	items := j.wait(t, n+2)
	if !strings.HasSuffix(items[n].Key, ":30") || !strings.HasSuffix(items[n+1].Key, ":31") {
		t.Errorf("keys %s, %s", items[n].Key, items[n+1].Key)
	}
}

// TestPollerStopsAtOnce: a long poll does not hold up the stop.
func TestPollerStopsAtOnce(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	p, stop := startPoller(t, telegram.PollerOptions{Client: s.client, Journal: newJournal()})
	eventually(t, "ready", func() bool { return p.State().Ready })
	stopped := make(chan struct{})
	go func() {
		stop()
		close(stopped)
	}()
	select {
	case <-stopped:
	case <-time.After(20 * time.Second):
		t.Fatal("still polling")
	}
}

func TestPollerAndAForeignWebhook(t *testing.T) {
	const foreign = "https://other.example/secret-path"
	set := func(t *testing.T, s *stage) {
		t.Helper()
		other := telegram.NewWebhookSetup(telegram.WebhookSetupOptions{Client: s.client, URL: foreign, Secret: "x"})
		ctx, cancel := context.WithCancel(t.Context())
		go func() { _ = other.Run(ctx) }()
		eventually(t, "webhook set", func() bool { return other.State().Ready })
		cancel()
	}
	t.Run("is left alone", func(t *testing.T) {
		s := newStage(t, telegramtest.Options{})
		set(t, s)
		j := newJournal()
		p, _ := startPoller(t, telegram.PollerOptions{Client: s.client, Journal: j})
		eventually(t, "reason", func() bool { return strings.Contains(p.State().Reason, "--take-over") })
		if state := p.State(); state.Ready || strings.Contains(state.Reason, "secret-path") {
			t.Errorf("state %+v", state)
		}
		if len(s.Sent("deleteWebhook")) > 0 {
			t.Fatal("removed")
		}
		// Its owner removes it.
		owner, _ := startPoller(t, telegram.PollerOptions{Client: s.client, Journal: newJournal(), TakeOver: true})
		_ = owner
		eventually(t, "ready", func() bool { return len(s.Sent("deleteWebhook")) == 1 })
	})
	t.Run("taken over once", func(t *testing.T) {
		s := newStage(t, telegramtest.Options{})
		set(t, s)
		s.post(t, "waits")
		j := newJournal()
		p, _ := startPoller(t, telegram.PollerOptions{Client: s.client, Journal: j, TakeOver: true})
		j.wait(t, 1)
		eventually(t, "ready", func() bool { return p.State().Ready })
		if calls := s.Sent("deleteWebhook"); len(calls) != 1 || calls[0].Params["drop_pending_updates"] == true {
			t.Errorf("calls %+v", calls)
		}
		set(t, s)
		eventually(t, "reason", func() bool { return strings.Contains(p.State().Reason, "again and again") })
		if n := len(s.Sent("deleteWebhook")); n != 1 {
			t.Errorf("removed %d times", n)
		}
	})
	t.Run("our own is removed", func(t *testing.T) {
		s := newStage(t, telegramtest.Options{})
		set(t, s)
		p, _ := startPoller(t, telegram.PollerOptions{
			Client: s.client, Journal: newJournal(), Ours: func(url string) bool { return url == foreign },
		})
		eventually(t, "ready", func() bool { return p.State().Ready })
	})
}

func TestPollerAndAnotherPoller(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	s.StealPolling(-1)
	j := newJournal()
	p, _ := startPoller(t, telegram.PollerOptions{Client: s.client, Journal: j})
	eventually(t, "reason", func() bool { return strings.Contains(p.State().Reason, "Another program polls") })
	if p.State().Ready {
		t.Error("ready")
	}
	s.StealPolling(0)
	s.post(t, "hello")
	j.wait(t, 1)
	eventually(t, "ready", func() bool { return p.State().Ready })
}
