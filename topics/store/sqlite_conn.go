package store

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
)

func (e *sqliteEngine) close() error {
	var errs []error
	for _, stmt := range append(e.stmts[:], e.begin, e.end, e.rollback, e.changes) {
		if stmt != nil {
			errs = append(errs, stmt.Close())
		}
	}
	if e.conn != nil {
		errs = append(errs, e.conn.Close())
	}
	if e.lock != nil {
		errs = append(errs, e.lock.Unlock())
	}
	return errors.Join(errs...)
}

// step runs a statement without arguments. The context has no end: an interrupted
// statement would leave the transaction in doubt.
func (e *sqliteEngine) step(stmt driver.Stmt) error {
	_, err := stmt.(driver.StmtExecContext).ExecContext(e.s.base, nil)
	return err
}

func (e *sqliteEngine) do(q query, args ...any) (driver.Result, error) {
	stmt, err := e.statement(q)
	if err != nil {
		return nil, err
	}
	result, err := stmt.(driver.StmtExecContext).ExecContext(e.s.base, e.values(args))
	if err != nil {
		return nil, fmt.Errorf("write: %w", err)
	}
	return result, nil
}

func (e *sqliteEngine) exec(q query, args ...any) error {
	_, err := e.do(q, args...)
	return err
}

func (e *sqliteEngine) tally(n *int64, q query, args ...any) error {
	result, err := e.do(q, args...)
	if err != nil {
		return err
	}
	changed, err := result.RowsAffected()
	*n += changed
	return err
}

func (e *sqliteEngine) must(q query, args ...any) error {
	result, err := e.do(q, args...)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return errors.Join(errUnchanged, err)
	}
	return nil
}

func (e *sqliteEngine) row(q query, args []any, dest ...any) (bool, error) {
	stmt, err := e.statement(q)
	if err != nil {
		return false, err
	}
	err = e.readRow(stmt, args, dest...)
	if errors.Is(err, io.EOF) {
		return false, nil
	}
	return err == nil, err
}

// readRow reads the first row, io.EOF if there is none.
func (e *sqliteEngine) readRow(stmt driver.Stmt, args []any, dest ...any) (err error) {
	rows, err := stmt.(driver.StmtQueryContext).QueryContext(e.s.base, e.values(args))
	if err != nil {
		return fmt.Errorf("read: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	values := make([]driver.Value, len(dest))
	if err := rows.Next(values); err != nil {
		return err
	}
	for i, v := range values {
		if err := assign(dest[i], v); err != nil { //nolint:gosec // as long as values
			return err
		}
	}
	return nil
}

func assign(dest any, v driver.Value) error {
	switch d := dest.(type) {
	case *int64:
		n, ok := v.(int64)
		if ok {
			*d = n
			return nil
		}
	case *string:
		s, ok := v.(string)
		if ok {
			*d = s
			return nil
		}
	case *[]byte:
		b, ok := v.([]byte)
		if ok {
			*d = b
			return nil
		}
	}
	return fmt.Errorf("read: a %T does not fit %T", v, dest)
}

func (e *sqliteEngine) statement(q query) (driver.Stmt, error) {
	if e.stmts[q] == nil {
		stmt, err := e.conn.Prepare(e.s.texts[q])
		if err != nil {
			return nil, fmt.Errorf("prepare: %w", err)
		}
		e.stmts[q] = stmt
	}
	return e.stmts[q], nil
}

func (e *sqliteEngine) values(args []any) []driver.NamedValue {
	e.args = e.args[:0]
	for i, arg := range args {
		switch v := arg.(type) {
		case int:
			arg = int64(v)
		case []byte:
			if v == nil {
				arg = []byte{}
			}
		}
		e.args = append(e.args, driver.NamedValue{Ordinal: i + 1, Value: arg})
	}
	return e.args
}
