package desktop

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
