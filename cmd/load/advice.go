package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"topicpilot/cmd/load/proc"
	"topicpilot/cmd/load/stats"
)

const (
	// advicePatience bounds the wait for a draft, beside debounce and model.
	advicePatience = 30 * time.Second
	// adviceStart is how long the first draft may take, by which the bot has read the articles,
	// and adviceStarts how often it is asked for.
	adviceStart  = 5 * time.Second
	adviceStarts = 6
	// adviceTick is how often it is looked whether all has come.
	adviceTick = 10 * time.Millisecond
)

// adviceCmd measures what the advisor takes of a customer's time beside the model: from the
// customer's message to the draft, less the silence that ends a burst and the model's own time.
// The fakes run in this process, and what they take counts as ours.
type adviceCmd struct {
	Bot      string        `placeholder:"FILE" help:"topicpilot's binary (default: built from source)."`
	Topics   []int         `default:"1,10,40,80" help:"Customers who write, for each row."`
	For      time.Duration `default:"40s" help:"How long they write, for each row."`
	Model    time.Duration `default:"300ms" help:"What the model takes for an answer."`
	Debounce time.Duration `default:"200ms" help:"The silence that ends a burst (ai.debounce)."`
	Every    time.Duration `default:"4s" help:"How often each customer asks; the former question is answered then."`
	Articles int           `default:"500" help:"Articles that are searched."`
	Dir      string        `placeholder:"FOLDER" help:"Where the database is made, on a real disk."`
}

func (c *adviceCmd) check() error {
	for _, n := range c.Topics {
		if n < 1 || n > 1000 {
			return fmt.Errorf("--topics: %d: want 1 to 1000", n)
		}
	}
	switch {
	case len(c.Topics) == 0:
		return errors.New("--topics: want at least one number")
	case c.For < c.Every || c.For > 10*time.Minute:
		return errors.New("--for: want up to 10m, and one question of each customer at least")
	case c.Model < 0 || c.Model > 10*time.Second || c.Debounce < 0 || c.Debounce > 10*time.Second:
		return errors.New("want a model and a debounce of up to 10s")
	case c.Every < c.Model+c.Debounce+time.Second || c.Every > time.Minute:
		return errors.New("--every: want a second more than the model and the debounce, and up to 1m")
	case c.Articles < 1 || c.Articles > 50_000:
		return errors.New("--articles: want 1 to 50000")
	}
	return nil
}

// adviceFigures is one row.
type adviceFigures struct {
	topics int
	// total is all that a customer's operators wait for, own our share of it.
	total, own stats.Histogram
	took       time.Duration
	cpu        time.Duration
	end        proc.Usage
}

// Run prints the table and fails if a draft was missing or there were too many.
func (c *adviceCmd) Run(ctx context.Context, log *slog.Logger) error {
	if err := c.check(); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(c.Dir, "topicpilot-advice-")
	if err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	pilot, err := findPilot(ctx, c.Bot, dir)
	if err != nil {
		return err
	}
	var stderr io.Writer
	if log.Enabled(ctx, slog.LevelDebug) {
		stderr = os.Stderr
	}
	var rows []*adviceFigures
	for i, n := range c.Topics {
		place := filepath.Join(dir, fmt.Sprint("row-", i+1))
		if err := os.Mkdir(place, 0o700); err != nil {
			return fmt.Errorf("make a folder: %w", err)
		}
		row, err := c.row(ctx, advicePlace{pilot: pilot, dir: place, stderr: stderr, topics: n})
		if err != nil {
			return fmt.Errorf("%d topics: %w", n, err)
		}
		rows = append(rows, row)
	}
	return c.print(os.Stdout, rows)
}

// row plays one row with a bot and fakes of its own.
func (c *adviceCmd) row(ctx context.Context, at advicePlace) (row *adviceFigures, err error) {
	w, err := newAdviceWorld(c, at)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	child, err := w.start(ctx, c)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, child.Stop(stopGrace)) }()
	row, err = w.measure(ctx, c, child)
	return row, errors.Join(err, child.Gone())
}

func (c *adviceCmd) print(out io.Writer, rows []*adviceFigures) error {
	_, err := fmt.Fprintf(out, "\nmodel %v, debounce %v, %d articles, each customer asks every %v\n\n"+
		"| topics | questions/s | drafts | message to draft p50 | p99 | own share p50 | p90 | p99 | "+
		"processor ms a draft | MB |\n"+
		"|---|---|---|---|---|---|---|---|---|---|\n", c.Model, c.Debounce, c.Articles, c.Every)
	for _, r := range rows {
		n := float64(r.own.Count())
		_, e := fmt.Fprintf(out, "| %d | %.1f | %.0f | %s | %s | %s | %s | %s | %.1f | %.0f |\n",
			r.topics, stats.Ratio(n, r.took.Seconds()), n,
			stats.Millis(r.total.Quantile(0.5)), stats.Millis(r.total.Quantile(0.99)), stats.Millis(r.own.Quantile(0.5)),
			stats.Millis(r.own.Quantile(0.9)), stats.Millis(r.own.Quantile(0.99)),
			stats.Ratio(float64(r.cpu.Microseconds())/1000, n), float64(r.end.Peak)/mega)
		err = errors.Join(err, e)
	}
	_, e := fmt.Fprintln(out, "\nEach question got one draft, as a comment in its topic.")
	return errors.Join(err, e)
}
