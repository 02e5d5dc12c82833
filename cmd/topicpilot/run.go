package main

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"

	"topicpilot/cmd/app"
)

type runCmd struct {
	settingsFlag
	TakeOver bool `help:"Remove a webhook, or end a poller, that is not ours."`
}

func (c runCmd) Run(ctx context.Context, std streams) error {
	cfg, err := c.load(std)
	if err != nil {
		return err
	}
	log := logger(cfg.Log, std)
	warn(cfg, log)
	if _, set := os.LookupEnv("GOGC"); !set {
		// Little lives long here: collecting twice as often as Go's default halves the
		// garbage that lies about, for a few percent of the processor.
		debug.SetGCPercent(50)
	}
	bot, err := app.New(app.Options{Config: cfg, Log: log, Version: version, TakeOver: c.TakeOver})
	if err != nil {
		return usageError{err}
	}
	if err := bot.Start(ctx); err != nil {
		if ctx.Err() != nil {
			return nil // asked to stop before it ran
		}
		return fmt.Errorf("start: %w", err)
	}
	log.Info("running", "listen", bot.Addr(), "version", version)
	select {
	case <-ctx.Done():
	case err = <-bot.Failed():
	}
	log.Info("stopping")
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), app.StopTime)
	defer cancel()
	bot.Stop(stop)
	return err
}
