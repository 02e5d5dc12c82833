package transcript

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"topicpilot/topics"
	"topicpilot/topics/mask"
)

// Format names what a file is written as, as people type it.
type Format string

// The formats.
const (
	HTML     Format = "html"
	Markdown Format = "md"
	JSON     Format = "json"
	JSONL    Format = "jsonl"
)

// Formats lists them in the order in which help shows them.
func Formats() []Format { return []Format{Markdown, HTML, JSON, JSONL} }

// ParseFormat reads the name of a format.
func ParseFormat(name string) (Format, error) {
	if format := Format(name); slices.Contains(Formats(), format) {
		return format, nil
	}
	return "", fmt.Errorf("format %q: want md, html, json or jsonl", name)
}

// MIME is the type of a file of the format.
func (f Format) MIME() string {
	switch f {
	case HTML:
		return "text/html"
	case Markdown:
		return "text/markdown"
	case JSON:
		return "application/json"
	case JSONL:
		return "application/x-ndjson"
	}
	return "application/octet-stream"
}

// Source is what is read of the store. It may be read while messages are added.
type Source interface {
	// Messages reads up to limit messages of a conversation with an id above after, in
	// the order of their ids.
	Messages(ctx context.Context, conv topics.Conversation, after int64, limit int) ([]topics.Message, error)
	// VersionsBetween reads the former texts of the messages with ids from first to last,
	// by message id, oldest first.
	VersionsBetween(ctx context.Context, conv topics.Conversation, first, last int64) (map[int64][]topics.Version, error)
	// Extent counts what the conversation holds.
	Extent(ctx context.Context, conv topics.Conversation) (topics.Extent, error)
}

// Head says what the file is about.
type Head struct {
	GroupID int64
	TopicID int64
	// Former are the ids that the group had before it became GroupID, oldest first. What
	// was said then stands at the beginning.
	Former []int64
	Title  string
	// Customer is nil where it is not known who stands behind the topic: then what the
	// customer wrote bears the name of the account that posted it.
	Customer   *topics.Customer
	ExportedAt time.Time
}

// conversations are where the topic's messages are stored, oldest first.
func (h Head) conversations() []topics.Conversation {
	list := make([]topics.Conversation, 0, len(h.Former)+1)
	for _, id := range h.Former {
		list = append(list, topics.Conversation{ChatID: id, ThreadID: h.TopicID})
	}
	return append(list, topics.Conversation{ChatID: h.GroupID, ThreadID: h.TopicID})
}

// sign names the customer as the author of what the mirror's account posted for them.
func (h Head) sign(m *topics.Message) {
	if h.Customer != nil && m.Author.Kind == topics.AuthorCustomer {
		m.Author = h.Customer.Author()
	}
}

// Options say what is written, and how.
type Options struct {
	Format Format
	Head   Head
	// Comments includes comments, commands and our own notices. JSONL never does.
	Comments bool
	// Mask takes phones, mails, card numbers and names out. JSONL only.
	Mask bool
	// Labels are the file's own words; English where they are empty.
	Labels Labels
	// Language is that of Labels, "en" when empty.
	Language string
	// Location is the time zone of what people read; UTC when nil.
	Location *time.Location
}

// ErrMask is returned where masking is asked of a format that has none: a file that only
// seems to be masked must not come about.
var ErrMask = errors.New("masking is for jsonl alone")

// pageSize is how many messages are in memory at a time.
const pageSize = 500

// writer writes one format.
type writer interface {
	begin(head Head)
	// message is called for each message in order.
	message(e *entry)
	end()
}

// entry is one message, and what belongs to it.
type entry struct {
	*topics.Message
	former []topics.Version
	// part counts the chats that the group has been before the one of this message.
	part int
}

