package store_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"topicpilot/topics"
	"topicpilot/topics/store"
)

// BenchmarkCommandLife measures all durable writes of one command: the update is
// stored, then done with two messages of the transcript, by 32 goroutines with a
// conversation each.
func BenchmarkCommandLife(b *testing.B) {
	ctx := context.Background()
	s, err := store.Open(ctx, "sqlite:"+filepath.Join(b.TempDir(), "bench.db"), store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	const workers = 32
	var lanes [workers]chan topics.Committed
	byLane := map[string]chan topics.Committed{}
	for i := range lanes {
		lanes[i] = make(chan topics.Committed, 1)
		byLane[topics.Conversation{ChatID: -100, ThreadID: int64(i + 1)}.Lane()] = lanes[i]
	}
	s.Listen(func(committed []topics.Committed) {
		for _, c := range committed {
			byLane[c.Item.Lane] <- c
		}
	})
	// As the bot does at its start: from then on the store knows what lanes hold.
	if _, err := s.Claim(ctx, topics.QueueInbox, 100); err != nil {
		b.Fatal(err)
	}
	payload := make([]byte, 700)
	var worker, ids atomic.Int64
	b.SetParallelism(workers / 2)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		n := int(worker.Add(1)-1) % workers
		conv := topics.Conversation{ChatID: -100, ThreadID: int64(n + 1)}
		for pb.Next() {
			id := ids.Add(2)
			_, err := s.Append(ctx, []topics.NewItem{
				{Queue: topics.QueueInbox, Lane: conv.Lane(), Key: fmt.Sprint(id), Payload: payload},
			})
			if err != nil {
				b.Error(err)
				return
			}
			c := <-lanes[n]
			err = s.Finish(ctx, c.Lease, c.Item, topics.Outcome{Messages: []topics.Message{
				message(conv, id, "/info"), message(conv, id+1, "/ Olga, tariff basic, balance 12.50 EUR"),
			}})
			if err == nil {
				_, err = s.Release(ctx, c.Lease)
			}
			if err != nil {
				b.Error(err)
				return
			}
		}
	})
}

func message(conv topics.Conversation, id int64, text string) topics.Message {
	return topics.Message{
		Conversation: conv, ID: id, Date: time.Unix(1_700_000_000, 0).UTC(), Kind: topics.MessageTalk,
		Author: topics.Author{Kind: topics.AuthorOperator, ID: 7, Name: "Olga", Username: "olga"},
		Text:   topics.Plain(text),
	}
}

// BenchmarkImport measures an import in batches of a thousand, beside what is there.
func BenchmarkImport(b *testing.B) {
	ctx := context.Background()
	s, err := store.Open(ctx, "sqlite:"+filepath.Join(b.TempDir(), "bench.db"), store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	const batch = 1000
	messages := make([]topics.Message, batch)
	next := int64(0)
	for b.Loop() {
		for i := range messages {
			next++
			conv := topics.Conversation{ChatID: -100, ThreadID: next*7919%5000 + 1}
			messages[i] = message(conv, next, "Good evening, the payment of yesterday has not arrived yet, order 4711")
		}
		if got, err := s.Import(ctx, messages, nil); err != nil || got.Stored != batch {
			b.Fatal(got, err)
		}
	}
	b.ReportMetric(float64(next)/b.Elapsed().Seconds(), "messages/s")
}
