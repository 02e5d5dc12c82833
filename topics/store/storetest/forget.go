package storetest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"topicpilot/topics"
	"topicpilot/topics/store"
)

// erased is the customer that the tests forget, spared another one.
const (
	erased = 7_000_000_007
	spared = 7_000_000_008
)

// elsewhere is a topic of the erased customer in another group.
var elsewhere = topics.Conversation{ChatID: -1009, ThreadID: 3}

// live stores something of every kind for a customer with two topics.
func (p *process) live(customer int64, name string, places ...topics.Conversation) {
	p.t.Helper()
	ctx := patience(p.t)
	for i, c := range places {
		p.must(p.KeepCustomer(ctx, c, topics.TopicInfo{
			Private: true, Customer: topics.Customer{ID: customer, Name: name},
		}, day))
		edited := message(c, 1, name+" edited")
		edited.EditDate = edited.Date.Add(time.Minute)
		p.record(topics.Outcome{
			Messages: []topics.Message{message(c, 1, name+" one"), message(c, 2, name+" two")},
			Edits:    []topics.Message{edited},
			Topics:   []topics.TopicChange{{Conversation: c, Title: name, At: day}},
		})
		r := run(fmt.Sprint(name, i), c.ThreadID)
		r.Conversation, r.CustomerID = c, customer
		if _, _, err := p.AddRun(ctx, r); err != nil {
			p.t.Fatal(err)
		}
		if _, err := p.KeepMemo(ctx, c, []byte(name), day.Add(1000*time.Hour)); err != nil {
			p.t.Fatal(err)
		}
		page := topics.Page{
			System: "cards", Kind: topics.PageTranscript, CustomerID: customer, Conversation: c, ID: name + "-t", At: day,
		}
		p.must(p.KeepPage(ctx, page))
		_, err := p.KeepExport(ctx, topics.Export{System: "cards", Conversation: c, PageID: page.ID}, []string{name})
		p.must(err)
		p.queue(c, name)
	}
	_, err := p.AddLink(ctx, topics.Link{CustomerID: customer, Account: "N005", By: olga, At: day})
	p.must(err)
	p.must(p.KeepPage(ctx, topics.Page{
		System: "cards", Kind: topics.PageCard, CustomerID: customer, ID: name + "-card", Ours: true, At: day,
	}))
	lane := topics.CustomerLane(customer)
	p.add(topics.NewItem{Queue: topics.QueueTasks, Lane: lane + " card", Payload: []byte(name)},
		topics.NewItem{Queue: topics.QueueInbox, Lane: topics.Conversation{ChatID: customer}.Lane(), Payload: []byte(name)})
}

// queue leaves an update done, one parked and one waiting, and two messages waiting.
func (p *process) queue(c topics.Conversation, name string) {
	p.t.Helper()
	ctx := patience(p.t)
	heard := p.add(item(c.Lane(), name+c.Lane()+"1"), item(c.Lane(), name+c.Lane()+"2"), item(c.Lane(), name+c.Lane()+"3"))
	p.must(p.Finish(ctx, heard[0].Lease, heard[0].Item, topics.Outcome{}))
	p.must(p.Park(ctx, heard[1].Lease, heard[1].Item, name))
	out := topics.Outgoing{Conversation: c, Priority: topics.PriorityNotice}
	p.add(topics.NewItem{Queue: topics.QueueOutbox, Lane: c.Lane(), Payload: []byte(name)},
		topics.NewItem{Queue: topics.QueueOutbox, Lane: out.OutboxLane(), Payload: []byte(name)})
}

