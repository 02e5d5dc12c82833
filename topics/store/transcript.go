package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"topicpilot/topics"
)

// Messages implements topics.Transcript.
func (s *Store) Messages(
	ctx context.Context, conv topics.Conversation, after int64, limit int,
) ([]topics.Message, error) {
	var list []topics.Message
	args := []any{conv.ChatID, conv.ThreadID, after, limit}
	err := s.rows(ctx, qMessages, args, func(rows *sql.Rows) error {
		m, err := scanMessage(rows)
		list = append(list, m)
		return err
	})
	return list, wrap("read messages", err)
}

// LastFrom gives the id of the latest message of a conversation whose author is of the kind, and
// topics.ErrNotFound where there is none.
func (s *Store) LastFrom(ctx context.Context, conv topics.Conversation, kind topics.AuthorKind) (int64, error) {
	var id int64
	args := []any{conv.ChatID, conv.ThreadID, string(kind)}
	err := s.rows(ctx, qLastFrom, args, func(rows *sql.Rows) error { return rows.Scan(&id) })
	if err == nil && id == 0 {
		err = topics.ErrNotFound
	}
	return id, wrap("look for the last message", err)
}

// scanMessage reads messageColumns, and what is selected behind them.
func scanMessage(rows *sql.Rows, more ...any) (topics.Message, error) {
	var m topics.Message
	var date, edited, flags int64
	var entities, media string
	err := rows.Scan(append([]any{
		&m.ChatID, &m.ThreadID, &m.ID, &date, &edited, &m.Author.Kind, &m.Author.ID, &m.Author.Name,
		&m.Author.Username, &m.Kind, &m.Text.Text, &entities, &media, &m.AlbumID, &m.ReplyTo, &flags,
	}, more...)...)
	if err != nil {
		return m, err
	}
	m.Date, m.EditDate = fromMicros(date), fromMicros(edited)
	m.Author.Name, m.Author.Username = unescape(m.Author.Name), unescape(m.Author.Username)
	m.Text.Text, m.AlbumID = unescape(m.Text.Text), unescape(m.AlbumID)
	m.Forwarded, m.ViaBot = flags&flagForwarded != 0, flags&flagViaBot != 0
	if err := unmarshal(entities, &m.Text.Entities); err != nil {
		return m, err
	}
	return m, unmarshal(media, &m.Media)
}

// Versions implements topics.Transcript.
func (s *Store) Versions(ctx context.Context, conv topics.Conversation, messageID int64) ([]topics.Version, error) {
	var list []topics.Version
	err := s.rows(ctx, qVersions, []any{conv.ChatID, conv.ThreadID, messageID}, func(rows *sql.Rows) error {
		var v topics.Version
		var date int64
		var entities string
		if err := rows.Scan(&date, &v.Text.Text, &entities); err != nil {
			return err
		}
		v.Date, v.Text.Text = fromMicros(date), unescape(v.Text.Text)
		err := unmarshal(entities, &v.Text.Entities)
		list = append(list, v)
		return err
	})
	return list, wrap("read the versions of a message", err)
}

// Topic implements topics.Transcript.
func (s *Store) Topic(ctx context.Context, conv topics.Conversation) (topics.Topic, error) {
	list, err := s.topics(ctx, qReadTopic, conv.ChatID, conv.ThreadID)
	if err == nil && len(list) == 0 {
		err = topics.ErrNotFound
	}
	if err != nil {
		return topics.Topic{}, wrap("read a topic", err)
	}
	return list[0], nil
}

// Topics implements topics.Transcript.
func (s *Store) Topics(ctx context.Context, chatID, after int64, limit int) ([]topics.Topic, error) {
	list, err := s.topics(ctx, qReadTopics, chatID, after, limit)
	return list, wrap("list topics", err)
}

func (s *Store) topics(ctx context.Context, q query, args ...any) ([]topics.Topic, error) {
	var list []topics.Topic
	err := s.rows(ctx, q, args, func(rows *sql.Rows) error {
		var t topics.Topic
		var first, changed int64
		if err := rows.Scan(&t.ChatID, &t.ThreadID, &t.Title, &t.Status, &first, &changed); err != nil {
			return err
		}
		t.Title, t.FirstSeen, t.ChangedAt = unescape(t.Title), fromMicros(first), fromMicros(changed)
		if t.Status == "" {
			t.Status = topics.TopicStatusOpen
		}
		list = append(list, t)
		return nil
	})
	return list, err
}

// Migrations lists the groups that have become other chats, oldest first.
func (s *Store) Migrations(ctx context.Context) ([]topics.Migrated, error) {
	var list []topics.Migrated
	err := s.rows(ctx, qMigrations, nil, func(rows *sql.Rows) error {
		var m topics.Migrated
		err := rows.Scan(&m.From, &m.To)
		list = append(list, m)
		return err
	})
	return list, wrap("read the migrations of groups", err)
}

// CustomerOf implements topics.CustomerStore.
func (s *Store) CustomerOf(ctx context.Context, conv topics.Conversation) (topics.TopicInfo, time.Time, error) {
	var info topics.TopicInfo
	var at int64
	found := false
	err := s.rows(ctx, qCustomer, []any{conv.ChatID, conv.ThreadID}, func(rows *sql.Rows) error {
		var text string
		if err := rows.Scan(&text, &at); err != nil {
			return err
		}
		found = true
		return json.Unmarshal([]byte(text), &info)
	})
	if err == nil && !found {
		err = topics.ErrNotFound
	}
	return info, fromMicros(at), wrap("read a customer", err)
}

// KeepCustomer implements topics.CustomerStore. What is older than what is kept
// already, or than the customer's erasure, changes nothing.
func (s *Store) KeepCustomer(
	ctx context.Context, conv topics.Conversation, info topics.TopicInfo, at time.Time,
) error {
	text, err := json.Marshal(info)
	if err != nil {
		return wrap("keep a customer", err)
	}
	return wrap("keep a customer", s.write(ctx, func(w writer) error {
		if s.tombs.drops(conv, at) || s.tombs.dropsOf(info.Customer.ID, at) {
			return nil
		}
		return w.exec(qKeepCustomer, conv.ChatID, conv.ThreadID, info.Customer.ID, string(text), micros(at))
	}))
}
