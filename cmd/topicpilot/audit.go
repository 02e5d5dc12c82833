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
	table := newAuditTable(std.out, c.JSON)
	for left, before := c.Last, int64(0); left > 0; {
		runs, err := db.Runs(ctx, conv, before, min(left, auditPage))
		if err != nil {
			return fmt.Errorf("read the audit trail: %w", err)
		}
		for _, run := range runs {
			if err := table.add(run); err != nil {
				return err
			}
			before = run.ID
		}
		left -= len(runs)
		if len(runs) < auditPage {
			break
		}
	}
	return table.close()
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

func (t *auditTable) close() error {
	if t.rows == 0 && t.json == nil {
		fmt.Fprintln(t.out, "nothing was changed yet")
	}
	return t.out.Flush()
}
