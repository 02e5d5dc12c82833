// Package storetest is what every database under package store has to keep: one suite,
// run on each of them.
package storetest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"topicpilot/topics"
	"topicpilot/topics/store"
)

// Backend opens stores on one database, which is empty at first.
type Backend struct {
	// Open opens the database; the test closes the store at its end at the latest.
	Open func(t *testing.T, options store.Options) *store.Store
	// Disconnect ends all connections that a store with this Options.Instance has, as
	// the death of its process does. Nil where only one process may open the database.
	Disconnect func(t *testing.T, instance string)
}

// Run runs the suite. fresh gives an empty database of its own for each test.
func Run(t *testing.T, fresh func(t *testing.T) Backend) {
	t.Helper()
	single := []struct {
		name string
		test func(t *testing.T, b Backend)
	}{
		{"order within a lane", orderWithinLane},
		{"many writers keep the order of their lanes", manyWriters},
		{"a known key is stored once", knownKey},
		{"concurrent duplicates are stored once", concurrentDuplicates},
		{"fresh and held", freshAndHeld},
		{"release", release},
		{"claim", claim},
		{"retry", retry},
		{"park, replay, drop", parkReplayDrop},
		{"a restart finds what is unfinished", restart},
		{"a former opening's lease is refused", formerLease},
		{"an item is finished once", finishedOnce},
		{"an outcome is written whole or not", outcomeWhole},
		{"an outcome's items are told", outcomeItems},
		{"one bad operation fails alone", badOperation},
		{"a context that ends", contextEnds},
		{"strange texts and numbers", strangeValues},
		{"a payload of a mebibyte", hugePayload},
		{"close", closed},
		{"edits", edits},
		{"paging", paging},
		{"the last message of somebody", lastFrom},
		{"topics", topicChanges},
		{"migrations of groups", groupMigrations},
		{"customers", customers},
		{"prune", prune},
		{"stats and ping", statsAndPing},
		{"the budget", budget},
		{"recent sends", recentSends},
		{"parked at once", parkedAtOnce},
		{"keys are forgotten", keysForgotten},
		{"lead", lead},
		{"random interleavings", interleavings},
		{"find", find},
		{"find page by page", findPages},
		{"find what was said under former ids", findFormer},
		{"find what was edited", findEdited},
		{"what is pruned is not found", findPruned},
		{"what is erased is not found", findForgotten},
		{"find while others write", findMeanwhile},
		{"find whatever is typed", findStrange},
		{"runs", runs},
		{"of changes at the same time one wins", oneWins},
		{"lists of runs", runLists},
		{"links", links},
		{"pages", pages},
		{"memos", memos},
		{"old runs are pruned", oldRuns},
		{"drafts", drafts},
		{"drafts have bounds", draftBounds},
		{"a draft is stored once, and changed by one", oneDraft},
		{"lists of drafts", draftLists},
		{"which draft a message shows", draftShown},
		{"old drafts are ignored, then pruned", oldDrafts},
		{"modes", modes},
		{"gaps", gaps},
		{"old gaps are pruned", oldGaps},
		{"tokens", tokens},
		{"tokens for many at once", tokensTogether},
		{"tokens booked and settled at once", tokensTurnover},
		{"the arithmetic of tokens", tokenArithmetic},
		{"one notice a day", notices},
		{"old days of tokens are pruned", oldTokens},
		{"vectors", vectors},
		{"many vectors", manyVectors},
		{"old vectors are pruned", oldVectors},
		{"the last messages", lastMessages},
		{"the last message by hand", lastByHand},
		{"exports", exports},
		{"what a conversation holds", extents},
		{"numbers of messages are used once", numbersStay},
		{"imports", imports},
		{"a customer is forgotten", forget},
		{"topics of a group that became another chat are forgotten", forgetMigrated},
		{"what was shown in General is forgotten", forgetGeneral},
		{"topics without a customer are listed", unresolved},
		{"others erase what leads elsewhere", forgetOutside},
		{"what was forgotten does not come back", forgotten},
		{"what the advisor keeps is forgotten", forgetAdvice},
		{"what the advisor keeps does not come back", adviceKeptOut},
		{"an erasure that was cut short is finished", forgetCutShort},
		{"another process forgets", forgottenElsewhere},
		{"forgotten while others write", forgetUnderWay},
	}
	several := []struct {
		name string
		test func(t *testing.T, b Backend)
	}{
		{"two processes store a key once", twoProcessesKey},
		{"a lane has one holder", oneHolder},
		{"a gap tells of another process", gap},
		{"a killed holder's lanes are free at once", killedHolder},
		{"a lost connection loses the leases", lostConnection},
		{"lanes are left to others", claimLimit},
		{"two processes share one budget", sharedBudget},
		{"sends are settled", settled},
		{"one process leads", oneLeads},
		{"a replay wakes the holder", replayWakes},
		{"two processes index", twoIndex},
	}
	for _, test := range single {
		t.Run(test.name, func(t *testing.T) { test.test(t, fresh(t)) })
	}
	for _, test := range several {
		t.Run(test.name, func(t *testing.T) {
			b := fresh(t)
			if b.Disconnect == nil {
				t.Skip("one process has the database")
			}
			test.test(t, b)
		})
	}
}

