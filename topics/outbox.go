package topics

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// Sender posts to Telegram within the group's budget. It puts the comment mark
// before everything.
//
// Errors: *TopicLost, *Migrated, *Wait (flood limit), *UnknownOutcome, *Hopeless;
// any other is worth another try. On an error Delivered holds the parts that did go
// out.
type Sender interface {
	// Send waits for the budget.
	Send(ctx context.Context, out Outgoing) (Delivered, error)
	// TrySend sends only if the budget is free at once, and reports whether it tried.
	TrySend(ctx context.Context, out Outgoing) (Delivered, bool, error)
}

// PendingReader tells whether a lane holds unfinished items, whoever stored them.
type PendingReader interface {
	HasPending(ctx context.Context, queue, lane string) (bool, error)
}

// OutboxOptions are what Outbox needs.
type OutboxOptions struct {
	Sender Sender
	Groups *Groups
	Book   *Book
	// Learn is InboxOptions.Learn.
	Learn func(ctx context.Context) error
	// Shared is set where other processes may owe something to the same conversation.
	Shared PendingReader
	// Wanted reports whether a draft is still to be shown. It is asked before a message of
	// PriorityDraft posts one, which is dropped otherwise. Optional.
	Wanted func(ctx context.Context, draftID int64) (bool, error)
	// Lost is told of a topic that was lost. Optional.
	Lost func(conv Conversation)
	// Unknown is told of a send whose outcome is unknown. Optional.
	Unknown func()
	Log     *slog.Logger
	Now     func() time.Time
}

// Outbox sends what we owe Telegram: at once where the conversation's lane is empty
// and the budget free, from QueueOutbox otherwise. It is that queue's Handler.
type Outbox struct {
	OutboxOptions
	idle func(queue, lane string) bool
}

var _ Handler = (*Outbox)(nil)

// NewOutbox makes the outbox. Attach must be called before anything is sent.
func NewOutbox(opts OutboxOptions) *Outbox { return &Outbox{OutboxOptions: opts} }

// Attach tells the outbox about the lanes that call it.
func (o *Outbox) Attach(lanes *Lanes) { o.idle = lanes.Idle }

// Send sends messages of one conversation and adds to outcome what became of them:
// the posted messages, or the items that owe them. A crash before the outcome is
// written leads to sending again: comments are at least once.
func (o *Outbox) Send(ctx context.Context, outcome *Outcome, messages []Outgoing) {
	direct := true
	for _, out := range messages {
		direct = direct && o.laneFree(ctx, out)
		if direct {
			direct = o.sendNow(ctx, outcome, &out)
			if direct {
				continue
			}
		}
		o.owe(outcome, out, "")
	}
}

func (o *Outbox) laneFree(ctx context.Context, out Outgoing) bool {
	if !o.idle(QueueOutbox, out.OutboxLane()) {
		return false
	}
	if o.Shared == nil {
		return true
	}
	pending, err := o.Shared.HasPending(ctx, QueueOutbox, out.OutboxLane())
	return err == nil && !pending
}

// sendNow reports whether the message is through with: posted, of a topic that is lost,
// not wanted any more, or parked as hopeless. Otherwise out holds what is left to do.
func (o *Outbox) sendNow(ctx context.Context, outcome *Outcome, out *Outgoing) bool {
	if wanted, err := o.wanted(ctx, *out); err != nil || !wanted {
		return err == nil
	}
	delivered, tried, err := o.Sender.TrySend(ctx, *out)
	if !tried {
		return false
	}
	left := o.settle(outcome, out, delivered, err)
	if left == nil {
		return true
	}
	if _, hopeless := errors.AsType[*Hopeless](left); hopeless {
		o.Log.Error("message parked", "chat_id", out.ChatID, "thread_id", out.ThreadID, "reason", left)
		o.owe(outcome, *out, left.Error())
		return true
	}
	o.Log.Info("not sent at once, kept for later", "chat_id", out.ChatID, "thread_id", out.ThreadID, "error", left)
	return false
}

// wanted reports whether the message is still to be sent. What has been posted in part is.
func (o *Outbox) wanted(ctx context.Context, out Outgoing) (bool, error) {
	shows := out.Priority == PriorityDraft && out.DraftID != 0 && out.EditID == 0 && out.Sent() == 0
	if o.Wanted == nil || !shows {
		return true, nil
	}
	wanted, err := o.Wanted(ctx, out.DraftID)
	if err != nil {
		return false, fmt.Errorf("ask whether the draft is wanted: %w", err)
	}
	return wanted, nil
}

// owe keeps the message for its lane; parked, if set, is why it is given up at once.
func (o *Outbox) owe(outcome *Outcome, out Outgoing, parked string) {
	payload, err := json.Marshal(out)
	if err != nil {
		panic(fmt.Sprintf("outgoing message does not encode: %T", err)) // plain data always does
	}
	outcome.Enqueue = append(outcome.Enqueue, NewItem{
		Queue: QueueOutbox, Lane: out.OutboxLane(), Payload: payload, Parked: parked,
	})
}

