package store

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

const (
	// wipeTime bounds how long a checkpoint waits for readers.
	wipeTime = 10 * time.Second
	// wipePause is between two tries, and how long one may keep the writer waiting.
	wipePause = 100 * time.Millisecond
	// scanPages are read at once, scrubPages written in one transaction.
	scanPages  = 500
	scrubPages = 50
	// maxScrubbed is the number of pages above which the first byte of any page may look
	// like the type of a b-tree's: 128 GiB.
	maxScrubbed = 1 << 25
	// checkpointPragmas are short of patience: while it waits, nobody else may write.
	checkpointPragmas = "_pragma=busy_timeout(100)"
)

// wipe removes what deleting leaves behind. secure_delete has overwritten the rows; what
// is left are copies that SQLite makes when it moves rows between pages, and the
// write-ahead log.
func (e *sqliteEngine) wipe(ctx context.Context) error {
	if err := e.scrub(ctx); err != nil {
		return fmt.Errorf("clean the pages: %w", err)
	}
	return e.emptyLog(ctx)
}

// emptyLog brings the write-ahead log into the file and cuts it off.
func (e *sqliteEngine) emptyLog(ctx context.Context) (err error) {
	ctx, cancel := context.WithTimeout(ctx, wipeTime)
	defer cancel()
	db, err := sql.Open("sqlite", sqliteDSN(e.file, checkpointPragmas))
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	defer func() { err = errors.Join(err, db.Close()) }()
	for {
		var busy, pages, done int64
		err := db.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &pages, &done)
		if err == nil && busy == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("somebody reads the database all the time: empty its log: %w", errors.Join(ctx.Err(), err))
		case <-time.After(wipePause):
		}
	}
}

// scrub clears the unused parts of all pages: when SQLite splits or joins pages of a
// b-tree, it leaves copies of the rows there that it has moved. It reads beside the
// writer and writes few pages at a time.
func (e *sqliteEngine) scrub(ctx context.Context) error {
	var count, autoVacuum int64
	if err := e.s.read.QueryRowContext(ctx, e.s.texts[qPageCount]).Scan(&count); err != nil {
		return err
	}
	if err := e.s.read.QueryRowContext(ctx, `PRAGMA auto_vacuum`).Scan(&autoVacuum); err != nil {
		return err
	}
	if autoVacuum != 0 || count >= maxScrubbed {
		return errors.New("the file is of a kind whose pages cannot be told apart: " +
			"stop the bot and run VACUUM on it with the sqlite3 program")
	}
	// The first page holds the schema alone.
	for from := int64(2); from <= count; from += scanPages {
		var dirty []int64
		err := e.s.rows(ctx, qPages, []any{from, min(from+scanPages-1, count)}, func(rows *sql.Rows) error {
			var number int64
			var page sql.RawBytes
			if err := rows.Scan(&number, &page); err != nil {
				return err
			}
			if dirtyParts(page) != nil {
				dirty = append(dirty, number)
			}
			return nil
		})
		for err == nil && len(dirty) > 0 {
			n := min(len(dirty), scrubPages)
			err = e.scrubPages(ctx, dirty[:n])
			dirty = dirty[n:]
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (e *sqliteEngine) scrubPages(ctx context.Context, numbers []int64) error {
	return e.s.write(ctx, func(w writer) error {
		for _, number := range numbers {
			var page []byte
			found, err := w.row(qReadPage, []any{number}, &page)
			if err != nil {
				return err
			}
			dirty := dirtyParts(page)
			if !found || dirty == nil {
				continue
			}
			for _, part := range dirty {
				clear(part)
			}
			if err := w.exec(qWritePage, page, number); err != nil {
				return err
			}
		}
		return nil
	})
}

// The types of a b-tree's pages, and the lengths of their headers, by SQLite's file
// format (sqlite.org/fileformat2.html, "B-tree Pages").
const (
	interiorIndex = 2
	interiorTable = 5
	leafIndex     = 10
	leafTable     = 13

	interiorHeader = 12
	leafHeader     = 8
	freeHeader     = 4

	minPage = 512
)

// dirtyParts gives the parts of a b-tree's page that no row uses and that are not zero.
// A page that is none, or makes no sense, has none.
func dirtyParts(page []byte) (dirty [][]byte) {
	if len(page) < minPage {
		return nil
	}
	header := leafHeader
	switch page[0] {
	case interiorIndex, interiorTable:
		header = interiorHeader
	case leafIndex, leafTable:
	default:
		return nil
	}
	at := func(offset int) int { return int(binary.BigEndian.Uint16(page[offset:])) }
	add := func(part []byte) {
		if slices.ContainsFunc(part, func(b byte) bool { return b != 0 }) {
			dirty = append(dirty, part)
		}
	}
	content := at(5)
	if content == 0 {
		content = 1 << 16
	}
	first := header + 2*at(3) // behind the pointers to the rows
	if first > content || content > len(page) {
		return nil
	}
	add(page[first:content])
	// The free blocks between the rows are a list in ascending order.
	for block := at(1); block >= content && block+freeHeader <= len(page); {
		size, next := at(block+2), at(block)
		if size < freeHeader || block+size > len(page) || next != 0 && next < block+size {
			break
		}
		add(page[block+freeHeader : block+size])
		block = next
	}
	return dirty
}

// dropCopies deletes the copies that migrations have put aside.
func (e *sqliteEngine) dropCopies() (n int64, err error) {
	copies, err := copiesOf(e.file)
	if err != nil {
		return 0, err
	}
	for _, c := range copies {
		if err := os.Remove(filepath.Join(filepath.Dir(e.file), c.name)); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
