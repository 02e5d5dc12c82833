package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"topicpilot/topics"
)

const (
	// maxDraftText bounds the text of a draft, and maxDraftEvidence its sources and its doubts
	// as JSON, each in bytes.
	maxDraftText     = 64 << 10
	maxDraftEvidence = 64 << 10
	// maxKey bounds what an index holds of a text, in bytes: PostgreSQL takes no more than
	// about 2700.
	maxKey = 512
)

// AddDraft implements topics.DraftStore. One without a Key, or beyond the bounds, is refused.
func (s *Store) AddDraft(ctx context.Context, draft topics.Draft) (topics.Draft, bool, error) {
	draft.Version = 1
	values, err := draftValues(&draft)
	if err != nil {
		return topics.Draft{}, false, wrap("store a draft", err)
	}
	var row draftRow
	added := false
	err = s.write(ctx, func(w writer) (err error) {
		if s.tombs.drops(draft.Conversation, draft.At) || s.tombs.dropsOf(draft.CustomerID, draft.At) {
			return topics.ErrForgotten
		}
		if added, err = w.row(qAddDraft, values, row.dest()...); err != nil || added {
			return err
		}
		found, err := w.row(qDraftByKey, []any{escape(draft.Key)}, row.dest()...)
		if err == nil && !found {
			err = errUnchanged // deleted between the two
		}
		return err
	})
	if err == nil {
		draft, err = row.draft()
	}
	if err != nil {
		return topics.Draft{}, false, wrap("store a draft", err)
	}
	return draft, added, nil
}

// Draft implements topics.DraftStore.
func (s *Store) Draft(ctx context.Context, id int64) (topics.Draft, error) {
	return s.oneDraft(ctx, qDraft, id)
}

// DraftByKey implements topics.DraftStore.
func (s *Store) DraftByKey(ctx context.Context, key string) (topics.Draft, error) {
	return s.oneDraft(ctx, qDraftByKey, escape(key))
}

func (s *Store) oneDraft(ctx context.Context, q query, arg any) (topics.Draft, error) {
	list, err := s.listDrafts(ctx, q, arg)
	if err == nil && len(list) == 0 {
		err = topics.ErrNotFound
	}
	if err != nil {
		return topics.Draft{}, wrap("read a draft", err)
	}
	return list[0], nil
}

// DraftShown implements topics.DraftStore. The draft may have been made, or posted, under
// another id of the group.
func (s *Store) DraftShown(ctx context.Context, conv topics.Conversation, messageID int64) (topics.Draft, error) {
	var shown topics.Draft
	err := s.underEachID(ctx, conv, func(conv topics.Conversation) error {
		list, err := s.listDrafts(ctx, qDraftShown, conv.ChatID, conv.ThreadID, messageID)
		if len(list) > 0 && list[0].ID > shown.ID {
			shown = list[0]
		}
		return err
	})
	if err == nil && shown.ID == 0 {
		err = topics.ErrNotFound
	}
	if err != nil {
		return topics.Draft{}, wrap("look for the draft of a message", err)
	}
	return shown, nil
}

// ChangeDraft implements topics.DraftStore. What a draft was made for (Key, Conversation, At)
// is not written either.
func (s *Store) ChangeDraft(ctx context.Context, draft topics.Draft) (topics.Draft, error) {
	t, err := draftTexts(&draft)
	if err != nil {
		return topics.Draft{}, wrap("change a draft", err)
	}
	values := []any{
		draft.CustomerID, draft.QuestionID, escape(string(draft.State)), flag(draft.Auto), escape(string(draft.Told)),
		micros(draft.EndedAt), t.decided, t.text, t.original, t.sources, t.strange, draft.ID, draft.Version,
	}
	var row draftRow
	err = s.write(ctx, func(w writer) error {
		found, err := w.row(qChangeDraft, values, row.dest()...)
		if err == nil && !found {
			err = errUnchanged
		}
		return err
	})
	if err == nil {
		draft, err = row.draft()
	}
	if err != nil {
		return topics.Draft{}, wrap("change a draft", err)
	}
	return draft, nil
}

