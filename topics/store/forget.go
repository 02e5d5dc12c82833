package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"topicpilot/topics"
)

// clockSkew bounds how far Telegram's clock is believed to be ahead of ours.
const clockSkew = 10 * time.Minute

// Traces lists what others have to erase of a customer. A topic is the customer's if it is
// known as such, or if nobody's is known any more and a run, a page or a draft names the
// customer; and so is the same topic under another id of its group.
func (s *Store) Traces(ctx context.Context, customerID int64) (topics.Traces, error) {
	traces := topics.Traces{Blocks: map[string][]string{}}
	var err error
	if traces.Conversations, err = s.topicsOf(ctx, customerID); err != nil {
		return traces, wrap("look for a customer", err)
	}
	if traces.Pages, err = s.pages(ctx, qCustomerPages, customerID); err != nil {
		return traces, wrap("look for a customer's pages", err)
	}
	for _, conv := range traces.Conversations {
		more, err := s.pages(ctx, qTopicPages, conv.ChatID, conv.ThreadID, customerID)
		if err != nil {
			return traces, wrap("look for a topic's pages", err)
		}
		traces.Pages = append(traces.Pages, more...)
	}
	ours := map[string]bool{}
	for _, page := range traces.Pages {
		ours[page.ID] = ours[page.ID] || page.Ours
	}
	for _, conv := range traces.Conversations {
		if err := s.addBlocks(ctx, conv, ours, &traces); err != nil {
			return traces, wrap("look for blocks of pages", err)
		}
	}
	return traces, nil
}

func (s *Store) topicsOf(ctx context.Context, customerID int64) (list []topics.Conversation, err error) {
	if customerID == 0 {
		return nil, errors.New("0 is no customer's id")
	}
	err = s.rows(ctx, qCustomerTopics, []any{customerID, customerID, customerID, customerID}, func(rows *sql.Rows) error {
		var conv topics.Conversation
		err := rows.Scan(&conv.ChatID, &conv.ThreadID)
		list = append(list, conv)
		return err
	})
	if err != nil || len(list) == 0 {
		return list, err
	}
	return s.underOtherIDs(ctx, customerID, list)
}

// underOtherIDs adds the same topics as they were called before, or after, their group became
// another chat: not every one of them was looked up under each id.
func (s *Store) underOtherIDs(
	ctx context.Context, customerID int64, list []topics.Conversation,
) ([]topics.Conversation, error) {
	moves, err := s.Migrations(ctx)
	if err != nil {
		return nil, err
	}
	for _, conv := range slices.Clone(list) {
		for _, chatID := range sameGroup(moves, conv.ChatID) {
			other := topics.Conversation{ChatID: chatID, ThreadID: conv.ThreadID}
			if slices.Contains(list, other) {
				continue
			}
			theirs, err := s.mayBeOf(ctx, customerID, other)
			if err != nil {
				return nil, err
			}
			if theirs {
				list = append(list, other)
			}
		}
	}
	return list, nil
}

// mayBeOf reports whether a topic is stored that is known as nobody else's.
func (s *Store) mayBeOf(ctx context.Context, customerID int64, conv topics.Conversation) (bool, error) {
	if _, err := s.Topic(ctx, conv); errors.Is(err, topics.ErrNotFound) {
		if stored, err := s.hasAdvice(ctx, conv); err != nil || !stored {
			return false, err
		}
	} else if err != nil {
		return false, err
	}
	info, _, err := s.CustomerOf(ctx, conv)
	if err != nil && !errors.Is(err, topics.ErrNotFound) {
		return false, err
	}
	return info.Customer.ID == 0 || info.Customer.ID == customerID, nil
}

// erasure is the work of one Forget. It begins with the tombstones: from then on nothing
// comes back, and what is left after a crash is found again, as what tells whose topics
// they are goes last.
type erasure struct {
	s        *Store
	customer int64
	topics   []topics.Conversation
	// places are the topics and the customer's private chat.
	places []topics.Conversation
	lanes  []string
	// generals are the lanes of General in the groups of the topics.
	generals []string
	before   int64
	// seq is the number of this erasure.
	seq int64
	// known is set when there is anything of the customer.
	known bool
	// These bound what was there when the tombstones were set.
	highItem, highRow, highVersion, highDraft, highGap int64

	receipt topics.Receipt
}

// Forget implements topics.Eraser. It works in short transactions, so that a customer
// with a million messages holds nobody up. After an error it is to be called again, and
// does the rest; the counts are then those of the rest.
func (s *Store) Forget(ctx context.Context, customerID int64, outside topics.Outside) (topics.Receipt, error) {
	e, err := s.newErasure(ctx, customerID)
	if err != nil {
		return topics.Receipt{}, wrap("forget a customer", err)
	}
	for _, step := range []func(context.Context) error{
		e.entomb, e.messages, e.versions, e.items, e.shown, e.runs, e.advice, e.copies,
		func(ctx context.Context) error { return e.outside(ctx, outside) },
	} {
		if err := step(ctx); err != nil {
			// The writer may still be at work on the receipt.
			return topics.Receipt{}, wrap("forget a customer", err)
		}
	}
	if err := e.wipe(ctx); err != nil {
		return e.receipt, wrap("everything is erased, but bytes of it may still be in the database's files; "+
			"erase the customer once more", err)
	}
	return e.receipt, nil
}

