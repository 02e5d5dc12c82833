package main

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"topicpilot/config"
)

func readDoc(t *testing.T, file string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", file))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// TestReadme: what a newcomer follows to the letter is true.
func TestReadme(t *testing.T) {
	readme := readDoc(t, "README.md")
	lines := strings.Split(readme, "\n")
	if len(lines) > 200 {
		t.Errorf("%d lines, at most 200", len(lines))
	}
	for _, want := range []string{"go run ./cmd/topicpilot demo", "go test ./..."} {
		if !slices.Contains(lines, want) {
			t.Errorf("no line %q", want)
		}
	}
	info, err := os.Stat("../../docs/demo.png")
	if err != nil || info.Size() > 400<<10 {
		t.Errorf("the picture: %v, %v", info, err)
	}
	_, rest, _ := strings.Cut(readme, "```yaml\n")
	settings, _, _ := strings.Cut(rest, "```")
	for name, text := range map[string]string{
		"account relay": settings,
		"without it": regexp.MustCompile(`mirror:\n.*\n.*\n`).ReplaceAllString(settings,
			"mirror: {source: none}\n"),
	} {
		file := filepath.Join(t.TempDir(), "topicpilot.yml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		cfg, err := config.Load(file, nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		// Nothing but the texts that stand for secrets is to be changed.
		var paths []string
		for _, w := range cfg.Warnings() {
			paths = append(paths, w.Path)
		}
		if !slices.Equal(paths, []string{"telegram.token", "topics_api.token", "groups[0].instances[0].api_key"}) {
			t.Errorf("%s: %v", name, cfg.Warnings())
		}
	}
}

// A call of the program in a block of code.
var call = regexp.MustCompile(`(?m)^(?:go run \./cmd/|ExecStart=/usr/local/bin/|\./)?topicpilot ([a-z][^#\n]*)`)

// TestCallsInTheDocs: subcommands and flags that the docs name exist.
func TestCallsInTheDocs(t *testing.T) {
	files, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, file := range append(files, "../../README.md") {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i, block := range strings.Split(string(raw), "```") {
			if i%2 == 0 {
				continue
			}
			for _, found := range call.FindAllStringSubmatch(block, -1) {
				seen++
				args := append(strings.Fields(found[1]), "--help")
				if status := execute(t.Context(), args, streams{nil, io.Discard, io.Discard}); status != exitDone {
					t.Errorf("%s: topicpilot %s: exit status %d", filepath.Base(file), found[1], status)
				}
			}
		}
	}
	if seen < 8 {
		t.Errorf("only %d calls found", seen)
	}
}
