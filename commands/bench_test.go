package commands_test

import (
	"testing"

	"topicpilot/commands"
)

// BenchmarkInfo is /info with a warm customer and no lookups.
func BenchmarkInfo(b *testing.B) {
	registry, err := commands.New(commands.Config{Commands: all(commands.Parts{Customers: always(john())})})
	if err != nil {
		b.Fatal(err)
	}
	call := newCall(newGroup("en"), "info")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := registry.Dispatch(b.Context(), call); err != nil {
			b.Fatal(err)
		}
	}
}
