//go:build !unix

package telegram

import "net"

// stale cannot be told here; a request on a connection that the server has closed ends with an
// unknown outcome.
func stale(net.Conn) bool { return false }