// left counts what is stored of a customer, by kind.
func (p *process) left(customer int64, places ...topics.Conversation) map[string]int {
	p.t.Helper()
	ctx := patience(p.t)
	left := map[string]int{}
	count := func(what string, n int, err error) {
		p.t.Helper()
		p.must(err)
		if n > 0 {
			left[what] += n
		}
	}
	for _, c := range places {
		messages, err := p.Messages(ctx, c, 0, 100)
		count("messages", len(messages), err)
		versions, err := p.Versions(ctx, c, 1)
		count("versions", len(versions), err)
		topic, err := p.Topic(ctx, c)
		count("title", len(topic.Title), err)
		if _, _, err := p.CustomerOf(ctx, c); !errors.Is(err, topics.ErrNotFound) {
			count("customer", 1, err)
		}
		list, err := p.Runs(ctx, c, 0, 10)
		p.must(err)
		for _, r := range list {
			if r.CustomerID != 0 || r.Args != nil || r.Reply != "" || r.TellText != "" {
				count("runs", 1, nil)
			}
		}
		for memo := range int64(20) {
			if _, err := p.Memo(ctx, c, memo); err == nil {
				count("memos", 1, nil)
			}
		}
		e, err := p.Export(ctx, "cards", c)
		count("exports", int(e.Version), err)
		for _, lane := range []string{c.Lane(), c.Lane() + " notices"} {
			for _, queue := range []string{topics.QueueInbox, topics.QueueOutbox} {
				if pending, err := p.HasPending(ctx, queue, lane); pending {
					count("waiting", 1, err)
				}
			}
		}
	}
	traces, err := p.Traces(ctx, customer)
	count("pages", len(traces.Pages), err)
	count("blocks", len(traces.Blocks), err)
	count("topics", len(traces.Conversations), err)
	linked, err := p.Links(ctx, customer)
	count("links", len(linked), err)
	return left
}

func forget(t *testing.T, b Backend) {
	p := start(t, b, store.Options{Now: func() time.Time { return day.Add(time.Hour) }})
	ctx := patience(t)
	p.live(erased, "Erika", conv(1), elsewhere)
	p.live(spared, "Sergej", conv(2))
	before := p.left(spared, conv(2))
	traces, err := p.Traces(ctx, erased)
	p.must(err)
	want := topics.Traces{Conversations: []topics.Conversation{conv(1), elsewhere}}
	if !reflect.DeepEqual(traces.Conversations, want.Conversations) || len(traces.Pages) != 3 ||
		len(traces.Blocks["Erika-t"]) != 2 {
		t.Errorf("traces %+v", traces)
	}
	stats, err := p.Stats(ctx)
	p.must(err)
	p.take()
	receipt, err := p.Forget(ctx, erased, func(_ context.Context, shown topics.Traces) []topics.NewItem {
		if !reflect.DeepEqual(shown, traces) {
			t.Errorf("shown %+v, want %+v", shown, traces)
		}
		return []topics.NewItem{{Queue: topics.QueueTasks, Lane: "forget/1", Payload: []byte("pages")}}
	})
	p.must(err)
	wantReceipt := topics.Receipt{
		CustomerID: erased, At: day.Add(time.Hour), Topics: 2, Messages: 4, Versions: 2, Journal: 5, Parked: 2,
		Waiting: 5, Links: 1, Runs: 2,
	}
	if receipt != wantReceipt {
		t.Errorf("receipt %+v,\nwant %+v", receipt, wantReceipt)
	}
	if left := p.left(erased, conv(1), elsewhere); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
	if after := p.left(spared, conv(2)); !reflect.DeepEqual(after, before) || after["messages"] != 2 {
		t.Errorf("of the other customer %v was there, and %v is", before, after)
	}
	now, err := p.Stats(ctx)
	p.must(err)
	if stats.Parked[topics.QueueInbox]-now.Parked[topics.QueueInbox] != 2 || now.Pending[topics.QueueTasks] != 2 {
		t.Errorf("before %+v, after %+v", stats, now)
	}
	told := 0
	for _, c := range p.take() {
		if c.Item.Lane == "forget/1" && !c.Gone {
			told++
		}
	}
	if told != 1 {
		t.Errorf("told %d times of what follows", told)
	}
	p.forgetNobody(wantReceipt)
}

