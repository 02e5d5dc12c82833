package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"topicpilot/topics"
	"topicpilot/topics/store"
)

func badOperation(t *testing.T, b Backend) {
	p := start(t, b, store.Options{})
	var wait sync.WaitGroup
	var mu sync.Mutex
	failed := 0
	for w := range 32 {
		c := p.add(item(fmt.Sprint("lane ", w), fmt.Sprint(w)))[0]
		wait.Go(func() {
			if w%8 == 3 {
				c.Item.ID += 1 << 40 // no such item: the operation cannot be carried out
			}
			err := p.Finish(patience(t), c.Lease, c.Item, topics.Outcome{
				Messages: []topics.Message{message(conv(1), int64(w+1), "text")},
			})
			mu.Lock()
			defer mu.Unlock()
			if w%8 == 3 && errors.Is(err, topics.ErrConflict) {
				failed++
			} else if err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	got, err := p.Messages(patience(t), conv(1), 0, 100)
	p.must(err)
	if failed != 4 || len(got) != 28 {
		t.Errorf("%d failed, %d messages written; want 4 and 28", failed, len(got))
	}
}

func contextEnds(t *testing.T, b Backend) {
	p := start(t, b, store.Options{})
	ctx, cancel := context.WithCancel(patience(t))
	cancel()
	if _, err := p.Append(ctx, []topics.NewItem{item("a", "1")}); !errors.Is(err, context.Canceled) {
		t.Errorf("a context that has ended: %v", err)
	}
	var wait sync.WaitGroup
	for i := range 20 {
		ctx, cancel := context.WithCancel(patience(t))
		wait.Go(func() {
			_, err := p.Append(ctx, []topics.NewItem{item("b", fmt.Sprint(i))})
			if err != nil && !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		})
		wait.Go(cancel)
	}
	wait.Wait()
	p.add(item("c", "after"))
}

func strangeValues(t *testing.T, b Backend) {
	p := start(t, b, store.Options{})
	ctx := patience(t)
	const strange = "zero \x00, not UTF-8 \xff\xfe\xc3, mark \x1a00, \U0001F600, ё, \ufffd"
	lane := "lane " + strange
	n := topics.NewItem{Queue: topics.QueueInbox, Lane: lane, Key: strange, Payload: []byte(strange)}
	c := p.add(n)[0]
	equal(t, "the lane", p.pending(c.Lease), []string{strange})
	if added, err := p.Append(ctx, []topics.NewItem{n}); err != nil || added != 0 {
		t.Errorf("the same again: %d, %v", added, err)
	}
	for _, extreme := range []int64{-1 << 63, 1<<63 - 1} {
		where := topics.Conversation{ChatID: extreme, ThreadID: extreme}
		m := message(where, extreme, strange)
		m.Date = day
		m.Author.ID, m.Author.Name, m.AlbumID, m.ReplyTo = extreme, strange, strange, extreme
		m.Text.Entities = []topics.Entity{{Type: "bold", Offset: 1, Length: 2}}
		p.must(p.Finish(ctx, c.Lease, c.Item, topics.Outcome{
			Messages: []topics.Message{m},
			Topics:   []topics.TopicChange{{Conversation: where, Title: strange, At: day}},
		}))
		got, err := p.Messages(ctx, where, -1<<63, 10)
		p.must(err)
		if extreme > 0 && (len(got) != 1 || !sameMessage(got[0], m)) {
			t.Errorf("got %+v, want %+v", got, m)
		}
		topic, err := p.Topic(ctx, where)
		p.must(err)
		if topic.Title != strange {
			t.Errorf("title %q", topic.Title)
		}
		c = p.add(item(lane, fmt.Sprint(extreme)))[0]
	}
}

func hugePayload(t *testing.T, b Backend) {
	p := start(t, b, store.Options{})
	huge := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	var lease topics.Lease
	var wait sync.WaitGroup
	for i := range 6 {
		wait.Go(func() {
			_, err := p.Append(patience(t), []topics.NewItem{
				{Queue: topics.QueueInbox, Lane: "a", Key: fmt.Sprint(i), Payload: huge},
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	heard := p.take()
	lease = heard[0].Lease
	items, err := p.Pending(patience(t), lease, 10)
	p.must(err)
	if len(items) != 6 || !bytes.Equal(items[5].Payload, huge) {
		t.Errorf("%d items", len(items))
	}
	long := message(conv(2), 1, strings.Repeat("ы", 1<<19))
	p.must(p.Finish(patience(t), lease, items[0], topics.Outcome{Messages: []topics.Message{long}}))
	got, err := p.Messages(patience(t), conv(2), 0, 1)
	p.must(err)
	if len(got) != 1 || got[0].Text.Text != long.Text.Text {
		t.Error("the long text did not come back")
	}
}

func closed(t *testing.T, b Backend) {
	p := start(t, b, store.Options{})
	var wait sync.WaitGroup
	stored := make(chan int, 100)
	for i := range 100 {
		wait.Go(func() {
			_, err := p.Append(patience(t), []topics.NewItem{item("a", fmt.Sprint(i))})
			if err == nil {
				stored <- i
			} else if !errors.Is(err, topics.ErrClosed) {
				t.Error(err)
			}
		})
	}
	p.must(p.Close())
	wait.Wait()
	p.must(p.Close())
	if _, err := p.Append(patience(t), []topics.NewItem{item("a", "x")}); !errors.Is(err, topics.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	if len(stored) != len(p.take()) {
		t.Errorf("%d stored, the listener differs", len(stored))
	}
}
