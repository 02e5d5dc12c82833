package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestProgress: a bar stays in its bounds, is drawn over itself and taken away.
func TestProgress(t *testing.T) {
	var out bytes.Buffer
	p := &progress{w: &out, total: 200 << 20, words: megabytes}
	for _, c := range []struct {
		done int64
		want string
	}{
		{0, "[........................]   0%  0 of 200 MB"},
		{100 << 20, "[############............]  50%  100 of 200 MB"},
		{200 << 20, "[########################] 100%  200 of 200 MB"},
		{900 << 20, "[########################] 100%  200 of 200 MB"},
		{-5, "[........................]   0%  0 of 200 MB"},
	} {
		if got := p.line(c.done); got != c.want {
			t.Errorf("%d: %q, want %q", c.done, got, c.want)
		}
	}
	if got := (&progress{words: megabytes}).line(7 << 20); got != "7 MB" {
		t.Errorf("of an unknown total: %q", got)
	}
	p.draw("long line")
	p.draw("short")
	p.clear()
	if got := out.String(); got != "\rlong line\rshort    \r     \r" {
		t.Errorf("drawn: %q", got)
	}
}

// TestNoTerminal: into a file or a buffer nothing is drawn.
func TestNoTerminal(t *testing.T) {
	name := filepath.Join(t.TempDir(), "log")
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	p := newProgress(file, 10, megabytes)
	p.at(5)
	p.clear()
	newProgress(&bytes.Buffer{}, 10, megabytes).at(5)
	if info, err := file.Stat(); err != nil || info.Size() != 0 {
		t.Errorf("%v, %v", info.Size(), err)
	}
}
