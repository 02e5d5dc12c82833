package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"topicpilot/topics"
	"topicpilot/topics/store"
)

// found lists the ids of messages that are found, the latest first.
func (p *process) found(query topics.FindQuery) []int64 {
	p.t.Helper()
	if query.ChatID == 0 {
		query.ChatID = conv(0).ChatID
	}
	if query.Limit == 0 {
		query.Limit = 10
	}
	hits, err := p.Find(patience(p.t), query)
	p.must(err)
	var ids []int64
	for _, hit := range hits {
		ids = append(ids, hit.ID)
	}
	return ids
}

func (p *process) finds(words string, want ...int64) {
	p.t.Helper()
	equal(p.t, words, p.found(topics.FindQuery{Words: words}), want)
}

func find(t *testing.T, b Backend) {
	p := start(t, b, store.Options{})
	photo := message(conv(1), 7, "")
	photo.Media = []topics.Media{{Kind: "photo", FileName: "Акт_2026.pdf"}, {Kind: "venue", Note: "Kyiv, Khreshchatyk 1"}}
	ours, service := message(conv(1), 8, "оплата"), message(conv(1), 9, "оплата")
	ours.Author.Kind, ours.Kind = topics.AuthorSelf, topics.MessageComment
	service.Kind = topics.MessageService
	elsewhere := message(topics.Conversation{ChatID: -1009, ThreadID: 1}, 10, "оплата")
	p.record(topics.Outcome{Messages: []topics.Message{
		message(conv(1), 1, "Когда пройдёт оплата?"),
		message(conv(2), 2, "/ оплаты нет, заказ N005"),
		message(conv(1), 3, "Нет новых тарифов"),
		message(conv(0), 4, "новая оплата тарифа"),
		message(conv(3), 5, "😀"),
		message(conv(3), 6, "' OR 1=1 --"),
		photo, ours, service, elsewhere,
	}})
	p.finds("оплату", 4, 2, 1)
	p.finds("ОПЛАТЫ нет", 2)
	p.finds(`"нет новые"`, 3)
	p.finds(`"новые нет"`)
	p.finds("новая тариф", 4, 3)
	p.finds("n005", 2)
	p.finds("N00")
	p.finds("акт khreshchatyk", 7)
	p.finds("😀")
	p.finds("")
	p.finds("'", []int64{}...)
	p.finds("or", 6)
	p.finds(`") OR "оплата`)
	p.finds("пройдет", 1)
	equal(t, "one topic", p.found(topics.FindQuery{Words: "оплата", ThreadID: 1}), []int64{1})
	equal(t, "another group", p.found(topics.FindQuery{Words: "оплата", ChatID: -1009}), []int64{10})
	equal(t, "no hits wanted", p.found(topics.FindQuery{Words: "оплата", Limit: -1}), nil)
	hits, err := p.Find(patience(t), topics.FindQuery{ChatID: conv(1).ChatID, ThreadID: 1, Words: "ОПЛАТЕ", Limit: 1})
	p.must(err)
	if len(hits) != 1 || len(hits[0].Marks) != 1 {
		t.Fatalf("hits %+v", hits)
	}
	if hit := hits[0]; hit.Text.Text[hit.Marks[0][0]:hit.Marks[0][1]] != "оплата" || hit.Author.Name != "Anna" {
		t.Errorf("hit %+v", hit)
	}
}

// findFormer searches a group that became another chat, and then another: its messages of
// before are found among those of now, and nobody else's.
func findFormer(t *testing.T, b Backend) {
	p := start(t, b, store.Options{})
	at := func(chatID, threadID, id int64) topics.Message {
		return message(topics.Conversation{ChatID: chatID, ThreadID: threadID}, id, "Когда оплата?")
	}
	p.record(topics.Outcome{Messages: []topics.Message{
		at(-1003, 1, 6), at(-1001, 1, 1), at(-1002, 1, 3), at(-1002, 2, 4), at(-1004, 1, 5), at(-1001, 0, 2),
	}})
	query := topics.FindQuery{ChatID: -1003, Words: "оплаты", Limit: 10}
	equal(t, "the present chat alone", p.found(query), []int64{6})
	query.Former = []int64{-1001, -1002}
	equal(t, "the group", p.found(query), []int64{6, 4, 3, 2, 1})
	query.Limit = 2
	hits, err := p.Find(patience(t), query)
	p.must(err)
	query.After = hits[len(hits)-1].Place
	equal(t, "its second page", p.found(query), []int64{3, 2})
	equal(t, "the topic", p.found(topics.FindQuery{
		ChatID: -1003, Former: []int64{-1001, -1002}, ThreadID: 1, Words: "оплаты", Limit: 10,
	}), []int64{6, 3, 1})
	if chat := hits[1].ChatID; chat != -1002 {
		t.Errorf("the hit is said to stand in %d", chat)
	}
}

