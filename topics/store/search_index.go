package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"topicpilot/topics"
)

const (
	// indexStep and indexBytes bound what one transaction takes into the index.
	indexStep  = 200
	indexBytes = 64 << 10

	metaSearchTo = "search_to"
)

// indexed is what the index needs of a stored message; texts are as they are stored.
type indexed struct {
	id, chat, thread, date int64
	author, kind           string
	text, media            string
}

func (m *indexed) dest() []any {
	return []any{&m.id, &m.chat, &m.thread, &m.date, &m.author, &m.kind, &m.text, &m.media}
}

// searched reports whether the message is to be found at all. Our own comments are not,
// nor is what was searched for: questions and answers of /find would fill the hits of the
// next one.
func (m *indexed) searched() bool {
	switch topics.MessageKind(m.kind) {
	case topics.MessageService:
		return false
	case topics.MessageComment:
		return topics.AuthorKind(m.author) != topics.AuthorSelf
	case topics.MessageCommand:
		return !findTyped.MatchString(m.text)
	case topics.MessageTalk:
	}
	return true
}

// findTyped is the command that searches, as people type it.
var findTyped = regexp.MustCompile(`(?i)^\s*/find(@\w+)?(\s|$)`)

// words are the terms under which the message is found, "" for none.
func (m *indexed) words() (string, error) {
	if !m.searched() {
		return "", nil
	}
	var media []topics.Media
	if err := unmarshal(m.media, &media); err != nil {
		return "", fmt.Errorf("media of message %d: %w", m.id, err)
	}
	conv := topics.Conversation{ChatID: m.chat, ThreadID: m.thread}
	return termsOf(conv, searchedTexts(unescape(m.text), media)), nil
}

// The place of a message orders the hits: by date, and within a second as stored.
const (
	placeEpoch = 1356998400 // 2013, before Telegram's first message
	rowBits    = 32
	maxRow     = 1<<rowBits - 1
)

var errManyMessages = errors.New("the search takes no more than 4294967295 messages")

func placeOf(id, date int64) (int64, error) {
	if id < 0 || id > maxRow {
		return 0, errManyMessages
	}
	seconds := min(max(date/1_000_000-placeEpoch, 0), 1<<31-1)
	return seconds<<rowBits | id, nil
}

func rowOf(place int64) int64 { return place & maxRow }

// dropFromIndex takes messages out of the index; ids are those of the rows. It is called
// in the transaction that deletes the messages, and before it does: the index is cleaned
// by what the message says now. Ids that are not there, or not indexed yet, are passed over.
func dropFromIndex(w writer, ids ...int64) error {
	if _, ok := w.(*pgTx); ok {
		return nil // the foreign key does it
	}
	done, err := searchTo(w)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if id > done {
			continue
		}
		var m indexed
		found, err := w.row(qIndexRow, []any{id}, m.dest()...)
		if err != nil {
			return err
		}
		if !found {
			continue
		}
		if err := dropWords(w, &m); err != nil {
			return err
		}
	}
	return nil
}

func searchTo(w writer) (int64, error) {
	var done int64
	_, err := w.row(qMeta, []any{metaSearchTo}, &done)
	return done, err
}

func dropWords(w writer, m *indexed) error { return writeWords(w, qDropWords, m) }

func addWords(w writer, m *indexed) error { return writeWords(w, qAddWords, m) }

func writeWords(w writer, q query, m *indexed) error {
	words, err := m.words()
	if err != nil || words == "" {
		return err
	}
	place, err := placeOf(m.id, m.date)
	if err != nil {
		return err
	}
	return w.exec(q, place, words)
}

// beforeEdit reads what the index knows of a message that is about to be edited.
func beforeEdit(w writer, conv topics.Conversation, messageID int64) (indexed, error) {
	var m indexed
	_, err := w.row(qIndexMessage, []any{conv.ChatID, conv.ThreadID, messageID}, m.dest()...)
	return m, err
}

