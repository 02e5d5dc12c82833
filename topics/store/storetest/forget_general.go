package storetest

import (
	"cmp"
	"math"
	"slices"
	"testing"
	"time"

	"topicpilot/topics"
	"topicpilot/topics/store"
)

// forgetGeneral erases what was shown in General: Telegram sends the text of a message back
// with each press of a button below it. What nobody understood stands there, too.
func forgetGeneral(t *testing.T, b Backend) {
	p := start(t, b, store.Options{Now: func() time.Time { return day.Add(time.Hour) }})
	ctx := patience(t)
	p.live(erased, "Erika", conv(1))
	p.live(spared, "Sergej", elsewhere)
	general, other := topics.Conversation{ChatID: conv(1).ChatID}, topics.Conversation{ChatID: elsewhere.ChatID}
	p.queue(general, "shown")
	p.queue(other, "other")
	p.queue(topics.Conversation{}, "unread")
	p.record(topics.Outcome{Migrations: []topics.Migrated{{From: -5, To: general.ChatID}}})
	former := topics.Conversation{ChatID: -5}
	p.queue(former, "former")
	if list, err := p.ListParked(ctx, 0, 100); err != nil || len(list) != 6 {
		t.Fatalf("parked: %+v, %v", list, err)
	}
	p.take()
	receipt, err := p.Forget(ctx, erased, nil)
	p.must(err)
	gone := map[string]bool{}
	for _, c := range p.take() {
		gone[c.Item.Lane] = gone[c.Item.Lane] || c.Gone
	}
	if !gone[general.Lane()] || gone[other.Lane()] {
		t.Errorf("told of %v", gone)
	}
	// Of each queue one update was done, one parked, and two messages wait.
	if receipt.Journal != 2+4 || receipt.Parked != 1+3 || receipt.Waiting != 3+3*2 || receipt.Topics != 1 {
		t.Errorf("receipt %+v", receipt)
	}
	for _, c := range []topics.Conversation{general, former, {}} {
		notice := topics.Outgoing{Conversation: c, Priority: topics.PriorityNotice}
		for _, lane := range []string{c.Lane(), notice.OutboxLane()} {
			if pending, err := p.HasPending(ctx, topics.QueueOutbox, lane); err != nil || pending {
				t.Errorf("an answer waits in %s: %v", lane, err)
			}
		}
		if pending, err := p.HasPending(ctx, topics.QueueInbox, c.Lane()); err != nil || !pending {
			t.Errorf("the command that waits in %s is gone: %v", c, err)
		}
	}
	if pending, err := p.HasPending(ctx, topics.QueueOutbox, other.Lane()); err != nil || !pending {
		t.Errorf("another group's answer is gone: %v", err)
	}
	if list, err := p.ListParked(ctx, 0, 100); err != nil || len(list) != 2 {
		t.Errorf("parked: %+v, %v", list, err)
	}
	again := []topics.NewItem{item("x", "shown"+general.Lane()+"1"), item("x", "shown"+general.Lane()+"2")}
	if n, err := p.Append(ctx, again); err != nil || n != 0 {
		t.Errorf("what was shown came again: %d, %v", n, err)
	}
}

// unresolved lists the topics whose customer nobody has looked up, and not those of which
// nothing is left.
func unresolved(t *testing.T, b Backend) {
	p := start(t, b, store.Options{Now: func() time.Time { return day.Add(time.Hour) }})
	ctx := patience(t)
	p.live(erased, "Erika", conv(1))
	titled, told, empty := conv(3), elsewhere, conv(4)
	p.record(topics.Outcome{
		Messages: []topics.Message{message(told, 1, "who am I"), message(conv(0), 2, "General")},
		Topics: []topics.TopicChange{
			{Conversation: titled, Title: "title", At: day},
			{Conversation: told, At: day},
			{Conversation: empty, At: day},
			{Conversation: conv(0), Title: "General", At: day},
		},
	})
	p.must(p.KeepCustomer(ctx, conv(5), topics.TopicInfo{Title: "a chat"}, day))
	p.record(topics.Outcome{Topics: []topics.TopicChange{{Conversation: conv(5), Title: "a chat", At: day}}})
	all := []topics.Conversation{titled, told}
	slices.SortFunc(all, func(a, b topics.Conversation) int { return cmp.Compare(a.ChatID, b.ChatID) })
	list := func(after topics.Conversation, limit int, want ...topics.Conversation) {
		t.Helper()
		got, err := p.Unresolved(ctx, after, limit)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("after %s: %v, %v, want %v", after, got, err, want)
		}
	}
	first := topics.Conversation{ChatID: math.MinInt64}
	list(first, 10, all...)
	list(first, 1, all[0])
	list(all[0], 10, all[1])
	list(all[1], 10)
	if _, err := p.Forget(ctx, erased, nil); err != nil {
		t.Fatal(err)
	}
	list(first, 10, all...)
}
