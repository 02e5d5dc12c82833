package config_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"topicpilot/config"
)

var update = flag.Bool("update", false, "write the golden files and docs/settings.md")

// TestRules loads each testdata/rules/NAME.yml and compares what is wrong with
// NAME.txt. Lines `#env NAME=value` at the top of a file are its environment.
func TestRules(t *testing.T) {
	files, err := filepath.Glob("testdata/rules/*.yml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no rules: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yml"), func(t *testing.T) {
			_, err := config.Load(file, fileEnv(t, file))
			if _, ok := errors.AsType[config.Problems](err); !ok {
				t.Fatalf("want Problems, have %T %v", err, err)
			}
			golden(t, strings.TrimSuffix(file, ".yml")+".txt", err.Error()+"\n")
			for _, secret := range []string{"AAbb", "ZZbb", "hunter2", "hun%ter2"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("the error repeats a secret: %v", err)
				}
			}
		})
	}
}

func fileEnv(t *testing.T, file string) []string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var env []string
	for line := range strings.Lines(string(data)) {
		if pair, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "#env "); ok {
			env = append(env, pair)
		}
	}
	return env
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}
