package store

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// pipelined bounds the statements that are sent without waiting for their results.
const pipelined = 500

// need is what the result of a queued statement is good for.
type need struct {
	must  bool
	tally *int64
}

func (t *pgTx) queue(must bool, text string, args ...any) error {
	return t.pipe(need{must: must}, text, args...)
}

func (t *pgTx) pipe(n need, text string, args ...any) error {
	if t.batch == nil {
		t.batch = &pgx.Batch{}
	}
	t.batch.Queue(text, args...)
	t.needs = append(t.needs, n)
	if len(t.needs) >= pipelined {
		return t.flush()
	}
	return nil
}

// flush sends what is queued and looks at every result.
func (t *pgTx) flush() (err error) {
	if t.batch == nil || len(t.needs) == 0 {
		return nil
	}
	results := t.tx.SendBatch(t.ctx, t.batch)
	defer func() {
		err = errors.Join(err, results.Close())
		t.batch, t.needs = nil, t.needs[:0]
	}()
	for _, n := range t.needs {
		tag, err := results.Exec()
		if err != nil {
			return fmt.Errorf("write: %w", err)
		}
		if n.must && tag.RowsAffected() == 0 {
			return errUnchanged
		}
		if n.tally != nil {
			*n.tally += tag.RowsAffected()
		}
	}
	return nil
}

func (t *pgTx) exec(q query, args ...any) error { return t.queue(false, t.p.s.texts[q], args...) }

func (t *pgTx) must(q query, args ...any) error { return t.queue(true, t.p.s.texts[q], args...) }

func (t *pgTx) tally(n *int64, q query, args ...any) error {
	return t.pipe(need{tally: n}, t.p.s.texts[q], args...)
}

func (t *pgTx) row(q query, args []any, dest ...any) (bool, error) {
	if err := t.flush(); err != nil {
		return false, err
	}
	err := t.tx.QueryRow(t.ctx, t.p.s.texts[q], args...).Scan(dest...)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read: %w", err)
	}
	return true, nil
}
