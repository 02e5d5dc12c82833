package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"topicpilot/topics"
)

const (
	// vectorPage bounds the vectors that are held at once while they are read.
	vectorPage = 500
	// maxVector bounds the bytes of one vector.
	maxVector = 64 << 10
)

// Vectors implements topics.VectorStore. It reads a page at a time, in the order of the
// hashes; yield may keep the data, and may call the store. What is kept meanwhile may be
// missed.
func (s *Store) Vectors(ctx context.Context, model string, yield func(topics.KeptVector) bool) error {
	after := []byte{}
	for {
		page := make([]topics.KeptVector, 0, vectorPage)
		args := []any{escape(model), after, vectorPage}
		err := s.rows(ctx, qVectors, args, func(rows *sql.Rows) error {
			var hash []byte
			var v topics.KeptVector
			err := rows.Scan(&hash, &v.Dimension, &v.Data)
			v.Hash, after = hex.EncodeToString(hash), hash
			page = append(page, v)
			return err
		})
		if err != nil {
			return wrap("read vectors", err)
		}
		for _, v := range page {
			if !yield(v) {
				return nil
			}
		}
		if len(page) < vectorPage {
			return nil
		}
	}
}

// KeepVectors implements topics.VectorStore. It works in transactions of bounded size: after
// an error some may be kept.
func (s *Store) KeepVectors(ctx context.Context, model string, vectors []topics.KeptVector) error {
	hashes, err := checkVectors(model, vectors)
	if err != nil {
		return wrap("keep vectors", err)
	}
	today := dayOf(s.now())
	for from := 0; from < len(vectors); {
		o := &op{ctx: ctx, kind: opWrite}
		to := from
		for to < len(vectors) && to-from < pruneStep && o.size < maxBatchBytes {
			o.size += itemOverhead + len(vectors[to].Data)
			to++
		}
		part, names := vectors[from:to], hashes[from:to]
		o.write = func(w writer) error {
			for i, v := range part {
				if err := w.exec(qKeepVector, escape(model), names[i], v.Dimension, today); err != nil {
					return err
				}
				if err := w.exec(qKeepVectorData, v.Data, escape(model), names[i]); err != nil {
					return err
				}
			}
			return nil
		}
		if err := s.submit(o); err != nil {
			return wrap("keep vectors", err)
		}
		from = to
	}
	return nil
}

func checkVectors(model string, vectors []topics.KeptVector) (hashes [][]byte, err error) {
	if model == "" || len(model) > maxKey {
		return nil, fmt.Errorf("the name of a model has %d bytes, want 1 to %d", len(model), maxKey)
	}
	hashes = make([][]byte, len(vectors))
	for i, v := range vectors {
		if hashes[i], err = hashOf(v.Hash); err != nil {
			return nil, err
		}
		if v.Dimension <= 0 || len(v.Data) == 0 || len(v.Data) > maxVector {
			return nil, fmt.Errorf("a vector of %d numbers and %d bytes, want some and at most %d bytes",
				v.Dimension, len(v.Data), maxVector)
		}
	}
	return hashes, nil
}

// hashOf is the stored form of a hash.
func hashOf(text string) ([]byte, error) {
	hash, err := hex.DecodeString(text)
	if err != nil || len(hash) != sha256.Size {
		return nil, errors.New("a hash is 32 bytes in hexadecimal")
	}
	return hash, nil
}

// UseVectors implements topics.VectorStore. Hashes that are not kept are passed over.
func (s *Store) UseVectors(ctx context.Context, model string, hashes []string, at time.Time) error {
	names := make([][]byte, len(hashes))
	for i, text := range hashes {
		var err error
		if names[i], err = hashOf(text); err != nil {
			return wrap("note the use of vectors", err)
		}
	}
	day := dayOf(at)
	for len(names) > 0 {
		part := names[:min(len(names), pruneStep)]
		names = names[len(part):]
		err := s.write(ctx, func(w writer) error {
			for _, name := range part {
				if err := w.exec(qUseVector, day, escape(model), name, day); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return wrap("note the use of vectors", err)
		}
	}
	return nil
}
