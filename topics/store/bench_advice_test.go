package store_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"topicpilot/topics"
	"topicpilot/topics/store"
)

func openBench(b *testing.B) *store.Store {
	b.Helper()
	s, err := store.Open(context.Background(), "sqlite:"+filepath.Join(b.TempDir(), "bench.db"), store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	return s
}

// BenchmarkDraftLife measures the durable writes of a message that is posted: of a plain
// comment, and of a draft, which is stored before and learns its message after.
func BenchmarkDraftLife(b *testing.B) {
	conv := topics.Conversation{ChatID: -100, ThreadID: 1}
	for _, drafted := range []bool{false, true} {
		b.Run(map[bool]string{false: "plain", true: "draft"}[drafted], func(b *testing.B) {
			ctx := context.Background()
			s := openBench(b)
			var told []topics.Committed
			s.Listen(func(c []topics.Committed) { told = append(told, c...) })
			text := strings.Repeat("The invoice is in your cabinet. ", 20)
			id := int64(0)
			for b.Loop() {
				id++
				outcome := topics.Outcome{Messages: []topics.Message{message(conv, id, text)}}
				if drafted {
					draft, _, err := s.AddDraft(ctx, topics.Draft{
						Key: fmt.Sprint(id), Conversation: conv, Text: text, State: topics.DraftOpen, At: time.Now(),
						Sources: []topics.DraftSource{{Chunk: "a", File: "a.md", Title: "Invoices", Quote: text[:120]}},
					})
					if err != nil {
						b.Fatal(err)
					}
					outcome.Drafts = []topics.DraftPosted{{DraftID: draft.ID, MessageIDs: []int64{id}}}
				}
				told = told[:0]
				if _, err := s.Append(ctx, []topics.NewItem{{Queue: topics.QueueOutbox, Lane: "a"}}); err != nil {
					b.Fatal(err)
				}
				if err := s.Finish(ctx, told[0].Lease, told[0].Item, outcome); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkReserveTokens measures one call's booking and settling.
func BenchmarkReserveTokens(b *testing.B) {
	ctx := context.Background()
	s := openBench(b)
	conv, limits := topics.Conversation{ChatID: -100, ThreadID: 1}, topics.TokenLimits{Day: 1 << 40, TopicDay: 1 << 40}
	for b.Loop() {
		id, over, err := s.ReserveTokens(ctx, conv, time.Now(), 3000, limits)
		if err != nil || over != topics.OverNothing {
			b.Fatal(over, err)
		}
		if err := s.SettleTokens(ctx, id, topics.TokenUsage{Input: 2000, Output: 300}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkVectors measures keeping, noting the use of, and loading the vectors of fifty
// thousand texts: 1,536 numbers in a byte each, and a scale.
func BenchmarkVectors(b *testing.B) {
	const many, size = 50_000, 1540
	ctx := context.Background()
	vectors, hashes := make([]topics.KeptVector, many), make([]string, many)
	data := make([]byte, size+many)
	for i := range data {
		data[i] = byte(i * 31)
	}
	for i := range vectors {
		sum := sha256.Sum256([]byte(fmt.Sprint(i)))
		hashes[i] = hex.EncodeToString(sum[:])
		vectors[i] = topics.KeptVector{Hash: hashes[i], Dimension: size - 4, Data: data[i : i+size]}
	}
	backends := map[string]func(b *testing.B) *store.Store{
		"sqlite": openBench,
		"postgres": func(b *testing.B) *store.Store {
			s, err := store.Open(ctx, newDatabase(b, postgresServer(b)), store.Options{})
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { _ = s.Close() })
			return s
		},
	}
	for name, fresh := range backends {
		b.Run(name, func(b *testing.B) {
			s := fresh(b)
			began := time.Now()
			if err := s.KeepVectors(ctx, "m", vectors); err != nil {
				b.Fatal(err)
			}
			kept := time.Since(began)
			began = time.Now()
			if err := s.UseVectors(ctx, "m", hashes, time.Now().Add(24*time.Hour)); err != nil {
				b.Fatal(err)
			}
			used := time.Since(began)
			for b.Loop() {
				n := 0
				if err := s.Vectors(ctx, "m", func(topics.KeptVector) bool { n++; return true }); err != nil || n != many {
					b.Fatal(n, err)
				}
			}
			b.ReportMetric(float64(kept.Milliseconds()), "ms/keep")
			b.ReportMetric(float64(used.Milliseconds()), "ms/use")
		})
	}
}

// BenchmarkLastMessages reads the end of a long talk, as before each draft.
func BenchmarkLastMessages(b *testing.B) {
	ctx := context.Background()
	s := openBench(b)
	conv := topics.Conversation{ChatID: -100, ThreadID: 1}
	for from := int64(0); from < 20_000; from += 1000 {
		list := make([]topics.Message, 1000)
		for i := range list {
			list[i] = message(conv, from+int64(i)+1, "The payment of yesterday has not arrived yet, order 4711")
		}
		if _, err := s.Import(ctx, list, nil); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if list, err := s.LastMessages(ctx, conv, 200); err != nil || len(list) != 200 {
			b.Fatal(len(list), err)
		}
	}
}
