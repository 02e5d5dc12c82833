package commands

import (
	"context"
	"time"

	"topicpilot/commands/messages"
	"topicpilot/topics"
	"topicpilot/topics/transcript"
)

// NotionTranscripts writes transcripts into Notion. It may be called concurrently for
// different topics.
type NotionTranscripts interface {
	// ExportTopic writes what is not there yet, and returns the page's address and how
	// many messages it has added. Called again after any error it goes on where it stopped;
	// each message is counted by one call only, which may be one that ends with an error.
	// progress may be told now and then.
	//
	// Errors: *topics.Wait when Notion asks for a pause; *CardError for what no later try
	// mends; any other may pass.
	ExportTopic(
		ctx context.Context, req TranscriptRequest, progress func(done, total int64),
	) (url string, added int64, err error)
}

// TranscriptRequest says what is to be written into Notion.
type TranscriptRequest struct {
	topics.Conversation
	// Former are the ids that the group had before, oldest first.
	Former []int64
	Title  string
	// Customer is nil where it is not known who stands behind the topic.
	Customer *topics.Customer
	// Comments includes comments, commands and our own notices.
	Comments bool
	// Since is when the transcript was asked for: nothing of a topic that was erased after
	// that is written (topics.ErrForgotten).
	Since time.Time
	// Labels are the transcript's own words, in Language.
	Labels   transcript.Labels
	Language string
}

// notionTask writes a transcript into Notion.
type notionTask struct{ *transcripts }

// RunTask writes what is new and answers with the link. It may take many tries: each goes
// on where the one before has stopped.
func (t *notionTask) RunTask(ctx context.Context, task topics.Task) (topics.TaskResult, error) {
	e, ok, err := t.begin(ctx, task)
	if err != nil || !ok {
		return topics.TaskResult{}, err
	}
	if t.Notion == nil { // the integration was taken out of the settings meanwhile
		return e.ended(ctx, topics.RunFailed, "not set", topics.Plain(e.say.T("notion.not_set", nil)))
	}
	head, err := e.head(ctx)
	if err != nil {
		return e.failed(ctx, err)
	}
	url, added, err := t.Notion.ExportTopic(ctx, TranscriptRequest{
		Conversation: e.task.Conversation, Former: head.Former, Title: head.Title, Customer: head.Customer,
		Comments: t.Comments, Since: e.asked, Labels: TranscriptLabels(e.say), Language: e.say.Language(),
	}, func(done, total int64) { e.shown.at(ctx, done, total) })
	e.task.Added += added
	if err != nil {
		return e.failed(ctx, err)
	}
	text := e.say.T("transcript.nothing_new", nil)
	if n := e.task.Added; n > 0 {
		text = e.say.N("transcript.added", int(n), messages.Data{"Number": grouped(e.say, n)})
	}
	return e.ended(ctx, topics.RunDone, "done", topics.Plain(text+"\n"+url))
}
