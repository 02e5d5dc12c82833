//go:build e2e

package main

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long a test waits for what takes a moment.
const patience = 30 * time.Second

// TestProgram builds the program once and drives it from outside.
func TestProgram(t *testing.T) {
	bin := filepath.Join(t.TempDir(), "topicpilot")
	if out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	for _, test := range []struct {
		name string
		run  func(*testing.T, string)
	}{
		{"demo opens within three seconds", testDemoOpens},
		{"demo in a browser", testDemoInBrowser},
		{"demo faults in a browser", testDemoFaults},
		{"demo actions in a browser", testDemoActions},
		{"demo card and account in a browser", testDemoCard},
		{"demo records in a browser", testDemoRecords},
		{"demo drafts in a browser", testDemoDrafts},
		{"demo limits of the advisor in a browser", testDemoLimits},
		{"demo picture", testDemoPicture},
		{"parked beside a running bot", testParked},
		{"a port in use", testPortInUse},
		{"a second bot on one database", testSecondBot},
		{"settings from the environment alone", testEnvironment},
		{"SIGTERM in the middle of a slow answer", testTerminate},
		{"kill -9 and start again", testKill},
		{"doctor beside a running bot", testDoctorBeside},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, bin) })
	}
}

// process is a running topicpilot.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	out  outputs
	done chan struct{}
	err  error
}

// outputs collects what a process prints, on stdout and stderr alike.
type outputs struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *outputs) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *outputs) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// start runs the program with an environment of its own, until the test ends at most.
func start(t *testing.T, bin string, env []string, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(bin, args...), done: make(chan struct{})}
	p.cmd.Dir = t.TempDir()
	p.cmd.Env = append([]string{"PATH=/usr/bin:/bin", "HOME=" + p.cmd.Dir, "TMPDIR=" + p.cmd.Dir}, env...)
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.out
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		<-p.done
		if t.Failed() {
			t.Logf("%s printed:\n%s", strings.Join(args, " "), p.out.String())
		}
	})
	return p
}

// run runs the program to its end and returns its exit status and all it printed.
func run(t *testing.T, bin string, env []string, args ...string) (int, string) {
	t.Helper()
	p := start(t, bin, env, args...)
	return p.wait(patience), p.out.String()
}

// wait waits for the end and returns the exit status, -1 for a signal.
func (p *process) wait(most time.Duration) int {
	p.t.Helper()
	select {
	case <-p.done:
	case <-time.After(most):
		p.t.Fatalf("still running after %s", most)
	}
	var exit *exec.ExitError
	if p.err != nil && !errors.As(p.err, &exit) {
		p.t.Fatal(p.err)
	}
	return p.cmd.ProcessState.ExitCode()
}

func (p *process) signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// eventually waits for a condition outside this process.
func eventually(t *testing.T, what string, most time.Duration, cond func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), most)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !cond() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("waited in vain: %s", what)
		}
	}
}
