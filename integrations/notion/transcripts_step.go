package notion

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// send appends a batch. What is about to leave is noted before, so that a later run knows
// what to look for.
func (e *export) send(ctx context.Context, b *batch) error {
	if b.last == 0 {
		return nil
	}
	next := e.note
	if b.edited {
		next.Edit, next.Message = b.last, e.state.AfterMessage
	} else {
		next.Message, next.Edit = b.last, e.state.AfterEdit
	}
	if b.count == 0 { // all of it is left out: nothing to append, the place is noted later
		e.state.AfterMessage, e.state.AfterEdit = next.Message, next.Edit
		return nil
	}
	next.Sums = Sums(b.blocks)
	next.Added, next.Edited = b.count, 0
	if b.edited {
		next.Added, next.Edited = 0, b.count
	}
	e.note = next
	if err := e.keep(ctx, nil); err != nil {
		return err
	}
	ids, err := e.append(ctx, b.blocks)
	switch {
	case err == nil:
		return e.settle(ctx, ids)
	case unknown(err):
		return e.look(ctx, err)
	}
	// Certainly nothing was written: the next run need not look for it.
	return errors.Join(err, e.settle(ctx, nil))
}

// append sends blocks, without links where Notion does not take them with.
func (e *export) append(ctx context.Context, blocks []Block) ([]string, error) {
	ids, err := e.Client.AppendBlocks(ctx, e.req.PageID, blocks)
	if !isKind(err, KindInvalid) {
		return ids, err
	}
	bare, changed := withoutLinks(blocks)
	if !changed {
		return nil, err
	}
	e.Client.log.Info("Notion refused blocks with links; links are written as text", "integration", e.Client.ID())
	return e.Client.AppendBlocks(ctx, e.req.PageID, bare)
}

// look finds out at once what became of an append without an answer. What is not to be seen
// yet may still come: then the note stays for the next run.
func (e *export) look(ctx context.Context, cause error) error {
	if e.Client.sleep(ctx, settlePause) != nil {
		return cause
	}
	ids, err := e.Client.Landed(ctx, e.req.PageID, e.note.Last, e.note.Sums)
	if err != nil || len(ids) == 0 {
		return cause
	}
	return e.settle(ctx, ids)
}

// settle notes that the step under way is on the page (ids), or is not (none).
func (e *export) settle(ctx context.Context, ids []string) error {
	if len(ids) > 0 {
		e.state.AfterMessage, e.state.AfterEdit = e.note.Message, e.note.Edit
		e.note.Last = ids[len(ids)-1]
		e.note.Done.Added += e.note.Added
		e.note.Done.Edited += e.note.Edited
	}
	e.note = step{Last: e.note.Last, Done: e.note.Done, Total: e.note.Total, Stored: e.note.Stored}
	if err := e.keep(ctx, ids); err != nil {
		return err
	}
	e.progress(e.note.Done.Added, e.note.Total)
	return nil
}

// finish closes the export: what was stored meanwhile belongs to the next one.
func (e *export) finish(ctx context.Context) (ExportResult, error) {
	done := e.note.Done
	e.state.DoneRow, e.state.DoneVersion = e.state.ToRow, e.state.ToVersion
	e.state.ToRow, e.state.ToVersion, e.state.AfterMessage, e.state.AfterEdit = 0, 0, 0, 0
	e.note = step{Last: e.note.Last, Stored: e.note.Stored}
	return done, e.keep(ctx, nil)
}

func (e *export) keep(ctx context.Context, ids []string) error {
	note, err := json.Marshal(e.note)
	if err != nil {
		return fmt.Errorf("note of the export: %w", err)
	}
	next := e.state
	next.Pending = note
	stored, err := e.Store.KeepExport(ctx, next, ids)
	if err != nil {
		return fmt.Errorf("keep the export's state: %w", err)
	}
	e.state = stored
	return nil
}
