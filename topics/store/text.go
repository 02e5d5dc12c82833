package store

import (
	"math"
	"strings"
	"time"
	"unicode/utf8"
)

// escapeMark begins an escaped byte. It is a control character that no text of
// Telegram holds in practice; where one does, it is escaped too.
const escapeMark = '\x1a'

const hexDigits = "0123456789abcdef"

// escape makes any string storable as text in both engines and is undone by
// unescape: PostgreSQL refuses NUL and invalid UTF-8, and SQLite's text functions
// stop at NUL. Such bytes become escapeMark and two hex digits; all else stays.
func escape(s string) string {
	if strings.IndexByte(s, 0) < 0 && strings.IndexByte(s, escapeMark) < 0 && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == 0 || r == escapeMark || r == utf8.RuneError && size == 1 {
			b.WriteByte(escapeMark)
			b.WriteByte(hexDigits[s[i]>>4])
			b.WriteByte(hexDigits[s[i]&15])
			i++
			continue
		}
		b.WriteString(s[i : i+size])
		i += size
	}
	return b.String()
}

// unescape undoes escape; what escape cannot have written is left as it is.
func unescape(s string) string {
	if strings.IndexByte(s, escapeMark) < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == escapeMark && i+2 < len(s) {
			high, low := strings.IndexByte(hexDigits, s[i+1]), strings.IndexByte(hexDigits, s[i+2])
			if high >= 0 && low >= 0 {
				b.WriteByte(byte(high<<4 | low)) //nolint:gosec // both below 16
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// flag is the stored form of a bool.
func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// The range of time that microseconds in an int64 hold.
var (
	earliest = time.UnixMicro(math.MinInt64)
	latest   = time.UnixMicro(math.MaxInt64)
)

// micros is the stored form of a time: microseconds since 1970, 0 for none. What
// the range does not hold becomes its end.
func micros(t time.Time) int64 {
	switch {
	case t.IsZero():
		return 0
	case t.Before(earliest):
		return math.MinInt64
	case t.After(latest):
		return math.MaxInt64
	}
	return t.UnixMicro()
}

func fromMicros(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}
