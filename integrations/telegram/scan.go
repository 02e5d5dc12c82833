package telegram

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// The scan reads the outline of JSON without decoding it: where a value ends, which members
// an object has. It is tolerant inside of values that it passes over and never reads
// beyond the input; whoever needs validity asks encoding/json. Nesting is counted, not
// descended into, so no depth is too deep.

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

// skipString returns the index behind the string that starts at i, -1 if it does not end.
func skipString(b []byte, i int) int {
	for i++; i < len(b); i++ {
		n := bytes.IndexByte(b[i:], '"')
		if n < 0 {
			return -1
		}
		escape := bytes.IndexByte(b[i:i+n], '\\')
		if escape < 0 {
			return i + n + 1
		}
		i += escape + 1
	}
	return -1
}

// skipValue returns the index behind the value that starts at i, -1 if there is none.
func skipValue(b []byte, i int) int {
	if i >= len(b) {
		return -1
	}
	switch b[i] {
	case '"':
		return skipString(b, i)
	case '{', '[':
		return skipNested(b, i)
	case ',', ':', '}', ']':
		return -1
	}
	for i < len(b) && !endsScalar(b[i]) {
		i++
	}
	return i
}

func endsScalar(c byte) bool {
	switch c {
	case ',', ':', '}', ']', '{', '[', '"', ' ', '\t', '\r', '\n':
		return true
	}
	return false
}

func skipNested(b []byte, i int) int {
	depth := 0
	for i < len(b) {
		switch b[i] {
		case '"':
			if i = skipString(b, i); i < 0 {
				return -1
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
		i++
	}
	return -1
}

// eachMember calls f for the members of the object at the start of b, in order, and reports
// whether it was one up to its closing brace. Keys are given as written, without unescaping.
func eachMember(b []byte, f func(key, value []byte)) bool {
	i := skipSpace(b, 0)
	if i >= len(b) || b[i] != '{' {
		return false
	}
	if i = skipSpace(b, i+1); i < len(b) && b[i] == '}' {
		return true
	}
	for i < len(b) && b[i] == '"' {
		end := skipString(b, i)
		if end < 0 {
			return false
		}
		key := b[i+1 : end-1]
		if i = skipSpace(b, end); i >= len(b) || b[i] != ':' {
			return false
		}
		start := skipSpace(b, i+1)
		if end = skipValue(b, start); end < 0 {
			return false
		}
		f(key, b[start:end])
		if i = skipSpace(b, end); i >= len(b) {
			return false
		}
		if b[i] == '}' {
			return true
		}
		if b[i] != ',' {
			return false
		}
		i = skipSpace(b, i+1)
	}
	return false
}

// repeated returns the first of names, at most 64, that is more than once the key of a member of
// the object, "" for none. Keys are compared as lenient decoders do: unescaped and
// without regard to case.
func repeated(object []byte, names []string) (name string) {
	var seen uint64
	eachMember(object, func(key, _ []byte) {
		written := string(key)
		if bytes.IndexByte(key, '\\') >= 0 {
			written = unescape(key)
		}
		for i, candidate := range names {
			if !strings.EqualFold(written, candidate) {
				continue
			}
			if seen&(1<<i) != 0 && name == "" {
				name = candidate
			}
			seen |= 1 << i
		}
	})
	return name
}

// unescape gives a key that eachMember gave as written, "" for what is no string.
func unescape(key []byte) (s string) {
	if json.Unmarshal(slices.Concat([]byte{'"'}, key, []byte{'"'}), &s) != nil {
		return ""
	}
	return s
}

// eachElement calls f for the elements of the array at the start of b, in order, and
// reports whether it was one up to its closing bracket.
func eachElement(b []byte, f func(value []byte)) bool {
	i := skipSpace(b, 0)
	if i >= len(b) || b[i] != '[' {
		return false
	}
	if i = skipSpace(b, i+1); i < len(b) && b[i] == ']' {
		return true
	}
	for i < len(b) {
		end := skipValue(b, i)
		if end < 0 {
			return false
		}
		f(b[i:end])
		if i = skipSpace(b, end); i >= len(b) {
			return false
		}
		if b[i] == ']' {
			return true
		}
		if b[i] != ',' {
			return false
		}
		i = skipSpace(b, i+1)
	}
	return false
}

// scanInt reads a whole JSON number without fraction and exponent.
func scanInt(b []byte) (int64, bool) {
	digits, negative := b, false
	if len(digits) > 0 && digits[0] == '-' {
		digits, negative = digits[1:], true
	}
	if len(digits) == 0 || len(digits) > 18 {
		return 0, false
	}
	var n int64
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	if negative {
		n = -n
	}
	return n, true
}
