package storetest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"topicpilot/topics"
	"topicpilot/topics/store"
)

func hashed(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// vectorsOf reads all vectors of a model.
func (p *process) vectorsOf(model string) map[string]topics.KeptVector {
	p.t.Helper()
	all := map[string]topics.KeptVector{}
	p.must(p.Vectors(patience(p.t), model, func(v topics.KeptVector) bool {
		if _, ok := all[v.Hash]; ok {
			p.t.Errorf("%s came twice", v.Hash)
		}
		all[v.Hash] = v
		return true
	}))
	return all
}

func vectors(t *testing.T, b Backend) {
	p := start(t, b, store.Options{})
	ctx := patience(t)
	if got := p.vectorsOf("m"); len(got) != 0 {
		t.Errorf("of an empty store: %v", got)
	}
	first := topics.KeptVector{Hash: hashed("a"), Dimension: 3, Data: []byte{0, 1, 255, 0}}
	second := topics.KeptVector{Hash: hashed("b"), Dimension: 768, Data: []byte(strings.Repeat("x", 64<<10))}
	p.must(p.KeepVectors(ctx, "m\x00", []topics.KeptVector{first, second}))
	p.must(p.KeepVectors(ctx, "other", []topics.KeptVector{second}))
	p.must(p.KeepVectors(ctx, "other", nil))
	newer := topics.KeptVector{Hash: strings.ToUpper(first.Hash), Dimension: 2, Data: []byte{9}}
	p.must(p.KeepVectors(ctx, "m\x00", []topics.KeptVector{newer, newer}))
	newer.Hash = first.Hash
	want := map[string]topics.KeptVector{first.Hash: newer, second.Hash: second}
	if got := p.vectorsOf("m\x00"); !reflect.DeepEqual(got, want) {
		t.Errorf("%d vectors, or others", len(got))
	}
	if got := p.vectorsOf("other"); len(got) != 1 {
		t.Errorf("of another model: %d", len(got))
	}
	good := func(v topics.KeptVector) error { return p.KeepVectors(ctx, "m", []topics.KeptVector{first, v}) }
	for what, err := range map[string]error{
		"no model":   p.KeepVectors(ctx, "", nil),
		"model":      p.KeepVectors(ctx, strings.Repeat("m", 513), nil),
		"short hash": good(topics.KeptVector{Hash: "abcd", Dimension: 1, Data: []byte{1}}),
		"no hash":    good(topics.KeptVector{Hash: strings.Repeat("z", 64), Dimension: 1, Data: []byte{1}}),
		"no numbers": good(topics.KeptVector{Hash: first.Hash, Data: []byte{1}}),
		"no data":    good(topics.KeptVector{Hash: first.Hash, Dimension: 1}),
		"too large":  good(topics.KeptVector{Hash: first.Hash, Dimension: 1, Data: make([]byte, 64<<10+1)}),
		"no use":     p.UseVectors(ctx, "m", []string{"abcd"}, day),
	} {
		if err == nil {
			t.Errorf("%s: taken", what)
		}
	}
	if got := p.vectorsOf("m"); len(got) != 0 {
		t.Errorf("beside what was refused %d were kept", len(got))
	}
}

// manyVectors are read some at a time: what is kept behind the first ones while they are
// handed over is seen, and nothing more is read than is wanted.
func manyVectors(t *testing.T, b Backend) {
	p := start(t, b, store.Options{})
	ctx := patience(t)
	const many = 3000
	var list []topics.KeptVector
	for i := range many {
		text := fmt.Sprint(i)
		list = append(list, topics.KeptVector{Hash: hashed(text), Dimension: 4, Data: []byte(text)})
	}
	p.must(p.KeepVectors(ctx, "m", list))
	last := topics.KeptVector{Hash: strings.Repeat("ff", 32), Dimension: 4, Data: []byte("last")}
	var got []string
	p.must(p.Vectors(ctx, "m", func(v topics.KeptVector) bool {
		if len(got) == 0 {
			p.must(p.KeepVectors(ctx, "m", []topics.KeptVector{last}))
		}
		if v.Hash != last.Hash && v.Hash != hashed(string(v.Data)) {
			t.Errorf("%s has the data %q", v.Hash, v.Data)
		}
		got = append(got, v.Hash)
		return true
	}))
	if len(got) != many+1 || !slices.IsSorted(got) || got[many] != last.Hash {
		t.Errorf("%d vectors, want %d and the one that came meanwhile", len(got), many)
	}
	n := 0
	p.must(p.Vectors(ctx, "m", func(topics.KeptVector) bool { n++; return n < 700 }))
	if n != 700 {
		t.Errorf("%d vectors, while 700 were wanted", n)
	}
}

// oldVectors: what is neither kept nor used for thirty days is pruned.
func oldVectors(t *testing.T, b Backend) {
	now := day
	p := start(t, b, store.Options{Now: func() time.Time { return now }})
	ctx := patience(t)
	const many = 1200 // more than one step
	var list []topics.KeptVector
	var hashes []string
	for i := range many {
		list = append(list, topics.KeptVector{Hash: hashed(fmt.Sprint(i)), Dimension: 1, Data: []byte{1}})
		hashes = append(hashes, list[i].Hash)
	}
	p.must(p.KeepVectors(ctx, "m", list))
	p.must(p.KeepVectors(ctx, "other", list[:1]))
	prune := func(days, left int) {
		t.Helper()
		now = day.AddDate(0, 0, days)
		_, err := p.Prune(ctx, store.Retention{})
		p.must(err)
		if got := p.vectorsOf("m"); len(got) != left {
			t.Errorf("after %d days %d are left, want %d", days, len(got), left)
		}
	}
	p.must(p.UseVectors(ctx, "m", append(hashes[:600:600], hashed("nobody's")), day.AddDate(0, 0, 20)))
	p.must(p.UseVectors(ctx, "m", hashes[:1], day.AddDate(0, 0, 10))) // the later day stays
	prune(30, many)
	now = day.AddDate(0, 0, 25)
	p.must(p.KeepVectors(ctx, "m", list[600:601]))
	prune(31, 601)
	prune(50, 601)
	prune(51, 1)
	prune(56, 0)
	if got := p.vectorsOf("other"); len(got) != 0 {
		t.Errorf("of another model %d are left", len(got))
	}
}
