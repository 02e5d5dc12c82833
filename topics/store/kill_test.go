package store_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"topicpilot/topics"
	"topicpilot/topics/store"
)

// childURL, if set, makes this program a process that stores and finishes items until
// it is killed.
const childURL = "TOPICPILOT_TEST_CHILD_URL"

func TestMain(m *testing.M) {
	if url := os.Getenv(childURL); url != "" {
		if err := child(url); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// child prints the key of each item after it was stored, and that of each message
// after its item was finished.
func child(url string) error {
	ctx := context.Background()
	s, err := store.Open(ctx, url, store.Options{Instance: "child"})
	if err != nil {
		return err
	}
	told := make(chan topics.Committed, 100_000)
	s.Listen(func(list []topics.Committed) {
		for _, c := range list {
			told <- c
		}
	})
	run := time.Now().UnixNano()
	var wait sync.WaitGroup
	for w := range 8 {
		wait.Go(func() {
			for i := range 10_000 {
				key := fmt.Sprintf("%d-%d-%d", run, w, i)
				lane := topics.Conversation{ChatID: -1, ThreadID: int64(w)}.Lane()
				if _, err := s.Append(ctx, []topics.NewItem{{Queue: "q", Lane: lane, Key: key}}); err != nil {
					return
				}
				fmt.Println("stored", key)
			}
		})
		wait.Go(func() {
			for c := range told {
				if !c.Held {
					continue
				}
				done := topics.Outcome{Messages: []topics.Message{message(topics.Conversation{ChatID: -1}, c.Item.ID, "x")}}
				if err := s.Finish(ctx, c.Lease, c.Item, done); err != nil {
					return
				}
				fmt.Println("done", c.Item.ID)
			}
		})
	}
	wait.Wait()
	return nil
}

// kill runs the child for a while, kills it, and gives what it said.
func kill(t *testing.T, url string, lines int) (stored []string, done map[string]bool) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childURL+"="+url)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done = map[string]bool{}
	scanner := bufio.NewScanner(out)
	for n := 0; scanner.Scan(); n++ {
		if n == lines {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
		if key, ok := strings.CutPrefix(scanner.Text(), "stored "); ok {
			stored = append(stored, key)
		} else if id, ok := strings.CutPrefix(scanner.Text(), "done "); ok {
			done[id] = true
		}
	}
	if err := cmd.Wait(); err == nil {
		t.Error("the child ended by itself")
	}
	return stored, done
}

// What was acknowledged before a kill is there after it, exactly once.
func TestKill(t *testing.T) {
	backends := map[string]func(t *testing.T) string{
		"sqlite":   func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "a.db") },
		"postgres": func(t *testing.T) string { return newDatabase(t, postgresServer(t)) },
	}
	for name, fresh := range backends {
		t.Run(name, func(t *testing.T) {
			ctx := context.Background()
			url := fresh(t)
			var stored []string
			done := map[string]bool{}
			for round := range 4 {
				more, finished := kill(t, url, 50+150*round)
				stored = append(stored, more...)
				for id := range finished {
					done[id] = true
				}
			}
			s := open(t, url, store.Options{Instance: "after"})
			for _, key := range stored {
				n, err := s.Append(ctx, []topics.NewItem{{Queue: "q", Lane: "again", Key: key}})
				if err != nil || n != 0 {
					t.Fatalf("%s was acknowledged and is not there: %d, %v", key, n, err)
				}
			}
			messages, err := s.Messages(ctx, topics.Conversation{ChatID: -1}, 0, 1_000_000)
			if err != nil {
				t.Fatal(err)
			}
			written := map[string]bool{}
			for _, m := range messages {
				written[fmt.Sprint(m.ID)] = true
			}
			for id := range done {
				if !written[id] {
					t.Errorf("item %s was finished, its message is not there", id)
				}
			}
			checkUnfinished(t, s, written)
		})
	}
}

// checkUnfinished claims all lanes: nothing that waits in them has been recorded.
func checkUnfinished(t *testing.T, s *store.Store, written map[string]bool) {
	t.Helper()
	ctx := context.Background()
	var leases []topics.Lease
	for range 200 { // the server needs a moment to see that the child is dead
		more, err := s.Claim(ctx, "q", 100)
		if err != nil {
			t.Fatal(err)
		}
		leases = append(leases, more...)
		if stats, err := s.Stats(ctx); err != nil || stats.Pending["q"] == 0 || len(leases) > 0 && len(more) == 0 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	waiting := int64(0)
	for _, lease := range leases {
		items, err := s.Pending(ctx, lease, 1_000_000)
		if err != nil {
			t.Fatal(err)
		}
		waiting += int64(len(items))
		for _, item := range items {
			if written[fmt.Sprint(item.ID)] {
				t.Errorf("item %d waits although its outcome is written", item.ID)
			}
		}
	}
	stats, err := s.Stats(ctx)
	if err != nil || stats.Pending["q"] != waiting {
		t.Errorf("%d wait, %d of them in claimed lanes, %v", stats.Pending["q"], waiting, err)
	}
}
