package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"topicpilot/cmd/load/stage"
	"topicpilot/cmd/load/stats"
)

// slowCmd lets the Topics API be slow about one topic, which is asked again and again, and measures
// the others. The answers' cache is made so short that every command asks the Topics API anew.
type slowCmd struct {
	Bot      string        `placeholder:"FILE" help:"topicpilot's binary (default: built from source)."`
	Delay    time.Duration `default:"100ms" help:"What the Topics API takes for the slow topic."`
	Rate     float64       `default:"200" help:"Commands a second in the other topics."`
	Duration time.Duration `default:"10s" help:"Of one measurement."`
	Rounds   int           `default:"3" help:"Rounds, each without and with the delay."`
	Topics   int           `default:"64" help:"Topics."`
	Dir      string        `placeholder:"FOLDER" help:"Where the database is made."`
}

// Run prints the latencies and fails if an answer was wrong.
func (c *slowCmd) Run(ctx context.Context, log *slog.Logger) (err error) {
	if c.Rounds < 1 || c.Rounds > 50 {
		return fmt.Errorf("--rounds: %d: want 1 to 50", c.Rounds)
	}
	cast, err := newCast(ctx, casting{
		Bot: c.Bot, Dir: c.Dir, Topics: c.Topics, Groups: 1, Verbose: log.Enabled(ctx, slog.LevelDebug),
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cast.close()) }()
	pilot, err := cast.startPilot(byPolling, botSettings{Cache: time.Millisecond})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cast.stop(pilot)) }()
	if err := warmUp(cast.stage, c.Topics, 16); err != nil {
		return errors.Join(err, pilot.Gone())
	}
	var usual, slowed slowFigures
	for range c.Rounds {
		if err := c.measure(cast.stage, 0, &usual); err != nil {
			return errors.Join(err, pilot.Gone())
		}
		if err := c.measure(cast.stage, c.Delay, &slowed); err != nil {
			return errors.Join(err, pilot.Gone())
		}
	}
	return c.print(&usual, &slowed)
}

type slowFigures struct {
	one, others stats.Histogram
	asked       int64
}

func (c *slowCmd) measure(s *stage.Remote, delay time.Duration, f *slowFigures) error {
	if err := s.Slow(0, delay); err != nil {
		return err
	}
	res, err := s.Run(stage.Plan{Rate: c.Rate, Busy: 1, Duration: c.Duration})
	if err != nil {
		return err
	}
	n := int64(res.Latency.Count()) //nolint:gosec // small
	if res.Calls["topics api"] < n*9/10 || res.Busy.Quantile(0.5) < delay {
		return fmt.Errorf("the Topics API was asked %d times for %d commands, the slow topic answered within %v: a cache"+
			" hides the delay", res.Calls["topics api"], n, res.Busy.Quantile(0.5))
	}
	f.one.Merge(res.Busy)
	f.others.Merge(res.Latency)
	f.asked += res.Asked
	return nil
}

func (c *slowCmd) print(usual, slowed *slowFigures) error {
	_, err := fmt.Printf("\n| Topics API | commands | other topics p50 | other topics p99 | this topic p50 |\n" +
		"|---|---|---|---|---|\n")
	line := func(name string, f *slowFigures) {
		_, e := fmt.Printf("| %s | %d | %s | %s | %s |\n", name, f.asked, stats.Millis(f.others.Quantile(0.5)),
			stats.Millis(f.others.Quantile(0.99)), stats.Millis(f.one.Quantile(0.5)))
		err = errors.Join(err, e)
	}
	line("quick for all", usual)
	line(fmt.Sprintf("%v for one topic", c.Delay), slowed)
	_, e := fmt.Fprintf(os.Stdout, "\nOther topics, p99 with the slow one against without: %.2f\n", stats.Ratio(
		float64(slowed.others.Quantile(0.99)), float64(usual.others.Quantile(0.99))))
	return errors.Join(err, e)
}
