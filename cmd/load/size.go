package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"topicpilot/cmd/load/proc"
	"topicpilot/cmd/load/stage"
	"topicpilot/cmd/load/stats"
)

// sizeCmd holds a bot with a large database against one with an empty database, round by round.
type sizeCmd struct {
	Bot      string        `placeholder:"FILE" help:"topicpilot's binary (default: built from source)."`
	Messages int           `default:"1000000" help:"Messages in the large database."`
	Topics   int           `default:"10000" help:"Topics they are in."`
	Active   int           `default:"64" help:"Topics in which commands are typed."`
	Rate     float64       `default:"100" help:"Commands a second."`
	Duration time.Duration `default:"10s" help:"Of one measurement."`
	Rounds   int           `default:"3" help:"Rounds of both."`
	Dir      string        `placeholder:"FOLDER" help:"Where databases are made, on a real disk."`
}

func (c *sizeCmd) check() error {
	if c.Rounds < 1 || c.Rounds > 50 || c.Topics < 1 || c.Topics > 100_000 || c.Active < 1 || c.Active > c.Topics {
		return errors.New("want 1 to 50 rounds, up to 100000 topics, and no more active ones")
	}
	if c.Messages < c.Topics || c.Messages > 20_000_000 {
		return errors.New("want a message for each topic, and up to 20000000 in all")
	}
	return nil
}

// sizeFigures are all rounds with one database.
type sizeFigures struct {
	start   []float64 // s until ready
	rss     []float64 // MB when ready
	peak    []float64 // MB at the end, at most
	latency stats.Histogram
}

// Run prints the table and fails if an answer was wrong.
func (c *sizeCmd) Run(ctx context.Context, log *slog.Logger) (err error) {
	if err := c.check(); err != nil {
		return err
	}
	cast, err := newCast(ctx, casting{
		Bot: c.Bot, Dir: c.Dir, Topics: c.Topics, Groups: 1, Verbose: log.Enabled(ctx, slog.LevelDebug),
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cast.close()) }()
	file := filepath.Join(cast.dir, "large.db")
	begin := time.Now()
	if err := fill(ctx, "sqlite:"+file, cast.stage.Groups[0], amount{c.Messages, c.Topics}, log); err != nil {
		return err
	}
	info, err := os.Stat(file)
	if err != nil {
		return fmt.Errorf("look at the database: %w", err)
	}
	_, _ = fmt.Fprintf(os.Stderr, "database of %d MB filled in %.0f s\n", info.Size()/mega, time.Since(begin).Seconds())
	var empty, large sizeFigures
	for range c.Rounds {
		if err := c.measure(cast, botSettings{}, &empty); err != nil {
			return fmt.Errorf("empty database: %w", err)
		}
		if err := c.measure(cast, botSettings{Store: "sqlite:" + file}, &large); err != nil {
			return fmt.Errorf("large database: %w", err)
		}
	}
	return c.print(&empty, &large)
}

func (c *sizeCmd) measure(cast *cast, set botSettings, f *sizeFigures) (err error) {
	p, err := cast.startPilot(byPolling, set)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cast.stop(p)) }()
	before, err := proc.UsageOf(p.PID())
	if err != nil {
		return errors.Join(err, p.Gone())
	}
	if err := warmUp(cast.stage, c.Active, 16); err != nil {
		return errors.Join(err, p.Gone())
	}
	res, err := cast.stage.Run(stage.Plan{Rate: c.Rate, Duration: c.Duration, Topics: c.Active})
	if err != nil {
		return errors.Join(err, p.Gone())
	}
	after, err := proc.UsageOf(p.PID())
	if err != nil {
		return errors.Join(err, p.Gone())
	}
	f.start = append(f.start, p.Ready.Seconds())
	f.rss = append(f.rss, float64(before.RSS)/mega)
	f.peak = append(f.peak, float64(after.Peak)/mega)
	f.latency.Merge(res.Latency)
	return nil
}

func (c *sizeCmd) print(empty, large *sizeFigures) error {
	var b strings.Builder
	fmt.Fprintf(&b, "\n| | empty | %d messages in %d topics | ratio |\n|---|---|---|---|\n", c.Messages, c.Topics)
	line := func(name, form string, a, z float64) {
		fmt.Fprintf(&b, "| %s | "+form+" | "+form+" | %.2f |\n", name, a, z, stats.Ratio(z, a))
	}
	line("start until ready, s", "%.3f", stats.Median(empty.start), stats.Median(large.start))
	for _, q := range []float64{0.5, 0.99} {
		line(fmt.Sprintf("/info p%g at %g/s, ms", q*100, c.Rate), "%.2f",
			float64(empty.latency.Quantile(q))/1e6, float64(large.latency.Quantile(q))/1e6)
	}
	line("memory when ready (VmRSS), MB", "%.1f", stats.Median(empty.rss), stats.Median(large.rss))
	line("memory at most (VmHWM), MB", "%.1f", stats.Median(empty.peak), stats.Median(large.peak))
	fmt.Fprintf(&b, "\n%d and %d commands, each answered once; median of %d rounds.\n",
		empty.latency.Count(), large.latency.Count(), c.Rounds)
	_, err := os.Stdout.WriteString(b.String())
	return err
}
