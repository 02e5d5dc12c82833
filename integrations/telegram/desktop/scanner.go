package desktop

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// The bounds of what a file may demand.
const (
	bufferSize = 64 << 10
	// maxDepth is how deep values that are passed over may be nested.
	maxDepth = 1000
	// maxLiteral is how long a number may be.
	maxLiteral = 64
	maxKey     = 128
	// What UTF-16 uses for the two halves of a character.
	firstHigh, firstLow = 0xD800, 0xDC00
)

var (
	errCut      = errors.New("the file ends here; it was cut off")
	errNoJSON   = errors.New("no JSON")
	errNotUTF8  = errors.New("not UTF-8; save the file as UTF-8")
	errTooDeep  = errors.New("nested too deeply")
	errTrailing = errors.New("something follows the end")
	// errType is not the file's end: the value is passed over.
	errType = errors.New("a value of another type")
)

// scanner reads JSON piece by piece and keeps no more than one piece. It is generous where
// the exports are: \x0B in a string, raw control characters, bytes that are no UTF-8.
type scanner struct {
	r    io.Reader
	stop func() error
	buf  []byte
	pos  int
	// base is the offset of the buffer's first byte in the file.
	base int64
	end  error
	// text is the string just read.
	text []byte
}

func newScanner(r io.Reader, stop func() error) *scanner {
	return &scanner{r: r, stop: stop, buf: make([]byte, 0, bufferSize)}
}

func (s *scanner) offset() int64 { return s.base + int64(s.pos) }

// fill makes at least one more byte available.
func (s *scanner) fill() error {
	if s.pos < len(s.buf) {
		return nil
	}
	s.base += int64(len(s.buf))
	s.buf, s.pos = s.buf[:0], 0
	for tries := 0; s.end == nil; tries++ {
		if err := s.stop(); err != nil {
			return err
		}
		if tries > 100 {
			return io.ErrNoProgress
		}
		n, err := s.r.Read(s.buf[:cap(s.buf)])
		s.buf, s.end = s.buf[:n], err
		if n > 0 {
			return nil
		}
	}
	if errors.Is(s.end, io.EOF) {
		return errCut
	}
	return s.end
}

func (s *scanner) next() (byte, error) {
	if err := s.fill(); err != nil {
		return 0, err
	}
	s.pos++
	return s.buf[s.pos-1], nil
}

// peek passes over white space and shows the byte after it.
func (s *scanner) peek() (byte, error) {
	for {
		if err := s.fill(); err != nil {
			return 0, err
		}
		switch c := s.buf[s.pos]; c {
		case ' ', '\t', '\r', '\n':
			s.pos++
		default:
			return c, nil
		}
	}
}

func (s *scanner) expect(want byte) error {
	c, err := s.peek()
	if err != nil {
		return err
	}
	if c != want {
		return errNoJSON
	}
	s.pos++
	return nil
}

// start passes over a byte order mark.
func (s *scanner) start() error {
	if err := s.fill(); err != nil {
		return err
	}
	switch s.buf[0] {
	case 0xFE, 0xFF, 0:
		return errNotUTF8
	case 0xEF:
		for _, want := range []byte{0xEF, 0xBB, 0xBF} {
			c, err := s.next()
			if err != nil {
				return err
			}
			if c != want {
				return errNoJSON
			}
		}
	}
	return nil
}

// finish makes sure that nothing follows.
func (s *scanner) finish() error {
	_, err := s.peek()
	switch {
	case err == nil:
		return errTrailing
	case errors.Is(err, errCut):
		return nil
	}
	return err
}

// object reads the members of an object; member has to read the value.
func (s *scanner) object(member func(key string) error) error {
	return s.list('{', '}', func() error {
		if err := s.string(maxKey); err != nil {
			return err
		}
		key := string(s.text)
		if err := s.expect(':'); err != nil {
			return err
		}
		return member(key)
	})
}

// array reads the elements of an array; element has to read the value.
func (s *scanner) array(element func() error) error { return s.list('[', ']', element) }

func (s *scanner) list(open, end byte, item func() error) error {
	if err := s.expect(open); err != nil {
		return err
	}
	for first := true; ; first = false {
		c, err := s.peek()
		if err != nil {
			return err
		}
		if c == end {
			s.pos++
			return nil
		}
		if !first {
			if err := s.expect(','); err != nil {
				return err
			}
		}
		if err := item(); err != nil {
			return err
		}
	}
}

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

// literal reads a number or a word into text.
func (s *scanner) literal() error {
	s.text = s.text[:0]
	if _, err := s.peek(); err != nil {
		return err
	}
	for {
		if err := s.fill(); err != nil {
			if errors.Is(err, errCut) && len(s.text) > 0 {
				break // a file that is nothing but a number
			}
			return err
		}
		c := s.buf[s.pos]
		ordinary := c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c == '-' || c == '+' || c == '.' || c == 'E'
		if !ordinary {
			break
		}
		if len(s.text) == maxLiteral {
			return errNoJSON
		}
		s.text = append(s.text, c)
		s.pos++
	}
	if !isLiteral(s.text) {
		return errNoJSON
	}
	return nil
}

func isLiteral(b []byte) bool {
	switch string(b) {
	case "null", "true", "false":
		return true
	case "":
		return false
	}
	for _, c := range b {
		if c >= 'a' && c <= 'z' && c != 'e' {
			return false
		}
	}
	return b[0] == '-' || b[0] >= '0' && b[0] <= '9'
}

// skip passes over a value, however large.
func (s *scanner) skip() error {
	var open []byte // the brackets that are open
	for {
		c, err := s.peek()
		if err != nil {
			return err
		}
		switch c {
		case '{', '[':
			if len(open) == maxDepth {
				return errTooDeep
			}
			open = append(open, c)
			s.pos++
			if done, err := s.empty(c); err != nil {
				return err
			} else if !done {
				if err := s.memberName(c); err != nil {
					return err
				}
				continue
			}
			open = open[:len(open)-1]
		case '"':
			err = s.string(0)
		default:
			err = s.literal()
		}
		if err != nil {
			return err
		}
		if open, err = s.after(open); err != nil || len(open) == 0 {
			return err
		}
	}
}

// empty passes over the closing bracket if it comes at once.
func (s *scanner) empty(open byte) (bool, error) {
	c, err := s.peek()
	if err != nil || c != open+2 { // '{' and '}', '[' and ']' are two apart
		return false, err
	}
	s.pos++
	return true, nil
}

func (s *scanner) memberName(open byte) error {
	if open != '{' {
		return nil
	}
	if err := s.string(0); err != nil {
		return err
	}
	return s.expect(':')
}

// after passes over what follows a value inside open brackets: a comma, up to the next
// value, or closing brackets. It returns those that are still open.
func (s *scanner) after(open []byte) ([]byte, error) {
	for len(open) > 0 {
		c, err := s.peek()
		if err != nil {
			return nil, err
		}
		s.pos++
		last := open[len(open)-1]
		switch c {
		case ',':
			return open, s.memberName(last)
		case last + 2:
			open = open[:len(open)-1]
		default:
			return nil, errNoJSON
		}
	}
	return nil, nil
}
