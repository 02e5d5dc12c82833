package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"topicpilot/topics"
)

// outsideTries bounds how often the outside systems are asked because somebody goes on
// working for the customer who is being erased.
const outsideTries = 5

var errTraced = errors.New("more was stored of the customer's pages meanwhile")

// outside has others erase what is outside, and then deletes what leads there. What
// somebody has stored in between, for work that was asked for since, is shown first.
func (e *erasure) outside(ctx context.Context, erase topics.Outside) error {
	for tries := 1; ; tries++ {
		var seen mark
		err := e.step(ctx, &op{}, func(w writer) (err error) {
			seen, err = e.mark(w)
			return err
		})
		if err != nil {
			return err
		}
		var owed []topics.NewItem
		if erase != nil {
			traces, err := e.s.Traces(ctx, e.customer)
			if err != nil {
				return err
			}
			owed = erase(ctx, traces)
		}
		err = e.rest(ctx, owed, seen)
		if !errors.Is(err, errTraced) || tries == outsideTries {
			return err
		}
	}
}

// mark tells whether anything has changed in what leads to outside systems: the numbers of
// the customer's pages, and of the pages, blocks and exports of their topics.
type mark [6]int64

func (e *erasure) mark(w writer) (mark, error) {
	var sum mark
	if _, err := w.row(qMarkCustomer, []any{e.customer}, &sum[0], &sum[1]); err != nil {
		return sum, err
	}
	for _, place := range e.places {
		var n [4]int64
		args := []any{
			place.ChatID, place.ThreadID, place.ChatID, place.ThreadID,
			place.ChatID, place.ThreadID, place.ChatID, place.ThreadID,
		}
		if _, err := w.row(qMarkTopic, args, &n[0], &n[1], &n[2], &n[3]); err != nil {
			return sum, err
		}
		for i := range n {
			sum[2+i] += n[i]
		}
	}
	return sum, nil
}

// rest deletes what tells whose the topics are, and stores what others have still to do.
// errTraced when the traces are not those that were seen.
func (e *erasure) rest(ctx context.Context, followUp []topics.NewItem, seen mark) error {
	o := &op{items: followUp, size: itemsSize(followUp)}
	return e.step(ctx, o, func(w writer) error {
		now, err := e.mark(w)
		if err != nil {
			return err
		}
		if now != seen {
			return errTraced
		}
		if err := w.tally(&e.receipt.Links, qForgetLinks, e.customer); err != nil {
			return err
		}
		if err := w.exec(qForgetCustomerPages, e.customer); err != nil {
			return err
		}
		for _, place := range e.places {
			for _, q := range []query{
				qForgetInfo, qForgetTopicPages, qForgetExports, qForgetBlocks, qForgetMemos, qForgetTitle,
			} {
				if err := w.exec(q, place.ChatID, place.ThreadID); err != nil {
					return fmt.Errorf("topic %s: %w", place, err)
				}
			}
		}
		return nil
	})
}

// addBlocks adds what was written into pages that we have not made, and what may have been.
func (s *Store) addBlocks(
	ctx context.Context, conv topics.Conversation, ours map[string]bool, traces *topics.Traces,
) error {
	place := []any{conv.ChatID, conv.ThreadID}
	err := s.rows(ctx, qTopicBlocks, place, func(rows *sql.Rows) error {
		var system, page, ids string
		if err := rows.Scan(&system, &page, &ids); err != nil {
			return err
		}
		page = unescape(page)
		made, known := ours[page]
		if made {
			return nil
		}
		if !known { // a former card, in whose place another one is kept
			ours[page] = false
			traces.Pages = append(traces.Pages, topics.Page{System: unescape(system), Kind: topics.PageCard, ID: page})
		}
		var list []string
		err := json.Unmarshal([]byte(ids), &list)
		traces.Blocks[page] = append(traces.Blocks[page], list...)
		return err
	})
	if err != nil {
		return err
	}
	return s.rows(ctx, qTopicExports, place, func(rows *sql.Rows) error {
		e := topics.Export{Conversation: conv}
		if err := rows.Scan(&e.System, &e.PageID, &e.Pending); err != nil {
			return err
		}
		e.System, e.PageID = unescape(e.System), unescape(e.PageID)
		if !ours[e.PageID] && len(e.Pending) > 0 {
			traces.Exports = append(traces.Exports, e)
		}
		return nil
	})
}
