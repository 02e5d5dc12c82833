package topics

import (
	"context"
	"time"
)

// DraftState is how far a draft has come.
type DraftState string

// The states of a draft.
const (
	// DraftOpen waits for an operator.
	DraftOpen DraftState = "open"
	// DraftQueued is to be sent to the customer; nothing has left yet.
	DraftQueued DraftState = "queued"
	// DraftSending has left: from here on it may have reached the customer.
	DraftSending DraftState = "sending"
	// DraftSent has reached the customer.
	DraftSent DraftState = "sent"
	// DraftUnknown left, and nobody knows whether it arrived. It is not sent again.
	DraftUnknown DraftState = "unknown"
	// DraftDismissed was put away by an operator.
	DraftDismissed DraftState = "dismissed"
	// DraftTyped: an operator has written nearly the same by hand.
	DraftTyped DraftState = "typed"
	// DraftIgnored: a newer draft took its place, or nobody did anything with it in time.
	DraftIgnored DraftState = "ignored"
)

// Ended reports whether nothing can be done with the draft any more.
func (s DraftState) Ended() bool {
	return s != DraftOpen && s != DraftQueued && s != DraftSending
}

// DraftSource is a part of the knowledge on which a draft stands.
type DraftSource struct {
	Chunk    string    `json:"chunk"`
	File     string    `json:"file"`
	Title    string    `json:"title"`
	Link     string    `json:"link,omitempty"`
	Date     time.Time `json:"date,omitzero"`
	Quote    string    `json:"quote"`
	Internal bool      `json:"internal,omitempty"`
}

// Draft is an answer to a customer that the advisor has written, from its making to what
// became of it.
type Draft struct {
	ID int64
	// Key is the same for the same question, however often its task is run.
	Key string
	Conversation
	// CustomerID is 0 where it was not known.
	CustomerID int64
	// QuestionID is the newest message of the customer that it answers.
	QuestionID int64
	// Text is what is sent: no mark, no sources. An operator may change it; Original is
	// the advisor's own text then, "" otherwise.
	Text     string
	Original string
	Sources  []DraftSource
	// Strange are links, addresses and the like in the text that no source has, Uncarried its
	// sentences that none carries. Dictated tells that the customer gave orders to the model.
	Strange   []string
	Uncarried []string
	Dictated  bool
	State     DraftState
	// Auto tells that it was sent without an operator (mode reply).
	Auto bool
	// MessageID is the message of ours that shows it, the last part with the buttons;
	// 0 while it is not posted. Parts is how many messages it takes.
	MessageID int64
	Parts     int
	// Decided is who has decided on it last, the zero value for nobody.
	Decided Author
	// Told is what became of the message to the customer.
	Told ToldState
	At   time.Time
	// EndedAt is zero while State is not one that has Ended.
	EndedAt time.Time
	// Version counts the changes, for ChangeDraft.
	Version int64
}

// Edited reports whether an operator has changed the text.
func (d Draft) Edited() bool { return d.Original != "" && d.Original != d.Text }

// DraftPosted tells which messages show a draft, once they are posted or edited.
type DraftPosted struct {
	DraftID int64
	// MessageIDs are the parts in their order.
	MessageIDs []int64
}

// DraftStore keeps drafts durably. Each method returns after the commit and may be
// called concurrently.
type DraftStore interface {
	// AddDraft stores a new draft, unless there is one of its Key already: that one is
	// returned then, and added is false. ErrForgotten where the customer was erased since
	// Draft.At.
	AddDraft(ctx context.Context, draft Draft) (stored Draft, added bool, err error)
	// Draft returns ErrNotFound for an id that is not stored.
	Draft(ctx context.Context, id int64) (Draft, error)
	// DraftByKey returns ErrNotFound where there is none.
	DraftByKey(ctx context.Context, key string) (Draft, error)
	// DraftShown is the draft that a message of the conversation shows, by its last part;
	// ErrNotFound where it shows none. Of several the newest.
	DraftShown(ctx context.Context, conv Conversation, messageID int64) (Draft, error)
	// ChangeDraft writes the draft if nobody has changed it since it was read (by Version),
	// and returns it as it is stored now; else ErrConflict. MessageID and Parts are not
	// written: Outcome.Drafts does that, and raises no Version.
	ChangeDraft(ctx context.Context, draft Draft) (Draft, error)
	// Drafts lists drafts of a conversation, or with ThreadID 0 of the whole chat, that were
	// made at or after since, the latest first; at most limit. A chat is found under each id
	// that its group has had.
	Drafts(ctx context.Context, conv Conversation, since time.Time, limit int) ([]Draft, error)
}