// wipe clears the bytes of what was deleted, also if a former erasure was cut short
// before that.
func (e *erasure) wipe(ctx context.Context) error {
	seq, err := e.s.meta(ctx, metaForgotten)
	if err != nil {
		return err
	}
	wiped, err := e.s.meta(ctx, metaWiped)
	if err != nil || !e.known && wiped == seq {
		return err
	}
	if err := e.s.engine.wipe(ctx); err != nil {
		return err
	}
	if e.known && seq != e.seq {
		return nil // another erasure is under way, and has still to say that it is through
	}
	return e.s.write(ctx, func(w writer) error { return w.exec(qSetMeta, seq, metaWiped) })
}

func (s *Store) newErasure(ctx context.Context, customerID int64) (*erasure, error) {
	list, err := s.topicsOf(ctx, customerID)
	if err != nil {
		return nil, err
	}
	now := s.now()
	e := &erasure{
		s: s, customer: customerID, topics: list, before: micros(now),
		places:  append(append([]topics.Conversation(nil), list...), topics.Conversation{ChatID: customerID}),
		receipt: topics.Receipt{CustomerID: customerID, At: now.UTC(), Topics: int64(len(list))},
	}
	if e.generals, err = s.generalsOf(ctx, list); err != nil {
		return nil, err
	}
	e.lanes = []string{topics.CustomerLane(customerID)}
	for _, place := range e.places {
		e.lanes = append(e.lanes, place.Lane())
		// What is stored already was written before now, whatever our clock says.
		err := s.rows(ctx, qLatestMessage, []any{place.ChatID, place.ThreadID}, func(rows *sql.Rows) error {
			var latest int64
			err := rows.Scan(&latest)
			e.before = max(e.before, min(latest, micros(now.Add(clockSkew))))
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return e, nil
}

// step runs one transaction. The receipt is put back when it is run again.
func (e *erasure) step(ctx context.Context, o *op, write func(w writer) error) error {
	counted := e.receipt
	o.ctx, o.kind, o.alone = ctx, opWrite, true
	o.write = func(w writer) error {
		e.receipt = counted
		return write(w)
	}
	return e.s.submit(o)
}

// entomb sets the tombstones and deletes what waits: the result of what is in hand just
// now cannot be stored any more.
func (e *erasure) entomb(ctx context.Context) error {
	return e.step(ctx, &op{empties: true}, func(w writer) error {
		for _, lane := range e.lanes {
			if err := e.dropWaiting(w, escape(lane)); err != nil {
				return err
			}
		}
		// Answers in General may quote the customer, and go out late.
		for _, lane := range e.generals {
			lane = escape(lane)
			if err := w.tally(&e.receipt.Waiting, qDropAnswers, lane, lane+" %"); err != nil {
				return err
			}
		}
		if _, err := w.row(qHighest, nil, &e.highRow, &e.highVersion); err != nil {
			return err
		}
		if _, err := w.row(qHighestItem, nil, &e.highItem); err != nil {
			return err
		}
		if _, err := w.row(qHighestAdvice, nil, &e.highDraft, &e.highGap); err != nil {
			return err
		}
		if err := e.advised(w); err != nil {
			return err
		}
		var named int64
		if _, err := w.row(qKnowsCustomer, []any{e.customer, e.customer, e.customer, e.customer}, &named); err != nil {
			return err
		}
		e.known = named > 0 || len(e.topics) > 0 || e.receipt.Journal+e.receipt.Waiting > 0
		if !e.known {
			return nil // who was never here leaves no trace by being forgotten
		}
		return e.writeTombstones(w)
	})
}

func (e *erasure) dropWaiting(w writer, lane string) error {
	named := []any{lane, lane + " %"}
	blank := append([]any{micros(e.s.now())}, named...)
	if err := w.tally(&e.receipt.Journal, qBlankWaitingUpdates, blank...); err != nil {
		return err
	}
	if err := w.tally(&e.receipt.Journal, qDropWaitingUpdates, named...); err != nil {
		return err
	}
	return w.tally(&e.receipt.Waiting, qDropWaiting, named...)
}

func (e *erasure) writeTombstones(w writer) error {
	if _, err := w.row(qMeta, []any{metaForgotten}, &e.seq); err != nil {
		return err
	}
	e.seq++
	seq := e.seq
	if err := w.exec(qSetMeta, seq, metaForgotten); err != nil {
		return err
	}
	if err := w.exec(qForgetCustomer, e.customer, e.before, seq); err != nil {
		return err
	}
	tombs := &e.s.tombs
	for _, place := range e.places {
		if err := w.exec(qForgetTopic, place.ChatID, place.ThreadID, e.before, seq); err != nil {
			return err
		}
		tombs.topics[place] = e.before
	}
	// What goes along in the same transaction obeys already; the next one reads what came
	// of this one.
	tombs.customers[e.customer] = e.before
	tombs.stale = true
	return nil
}

// copies deletes the copies from before upgrades: they hold all customers.
func (e *erasure) copies(context.Context) error {
	if !e.known {
		return nil
	}
	n, err := e.s.engine.dropCopies()
	e.receipt.Files += n
	return err
}
