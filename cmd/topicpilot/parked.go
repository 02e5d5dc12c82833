package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"topicpilot/topics"
	"topicpilot/topics/store"
)

type parkedCmd struct {
	List   parkedListCmd   `cmd:"" help:"List what was given up: what, where, why, since when."`
	Show   parkedShowCmd   `cmd:"" help:"Show one of them."`
	Replay parkedReplayCmd `cmd:"" help:"Put them back into their place, to be handled again."`
	Drop   parkedDropCmd   `cmd:"" help:"Forget them for ever."`
}

// parkedPage is how many rows are read at a time.
const parkedPage = 500

// open opens the store beside a bot that may be running.
func (f settingsFlag) open(ctx context.Context, std streams) (*store.Store, error) {
	cfg, err := f.load(std)
	if err != nil {
		return nil, err
	}
	log := slog.New(slog.DiscardHandler)
	return store.Open(ctx, cfg.Store.URL.Reveal(), store.Options{Log: log, Tool: true})
}

type parkedListCmd struct {
	settingsFlag
	JSON bool `name:"json" help:"One JSON object a line."`
}

func (c parkedListCmd) Run(ctx context.Context, std streams) error {
	db, err := c.open(ctx, std)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	table := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	n := 0
	err = eachParked(ctx, db, func(p topics.Parked) error {
		if c.JSON {
			return json.NewEncoder(std.out).Encode(parkedRow(p))
		}
		if n == 0 {
			fmt.Fprintln(table, "ID\tQUEUE\tUPDATE_ID\tWHERE\tSINCE\tTRIES\tWHY")
		}
		n++
		_, err := fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\t%d\t%s\n", p.ID, p.Queue, dash(updateID(p)), p.Lane,
			p.ParkedAt.UTC().Format(time.RFC3339), p.Attempts, oneLine(p.Reason))
		return err
	})
	if err != nil || c.JSON {
		return err
	}
	if n == 0 {
		fmt.Fprintln(table, "nothing is parked")
	}
	return table.Flush()
}

type parkedJSON struct {
	ID       int64     `json:"id"`
	Queue    string    `json:"queue"`
	UpdateID string    `json:"update_id,omitempty"`
	Where    string    `json:"where"`
	Why      string    `json:"why"`
	Since    time.Time `json:"since"`
	Tries    int       `json:"tries"`
}

func parkedRow(p topics.Parked) parkedJSON {
	return parkedJSON{p.ID, p.Queue, updateID(p), p.Lane, p.Reason, p.ParkedAt.UTC(), p.Attempts}
}

type parkedShowCmd struct {
	settingsFlag
	ID  parkedID `arg:"" help:"ID from the list (or an update_id)."`
	Raw bool     `help:"Print the stored content too; it may hold customers' text."`
}

func (c parkedShowCmd) Run(ctx context.Context, std streams) error {
	db, err := c.open(ctx, std)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	p, err := findParked(ctx, db, c.ID)
	if err != nil {
		return err
	}
	fmt.Fprintf(std.out, "id         %d\nqueue      %s\nupdate_id  %s\nwhere      %s\nreceived   %s\n"+
		"since      %s\ntries      %d\nwhy        %s\nsize       %d bytes\n",
		p.ID, p.Queue, dash(updateID(p)), p.Lane, p.AddedAt.UTC().Format(time.RFC3339),
		p.ParkedAt.UTC().Format(time.RFC3339), p.Attempts, oneLine(p.Reason), len(p.Payload))
	if c.Raw {
		_, err = fmt.Fprintf(std.out, "\n%s\n", p.Payload)
	}
	return err
}

// parkedID is an id of the list, or an update_id.
type parkedID int64

// UnmarshalText reads an id of the command line.
func (id *parkedID) UnmarshalText(text []byte) error {
	n, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil || n < 1 {
		return fmt.Errorf("%q is no ID; take one from: topicpilot parked list", text)
	}
	*id = parkedID(n)
	return nil
}

// parkedChoice names parked rows: one by one, or all.
type parkedChoice struct {
	IDs []parkedID `arg:"" optional:"" name:"id" help:"IDs from the list (or update_ids)."`
	All bool       `help:"All that are parked now."`
}

// Validate looks at the command line before anything is opened.
func (c parkedChoice) Validate() error {
	if c.All == (len(c.IDs) > 0) {
		return errors.New("name the IDs (take them from: topicpilot parked list), or say --all")
	}
	return nil
}

func (c parkedChoice) each(ctx context.Context, db *store.Store, do func(topics.Parked) error) error {
	if c.All {
		return eachParked(ctx, db, do)
	}
	var failed []error
	for _, id := range c.IDs {
		p, err := findParked(ctx, db, id)
		if err == nil {
			err = do(p)
		}
		failed = append(failed, err)
	}
	return errors.Join(failed...)
}

type parkedReplayCmd struct {
	settingsFlag
	parkedChoice
}

func (c parkedReplayCmd) Run(ctx context.Context, std streams) error {
	return c.change(ctx, std, c.parkedChoice, "replayed", (*store.Store).Replay)
}

type parkedDropCmd struct {
	settingsFlag
	parkedChoice
}

func (c parkedDropCmd) Run(ctx context.Context, std streams) error {
	return c.change(ctx, std, c.parkedChoice, "dropped", (*store.Store).Drop)
}

func (f settingsFlag) change(ctx context.Context, std streams, choice parkedChoice, done string,
	do func(*store.Store, context.Context, int64) error,
) error {
	db, err := f.open(ctx, std)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	n := 0
	err = choice.each(ctx, db, func(p topics.Parked) error {
		if err := do(db, ctx, p.ID); err != nil {
			return fmt.Errorf("parked %d: %w", p.ID, err)
		}
		n++
		return nil
	})
	fmt.Fprintf(std.out, "%s %d\n", done, n)
	return err
}

func eachParked(ctx context.Context, db topics.ParkedStore, do func(topics.Parked) error) error {
	after := int64(0)
	for {
		page, err := db.ListParked(ctx, after, parkedPage)
		if err != nil {
			return fmt.Errorf("list parked: %w", err)
		}
		for _, p := range page {
			if err := do(p); err != nil {
				return err
			}
			after = p.ID
		}
		if len(page) < parkedPage {
			return nil
		}
	}
}

var errFound = errors.New("found")

// findParked takes an id of the list, or the update_id that people know from Telegram.
func findParked(ctx context.Context, db topics.ParkedStore, named parkedID) (topics.Parked, error) {
	id := int64(named)
	p, err := db.GetParked(ctx, id)
	if !errors.Is(err, topics.ErrNotFound) {
		return p, err
	}
	wanted := strconv.FormatInt(id, 10)
	err = eachParked(ctx, db, func(candidate topics.Parked) error {
		if updateID(candidate) == wanted {
			p = candidate
			return errFound
		}
		return nil
	})
	if err == nil {
		return p, fmt.Errorf("parked %d: no such row; see: topicpilot parked list", id)
	}
	if !errors.Is(err, errFound) {
		return p, err
	}
	return p, nil
}

// updateID is the part of an update's key that Telegram gave; "" for other queues.
func updateID(p topics.Parked) string {
	if p.Queue != topics.QueueInbox {
		return ""
	}
	_, id, _ := strings.Cut(p.Key, ":")
	if _, err := strconv.ParseInt(id, 10, 64); err != nil {
		return ""
	}
	return id
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

var _ io.Closer = (*store.Store)(nil)
