package topics

import (
	"context"
	"time"
)

// The queues. Each is a set of lanes; what waits in a lane is handled strictly in
// order, lanes side by side.
const (
	// QueueInbox holds raw updates of Telegram, a lane for each conversation. It is
	// the journal: a row is here before Telegram hears 200 or the offset moves.
	QueueInbox = "inbox"
	// QueueOutbox holds Outgoing messages that could not be sent at once, a lane for
	// each conversation.
	QueueOutbox = "outbox"
)

// NewItem is something to be handled, not yet stored.
type NewItem struct {
	Queue string
	Lane  string
	// Key makes the item unique in its queue for seven days, "" for no check.
	Key     string
	Payload []byte
	// NotBefore delays the item, and with it its lane; zero for at once.
	NotBefore time.Time
	// Parked, if set, is why the item is given up before any try: it is listed with the
	// parked ones, and holds nothing up. A technical sentence, as Parked.Reason.
	Parked string
}

// Item is a stored item.
type Item struct {
	ID    int64
	Queue string
	Lane  string
	// Seq counts the items of a lane without regard to who stored them, where several
	// processes may store into one lane; a gap tells that another process has. It is 0
	// where only one process writes.
	Seq       int64
	Key       string
	Payload   []byte
	Attempts  int
	AddedAt   time.Time
	NotBefore time.Time
	// FailedSince is when the first try failed, zero if none has.
	FailedSince time.Time
}

// Lease is the right to handle a lane. Epoch is its fence: a lease that was taken
// over since is refused with ErrLeaseLost.
type Lease struct {
	Queue string
	Lane  string
	Epoch int64
}

// Committed is an item that has just become durable.
type Committed struct {
	Item Item
	// Lease is set when this process holds the lane; another process does otherwise,
	// and has been woken.
	Lease Lease
	// Held is false when another process holds the lane.
	Held bool
	// Fresh tells that the lease was taken by this very write.
	Fresh bool
	// Sole tells that the lane certainly held nothing unfinished before this item;
	// otherwise it may hold earlier ones.
	Sole bool
	// Gone tells, instead of an item, that what waited in the lane Item.Lane was erased,
	// in all queues, and with it what waited in the lanes whose names begin with this one
	// and a space. What memory holds of them is not to be handled any more.
	Gone bool
}

// Outcome is all that handling an item leads to. It is written in the same
// transaction that marks the item done: all of it or nothing.
type Outcome struct {
	// Messages are new messages of the transcript. One that is there already is left
	// as it is.
	Messages []Message
	// Edits are new texts of messages; the former text becomes a version. An edit
	// that changes nothing makes none; one of a message never seen becomes the message.
	Edits []Message
	// Topics are changes of topics.
	Topics []TopicChange
	// Migrations are groups that have become other chats.
	Migrations []Migrated
	// Enqueue are items for other lanes.
	Enqueue []NewItem
	// Drafts tell which messages show drafts.
	Drafts []DraftPosted
	// Sends are what has gone into groups meanwhile, or may have: what the next start
	// has to count against their budgets.
	Sends []Sent
}

// Sent is one message or edit of ours that Telegram may have counted.
type Sent struct {
	ChatID int64
	// At is when its answer came, or was given up, by our clock.
	At time.Time
}

// Empty reports whether there is nothing to write.
func (o *Outcome) Empty() bool {
	return len(o.Messages)+len(o.Edits)+len(o.Topics)+len(o.Migrations)+len(o.Enqueue)+len(o.Drafts)+len(o.Sends) == 0
}

// TopicStatus is whether a topic can be written to.
type TopicStatus string

// The statuses of a topic.
const (
	TopicStatusOpen   TopicStatus = "open"
	TopicStatusClosed TopicStatus = "closed"
	TopicStatusLost   TopicStatus = "lost"
)

// Topic is what is known of a forum topic.
type Topic struct {
	Conversation
	Title     string
	Status    TopicStatus
	FirstSeen time.Time
	ChangedAt time.Time
}