// Write writes the transcript of a topic to w. progress, if not nil, is told after each
// page how many messages of how many have been read; total may grow meanwhile. It returns
// how many messages the file was made of.
//
// Errors are those of src, of w, and ctx's own; what has been written by then is no whole
// file.
func Write(
	ctx context.Context, w io.Writer, src Source, options Options, progress func(done, total int64),
) (written int64, err error) {
	out := bufio.NewWriterSize(w, 64<<10)
	format, err := options.writer(ctx, out, src)
	if err != nil {
		return 0, err
	}
	format.begin(options.Head)
	keep := func(m *topics.Message) bool { return options.Comments || !internal(m) }
	err = walk(ctx, src, options.Head, func(page []entry, done, total int64) error {
		for i := range page {
			if keep(page[i].Message) {
				options.Head.sign(page[i].Message)
				format.message(&page[i])
				written++
			}
		}
		if progress != nil {
			progress(done, total)
		}
		return out.Flush() // tells of a full disk now and not after the last page
	})
	if err != nil {
		return 0, err
	}
	format.end()
	if err := out.Flush(); err != nil {
		return 0, fmt.Errorf("write the transcript: %w", err)
	}
	return written, nil
}

func (o Options) writer(ctx context.Context, out *bufio.Writer, src Source) (writer, error) {
	if o.Mask && o.Format != JSONL {
		return nil, ErrMask
	}
	if o.Location == nil {
		o.Location = time.UTC
	}
	o.Labels = o.Labels.complete()
	switch o.Format {
	case HTML:
		return &htmlWriter{out: out, options: o, anchors: len(o.Head.Former)}, nil
	case Markdown:
		return &markdownWriter{out: out, options: o}, nil
	case JSON:
		return &jsonWriter{out: out}, nil
	case JSONL:
		mask, err := o.mask(ctx, src)
		return &episodes{out: out, mask: mask}, err
	}
	_, err := ParseFormat(string(o.Format))
	return nil, err
}

// mask knows the names that are to be taken out; nil where nothing is.
func (o Options) mask(ctx context.Context, src Source) (*mask.Masker, error) {
	if !o.Mask {
		return nil, nil
	}
	m := mask.New(o.Head.Customer)
	err := walk(ctx, authors{src}, o.Head, func(page []entry, _, _ int64) error {
		for i := range page {
			m.Learn(page[i].Author)
		}
		return nil
	})
	return m, err
}

// authors is a Source without former texts, for those who only want to know who wrote.
type authors struct{ Source }

func (authors) VersionsBetween(
	context.Context, topics.Conversation, int64, int64,
) (map[int64][]topics.Version, error) {
	return nil, nil
}

// walk reads the topic page by page.
func walk(
	ctx context.Context, src Source, head Head, each func(page []entry, done, total int64) error,
) error {
	var done, total int64
	list := head.conversations()
	for _, conv := range list {
		extent, err := src.Extent(ctx, conv)
		if err != nil {
			return fmt.Errorf("count the messages: %w", err)
		}
		total += extent.Messages
	}
	for part, conv := range list {
		for after := int64(0); ; {
			messages, err := src.Messages(ctx, conv, after, pageSize)
			if err != nil {
				return fmt.Errorf("read messages: %w", err)
			}
			if len(messages) == 0 {
				break
			}
			last := messages[len(messages)-1].ID
			former, err := src.VersionsBetween(ctx, conv, messages[0].ID, last)
			if err != nil {
				return fmt.Errorf("read former texts: %w", err)
			}
			page := make([]entry, len(messages))
			for i := range messages {
				page[i] = entry{Message: &messages[i], former: former[messages[i].ID], part: part}
			}
			done += int64(len(messages))
			if err := each(page, done, max(done, total)); err != nil {
				return fmt.Errorf("write the transcript: %w", err)
			}
			after = last
		}
	}
	return nil
}

// internal tells what only the team sees: comments, commands and our own notices. What
// an operator has sent to the customer through us is none of these.
func internal(m *topics.Message) bool {
	return m.Kind == topics.MessageComment || m.Kind == topics.MessageCommand
}

// side is the kind of author as the files name it. People of whom nothing but their
// presence in the group is known, and administrators who hide behind it, stand with the
// operators: what they write goes to the customer as well.
func side(kind topics.AuthorKind) string {
	switch kind {
	case topics.AuthorCustomer:
		return "customer"
	case topics.AuthorBot, topics.AuthorSelf, topics.AuthorChannel:
		return "bot"
	case topics.AuthorService:
		return "service"
	case topics.AuthorOperator, topics.AuthorStranger, topics.AuthorAnonymous:
	}
	return "operator"
}
