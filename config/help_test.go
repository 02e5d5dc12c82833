package config

import (
	"reflect"
	"testing"
)

// A setting that was renamed must not leave its old help behind.
func TestHelpNamesOnlySettings(t *testing.T) {
	known := map[string]bool{}
	for _, f := range fieldsOf(reflect.TypeFor[Config]()) {
		for _, o := range describeField(f, f.key) {
			known[o.Path] = true
		}
	}
	for _, it := range integrationTypes() {
		for _, o := range describe(it.keys, it.name) {
			known[o.Path] = true
		}
	}
	for path := range optionHelp {
		if !known[path] {
			t.Errorf("help for a setting that is none: %s", path)
		}
	}
	for _, n := range noEffects() {
		found := false
		for path := range known {
			found = found || path == n.path || len(path) > len(n.path) && path[:len(n.path)] == n.path
		}
		if !found {
			t.Errorf("no effect: no such setting %s", n.path)
		}
	}
}
