package desktop

import (
	"testing"

	"pgregory.net/rapid"
)

// TestTable: whatever the order, each message is found where it was first put.
func TestTable(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		ids := rapid.SliceOf(rapid.Uint32Range(1, 3000)).Draw(rt, "ids")
		if from := rapid.Uint32Range(0, 3000).Draw(rt, "ascending from"); from > 0 {
			for id := from; id < from+uint32(2*blockSize); id++ {
				ids = append(ids, id)
			}
		}
		var tab table
		want := make(map[uint32]uint32)
		for i, id := range ids {
			tab.add(place{id, uint32(i)})
			if _, twice := want[id]; !twice {
				want[id] = uint32(i)
			}
		}
		for id := uint32(1); id < 6000; id++ {
			thread, known := want[id]
			if got, ok := tab.find(id); ok != known || got.thread != thread {
				rt.Fatalf("message %d: %+v, %v, want %d, %v", id, got, ok, thread, known)
			}
		}
		places := 0
		for _, block := range tab.blocks {
			places += len(block)
		}
		for i, run := range tab.late {
			places += len(run)
			if i > 0 && len(tab.late[i-1]) < 2*len(run) {
				rt.Fatalf("run %d of %d places after one of %d", i, len(run), len(tab.late[i-1]))
			}
		}
		if places != len(want) {
			rt.Fatalf("%d places for %d messages", places, len(want))
		}
	})
}
