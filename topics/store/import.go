package store

import (
	"context"
	"fmt"

	"topicpilot/topics"
)

// importLimit bounds one transaction of an import.
const importLimit = 1000

// Import implements topics.Importer.
func (s *Store) Import(
	ctx context.Context, messages []topics.Message, changes []topics.TopicChange,
) (topics.Imported, error) {
	if len(messages) > importLimit || len(changes) > importLimit {
		return topics.Imported{}, fmt.Errorf("import: %d messages and %d topics at once, want at most %d of each",
			len(messages), len(changes), importLimit)
	}
	var done topics.Imported
	o := &op{ctx: ctx, kind: opWrite}
	for i := range messages {
		o.size += itemOverhead + len(messages[i].Text.Text)
	}
	o.write = func(w writer) error {
		done = topics.Imported{}
		for i := range changes {
			if err := s.importTopic(w, &changes[i]); err != nil {
				return err
			}
		}
		for i := range messages {
			if err := s.importMessage(w, &messages[i], &done); err != nil {
				return err
			}
		}
		return nil
	}
	if err := s.submit(o); err != nil {
		return topics.Imported{}, wrap("import messages", err)
	}
	done.Known = int64(len(messages)) - done.Stored - done.Forgotten
	return done, nil
}

func (s *Store) importTopic(w writer, c *topics.TopicChange) error {
	at, title := micros(c.At), c.Title
	if s.tombs.drops(c.Conversation, c.At) {
		title = ""
	}
	return w.exec(qImportTopic, c.ChatID, c.ThreadID, escape(title), escape(string(c.Status)), at, at)
}

func (s *Store) importMessage(w writer, m *topics.Message, done *topics.Imported) error {
	// What is dated ahead of every clock tells nothing about before or after an erasure.
	if s.tombs.drops(m.Conversation, m.Date) ||
		s.tombs.knows(m.Conversation) && m.Date.After(s.now().Add(clockSkew)) {
		done.Forgotten++
		return nil
	}
	row, err := messageRow(m)
	if err != nil {
		return err
	}
	return w.tally(&done.Stored, qImportMessage, append(row, m.ChatID, m.ID)...)
}
