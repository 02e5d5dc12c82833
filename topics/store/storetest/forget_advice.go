package storetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"topicpilot/topics"
	"topicpilot/topics/store"
)

// advised stores what the advisor keeps of a topic: two drafts, of which one is posted, a
// gap, a mode, what was used and what is booked. It gives the booking.
func (p *process) advised(c topics.Conversation, customer int64, name string) int64 {
	p.t.Helper()
	ctx := patience(p.t)
	for i := range int64(2) {
		d := draft(fmt.Sprint(name, c.Lane(), i), c)
		d.CustomerID, d.Text = customer, name
		if stored := p.addDraft(d); i > 0 {
			p.posted(stored.ID, 100)
		}
	}
	gap := gapOf(name+c.Lane(), c, day)
	gap.Question = name
	p.must(p.AddGap(ctx, gap))
	p.must(p.SetTopicMode(ctx, topics.TopicMode{Conversation: c, Mode: topics.AdviceDraft, By: olga, At: day}))
	p.settle(p.reserve(c, day, 10, topics.TokenLimits{}, topics.OverNothing), 3, 4)
	return p.reserve(c, day, 5, topics.TokenLimits{}, topics.OverNothing)
}

// adviceLeft lists what the advisor has kept of a topic.
func (p *process) adviceLeft(c topics.Conversation) (left []string) {
	p.t.Helper()
	ctx := patience(p.t)
	note := func(what string, there bool, err error) {
		p.t.Helper()
		if err != nil && !errors.Is(err, topics.ErrNotFound) {
			p.t.Fatal(err)
		}
		if there {
			left = append(left, what)
		}
	}
	drafts, err := p.Drafts(ctx, c, time.Time{}, 10)
	note(fmt.Sprint(len(drafts), " drafts"), len(drafts) > 0, err)
	gaps, err := p.Gaps(ctx, c, time.Time{}, 10)
	note(fmt.Sprint(len(gaps), " gaps"), len(gaps) > 0, err)
	_, err = p.TopicMode(ctx, c)
	note("mode", err == nil, err)
	_, err = p.DraftShown(ctx, c, 100)
	note("shown", err == nil, err)
	spent, err := p.TokensSpent(ctx, c, day)
	note("tokens", spent.Topic.Total()+spent.TopicReserved > 0, err)
	return left
}

var allAdvice = []string{"2 drafts", "1 gaps", "mode", "shown", "tokens"}

// forgetAdvice erases what the advisor has kept of a customer, in the topics of all ids of
// their group, and nothing of others.
func forgetAdvice(t *testing.T, b Backend) {
	p := start(t, b, store.Options{Now: func() time.Time { return day.Add(time.Hour) }})
	ctx := patience(t)
	former := topics.Conversation{ChatID: -50, ThreadID: 1} // of which nothing else is stored
	p.record(topics.Outcome{Migrations: []topics.Migrated{{From: -50, To: conv(1).ChatID}}})
	p.live(erased, "Erika", conv(1), elsewhere)
	p.live(spared, "Sergej", conv(2))
	booked := p.advised(conv(1), 0, "Erika") // the customer was not known then
	p.advised(former, 0, "Erika")
	p.advised(elsewhere, erased, "Erika")
	p.advised(conv(2), spared, "Sergej")
	astray := draft("astray", conv(3)) // a topic of nobody known
	astray.CustomerID = erased
	p.addDraft(astray)
	p.record(topics.Outcome{Topics: []topics.TopicChange{{Conversation: conv(3), Title: "Erika", At: day}}})
	queued := p.adviceLanes(conv(1))

	receipt, err := p.Forget(ctx, erased, nil)
	p.must(err)
	if receipt.Drafts != 7 || receipt.Topics != 4 || receipt.Nothing() {
		t.Errorf("receipt %+v", receipt)
	}
	for _, c := range []topics.Conversation{conv(1), former, elsewhere, conv(3)} {
		if left := p.adviceLeft(c); len(left) != 0 {
			t.Errorf("%s: left %v", c, left)
		}
	}
	equal(t, "of the other customer", p.adviceLeft(conv(2)), allAdvice)
	if topic, err := p.Topic(ctx, conv(3)); err != nil || topic.Title != "" {
		t.Errorf("the topic that a draft alone names: %+v, %v", topic, err)
	}
	p.lanesEmpty(conv(1), queued)

	// What was used and booked counts for the day, and a call that ends now ends its booking.
	total := topics.TokensSpent{Day: topics.TokenUsage{Input: 4 * 3, Output: 4 * 4}, Reserved: 4 * 5}
	p.spent(conv(1), day, total)
	p.settle(booked, 1, 1)
	total.Day.Input, total.Day.Output, total.Reserved = total.Day.Input+1, total.Day.Output+1, total.Reserved-5
	p.spent(conv(1), day, total)

	for _, customer := range []int64{erased, 4711} {
		if again, err := p.Forget(ctx, customer, nil); err != nil || !again.Nothing() {
			t.Errorf("of %d something was left: %+v, %v", customer, again, err)
		}
	}
}

