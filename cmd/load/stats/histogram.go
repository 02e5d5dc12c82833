// Package stats holds the small statistics of the load command: a histogram that can be merged
// over rounds and processes, medians, and the numbers of a Markdown table.
package stats

import (
	"encoding/json"
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"time"
)

// subBits gives 64 buckets for each power of two: a value is known to 1.6 %.
const (
	subBits = 6
	subSize = 1 << subBits
	buckets = (64 - subBits) * subSize
)

// Histogram counts durations in buckets of 1.6 % width. The zero value is ready; it is not safe
// for concurrent use. Negative durations count as zero.
type Histogram struct {
	counts []uint64
	total  uint64
	sum    float64
	max    time.Duration
}

// Add counts one duration.
func (h *Histogram) Add(d time.Duration) {
	if h.counts == nil {
		h.counts = make([]uint64, buckets)
	}
	d = max(d, 0)
	h.counts[bucketOf(uint64(d))]++
	h.total++
	h.sum += float64(d)
	h.max = max(h.max, d)
}

// Merge adds what another histogram counted.
func (h *Histogram) Merge(o *Histogram) {
	if o == nil || o.total == 0 {
		return
	}
	if h.counts == nil {
		h.counts = make([]uint64, buckets)
	}
	for i, n := range o.counts {
		h.counts[i] += n
	}
	h.total += o.total
	h.sum += o.sum
	h.max = max(h.max, o.max)
}

// Count is how many durations were added.
func (h *Histogram) Count() uint64 { return h.total }

// Max is the largest duration, exact.
func (h *Histogram) Max() time.Duration { return h.max }

// Mean is the average, 0 without values.
func (h *Histogram) Mean() time.Duration {
	if h.total == 0 {
		return 0
	}
	return time.Duration(h.sum / float64(h.total))
}

// Quantile is the duration that the share q (0 to 1) of the values does not exceed, rounded up to
// its bucket's end; 0 without values.
func (h *Histogram) Quantile(q float64) time.Duration {
	if h.total == 0 {
		return 0
	}
	rank := uint64(q * float64(h.total))
	if float64(rank) < q*float64(h.total) {
		rank++
	}
	rank = min(max(rank, 1), h.total)
	var seen uint64
	for i, n := range h.counts {
		if seen += n; seen >= rank {
			return min(time.Duration(bucketEnd(i)), h.max) //nolint:gosec // bounded by max
		}
	}
	return h.max
}

func bucketOf(v uint64) int {
	if v < subSize {
		return int(v)
	}
	exp := bits.Len64(v) - subBits - 1
	return (exp+1)*subSize + int(v>>exp) - subSize //nolint:gosec // below buckets
}

// bucketEnd is the largest value of a bucket.
func bucketEnd(i int) uint64 {
	if i < subSize {
		return uint64(i) //nolint:gosec // not negative
	}
	exp := i/subSize - 1
	return uint64(i%subSize+subSize+1)<<exp - 1
}

type wire struct {
	Counts map[string]uint64 `json:"counts,omitempty"`
	Sum    float64           `json:"sum"`
	Max    int64             `json:"max_ns"`
}

// MarshalJSON writes the buckets that hold something.
func (h *Histogram) MarshalJSON() ([]byte, error) {
	w := wire{Counts: map[string]uint64{}, Sum: h.sum, Max: int64(h.max)}
	for i, n := range h.counts {
		if n > 0 {
			w.Counts[strconv.Itoa(i)] = n
		}
	}
	return json.Marshal(w)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (h *Histogram) UnmarshalJSON(b []byte) error {
	var w wire
	if err := json.Unmarshal(b, &w); err != nil {
		return fmt.Errorf("histogram: %w", err)
	}
	*h = Histogram{sum: w.Sum, max: time.Duration(w.Max)}
	for k, n := range w.Counts {
		i, err := strconv.Atoi(k)
		if err != nil || i < 0 || i >= buckets {
			return fmt.Errorf("histogram: no bucket %q", k)
		}
		if h.counts == nil {
			h.counts = make([]uint64, buckets)
		}
		h.counts[i] = n
		h.total += n
	}
	return nil
}

// Median is the middle value, the mean of the middle two for an even number, 0 for none. The
// argument is left as it is.
func Median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(values))
	mid := len(s) / 2
	if len(s)%2 == 1 {
		return s[mid]
	}
	return (s[mid-1] + s[mid]) / 2
}

// Ratio is a/b, 0 when b is 0.
func Ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// Millis writes a duration in milliseconds with three significant places.
func Millis(d time.Duration) string {
	return strconv.FormatFloat(float64(d)/1e6, 'f', decimals(float64(d)/1e6), 64) + " ms"
}

func decimals(v float64) int {
	switch {
	case v >= 100:
		return 0
	case v >= 10:
		return 1
	}
	return 2
}
