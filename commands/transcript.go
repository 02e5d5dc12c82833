package commands

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"regexp"
	"strconv"
	"strings"
	"time"

	"topicpilot/topics"
	"topicpilot/topics/transcript"
)

const (
	// TaskTranscript is the kind of task that puts a transcript into its topic as a file.
	TaskTranscript = "transcript"
	// TaskTranscriptNotion is the kind of task that writes a transcript into Notion.
	TaskTranscriptNotion = TaskTranscript + ".notion"
)

const notionFormat = "notion"

// TranscriptParts are what /transcript works with.
type TranscriptParts struct {
	Source transcript.Source
	// Topics knows the titles.
	Topics    topics.TopicReader
	Customers Customers
	Runs      topics.RunStore
	Groups    *topics.Groups
	// Migrations lists the groups that have become other chats, oldest first. Nil for none.
	Migrations func(ctx context.Context) ([]topics.Migrated, error)
	Documents  topics.DocumentSender
	// Progress shows how far a long export has come. Nil shows nothing.
	Progress Poster
	// Notion is nil where there is no such integration.
	Notion NotionTranscripts
	// Comments includes comments, commands and our own notices (transcript.comments).
	Comments bool
	// Dir is where files are put together; the system's folder for such when "".
	Dir string
	// Location is the time zone of HTML and Markdown; UTC when nil.
	Location *time.Location
	// Log may be nil.
	Log *slog.Logger
	// Now is the clock; time.Now when nil.
	Now func() time.Time
}

// Poster posts or edits one message of ours at once, as far as the group's budget
// allows. It may be called concurrently.
type Poster interface {
	// Post returns the message as it stands in the topic.
	Post(ctx context.Context, out topics.Outgoing) (topics.Message, error)
}

// Transcript makes /transcript, and the handlers of the tasks that it starts, by kind. It
// does not hold up the topic: a task writes the file, one at a time for each topic.
func Transcript(parts TranscriptParts) (Command, map[string]topics.TaskHandler) {
	if parts.Log == nil {
		parts.Log = slog.New(slog.DiscardHandler)
	}
	if parts.Now == nil {
		parts.Now = time.Now
	}
	t := &transcripts{TranscriptParts: parts, audit: audit{runs: parts.Runs, now: parts.Now}}
	command := Command{
		Name:   "transcript",
		HelpID: "help.transcript",
		Usage:  "[notion|md|html|json]",
		Args:   []Arg{{Name: "format", Match: regexp.MustCompile(`(?i)notion|md|html|json`), Optional: true}},
		Role:   topics.RoleOperator,
		Run:    t.run,
	}
	return command, map[string]topics.TaskHandler{
		TaskTranscript:       &fileTask{t},
		TaskTranscriptNotion: &notionTask{t},
	}
}

type transcripts struct {
	TranscriptParts
	audit audit
}

// run records who wants which transcript, and starts the task.
func (t *transcripts) run(ctx context.Context, req Request) (Reply, error) {
	format := strings.ToLower(req.Args["format"])
	if format == "" {
		format = string(transcript.HTML)
	}
	if format == notionFormat && t.Notion == nil {
		return req.say(outcomeRefused, req.Say.T("notion.not_set", nil)), nil
	}
	// The file is made of what was said; whose it is may stay unknown.
	known, _, err := identify(ctx, t.Customers, req)
	if err != nil {
		return Reply{}, err
	}
	req.Args = map[string]string{"format": format}
	run, err := t.audit.begin(ctx, req, known.Customer.ID, topics.RunQueued)
	if err != nil {
		return Reply{}, err
	}
	task := transcriptTask{Conversation: req.Conversation, Run: run.ID, Format: format}
	return Reply{Tasks: []topics.Task{task.task()}}, nil
}

// transcriptTask is the Data of a TaskTranscript and of a TaskTranscriptNotion.
type transcriptTask struct {
	topics.Conversation
	Run    int64  `json:"run"`
	Format string `json:"format"`
	// Tries counts the tries, Since is when the first of those failed that have got no
	// further; zero for none.
	Tries int       `json:"tries,omitempty"`
	Since time.Time `json:"since,omitzero"`
	// Note is the message of ours that shows how far it has come, 0 for none.
	Note int64 `json:"note,omitempty"`
	// Added counts the messages that the tries have written into Notion.
	Added int64 `json:"added,omitempty"`
	// Told tells that people know that it takes longer.
	Told bool `json:"told,omitempty"`
}

// task has the same key for the same try, however often the command is delivered.
func (t transcriptTask) task() topics.Task {
	data, err := json.Marshal(t)
	if err != nil {
		panic(fmt.Sprintf("task of a transcript does not encode: %T", err)) // plain data always does
	}
	kind, key := TaskTranscript, "transcript:"+strconv.FormatInt(t.Run, 10)
	if t.Format == notionFormat {
		kind = TaskTranscriptNotion
	}
	if t.Tries > 0 {
		key += ":" + strconv.Itoa(t.Tries)
	}
	return topics.Task{Kind: kind, Lane: t.Lane() + " transcript", Key: key, Data: data}
}
