package transcript_test

import (
	"io"
	"strings"
	"testing"
	"time"

	"topicpilot/topics"
	"topicpilot/topics/transcript"
)

// BenchmarkWrite writes a topic of 10,000 messages.
func BenchmarkWrite(b *testing.B) {
	const n = 10_000
	var list []topics.Message
	for i := range n {
		author, text := ann, "Добрий день! My order 12345 has not come, call +380501234567. "
		if i%2 == 1 {
			author, text = olga, "Ann, it left Kyiv yesterday <1 day ago>. "
		}
		m := by(author, strings.Repeat(text, 1+i%3))
		m.Date = start.Add(time.Duration(i) * 20 * time.Minute)
		if i%5 == 0 {
			m.Text.Entities = []topics.Entity{{Type: "bold", Offset: 0, Length: 5}, {Type: "italic", Offset: 10, Length: 6}}
		}
		list = append(list, m)
	}
	src := said(list...)
	for _, bench := range []struct {
		name   string
		format transcript.Format
		mask   bool
	}{
		{"md", transcript.Markdown, false},
		{"html", transcript.HTML, false},
		{"json", transcript.JSON, false},
		{"jsonl", transcript.JSONL, false},
		{"jsonl-mask", transcript.JSONL, true},
	} {
		b.Run(bench.name, func(b *testing.B) {
			o := options(bench.format)
			o.Mask = bench.mask
			b.ReportAllocs()
			for b.Loop() {
				if _, err := transcript.Write(b.Context(), io.Discard, src, o, nil); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "messages/s")
		})
	}
}
