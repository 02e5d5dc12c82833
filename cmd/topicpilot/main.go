// Command topicpilot is the assistant bot of a Telegram support group with topics:
// the bot itself, its demo, and the tools to look after it. Each subcommand has a
// file of its name; everything they run is built in cmd/app.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
)

// version is set when a release is built.
var version = "dev"

// The exit statuses promised to scripts.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	go func() {
		<-ctx.Done()
		stop() // a second signal ends the program at once
	}()
	os.Exit(execute(ctx, os.Args[1:], streams{os.Environ(), os.Stdout, os.Stderr}))
}

// streams are what a subcommand sees of the outside.
type streams struct {
	env      []string
	out, err io.Writer
}

// usageError marks wrong usage or settings: exit status 2.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// shown marks a failure whose reasons stand in the output already.
var errShown = errors.New("faults were found")

type cli struct {
	Run     runCmd     `cmd:"" help:"Run the bot."`
	Demo    demoCmd    `cmd:"" help:"Try everything on this machine: no settings, no token, no network."`
	Doctor  doctorCmd  `cmd:"" help:"Check settings and everything they point at; say what is wrong and how to mend it."`
	Config  configCmd  `cmd:"" help:"Check or print the settings."`
	Parked  parkedCmd  `cmd:"" help:"Look after updates and messages that were given up."`
	Version versionCmd `cmd:"" help:"Print the version."`
}

// execute runs one subcommand and gives the exit status.
func execute(ctx context.Context, args []string, std streams) int {
	var c cli
	left := -1
	parser, err := kong.New(&c,
		kong.Name("topicpilot"),
		kong.Description("Assistant bot for Telegram support groups with topics."),
		kong.Writers(std.out, std.err),
		kong.Exit(func(status int) {
			if left < 0 {
				left = status
			}
		}),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(std),
	)
	if err != nil {
		fmt.Fprintln(std.err, "topicpilot:", err)
		return exitFailed
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	if left >= 0 {
		return left
	}
	if err != nil {
		fmt.Fprintf(std.err, "topicpilot: %v\ntry: topicpilot --help\n", err)
		return exitUsage
	}
	return status(parsed.Run(), std.err)
}

// status prints an error, one line for each thing that is wrong.
func status(err error, w io.Writer) int {
	if err == nil {
		return exitDone
	}
	if err != errShown {
		for line := range strings.Lines(err.Error()) {
			fmt.Fprintf(w, "topicpilot: %s\n", strings.TrimRight(line, "\n"))
		}
	}
	var usage usageError
	if errors.As(err, &usage) {
		return exitUsage
	}
	return exitFailed
}
