package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"topicpilot/topics"
	"topicpilot/topics/transcript"
)

// auditCmd shows the audit trail: every command that changes something.
type auditCmd struct {
	settingsFlag
	Topic string `help:"Only this topic." placeholder:"GROUP/TOPIC"`
	Last  int    `short:"n" default:"50" help:"How many, the latest."`
	JSON  bool   `name:"json" help:"One JSON object a line."`
}

// auditPage is how many rows are read at a time.
const auditPage = 500

// Run prints the runs, the latest first.
func (c auditCmd) Run(ctx context.Context, std streams) error {
	var conv topics.Conversation
	if c.Topic != "" {
		var err error
		if conv, err = topics.ParseConversation(c.Topic); err != nil {
			return usageError{fmt.Errorf("--topic: %w", err)}
		}
	}
	if c.Last < 1 {
		return usageError{fmt.Errorf("-n %d: want 1 or more", c.Last)}
	}
	db, err := c.open(ctx, std)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	return c.show(ctx, std.out, db, conv)
}

func (c auditCmd) show(ctx context.Context, out io.Writer, db auditStore, conv topics.Conversation) error {
	trails, err := c.trails(ctx, db, conv)
	if err != nil {
		return fmt.Errorf("read the audit trail: %w", err)
	}
	table := newAuditTable(out, c.JSON)
	for range c.Last {
		run, ok, err := latest(ctx, trails)
		if err != nil {
			return fmt.Errorf("read the audit trail: %w", err)
		}
		if !ok {
			break
		}
		if err := table.add(run); err != nil {
			return err
		}
	}
	return table.close(c.Topic != "")
}

// trails are what is shown: everything, or one topic. Its group may be named by an id that it
// had before, and what was done under those belongs to it.
func (c auditCmd) trails(ctx context.Context, db auditStore, conv topics.Conversation) ([]*trail, error) {
	size := min(c.Last, auditPage)
	if c.Topic == "" {
		return []*trail{{db: db, size: size}}, nil
	}
	moves, err := db.Migrations(ctx)
	if err != nil {
		return nil, err
	}
	conv.ChatID = transcript.Present(moves, conv.ChatID)
	list := []*trail{{db: db, conv: conv, size: size}}
	for _, chatID := range transcript.Former(moves, conv.ChatID) {
		conv.ChatID = chatID
		list = append(list, &trail{db: db, conv: conv, size: size})
	}
	return list, nil
}

// auditStore is what the audit trail is read from.
type auditStore interface {
	Runs(ctx context.Context, conv topics.Conversation, before int64, limit int) ([]topics.Run, error)
	Migrations(ctx context.Context) ([]topics.Migrated, error)
}

// trail reads the runs of one conversation, or all, the latest first, page by page.
type trail struct {
	db     auditStore
	conv   topics.Conversation
	size   int
	page   []topics.Run
	before int64
	ended  bool
}

// next is the latest run that was not taken yet; ok is false where there is none.
func (t *trail) next(ctx context.Context) (run topics.Run, ok bool, err error) {
	if len(t.page) == 0 && !t.ended {
		if t.page, err = t.db.Runs(ctx, t.conv, t.before, t.size); err != nil {
			return run, false, err
		}
		t.ended = len(t.page) < t.size
	}
	if len(t.page) == 0 {
		return run, false, nil
	}
	return t.page[0], true, nil
}

// latest takes the latest run of all trails: ids rise with time.
func latest(ctx context.Context, trails []*trail) (run topics.Run, ok bool, err error) {
	var from *trail
	for _, t := range trails {
		next, more, err := t.next(ctx)
		if err != nil {
			return run, false, err
		}
		if more && (from == nil || next.ID > run.ID) {
			from, run = t, next
		}
	}
	if from == nil {
		return run, false, nil
	}
	from.page, from.before = from.page[1:], run.ID
	return run, true, nil
}

// auditTable prints runs as a table or as JSON.
type auditTable struct {
	out  *tabwriter.Writer
	json *json.Encoder // nil for a table
	rows int
}

func newAuditTable(out io.Writer, asJSON bool) *auditTable {
	t := &auditTable{out: tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)}
	if asJSON {
		t.json = json.NewEncoder(out)
	}
	return t
}

type auditJSON struct {
	ID         int64             `json:"id"`
	At         time.Time         `json:"at"`
	Operator   string            `json:"operator"`
	OperatorID int64             `json:"operator_id"`
	Topic      string            `json:"topic"`
	Command    string            `json:"command"`
	Args       map[string]string `json:"args,omitempty"`
	State      string            `json:"state"`
	Result     string            `json:"result,omitempty"`
	Attempts   int               `json:"attempts"`
	EndedAt    time.Time         `json:"ended_at,omitzero"`
	DecidedBy  string            `json:"decided_by,omitempty"`
}

func (t *auditTable) add(r topics.Run) error {
	t.rows++
	if t.json != nil {
		return t.json.Encode(auditJSON{
			ID: r.ID, At: r.AskedAt.UTC(), Operator: r.By.Name, OperatorID: r.By.ID, Topic: r.Lane(),
			Command: r.Command, Args: r.Args, State: string(r.State), Result: r.Result, Attempts: r.Attempts,
			EndedAt: r.EndedAt.UTC(), DecidedBy: r.Decided.Name,
		})
	}
	if t.rows == 1 {
		fmt.Fprintln(t.out, "ID\tWHEN\tWHO\tTOPIC\tCOMMAND\tSTATE\tRESULT")
	}
	_, err := fmt.Fprintf(t.out, "%d\t%s\t%s (%d)\t%s\t%s\t%s\t%s\n", r.ID, r.AskedAt.UTC().Format(time.RFC3339),
		oneLine(r.By.Name), r.By.ID, r.Lane(), typed(r), r.State, dash(r.Result))
	return err
}

// typed is the command with its arguments.
func typed(r topics.Run) string {
	words := []string{"/" + r.Command}
	for _, name := range slices.Sorted(maps.Keys(r.Args)) {
		words = append(words, name+"="+oneLine(r.Args[name]))
	}
	return strings.Join(words, " ")
}

func (t *auditTable) close(oneTopic bool) error {
	if t.rows == 0 && t.json == nil {
		where := ""
		if oneTopic {
			where = " in this topic"
		}
		fmt.Fprintln(t.out, "nothing was changed"+where+" yet")
	}
	return t.out.Flush()
}
