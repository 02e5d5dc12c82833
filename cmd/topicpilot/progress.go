package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// progressPause is the time between two pictures of a bar.
const progressPause = 200 * time.Millisecond

// progress draws a bar on a terminal; on anything else it draws nothing.
type progress struct {
	w     io.Writer
	total int64
	// words say how far it has come.
	words func(done, total int64) string
	next  time.Time
	width int
}

// newProgress draws on w if that is a terminal. A total of 0 is one that is not known.
func newProgress(w io.Writer, total int64, words func(done, total int64) string) *progress {
	file, ok := w.(*os.File)
	if !ok {
		return &progress{}
	}
	info, err := file.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return &progress{}
	}
	return &progress{w: w, total: total, words: words}
}

// at draws how far it has come, a few times a second.
func (p *progress) at(done int64) {
	now := time.Now()
	if p.w == nil || now.Before(p.next) {
		return
	}
	p.next = now.Add(progressPause)
	p.draw(p.line(done))
}

func (p *progress) line(done int64) string {
	const cells = 24
	if p.total <= 0 {
		return p.words(done, p.total)
	}
	done = min(max(done, 0), p.total)
	full := int(float64(done) / float64(p.total) * cells)
	return fmt.Sprintf("[%s%s] %3.0f%%  %s", strings.Repeat("#", full), strings.Repeat(".", cells-full),
		100*float64(done)/float64(p.total), p.words(done, p.total))
}

// draw writes over what was there.
func (p *progress) draw(line string) {
	fmt.Fprintf(p.w, "\r%-*s", p.width, line)
	p.width = len(line)
}

// clear takes the bar away.
func (p *progress) clear() {
	if p.w == nil || p.width == 0 {
		return
	}
	p.draw("")
	fmt.Fprint(p.w, "\r")
	p.width = 0
}
