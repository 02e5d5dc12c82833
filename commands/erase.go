package commands

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"topicpilot/topics"
)

// TaskErase is the kind of task that erases in an outside system what could not be
// reached at first.
const TaskErase = "erase"

// eraseTime bounds how long an outside system is waited for before its part is left to
// a task: what we store ourselves goes after it, and has to be gone within 10 seconds.
const eraseTime = 5 * time.Second

// Pages erases what we have written into an outside system. May be called concurrently.
type Pages interface {
	// ArchivePage puts a page into the trash; one that is gone already is no error.
	ArchivePage(ctx context.Context, id string) error
	// DeleteBlock removes a block; one that is gone already is no error.
	DeleteBlock(ctx context.Context, id string) error
}

// Erasing erases customers everywhere: in outside systems, and in the store. What an
// outside system does not take now is owed to it by a task. It may be used concurrently.
type Erasing struct {
	Store topics.Eraser
	// Lookup asks first whose the topics are that nobody has asked about; nil for not.
	Lookup *TopicLookup
	// Systems are the outside systems by integration id.
	Systems map[string]Pages
	Log     *slog.Logger
}

// eraseTask is the Data of a TaskErase: one page, or one block.
type eraseTask struct {
	System string `json:"system"`
	Page   string `json:"page,omitempty"`
	Block  string `json:"block,omitempty"`
	// on is the page that the block stands on, or the page itself.
	on string
}

func (t eraseTask) task() topics.Task {
	data, err := json.Marshal(t)
	if err != nil {
		panic(fmt.Sprintf("task of an erasure does not encode: %T", err)) // plain data always does
	}
	// Not one of the customer's lanes: it has to outlive the customer. A page that cannot be
	// erased holds up no other.
	return topics.Task{Kind: TaskErase, Lane: "erase/" + t.System + "/" + t.on, Data: data}
}

// Erase erases one customer. It may be repeated after any error, and for a customer who
// is not known: then all counts are zero.
func (e *Erasing) Erase(ctx context.Context, customerID int64) (topics.Receipt, error) {
	var unresolved int64
	if e.Lookup != nil {
		var err error
		if unresolved, err = e.Lookup.all(ctx); err != nil {
			return topics.Receipt{}, err
		}
	}
	traces, err := e.settled(ctx, customerID)
	if err != nil {
		return topics.Receipt{}, err
	}
	var outside topics.Receipt
	var owed []topics.NewItem
	bounded, cancel := context.WithTimeout(ctx, eraseTime)
	defer cancel()
	for _, part := range e.outside(traces) {
		if err := e.erase(bounded, part); err != nil {
			e.Log.Warn("erased later", "system", part.System, "error", err)
			owed = append(owed, part.task().Item())
			outside.Pending++
			continue
		}
		if part.Page != "" {
			outside.Pages++
		} else {
			outside.Blocks++
		}
	}
	receipt, err := e.Store.Forget(ctx, customerID, owed)
	if err != nil {
		return receipt, fmt.Errorf("erase the customer: %w", err)
	}
	receipt.Pages, receipt.Blocks, receipt.Pending = outside.Pages, outside.Blocks, outside.Pending
	receipt.Unresolved = unresolved
	return receipt, nil
}

// outside lists what has to go from outside systems: pages that we made, and our blocks
// in pages made by hand.
func (e *Erasing) outside(traces topics.Traces) []eraseTask {
	var parts []eraseTask
	for _, page := range traces.Pages {
		if page.Ours {
			parts = append(parts, eraseTask{System: page.System, Page: page.ID, on: page.ID})
			continue
		}
		for _, block := range traces.Blocks[page.ID] {
			parts = append(parts, eraseTask{System: page.System, Block: block, on: page.ID})
		}
	}
	return parts
}

var errNoSystem = errors.New("the integration is not in the settings any more; put it back, or erase there by hand")

func (e *Erasing) erase(ctx context.Context, t eraseTask) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	system, ok := e.Systems[t.System]
	if !ok {
		return errNoSystem
	}
	if t.Page != "" {
		return system.ArchivePage(ctx, t.Page)
	}
	return system.DeleteBlock(ctx, t.Block)
}

// RunTask erases what was owed.
func (e *Erasing) RunTask(ctx context.Context, task topics.Task) (topics.TaskResult, error) {
	var t eraseTask
	if err := json.Unmarshal(task.Data, &t); err != nil {
		return topics.TaskResult{}, &topics.Hopeless{Err: errors.New("task of an erasure cannot be read")}
	}
	return topics.TaskResult{}, e.erase(ctx, t)
}
