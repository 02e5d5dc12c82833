package app_test

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// childSettings names the settings of a bot that this test binary runs instead of tests.
const childSettings = "TOPICPILOT_TEST_CHILD"

func TestMain(m *testing.M) {
	if file := os.Getenv(childSettings); file != "" {
		runChild(file)
		return
	}
	flag.Parse()
	// The tests mostly wait for one another's parts: more of them than processors may run.
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// runChild runs a bot until it is killed or its standard input ends.
func runChild(file string) {
	bot, err := childBot(file)
	if err == nil {
		err = bot.Start(context.Background())
	}
	if err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
	fmt.Println(bot.Addr())
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// startChild starts a bot in a process of its own, waits until it is ready, and gives
// what kills it with SIGKILL.
func (s *stage) startChild() (kill func()) {
	s.t.Helper()
	file := s.writeSettings()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childSettings+"="+file)
	stdin, err := cmd.StdinPipe()
	s.must(err)
	out, err := cmd.StdoutPipe()
	s.must(err)
	s.must(cmd.Start())
	kill = func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = stdin.Close()
	}
	s.t.Cleanup(kill)
	addr, err := bufio.NewReader(out).ReadString('\n')
	s.must(err)
	s.eventually("the child is ready", func() bool {
		resp, err := http.Get("http://" + strings.TrimSpace(addr) + "/readyz")
		if err != nil {
			return false
		}
		_ = resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
	return kill
}
