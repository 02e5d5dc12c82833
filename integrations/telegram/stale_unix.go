//go:build unix

package telegram

import (
	"net"
	"syscall"
)

// stale reports whether an idle connection was closed by the server or holds bytes that
// nobody asked for (under TLS: its farewell). Writing a request to such a connection
// would leave its outcome unknown without need.
func stale(c net.Conn) bool {
	source, ok := c.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := source.SyscallConn()
	if err != nil {
		return true
	}
	alive := false
	err = raw.Read(func(fd uintptr) bool {
		var b [1]byte
		_, _, e := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		alive = e == syscall.EAGAIN || e == syscall.EWOULDBLOCK
		return true
	})
	return err != nil || !alive
}
