package telegramtest

import (
	"net"
	"sync"
)

// connSet remembers open connections so that they can be cut.
type connSet struct {
	mu    sync.Mutex
	conns map[net.Conn]struct{}
	over  bool
}

// track returns conn wrapped so that it leaves the set when closed.
func (s *connSet) track(conn net.Conn) net.Conn {
	t := &trackedConn{Conn: conn, set: s}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		_ = conn.Close()
		return conn
	}
	if s.conns == nil {
		s.conns = map[net.Conn]struct{}{}
	}
	s.conns[t] = struct{}{}
	return t
}

func (s *connSet) closeAll() {
	s.mu.Lock()
	open := make([]net.Conn, 0, len(s.conns))
	for c := range s.conns {
		open = append(open, c)
	}
	s.mu.Unlock()
	for _, c := range open {
		_ = c.Close()
	}
}

// shut closes all connections, those to come included.
func (s *connSet) shut() {
	s.mu.Lock()
	s.over = true
	s.mu.Unlock()
	s.closeAll()
}

type trackedConn struct {
	net.Conn
	set *connSet
}

// Close closes the connection and forgets it.
func (c *trackedConn) Close() error {
	c.set.mu.Lock()
	delete(c.set.conns, c)
	c.set.mu.Unlock()
	return c.Conn.Close()
}

// switchListener can play a dead network: connections are reset as soon as they arrive.
type switchListener struct {
	net.Listener
	conns connSet
	once  sync.Once
	mu    sync.Mutex
	down  bool
}

func newSwitchListener(ln net.Listener) *switchListener { return &switchListener{Listener: ln} }

// Accept returns the next connection while the network is up.
func (l *switchListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		tracked := l.conns.track(conn)
		l.mu.Lock()
		down := l.down
		l.mu.Unlock()
		if !down {
			return tracked, nil
		}
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
		_ = tracked.Close()
	}
}

// Close stops accepting; it may be called more than once.
func (l *switchListener) Close() error {
	var err error
	l.once.Do(func() { err = l.Listener.Close() })
	return err
}

func (l *switchListener) setUp(up bool) {
	l.mu.Lock()
	l.down = !up
	l.mu.Unlock()
	if !up {
		l.conns.closeAll()
	}
}

// SetNetwork switches the network between the bot and this server: down resets every open
// connection and each new one at once. Webhook deliveries fail too. It has no effect before Start.
func (s *Server) SetNetwork(up bool) {
	s.mu.Lock()
	ln := s.listener
	s.hook.down = !up
	s.mu.Unlock()
	if ln != nil {
		ln.setUp(up)
	}
	if !up {
		s.hook.conns.closeAll()
	}
}
