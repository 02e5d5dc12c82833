package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"topicpilot/cmd/load/stage"
	"topicpilot/topics"
	"topicpilot/topics/store"
)

// filler writes a transcript as the bot would have: for each topic a journal item whose outcome holds
// all its messages.
type filler struct {
	store  *store.Store
	group  int64
	each   int // messages of a topic
	begin  time.Time
	mu     sync.Mutex
	leases map[string]topics.Committed
}

// amount is how much is put into a database.
type amount struct{ messages, topics int }

// fill puts messages into a new database, spread evenly over the stage's first topics.
func fill(ctx context.Context, url string, group int64, much amount, log *slog.Logger) (err error) {
	st, err := store.Open(ctx, url, store.Options{Log: log, Instance: "load"})
	if err != nil {
		return fmt.Errorf("fill: %w", err)
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	f := &filler{
		store: st, group: group, each: much.messages / much.topics, begin: time.Now().Add(-90 * 24 * time.Hour),
		leases: map[string]topics.Committed{},
	}
	st.Listen(f.keepLeases)
	const atOnce = 64
	for from := 0; from < much.topics; from += atOnce {
		if err := f.batch(ctx, from, min(from+atOnce, much.topics)); err != nil {
			return fmt.Errorf("fill: %w", err)
		}
	}
	return nil
}

func (f *filler) keepLeases(done []topics.Committed) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range done {
		f.leases[c.Item.Key] = c
	}
}

func (f *filler) batch(ctx context.Context, from, to int) error {
	items := make([]topics.NewItem, 0, to-from)
	for i := from; i < to; i++ {
		items = append(items, topics.NewItem{
			Queue: topics.QueueInbox, Lane: f.place(i).Lane(),
			Key: fmt.Sprintf("%d:%d", stage.BotID, i+1), Payload: []byte("{}"),
		})
	}
	if _, err := f.store.Append(ctx, items); err != nil {
		return err
	}
	errs := make([]error, to-from)
	var wg sync.WaitGroup
	for n := range items {
		wg.Go(func() { errs[n] = f.topic(ctx, from+n, items[n].Key) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

func (f *filler) place(i int) topics.Conversation {
	return topics.Conversation{ChatID: f.group, ThreadID: stage.FirstThread + int64(i)}
}

func (f *filler) topic(ctx context.Context, i int, key string) error {
	f.mu.Lock()
	c, ok := f.leases[key]
	delete(f.leases, key)
	f.mu.Unlock()
	if !ok {
		return fmt.Errorf("item %s was not committed: the database is not new", key)
	}
	outcome := topics.Outcome{Topics: []topics.TopicChange{{
		Conversation: f.place(i), Title: fmt.Sprint("Customer ", i+1), Status: topics.TopicStatusOpen, At: f.begin,
	}}}
	for n := range f.each {
		outcome.Messages = append(outcome.Messages, f.message(i, n))
	}
	if err := f.store.Finish(ctx, c.Lease, c.Item, outcome); err != nil {
		return err
	}
	info := topics.TopicInfo{
		Private: true, Instance: stage.Instance, Status: "user_answered", Title: fmt.Sprint("Customer ", i+1),
		Customer: topics.Customer{ID: 987654321 + int64(i), Name: fmt.Sprint("John Doe ", i+1)},
	}
	return f.store.KeepCustomer(ctx, f.place(i), info, f.begin)
}

// message is one of a talk between customer and operator, some 120 characters long.
func (f *filler) message(i, n int) topics.Message {
	author := topics.Author{Kind: topics.AuthorCustomer, ID: stage.MirrorID, Name: "Mirror"}
	text := fmt.Sprintf("Hello, order %d-%d has not come yet. ", i, n)
	if n%2 == 1 {
		author = topics.Author{
			Kind: topics.AuthorOperator, ID: stage.OperatorID, Name: "Olga Operator", Username: "olga_support",
		}
		text = fmt.Sprintf("Dear customer, order %d-%d is on its way. ", i, n)
	}
	return topics.Message{
		Conversation: f.place(i), ID: stage.FirstThread + 100_000 + int64(n)*100_000 + int64(i),
		Date: f.begin.Add(time.Duration(n) * time.Hour), Author: author, Kind: topics.MessageTalk,
		Text: topics.Text{Text: text + strings.Repeat("And more words on it. ", 1+(i+n)%6)},
	}
}
