package store

import (
	"context"
	"database/sql"

	"topicpilot/topics"
)

// Export implements topics.ExportStore.
func (s *Store) Export(ctx context.Context, system string, conv topics.Conversation) (topics.Export, error) {
	e := topics.Export{System: system, Conversation: conv}
	args := []any{conv.ChatID, conv.ThreadID, escape(system)}
	err := s.rows(ctx, qExport, args, func(rows *sql.Rows) error {
		err := rows.Scan(&e.PageID, &e.DoneRow, &e.DoneVersion, &e.ToRow, &e.ToVersion,
			&e.AfterMessage, &e.AfterEdit, &e.Pending, &e.Version)
		e.PageID = unescape(e.PageID)
		if len(e.Pending) == 0 {
			e.Pending = nil
		}
		return err
	})
	return e, wrap("read an export", err)
}

// KeepExport implements topics.ExportStore.
func (s *Store) KeepExport(ctx context.Context, export topics.Export, blocks []string) (topics.Export, error) {
	added, err := marshal(blocks)
	if err != nil {
		return topics.Export{}, wrap("keep an export", err)
	}
	e := &export
	values := []any{
		escape(e.PageID), e.DoneRow, e.DoneVersion, e.ToRow, e.ToVersion, e.AfterMessage, e.AfterEdit,
		e.Pending, e.ChatID, e.ThreadID, escape(e.System),
	}
	err = s.write(ctx, func(w writer) error {
		if !e.Since.IsZero() && s.tombs.drops(e.Conversation, e.Since) {
			return topics.ErrForgotten
		}
		var err error
		if e.Version == 0 {
			err = w.must(qAddExport, values...)
		} else {
			err = w.must(qChangeExport, append(values, e.Version)...)
		}
		if err != nil || added == "" {
			return err
		}
		return w.exec(qAddBlocks, escape(e.System), e.ChatID, e.ThreadID, escape(e.PageID), added)
	})
	if err != nil {
		return topics.Export{}, wrap("keep an export", err)
	}
	export.Version++
	return export, nil
}

// Extent implements topics.ExportStore. What has a number up to the highest ones is
// stored, and nothing is stored with such a number afterwards.
func (s *Store) Extent(ctx context.Context, conv topics.Conversation) (topics.Extent, error) {
	var extent topics.Extent
	row, version, err := s.highest(ctx)
	if err != nil {
		return extent, wrap("count a conversation", err)
	}
	err = s.rows(ctx, qExtentMessages, []any{conv.ChatID, conv.ThreadID, row}, func(rows *sql.Rows) error {
		return rows.Scan(&extent.Messages, &extent.MaxRow)
	})
	if err == nil {
		err = s.rows(ctx, qExtentVersions, []any{conv.ChatID, conv.ThreadID, version}, func(rows *sql.Rows) error {
			return rows.Scan(&extent.MaxVersion)
		})
	}
	return extent, wrap("count a conversation", err)
}

// highest gives the highest numbers of messages and of former texts. Where several
// processes write, a lower number may be committed after a higher one: those under way
// are waited for.
func (s *Store) highest(ctx context.Context) (maxRow, maxVersion int64, err error) {
	var row, version int64
	o := &op{ctx: ctx, kind: opWrite, alone: true, write: func(w writer) error {
		_, err := w.row(qHighest, nil, &row, &version)
		return err
	}}
	if err := s.submit(o); err != nil {
		return 0, 0, err // the writer may still be at work on both
	}
	return row, version, nil
}

// MessagesIn implements topics.ExportStore.
func (s *Store) MessagesIn( //nolint:revive // as topics.ExportStore has it
	ctx context.Context, conv topics.Conversation, afterMessage, fromRow, toRow int64, limit int,
) ([]topics.Message, error) {
	return s.messages(ctx, qMessagesIn, conv.ChatID, conv.ThreadID, afterMessage, fromRow, toRow, limit)
}

// EditedIn implements topics.ExportStore.
func (s *Store) EditedIn( //nolint:revive // as topics.ExportStore has it
	ctx context.Context, conv topics.Conversation, afterMessage, fromVersion, toVersion, toRow int64, limit int,
) ([]topics.Message, error) {
	return s.messages(ctx, qEditedIn, conv.ChatID, conv.ThreadID, afterMessage, toRow,
		conv.ChatID, conv.ThreadID, fromVersion, toVersion, limit)
}

func (s *Store) messages(ctx context.Context, q query, args ...any) ([]topics.Message, error) {
	var list []topics.Message
	err := s.rows(ctx, q, args, func(rows *sql.Rows) error {
		m, err := scanMessage(rows)
		list = append(list, m)
		return err
	})
	return list, wrap("read messages", err)
}

// VersionsBetween implements topics.ExportStore.
func (s *Store) VersionsBetween(
	ctx context.Context, conv topics.Conversation, first, last int64,
) (map[int64][]topics.Version, error) {
	versions := map[int64][]topics.Version{}
	args := []any{conv.ChatID, conv.ThreadID, first, last}
	err := s.rows(ctx, qVersionsBetween, args, func(rows *sql.Rows) error {
		var v topics.Version
		var id, date int64
		var entities string
		if err := rows.Scan(&id, &date, &v.Text.Text, &entities); err != nil {
			return err
		}
		v.Date, v.Text.Text = fromMicros(date), unescape(v.Text.Text)
		err := unmarshal(entities, &v.Text.Entities)
		versions[id] = append(versions[id], v)
		return err
	})
	return versions, wrap("read the versions of messages", err)
}