// adviceLanes leaves an item done, one parked and one waiting in each lane that the advisor
// uses of a topic, and gives the queues of the lanes.
func (p *process) adviceLanes(c topics.Conversation) map[string]string {
	p.t.Helper()
	ctx := patience(p.t)
	drafts := topics.Outgoing{Conversation: c, Priority: topics.PriorityDraft}
	lanes := map[string]string{
		drafts.OutboxLane(): topics.QueueOutbox, c.Lane() + " advice": topics.QueueAdvice,
		c.Lane() + " questions": topics.QueueQuestions, c.Lane() + " send": topics.QueueTasks,
	}
	for lane, queue := range lanes {
		var items []topics.NewItem
		for i := range 3 {
			items = append(items, topics.NewItem{Queue: queue, Lane: lane, Key: fmt.Sprint(lane, i), Payload: []byte("Erika")})
		}
		heard := p.add(items...)
		p.must(p.Finish(ctx, heard[0].Lease, heard[0].Item, topics.Outcome{}))
		p.must(p.Park(ctx, heard[1].Lease, heard[1].Item, "poison"))
	}
	return lanes
}

// lanesEmpty: nothing of the lanes waits or is parked, and not even their keys are known.
func (p *process) lanesEmpty(c topics.Conversation, lanes map[string]string) {
	p.t.Helper()
	ctx := patience(p.t)
	parked, err := p.ListParked(ctx, 0, 1000)
	p.must(err)
	for lane, queue := range lanes {
		if pending, err := p.HasPending(ctx, queue, lane); err != nil || pending {
			p.t.Errorf("%s: something waits in %q, %v", c, lane, err)
		}
		if slices.ContainsFunc(parked, func(i topics.Parked) bool { return i.Lane == lane }) {
			p.t.Errorf("%s: something is parked in %q", c, lane)
		}
		again := []topics.NewItem{{Queue: queue, Lane: "elsewhere", Key: lane + "0"}}
		if n, err := p.Append(ctx, again); err != nil || n != 1 {
			p.t.Errorf("%s: what was done in %q is still there, %v", c, lane, err)
		}
	}
}

// adviceKeptOut: what was begun before an erasure keeps nothing after it, in the topic and
// of the customer; what is new is kept.
func adviceKeptOut(t *testing.T, b Backend) {
	p := start(t, b, store.Options{Now: func() time.Time { return day.Add(time.Hour) }})
	ctx := patience(t)
	p.live(erased, "Erika", conv(1))
	open := p.addDraft(draft("open", conv(1)))
	if _, err := p.Forget(ctx, erased, nil); err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string]func(*topics.Draft){
		"the same again": func(d *topics.Draft) { d.Key = "open" },
		"in the topic":   func(*topics.Draft) {},
		"elsewhere":      func(d *topics.Draft) { d.Conversation, d.CustomerID = conv(8), erased },
	} {
		late := draft(what, conv(1))
		change(&late)
		if got, _, err := p.AddDraft(ctx, late); !errors.Is(err, topics.ErrForgotten) {
			t.Errorf("%s: %+v, %v", what, got, err)
		}
	}
	p.posted(open.ID, 100)
	if _, err := p.ChangeDraft(ctx, open); !errors.Is(err, topics.ErrConflict) {
		t.Errorf("a decision on what was erased: %v", err)
	}
	p.must(p.AddGap(ctx, gapOf("late", conv(1), day)))
	p.must(p.SetTopicMode(ctx, topics.TopicMode{Conversation: conv(1), Mode: topics.AdviceReply, At: day}))
	if left := p.adviceLeft(conv(1)); len(left) != 0 {
		t.Errorf("came back: %v", left)
	}
	now := day.Add(2 * time.Hour)
	fresh := draft("fresh", conv(1))
	fresh.CustomerID, fresh.At = erased, now
	if stored := p.addDraft(fresh); stored.ID <= open.ID {
		t.Errorf("the id %d after %d: an id was used twice", stored.ID, open.ID)
	}
	p.must(p.AddGap(ctx, gapOf("fresh", conv(1), now)))
	p.must(p.SetTopicMode(ctx, topics.TopicMode{Conversation: conv(1), Mode: topics.AdviceReply, At: now}))
	equal(t, "what is new", p.adviceLeft(conv(1)), []string{"1 drafts", "1 gaps", "mode"})
}