// findPages pages through many hits, of which the latest was stored first.
func findPages(t *testing.T, b Backend) {
	p := start(t, b, store.Options{})
	const many = 700 // several steps of the index
	var list []topics.Message
	for i := range int64(many) {
		list = append(list, message(conv(1+i%3), many-i, fmt.Sprint("order ", i%7)))
	}
	p.record(topics.Outcome{Messages: list})
	page := func(after int64, limit int) []topics.Hit {
		hits, err := p.Find(patience(t), topics.FindQuery{
			ChatID: conv(1).ChatID, Words: "orders 3", After: after, Limit: limit,
		})
		p.must(err)
		return hits
	}
	var ids []int64
	last := int64(0)
	for hits := page(0, 9); len(hits) > 0; hits = page(last, 9) {
		for _, hit := range hits {
			ids = append(ids, hit.ID)
			last = hit.Place
		}
	}
	if len(ids) != many/7 || !slices.IsSortedFunc(ids, func(a, b int64) int { return int(b - a) }) {
		t.Errorf("%d hits: %v", len(ids), ids)
	}
	if more, err := p.Index(patience(t)); more || err != nil {
		t.Errorf("after a search there is more to index: %v, %v", more, err)
	}
	if hits := page(0, 1000); len(hits) != 100 {
		t.Errorf("%d hits on a page of 1000", len(hits))
	}
}

func findEdited(t *testing.T, b Backend) {
	p := start(t, b, store.Options{})
	p.record(topics.Outcome{Messages: []topics.Message{message(conv(1), 1, "alpha"), message(conv(1), 2, "beta")}})
	edit := func(id int64, text string, seconds int) {
		m := message(conv(1), id, text)
		m.EditDate = day.Add(time.Duration(1000+seconds) * time.Second)
		p.record(topics.Outcome{Edits: []topics.Message{m}})
	}
	edit(1, "gamma", 1) // not indexed yet
	p.finds("alpha")
	p.finds("gamma", 1)
	edit(1, "delta", 3)
	edit(2, "🙂", 3)
	p.finds("gamma")
	p.finds("delta", 1)
	p.finds("beta")
	edit(2, "beta delta", 4)
	p.finds("delta", 2, 1)
	edit(1, "late", 2) // older than the present text
	p.finds("late")
	edit(3, "never seen", 5)
	p.finds("seen", 3)
}

// findPruned: what is deleted is not found, and what comes after it is.
func findPruned(t *testing.T, b Backend) {
	p := start(t, b, store.Options{Now: func() time.Time { return day.Add(time.Hour) }})
	p.record(topics.Outcome{Messages: []topics.Message{message(conv(1), 1, "alpha"), message(conv(1), 2, "alpha")}})
	p.finds("alpha", 2, 1)
	old := message(conv(1), 3, "alpha")
	p.record(topics.Outcome{Messages: []topics.Message{old}})
	_, err := p.Prune(patience(t), store.Retention{Messages: time.Hour - 2*time.Second})
	p.must(err)
	p.finds("alpha", 3, 2)
	_, err = p.Prune(patience(t), store.Retention{Messages: time.Minute})
	p.must(err)
	p.finds("alpha")
	p.record(topics.Outcome{Messages: []topics.Message{message(conv(1), 4, "alpha")}})
	p.finds("alpha", 4)
}

// findForgotten: an erased customer's words are not found, others' are.
func findForgotten(t *testing.T, b Backend) {
	p := start(t, b, store.Options{Now: func() time.Time { return day.Add(time.Hour) }})
	ctx := patience(t)
	p.must(p.KeepCustomer(ctx, conv(1), topics.TopicInfo{Private: true, Customer: topics.Customer{ID: 77}}, day))
	p.record(topics.Outcome{Messages: []topics.Message{message(conv(1), 1, "alpha"), message(conv(2), 2, "alpha")}})
	p.finds("alpha", 2, 1)
	p.record(topics.Outcome{Messages: []topics.Message{message(conv(1), 3, "alpha")}})
	_, err := p.Forget(ctx, 77, nil)
	p.must(err)
	p.finds("alpha", 2)
}

