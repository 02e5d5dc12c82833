package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"topicpilot/cmd/load/crash"
)

// crashCmd kills topicpilot again and again while people type, and then looks for what is missing.
type crashCmd struct {
	Bot       string        `placeholder:"FILE" help:"topicpilot's binary (default: built from source)."`
	Store     string        `default:"sqlite" help:"sqlite: a new file; postgres://…: a new database on that server."`
	Processes int           `default:"1" help:"Processes on one database; two need PostgreSQL."`
	Delivery  string        `default:"polling" enum:"polling,webhook" help:"By webhook the processes take turns."`
	Updates   int           `default:"1000" help:"Messages that people type."`
	Topics    int           `default:"50" help:"Topics."`
	Groups    int           `default:"5" help:"Groups."`
	Duplicate float64       `name:"duplicates" default:"0.1" help:"Share of the updates that comes twice."`
	Poison    int           `default:"5" help:"Updates that cannot be decoded, besides."`
	Kills     int           `default:"20" help:"How often a process is killed."`
	Life      time.Duration `default:"800ms" help:"A process lives up to so long until it is killed."`
	Slow      time.Duration `default:"30ms" help:"The lookup takes up to so long: a kill often hits a command half done."`
	Settle    time.Duration `default:"90s" help:"How long the bot may take to finish in the end."`
	Seed      uint64        `help:"Repeats the plan of a former run (default: by chance)."`
	Dir       string        `placeholder:"FOLDER" help:"Where the database is made, on a real disk."`
	Keep      bool          `help:"Keep settings and database."`
}

func (c *crashCmd) check() error {
	postgres := strings.HasPrefix(c.Store, "postgres")
	switch {
	case !postgres && c.Store != "sqlite":
		return errors.New("--store: want sqlite or postgres://…")
	case c.Processes < 1 || c.Processes > 8 || c.Processes > 1 && !postgres:
		return errors.New("--processes: want 1, or up to 8 on PostgreSQL")
	case c.Updates < 1 || c.Updates > 50_000 || c.Topics < 1 || c.Topics > 5_000 || c.Groups < 1 || c.Groups > c.Topics:
		return errors.New("want up to 50000 updates in up to 5000 topics, and no more groups than topics")
	case c.Duplicate < 0 || c.Duplicate > 1 || c.Poison < 0 || c.Poison > 1000 || c.Kills < 0 || c.Kills > 1000:
		return errors.New("want a share of duplicates up to 1, and up to 1000 poison updates and kills")
	case c.Slow < 0 || c.Slow > 5*time.Second:
		return errors.New("--slow: want up to 5s")
	case c.Life < 10*time.Millisecond || c.Life > time.Minute || c.Settle < time.Second || c.Settle > 10*time.Minute:
		return errors.New("want a life of 10ms to 1m and 1s to 10m to settle")
	}
	return nil
}

// Run prints the verdict and fails if a promise was broken.
func (c *crashCmd) Run(ctx context.Context, log *slog.Logger) (err error) {
	if err := c.check(); err != nil {
		return err
	}
	if c.Seed == 0 {
		c.Seed = rand.Uint64() //nolint:gosec // chance, not secrecy
	}
	dir, err := os.MkdirTemp(c.Dir, "topicpilot-crash-")
	if err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	defer func() {
		if c.Keep {
			_, _ = fmt.Fprintln(os.Stderr, "kept:", dir)
			return
		}
		err = errors.Join(err, os.RemoveAll(dir))
	}()
	store, drop, err := c.store(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, drop(context.WithoutCancel(ctx))) }()
	pilot, err := findPilot(ctx, c.Bot, dir)
	if err != nil {
		return err
	}
	return c.play(ctx, &victims{
		ctx: ctx, pilot: pilot, dir: dir, store: store, verbose: log.Enabled(ctx, slog.LevelDebug),
		rnd: rand.New(rand.NewPCG(c.Seed, 2)), //nolint:gosec // chance, not secrecy
	})
}

func (c *crashCmd) store(ctx context.Context, dir string) (string, func(context.Context) error, error) {
	if c.Store == "sqlite" {
		return "sqlite:" + filepath.Join(dir, "topicpilot.db"), func(context.Context) error { return nil }, nil
	}
	at, drop, err := crash.TemporaryDatabase(ctx, c.Store)
	if c.Keep && err == nil {
		drop = func(context.Context) error { return nil }
	}
	return at, drop, err
}

// play sets the scene, lets people type while processes die, and judges.
func (c *crashCmd) play(ctx context.Context, v *victims) (err error) {
	sc, err := newScene(c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, sc.close()) }()
	if err := v.prepare(c, sc); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, v.end()) }()
	if err := v.startAll(); err != nil {
		return err
	}
	begin := time.Now()
	typing := make(chan error, 1)
	typeCtx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() { typing <- sc.typeAll(typeCtx, time.Duration(c.Kills)*c.Life/2) }()
	err = v.killAll(c.Kills, c.Life)
	if err != nil {
		cancel()
	}
	if err = errors.Join(err, <-typing); err != nil {
		return err
	}
	calm, err := v.settle(sc, c.Settle)
	if err != nil {
		return err
	}
	answers := sc.answers()
	if err := v.stopAll(); err != nil {
		return err
	}
	stored, err := v.read(ctx)
	if err != nil {
		return err
	}
	report := crash.Check(sc.typed, answers, stored)
	sc.addTo(report)
	engine, _, _ := strings.Cut(v.store, ":")
	fmt.Printf("%s, %d process(es), by %s, seed %d: %d updates and %d poison ones in %d topics, %d delivered again,"+
		" %d kills in %.1f s; quiet after another %.1f s\n%s", engine, c.Processes, c.Delivery, c.Seed, c.Updates,
		c.Poison, c.Topics, sc.again, v.kills, time.Since(begin).Seconds()-calm.Seconds(), calm.Seconds(), report)
	if v.balancer != nil {
		fmt.Printf("updates taken by each process: %v\n", v.balancer.Taken())
	}
	if !report.OK() {
		return errors.New("promises were broken")
	}
	return nil
}
