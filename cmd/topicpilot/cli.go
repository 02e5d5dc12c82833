package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// The exit statuses promised to scripts.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// streams are what a subcommand sees of the outside.
type streams struct {
	env      []string
	out, err io.Writer
}

// usageError marks wrong usage or settings: exit status 2.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

type cli struct {
	Run     runCmd     `cmd:"" help:"Run the bot."`
	Demo    demoCmd    `cmd:"" help:"Try everything on this machine: no settings, no token, no network."`
	Doctor  doctorCmd  `cmd:"" help:"Check settings and everything they point at; say what is wrong and how to mend it."`
	Config  configCmd  `cmd:"" help:"Check or print the settings."`
	Export  exportCmd  `cmd:"" help:"Write a topic's transcript as a file."`
	Parked  parkedCmd  `cmd:"" help:"Look after updates and messages that were given up."`
	Import  importCmd  `cmd:"" help:"Bring an export of Telegram Desktop into the transcripts."`
	Forget  forgetCmd  `cmd:"" help:"Erase one customer everywhere; print a receipt."`
	KB      kbCmd      `cmd:"" name:"kb" help:"Look at the advisor's knowledge: list, search, check."`
	Eval    evalCmd    `cmd:"" help:"Try the advisor on a set of questions whose answers are known."`
	Audit   auditCmd   `cmd:"" help:"List who has changed what, the latest first."`
	Version versionCmd `cmd:"" help:"Print the version."`

	ShowVersion versionFlag `name:"version" help:"Print the version."`
}

// execute runs one subcommand and gives the exit status.
func execute(ctx context.Context, args []string, std streams) int {
	var c cli
	helped := false
	parser, err := kong.New(&c,
		kong.Name("topicpilot"),
		kong.Description("Assistant bot for Telegram support groups with topics."),
		kong.Writers(std.out, std.err),
		kong.Exit(func(int) { helped = true }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(std),
	)
	if err != nil {
		return status(err, std.err)
	}
	parsed, err := parser.Parse(customary(args))
	switch {
	case helped:
		return exitDone
	case err != nil:
		return status(misused(err), std.err)
	}
	return status(parsed.Run(), std.err)
}

// customary understands what people try first.
func customary(args []string) []string {
	if len(args) == 0 {
		return []string{"--help"}
	}
	if args[0] == "help" {
		return append(slices.Clone(args[1:]), "--help")
	}
	return args
}

// misused adds where the help for a wrong command line is.
func misused(err error) error {
	command := []string{"topicpilot"}
	if parse, ok := errors.AsType[*kong.ParseError](err); ok {
		for _, step := range parse.Context.Path {
			if step.Command != nil {
				command = append(command, step.Command.Name)
			}
		}
	}
	return usageError{fmt.Errorf("%w; see: %s --help", err, strings.Join(command, " "))}
}

// status prints an error, one line for each thing that is wrong.
func status(err error, w io.Writer) int {
	if err == nil {
		return exitDone
	}
	// A line that begins with a blank goes on with the one before.
	text := strings.ReplaceAll(strings.ReplaceAll(err.Error(), "\n\t", " "), "\n ", " ")
	for line := range strings.Lines(text) {
		fmt.Fprintf(w, "topicpilot: %s\n", strings.TrimRight(line, "\n"))
	}
	if _, usage := errors.AsType[usageError](err); usage {
		return exitUsage
	}
	return exitFailed
}
