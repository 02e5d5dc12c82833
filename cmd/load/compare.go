package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"topicpilot/cmd/load/proc"
	"topicpilot/cmd/load/stage"
)

// The ways updates come.
const (
	byPolling = "polling"
	byWebhook = "webhook"
)

// compareCmd measures the bare bot and topicpilot in turn: round by round, so that what else the
// machine does hits both alike.
type compareCmd struct {
	Bot         string        `placeholder:"FILE" help:"topicpilot's binary (default: built from source)."`
	Delivery    []string      `default:"polling,webhook" enum:"polling,webhook" help:"How updates come."`
	Rounds      int           `default:"3" help:"Rounds of both."`
	Duration    time.Duration `default:"10s" help:"Closed loop of one round."`
	Outstanding int           `default:"32" help:"Commands without answer in the closed loop."`
	Rate        float64       `default:"5" help:"Commands a second in the open loop."`
	Paced       time.Duration `default:"10s" help:"Open loop of one round."`
	Topics      int           `default:"64" help:"Topics."`
	Groups      int           `default:"8" help:"Groups: by webhook one update of a group is in flight at a time."`
	Dir         string        `placeholder:"FOLDER" help:"Where databases are made, on a real disk (default: the system's folder for such)."`
	OnlyBare    bool          `help:"Measure the bare bot alone."`
}

// Run prints the table and fails if an answer was wrong.
func (c *compareCmd) Run(ctx context.Context, log *slog.Logger) (err error) {
	if c.Rounds < 1 || c.Rounds > 50 {
		return fmt.Errorf("--rounds: %d: want 1 to 50", c.Rounds)
	}
	want := casting{
		Bot: c.Bot, Dir: c.Dir, Topics: c.Topics, Groups: c.Groups, Verbose: log.Enabled(ctx, slog.LevelDebug),
	}
	if c.OnlyBare {
		want.Bot = os.Args[0]
	}
	cast, err := newCast(ctx, want)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cast.close()) }()
	for _, delivery := range c.Delivery {
		table, err := c.rounds(cast, delivery)
		if err != nil {
			return fmt.Errorf("%s: %w", delivery, err)
		}
		if err := table.write(os.Stdout); err != nil {
			return err
		}
	}
	return nil
}

func (c *compareCmd) rounds(cast *cast, delivery string) (*table, error) {
	t := &table{delivery: delivery, outstanding: c.Outstanding, rate: c.Rate}
	for round := range c.Rounds {
		_, _ = fmt.Fprintf(os.Stderr, "%s, round %d of %d\n", delivery, round+1, c.Rounds)
		bare, err := cast.startBare(delivery)
		if err != nil {
			return nil, err
		}
		if err := c.measure(cast, bare, &t.bare); err != nil {
			return nil, fmt.Errorf("bare bot: %w", err)
		}
		if c.OnlyBare {
			continue
		}
		pilot, err := cast.startPilot(delivery, botSettings{})
		if err != nil {
			return nil, err
		}
		if err := c.measure(cast, pilot, &t.pilot); err != nil {
			return nil, fmt.Errorf("topicpilot: %w", err)
		}
	}
	return t, nil
}

// measure warms the bot up, loads it in both ways and stops it.
func (c *compareCmd) measure(cast *cast, p *playing, f *figures) (err error) {
	defer func() { err = errors.Join(err, cast.stop(p)) }()
	var round sample
	if err := warmUp(cast.stage, c.Topics, c.Outstanding); err != nil {
		return errors.Join(err, p.Gone())
	}
	before, err := proc.UsageOf(p.PID())
	if err != nil {
		return errors.Join(err, p.Gone())
	}
	if round.closed, err = cast.stage.Run(stage.Plan{Outstanding: c.Outstanding, Duration: c.Duration}); err != nil {
		return fmt.Errorf("closed loop: %w", errors.Join(err, p.Gone()))
	}
	if round.after, err = proc.UsageOf(p.PID()); err != nil {
		return errors.Join(err, p.Gone())
	}
	round.cpu = round.after.CPU - before.CPU
	if err := warmUp(cast.stage, c.Topics, c.Outstanding); err != nil {
		return errors.Join(err, p.Gone())
	}
	if round.paced, err = cast.stage.Run(stage.Plan{Rate: c.Rate, Duration: c.Paced}); err != nil {
		return fmt.Errorf("open loop: %w", errors.Join(err, p.Gone()))
	}
	if round.end, err = proc.UsageOf(p.PID()); err != nil {
		return errors.Join(err, p.Gone())
	}
	f.add(&round)
	return nil
}

// warmUp asks twice in every topic, so that each customer is known and fresh.
func warmUp(s *stage.Remote, topics, outstanding int) error {
	_, err := s.Run(stage.Plan{Outstanding: min(outstanding, topics), Count: 2 * topics, Duration: time.Minute})
	if err != nil {
		return fmt.Errorf("warm-up: %w", err)
	}
	return nil
}

