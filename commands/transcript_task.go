package commands

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"topicpilot/commands/messages"
	"topicpilot/topics"
	"topicpilot/topics/transcript"
)

const (
	// transcriptPatience is how long an export that gets no further is tried, pausePatience
	// where the other side asks for pauses all the time.
	transcriptPatience = 10 * time.Minute
	pausePatience      = 24 * time.Hour
	// transcriptPause is the first pause after a try that failed; each next one is twice
	// as long, up to maxTranscriptPause.
	transcriptPause    = 2 * time.Second
	maxTranscriptPause = time.Minute
)

// exporting is one try of a task.
type exporting struct {
	*transcripts
	task  transcriptTask
	group *topics.Group
	say   *messages.Printer
	shown *progressNote
	// asked is when the transcript was asked for.
	asked time.Time
}

// begin reads a task. ok is false for one whose run has ended, or was erased: there is
// nothing to be done.
func (t *transcripts) begin(ctx context.Context, task topics.Task) (e *exporting, ok bool, err error) {
	e = &exporting{transcripts: t}
	if err := json.Unmarshal(task.Data, &e.task); err != nil {
		return nil, false, &topics.Hopeless{Err: errors.New("task of a transcript cannot be read")}
	}
	group, known := t.Groups.Find(e.task.ChatID)
	if !known {
		return nil, false, &topics.Hopeless{Err: errNoGroup}
	}
	run, err := t.Runs.Run(ctx, e.task.Run)
	if errors.Is(err, topics.ErrNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("read the run: %w", err)
	}
	e.group, e.say, e.asked = group, messages.For(group.Language), run.AskedAt
	e.shown = &progressNote{
		poster: t.Progress, say: e.say, log: t.Log, now: t.Now, conv: e.task.Conversation, id: e.task.Note, began: t.Now(),
	}
	return e, run.State == topics.RunQueued, nil
}

// head says what the transcript is about, as far as that is known.
func (e *exporting) head(ctx context.Context) (transcript.Head, error) {
	head := transcript.Head{GroupID: e.task.ChatID, TopicID: e.task.ThreadID, ExportedAt: e.Now()}
	topic, err := e.Topics.Topic(ctx, e.task.Conversation)
	if err != nil && !errors.Is(err, topics.ErrNotFound) {
		return head, fmt.Errorf("read the topic: %w", err)
	}
	head.Title = topic.Title
	if head.Former, err = formerIDs(ctx, e.Migrations, e.task.ChatID); err != nil {
		return head, err
	}
	known, reason, err := identify(ctx, e.Customers, Request{
		Call: topics.Call{Group: e.group, Conversation: e.task.Conversation},
	})
	if err != nil {
		return head, err
	}
	if reason == "" {
		head.Customer = &known.Customer
	}
	return head, nil
}

// failed decides between another try and an answer that says why not.
func (e *exporting) failed(ctx context.Context, failure error) (topics.TaskResult, error) {
	if ctx.Err() != nil {
		return topics.TaskResult{}, ctx.Err() // the stop: this very task goes on at the next start
	}
	if errors.Is(failure, topics.ErrForgotten) {
		return topics.TaskResult{}, nil // there is nothing left of which to make a transcript
	}
	if moved, ok := errors.AsType[*topics.Migrated](failure); ok {
		move := topics.Migrated{From: e.task.ChatID, To: moved.To}
		e.Groups.Follow(move, e.Log)
		e.task.ChatID, e.shown.id = moved.To, 0
		result := e.again(0)
		// Also where it is no news in memory: it may not be written yet, and the next try looks
		// for what was said before.
		result.Migrations = []topics.Migrated{move}
		return result, nil
	}
	reason, text := e.hopeless(failure)
	pause := min(transcriptPause<<min(e.task.Tries, 5), maxTranscriptPause)
	patience := transcriptPatience
	wait, paused := errors.AsType[*topics.Wait](failure)
	if paused {
		pause, patience = max(wait.After, time.Second), pausePatience
	}
	if e.shown.moved || e.task.Since.IsZero() {
		e.task.Since = e.Now()
	}
	if reason == "" && e.Now().Add(pause).Sub(e.task.Since) > patience {
		reason, text = "given up", e.say.T("transcript.failed", nil)
	}
	log := e.Log.With("topic_id", e.task.String(), "format", e.task.Format, "error", failure)
	if reason != "" {
		log.Warn("transcript not made")
		return e.ended(ctx, topics.RunFailed, reason, topics.Plain(text))
	}
	log.Info("transcript not made yet")
	result := e.again(pause)
	if paused && pause > tellAfter && !e.task.Told {
		seconds := int((pause + time.Second - 1) / time.Second)
		id := "transcript.wait"
		if e.task.Format == notionFormat {
			id = "notion.wait"
		}
		e.task.Told = true
		result = e.again(pause)
		result.Messages = []topics.Outgoing{{
			Conversation: e.task.Conversation, Priority: topics.PriorityNotice, Text: topics.Plain(e.say.N(id, seconds, nil)),
		}}
	}
	return result, nil
}

// hopeless tells what no later try mends: a word for the audit trail, and what the
// operator reads.
func (e *exporting) hopeless(failure error) (reason, text string) {
	fault, isFault := errors.AsType[*CardError](failure)
	_, lost := errors.AsType[*topics.TopicLost](failure)
	_, refused := errors.AsType[*topics.Hopeless](failure)
	switch {
	case isFault:
		return fault.Reason.word(), e.say.T(string(fault.Reason), nil)
	case lost:
		return "topic lost", e.say.T("transcript.failed", nil)
	case refused:
		return "refused", e.say.T("transcript.failed", nil)
	}
	return "", ""
}

// again goes on with the same work after a pause.
func (e *exporting) again(pause time.Duration) topics.TaskResult {
	task := e.task
	task.Tries++
	task.Note = e.shown.id
	next := task.task()
	if pause > 0 {
		next.NotBefore = e.Now().Add(pause)
	}
	return topics.TaskResult{Tasks: []topics.Task{next}}
}

// ended records how the export ended and says so; an empty text says nothing. The message
// that showed how far it had come becomes the answer.
func (e *exporting) ended(
	ctx context.Context, state topics.RunState, result string, text topics.Text,
) (topics.TaskResult, error) {
	if err := e.audit.end(ctx, e.task.Run, state, result); err != nil {
		return topics.TaskResult{}, err
	}
	var out topics.TaskResult
	if text.Text != "" {
		out.Messages = []topics.Outgoing{{Conversation: e.task.Conversation, Text: text, EditID: e.shown.id}}
	}
	return out, nil
}
