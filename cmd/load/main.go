// Command load puts programs under load and shows what they can do: topicpilot and a plain bot
// without any durability side by side, what a slow Topics API or a large database costs, and
// whether anything is lost when topicpilot is killed. It starts all it needs on loopback addresses
// and ends it again; docs/benchmarks.md says which figures to expect.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// program is the command line.
type program struct {
	Compare compareCmd `cmd:"" help:"Measure a bare telego bot and topicpilot in turn and print a Markdown table."`
	Slow    slowCmd    `cmd:"" help:"Show that a slow answer of the Topics API delays only its own topic."`
	Crash   crashCmd   `cmd:"" help:"Kill topicpilot again and again and look for what is lost, doubled or out of order."`
	Effects effectsCmd `cmd:"" help:"Kill topicpilot and let the systems around it fail, and count what takes effect."`
	Size    sizeCmd    `cmd:"" help:"Show what a large database costs: start, latency, memory."`
	Advice  adviceCmd  `cmd:"" help:"Show what the advisor takes beside the model, from message to draft."`
	Import  importCmd  `cmd:"" help:"Make up an export of Telegram Desktop and import it: speed and memory."`
	Find    findCmd    `cmd:"" help:"Fill a database with talk in three languages and search it: index and latency."`
	Noop    noopCmd    `cmd:"" help:"Measure a fasthttp handler that does nothing, for orientation."`
	Fake    fakeCmd    `cmd:"" help:"Serve the fake Telegram and Topics API; obeys JSON lines on standard input."`
	Bare    bareCmd    `cmd:"" help:"Run the yardstick: a telego bot that answers /info and keeps nothing."`

	Verbose bool `help:"Log what the children say." short:"v"`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

// run returns the exit status: 0 done, 1 failed, 2 wrong usage.
func run(ctx context.Context, args []string) int {
	var p program
	parser, err := kong.New(&p, kong.Name("load"), kong.Description("Figures of topicpilot under load."),
		kong.UsageOnError(), kong.BindTo(ctx, (*context.Context)(nil)))
	if err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		return 2
	}
	cmd, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		return 2
	}
	level := slog.LevelWarn
	if p.Verbose {
		level = slog.LevelDebug
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
	if err := cmd.Run(log); err != nil {
		if ctx.Err() != nil {
			err = errors.New("broken off")
		}
		fmt.Fprintln(os.Stderr, "load:", err)
		return 1
	}
	return 0
}
