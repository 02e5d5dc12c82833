package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"topicpilot/topics"
	"topicpilot/topics/store"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"topicpilot": main})
}

// TestScripts runs the program as a person or a script does. Besides testscript's own commands:
//
//	exits STATUS PROGRAM ARGS…   runs it and checks the exit status
//	store FILE REASON…           makes a database with an update parked for each reason
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script", RequireExplicitExec: true, RequireUniqueNames: true,
		Deadline: time.Now().Add(2 * time.Minute),
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "store": makeStore,
		},
	})
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits STATUS PROGRAM ARGS…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

func makeStore(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: store FILE REASON…")
	}
	ctx := context.Background()
	db, err := store.Open(ctx, "sqlite:"+ts.MkAbs(args[0]), store.Options{})
	ts.Check(err)
	ts.Check(errors.Join(fill(ctx, db, args[1:]), db.Close()))
}

// fill parks update 101 in topic 1 for the first reason, 102 in topic 2, and so on.
func fill(ctx context.Context, db *store.Store, reasons []string) error {
	stored := make(chan topics.Committed, len(reasons))
	db.Listen(func(list []topics.Committed) {
		for _, c := range list {
			stored <- c
		}
	})
	for i, reason := range reasons {
		conv := topics.Conversation{ChatID: -1001234567890, ThreadID: int64(i + 1)}
		_, err := db.Append(ctx, []topics.NewItem{{
			Queue: topics.QueueInbox, Lane: conv.Lane(), Key: fmt.Sprintf("123456789:%d", 101+i),
			Payload: fmt.Appendf(nil, `{"update_id":%d,"message":"private words"}`, 101+i),
		}})
		if err != nil {
			return err
		}
		c := <-stored // told before Append returns
		if err := db.Park(ctx, c.Lease, c.Item, reason); err != nil {
			return err
		}
	}
	return nil
}

// TestEnvironmentOfScripts makes sure that no setting of this machine gets into them.
func TestEnvironmentOfScripts(t *testing.T) {
	for _, name := range []string{"TOPICPILOT_TELEGRAM__TOKEN", "TOPICPILOT_STORE__URL"} {
		if os.Getenv(name) != "" {
			t.Errorf("%s is set; the tests must not see it", name)
		}
	}
}
