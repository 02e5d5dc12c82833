package store

import (
	"context"
	"database/sql"

	"topicpilot/topics"
)

// AddLink implements topics.LinkStore.
func (s *Store) AddLink(ctx context.Context, link topics.Link) (bool, error) {
	setter, err := authorText(link.By)
	if err != nil {
		return false, wrap("store a link", err)
	}
	added := false
	err = s.write(ctx, func(w writer) (err error) {
		if s.tombs.dropsOf(link.CustomerID, link.At) {
			added = true
			return nil
		}
		var id int64
		added, err = w.row(qAddLink, []any{link.CustomerID, escape(link.Account), setter, micros(link.At)}, &id)
		return err
	})
	if err != nil {
		return false, wrap("store a link", err)
	}
	return added, nil
}

// RemoveLink implements topics.LinkStore.
func (s *Store) RemoveLink(ctx context.Context, customerID int64, account string) (bool, error) {
	removed := false
	err := s.write(ctx, func(w writer) (err error) {
		var id int64
		removed, err = w.row(qRemoveLink, []any{customerID, escape(account)}, &id)
		return err
	})
	if err != nil {
		return false, wrap("remove a link", err)
	}
	return removed, nil
}

// Links implements topics.LinkStore.
func (s *Store) Links(ctx context.Context, customerID int64) ([]topics.Link, error) {
	var list []topics.Link
	err := s.rows(ctx, qLinks, []any{customerID}, func(rows *sql.Rows) error {
		link := topics.Link{CustomerID: customerID}
		var setter string
		var at int64
		if err := rows.Scan(&link.Account, &setter, &at); err != nil {
			return err
		}
		link.Account, link.At = unescape(link.Account), fromMicros(at)
		var err error
		link.By, err = authorOf(setter)
		list = append(list, link)
		return err
	})
	return list, wrap("read links", err)
}