// afterEdit puts the words of the present text in the place of the former one's, if the
// message is in the index already. It is called after the message was updated, so that the
// update has waited for whoever indexes the message just now.
func afterEdit(w writer, before indexed, kind topics.MessageKind, now content) error {
	done, err := searchTo(w)
	if err != nil || before.id > done {
		return err
	}
	if err := dropWords(w, &before); err != nil {
		return err
	}
	before.kind, before.text, before.media = escape(string(kind)), now.text, now.media
	return addWords(w, &before)
}

// Index takes the next messages into the index of the search, a bounded number in one
// short transaction, and reports whether there are more. It is called in the background,
// again and again; Find does so too. Where several processes share the database one
// indexes at a time: for the others there is nothing to do.
func (s *Store) Index(ctx context.Context) (more bool, err error) {
	s.indexing.Lock()
	defer s.indexing.Unlock()
	more, err = s.indexStep(ctx, false)
	return more, wrap("index messages for the search", err)
}

// indexStep waits for another process that is indexing if it has to.
func (s *Store) indexStep(ctx context.Context, wait bool) (bool, error) {
	if p, ok := s.engine.(*postgresEngine); ok {
		return p.index(ctx, wait)
	}
	return s.indexAlone(ctx)
}

// indexAlone reads messages and makes their words beside the writer, which then only
// makes sure that they are still the same.
func (s *Store) indexAlone(ctx context.Context) (more bool, err error) {
	done, err := s.meta(ctx, metaSearchTo)
	if err != nil {
		return false, err
	}
	list, more, err := s.nextToIndex(ctx, done)
	if err != nil || len(list) == 0 {
		return false, err
	}
	last := list[len(list)-1].id
	// The index takes rising places; one that is lower than the last makes it write anew.
	slices.SortFunc(list, func(a, b indexed) int { return cmp.Or(cmp.Compare(a.date, b.date), cmp.Compare(a.id, b.id)) })
	prepared := make([]string, len(list))
	for i := range list {
		if prepared[i], err = list[i].words(); err != nil {
			return false, err
		}
	}
	err = s.write(ctx, func(w writer) error {
		now, err := searchTo(w)
		if err != nil || now != done {
			return err // somebody else was here
		}
		for i := range list {
			if err := indexOne(w, list[i], prepared[i]); err != nil {
				return err
			}
		}
		return w.exec(qSetMeta, last, metaSearchTo)
	})
	return more, err
}

// indexOne adds a message whose words were made before the transaction.
func indexOne(w writer, m indexed, words string) error {
	if words == "" && !m.searched() {
		return nil
	}
	var one int64
	same, err := w.row(qIndexSame, []any{m.id, m.text, m.media}, &one)
	if err != nil {
		return err
	}
	if !same { // edited or deleted meanwhile
		found, err := w.row(qIndexRow, []any{m.id}, m.dest()...)
		if err != nil || !found {
			return err
		}
		return addWords(w, &m)
	}
	if words == "" {
		return nil
	}
	place, err := placeOf(m.id, m.date)
	if err != nil {
		return err
	}
	return w.exec(qAddWords, place, words)
}

// nextToIndex reads the messages behind an id, as many as one transaction takes.
func (s *Store) nextToIndex(ctx context.Context, after int64) (list []indexed, more bool, err error) {
	size := 0
	err = s.rows(ctx, qIndexNext, []any{after, indexStep}, func(rows *sql.Rows) error {
		if size > indexBytes {
			more = true
			return nil
		}
		var m indexed
		err := rows.Scan(m.dest()...)
		size += len(m.text) + len(m.media)
		list = append(list, m)
		return err
	})
	return list, more || len(list) == indexStep, err
}

// idList writes ids as a JSON array.
func idList(ids []int64) (string, error) {
	data, err := json.Marshal(ids)
	return string(data), err
}
