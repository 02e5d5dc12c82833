package main

import (
	"context"
	"errors"
	"log/slog"
	"os"

	"topicpilot/cmd/load/stage"
)

// fakeCmd serves a stage. Its control connection is its own standard input and output, so it ends
// with the program that started it.
type fakeCmd struct {
	Listen string `default:"127.0.0.1:0" help:"Address of Telegram and Topics API."`
	Topics int    `default:"64" help:"Topics, all groups together."`
	Groups int    `default:"1" help:"Groups. Telegram's webhook delivers one update of a group at a time."`
}

// Run obeys standard input until it ends:
//
//	{"do":"run","plan":{"outstanding":32,"duration":10000000000}}
//	{"do":"run","plan":{"rate":5,"duration":10000000000}}
//	{"do":"slow","topic":0,"for":100000000}
//	{"do":"wait","for":5000000000}
//	{"do":"reset"}
func (c *fakeCmd) Run(ctx context.Context, log *slog.Logger) error {
	s, err := stage.New(stage.Options{Listen: c.Listen, Topics: c.Topics, Groups: c.Groups, Log: log})
	if err != nil {
		return err
	}
	if _, err := s.Start(); err != nil {
		return errors.Join(err, s.Close())
	}
	served := make(chan error, 1)
	go func() { served <- stage.Serve(ctx, s, os.Stdin, os.Stdout) }()
	select {
	case err = <-served:
	case <-ctx.Done():
	}
	return errors.Join(err, s.Close())
}
