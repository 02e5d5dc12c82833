package desktop

import (
	"cmp"
	"slices"
)

// place is what is remembered of a message: eight bytes. Telegram's message ids of a
// group have 31 bits, so one bit is free.
type place struct {
	id uint32
	// thread is the topic's id, 0 for General; the highest bit is set if the message was
	// posted by the mirror.
	thread uint32
}

const byMirror = 1 << 31

func (p place) topic() int64      { return int64(p.thread &^ byMirror) }
func (p place) customers() bool   { return p.thread&byMirror != 0 }
func byID(p place, id uint32) int { return cmp.Compare(p.id, id) }

// blockSize is how many places are allocated at a time.
const blockSize = 1 << 10

// table remembers where each message is. Exports are in the order of ids: they fill
// the blocks. What comes late goes into sorted runs, each at least twice as long as the next, so
// that a file in any order costs n log n.
type table struct {
	blocks [][]place
	late   [][]place
}

func (t *table) find(id uint32) (place, bool) {
	n, found := slices.BinarySearchFunc(t.blocks, id, func(b []place, id uint32) int { return cmp.Compare(b[0].id, id) })
	if !found {
		n--
	}
	if n >= 0 {
		if i, ok := slices.BinarySearchFunc(t.blocks[n], id, byID); ok {
			return t.blocks[n][i], true
		}
	}
	for _, run := range t.late {
		if i, ok := slices.BinarySearchFunc(run, id, byID); ok {
			return run[i], true
		}
	}
	return place{}, false
}

// add remembers a message; of two with one id the first.
func (t *table) add(p place) {
	if n := len(t.blocks); n > 0 {
		last := t.blocks[n-1]
		if p.id <= last[len(last)-1].id {
			t.addLate(p)
			return
		}
		if len(last) < blockSize {
			t.blocks[n-1] = append(last, p)
			return
		}
	}
	t.blocks = append(t.blocks, append(make([]place, 0, blockSize), p))
}

func (t *table) addLate(p place) {
	if _, known := t.find(p.id); known {
		return
	}
	t.late = append(t.late, []place{p})
	for n := len(t.late); n > 1 && len(t.late[n-2]) < 2*len(t.late[n-1]); n-- {
		t.late[n-2] = merged(t.late[n-2], t.late[n-1])
		t.late = t.late[:n-1]
	}
}

func merged(a, b []place) []place {
	out := make([]place, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		if a[0].id < b[0].id {
			out, a = append(out, a[0]), a[1:]
		} else {
			out, b = append(out, b[0]), b[1:]
		}
	}
	return append(append(out, a...), b...)
}
