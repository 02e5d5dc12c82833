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
	// ArchiveAsked archives the customer's cards that were made since one was asked for at
	// a time, and tells how many there were; 0 may mean that it is not to be seen yet.
	ArchiveAsked(ctx context.Context, customerID int64, asked time.Time) (int, error)
	// ClearCard empties what we have written into a card made by hand; one that is gone or
	// another customer's by now is no error.
	ClearCard(ctx context.Context, id string, customerID int64) error
	// DeleteUnsettled removes the blocks of an addition to the page whose answer is not
	// known, by the export's note; settled tells that nothing can come any more.
	DeleteUnsettled(ctx context.Context, id string, note []byte) (deleted int, settled bool, err error)
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
	run := &outsideRun{Erasing: e, customer: customerID, done: map[string]bool{}}
	receipt, err := e.Store.Forget(ctx, customerID, run.erase)
	if err != nil {
		return receipt, fmt.Errorf("erase the customer: %w", err)
	}
	receipt.Pages, receipt.Blocks, receipt.Pending = run.pages, run.blocks, run.pending
	receipt.Unresolved = unresolved
	return receipt, nil
}

// outsideRun is what one erasure does in outside systems.
type outsideRun struct {
	*Erasing
	customer int64
	// until is when outside systems are not waited for any more.
	until time.Time
	// done are the parts that are erased, by what they are.
	done                   map[string]bool
	pages, blocks, pending int64
}

// erase is a topics.Outside.
func (r *outsideRun) erase(ctx context.Context, traces topics.Traces) []topics.NewItem {
	if r.until.IsZero() {
		r.until = time.Now().Add(eraseTime)
	}
	bounded, cancel := context.WithDeadline(ctx, r.until)
	defer cancel()
	var owed []topics.NewItem
	told := map[string]bool{}
	r.pending = 0
	for _, part := range eraseParts(r.customer, traces) {
		name := part.name()
		if r.done[name] {
			continue
		}
		n, settled, err := r.attempt(bounded, part)
		r.count(part, n, err)
		if err == nil && settled {
			r.done[name] = true
			continue
		}
		if err != nil {
			if !told[part.System] { // the others fail alike
				r.Log.Warn("erased later", "system", part.System, "error", err)
			}
			told[part.System] = true
		} else {
			part.NotBefore = time.Now().Add(lookPauses[0])
		}
		owed = append(owed, part.task().Item())
		r.pending++
	}
	return owed
}

var errNoSystem = errors.New("the integration is not in the settings any more; put it back, or erase there by hand")

func (r *outsideRun) count(part eraseTask, n int64, err error) {
	switch part.what() {
	case eraseAsked:
		r.pages += n
	case eraseNoted:
		r.blocks += n
	case eraseBlock:
		if err == nil {
			r.blocks += n
		}
	case erasePage:
		if err == nil {
			r.pages += n
		}
	}
}

// attempt erases one part once, and tells how much that was. settled is false where there
// may still come something that has to go.
func (e *Erasing) attempt(ctx context.Context, t eraseTask) (n int64, settled bool, err error) {
	if err := ctx.Err(); err != nil {
		return 0, false, err
	}
	system, ok := e.Systems[t.System]
	if !ok {
		return 0, false, errNoSystem
	}
	switch t.what() {
	case eraseAsked:
		found, err := system.ArchiveAsked(ctx, t.Customer, t.Asked)
		return int64(found), found > 0 || time.Since(t.Asked) > seenWithin, err
	case eraseNoted:
		found, settled, err := system.DeleteUnsettled(ctx, t.On, t.Note)
		return int64(found), settled, err
	case eraseCard:
		return 0, true, system.ClearCard(ctx, t.On, t.Customer)
	case eraseBlock:
		return 1, true, system.DeleteBlock(ctx, t.Block)
	default:
		return 1, true, system.ArchivePage(ctx, t.Page)
	}
}

// RunTask erases what was owed. For what is not to be seen yet it looks several times.
func (e *Erasing) RunTask(ctx context.Context, task topics.Task) (topics.TaskResult, error) {
	var t eraseTask
	if err := json.Unmarshal(task.Data, &t); err != nil {
		return topics.TaskResult{}, &topics.Hopeless{Err: errors.New("task of an erasure cannot be read")}
	}
	_, settled, err := e.attempt(ctx, t)
	if err != nil || settled {
		return topics.TaskResult{}, err
	}
	if t.Looks++; t.Looks >= len(lookPauses) {
		return topics.TaskResult{}, nil // it was never made
	}
	t.NotBefore = time.Now().Add(lookPauses[t.Looks])
	next := t.task()
	next.Lane = task.Lane
	return topics.TaskResult{Tasks: []topics.Task{next}}, nil
}
