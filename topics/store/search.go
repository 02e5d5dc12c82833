package store

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"time"

	"topicpilot/topics"
)

var _ topics.Finder = (*Store)(nil)

const (
	// maxHits bounds one page of hits.
	maxHits = 100
	// indexTime is how long Find works on the index before it looks with what is there:
	// after a large import the background needs a while.
	indexTime = time.Second
	// findTries bounds how often what the index gave turned out to be no hit.
	findTries = 8
)

// Find implements topics.Finder. Words match in their other endings, in English, Russian
// and Ukrainian; short words and those with digits match exactly, none by its beginning.
// Searched are the present texts, captions, names of files and what media without a file
// say, of customers, operators and bots; our own comments are not. Of what was typed 512
// bytes and 16 words count. It may be used concurrently, costs about a second at most for
// what is not yet indexed, and reads beside the writer.
func (s *Store) Find(ctx context.Context, query topics.FindQuery) ([]topics.Hit, error) {
	f := finding{topic: query.ThreadID != 0, clauses: parseQuery(query.Words), before: query.After}
	limit := min(query.Limit, maxHits)
	if len(f.clauses) == 0 || limit <= 0 {
		return nil, nil
	}
	for _, chatID := range append([]int64{query.ChatID}, query.Former...) {
		where := groupTerm(chatID)
		if f.topic {
			where = topicTerm(topics.Conversation{ChatID: chatID, ThreadID: query.ThreadID})
		}
		f.where = append(f.where, where)
	}
	if err := s.bringUpToDate(ctx); err != nil {
		return nil, wrap("find", err)
	}
	hits, err := s.find(ctx, f, limit)
	return hits, wrap("find", err)
}

// bringUpToDate indexes what was stored before the call, for a bounded time.
func (s *Store) bringUpToDate(ctx context.Context) error {
	end := time.Now().Add(indexTime)
	s.indexing.Lock()
	defer s.indexing.Unlock()
	for more := true; more && time.Now().Before(end); {
		var err error
		if more, err = s.indexStep(ctx, true); err != nil {
			return err
		}
	}
	return nil
}

// finding is a search under way, in any of the places that where are the terms of: before is
// the place that hits have to precede, 0 for none.
type finding struct {
	where   []string
	topic   bool
	clauses []clause
	before  int64
}

// find asks the index and looks at the messages themselves: one may have been deleted
// since, or have other words that share a term.
func (s *Store) find(ctx context.Context, f finding, limit int) (hits []topics.Hit, err error) {
	if f.before <= 0 {
		f.before = math.MaxInt64
	}
	for range findTries {
		want := limit - len(hits)
		places, err := s.places(ctx, f, want)
		if err != nil || len(places) == 0 {
			return hits, err
		}
		found, err := s.hitsAt(ctx, places, f.clauses)
		if err != nil {
			return nil, err
		}
		hits = append(hits, found...)
		if len(places) < want || len(hits) == limit {
			break
		}
		f.before = places[len(places)-1]
	}
	return hits, nil
}

// places gives the places of messages that the index holds for it, the latest first.
func (s *Store) places(ctx context.Context, f finding, limit int) (places []int64, err error) {
	if s.Shared() {
		return s.placesShared(ctx, f, limit)
	}
	args := []any{sqliteOperators.expression(f.where, f.clauses), f.before, limit}
	err = s.rows(ctx, qFindPlaces, args, func(rows *sql.Rows) error {
		var place int64
		err := rows.Scan(&place)
		places = append(places, place)
		return err
	})
	return places, err
}

// hitsAt reads messages and keeps those that match, in the order of the places.
func (s *Store) hitsAt(ctx context.Context, places []int64, clauses []clause) ([]topics.Hit, error) {
	ids := make([]int64, len(places))
	for i, place := range places {
		ids[i] = rowOf(place)
	}
	list, err := idList(ids)
	if err != nil {
		return nil, err
	}
	read := make(map[int64]topics.Message, len(ids))
	err = s.rows(ctx, qFindMessages, []any{list}, func(rows *sql.Rows) error {
		var id int64
		m, err := scanMessage(rows, &id)
		read[id] = m
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read what was found: %w", err)
	}
	hits := make([]topics.Hit, 0, len(places))
	for _, place := range places {
		m, there := read[rowOf(place)]
		if !there {
			continue
		}
		if marks, ok := matches(clauses, searchedTexts(m.Text.Text, m.Media)); ok {
			hits = append(hits, topics.Hit{Message: m, Place: place, Marks: marks})
		}
	}
	return hits, nil
}