// settle adds to outcome what a try to send led to and returns the error that calls
// for another try; out is then what is still to be sent.
func (o *Outbox) settle(outcome *Outcome, out *Outgoing, delivered Delivered, err error) error {
	for _, at := range delivered.Sends {
		outcome.Sends = append(outcome.Sends, Sent{ChatID: out.ChatID, At: at})
	}
	out.Posted = append(out.Posted, delivered.Messages...)
	var lost *TopicLost
	var migrated *Migrated
	var unknown *UnknownOutcome
	switch {
	case err == nil:
	case errors.As(err, &lost):
		outcome.Topics = append(outcome.Topics, o.Book.Lost(out.Conversation, o.Now()))
		o.Log.Warn("topic is lost; nothing of it goes elsewhere", "chat_id", out.ChatID, "thread_id", out.ThreadID)
		if o.Lost != nil {
			o.Lost(out.Conversation)
		}
	case errors.As(err, &migrated):
		move := Migrated{From: out.ChatID, To: migrated.To}
		if o.Groups.Follow(move, o.Log) {
			outcome.Migrations = append(outcome.Migrations, move)
		}
		out.ChatID = migrated.To
		return err
	default:
		if errors.As(err, &unknown) && o.Unknown != nil {
			o.Unknown()
		}
		return err
	}
	if out.General() {
		return nil // General is no customer's talk and has no transcript
	}
	if out.DraftID != 0 {
		posted := DraftPosted{DraftID: out.DraftID}
		for _, part := range out.Posted {
			posted.MessageIDs = append(posted.MessageIDs, part.ID)
		}
		outcome.Drafts = append(outcome.Drafts, posted)
	}
	if out.EditID != 0 {
		outcome.Edits = append(outcome.Edits, out.Posted...)
	} else {
		outcome.Messages = append(outcome.Messages, out.Posted...)
	}
	return nil
}

// Handle sends one owed message.
func (o *Outbox) Handle(ctx context.Context, item Item, following []Item) (Result, error) {
	out, err := decodeOutgoing(item)
	if err != nil {
		return Result{}, err
	}
	if _, ok := o.Groups.Find(out.ChatID); !ok && o.Learn != nil {
		if err := o.Learn(ctx); err != nil {
			return Result{}, fmt.Errorf("look for migrated groups: %w", err)
		}
	}
	var result Result
	if replacedBy(out, following) {
		return result, nil
	}
	if wanted, err := o.wanted(ctx, out); err != nil || !wanted {
		return result, err
	}
	result.Covers = merge(&out, following)
	delivered, err := o.Sender.Send(ctx, out)
	left := o.settle(&result.Outcome, &out, delivered, err)
	if _, moved := errors.AsType[*Migrated](left); moved {
		// The same message to the new chat, in its own lane.
		o.owe(&result.Outcome, out, "")
		return result, nil
	}
	if left != nil && out.Sent() > 0 {
		payload, _ := json.Marshal(out)
		return result, &Amend{Err: left, Payload: payload}
	}
	return result, left
}

// Supersedes tells that a newer draft makes the unsent one needless.
func (o *Outbox) Supersedes(newer, inHand Item) bool {
	a, errA := decodeOutgoing(newer)
	b, errB := decodeOutgoing(inHand)
	return errA == nil && errB == nil && b.Replaces != "" && a.Replaces == b.Replaces && b.Sent() == 0
}

func decodeOutgoing(item Item) (Outgoing, error) {
	var out Outgoing
	if err := json.Unmarshal(item.Payload, &out); err != nil {
		return out, &Hopeless{Err: fmt.Errorf("outgoing message of item %d cannot be read", item.ID)}
	}
	return out, nil
}

func replacedBy(out Outgoing, following []Item) bool {
	if out.Replaces == "" || out.Sent() > 0 {
		return false
	}
	for _, item := range following {
		if later, err := decodeOutgoing(item); err == nil && later.Replaces == out.Replaces {
			return true
		}
	}
	return false
}

// mergedLength keeps merged notices well below one message of Telegram's.
const mergedLength = 3500

// merge puts the notices that wait behind a notice into the same message: one of the
// group's twenty a minute instead of several. It returns how many it took.
func merge(out *Outgoing, following []Item) int {
	if !mergeable(*out) {
		return 0
	}
	for i, item := range following {
		next, err := decodeOutgoing(item)
		if err != nil || !mergeable(next) ||
			UTF16Len(out.Text.Text)+UTF16Len(next.Text.Text) > mergedLength {
			return i
		}
		out.Text.Add("\n\n").Append(next.Text)
	}
	return len(following)
}

func mergeable(out Outgoing) bool {
	return out.Priority == PriorityNotice && out.EditID == 0 && len(out.Buttons) == 0 &&
		out.Replaces == "" && out.Sent() == 0
}
