package main

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// TestExportLeftovers: what a killed export has left goes with the next one; what another
// export is writing just now stays, and so does everything else.
func TestExportLeftovers(t *testing.T) {
	dir := t.TempDir()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	old := time.Now().Add(-2 * partLife)
	for name, at := range map[string]time.Time{
		partName + "killed": old, partName + "busy": time.Now(), "other": old, "my" + partName + "1": old,
	} {
		file := filepath.Join(dir, name)
		must(os.WriteFile(file, []byte("words"), 0o600))
		must(os.Chtimes(file, at, at))
	}
	must(os.Mkdir(filepath.Join(dir, partName+"folder"), 0o700))
	must(os.Chtimes(filepath.Join(dir, partName+"folder"), old, old))
	must(writeWhole(filepath.Join(dir, "out.md"), func(w io.Writer) error {
		_, err := io.WriteString(w, "whole")
		return err
	}))
	entries, err := os.ReadDir(dir)
	must(err)
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	want := []string{partName + "busy", partName + "folder", "my" + partName + "1", "other", "out.md"}
	if !slices.Equal(names, want) {
		t.Errorf("in the folder are %q, want %q", names, want)
	}
}
