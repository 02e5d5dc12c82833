package commands

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"topicpilot/topics"
)

const (
	// lookupTime bounds all questions of one erasure to the Topics API.
	lookupTime = 2 * time.Minute
	// lookupsAtOnce is how many of them are under way at a time.
	lookupsAtOnce = 8
	// lookupMisses is how many questions of a group in a row may fail before no more are
	// asked: a Topics API that is down would hold the erasure up for all of lookupTime.
	lookupMisses = 16
	lookupPage   = 500
)

// TopicLookupStore is what a TopicLookup reads of the store.
type TopicLookupStore interface {
	topics.UnresolvedTopics
	topics.CustomerStore
	Migrations(ctx context.Context) ([]topics.Migrated, error)
}

// TopicLookup asks whose the topics are for which nobody has asked so far: an erasure finds
// a customer's topics by what is stored of them. What it learns, Customers keeps, so that
// each topic is asked for once. It may be used concurrently.
type TopicLookup struct {
	Store     TopicLookupStore
	Customers Customers
	Groups    *topics.Groups
	Log       *slog.Logger
}

// topicLookup is one call of TopicLookup.all.
type topicLookup struct {
	*TopicLookup
	// left counts the topics that nobody could be asked about.
	left atomic.Int64

	mu     sync.Mutex
	misses map[*topics.Group]int
}

// all looks up every topic without a customer, for lookupTime at most, and counts those
// whose customer is still not known. An error is one of the store's.
func (l *TopicLookup) all(ctx context.Context) (left int64, err error) {
	moves, err := l.Store.Migrations(ctx)
	if err != nil {
		return 0, fmt.Errorf("read the migrations of groups: %w", err)
	}
	for _, m := range moves {
		l.Groups.Follow(m, l.Log)
	}
	bounded, cancel := context.WithTimeout(ctx, lookupTime)
	defer cancel()
	now := &topicLookup{TopicLookup: l, misses: make(map[*topics.Group]int)}
	after := topics.Conversation{ChatID: math.MinInt64}
	for {
		page, err := l.Store.Unresolved(ctx, after, lookupPage)
		if err != nil {
			return 0, fmt.Errorf("look for topics without a customer: %w", err)
		}
		now.ask(bounded, page)
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		if len(page) < lookupPage {
			break
		}
		after = page[len(page)-1]
	}
	if left = now.left.Load(); left > 0 {
		l.Log.Warn("topics whose customer could not be looked up were not erased", "topics", left)
	}
	return left, nil
}

// ask looks up some topics, side by side.
func (l *topicLookup) ask(ctx context.Context, page []topics.Conversation) {
	next := make(chan topics.Conversation)
	var workers sync.WaitGroup
	for range min(lookupsAtOnce, len(page)) {
		workers.Go(func() {
			for conv := range next {
				if !l.known(ctx, conv) {
					l.left.Add(1)
				}
			}
		})
	}
	for _, conv := range page {
		next <- conv
	}
	close(next)
	workers.Wait()
}

// known asks whose a topic is, and reports whether that is known now. The Topics API knows
// a topic by its group's present id.
func (l *topicLookup) known(ctx context.Context, conv topics.Conversation) bool {
	group, ok := l.Groups.Find(conv.ChatID)
	if !ok || ctx.Err() != nil || l.vain(group) {
		return false
	}
	former := conv.ChatID
	if conv.ChatID = l.Groups.ChatID(group); conv.ChatID != former && l.kept(ctx, conv) {
		return true
	}
	_, err := l.Customers.Resolve(ctx, group, conv, topics.NeedIdentity)
	var reason topics.ResolveReason
	if failure, ok := errors.AsType[*topics.ResolveError](err); ok {
		reason = failure.Reason
	}
	answered := err == nil || reason == topics.ReasonChat
	l.note(group, answered || reason == topics.ReasonUnknownTopic)
	return answered && l.kept(ctx, conv)
}

// kept reports whether the store has the answer: by that an erasure goes.
func (l *topicLookup) kept(ctx context.Context, conv topics.Conversation) bool {
	_, _, err := l.Store.CustomerOf(ctx, conv)
	return err == nil
}

// vain reports whether a group's Topics API has failed too often in a row.
func (l *topicLookup) vain(group *topics.Group) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.misses[group] >= lookupMisses
}

func (l *topicLookup) note(group *topics.Group, answered bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.misses[group]++; answered {
		l.misses[group] = 0
	}
}
