//go:build linux

package proc

import "syscall"

// dieWithParent makes the kernel kill the child when the load command is killed.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
