package topics

import (
	"context"
	"time"
)

// RunState is how far a run has come.
type RunState string

// The states of a run.
const (
	// RunAsked waits for a person to press a button.
	RunAsked RunState = "asked"
	// RunQueued is to be carried out; nothing has left yet.
	RunQueued RunState = "queued"
	// RunSent has left: from here on it may have taken effect.
	RunSent RunState = "sent"
	// RunDone took effect.
	RunDone RunState = "done"
	// RunFailed certainly had no effect.
	RunFailed RunState = "failed"
	// RunUnknown left, and nobody knows whether it took effect.
	RunUnknown RunState = "unknown"
	// RunCancelled was called off by a person, or nobody pressed a button in time.
	RunCancelled RunState = "cancelled"
)

// Run is one command that changes something, from the person who asked for it to its
// result. Runs are the audit trail; they hold neither secrets nor the bodies of
// requests and answers.
type Run struct {
	ID int64
	// Key is the Idempotency-Key of its effect: the same for the same update, however
	// often it is delivered, and for each attempt.
	Key     string
	Command string
	Conversation
	// CustomerID is 0 where no customer is concerned.
	CustomerID int64
	// By asked for it; MessageID is what they typed.
	By        Author
	MessageID int64
	// Args are the values of the arguments by name.
	Args map[string]string
	// State, and how often the request has left.
	State    RunState
	Attempts int
	// Result says in a word or two how the last attempt ended: "done", "refused 422",
	// "no answer". Never people's words.
	Result string
	// Decided is who pressed the last button, the zero value for nobody.
	Decided Author
	// AnswerID is the message of ours that carries the run's buttons, 0 for none.
	AnswerID int64
	// AskedAt, SentAt and EndedAt are zero until then.
	AskedAt time.Time
	SentAt  time.Time
	EndedAt time.Time
	// Told is what became of the message to the customer.
	Told ToldState
	// Reply is the answer that is still owed to the operator, TellText what is still to
	// be told to the customer. Both are cleared once that has happened.
	Reply    string
	TellText string
	// Version counts the changes, for ChangeRun.
	Version int64
}

// RunStore keeps runs durably. Each method returns after the commit and may be called
// concurrently.
type RunStore interface {
	// AddRun stores a new run, unless there is one of its Key already; that one is
	// returned then, and added is false.
	AddRun(ctx context.Context, run Run) (stored Run, added bool, err error)
	// Run returns ErrNotFound for an id that is not stored.
	Run(ctx context.Context, id int64) (Run, error)
	// ChangeRun writes the run if nobody has changed it since it was read (by Version),
	// and returns it as it is stored now; else ErrConflict.
	ChangeRun(ctx context.Context, run Run) (Run, error)
	// LikeRuns lists the runs of the same command with the same arguments in the same
	// conversation that were asked for at or after since, the latest first; at most 20.
	LikeRuns(ctx context.Context, run Run, since time.Time) ([]Run, error)
	// Runs lists runs with an id below before (0 for all), the latest first. conv, if not
	// zero, is the only conversation.
	Runs(ctx context.Context, conv Conversation, before int64, limit int) ([]Run, error)
}

// ToldState is what became of a message to a customer.
type ToldState string

// The states of a message to a customer.
const (
	// ToldNothing: there was nothing to tell.
	ToldNothing ToldState = ""
	// ToldPending is to be told once the run has taken effect.
	ToldPending ToldState = "pending"
	// ToldSending has left, and its answer has not come yet.
	ToldSending ToldState = "sending"
	// ToldSent has arrived.
	ToldSent ToldState = "sent"
	// ToldUnknown left, and nobody knows whether it arrived. It is not sent again.
	ToldUnknown ToldState = "unknown"
	// ToldOff: the group sends nothing to customers (customer_send: none).
	ToldOff ToldState = "off"
	// ToldNeverWrote: the customer has never written to the bot, so it may not begin.
	ToldNeverWrote ToldState = "never_wrote"
	// ToldBlocked: the customer has blocked the bot.
	ToldBlocked ToldState = "blocked"
	// ToldSlash: in the topic the text would be taken for a command or a comment.
	ToldSlash ToldState = "slash"
	// ToldFailed: it was refused, or could not be sent at all.
	ToldFailed ToldState = "failed"
)

// Told is the result of CustomerSender.Tell.
type Told struct {
	State ToldState
	// Said is the message as it stands in the topic, for the transcript; nil where it
	// went elsewhere or nowhere.
	Said *Message
	// Sends is Delivered.Sends of it.
	Sends []time.Time
	// Err is why it was not sent, for the log; without the text and without secrets. A
	// *Wait in it tells that nothing has left and that it may be told later.
	Err error
}

// CustomerSender sends text to customers: the explicit act of an operator, never
// anything else. It may be called concurrently.
type CustomerSender interface {
	// Tell sends text to the customer of the conversation in the way that the group's
	// customer_send names. It sends at most once. It waits for a few seconds at most where
	// the group's budget or a flood limit has no room: Told.Err is a *Wait then.
	Tell(ctx context.Context, group *Group, conv Conversation, customerID int64, text string) Told
}
