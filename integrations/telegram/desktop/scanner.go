package desktop

import (
	"errors"
	"io"
)

// The bounds of what a file may demand.
const (
	bufferSize = 64 << 10
	// maxDepth is how deep values that are passed over may be nested.
	maxDepth = 1000
	// maxLiteral is how long a number may be.
	maxLiteral = 64
	maxKey     = 128
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