// forgetNobody forgets once more, and somebody unknown.
func (p *process) forgetNobody(former topics.Receipt) {
	p.t.Helper()
	for _, customer := range []int64{former.CustomerID, 4711} {
		want := topics.Receipt{CustomerID: customer, At: former.At}
		if got, err := p.Forget(patience(p.t), customer, nil); err != nil || got != want {
			p.t.Errorf("nothing is left of %d: %+v, %v", customer, got, err)
		}
	}
	if _, err := p.Forget(patience(p.t), 0, nil); err == nil {
		p.t.Error("customer 0 was forgotten")
	}
}

// keptOut writes once more what was written before the erasure.
func (p *process) keptOut(c topics.Conversation, key string) {
	p.t.Helper()
	ctx := patience(p.t)
	edited := message(c, 1, "Erika edited")
	edited.EditDate = edited.Date.Add(time.Minute)
	p.record(topics.Outcome{
		Messages: []topics.Message{message(c, 2, "Erika two")}, Edits: []topics.Message{edited},
		Topics: []topics.TopicChange{{Conversation: c, Title: "Erika", Status: topics.TopicStatusClosed, At: day}},
	})
	info := topics.TopicInfo{Private: true, Customer: topics.Customer{ID: erased, Name: "Erika"}}
	p.must(p.KeepCustomer(ctx, c, info, day))
	p.must(p.KeepCustomer(ctx, conv(99), info, day))
	if _, _, err := p.CustomerOf(ctx, conv(99)); !errors.Is(err, topics.ErrNotFound) {
		p.t.Errorf("the customer in a topic of which nobody knew: %v", err)
	}
	old := run(key, c.ThreadID)
	old.Conversation, old.CustomerID = c, erased
	if stored, added, err := p.AddRun(ctx, old); err != nil || !added || stored.CustomerID != 0 || stored.Args != nil {
		p.t.Errorf("an old run: %+v, %v", stored, err)
	}
	if _, err := p.AddLink(ctx, topics.Link{CustomerID: erased, Account: "N005", At: day}); err != nil {
		p.t.Error(err)
	}
	export := topics.Export{System: "cards", Conversation: c, PageID: "late", Since: day}
	if _, err := p.KeepExport(ctx, export, []string{"late"}); !errors.Is(err, topics.ErrForgotten) {
		p.t.Errorf("an old export: %v", err)
	}
	for _, kind := range []topics.PageKind{topics.PageCard, topics.PageAsked, topics.PageTranscript} {
		page := topics.Page{System: "cards", Kind: kind, CustomerID: erased, Conversation: c, ID: "late", Since: day}
		if err := p.KeepPage(ctx, page); !errors.Is(err, topics.ErrForgotten) {
			p.t.Errorf("an old page: %v", err)
		}
	}
	got, err := p.Import(ctx, []topics.Message{message(c, 1, "Erika one"), message(c, 3, "Erika three")},
		[]topics.TopicChange{{Conversation: c, Title: "Erika", At: day}})
	if want := (topics.Imported{Forgotten: 2}); err != nil || got != want {
		p.t.Errorf("imported %+v, %v", got, err)
	}
	ahead := message(c, 4, "Erika four")
	ahead.Date = day.Add(48 * time.Hour)
	got, err = p.Import(ctx, []topics.Message{ahead}, nil)
	if want := (topics.Imported{Forgotten: 1}); err != nil || got != want {
		p.t.Errorf("imported from the future %+v, %v", got, err)
	}
	if left := p.left(erased, c); len(left) != 0 {
		p.t.Errorf("came back: %v", left)
	}
}

