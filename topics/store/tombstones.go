package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"topicpilot/topics"
)

const (
	// metaForgotten counts the erasures.
	metaForgotten = "forgotten"
	// metaWiped is the last erasure after which the bytes of deleted rows were cleared.
	metaWiped = "wiped"
)

// recallTimeout bounds the reading of the tombstones.
const recallTimeout = 10 * time.Second

// tombstones say up to when what was written is not stored again. They belong to the
// writer's goroutine; a look at them costs a message no more than a map's.
type tombstones struct {
	topics    map[topics.Conversation]int64
	customers map[int64]int64
	// seq is the last erasure that is known here.
	seq int64
	// stale is set when the tables may know more, or less after a transaction that failed.
	stale bool
}

// drops reports whether what was written into the conversation at a time was erased.
func (t *tombstones) drops(conv topics.Conversation, at time.Time) bool {
	before, ok := t.topics[conv]
	return ok && micros(at) <= before
}

// knows reports whether anything in the conversation was ever erased.
func (t *tombstones) knows(conv topics.Conversation) bool {
	_, ok := t.topics[conv]
	return ok
}

// dropsOf is drops for what is known of a customer, in whichever topic.
func (t *tombstones) dropsOf(customerID int64, at time.Time) bool {
	before, ok := t.customers[customerID]
	return ok && micros(at) <= before
}

// OnForget sets what is told of each erasure, by this process or by another one: what
// is remembered of these conversations and of the customer (0 if they are not known any
// more) is to be dropped. It is called once, before anything is written, runs on the
// writer and must not block. Another process's erasure is told within seconds, and
// always before this process writes again.
func (s *Store) OnForget(told func(conversations []topics.Conversation, customerID int64)) {
	s.gate.Lock()
	s.forgets = told
	s.gate.Unlock()
}

// recallTo reads the tombstones again if the number of erasures is another one.
func (s *Store) recallTo(ctx context.Context, seq int64) error {
	if seq != s.tombs.seq {
		s.tombs.stale = true
	}
	return s.recall(ctx)
}

// recall reads the tombstones if they may have changed. It runs on the writer; within a
// transaction that keeps others from erasing, what it finds holds to its end.
func (s *Store) recall(ctx context.Context) error {
	if !s.tombs.stale {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, recallTimeout)
	defer cancel()
	read := tombstones{topics: map[topics.Conversation]int64{}, customers: map[int64]int64{}}
	who, where := map[int64]int64{}, map[int64][]topics.Conversation{}
	note := func(seq int64) {
		read.seq = max(read.seq, seq)
		if _, ok := who[seq]; !ok && seq > s.tombs.seq {
			who[seq] = 0
		}
	}
	err := s.rows(ctx, qForgottenTopics, nil, func(rows *sql.Rows) error {
		var conv topics.Conversation
		var before, seq int64
		err := rows.Scan(&conv.ChatID, &conv.ThreadID, &before, &seq)
		read.topics[conv] = before
		note(seq)
		where[seq] = append(where[seq], conv)
		return err
	})
	if err == nil {
		err = s.rows(ctx, qForgottenCustomers, nil, func(rows *sql.Rows) error {
			var id, at, seq int64
			err := rows.Scan(&id, &at, &seq)
			read.customers[id] = at
			note(seq)
			if seq > s.tombs.seq {
				who[seq] = id
			}
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("read the tombstones: %w", err)
	}
	first := s.tombs.topics == nil // nobody remembers anything yet
	s.tombs = read
	for seq, customer := range who {
		if !first {
			s.tellForgotten(where[seq], customer)
		}
	}
	return nil
}

// tellForgotten tells of an erasure: the lanes, so that nothing is done any more of what
// waited in them, and whoever else remembers.
func (s *Store) tellForgotten(conversations []topics.Conversation, customerID int64) {
	if s.forgets != nil {
		s.forgets(conversations, customerID)
	}
	if s.listener == nil {
		return
	}
	gone := []topics.Committed{{Item: topics.Item{Lane: topics.CustomerLane(customerID)}, Gone: true}}
	for _, conv := range conversations {
		gone = append(gone, topics.Committed{Item: topics.Item{Lane: conv.Lane()}, Gone: true})
		general := topics.Conversation{ChatID: conv.ChatID}
		if conv != general { // its answers were dropped, too
			gone = append(gone, topics.Committed{Item: topics.Item{Lane: general.Lane()}, Gone: true})
		}
	}
	s.listener(gone)
}
