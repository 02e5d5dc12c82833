package notion

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"topicpilot/topics"
)

// ExportRequest asks for a topic's transcript on a page.
type ExportRequest struct {
	topics.Conversation
	// PageID is the page that is written to. With another page than last time the export
	// begins anew.
	PageID string
	// Internal tells that comments, commands and our notices are written too.
	Internal bool
	// Customer is who wrote what the mirror's account posted for them, nil where that is
	// not known: then it bears that account's name.
	Customer *topics.Customer
	// Since is when the export was asked for; zero where that is not known. It ends with
	// topics.ErrForgotten when the topic was erased after that.
	Since  time.Time
	Labels Labels
	// Location is the time zone of the dates, default UTC.
	Location *time.Location
}

// ExportResult counts what has been written.
type ExportResult struct {
	// Added are messages, Edited new texts of messages that had been written earlier.
	Added  int64
	Edited int64
}

// Transcripts writes topics' messages to pages: each message once, whatever is interrupted;
// with the next export what is new since, and the new text of what was edited since. It may
// be used concurrently for different topics; of two exports of one topic the slower ends
// with topics.ErrConflict.
type Transcripts struct {
	Client *Client
	Store  topics.ExportStore
}

const (
	// pageOfMessages bounds what is held in memory: imported texts may be 1 MiB each.
	pageOfMessages = 100
	// settlePause stands between an append without an answer and the look for it.
	settlePause = time.Second
)

// step is our note in Export.Pending: where the page ends, and the append that may have
// left. It holds nothing of the messages.
type step struct {
	// Last is the last block that we know to be on the page, "" for none.
	Last string `json:"last,omitempty"`
	// Sums are those of the blocks under way, none when all is settled.
	Sums []string `json:"sums,omitempty"`
	// Message, Edit, Added and Edited are what holds once they are there.
	Message int64 `json:"message,omitempty"`
	Edit    int64 `json:"edit,omitempty"`
	Added   int64 `json:"added,omitempty"`
	Edited  int64 `json:"edited,omitempty"`
	// Done is what the export under way has written before, of Total messages.
	Done  ExportResult `json:"done"`
	Total int64        `json:"total,omitempty"`
	// Stored is how many messages the topic had when the last export began: the next one
	// writes those beyond.
	Stored int64 `json:"stored,omitempty"`
}

// export is one run of Export.
type export struct {
	*Transcripts
	req      ExportRequest
	render   renderer
	state    topics.Export
	note     step
	progress func(done, total int64)
}

// Export writes what is not on the page yet and returns how much that was, counting what an
// interrupted run of the same export had written. progress, if not nil, is told of messages
// written; total is 0 where it is not known.
//
// Run it again after any error; it goes on where it stopped. Errors: as of Client;
// KindArchived and KindNotFound tell that the page is gone, KindConflict that Notion was
// busy, topics.ErrConflict that the export runs elsewhere.
func (t *Transcripts) Export(
	ctx context.Context, req ExportRequest, progress func(done, total int64),
) (ExportResult, error) {
	if req.Location == nil {
		req.Location = time.UTC
	}
	if progress == nil {
		progress = func(int64, int64) {}
	}
	e := &export{
		Transcripts: t, req: req, progress: progress,
		render: renderer{labels: req.Labels, where: req.Location, customer: req.Customer},
	}
	if err := e.open(ctx); err != nil {
		return ExportResult{}, err
	}
	if e.state.ToRow == 0 && e.state.ToVersion == 0 {
		if fresh, err := e.begin(ctx); err != nil || !fresh {
			return ExportResult{}, err
		}
	}
	if err := e.messages(ctx); err != nil {
		return e.note.Done, err
	}
	if err := e.edits(ctx); err != nil {
		return e.note.Done, err
	}
	return e.finish(ctx)
}

// open reads where the last run stopped, and finds out what became of its last step.
func (e *export) open(ctx context.Context) error {
	state, err := e.Store.Export(ctx, e.Client.ID(), e.req.Conversation)
	if err != nil {
		return fmt.Errorf("read the export's state: %w", err)
	}
	if state.PageID != e.req.PageID {
		state = topics.Export{
			System: e.Client.ID(), Conversation: e.req.Conversation, PageID: e.req.PageID, Version: state.Version,
		}
	}
	e.state = state
	e.state.Since = e.req.Since
	if len(state.Pending) > 0 {
		if err := json.Unmarshal(state.Pending, &e.note); err != nil {
			return &topics.Hopeless{Err: errors.New("the note of the export cannot be read")}
		}
	}
	if len(e.note.Sums) == 0 {
		return nil
	}
	ids, err := e.Client.Landed(ctx, e.req.PageID, e.note.Last, e.note.Sums)
	if err != nil {
		return err
	}
	return e.settle(ctx, ids)
}