// process is a store and what its listener heard.
type process struct {
	*store.Store
	t     *testing.T
	mu    sync.Mutex
	heard []topics.Committed
}

func start(t *testing.T, b Backend, options store.Options) *process {
	t.Helper()
	p := &process{Store: b.Open(t, options), t: t}
	p.Listen(func(committed []topics.Committed) {
		p.mu.Lock()
		p.heard = append(p.heard, committed...)
		p.mu.Unlock()
	})
	return p
}

func patience(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// take gives what the listener heard since the last call.
func (p *process) take() []topics.Committed {
	p.mu.Lock()
	defer p.mu.Unlock()
	heard := p.heard
	p.heard = nil
	return heard
}

// add stores items and gives what the listener heard of them.
func (p *process) add(items ...topics.NewItem) []topics.Committed {
	p.t.Helper()
	p.take()
	_, err := p.Append(patience(p.t), items)
	p.must(err)
	return p.take()
}

func (p *process) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// pending lists the keys of a lane's unfinished items.
func (p *process) pending(lease topics.Lease) []string {
	p.t.Helper()
	items, err := p.Pending(patience(p.t), lease, 10_000)
	p.must(err)
	keys := make([]string, len(items))
	for i, item := range items {
		keys[i] = item.Key
	}
	return keys
}

// only gives the one lease that can be claimed.
func (p *process) only(queue string) topics.Lease {
	p.t.Helper()
	leases, err := p.Claim(patience(p.t), queue, 10)
	p.must(err)
	if len(leases) != 1 {
		p.t.Fatalf("claimed %v, want one lane", leases)
	}
	return leases[0]
}

func item(lane, key string) topics.NewItem {
	return topics.NewItem{Queue: topics.QueueInbox, Lane: lane, Key: key, Payload: []byte("payload of " + key)}
}

func conv(thread int64) topics.Conversation {
	return topics.Conversation{ChatID: -1002101424779, ThreadID: thread}
}

var day = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func message(c topics.Conversation, id int64, text string) topics.Message {
	return topics.Message{
		Conversation: c, ID: id, Date: day.Add(time.Duration(id) * time.Second), Kind: topics.MessageTalk,
		Author: topics.Author{Kind: topics.AuthorCustomer, ID: 5555, Name: "Anna"}, Text: topics.Plain(text),
	}
}

func equal[T comparable](t *testing.T, what string, got, want []T) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func keys(prefix string, n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("%s-%d", prefix, i)
	}
	return list
}

// eventually waits for what another process does by itself.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !done() {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within 20 s", what)
		}
		time.Sleep(10 * time.Millisecond)
	}
}
