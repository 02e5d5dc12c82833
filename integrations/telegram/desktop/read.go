package desktop

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"topicpilot/topics"
)

// DefaultMaxText is how many bytes of a single text are kept.
const DefaultMaxText = 1 << 20

// Options say what is read of a file, and by which rules.
type Options struct {
	// Group finds the settings of a chat by its id in the Bot API.
	Group func(chatID int64) (*topics.Group, bool)
	// GroupID is the group to read, 0 for the file's only one. A whole account's export
	// needs it.
	GroupID int64
	// SelfID is our bot's user id, 0 if it is not known.
	SelfID int64
	// Known lists the thread ids of a chat's topics that are known already: the file may not
	// tell their creation. It is called once, nil for none.
	Known func(ctx context.Context, chatID int64) ([]int64, error)
	// Zone is that of the machine that made the export; only old exports have dates without
	// one. UTC if nil.
	Zone *time.Location
	// MaxText is how many bytes of a single text are kept; DefaultMaxText if 0.
	MaxText int
	// Now is the clock; time.Now when nil.
	Now func() time.Time
}

// FormatError says where a file cannot be read further. What stands before that place
// has been imported.
type FormatError struct {
	// Offset counts bytes from the beginning of the file.
	Offset int64
	// MessageID is the message being read, or, with After, the last one that was whole; 0 for
	// none.
	MessageID int64
	After     bool
	Err       error
}

func (e *FormatError) Error() string {
	where := ""
	switch {
	case e.MessageID != 0 && e.After:
		where = fmt.Sprintf(" (after message %d)", e.MessageID)
	case e.MessageID != 0:
		where = fmt.Sprintf(" (in message %d)", e.MessageID)
	}
	return fmt.Sprintf("byte %d%s: %v", e.Offset, where, e.Err)
}

// Unwrap gives the cause.
func (e *FormatError) Unwrap() error { return e.Err }

// ChatError says that the file does not hold the group that is asked for, or no group at
// all. Nothing has been imported.
type ChatError struct {
	Reason string
	// NeedsGroup tells that the file is a whole account's and Options.GroupID is missing.
	NeedsGroup bool
	// Groups are the supergroups that a whole account's export holds, 100 at most.
	Groups []Chat
}

func (e *ChatError) Error() string { return e.Reason }

// Chat is a chat of the file.
type Chat struct {
	// ID is the chat's id in the Bot API.
	ID   int64
	Name string
}

// Report tells what became of a file.
type Report struct {
	Chat Chat
	// Imported counts the messages of topics.
	Imported topics.Imported
	// General are messages of General and Telegram's lines about the group, which no
	// transcript has.
	General int64
	// Topics are those that messages were found of.
	Topics int64
	// LeftOut are messages whose place or time the file does not tell.
	LeftOut int64
	// NotUnderstood is sorted by kind.
	NotUnderstood []Oddity
}

// Oddity counts something that was not understood.
type Oddity struct {
	// Kind is a short technical name without anybody's text.
	Kind  string
	Count int64
	// LeftOut tells that such a message was not imported; else it was, without this.
	LeftOut bool
	// Examples are the ids of the first messages.
	Examples []int64
}

// Read reads result.json from r and gives the group's messages to sink in batches of at most
// 1000 messages and a few megabytes. Besides, eight bytes are kept of each message of the file.
// With a *FormatError what stands before the place is imported and reported; with a *ChatError
// nothing is. Other errors are those of r, sink and ctx.
func Read(ctx context.Context, r io.Reader, opts Options, sink topics.Importer) (Report, error) {
	if opts.MaxText == 0 {
		opts.MaxText = DefaultMaxText
	}
	if opts.Zone == nil {
		opts.Zone = time.UTC
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	reading := &reading{Options: opts, ctx: ctx, in: newScanner(r, ctx.Err), sink: sink}
	err := reading.file()
	if !reading.refused {
		err = cmp.Or(reading.flush(), err)
	}
	reading.report.NotUnderstood = reading.oddities()
	return reading.report, err
}

// reading is a file being read.
type reading struct {
	Options
	ctx    context.Context //nolint:containedctx // lives as long as the call of Read
	in     *scanner
	sink   topics.Importer
	report Report

	group *topics.Group
	// found are the supergroups of an account's export.
	found []Chat
	chats bool
	table table
	known map[int64]bool

	batch   []topics.Message
	changes []topics.TopicChange
	weight  int
	// refused is set when the sink would not take a batch.
	refused bool

	// message is the one being read, or, with whole, the last one.
	message int64
	whole   bool
	odd     map[string]*Oddity
}

// file reads all of it.
func (r *reading) file() error {
	err := r.root()
	if err == nil {
		err = r.in.finish()
	}
	if err == nil {
		return r.missed()
	}
	if isFormat(err) {
		return &FormatError{Offset: r.in.offset(), MessageID: r.message, After: r.whole, Err: err}
	}
	return err
}

func isFormat(err error) bool {
	return slices.ContainsFunc([]error{errCut, errNoJSON, errNotUTF8, errTooDeep, errTrailing},
		func(known error) bool { return errors.Is(err, known) })
}
