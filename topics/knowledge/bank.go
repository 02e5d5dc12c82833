package knowledge

import (
	"context"
	"encoding/hex"
	"log/slog"
	"maps"
	"time"

	"topicpilot/topics"
)

// useEvery is how often the store is told which vectors are in use.
const useEvery = 20 * time.Hour

// bank holds the vectors of the chunks that there are now. Base.mu guards it.
type bank struct {
	vectors   map[hash]vector
	dimension int
	// kept are those that the store has, as far as is known: what comes back is looked for
	// there.
	kept map[hash]bool
	read bool
	used time.Time
}

// add takes vectors of one dimension. Where it is another than that of the rest, the model
// is another one under the same name, and the rest is worth nothing.
func (k *bank) add(vectors map[hash]vector, dimension int) (dropped int) {
	if k.dimension != dimension {
		dropped = len(k.vectors)
		k.vectors, k.dimension = make(map[hash]vector), dimension
	}
	maps.Copy(k.vectors, vectors)
	return dropped
}

// keepOnly forgets the vectors of chunks that are no more.
func (k *bank) keepOnly(list []entry) {
	if len(k.vectors) == 0 {
		return
	}
	vectors := make(map[hash]vector, len(k.vectors))
	for i := range list {
		if v, ok := k.vectors[list[i].hash]; ok {
			vectors[list[i].hash] = v
		}
	}
	k.vectors = vectors
}

// remember reads the vectors of chunks that have none from the store, where that may have
// them. What goes wrong costs making them anew.
func (b *Base) remember(ctx context.Context) {
	if b.o.Embedder == nil || b.o.Vectors == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	wanted := make(map[hash]bool)
	may := !b.bank.read
	list := b.state.Load().entries
	for i := range list {
		h := list[i].hash
		if _, ok := b.bank.vectors[h]; !ok {
			wanted[h] = true
			may = may || b.bank.kept[h]
		}
	}
	if len(wanted) == 0 || !may {
		return
	}
	found := make(map[int]map[hash]vector) // by dimension
	kept := make(map[hash]bool)
	err := b.o.Vectors.Vectors(ctx, b.o.Embedder.EmbeddingModel(), func(k topics.KeptVector) bool {
		var h hash
		if n, err := hex.Decode(h[:], []byte(k.Hash)); err != nil || n != len(h) {
			return true
		}
		kept[h] = true
		if v, ok := decodeVector(k.Data, k.Dimension); ok && wanted[h] {
			if found[k.Dimension] == nil {
				found[k.Dimension] = make(map[hash]vector)
			}
			found[k.Dimension][h] = v
		}
		return ctx.Err() == nil
	})
	if err != nil {
		if ctx.Err() == nil {
			b.o.Log.WarnContext(ctx, "kept vectors cannot be read; they are made anew", slog.Any("error", err))
		}
		return
	}
	b.bank.read, b.bank.kept = true, kept
	b.take(ctx, found)
}

// take adds the vectors of the dimension that most have, or that of those at hand.
func (b *Base) take(ctx context.Context, found map[int]map[hash]vector) {
	dimension := b.bank.dimension
	if dimension == 0 {
		for d, vectors := range found {
			if n, most := len(vectors), len(found[dimension]); n > most || n == most && d < dimension {
				dimension = d
			}
		}
	}
	dropped := 0
	for d, vectors := range found {
		if d != dimension {
			dropped += len(vectors)
		}
	}
	if dropped > 0 {
		b.o.Log.WarnContext(ctx, "kept vectors have another dimension than the rest; they are made anew",
			slog.Int("dropped", dropped), slog.Int("dimension", dimension))
	}
	if len(found[dimension]) > 0 {
		b.bank.add(found[dimension], dimension)
		b.publish()
	}
}

// noteUse tells the store, once a day, which vectors are in use.
func (b *Base) noteUse(ctx context.Context) {
	if b.o.Vectors == nil {
		return
	}
	b.mu.Lock()
	now := b.o.Now()
	due := now.Sub(b.bank.used) >= useEvery && len(b.bank.vectors) > 0
	var hashes []string
	if due {
		for h := range b.bank.vectors {
			hashes = append(hashes, hex.EncodeToString(h[:]))
		}
	}
	b.mu.Unlock()
	if !due {
		return
	}
	if err := b.o.Vectors.UseVectors(ctx, b.o.Embedder.EmbeddingModel(), hashes, now); err != nil {
		if ctx.Err() == nil {
			b.o.Log.WarnContext(ctx, "the use of vectors cannot be noted", slog.Any("error", err))
		}
		return
	}
	b.mu.Lock()
	b.bank.used = now
	b.mu.Unlock()
}
