// Package proc starts the programs under load as child processes, sees to it that none outlives the
// load command, and reads what they cost from /proc (Linux; elsewhere the figures are zero).
package proc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// keepStderr bounds what is kept of a child's last words.
const keepStderr = 16 << 10

// Child is a running program.
type Child struct {
	cmd    *exec.Cmd
	name   string
	errs   *tail
	exited chan struct{}
	err    error
}

// Options say how a child is started.
type Options struct {
	Name   string    // for errors
	Stdin  io.Reader // nil: none
	Stdout io.Writer // nil: discarded
	Stderr io.Writer // besides what is kept for errors; nil: nothing
	Env    []string  // added to the environment
}

// Start runs a program. The child dies with the context, and on Linux with its parent too.
func Start(ctx context.Context, opt Options, path string, args ...string) (*Child, error) {
	c := &Child{name: opt.Name, errs: &tail{}, exited: make(chan struct{})}
	c.cmd = exec.CommandContext(ctx, path, args...) //nolint:gosec // the programs that the user named
	c.cmd.Stdin, c.cmd.Stdout = opt.Stdin, opt.Stdout
	c.cmd.Stderr = c.errs
	if opt.Stderr != nil {
		c.cmd.Stderr = io.MultiWriter(c.errs, opt.Stderr)
	}
	c.cmd.Env = append(os.Environ(), opt.Env...)
	c.cmd.SysProcAttr = dieWithParent()
	c.cmd.WaitDelay = time.Second
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", opt.Name, err)
	}
	go func() {
		c.err = c.cmd.Wait()
		close(c.exited)
	}()
	return c, nil
}

// PID is the child's process id.
func (c *Child) PID() int { return c.cmd.Process.Pid }

// Exited is closed when the child is gone.
func (c *Child) Exited() <-chan struct{} { return c.exited }

// Kill ends the child at once, as kill -9 does, and waits until it is gone.
func (c *Child) Kill() {
	_ = c.cmd.Process.Kill()
	<-c.exited
}

// Stop asks the child to end, waits up to grace, then kills it. A child that was told to end is no
// error, however it says goodbye; one that had to be killed is.
func (c *Child) Stop(grace time.Duration) error {
	_ = c.cmd.Process.Signal(syscall.SIGTERM)
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-c.exited:
		return nil
	case <-timer.C:
		c.Kill()
		return fmt.Errorf("%s did not end within %v of SIGTERM and was killed", c.name, grace)
	}
}

// Gone describes a child that ended by itself, with its last words.
func (c *Child) Gone() error {
	select {
	case <-c.exited:
	default:
		return nil
	}
	reason := c.err
	if reason == nil {
		reason = errors.New("it ended without an error")
	}
	return fmt.Errorf("%s is gone: %w\n%s", c.name, reason, bytes.TrimSpace(c.errs.bytes()))
}

// Failed waits for the child's end and describes it, with its last words, unless it ended well.
func (c *Child) Failed() error {
	<-c.exited
	if c.err == nil {
		return nil
	}
	return c.Gone()
}

// Words are the last lines the child wrote on standard error.
func (c *Child) Words() string { return string(c.errs.bytes()) }

// tail keeps the last bytes written to it.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, p...)
	if over := len(t.buf) - keepStderr; over > 0 {
		t.buf = append(t.buf[:0], t.buf[over:]...)
	}
	return len(p), nil
}

func (t *tail) bytes() []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	return bytes.Clone(t.buf)
}

// FreeAddress finds a loopback address nobody listens on, below the ports that the kernel gives to
// outgoing connections: so it stays free while a killed program is started anew.
func FreeAddress() (string, error) {
	var last error
	for range 50 {
		port := 20_000 + rand.IntN(12_000)                            //nolint:gosec // chance, not secrecy
		ln, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port)) //nolint:noctx // closed at once
		if err != nil {
			last = err
			continue
		}
		addr := ln.Addr().String()
		if err := ln.Close(); err != nil {
			return "", fmt.Errorf("find a free port: %w", err)
		}
		return addr, nil
	}
	return "", fmt.Errorf("find a free port: %w", last)
}
