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
	end    proc.Usage
}

// figures are all rounds of one bot.
type figures struct {
	name    string
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

// table is what one comparison prints. The last bot is held against each of the others.
type table struct {
	delivery    string
	outstanding int
	rate        float64
	bots        []figures
}

// row is one line of the table.
type row struct {
	name  string
	value func(*figures) float64
	text  func(float64) string
}

func (t *table) rows() []row {
	whole := func(v float64) string { return fmt.Sprintf("%.0f", v) }
	tenth := func(v float64) string { return fmt.Sprintf("%.1f", v) }
	millis := func(v float64) string { return stats.Millis(time.Duration(v)) }
	closed := func(q float64) func(*figures) float64 {
		return func(f *figures) float64 { return float64(f.closed.Quantile(q)) }
	}
	paced := func(q float64) func(*figures) float64 {
		return func(f *figures) float64 { return float64(f.paced.Quantile(q)) }
	}
	at := fmt.Sprintf("at %g/s", t.rate)
	return []row{
		{"commands/s", func(f *figures) float64 { return stats.Median(f.rates) }, whole},
		{"p50, closed loop", closed(0.5), millis},
		{"p99, closed loop", closed(0.99), millis},
		{"p50 " + at, paced(0.5), millis},
		{"p90 " + at, paced(0.9), millis},
		{"p99 " + at, paced(0.99), millis},
		{"processor µs a command", func(f *figures) float64 { return stats.Median(f.cpu) }, whole},
		{"memory at most (VmHWM), MB", func(f *figures) float64 { return stats.Median(f.peaks) }, tenth},
		{"memory at the end (VmRSS), MB", func(f *figures) float64 { return stats.Median(f.rss) }, tenth},
	}
}

func (t *table) write(w io.Writer) error {
	last := len(t.bots) - 1
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s, %d outstanding, median of %d rounds\n\n|", t.delivery, t.outstanding, len(t.bots[last].rates))
	for i := range t.bots {
		b.WriteString(" | " + t.bots[i].name)
	}
	for i := range last {
		b.WriteString(" | against " + strings.TrimPrefix(t.bots[i].name, "bare telego, "))
	}
	b.WriteString(" |\n|---" + strings.Repeat("|---", 2*last+1) + "|\n")
	for _, r := range t.rows() {
		b.WriteString("| " + r.name)
		own := r.value(&t.bots[last])
		for i := range t.bots {
			b.WriteString(" | " + r.text(r.value(&t.bots[i])))
		}
		for i := range last {
			fmt.Fprintf(&b, " | %.2f", stats.Ratio(own, r.value(&t.bots[i])))
		}
		b.WriteString(" |\n")
	}
	b.WriteString("\nEach command was answered once, in its topic, as a comment.\n")
	for i := range t.bots {
		f := &t.bots[i]
		fmt.Fprintf(&b, "- %s: %d commands, %d requests to the Topics API meanwhile; rounds, commands/s: %s\n",
			f.name, f.asked, f.apiAsks, list(f.rates))
	}
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
