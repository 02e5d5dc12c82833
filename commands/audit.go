package commands

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"topicpilot/topics"
)

// audit writes down who has what changed: a run from the moment it is asked for to its
// end.
type audit struct {
	runs topics.RunStore
	now  func() time.Time
}

// runKey is the same for every delivery of the typed command, and the Idempotency-Key
// of what it leads to.
func runKey(call topics.Call) string {
	return IdempotencyKey("run", call.Conversation.Lane(), strconv.FormatInt(call.MessageID, 10), call.Name)
}

// begin records a typed command; for an update that was recorded before it gives what is
// there.
func (a audit) begin(
	ctx context.Context, req Request, customerID int64, state topics.RunState,
) (topics.Run, error) {
	run, _, err := a.runs.AddRun(ctx, topics.Run{
		Key: runKey(req.Call), Command: req.Name, Conversation: req.Conversation, CustomerID: customerID,
		By: req.By, MessageID: req.MessageID, Args: req.Args, State: state, AskedAt: a.now(),
	})
	if err != nil {
		return run, &Later{Err: fmt.Errorf("record the command: %w", err)}
	}
	return run, nil
}

// end writes how a run ended. One that is gone, as its customer was erased meanwhile,
// is no error.
func (a audit) end(ctx context.Context, id int64, state topics.RunState, result string) error {
	for {
		run, err := a.runs.Run(ctx, id)
		if errors.Is(err, topics.ErrNotFound) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the run: %w", err)
		}
		run.State, run.Result, run.EndedAt = state, result, a.now()
		_, err = a.runs.ChangeRun(ctx, run)
		if err == nil || !errors.Is(err, topics.ErrConflict) {
			return err
		}
	}
}