func forgotten(t *testing.T, b Backend) {
	now := day.Add(time.Hour)
	options := store.Options{Now: func() time.Time { return now }}
	p := start(t, b, options)
	ctx := patience(t)
	p.live(erased, "Erika", conv(1))
	inHand, _, err := p.AddRun(ctx, func() topics.Run { r := run("in hand", 1); r.CustomerID = erased; return r }())
	p.must(err)
	if _, err := p.Forget(ctx, erased, nil); err != nil {
		t.Fatal(err)
	}
	p.keptOut(conv(1), "late")
	if n, err := p.Append(ctx, []topics.NewItem{item("x", "Erika"+conv(1).Lane()+"1")}); err != nil || n != 0 {
		t.Errorf("an update came again: %d, %v", n, err)
	}
	if _, err := p.ChangeRun(ctx, inHand); !errors.Is(err, topics.ErrConflict) {
		t.Errorf("a run that was in hand: %v", err)
	}
	inHand, err = p.Run(ctx, inHand.ID)
	p.must(err)
	inHand.Reply, inHand.TellText, inHand.State = "Erika", "Erika", topics.RunDone
	inHand, err = p.ChangeRun(ctx, inHand)
	p.must(err)
	if inHand.Reply != "" || inHand.TellText != "" || inHand.State != topics.RunDone || inHand.By != olga {
		t.Errorf("the run after it was erased: %+v", inHand)
	}
	p.must(p.Close())
	p = start(t, b, options)
	p.keptOut(conv(1), "later")

	// The topic goes on.
	now = now.Add(time.Hour)
	later := message(conv(1), 100, "new")
	later.Date = now
	p.record(topics.Outcome{
		Messages: []topics.Message{later},
		Topics:   []topics.TopicChange{{Conversation: conv(1), Title: "New", At: now}},
	})
	info := topics.TopicInfo{Private: true, Customer: topics.Customer{ID: erased}}
	p.must(p.KeepCustomer(ctx, conv(1), info, now))
	if left := p.left(erased, conv(1)); left["messages"] != 1 || left["title"] != 3 || left["customer"] != 1 {
		t.Errorf("what is new: %v", left)
	}
	receipt, err := p.Forget(ctx, erased, nil)
	p.must(err)
	if receipt.Messages != 1 || receipt.Topics != 1 {
		t.Errorf("forgotten once more: %+v", receipt)
	}
}

// forgetCutShort stops an erasure right after its tombstones were set: it is found again
// and finished.
func forgetCutShort(t *testing.T, b Backend) {
	p := start(t, b, store.Options{Now: func() time.Time { return day.Add(time.Hour) }})
	ctx, cancel := context.WithCancel(patience(t))
	p.OnForget(func([]topics.Conversation, int64) { cancel() })
	p.live(erased, "Erika", conv(1), elsewhere)
	if _, err := p.Forget(ctx, erased, nil); !errors.Is(err, context.Canceled) {
		t.Fatalf("not cut short: %v", err)
	}
	if left := p.left(erased, conv(1), elsewhere); left["topics"] != 2 || left["pages"] != 3 {
		t.Fatalf("nothing leads to the rest: %v", left)
	}
	p.must(p.Close())
	p = start(t, b, store.Options{Now: func() time.Time { return day.Add(2 * time.Hour) }})
	if _, err := p.Forget(patience(t), erased, nil); err != nil {
		t.Fatal(err)
	}
	if left := p.left(erased, conv(1), elsewhere); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

// told keeps what an OnForget was told.
type told struct {
	mu        sync.Mutex
	customers []int64
	topics    []topics.Conversation
}

func (f *told) note(conversations []topics.Conversation, customer int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.customers, f.topics = append(f.customers, customer), append(f.topics, conversations...)
}

func (f *told) heard() (customers []int64, conversations []topics.Conversation) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.customers, f.topics
}

