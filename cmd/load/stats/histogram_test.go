package stats_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"topicpilot/cmd/load/stats"
)

// TestQuantile compares with the exact quantile of the sorted values.
func TestQuantile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Int64Range(0, int64(time.Hour)), 1, 300).Draw(t, "values")
		q := rapid.Float64Range(0, 1).Draw(t, "q")
		var h stats.Histogram
		for _, v := range values {
			h.Add(time.Duration(v))
		}
		slices.Sort(values)
		rank := int(q * float64(len(values)))
		if float64(rank) < q*float64(len(values)) {
			rank++
		}
		exact := values[min(max(rank, 1), len(values))-1]
		got := int64(h.Quantile(q))
		if got < exact || float64(got) > float64(exact)*1.017+1 {
			t.Fatalf("quantile %v of %v: %d, exactly %d", q, values, got, exact)
		}
		if int64(h.Max()) != values[len(values)-1] || h.Count() != uint64(len(values)) {
			t.Fatalf("max %d count %d of %v", h.Max(), h.Count(), values)
		}
	})
}

// TestMergeAndJSON splits values over two histograms, one of which travels as JSON.
func TestMergeAndJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOf(rapid.Int64Range(0, int64(time.Minute))).Draw(t, "values")
		var all, even, odd stats.Histogram
		for i, v := range values {
			all.Add(time.Duration(v))
			part := &even
			if i%2 == 1 {
				part = &odd
			}
			part.Add(time.Duration(v))
		}
		raw, err := json.Marshal(&odd)
		if err != nil {
			t.Fatal(err)
		}
		var back stats.Histogram
		if err := json.Unmarshal(raw, &back); err != nil {
			t.Fatal(err)
		}
		even.Merge(&back)
		for _, q := range []float64{0, 0.5, 0.9, 0.99, 1} {
			if even.Quantile(q) != all.Quantile(q) {
				t.Fatalf("quantile %v: merged %v, at once %v", q, even.Quantile(q), all.Quantile(q))
			}
		}
		if even.Count() != all.Count() || even.Max() != all.Max() || even.Mean() != all.Mean() {
			t.Fatalf("merged %d %v %v, at once %d %v %v",
				even.Count(), even.Max(), even.Mean(), all.Count(), all.Max(), all.Mean())
		}
	})
}

func TestBadJSON(t *testing.T) {
	for _, text := range []string{`{"counts":{"x":1}}`, `{"counts":{"-1":1}}`, `{"counts":{"99999":1}}`, `[]`} {
		var h stats.Histogram
		if err := json.Unmarshal([]byte(text), &h); err == nil {
			t.Errorf("%s was taken", text)
		}
	}
}

func TestMedianRatioMillis(t *testing.T) {
	for _, c := range []struct {
		name   string
		values []float64
		want   float64
	}{
		{"none", nil, 0}, {"one", []float64{3}, 3}, {"odd", []float64{9, 1, 5}, 5}, {"even", []float64{4, 1, 3, 2}, 2.5},
	} {
		if got := stats.Median(c.values); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	if stats.Ratio(1, 0) != 0 || stats.Ratio(3, 2) != 1.5 {
		t.Error("ratio")
	}
	for d, want := range map[time.Duration]string{
		920 * time.Microsecond: "0.92 ms", 12345 * time.Microsecond: "12.3 ms", 1500 * time.Millisecond: "1500 ms",
	} {
		if got := stats.Millis(d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
}