// findMeanwhile searches while others write, edit and delete: all is found in the end.
func findMeanwhile(t *testing.T, b Backend) {
	p := start(t, b, store.Options{})
	const writers, each = 4, 60
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for range 2 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if _, err := p.Index(patience(t)); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	var begun []topics.Committed
	for w := range writers {
		begun = append(begun, p.add(item(fmt.Sprint("writer ", w), ""))...)
	}
	var writing sync.WaitGroup
	for w := range int64(writers) {
		c := begun[w]
		lane := c.Item.Lane
		writing.Go(func() {
			for i := range int64(each) {
				id := w*each + i + 1
				m := message(conv(w), id, "alpha")
				edited := m
				edited.Text, edited.EditDate = topics.Plain(fmt.Sprint("beta x", id)), m.Date.Add(time.Minute)
				for _, o := range []topics.Outcome{{Messages: []topics.Message{m}}, {Edits: []topics.Message{edited}}} {
					if err := p.Finish(patience(t), c.Lease, c.Item, o); err != nil {
						t.Error(lane, err)
						return
					}
					added, err := p.appendTo(lane)
					if err != nil {
						t.Error(lane, err)
						return
					}
					c.Item = added
				}
			}
		})
	}
	writing.Wait()
	close(stop)
	wg.Wait()
	p.finds("alpha")
	for id := int64(1); id <= writers*each; id++ {
		if got := p.found(topics.FindQuery{Words: fmt.Sprint("x", id, " beta")}); !slices.Equal(got, []int64{id}) {
			t.Fatalf("message %d: found %v", id, got)
		}
	}
}

// appendTo stores an item and gives it as it was stored.
func (p *process) appendTo(lane string) (topics.Item, error) {
	if _, err := p.Append(patience(p.t), []topics.NewItem{item(lane, "")}); err != nil {
		return topics.Item{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range slices.Backward(p.heard) {
		if c.Item.Lane == lane {
			return c.Item, nil
		}
	}
	return topics.Item{}, errors.New("not heard of")
}

// findStrange searches for whatever may be typed; none may be an error.
func findStrange(t *testing.T, b Backend) {
	p := start(t, b, store.Options{})
	p.record(topics.Outcome{Messages: []topics.Message{
		message(conv(1), 1, "a \x00 b\xff \x1a c"), message(conv(1), 2, strings.Repeat("слово ", 20_000)),
	}})
	for _, words := range []string{
		`"`, `""`, `*`, `a*`, `words:a`, `a AND`, `NOT a`, `NEAR(a b)`, `^a`, `a & | !`, `a:*`, `'`, `\`, "\x00", "\xff",
		`(a`, `-a`, `+`, "a\x00b", strings.Repeat("a ", 5000), strings.Repeat(`"a b" `, 500), strings.Repeat("(", 1000),
	} {
		p.found(topics.FindQuery{Words: words})
	}
	p.finds("b c", 1)
	p.finds("слова", 2)
}

// twoIndex: two processes index one database, neither misses what the other has stored.
func twoIndex(t *testing.T, b Backend) {
	one, two := start(t, b, store.Options{Instance: "one"}), start(t, b, store.Options{Instance: "two"})
	ctx, cancel := context.WithCancel(patience(t))
	defer cancel()
	var wg sync.WaitGroup
	for _, p := range []*process{one, two} {
		wg.Go(func() {
			for ctx.Err() == nil {
				if _, err := p.Index(patience(t)); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	var writing sync.WaitGroup
	for n, p := range []*process{one, two} {
		writing.Go(func() {
			for i := range int64(100) {
				id := int64(n)*1000 + i + 1
				c := p.add(item(fmt.Sprint("lane ", n), ""))[0]
				p.must(p.Finish(patience(t), c.Lease, c.Item, topics.Outcome{
					Messages: []topics.Message{message(conv(int64(n)), id, fmt.Sprint("x", id))},
				}))
				if got := p.found(topics.FindQuery{Words: fmt.Sprint("x", id)}); !slices.Equal(got, []int64{id}) {
					t.Errorf("message %d is not found: %v", id, got)
					return
				}
			}
		})
	}
	writing.Wait()
	cancel()
	wg.Wait()
}
