package topics

import (
	"context"
	"time"
)

// PageKind tells what a page of an outside system is for.
type PageKind string

// The kinds of page.
const (
	// PageCard is the customer's card.
	PageCard PageKind = "card"
	// PageTranscript is a page of its own with a topic's transcript.
	PageTranscript PageKind = "transcript"
	// PageAsked is a customer's card that was asked for, and of which no answer has come:
	// At is when that was, and it has no ID.
	PageAsked PageKind = "asked"
)

// KnownCard is what was written down of a customer's card.
type KnownCard struct {
	// ID is the page that it had last, "" for none.
	ID string
	// Asked is when a page was asked for without an answer, zero for never.
	Asked time.Time
	// Asking writes down that a page is asked for now. It is called before each time, and
	// on an error none is asked for. Nil writes nothing down.
	Asking func(ctx context.Context) error
}

// Page is what we know of a page in an outside system: the map from our ids to its.
type Page struct {
	// System is the integration's id.
	System string
	Kind   PageKind
	// CustomerID is whom the page is about.
	CustomerID int64
	// Conversation is set for PageTranscript.
	Conversation Conversation
	// ID is the outside system's, "" for PageAsked.
	ID  string
	URL string
	// Ours tells that we made the page; one made by hand is never archived by us.
	Ours bool
	At   time.Time
	// Since is when the work was asked for that keeps the page, for KeepPage; zero where
	// that is not known. It is not stored.
	Since time.Time
}

// PageStore keeps pages durably. It may be used concurrently.
type PageStore interface {
	// Page finds the page of a customer (PageCard, PageAsked) or of a conversation
	// (PageTranscript); ErrNotFound if none is known.
	Page(ctx context.Context, system string, kind PageKind, customerID int64, conv Conversation) (Page, error)
	// KeepPage stores the page in place of the former one of its kind. ErrForgotten when
	// the customer, or the topic, was erased after Since.
	KeepPage(ctx context.Context, page Page) error
	// DropPage forgets a page; no error if it is not there.
	DropPage(ctx context.Context, page Page) error
}

// Export is how far a topic's transcript has been written into a page of an outside
// system. Rows are the store's numbers of messages in the order in which they were
// stored, so that messages which are imported later are not passed over.
type Export struct {
	// System is the integration's id.
	System string
	Conversation
	PageID string
	// DoneRow and DoneVersion are the highest numbers of messages and of former texts
	// that are wholly exported.
	DoneRow     int64
	DoneVersion int64
	// ToRow and ToVersion bound the export under way, 0 for none: what is stored
	// meanwhile belongs to the next one.
	ToRow     int64
	ToVersion int64
	// AfterMessage and AfterEdit are the ids of the last message and of the last edited
	// message which the export under way has written.
	AfterMessage int64
	AfterEdit    int64
	// Pending is the outside system's own note: where it stopped, and the step that may have
	// left without an answer; nil for none. It stays between two exports.
	Pending []byte
	// Version counts the changes, for KeepExport.
	Version int64
	// Since is when the export was asked for, for KeepExport; zero where that is not
	// known. It is not stored.
	Since time.Time
}

// Extent is what a conversation holds at one moment.
type Extent struct {
	Messages int64
	// MaxRow and MaxVersion are the highest numbers of messages and of former texts.
	MaxRow     int64
	MaxVersion int64
}

// ExportStore keeps exports and gives what they need of the transcript.
type ExportStore interface {
	// Export returns the zero value, with System and Conversation set, when there was
	// none yet.
	Export(ctx context.Context, system string, conv Conversation) (Export, error)
	// KeepExport writes the export, and with it the ids of blocks that were added to the
	// page just before, in one transaction. ErrConflict when somebody else has changed it
	// since it was read (by Version), ErrForgotten when the topic was erased after Since.
	// It returns the export as it is stored now.
	KeepExport(ctx context.Context, export Export, blocks []string) (Export, error)
	// Extent counts what the conversation holds.
	Extent(ctx context.Context, conv Conversation) (Extent, error)
	// MessagesIn reads up to limit messages of a conversation with an id above
	// afterMessage and a row above fromRow and up to toRow, in the order of their ids.
	MessagesIn(ctx context.Context, conv Conversation, afterMessage, fromRow, toRow int64, limit int) ([]Message, error)
	// EditedIn reads up to limit messages with an id above afterMessage which have a
	// former text numbered above fromVersion and up to toVersion, in the order of their
	// ids, as they are now. Messages with a row above toRow are left out.
	EditedIn(
		ctx context.Context, conv Conversation, afterMessage, fromVersion, toVersion, toRow int64, limit int,
	) ([]Message, error)
	// VersionsBetween reads the former texts of the messages with ids from first to last,
	// by message id, oldest first.
	VersionsBetween(ctx context.Context, conv Conversation, first, last int64) (map[int64][]Version, error)
}
