// Command topicpilot is the assistant bot of a Telegram support group with topics:
// the bot itself, its demo, and the tools to look after it. Each subcommand has a
// file of its name; everything they run is built in cmd/app.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// version is set when a release is built.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	go func() {
		<-ctx.Done()
		stop() // a second signal ends the program at once
	}()
	os.Exit(execute(ctx, os.Args[1:], streams{os.Environ(), os.Stdout, os.Stderr}))
}
