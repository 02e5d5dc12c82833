package telegramtest

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/valyala/fasthttp"
)

const dialTimeout = 10 * time.Second

// hookConn is a kept connection to the bot's webhook. fasthttp's client is not used because its
// cleaning goroutines outlive Close.
type hookConn struct {
	net.Conn
	addr string
	r    *bufio.Reader
	w    *bufio.Writer
}

// exchange sends one request over an idle or a new connection and reads the answer.
func (s *Server) exchange(req *fasthttp.Request, resp *fasthttp.Response) error {
	conn, err := s.hookConn(req.URI())
	if err != nil {
		return err
	}
	err = conn.SetDeadline(time.Now().Add(s.opt.WebhookTimeout))
	if err == nil {
		err = req.Write(conn.w)
	}
	if err == nil {
		err = conn.w.Flush()
	}
	if err == nil {
		err = resp.ReadLimitBody(conn.r, 1<<20)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil || resp.ConnectionClose() || s.closed || len(s.hook.idle) >= 100 {
		_ = conn.Close()
		return err
	}
	s.hook.idle = append(s.hook.idle, conn)
	return nil
}

func (s *Server) hookConn(uri *fasthttp.URI) (*hookConn, error) {
	host := string(uri.Host())
	secure := string(uri.Scheme()) == "https"
	addr := host
	if !strings.Contains(host, ":") {
		port := "80"
		if secure {
			port = "443"
		}
		addr = net.JoinHostPort(host, port)
	}
	s.mu.Lock()
	for n := len(s.hook.idle); n > 0; n = len(s.hook.idle) {
		conn := s.hook.idle[n-1]
		s.hook.idle = s.hook.idle[:n-1]
		if conn.addr == addr {
			s.mu.Unlock()
			return conn, nil
		}
		_ = conn.Close()
	}
	s.mu.Unlock()
	raw, err := net.DialTimeout("tcp", addr, dialTimeout) //nolint:noctx // bounded by its timeout
	if err != nil {
		return nil, fmt.Errorf("dial the webhook: %w", err)
	}
	raw = s.hook.conns.track(raw)
	if secure {
		name, _, _ := strings.Cut(host, ":")
		raw = tls.Client(raw, &tls.Config{ServerName: name, MinVersion: tls.VersionTLS12})
	}
	return &hookConn{Conn: raw, addr: addr, r: bufio.NewReader(raw), w: bufio.NewWriter(raw)}, nil
}
