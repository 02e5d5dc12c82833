package store

import (
	"context"
	"database/sql"
	"slices"

	"topicpilot/topics"
)

const (
	// laneSlots is how many lanes one look through the items looks for.
	laneSlots = 4
	// itemWindow bounds the items that one look goes through, so that none takes long.
	itemWindow = 20_000
)

// messages deletes the messages with their former texts, and their words from the index.
func (e *erasure) messages(ctx context.Context) error {
	for _, place := range e.places {
		for {
			list, err := e.s.listMessages(ctx, qTopicMessages, place.ChatID, place.ThreadID, e.highRow, pruneStep)
			if err != nil {
				return err
			}
			if len(list) == 0 {
				break
			}
			err = e.step(ctx, &op{}, func(w writer) error {
				return deleteMessages(w, list, &e.receipt.Messages, &e.receipt.Versions)
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// versions deletes former texts whose message is gone.
func (e *erasure) versions(ctx context.Context) error {
	for _, place := range e.places {
		args := []any{place.ChatID, place.ThreadID, e.highVersion, pruneStep}
		err := e.each(ctx, qTopicVersions, args, qDeleteVersion, &e.receipt.Versions)
		if err != nil {
			return err
		}
	}
	return nil
}

// runs takes the customer out of the audit trail. Who did what, and when, stays.
func (e *erasure) runs(ctx context.Context) error {
	if err := e.each(ctx, qCustomerRuns, []any{e.customer, e.before, pruneStep}, qForgetRun, &e.receipt.Runs); err != nil {
		return err
	}
	for _, place := range e.places {
		args := []any{place.ChatID, place.ThreadID, e.before, pruneStep}
		if err := e.each(ctx, qRunsOfTopic, args, qForgetRun, &e.receipt.Runs); err != nil {
			return err
		}
	}
	return nil
}

// each changes what find lists until it lists nothing.
func (e *erasure) each(ctx context.Context, find query, args []any, change query, count *int64) error {
	for {
		var ids []int64
		err := e.s.rows(ctx, find, args, func(rows *sql.Rows) error {
			var id int64
			err := rows.Scan(&id)
			ids = append(ids, id)
			return err
		})
		if err != nil || len(ids) == 0 {
			return err
		}
		err = e.step(ctx, &op{}, func(w writer) error {
			for _, id := range ids {
				if err := w.tally(count, change, id); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}

// laneItem is an item of one of the lanes.
type laneItem struct {
	id, state int64
	queue     string
	keyed     bool
}

// items deletes what is left in the lanes: done, parked, and put back meanwhile. No
// index knows the lanes of what is done, as it would cost every update; so all items
// are looked through, beside the writer.
func (e *erasure) items(ctx context.Context) error {
	return e.eachItems(ctx, e.lanes, func(list []laneItem) error { return e.dropItems(ctx, list) })
}

// eachItems does something with all items of lanes, some at a time.
func (e *erasure) eachItems(ctx context.Context, lanes []string, do func(list []laneItem) error) error {
	for after := int64(0); after < e.highItem; after += itemWindow {
		for from := 0; from < len(lanes); from += laneSlots {
			list, err := e.laneItems(ctx, after, lanes[from:min(from+laneSlots, len(lanes))])
			if err != nil {
				return err
			}
			for len(list) > 0 {
				n := min(len(list), pruneStep)
				if err := do(list[:n:n]); err != nil {
					return err
				}
				list = list[n:]
			}
		}
	}
	return nil
}

// shown empties what is done or parked in the Generals of the customer's groups, where hits
// of a search were shown: a press of a button below them has brought the words back to us.
// What Telegram sent and nobody understood stands there as well. Commands that wait stay.
func (e *erasure) shown(ctx context.Context) error {
	return e.eachItems(ctx, e.generals, func(list []laneItem) error {
		list = slices.DeleteFunc(list, func(item laneItem) bool {
			return item.state == stateWaiting && item.queue == topics.QueueInbox
		})
		return e.dropItems(ctx, list)
	})
}

// generalsOf lists the lanes of General in the groups of the topics, by all of the groups'
// ids, and that of updates whose chat could not be read.
func (s *Store) generalsOf(ctx context.Context, list []topics.Conversation) ([]string, error) {
	if len(list) == 0 {
		return nil, nil
	}
	moves, err := s.Migrations(ctx)
	if err != nil {
		return nil, err
	}
	var chats []int64
	for _, conv := range list {
		chats = append(chats, sameGroup(moves, conv.ChatID)...)
	}
	slices.Sort(chats)
	lanes := []string{topics.Conversation{}.Lane()}
	for _, chatID := range slices.Compact(chats) {
		lanes = append(lanes, topics.Conversation{ChatID: chatID}.Lane())
	}
	return lanes, nil
}

func (e *erasure) laneItems(ctx context.Context, after int64, lanes []string) (list []laneItem, err error) {
	names, prefixes := make([]any, laneSlots), make([]any, laneSlots)
	for i := range laneSlots {
		lane := escape(lanes[min(i, len(lanes)-1)])
		names[i], prefixes[i] = lane, lane+" %"
	}
	args := append([]any{after, min(after+itemWindow, e.highItem)}, append(names, prefixes...)...)
	err = e.s.rows(ctx, qLaneItems, args, func(rows *sql.Rows) error {
		var item laneItem
		err := rows.Scan(&item.id, &item.queue, &item.state, &item.keyed)
		list = append(list, item)
		return err
	})
	return list, err
}

// dropItems keeps nothing but the keys of updates, which Telegram may deliver once more.
func (e *erasure) dropItems(ctx context.Context, list []laneItem) error {
	now := micros(e.s.now())
	return e.step(ctx, &op{empties: true}, func(w writer) error {
		for _, item := range list {
			count, ours := &e.receipt.Waiting, item.queue == topics.QueueInbox
			switch {
			case item.state == stateParked:
				count = &e.receipt.Parked
			case ours:
				count = &e.receipt.Journal
			case item.state == stateDone:
				var kept int64
				count = &kept
			}
			var err error
			if ours && item.keyed {
				err = w.tally(count, qBlankItem, now, item.id)
			} else {
				err = w.tally(count, qDropItem, item.id)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// deleteMessages deletes messages with their former texts, and their words from the index.
func deleteMessages(w writer, list []storedMessage, messages, versions *int64) error {
	for _, m := range list {
		if err := dropFromIndex(w, m.row); err != nil {
			return err
		}
		if err := w.tally(versions, qDeleteVersions, m.conv.ChatID, m.conv.ThreadID, m.id); err != nil {
			return err
		}
		if err := w.tally(messages, qDeleteMessage, m.row); err != nil {
			return err
		}
	}
	return nil
}

// storedMessage names a message by its row and by its id.
type storedMessage struct {
	row, id int64
	conv    topics.Conversation
}

func (s *Store) listMessages(ctx context.Context, q query, args ...any) (list []storedMessage, err error) {
	err = s.rows(ctx, q, args, func(rows *sql.Rows) error {
		var m storedMessage
		err := rows.Scan(&m.row, &m.conv.ChatID, &m.conv.ThreadID, &m.id)
		list = append(list, m)
		return err
	})
	return list, err
}
