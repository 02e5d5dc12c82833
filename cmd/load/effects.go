package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"topicpilot/cmd/load/crash"
	"topicpilot/cmd/load/effects"
)

// missesAllowed is how often a run is repeated whose fault found nothing to strike.
const missesAllowed = 10

// effectsCmd puts each fault to each kind of command, and counts what takes effect.
type effectsCmd struct {
	Bot       string        `placeholder:"FILE" help:"topicpilot's binary (default: built from source)."`
	Store     string        `default:"sqlite" help:"sqlite: a new file; postgres://…: a new database on that server."`
	Processes int           `default:"1" help:"Processes on one database; two need PostgreSQL."`
	Runs      int           `default:"4" help:"Runs of each cell: with and without effect, repeated and looked up."`
	KillRuns  int           `default:"8" help:"Runs of each cell in which a process is killed."`
	Lag       int           `default:"2" help:"Notion shows a new page only to later queries: how many miss it."`
	Parallel  int           `default:"4" help:"Bots side by side, each with a store and far sides of its own."`
	Fault     []string      `placeholder:"WORDS" help:"Only the faults whose names begin so (default: all)."`
	Kind      []string      `placeholder:"WORDS" help:"Only the kinds of command whose names begin so (default: all)."`
	Settle    time.Duration `default:"90s" help:"How long one run may take to finish."`
	Dir       string        `placeholder:"FOLDER" help:"Where the databases are made, on a real disk."`

	verbose bool
}

func (c *effectsCmd) check() error {
	postgres := strings.HasPrefix(c.Store, "postgres")
	switch {
	case !postgres && c.Store != "sqlite":
		return errors.New("--store: want sqlite or postgres://…")
	case c.Processes < 1 || c.Processes > 4 || c.Processes > 1 && !postgres:
		return errors.New("--processes: want 1, or up to 4 on PostgreSQL")
	case c.Runs < 0 || c.Runs > 100 || c.KillRuns < 0 || c.KillRuns > 100:
		return errors.New("want up to 100 runs of each cell")
	case c.Lag < 0 || c.Lag > 3:
		return errors.New("--lag: want up to 3 queries")
	case c.Parallel < 1 || c.Parallel > 16:
		return errors.New("--parallel: want 1 to 16")
	case c.Settle < time.Second || c.Settle > 10*time.Minute:
		return errors.New("--settle: want 1s to 10m")
	case len(c.cells()) == 0:
		return errors.New("no fault and kind of these names")
	}
	return nil
}

// cells lists the runs, those that take long first.
func (c *effectsCmd) cells() []effectsCell {
	wanted := func(name string, words []string) bool {
		return len(words) == 0 || slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(name, w) })
	}
	var out []effectsCell
	for _, f := range effects.Faults() {
		for _, k := range effects.Kinds() {
			if !wanted(string(f), c.Fault) || !wanted(string(k), c.Kind) || !f.Fits(k) {
				continue
			}
			runs := c.Runs
			if f.Kills() {
				runs = c.KillRuns
			}
			for run := range runs {
				out = append(out, effectsCell{kind: k, fault: f, run: run, limit: c.Settle})
			}
		}
	}
	slow := map[effects.Fault]int{effects.Timeout: -1}
	slices.SortStableFunc(out, func(a, b effectsCell) int { return cmp.Compare(slow[a.fault], slow[b.fault]) })
	return out
}

// Run prints the table and fails if a promise was broken.
func (c *effectsCmd) Run(ctx context.Context, log *slog.Logger) error {
	c.verbose = log.Enabled(ctx, slog.LevelDebug)
	begin := time.Now()
	table, kills, err := c.measure(ctx)
	if err != nil {
		return err
	}
	engine, _, _ := strings.Cut(c.Store, ":")
	violations := table.Violations()
	fmt.Printf("%s, %d process(es): %d runs and %d kills in %.0f s\n\n%s\n", engine, c.Processes, len(c.cells()), kills,
		time.Since(begin).Seconds(), table)
	for _, v := range violations {
		fmt.Println("-", v)
	}
	if len(violations) > 0 {
		return errors.New("promises were broken")
	}
	fmt.Println("No effect came twice, and none was missing without a word.")
	return nil
}

// measure plays all cells and returns their outcomes, and how often a process was killed.
func (c *effectsCmd) measure(ctx context.Context) (table *effects.Table, kills int, err error) {
	if err := c.check(); err != nil {
		return nil, 0, err
	}
	dir, err := os.MkdirTemp(c.Dir, "topicpilot-effects-")
	if err != nil {
		return nil, 0, fmt.Errorf("make a folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	pilot, err := findPilot(ctx, c.Bot, dir)
	if err != nil {
		return nil, 0, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cells := c.cells()
	queue := make(chan effectsCell, len(cells))
	for _, cell := range cells {
		queue <- cell
	}
	close(queue)
	var mu sync.Mutex
	var workers sync.WaitGroup
	var errs []error
	table = &effects.Table{}
	for i := range min(c.Parallel, len(cells)) {
		workers.Go(func() {
			at := effectsPlace{pilot: pilot, dir: filepath.Join(dir, fmt.Sprint("bot-", i+1)), ownPage: i%2 == 1}
			n, err := c.work(ctx, at, queue, func(o effects.Outcome) {
				mu.Lock()
				defer mu.Unlock()
				table.Add(o)
			})
			mu.Lock()
			defer mu.Unlock()
			kills += n
			if err != nil {
				errs = append(errs, err)
				cancel()
			}
		})
	}
	workers.Wait()
	return table, kills, errors.Join(errs...)
}

// work plays cells with a bot of its own until there are none.
func (c *effectsCmd) work(
	ctx context.Context, at effectsPlace, queue <-chan effectsCell, add func(effects.Outcome),
) (kills int, err error) {
	if err := os.Mkdir(at.dir, 0o700); err != nil {
		return 0, fmt.Errorf("make a folder: %w", err)
	}
	at.store = "sqlite:" + filepath.Join(at.dir, "topicpilot.db")
	if c.Store != "sqlite" {
		var drop func(context.Context) error
		if at.store, drop, err = crash.TemporaryDatabase(ctx, c.Store); err != nil {
			return 0, err
		}
		defer func() { err = errors.Join(err, drop(context.WithoutCancel(ctx))) }()
	}
	w, err := newEffectsWorld(ctx, c, at)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	for cell := range queue {
		o, err := w.tryPlay(cell)
		if err != nil {
			return w.kills, fmt.Errorf("%s, %s: %w", cell.kind, cell.fault, err)
		}
		add(o)
	}
	if v := w.tg.Violations(); len(v) > 0 {
		return w.kills, fmt.Errorf("calls that do not fit the Bot API: %v", v[0])
	}
	return w.kills, nil
}

// tryPlay plays a cell until its fault has struck.
func (w *effectsWorld) tryPlay(cell effectsCell) (o effects.Outcome, err error) {
	for range missesAllowed {
		if o, err = w.play(cell); !errors.Is(err, errMissed) {
			return o, err
		}
	}
	return o, err
}
