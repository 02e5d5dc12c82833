package topics_test

import (
	"testing"

	"topicpilot/topics"
)

// TestMigrations: settings follow a group through its migrations, and never displace
// those of a group that the settings name themselves.
func TestMigrations(t *testing.T) {
	old, named := &topics.Group{ID: -1}, &topics.Group{ID: -100}
	groups := topics.NewGroups([]*topics.Group{old, named})
	if groups.Migrate(-1, -100) {
		t.Error("a migration displaced a group's own settings")
	}
	if got, _ := groups.Find(-100); got != named {
		t.Error("chat -100 has other settings than its own")
	}
	for _, step := range [][2]int64{{-1, -2}, {-2, -3}} {
		if !groups.Migrate(step[0], step[1]) || groups.Migrate(step[0], step[1]) {
			t.Errorf("migration %v is news once", step)
		}
	}
	for _, id := range []int64{-1, -2, -3} {
		if got, _ := groups.Find(id); got != old {
			t.Errorf("chat %d lost its settings", id)
		}
	}
	if id := groups.ChatID(old); id != -3 {
		t.Errorf("present chat id %d, want the last one", id)
	}
	if groups.Migrate(-77, -78) {
		t.Error("a chat that is no group migrated")
	}
}
