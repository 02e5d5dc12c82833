package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"topicpilot/cmd/load/proc"
	"topicpilot/cmd/load/stage"
	"topicpilot/cmd/load/stats"
)

// sample is one round of one bot.
type sample struct {
	closed *stage.Result
	paced  *stage.Result
	cpu    time.Duration // of the closed loop
	after  proc.Usage    // behind the closed loop
	end    proc.Usage
}

// figures are all rounds of one bot.
type figures struct {
	rates   []float64 // commands a second, closed loop
	cpu     []float64 // µs for each command, closed loop
	peaks   []float64 // MB
	rss     []float64 // MB, at the end
	closed  stats.Histogram
	paced   stats.Histogram
	asked   int64
	apiAsks int64
}

const mega = 1 << 20

func (f *figures) add(s *sample) {
	f.rates = append(f.rates, s.closed.Rate())
	f.cpu = append(f.cpu, stats.Ratio(float64(s.cpu.Microseconds()), float64(s.closed.Answered)))
	f.peaks = append(f.peaks, float64(s.end.Peak)/mega)
	f.rss = append(f.rss, float64(s.end.RSS)/mega)
	f.closed.Merge(s.closed.Latency)
	f.paced.Merge(s.paced.Latency)
	f.asked += s.closed.Asked + s.paced.Asked
	f.apiAsks += s.closed.Calls["topics api"] + s.paced.Calls["topics api"]
}

// table is what one comparison prints.
type table struct {
	delivery    string
	outstanding int
	rate        float64
	bare, pilot figures
}

// row is one line of the table; more is better or less is, the ratio shows topicpilot against bare.
type row struct {
	name        string
	bare, pilot float64
	text        func(float64) string
}

func (t *table) rows() []row {
	whole := func(v float64) string { return fmt.Sprintf("%.0f", v) }
	tenth := func(v float64) string { return fmt.Sprintf("%.1f", v) }
	millis := func(v float64) string { return stats.Millis(time.Duration(v)) }
	quantile := func(name string, pick func(*figures) *stats.Histogram, q float64) row {
		return row{name, float64(pick(&t.bare).Quantile(q)), float64(pick(&t.pilot).Quantile(q)), millis}
	}
	median := func(name string, pick func(*figures) []float64, text func(float64) string) row {
		return row{name, stats.Median(pick(&t.bare)), stats.Median(pick(&t.pilot)), text}
	}
	closed := func(f *figures) *stats.Histogram { return &f.closed }
	paced := func(f *figures) *stats.Histogram { return &f.paced }
	at := fmt.Sprintf("at %g/s", t.rate)
	return []row{
		median("commands/s, median of the rounds", func(f *figures) []float64 { return f.rates }, whole),
		quantile("p50, closed loop", closed, 0.5),
		quantile("p99, closed loop", closed, 0.99),
		quantile("p50 "+at, paced, 0.5),
		quantile("p90 "+at, paced, 0.9),
		quantile("p99 "+at, paced, 0.99),
		median("processor µs for each command", func(f *figures) []float64 { return f.cpu }, whole),
		median("memory at most (VmHWM), MB", func(f *figures) []float64 { return f.peaks }, tenth),
		median("memory at the end (VmRSS), MB", func(f *figures) []float64 { return f.rss }, tenth),
	}
}

func (t *table) write(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s, %d outstanding, %d rounds\n\n", t.delivery, t.outstanding, len(t.bare.rates))
	b.WriteString("| | bare telego | topicpilot | ratio |\n|---|---|---|---|\n")
	for _, r := range t.rows() {
		fmt.Fprintf(&b, "| %s | %s | %s | %.2f |\n", r.name, r.text(r.bare), r.text(r.pilot), stats.Ratio(r.pilot, r.bare))
	}
	fmt.Fprintf(&b, "\nCommands: %d and %d, each answered once, in its topic, as a comment. Requests to the Topics API"+
		" while measured: %d.\nRounds, commands/s: bare %s; topicpilot %s.\n",
		t.bare.asked, t.pilot.asked, t.pilot.apiAsks, list(t.bare.rates), list(t.pilot.rates))
	_, err := io.WriteString(w, b.String())
	return err
}

func list(values []float64) string {
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = fmt.Sprintf("%.0f", v)
	}
	return strings.Join(words, " ")
}
