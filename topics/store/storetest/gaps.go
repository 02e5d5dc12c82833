package storetest

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"topicpilot/topics"
	"topicpilot/topics/store"
)

func gapOf(key string, c topics.Conversation, at time.Time) topics.Gap {
	return topics.Gap{
		Key: key, Conversation: c, Question: "how do I [phone]\x00\xff", Reason: "nothing_found", Strength: 0.25, At: at,
	}
}

func gaps(t *testing.T, b Backend) {
	p := start(t, b, store.Options{})
	ctx := patience(t)
	former := topics.Conversation{ChatID: -50, ThreadID: 1}
	p.record(topics.Outcome{Migrations: []topics.Migrated{{From: -50, To: conv(1).ChatID}}})
	for i, c := range []topics.Conversation{conv(1), former, conv(2), {ChatID: -60, ThreadID: 1}, conv(1)} {
		p.must(p.AddGap(ctx, gapOf(fmt.Sprint(i), c, day.Add(time.Duration(i/2)*time.Hour))))
	}
	again := gapOf("0", conv(1), day)
	again.Question = "other"
	p.must(p.AddGap(ctx, again))
	list := func(what string, c topics.Conversation, since time.Time, limit int, want ...string) []topics.Gap {
		t.Helper()
		got, err := p.Gaps(ctx, c, since, limit)
		p.must(err)
		var keys []string
		for _, g := range got {
			keys = append(keys, g.Key)
		}
		equal(t, what, keys, want)
		return got
	}
	all := topics.Conversation{ChatID: conv(1).ChatID}
	got := list("the topic", conv(1), day, 10, "4", "1", "0")
	want := gapOf("0", conv(1), day)
	want.ID = got[2].ID
	if got[2] != want || want.ID == 0 {
		t.Errorf("a gap %+v, want %+v", got[2], want)
	}
	list("by a former id", former, day, 2, "4", "1")
	list("since", conv(1), day.Add(time.Minute), 10, "4")
	list("the chat", all, time.Time{}, 10, "4", "2", "1", "0")
	list("none", all, day, 0)

	for what, change := range map[string]func(*topics.Gap){
		"no key":        func(g *topics.Gap) { g.Key = "" },
		"question":      func(g *topics.Gap) { g.Question = strings.Repeat("x", 4<<10+1) },
		"reason":        func(g *topics.Gap) { g.Reason = strings.Repeat("x", 4<<10+1) },
		"no number":     func(g *topics.Gap) { g.Strength = math.NaN() },
		"more than all": func(g *topics.Gap) { g.Strength = 1.01 },
	} {
		bad := gapOf(what, conv(5), day)
		change(&bad)
		if err := p.AddGap(ctx, bad); err == nil {
			t.Errorf("%s: stored", what)
		}
	}
	list("what was refused", conv(5), day, 10)
}

func oldGaps(t *testing.T, b Backend) {
	now := day
	p := start(t, b, store.Options{Now: func() time.Time { return now }})
	ctx := patience(t)
	p.must(p.AddGap(ctx, gapOf("old", conv(1), day)))
	p.must(p.AddGap(ctx, gapOf("later", conv(1), day.Add(time.Hour))))
	for _, step := range []struct {
		after time.Duration
		left  int
	}{{90 * 24 * time.Hour, 2}, {90*24*time.Hour + time.Minute, 1}, {91 * 24 * time.Hour, 0}} {
		now = day.Add(step.after)
		_, err := p.Prune(ctx, store.Retention{})
		p.must(err)
		if got, err := p.Gaps(ctx, conv(1), time.Time{}, 10); err != nil || len(got) != step.left {
			t.Errorf("after %s: %d gaps, %v, want %d", step.after, len(got), err, step.left)
		}
	}
}

func modes(t *testing.T, b Backend) {
	p := start(t, b, store.Options{})
	ctx := patience(t)
	read := func(c topics.Conversation, want topics.TopicMode) {
		t.Helper()
		got, err := p.TopicMode(ctx, c)
		if want == (topics.TopicMode{}) && errors.Is(err, topics.ErrNotFound) {
			return
		}
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v, want %+v", c, got, err, want)
		}
	}
	mode := func(c topics.Conversation, m topics.AdviceMode, hours int) topics.TopicMode {
		t.Helper()
		set := topics.TopicMode{Conversation: c, Mode: m, By: olga, At: day.Add(time.Duration(hours) * time.Hour)}
		p.must(p.SetTopicMode(ctx, set))
		return set
	}
	former := topics.Conversation{ChatID: -50, ThreadID: 1}
	read(conv(1), topics.TopicMode{})
	set := mode(former, topics.AdviceDraft, 5)
	read(former, set)
	read(conv(1), topics.TopicMode{})
	p.record(topics.Outcome{Migrations: []topics.Migrated{{From: -50, To: conv(1).ChatID}}})
	read(conv(1), set)
	mode(conv(1), topics.AdviceReply, 4) // earlier than that under the former id
	read(conv(1), set)
	newer := mode(conv(1), topics.AdviceOff, 6)
	read(conv(1), newer)
	read(former, newer)
	read(conv(2), topics.TopicMode{})
	mode(conv(1), topics.AdviceAsk, 7)
	p.must(p.Close())
	p = start(t, b, store.Options{})
	read(conv(1), topics.TopicMode{Conversation: conv(1), Mode: topics.AdviceAsk, By: olga, At: day.Add(7 * time.Hour)})
}
