package store

import (
	"context"
	"database/sql"
	"fmt"

	"topicpilot/topics"
)

// pagePlace is where a page is kept: one card for each customer, one transcript for
// each conversation.
func pagePlace(
	kind topics.PageKind, customerID int64, conv topics.Conversation,
) (place topics.Conversation, holder int64, err error) {
	switch kind {
	case topics.PageCard, topics.PageAsked:
		return topics.Conversation{}, customerID, nil
	case topics.PageTranscript:
		return conv, 0, nil
	}
	return place, 0, fmt.Errorf("a page of kind %q is none that is kept", kind)
}

// Page implements topics.PageStore.
func (s *Store) Page(
	ctx context.Context, system string, kind topics.PageKind, customerID int64, conv topics.Conversation,
) (topics.Page, error) {
	place, holder, err := pagePlace(kind, customerID, conv)
	if err != nil {
		return topics.Page{}, wrap("read a page", err)
	}
	list, err := s.pages(ctx, qPage, place.ChatID, place.ThreadID, holder, escape(system), escape(string(kind)))
	if err == nil && len(list) == 0 {
		err = topics.ErrNotFound
	}
	if err != nil {
		return topics.Page{}, wrap("read a page", err)
	}
	return list[0], nil
}

// KeepPage implements topics.PageStore.
func (s *Store) KeepPage(ctx context.Context, page topics.Page) error {
	place, holder, err := pagePlace(page.Kind, page.CustomerID, page.Conversation)
	if err != nil {
		return wrap("keep a page", err)
	}
	return wrap("keep a page", s.write(ctx, func(w writer) error {
		if !page.Since.IsZero() && (s.tombs.dropsOf(page.CustomerID, page.Since) || s.tombs.drops(place, page.Since)) {
			return topics.ErrForgotten
		}
		return w.exec(qKeepPage, escape(page.System), escape(string(page.Kind)), place.ChatID, place.ThreadID,
			page.CustomerID, escape(page.ID), escape(page.URL), flag(page.Ours), micros(page.At), holder)
	}))
}

// DropPage implements topics.PageStore. One with another id that has taken its place
// stays.
func (s *Store) DropPage(ctx context.Context, page topics.Page) error {
	place, holder, err := pagePlace(page.Kind, page.CustomerID, page.Conversation)
	if err != nil {
		return wrap("drop a page", err)
	}
	return wrap("drop a page", s.write(ctx, func(w writer) error {
		return w.exec(qDropPage, place.ChatID, place.ThreadID, holder, escape(page.System),
			escape(string(page.Kind)), escape(page.ID))
	}))
}

func (s *Store) pages(ctx context.Context, q query, args ...any) ([]topics.Page, error) {
	var list []topics.Page
	err := s.rows(ctx, q, args, func(rows *sql.Rows) error {
		var p topics.Page
		var ours, at int64
		if err := rows.Scan(&p.System, &p.Kind, &p.Conversation.ChatID, &p.Conversation.ThreadID, &p.CustomerID,
			&p.ID, &p.URL, &ours, &at); err != nil {
			return err
		}
		p.System, p.ID, p.URL = unescape(p.System), unescape(p.ID), unescape(p.URL)
		p.Ours, p.At = ours != 0, fromMicros(at)
		list = append(list, p)
		return nil
	})
	return list, err
}
