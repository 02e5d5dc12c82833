package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"topicpilot/cmd/load/crash"
	"topicpilot/cmd/load/proc"
	"topicpilot/cmd/load/stage"
)

// victims are the processes that are killed.
type victims struct {
	ctx      context.Context
	pilot    string
	dir      string
	store    string
	verbose  bool
	rnd      *rand.Rand
	settings []string
	addrs    []string
	live     []*proc.Child
	balancer *crash.Balancer
	kills    int
}

// prepare writes a settings file for each process.
func (v *victims) prepare(c *crashCmd, sc *scene) error {
	for range c.Processes {
		addr, err := proc.FreeAddress()
		if err != nil {
			return err
		}
		v.addrs = append(v.addrs, addr)
	}
	set := botSettings{
		Stage: sc.hello, Store: v.store, Lookups: []any{crash.Lookup(sc.url)},
		Operators: append([]int64{stage.OperatorID}, crash.Commanders(len(sc.steps))...),
	}
	if c.Delivery == byWebhook {
		var err error
		if v.balancer, err = crash.NewBalancer(v.addrs); err != nil {
			return err
		}
		set.Webhook = v.balancer.URL("/telegram/hook")
	}
	for i, addr := range v.addrs {
		dir := filepath.Join(v.dir, fmt.Sprint("process-", i+1))
		if err := os.Mkdir(dir, 0o700); err != nil {
			return fmt.Errorf("write settings: %w", err)
		}
		set.Listen = addr
		path, err := set.write(dir)
		if err != nil {
			return err
		}
		v.settings = append(v.settings, path)
	}
	v.live = make([]*proc.Child, len(v.addrs))
	return nil
}

func (v *victims) start(i int) error {
	var stderr io.Writer
	if v.verbose {
		stderr = os.Stderr
	}
	var err error
	v.live[i], err = proc.Start(v.ctx, proc.Options{Name: fmt.Sprint("topicpilot ", i+1), Stderr: stderr},
		v.pilot, "run", "--config", v.settings[i])
	return err
}

// startAll starts the processes and waits until each is ready once.
func (v *victims) startAll() error {
	for i := range v.live {
		if err := v.start(i); err != nil {
			return err
		}
	}
	for i, child := range v.live {
		if err := waitReady(v.ctx, "http://"+v.addrs[i]+"/readyz", child); err != nil {
			return err
		}
	}
	return nil
}

// killAll kills a process at a time, now and then all at once, and starts what it has killed.
func (v *victims) killAll(kills int, life time.Duration) error {
	for v.kills < kills {
		wait := time.NewTimer(time.Duration(v.rnd.Int64N(int64(life))))
		select {
		case <-wait.C:
		case <-v.ctx.Done():
			wait.Stop()
			return v.ctx.Err()
		}
		victim, all := v.rnd.IntN(len(v.live)), v.rnd.IntN(5) == 0
		for i, child := range v.live {
			if i != victim && !all {
				continue
			}
			if err := child.Gone(); err != nil {
				return fmt.Errorf("ended without being killed: %w", err)
			}
			child.Kill()
			v.kills++
			if err := v.start(i); err != nil {
				return err
			}
		}
	}
	return nil
}

// settle waits until every update is taken and nothing waits in the database, and goes on doing so.
func (v *victims) settle(sc *scene, limit time.Duration) (time.Duration, error) {
	begin := time.Now()
	db, err := crash.DB(v.store)
	if err != nil {
		return 0, err
	}
	defer func() { _ = db.Close() }()
	for quiet := 0; quiet < 5; {
		if err := v.alive(); err != nil {
			return 0, err
		}
		if v.calm(sc, db) {
			quiet++
		} else {
			quiet = 0
		}
		if time.Since(begin) > limit {
			// Not an error yet: the verdict says what is missing.
			return time.Since(begin), nil
		}
		select {
		case <-time.After(200 * time.Millisecond):
		case <-v.ctx.Done():
			return 0, v.ctx.Err()
		}
	}
	return time.Since(begin), nil
}

func (v *victims) calm(sc *scene, db *sql.DB) bool {
	ctx, cancel := context.WithTimeout(v.ctx, 10*time.Second)
	defer cancel()
	n, err := crash.Waiting(ctx, db)
	return err == nil && n == 0 && sc.quiet()
}

func (v *victims) alive() error {
	for _, child := range v.live {
		if err := child.Gone(); err != nil {
			return err
		}
	}
	return nil
}

// stopAll ends the processes as a deployer would.
func (v *victims) stopAll() error {
	var errs []error
	for _, child := range v.live {
		errs = append(errs, child.Stop(stopGrace))
	}
	return errors.Join(errs...)
}

func (v *victims) read(ctx context.Context) (*crash.Stored, error) {
	db, err := crash.DB(v.store)
	if err != nil {
		return nil, err
	}
	defer func() { _ = db.Close() }()
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return crash.Read(ctx, db)
}

// end kills what is left, whatever has happened.
func (v *victims) end() error {
	for _, child := range v.live {
		if child != nil {
			child.Kill()
		}
	}
	if v.balancer != nil {
		return v.balancer.Close()
	}
	return nil
}