// TopicChange changes what is known of a topic; empty fields keep what is there.
type TopicChange struct {
	Conversation
	Title  string
	Status TopicStatus
	At     time.Time
}

// Parked is an item that was given up.
type Parked struct {
	Item
	// Reason is a technical sentence without customers' text and secrets.
	Reason   string
	ParkedAt time.Time
}

// LaneStore keeps items durably. All methods may be called concurrently; writes of
// concurrent callers are committed together. Every method returns after the commit.
type LaneStore interface {
	// Append stores items in the given order, those with a known Key excepted, and
	// reports how many were new. What was stored is told to the listener, in the order
	// of the commit, before Append returns.
	Append(ctx context.Context, items []NewItem) (added int, err error)
	// Listen sets the listener; called once, before anything else. The listener runs
	// on the writer and must not block.
	Listen(func([]Committed))
	// Wakeups tells of lanes that another process has changed: stored into, replayed.
	// An empty lane means "look for yourself". The channel is never closed.
	Wakeups() <-chan Lease
	// Claim takes up to limit lanes that hold unfinished items and have no living
	// holder, those that wait longest first.
	Claim(ctx context.Context, queue string, limit int) ([]Lease, error)
	// Pending reads up to limit unfinished items of a held lane, in order.
	Pending(ctx context.Context, lease Lease, limit int) ([]Item, error)
	// Finish marks an item done and writes its outcome, all in one transaction.
	Finish(ctx context.Context, lease Lease, item Item, outcome Outcome) error
	// FinishLast is Finish of what seems to be the lane's last item: in the same
	// transaction it gives the lane back if nothing unfinished is left in it, and reports
	// whether it did.
	FinishLast(ctx context.Context, lease Lease, item Item, outcome Outcome) (released bool, err error)
	// Retry keeps an item at the head of its lane until next and counts the try.
	// payload, if not nil, replaces the item's.
	Retry(ctx context.Context, lease Lease, item Item, retry Retry) error
	// Park gives an item up: it is listed, the lane goes on.
	Park(ctx context.Context, lease Lease, item Item, reason string) error
	// Release gives a lane back if it holds nothing unfinished, and reports whether
	// it did.
	Release(ctx context.Context, lease Lease) (bool, error)
}

// Retry says when an item is tried again, and why.
type Retry struct {
	Next time.Time
	// Reason is a technical sentence without customers' text and secrets.
	Reason string
	// Uncounted leaves Attempts and FailedSince as they are: a pause, not a failure.
	Uncounted bool
	// Payload, if not nil, replaces the item's payload.
	Payload []byte
	// Sends are as in Outcome.
	Sends []Sent
}

// ParkedStore is the view of those who look after what was given up.
type ParkedStore interface {
	// ListParked lists up to limit parked items with an id above after, oldest first.
	ListParked(ctx context.Context, after int64, limit int) ([]Parked, error)
	// GetParked returns ErrNotFound for an id that is not parked.
	GetParked(ctx context.Context, id int64) (Parked, error)
	// Replay puts a parked item back at its place in its lane; ErrNotFound as above.
	Replay(ctx context.Context, id int64) error
	// Drop forgets a parked item for ever; ErrNotFound as above.
	Drop(ctx context.Context, id int64) error
}

// Transcript reads what was said.
type Transcript interface {
	// Messages reads up to limit messages of a conversation with an id above after,
	// in the order of their ids.
	Messages(ctx context.Context, conv Conversation, after int64, limit int) ([]Message, error)
	// Versions reads the former texts of a message, oldest first.
	Versions(ctx context.Context, conv Conversation, messageID int64) ([]Version, error)
	// Topic returns ErrNotFound for a topic never seen.
	Topic(ctx context.Context, conv Conversation) (Topic, error)
	// Topics lists up to limit topics of a chat with a thread id above after.
	Topics(ctx context.Context, chatID, after int64, limit int) ([]Topic, error)
}
