package topics

import (
	"context"
	"time"
)

// Traces is what is stored of a customer, as far as others than the store have to act
// on it before it is erased.
type Traces struct {
	// Conversations are the customer's topics, in all groups.
	Conversations []Conversation
	// Pages are those of outside systems. Blocks are what we added to pages made by hand,
	// by the pages' ids.
	Pages  []Page
	Blocks map[string][]string
	// Exports are those into pages made by hand: their notes (Pending) tell of blocks that
	// may have been added, but of which no answer has come.
	Exports []Export
}

// Outside erases what stands of a customer in outside systems, as far as it can within
// some seconds, and returns the items that do the rest. It is called with all that was
// found, and again with all of it when more was stored meanwhile.
type Outside func(ctx context.Context, traces Traces) []NewItem

// Receipt counts what was erased.
type Receipt struct {
	CustomerID int64     `json:"customer_id"`
	At         time.Time `json:"at"`
	Topics     int64     `json:"topics"`
	Messages   int64     `json:"messages"`
	// Versions are former texts of edited messages.
	Versions int64 `json:"versions"`
	// Journal are stored updates, Parked those given up, Waiting what was still to be
	// sent or done.
	Journal int64 `json:"journal"`
	Parked  int64 `json:"parked"`
	Waiting int64 `json:"waiting"`
	Links   int64 `json:"links"`
	Drafts  int64 `json:"drafts"`
	// Runs are entries of the audit trail from which the customer was taken out.
	Runs int64 `json:"runs"`
	// Files are copies of the database that were made before upgrades and held it all.
	Files int64 `json:"files"`
	// Pages were archived, Blocks removed in outside systems; Pending are those that
	// could not be reached and will be tried again.
	Pages   int64 `json:"pages"`
	Blocks  int64 `json:"blocks"`
	Pending int64 `json:"pending"`
	// Unresolved are stored topics, of any customer, whose customer is not known and could
	// not be looked up: they were left alone.
	Unresolved int64 `json:"unresolved"`
}

// Nothing reports whether nothing was there to be erased.
func (r Receipt) Nothing() bool {
	r.CustomerID, r.At, r.Unresolved = 0, time.Time{}, 0
	return r == Receipt{}
}

// UnresolvedTopics lists topics for which nobody has asked yet who their customer is.
type UnresolvedTopics interface {
	// Unresolved lists, in order, those behind the given one that hold anything; at most
	// limit.
	Unresolved(ctx context.Context, after Conversation, limit int) ([]Conversation, error)
}

// Eraser erases customers from the store.
type Eraser interface {
	// Forget erases everything about the customer: their topics with both sides of the
	// talk, former texts, search index, journal, parked and waiting items of those topics
	// and of the customer's own lanes, links, pages, exports, what the audit trail names
	// of them, the titles of their topics, and what is done, parked or still to be posted in
	// their groups' Generals, where they may have been shown.
	//
	// At first it sees to it that what was written in those topics up to now is not stored
	// again, by no replay and no import, and that work asked for up to now keeps no page and
	// no block any more (ErrForgotten). Then outside, nil for none, gets what others have to
	// erase; the items that it returns are stored in the transaction that deletes the
	// traces. The bytes are gone from the database's files when it returns.
	// An unknown customer gives zero counts and no error.
	Forget(ctx context.Context, customerID int64, outside Outside) (Receipt, error)
}