// begin sets the bounds of a new export; it reports whether there is anything to write.
func (e *export) begin(ctx context.Context) (bool, error) {
	extent, err := e.Store.Extent(ctx, e.req.Conversation)
	if err != nil {
		return false, fmt.Errorf("count messages: %w", err)
	}
	if extent.MaxRow <= e.state.DoneRow && extent.MaxVersion <= e.state.DoneVersion {
		return false, nil
	}
	e.state.ToRow = max(extent.MaxRow, e.state.DoneRow)
	e.state.ToVersion = max(extent.MaxVersion, e.state.DoneVersion)
	e.state.AfterMessage, e.state.AfterEdit = 0, 0
	before := e.note.Stored
	e.note = step{Last: e.note.Last, Stored: extent.Messages}
	if e.state.DoneRow == 0 || before > 0 {
		e.note.Total = max(extent.Messages-before, 0)
	}
	return true, nil
}

// messages writes what was stored since the last export.
func (e *export) messages(ctx context.Context) error {
	for {
		list, err := e.Store.MessagesIn(
			ctx, e.req.Conversation, e.state.AfterMessage, e.state.DoneRow, e.state.ToRow, pageOfMessages)
		if err != nil {
			return fmt.Errorf("read messages: %w", err)
		}
		if len(list) == 0 {
			return nil
		}
		if err := e.write(ctx, list, false); err != nil {
			return err
		}
	}
}

// edits writes new texts of what earlier exports have written.
func (e *export) edits(ctx context.Context) error {
	for e.state.DoneRow > 0 {
		list, err := e.Store.EditedIn(ctx, e.req.Conversation, e.state.AfterEdit,
			e.state.DoneVersion, e.state.ToVersion, e.state.DoneRow, pageOfMessages)
		if err != nil {
			return fmt.Errorf("read edited messages: %w", err)
		}
		if len(list) == 0 {
			return nil
		}
		if err := e.write(ctx, list, true); err != nil {
			return err
		}
	}
	return nil
}

// write renders messages and sends them in batches, each ending with a whole message.
func (e *export) write(ctx context.Context, list []topics.Message, edited bool) error {
	quotes := map[int64]string{}
	next := &batch{edited: edited}
	for i := range list {
		m := &list[i]
		if e.wanted(m) {
			quoted, err := e.quoted(ctx, m, quotes)
			if err != nil {
				return err
			}
			blocks := e.render.message(m, edited, quoted)
			size := sizeOf(blocks)
			if !next.takes(len(blocks), size) {
				if err := e.send(ctx, next); err != nil {
					return err
				}
				next = &batch{edited: edited}
			}
			next.add(blocks, size)
		}
		next.last = m.ID
	}
	return e.send(ctx, next)
}

func (e *export) wanted(m *topics.Message) bool {
	return e.req.Internal || m.Kind != topics.MessageComment && m.Kind != topics.MessageCommand
}

// quoted gives the first words of the message that m answers.
func (e *export) quoted(ctx context.Context, m *topics.Message, known map[int64]string) (string, error) {
	if m.ReplyTo <= 0 {
		return "", nil
	}
	if words, ok := known[m.ReplyTo]; ok {
		return words, nil
	}
	list, err := e.Store.MessagesIn(ctx, e.req.Conversation, m.ReplyTo-1, 0, e.state.ToRow, 1)
	if err != nil {
		return "", fmt.Errorf("read an answered message: %w", err)
	}
	words := ""
	if len(list) == 1 && list[0].ID == m.ReplyTo && e.wanted(&list[0]) {
		words = cut(oneLine(list[0].Text.Text), replyUnits)
		if words == "" && len(list[0].Media) > 0 {
			words = e.render.attached(&list[0], list[0].Media[0])
		}
	}
	known[m.ReplyTo] = words
	return words, nil
}

// batch is what one request carries.
type batch struct {
	blocks []Block
	size   int
	count  int64
	// last is the id of the last message that the batch, or what was passed over, reaches.
	last   int64
	edited bool
}

func (b *batch) takes(blocks, size int) bool {
	return b.count == 0 || len(b.blocks)+blocks <= maxChildren && b.size+size <= maxPayload
}

func (b *batch) add(blocks []Block, size int) {
	b.size += size
	b.blocks = append(b.blocks, blocks...)
	b.count++
}