// forgottenElsewhere lets a tool forget beside the bot.
func forgottenElsewhere(t *testing.T, b Backend) {
	options := store.Options{Now: func() time.Time { return day.Add(time.Hour) }, Instance: "bot"}
	p := start(t, b, options)
	var f told
	p.OnForget(f.note)
	p.live(erased, "Erika", conv(1))
	tool := options
	tool.Tool, tool.Instance = true, "tool"
	other := start(t, b, tool)
	if _, err := other.Forget(patience(t), erased, nil); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the bot hears of it while nothing is written", func() bool {
		customers, _ := f.heard()
		return len(customers) == 1 && customers[0] == erased
	})
	_, conversations := f.heard()
	equal(t, "topics", conversations, []topics.Conversation{{ChatID: conv(1).ChatID, ThreadID: 1}, {ChatID: erased}})
	p.keptOut(conv(1), "late")
	if got, err := other.Import(patience(t), []topics.Message{message(conv(1), 9, "Erika")}, nil); err != nil ||
		got.Forgotten != 1 {
		t.Errorf("the tool imports %+v, %v", got, err)
	}
	// And the other way round: a tool that imports meets an erasure by the bot.
	p.live(spared, "Sergej", conv(2))
	if _, err := p.Forget(patience(t), spared, nil); err != nil {
		t.Fatal(err)
	}
	if got, err := other.Import(patience(t), []topics.Message{message(conv(2), 9, "Sergej")}, nil); err != nil ||
		got.Forgotten != 1 {
		t.Errorf("after the bot's erasure the tool imports %+v, %v", got, err)
	}
}

// forgetUnderWay forgets while many write what belongs to the customer.
func forgetUnderWay(t *testing.T, b Backend) {
	p := start(t, b, store.Options{Now: func() time.Time { return day.Add(24 * time.Hour) }})
	others := []*process{p}
	if b.Disconnect != nil {
		others = append(others, start(t, b, store.Options{Now: func() time.Time { return day.Add(24 * time.Hour) }}))
	}
	p.live(erased, "Erika", conv(1))
	var wait sync.WaitGroup
	begun := make(chan struct{})
	for w := range 6 {
		wait.Go(func() {
			q := others[w%len(others)]
			for i := range 30 {
				if i == 5 && w == 0 {
					close(begun)
				}
				id := int64(1000*w + i + 10)
				_, err := q.Import(patience(t), []topics.Message{message(conv(1), id, "Erika")}, nil)
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	<-begun
	if _, err := p.Forget(patience(t), erased, nil); err != nil {
		t.Error(err)
	}
	wait.Wait()
	if left := p.left(erased, conv(1)); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

// forgetMigrated erases what was said before the group became another chat, also where
// the customer was looked up under the new id alone.
func forgetMigrated(t *testing.T, b Backend) {
	p := start(t, b, store.Options{Now: func() time.Time { return day.Add(time.Hour) }})
	ctx := patience(t)
	oldest := topics.Conversation{ChatID: -10, ThreadID: 1}
	former, other := topics.Conversation{ChatID: -20, ThreadID: 1}, topics.Conversation{ChatID: -20, ThreadID: 2}
	now, taken := topics.Conversation{ChatID: -30, ThreadID: 1}, topics.Conversation{ChatID: -30, ThreadID: 2}
	for _, c := range []topics.Conversation{oldest, former, other, now, taken} {
		p.record(topics.Outcome{
			Messages: []topics.Message{message(c, 1, "said")},
			Topics:   []topics.TopicChange{{Conversation: c, Title: "Said", At: day}},
		})
	}
	p.record(topics.Outcome{Migrations: []topics.Migrated{{From: -10, To: -20}, {From: -20, To: -30}}})
	for c, customer := range map[topics.Conversation]int64{now: erased, other: erased, taken: spared} {
		info := topics.TopicInfo{Private: true, Customer: topics.Customer{ID: customer}}
		p.must(p.KeepCustomer(ctx, c, info, day))
	}
	receipt, err := p.Forget(ctx, erased, nil)
	p.must(err)
	if receipt.Topics != 4 || receipt.Messages != 4 {
		t.Errorf("receipt %+v", receipt)
	}
	for _, c := range []topics.Conversation{oldest, former, other, now} {
		if left := p.left(erased, c); left["messages"] != 0 || left["title"] != 0 {
			t.Errorf("%s: left %v", c, left)
		}
	}
	if left := p.left(spared, taken); left["messages"] != 1 {
		t.Errorf("of another customer: %v", left)
	}
	p.keptOut(oldest, "late")
}
