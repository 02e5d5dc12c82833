package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"topicpilot/cmd/load/proc"
	"topicpilot/cmd/load/stage"
	"topicpilot/topics/store"
)

// importCmd makes up an export of Telegram Desktop and imports it with topicpilot.
type importCmd struct {
	Bot string `placeholder:"FILE" help:"topicpilot's binary (default: built from source)."`
	MB  int64  `name:"mb" default:"200" help:"Size of the export, in MB."`
	Dir string `placeholder:"FOLDER" help:"Where export and database are made, on a real disk."`
}

const importGroup = -1002101424779

// Run prints what the import took and fails if a message was not imported.
func (c *importCmd) Run(ctx context.Context, log *slog.Logger) (err error) {
	if c.MB < 1 || c.MB > 100_000 {
		return errors.New("--mb: want 1 to 100000")
	}
	dir, err := os.MkdirTemp(c.Dir, "topicpilot-load-")
	if err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	bot, err := findPilot(ctx, c.Bot, dir)
	if err != nil {
		return err
	}
	file := filepath.Join(dir, "result.json")
	made, err := c.export(file)
	if err != nil {
		return err
	}
	args, err := c.prepare(ctx, dir, log)
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "export of %d MB: %d messages of %d topics, %d of General\n",
		made.Bytes/mega, made.Messages, made.Topics, made.General)
	for _, run := range []string{"first import", "the same again"} {
		took, err := importOnce(ctx, bot, append(args, file))
		if err != nil {
			return fmt.Errorf("%s: %w", run, err)
		}
		if !took.report(made, run == "first import") {
			return fmt.Errorf("%s: not all was imported:\n%s", run, took.out)
		}
		fmt.Printf("%s: %.1f s, %.0f messages/s, %.1f MB/s, memory at most (VmHWM) %.0f MB\n", run, took.time.Seconds(),
			float64(made.Messages)/took.time.Seconds(), float64(made.Bytes)/mega/took.time.Seconds(),
			float64(took.peak)/mega)
	}
	return nil
}

func (c *importCmd) export(file string) (made exported, err error) {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600) //nolint:gosec // in a folder of ours
	if err != nil {
		return exported{}, fmt.Errorf("make the export: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return writeExport(f, importGroup, c.MB*mega)
}

// prepare makes an empty database and settings that name it, and gives the arguments.
func (c *importCmd) prepare(ctx context.Context, dir string, log *slog.Logger) ([]string, error) {
	url := "sqlite:" + filepath.Join(dir, "bot.db")
	st, err := store.Open(ctx, url, store.Options{Log: log, Instance: "load"})
	if err != nil {
		return nil, err
	}
	if err := st.Close(); err != nil {
		return nil, err
	}
	set := botSettings{Store: url, Listen: "127.0.0.1:0", Stage: stage.Hello{
		Groups: []int64{importGroup}, Token: stage.Token, TopicsAPI: "http://127.0.0.1:1", Telegram: "http://127.0.0.1:1",
	}}
	settings, err := set.write(dir)
	if err != nil {
		return nil, err
	}
	return []string{"import", "--config", settings}, nil
}

// taken is what an import cost, and what it said.
type taken struct {
	time time.Duration
	peak int64
	out  string
}

// report tells whether the program reports what the export holds.
func (t *taken) report(made exported, first bool) bool {
	fresh, known := made.Messages, int64(0)
	if !first {
		fresh, known = known, fresh
	}
	var group, stored, there, forgotten, general, left, topics int64
	var name string
	_, err := fmt.Sscanf(t.out, "group %d %q\ntopics %d\nnew %d messages\nknown %d messages that were there already\n"+
		"forgotten %d messages of customers who were erased\n"+
		"general %d messages of General and about the group, which no transcript has\nleft out %d messages\n",
		&group, &name, &topics, &stored, &there, &forgotten, &general, &left)
	return err == nil && stored == fresh && there == known && general == made.General && topics == made.Topics && left == 0
}

// importOnce runs the program. Its memory is looked at until it ends.
func importOnce(ctx context.Context, bot string, args []string) (taken, error) {
	var out bytes.Buffer
	begin := time.Now()
	child, err := proc.Start(ctx, proc.Options{Name: "topicpilot import", Stdout: &out}, bot, args...)
	if err != nil {
		return taken{}, err
	}
	var t taken
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for {
		select {
		case <-child.Exited():
			t.time, t.out = time.Since(begin), out.String()
			return t, child.Failed()
		case <-look.C:
			if usage, err := proc.UsageOf(child.PID()); err == nil {
				t.peak = max(t.peak, usage.Peak)
			}
		}
	}
}
