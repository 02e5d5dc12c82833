package store

import (
	"encoding/json"
	"fmt"

	"topicpilot/topics"
)

const (
	flagForwarded = 1 << iota
	flagViaBot
)

func (s *Store) writeOutcome(w writer, o *topics.Outcome, now int64) error {
	for i := range o.Messages {
		if err := s.insertMessage(w, &o.Messages[i]); err != nil {
			return err
		}
	}
	for i := range o.Edits {
		if err := s.editMessage(w, &o.Edits[i]); err != nil {
			return err
		}
	}
	for i := range o.Topics {
		c := &o.Topics[i]
		at, title := micros(c.At), c.Title
		if s.tombs.drops(c.Conversation, c.At) {
			title = ""
		}
		if err := w.exec(qTopic, c.ChatID, c.ThreadID, escape(title), escape(string(c.Status)), at, at); err != nil {
			return err
		}
	}
	for _, m := range o.Migrations {
		if err := w.exec(qMigration, m.From, m.To, now); err != nil {
			return err
		}
	}
	for _, posted := range o.Drafts {
		if err := postDraft(w, posted); err != nil {
			return err
		}
	}
	return noteSends(w, o.Sends)
}

func noteSends(w writer, sends []topics.Sent) error {
	for _, sent := range sends {
		if err := w.exec(qInsertSend, sent.ChatID, micros(sent.At)); err != nil {
			return err
		}
	}
	return nil
}

// content is the part of a message that an edit changes, as it is stored.
type content struct{ text, entities, media string }

func contentOf(m *topics.Message) (content, error) {
	c := content{text: escape(m.Text.Text)}
	var err error
	if c.entities, err = marshal(m.Text.Entities); err != nil {
		return c, fmt.Errorf("entities: %w", err)
	}
	if c.media, err = marshal(m.Media); err != nil {
		return c, fmt.Errorf("media: %w", err)
	}
	return c, nil
}

// marshal writes a list as JSON, an empty one as nothing.
func marshal[T any](list []T) (string, error) {
	if len(list) == 0 {
		return "", nil
	}
	data, err := json.Marshal(list)
	return string(data), err
}

func unmarshal[T any](s string, list *[]T) error {
	if s == "" {
		return nil
	}
	return json.Unmarshal([]byte(s), list)
}

// insertMessage stores a message that is not there yet and was not erased.
func (s *Store) insertMessage(w writer, m *topics.Message) error {
	if s.tombs.drops(m.Conversation, m.Date) {
		return nil
	}
	row, err := messageRow(m)
	if err != nil {
		return err
	}
	return w.exec(qInsertMessage, row...)
}

// messageRow gives the values of messageColumns.
func messageRow(m *topics.Message) ([]any, error) {
	c, err := contentOf(m)
	if err != nil {
		return nil, err
	}
	var flags int64
	if m.Forwarded {
		flags |= flagForwarded
	}
	if m.ViaBot {
		flags |= flagViaBot
	}
	return []any{
		m.ChatID, m.ThreadID, m.ID, micros(m.Date), micros(m.EditDate),
		escape(string(m.Author.Kind)), m.Author.ID, escape(m.Author.Name), escape(m.Author.Username),
		escape(string(m.Kind)), c.text, c.entities, c.media, escape(m.AlbumID), m.ReplyTo, flags,
	}, nil
}

// editMessage makes the edit the current text and the former one a version. Updates
// may come twice and late: a text that is known already makes no version, and one
// that is older than the current text only becomes a version.
func (s *Store) editMessage(w writer, m *topics.Message) error {
	if s.tombs.drops(m.Conversation, m.Date) {
		return nil
	}
	var date, edited int64
	var now content
	found, err := w.row(qCurrentMessage, []any{m.ChatID, m.ThreadID, m.ID},
		&date, &edited, &now.text, &now.entities, &now.media)
	if err != nil {
		return err
	}
	if !found {
		return s.insertMessage(w, m)
	}
	next, err := contentOf(m)
	if err != nil {
		return err
	}
	since := date
	if edited != 0 {
		since = edited
	}
	at := micros(m.EditDate)
	if at == 0 {
		at = micros(m.Date)
	}
	switch {
	case next == now:
		if at <= since {
			return nil
		}
		return w.exec(qTouchMessage, at, m.ChatID, m.ThreadID, m.ID)
	case at < since:
		return keepVersion(w, m, at, next)
	case at == since:
		// Telegram counts edits in seconds: this is a second edit within one, or a
		// replay of the first, which is a version then.
		known, err := hasVersion(w, m, at, next)
		if err != nil || known {
			return err
		}
	}
	if err := keepVersion(w, m, since, now); err != nil {
		return err
	}
	before, err := beforeEdit(w, m.Conversation, m.ID)
	if err != nil {
		return err
	}
	err = w.exec(qUpdateMessage, at, escape(string(m.Kind)), next.text, next.entities, next.media,
		m.ChatID, m.ThreadID, m.ID)
	if err != nil {
		return err
	}
	return afterEdit(w, before, m.Kind, next)
}

func hasVersion(w writer, m *topics.Message, at int64, c content) (bool, error) {
	var n int64
	_, err := w.row(qFindVersion, []any{m.ChatID, m.ThreadID, m.ID, at, c.text, c.entities, c.media}, &n)
	return n > 0, err
}

func keepVersion(w writer, m *topics.Message, at int64, c content) error {
	known, err := hasVersion(w, m, at, c)
	if err != nil || known {
		return err
	}
	return w.exec(qInsertVersion, m.ChatID, m.ThreadID, m.ID, at, c.text, c.entities, c.media)
}