// Drafts implements topics.DraftStore.
func (s *Store) Drafts(
	ctx context.Context, conv topics.Conversation, since time.Time, limit int,
) ([]topics.Draft, error) {
	if limit <= 0 {
		return nil, nil
	}
	var all []topics.Draft
	err := s.underEachID(ctx, conv, func(conv topics.Conversation) error {
		q, args := adviceQuery(qTopicDrafts, qChatDrafts, conv, since, limit)
		list, err := s.listDrafts(ctx, q, args...)
		all = append(all, list...)
		return err
	})
	if err != nil {
		return nil, wrap("list drafts", err)
	}
	return latestOf(all, limit, func(d topics.Draft) (time.Time, int64) { return d.At, d.ID }), nil
}

// postDraft notes which messages show a draft. One that was erased stays so.
func postDraft(w writer, posted topics.DraftPosted) error {
	n := len(posted.MessageIDs)
	if n == 0 {
		return nil
	}
	return w.exec(qDraftPosted, posted.MessageIDs[n-1], n, posted.DraftID)
}

func (s *Store) listDrafts(ctx context.Context, q query, args ...any) ([]topics.Draft, error) {
	var list []topics.Draft
	err := s.rows(ctx, q, args, func(rows *sql.Rows) error {
		var row draftRow
		if err := rows.Scan(row.dest()...); err != nil {
			return err
		}
		draft, err := row.draft()
		list = append(list, draft)
		return err
	})
	return list, err
}

// draftText are the texts of a draft as they are stored.
type draftText struct{ decided, text, original, sources, strange string }

func draftTexts(d *topics.Draft) (t draftText, err error) {
	if n := max(len(d.Text), len(d.Original)); n > maxDraftText {
		return t, fmt.Errorf("a text of %d bytes, want at most %d", n, maxDraftText)
	}
	if t.sources, err = marshal(d.Sources); err != nil {
		return t, fmt.Errorf("sources: %w", err)
	}
	if t.strange, err = doubtsText(d); err != nil {
		return t, fmt.Errorf("doubts: %w", err)
	}
	if n := max(len(t.sources), len(t.strange)); n > maxDraftEvidence {
		return t, fmt.Errorf("%d bytes of evidence, want at most %d", n, maxDraftEvidence)
	}
	t.text, t.original = escape(d.Text), escape(d.Original)
	t.decided, err = authorText(d.Decided)
	return t, err
}

// checkKey refuses what cannot tell one thing from another.
func checkKey(key string) error {
	if key == "" {
		return errors.New("no key")
	}
	if len(key) > maxKey {
		return fmt.Errorf("a key of %d bytes, want at most %d", len(key), maxKey)
	}
	return nil
}

// draftValues are the values of draftColumns.
func draftValues(d *topics.Draft) ([]any, error) {
	if err := checkKey(d.Key); err != nil {
		return nil, err
	}
	t, err := draftTexts(d)
	if err != nil {
		return nil, err
	}
	return []any{
		escape(d.Key), d.ChatID, d.ThreadID, d.CustomerID, d.QuestionID, micros(d.At), escape(string(d.State)),
		flag(d.Auto), d.MessageID, d.Parts, escape(string(d.Told)), micros(d.EndedAt), d.Version,
		t.decided, t.text, t.original, t.sources, t.strange,
	}, nil
}

// draftRow takes the columns of a draft as they are stored.
type draftRow struct {
	id, chat, thread, customer, question, at, auto, message, parts, ended, version int64

	key, state, told string
	draftText
}

func (r *draftRow) dest() []any {
	return []any{
		&r.id, &r.key, &r.chat, &r.thread, &r.customer, &r.question, &r.at, &r.state, &r.auto, &r.message,
		&r.parts, &r.told, &r.ended, &r.version, &r.decided, &r.text, &r.original, &r.sources, &r.strange,
	}
}

func (r *draftRow) draft() (d topics.Draft, err error) {
	d = topics.Draft{
		ID: r.id, Key: unescape(r.key), Conversation: topics.Conversation{ChatID: r.chat, ThreadID: r.thread},
		CustomerID: r.customer, QuestionID: r.question, Text: unescape(r.text), Original: unescape(r.original),
		State: topics.DraftState(unescape(r.state)), Auto: r.auto != 0, MessageID: r.message, Parts: int(r.parts),
		Told: topics.ToldState(unescape(r.told)), At: fromMicros(r.at), EndedAt: fromMicros(r.ended), Version: r.version,
	}
	if err := unmarshal(r.sources, &d.Sources); err != nil {
		return d, fmt.Errorf("sources: %w", err)
	}
	if err := readDoubts(r.strange, &d); err != nil {
		return d, fmt.Errorf("doubts: %w", err)
	}
	d.Decided, err = authorOf(r.decided)
	return d, err
}
