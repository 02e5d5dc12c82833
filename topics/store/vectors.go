package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
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

// namedVector is a vector with its hash as it is stored.
type namedVector struct {
	hash []byte
	topics.KeptVector
}

// KeepVectors implements topics.VectorStore. It works in transactions of bounded size: after
// an error some may be kept.
func (s *Store) KeepVectors(ctx context.Context, model string, vectors []topics.KeptVector) error {
	list, err := checkVectors(model, vectors)
	if err != nil {
		return wrap("keep vectors", err)
	}
	today := dayOf(s.now())
	for len(list) > 0 {
		o := &op{ctx: ctx, kind: opWrite}
		n := 0
		for n < min(len(list), pruneStep) && o.size < maxBatchBytes {
			o.size += itemOverhead + len(list[n].Data)
			n++
		}
		part := list[:n]
		list = list[n:]
		o.write = func(w writer) error {
			for _, v := range part {
				if err := w.exec(qKeepVector, escape(model), v.hash, v.Dimension, today); err != nil {
					return err
				}
				if err := w.exec(qKeepVectorData, v.Data, escape(model), v.hash); err != nil {
					return err
				}
			}
			return nil
		}
		if err := s.submit(o); err != nil {
			return wrap("keep vectors", err)
		}
	}
	return nil
}

// checkVectors gives the vectors in the order of their hashes: processes that keep the same
// ones at the same time wait for each other, and not in a circle.
func checkVectors(model string, vectors []topics.KeptVector) ([]namedVector, error) {
	if model == "" || len(model) > maxKey {
		return nil, fmt.Errorf("the name of a model has %d bytes, want 1 to %d", len(model), maxKey)
	}
	list := make([]namedVector, len(vectors))
	for i, v := range vectors {
		hash, err := hashOf(v.Hash)
		if err != nil {
			return nil, err
		}
		if v.Dimension <= 0 || len(v.Data) == 0 || len(v.Data) > maxVector {
			return nil, fmt.Errorf("a vector of %d numbers and %d bytes, want some and at most %d bytes",
				v.Dimension, len(v.Data), maxVector)
		}
		list[i] = namedVector{hash, v}
	}
	slices.SortStableFunc(list, func(a, b namedVector) int { return bytes.Compare(a.hash, b.hash) })
	return list, nil
}

// hashOf is the stored form of a hash.
func hashOf(text string) ([]byte, error) {
	hash, err := hex.DecodeString(text)
	if err != nil || len(hash) != sha256.Size {
		return nil, errors.New("a hash is 32 bytes in hexadecimal")
	}
	return hash, nil
}

// UseVectors implements topics.VectorStore. Hashes that are not kept are passed over. It works
// in transactions of bounded size, in an order as KeepVectors.
func (s *Store) UseVectors(ctx context.Context, model string, hashes []string, at time.Time) error {
	list := make([][]byte, len(hashes))
	for i, text := range hashes {
		var err error
		if list[i], err = hashOf(text); err != nil {
			return wrap("note the use of vectors", err)
		}
	}
	slices.SortFunc(list, bytes.Compare)
	day := dayOf(at)
	for part := range slices.Chunk(list, pruneStep) {
		err := s.write(ctx, func(w writer) error {
			for _, hash := range part {
				if err := w.exec(qUseVector, day, escape(model), hash, day); err != nil {
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
