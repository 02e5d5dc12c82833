package demo

// State shows tests what the page shows.
func (s *Stage) State() snapshot { return s.board.State() }
