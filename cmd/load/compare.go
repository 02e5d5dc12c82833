package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"topicpilot/cmd/load/proc"
	"topicpilot/cmd/load/stage"
)

// The ways updates come.
const (
	byPolling = "polling"
	byWebhook = "webhook"
)

// compareCmd measures bare bots and topicpilot in turn: round by round, so that what else the machine
// does hits all alike. telego's JSON library is chosen when it is built: go-json, its default, is
// quick and takes much memory; encoding/json is slower and takes little. So there are two yardsticks.
type compareCmd struct {
	Bot         string        `placeholder:"FILE" help:"topicpilot's binary (default: built from source)."`
	Delivery    []string      `default:"polling,webhook" enum:"polling,webhook" help:"How updates come."`
	Rounds      int           `default:"3" help:"Rounds of all."`
	Duration    time.Duration `default:"10s" help:"Closed loop of one round."`
	Outstanding int           `default:"32" help:"Commands without answer in the closed loop."`
	Rate        float64       `default:"5" help:"Commands a second in the open loop."`
	Paced       time.Duration `default:"10s" help:"Open loop of one round."`
	Topics      int           `default:"64" help:"Topics."`
	Groups      int           `default:"8" help:"Groups: by webhook one update of a group is in flight at a time."`
	Dir         string        `placeholder:"FOLDER" help:"Where databases are made, on a real disk (default: temporary)."`
	StdJSON     bool          `name:"std-json" default:"true" negatable:"" help:"The bare bot with encoding/json too."`
	OnlyBare    bool          `help:"Leave topicpilot out."`
}

// contender is a bot that takes part in the comparison.
type contender struct {
	name  string
	start func(delivery string) (*playing, error)
}

// Run prints the tables and fails if an answer was wrong.
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
	all, err := c.contenders(ctx, cast)
	if err != nil {
		return err
	}
	for _, delivery := range c.Delivery {
		table, err := c.rounds(cast, delivery, all)
		if err != nil {
			return fmt.Errorf("%s: %w", delivery, err)
		}
		if err := table.write(os.Stdout); err != nil {
			return err
		}
	}
	return nil
}

func (c *compareCmd) contenders(ctx context.Context, cast *cast) ([]contender, error) {
	bare := func(binary string) func(string) (*playing, error) {
		return func(delivery string) (*playing, error) { return cast.startBare(binary, delivery) }
	}
	all := []contender{{"bare telego, " + bareJSON, bare(cast.self)}}
	if c.StdJSON && bareJSON != "encoding/json" {
		binary, err := build(ctx, filepath.Join(cast.dir, "load-std"), "topicpilot/cmd/load", "stdjson")
		if err != nil {
			return nil, fmt.Errorf("%w; --no-std-json goes without it", err)
		}
		all = append(all, contender{"bare telego, encoding/json", bare(binary)})
	}
	if c.OnlyBare {
		return all, nil
	}
	return append(all, contender{"topicpilot", func(delivery string) (*playing, error) {
		return cast.startPilot(delivery, botSettings{})
	}}), nil
}

func (c *compareCmd) rounds(cast *cast, delivery string, all []contender) (*table, error) {
	t := &table{delivery: delivery, outstanding: c.Outstanding, rate: c.Rate, bots: make([]figures, len(all))}
	for round := range c.Rounds {
		for i, who := range all {
			_, _ = fmt.Fprintf(os.Stderr, "%s, round %d of %d: %s\n", delivery, round+1, c.Rounds, who.name)
			t.bots[i].name = who.name
			bot, err := who.start(delivery)
			if err != nil {
				return nil, err
			}
			if err := c.measure(cast, bot, &t.bots[i]); err != nil {
				return nil, fmt.Errorf("%s: %w", who.name, err)
			}
		}
	}
	return t, nil
}

// measure warms the bot up, loads it in both ways and stops it.
func (c *compareCmd) measure(cast *cast, p *playing, f *figures) (err error) {
	defer func() { err = errors.Join(err, cast.stop(p)) }()
	round, err := c.round(cast.stage, p)
	if err != nil {
		return errors.Join(err, p.Gone())
	}
	f.add(round)
	return nil
}

func (c *compareCmd) round(s *stage.Remote, p *playing) (*sample, error) {
	var round sample
	if err := warmUp(s, c.Topics, c.Outstanding); err != nil {
		return nil, err
	}
	before, err := proc.UsageOf(p.PID())
	if err != nil {
		return nil, err
	}
	if round.closed, err = s.Run(stage.Plan{Outstanding: c.Outstanding, Duration: c.Duration}); err != nil {
		return nil, fmt.Errorf("closed loop: %w", err)
	}
	after, err := proc.UsageOf(p.PID())
	if err != nil {
		return nil, err
	}
	round.cpu = after.CPU - before.CPU
	if err := warmUp(s, c.Topics, c.Outstanding); err != nil {
		return nil, err
	}
	if round.paced, err = s.Run(stage.Plan{Rate: c.Rate, Duration: c.Paced}); err != nil {
		return nil, fmt.Errorf("open loop: %w", err)
	}
	round.end, err = proc.UsageOf(p.PID())
	return &round, err
}

// warmUp asks once alone (go-json compiles its encoders at their first use, and with many first uses
// side by side each compiles for itself: seconds and a gigabyte), then twice in every topic, so that
// each customer is known and fresh.
func warmUp(s *stage.Remote, topics, outstanding int) error {
	plans := []stage.Plan{{Outstanding: 1, Count: 1}, {Outstanding: min(outstanding, topics), Count: 2 * topics}}
	for _, p := range plans {
		p.Duration, p.Topics = time.Minute, topics
		if _, err := s.Run(p); err != nil {
			return fmt.Errorf("warm-up: %w", err)
		}
	}
	return nil
}
