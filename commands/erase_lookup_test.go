package commands_test

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"topicpilot/commands"
	"topicpilot/topics"
)

// topicBook holds topics, whose customer is known once the Topics API, which it plays as
// well, has named them.
type topicBook struct {
	list  []topics.Conversation
	moves []topics.Migrated
	// answers are what the Topics API says, without one a customer.
	answers map[topics.Conversation]error
	// careless keeps nothing.
	careless bool

	mu    sync.Mutex
	asked []topics.Conversation
	known map[topics.Conversation]bool
}

func (b *topicBook) Unresolved(
	_ context.Context, after topics.Conversation, limit int,
) ([]topics.Conversation, error) {
	order := func(a, b topics.Conversation) int {
		return cmp.Or(cmp.Compare(a.ChatID, b.ChatID), cmp.Compare(a.ThreadID, b.ThreadID))
	}
	slices.SortFunc(b.list, order)
	var page []topics.Conversation
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, conv := range b.list {
		if order(conv, after) > 0 && !b.known[conv] && len(page) < limit {
			page = append(page, conv)
		}
	}
	return page, nil
}

func (b *topicBook) Migrations(context.Context) ([]topics.Migrated, error) { return b.moves, nil }

func (b *topicBook) CustomerOf(
	_ context.Context, conv topics.Conversation,
) (topics.TopicInfo, time.Time, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.known[conv] {
		return topics.TopicInfo{}, time.Time{}, topics.ErrNotFound
	}
	return topics.TopicInfo{}, time.Time{}, nil
}

func (b *topicBook) KeepCustomer(context.Context, topics.Conversation, topics.TopicInfo, time.Time) error {
	return errors.New("not the lookup's to keep")
}

func (b *topicBook) Resolve(
	_ context.Context, _ *topics.Group, conv topics.Conversation, need topics.Need,
) (topics.Resolved, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if need != topics.NeedIdentity {
		return topics.Resolved{}, errors.New("asks for more than who it is")
	}
	b.asked = append(b.asked, conv)
	err := b.answers[conv]
	failure, _ := errors.AsType[*topics.ResolveError](err)
	if !b.careless && (err == nil || failure.Reason == topics.ReasonChat) {
		b.known[conv] = true
	}
	return topics.Resolved{}, err
}

// lookUp erases somebody, and tells how many topics nobody is known of.
func (b *topicBook) lookUp(t *testing.T) int64 {
	t.Helper()
	b.known = map[topics.Conversation]bool{}
	groups := topics.NewGroups([]*topics.Group{{ID: -1}, {ID: -2}})
	log := slog.New(slog.DiscardHandler)
	erasing := commands.Erasing{
		Store: &eraser{}, Log: log, Lookup: &commands.TopicLookup{Store: b, Customers: b, Groups: groups, Log: log},
	}
	receipt, err := erasing.Erase(t.Context(), 11)
	if err != nil {
		t.Fatal(err)
	}
	if !receipt.Nothing() {
		t.Errorf("receipt: %+v", receipt)
	}
	return receipt.Unresolved
}

// some are topics of a group.
func some(chatID, from, to int64) (list []topics.Conversation) {
	for thread := from; thread <= to; thread++ {
		list = append(list, topics.Conversation{ChatID: chatID, ThreadID: thread})
	}
	return list
}

func fail(list []topics.Conversation, reason topics.ResolveReason) map[topics.Conversation]error {
	answers := map[topics.Conversation]error{}
	for _, conv := range list {
		answers[conv] = &topics.ResolveError{Reason: reason}
	}
	return answers
}

// TestTopicLookup: what is asked before an erasure, and what stays unknown.
func TestTopicLookup(t *testing.T) {
	for name, test := range map[string]struct {
		list     []topics.Conversation
		answers  map[topics.Conversation]error
		careless bool
		left     int64
		// asked is how many questions there are at most; exact where none fails.
		asked int
	}{
		"nothing":             {},
		"each is asked once":  {list: some(-1, 1, 1700), asked: 1700},
		"a chat is an answer": {list: some(-1, 1, 3), answers: fail(some(-1, 2, 2), topics.ReasonChat), asked: 3},
		"nobody knows a topic": {
			list: some(-1, 1, 60), answers: fail(some(-1, 1, 59), topics.ReasonUnknownTopic), left: 59, asked: 60,
		},
		"a group that is not in the settings": {list: append(some(-9, 1, 4), some(-1, 1, 2)...), left: 4, asked: 2},
		"one group's service is down": {
			list:    append(some(-1, 1, 900), some(-2, 1, 30)...),
			answers: fail(some(-1, 1, 900), topics.ReasonUnavailable), left: 900, asked: 16 + 7 + 30,
		},
		"what is not kept is not known": {list: some(-1, 1, 2), careless: true, left: 2, asked: 2},
	} {
		t.Run(name, func(t *testing.T) {
			book := &topicBook{list: test.list, answers: test.answers, careless: test.careless}
			if left := book.lookUp(t); left != test.left {
				t.Errorf("%d are not known, want %d", left, test.left)
			}
			if asked := len(book.asked); asked > test.asked || test.left == 0 && asked != test.asked {
				t.Errorf("%d questions, want %d", asked, test.asked)
			}
		})
	}
}

// TestTopicLookupMigrated: a topic is asked for by its group's present id, and not again
// where that is known.
func TestTopicLookupMigrated(t *testing.T) {
	book := &topicBook{list: some(-1, 1, 2), moves: []topics.Migrated{{From: -1, To: -100}}}
	if left := book.lookUp(t); left != 0 {
		t.Errorf("%d are not known", left)
	}
	slices.SortFunc(book.asked, func(a, b topics.Conversation) int { return cmp.Compare(a.ThreadID, b.ThreadID) })
	if want := some(-100, 1, 2); !slices.Equal(book.asked, want) {
		t.Errorf("asked for %v, want %v", book.asked, want)
	}
	book.asked, book.list = nil, append(some(-100, 1, 1), some(-1, 1, 1)...)
	if left := book.lookUp(t); left != 0 || len(book.asked) > 2 {
		t.Errorf("%d are not known after %v", left, book.asked)
	}
}
