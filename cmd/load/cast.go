package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"topicpilot/cmd/load/proc"
	"topicpilot/cmd/load/stage"
)

const (
	startLimit = 20 * time.Second
	stopGrace  = 15 * time.Second // the contract gives a bot 10 s
)

// cast holds what takes part in a measurement: the stage in its own process, and the bots.
type cast struct {
	ctx    context.Context
	self   string // this program
	pilot  string // topicpilot
	dir    string // for databases and settings
	stderr io.Writer
	stage  *stage.Remote
	child  *proc.Child
	quit   io.Closer
}

// casting says what a cast needs.
type casting struct {
	Bot     string // topicpilot's binary; "": it is built from source
	Dir     string // where databases are made; "": os.TempDir
	Topics  int
	Groups  int
	Verbose bool
}

// newCast makes a folder, builds topicpilot if need be, and starts the stage.
func newCast(ctx context.Context, want casting) (*cast, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	dir, err := os.MkdirTemp(want.Dir, "topicpilot-load-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for databases: %w", err)
	}
	c := &cast{ctx: ctx, self: self, dir: dir}
	if want.Verbose {
		c.stderr = os.Stderr
	}
	if c.pilot, err = findPilot(ctx, want.Bot, dir); err != nil {
		return nil, errors.Join(err, c.close())
	}
	if err := c.startStage(want); err != nil {
		return nil, errors.Join(err, c.close())
	}
	return c, nil
}

func (c *cast) startStage(want casting) error {
	toStage, in, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("start the stage: %w", err)
	}
	out, fromStage, err := os.Pipe()
	if err != nil {
		return errors.Join(fmt.Errorf("start the stage: %w", err), toStage.Close(), in.Close())
	}
	c.quit = closers{in, out}
	c.child, err = proc.Start(c.ctx, proc.Options{Name: "stage", Stdin: toStage, Stdout: fromStage, Stderr: c.stderr},
		c.self, "fake", fmt.Sprint("--topics=", want.Topics), fmt.Sprint("--groups=", want.Groups))
	err = errors.Join(err, toStage.Close(), fromStage.Close())
	if err != nil {
		return err
	}
	if c.stage, err = stage.Connect(in, out); err != nil {
		<-c.child.Exited()
		return errors.Join(err, c.child.Gone())
	}
	return nil
}

// close ends the stage and removes the folder.
func (c *cast) close() error {
	var err error
	if c.quit != nil {
		err = c.quit.Close()
	}
	if c.child != nil {
		select {
		case <-c.child.Exited():
		case <-time.After(stopGrace):
			c.child.Kill()
		}
	}
	return errors.Join(err, os.RemoveAll(c.dir))
}

type closers []io.Closer

func (l closers) Close() error {
	var errs []error
	for _, c := range l {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

// playing is a bot that takes part.
type playing struct {
	*proc.Child
	dir   string
	Ready time.Duration // from the start until it was ready
}

// stop ends the bot, clears the stage for the next one and removes the bot's folder.
func (c *cast) stop(p *playing) error {
	err := p.Stop(stopGrace)
	return errors.Join(err, c.stage.Reset(), os.RemoveAll(p.dir))
}

// startBare starts the yardstick that the given build of this program holds.
func (c *cast) startBare(binary, delivery string) (*playing, error) {
	args := []string{"bare", "--api-url=" + c.stage.Telegram, "--token=" + c.stage.Token}
	if delivery == byWebhook {
		addr, err := proc.FreeAddress()
		if err != nil {
			return nil, err
		}
		args = append(args, "--webhook=http://"+addr+"/telegram/hook")
	}
	begin := time.Now()
	child, err := proc.Start(c.ctx, proc.Options{Name: "bare bot", Stderr: c.stderr}, binary, args...)
	if err != nil {
		return nil, err
	}
	p := &playing{Child: child}
	if err := c.stage.WaitBot(startLimit); err != nil {
		return nil, errors.Join(err, child.Gone(), c.stop(p))
	}
	p.Ready = time.Since(begin)
	return p, nil
}

// startPilot starts topicpilot with a store of its own, or with the given one. It is ready when it
// says so and takes updates.
func (c *cast) startPilot(delivery string, set botSettings) (*playing, error) {
	dir, err := os.MkdirTemp(c.dir, "bot-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the bot: %w", err)
	}
	addr, err := proc.FreeAddress()
	if err != nil {
		return nil, err
	}
	set.Stage, set.Listen = c.stage.Hello, addr
	if set.Store == "" {
		set.Store = "sqlite:" + filepath.Join(dir, "topicpilot.db")
	}
	if delivery == byWebhook {
		set.Webhook = "http://" + addr + "/telegram/hook"
	}
	path, err := set.write(dir)
	if err != nil {
		return nil, err
	}
	begin := time.Now()
	child, err := proc.Start(c.ctx, proc.Options{Name: "topicpilot", Stderr: c.stderr}, c.pilot, "run", "--config", path)
	if err != nil {
		return nil, err
	}
	p := &playing{Child: child, dir: dir}
	err = waitReady(c.ctx, "http://"+addr+"/readyz", child)
	if p.Ready = time.Since(begin); err == nil {
		err = c.stage.WaitBot(startLimit)
	}
	if err != nil {
		return nil, errors.Join(err, child.Gone(), c.stop(p))
	}
	return p, nil
}

// waitReady asks a bot's readyz until it answers 200.
func waitReady(ctx context.Context, url string, child *proc.Child) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	client := &http.Client{Timeout: 2 * time.Second}
	defer client.CloseIdleConnections()
	ticker := time.NewTicker(2 * time.Millisecond)
	defer ticker.Stop()
	last := "nobody listens"
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
		if err != nil {
			return fmt.Errorf("readyz: %w", err)
		}
		if resp, err := client.Do(req); err == nil {
			body, _ := io.ReadAll(io.LimitReader(resp.Body, 4096))
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
			last = string(body)
		}
		select {
		case <-ticker.C:
		case <-child.Exited():
			return child.Gone()
		case <-ctx.Done():
			return fmt.Errorf("topicpilot was not ready within %v: %s", startLimit, last)
		}
	}
}
