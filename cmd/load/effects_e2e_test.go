//go:build e2e

package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"topicpilot/cmd/load/effects"
)

// TestEffects: the built program under each fault, with real kills. No effect comes twice,
// and none is missing without a word. The full table is made by the command effects.
func TestEffects(t *testing.T) {
	pilot := filepath.Join(t.TempDir(), "topicpilot")
	if _, err := build(t.Context(), pilot, "topicpilot/cmd/topicpilot", ""); err != nil {
		t.Fatal(err)
	}
	command := effectsCmd{
		Bot: pilot, Store: "sqlite", Processes: 1, Runs: 1, KillRuns: 2, Lag: 1, Parallel: 5, Settle: time.Minute,
		Dir: t.TempDir(),
	}
	t.Run("SQLite", func(t *testing.T) { command.holds(t) })
	t.Run("PostgreSQL, two processes", func(t *testing.T) {
		shared := command
		if shared.Store = os.Getenv("TOPICPILOT_TEST_POSTGRES"); shared.Store == "" {
			if os.Getenv("TOPICPILOT_REQUIRE_POSTGRES") == "1" {
				t.Fatal("TOPICPILOT_TEST_POSTGRES is not set")
			}
			t.Skip("TOPICPILOT_TEST_POSTGRES is not set")
		}
		shared.Processes, shared.Parallel = 2, 3
		shared.Fault = []string{string(effects.TwoOperators), "kill -9"}
		shared.holds(t)
	})
}

func (c *effectsCmd) holds(t *testing.T) {
	t.Helper()
	table, kills, err := c.measure(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if kills == 0 {
		t.Error("nothing was killed")
	}
	for _, v := range table.Violations() {
		t.Error(v)
	}
	t.Logf("%d kills\n%s", kills, table)
}
