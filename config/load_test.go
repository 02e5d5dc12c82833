package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"topicpilot/config"
)

// TestFilesThatCannotBeRead names the remedy for each reason.
func TestFilesThatCannotBeRead(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("a.yaml", "")
	for name, c := range map[string]struct{ path, want string }{
		"large":     {write("large.yml", strings.Repeat("# comment\n", 200_000)), "larger than 1024 KiB; settings are small"},
		"directory": {dir, "is a directory; name the file in it, as " + filepath.Join(dir, "topicpilot.yml")},
		"namesake":  {filepath.Join(dir, "a.yml"), "did you mean " + filepath.Join(dir, "a.yaml") + "?"},
		"missing":   {filepath.Join(dir, "b.yml"), "no such file or directory; give the settings file with --config"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := config.Load(c.path, nil); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("have %v\nwant %s", err, c.want)
			}
		})
	}
	t.Run("permission", func(t *testing.T) {
		path := write("closed.yml", "")
		if err := os.Chmod(path, 0); err != nil {
			t.Fatal(err)
		}
		if f, err := os.Open(path); err == nil {
			_ = f.Close()
			t.Skip("this user may read everything")
		}
		if _, err := config.Load(path, nil); err == nil || !strings.Contains(err.Error(), "the user the bot runs as") {
			t.Errorf("have %v", err)
		}
	})
}
