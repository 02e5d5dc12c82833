package desktop

import (
	"bytes"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// What UTF-16 uses for the two halves of a character.
const firstHigh, firstLow = 0xD800, 0xDC00

// string reads a string into text and keeps its first limit bytes; a character is kept
// whole or not at all. It reports a longer one by cut.
func (s *scanner) string(limit int) error {
	_, err := s.stringCut(limit)
	return err
}

func (s *scanner) stringCut(limit int) (cut bool, err error) {
	s.text = s.text[:0]
	if err := s.expect('"'); err != nil {
		return false, err
	}
	// high is the first half of a surrogate pair that waits for the second.
	high := rune(0)
	for {
		if err := s.fill(); err != nil {
			return false, err
		}
		rest := s.buf[s.pos:]
		n := bytes.IndexAny(rest, "\"\\")
		if n < 0 {
			n = len(rest)
		}
		if high != 0 && (n > 0 || rest[n] == '"') {
			cut, high = s.keepRune(utf8.RuneError, limit) || cut, 0
		}
		cut = s.keep(rest[:n], limit) || cut
		s.pos += n
		if n == len(rest) {
			continue
		}
		s.pos++
		if rest[n] == '"' {
			break
		}
		r, err := s.escape()
		if err != nil {
			return false, err
		}
		if whole := utf16.DecodeRune(high, r); high != 0 && whole != utf8.RuneError {
			r, high = whole, 0
		} else if high != 0 {
			cut, high = s.keepRune(utf8.RuneError, limit) || cut, 0
		}
		if r >= firstHigh && r < firstLow {
			high = r
			continue
		}
		cut = s.keepRune(r, limit) || cut // half a pair becomes U+FFFD
	}
	if cut {
		s.text = wholeRunes(s.text)
	}
	return cut, nil
}

// keep appends what fits below the limit.
func (s *scanner) keep(b []byte, limit int) (cut bool) {
	if room := limit - len(s.text); len(b) > room {
		b, cut = b[:max(room, 0)], true
	}
	s.text = append(s.text, b...)
	return cut
}

func (s *scanner) keepRune(r rune, limit int) (cut bool) {
	var b [utf8.UTFMax]byte
	return s.keep(b[:utf8.EncodeRune(b[:], r)], limit)
}

// wholeRunes takes off the beginning of a character at the end.
func wholeRunes(b []byte) []byte {
	for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
		if c := b[len(b)-n]; utf8.RuneStart(c) {
			if !utf8.FullRune(b[len(b)-n:]) {
				return b[:len(b)-n]
			}
			break
		}
	}
	return b
}

// value is the string just read, as UTF-8.
func (s *scanner) value() string { return strings.ToValidUTF8(string(s.text), "\uFFFD") }

func (s *scanner) escape() (rune, error) {
	c, err := s.next()
	if err != nil {
		return 0, err
	}
	switch c {
	case '"', '\\', '/':
		return rune(c), nil
	case 'b':
		return '\b', nil
	case 'f':
		return '\f', nil
	case 'n':
		return '\n', nil
	case 'r':
		return '\r', nil
	case 't':
		return '\t', nil
	case 'x': // Telegram Desktop's own
		return s.hex(2)
	case 'u':
		return s.hex(4)
	}
	return 0, errNoJSON
}

func (s *scanner) hex(digits int) (r rune, err error) {
	for range digits {
		c, err := s.next()
		if err != nil {
			return 0, err
		}
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, errNoJSON
		}
		r = r<<4 | rune(c)
	}
	return r, nil
}
