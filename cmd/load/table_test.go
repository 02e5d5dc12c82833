package main

import (
	"strings"
	"testing"
	"time"

	"topicpilot/cmd/load/proc"
	"topicpilot/cmd/load/stage"
	"topicpilot/cmd/load/stats"
)

func round(answers int64, p time.Duration) *sample {
	h := &stats.Histogram{}
	h.Add(p)
	return &sample{
		closed: &stage.Result{Asked: answers, Answered: answers, InTime: answers, Seconds: 2, Latency: h},
		paced:  &stage.Result{Latency: h, Calls: map[string]int64{"topics api": 3}},
		cpu:    time.Second, end: proc.Usage{RSS: 20 << 20, Peak: 30 << 20},
	}
}

func TestTable(t *testing.T) {
	tab := &table{delivery: byPolling, outstanding: 32, rate: 5, bots: make([]figures, 2)}
	tab.bots[0].name, tab.bots[1].name = "bare telego, go-json", "topicpilot"
	for _, n := range []int64{10_000, 8_000, 2_000} { // the median counts
		tab.bots[0].add(round(n, time.Millisecond))
		tab.bots[1].add(round(n*9/10, 2*time.Millisecond))
	}
	var out strings.Builder
	if err := tab.write(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| bare telego, go-json | topicpilot | against go-json |",
		"| commands/s | 4000 | 3600 | 0.90 |",
		"| p50 at 5/s | 1.00 ms | 2.00 ms | 2.00 |",
		"| processor µs a command | 125 | 139 | 1.11 |",
		"| memory at most (VmHWM), MB | 30.0 | 30.0 | 1.00 |",
		"topicpilot: 18000 commands, 9 requests to the Topics API meanwhile; rounds, commands/s: 4500 3600 900",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("missing %q in\n%s", want, out.String())
		}
	}
}
