package commands

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"topicpilot/commands/messages"
	"topicpilot/topics"
	"topicpilot/topics/transcript"
)

// maxTranscript is the largest file that is put into a topic, in bytes. Telegram takes
// topics.MaxDocumentSize of a bot; a little is left for what surrounds the file.
const maxTranscript = topics.MaxDocumentSize - 1<<20

var errTranscriptSize = errors.New("the file is too large for a topic")

// fileTask puts a transcript into its topic as a file.
type fileTask struct{ *transcripts }

// RunTask writes the file and sends it. After a crash between the two it does both again:
// a file may come twice, as every comment may.
func (t *fileTask) RunTask(ctx context.Context, task topics.Task) (topics.TaskResult, error) {
	e, ok, err := t.begin(ctx, task)
	if err != nil || !ok {
		return topics.TaskResult{}, err
	}
	file, err := newSpool(t.Dir)
	if err != nil {
		return e.failed(ctx, err)
	}
	defer file.close()
	written, err := e.write(ctx, file)
	if errors.Is(err, errTranscriptSize) {
		return e.ended(ctx, topics.RunFailed, "too large", e.tooLarge())
	}
	if err != nil {
		return e.failed(ctx, err)
	}
	delivered, err := t.Documents.SendDocument(ctx, e.document(file, written))
	if err != nil {
		return e.failed(ctx, err)
	}
	var done topics.Text
	if e.shown.id != 0 {
		done = topics.Plain(e.caption(written))
	}
	result, err := e.ended(ctx, topics.RunDone, "done", done)
	result.Said = delivered.Messages
	for _, at := range delivered.Sends {
		result.Sends = append(result.Sends, topics.Sent{ChatID: e.task.ChatID, At: at})
	}
	return result, err
}

// write writes the transcript into the file and counts its messages.
func (e *exporting) write(ctx context.Context, file *spool) (int64, error) {
	head, err := e.head(ctx)
	if err != nil {
		return 0, err
	}
	written, err := transcript.Write(ctx, file, e.Source, transcript.Options{
		Format: transcript.Format(e.task.Format), Head: head, Comments: e.Comments,
		Labels: TranscriptLabels(e.say), Language: e.say.Language(), Location: e.Location,
	}, func(done, total int64) { e.shown.at(ctx, done, total) })
	e.shown.moved = false // what is written has to be written again by the next try
	return written, err
}

func (e *exporting) document(file *spool, written int64) topics.Document {
	format := transcript.Format(e.task.Format)
	return topics.Document{
		Conversation: e.task.Conversation,
		Name: fmt.Sprintf("transcript-%d-%s.%s", e.task.ThreadID, e.Now().In(e.zone()).Format(time.DateOnly),
			e.task.Format),
		MIME: format.MIME(), Size: file.size, Caption: topics.Plain(e.caption(written)), Content: file.content,
	}
}

func (e *exporting) caption(written int64) string {
	return e.say.N("transcript.caption", int(written), messages.Data{
		"Number": grouped(e.say, written),
		"Date":   e.Now().In(e.zone()).Format(time.DateOnly),
	})
}

func (e *exporting) zone() *time.Location {
	if e.Location == nil {
		return time.UTC
	}
	return e.Location
}

// tooLarge names the way that has no limit.
func (e *exporting) tooLarge() topics.Text {
	var text topics.Text
	before, after := e.say.Around("transcript.too_large", "Command")
	text.Add(before).Code(fmt.Sprintf("topicpilot export --topic=%s --format %s -o transcript.%[2]s",
		e.task.Conversation, e.task.Format)).Add(after)
	return text
}

// spool is a file that is gone when it is closed, and when this process dies.
type spool struct {
	file *os.File
	size int64
	// left is the name of a file that could not be removed while it is open, as on
	// Windows; it is removed when it is closed.
	left string
}

func newSpool(dir string) (*spool, error) {
	file, err := os.CreateTemp(dir, "topicpilot-transcript-*")
	if err != nil {
		return nil, fmt.Errorf("make a temporary file: %w", err)
	}
	s := &spool{file: file}
	if os.Remove(file.Name()) != nil {
		s.left = file.Name()
	}
	return s, nil
}

// Write refuses what makes the file too large for a topic.
func (s *spool) Write(p []byte) (int, error) {
	if s.size+int64(len(p)) > maxTranscript {
		return 0, errTranscriptSize
	}
	n, err := s.file.Write(p)
	s.size += int64(n)
	return n, err
}

// content reads the file from its beginning.
func (s *spool) content() (io.ReadCloser, error) {
	return io.NopCloser(io.NewSectionReader(s.file, 0, s.size)), nil
}

func (s *spool) close() {
	_ = s.file.Close()
	if s.left != "" {
		_ = os.Remove(s.left)
	}
}

// TranscriptLabels are a transcript's own words in a language.
func TranscriptLabels(say *messages.Printer) transcript.Labels {
	return transcript.Labels{
		Transcript: say.T("transcript.title", nil), Topic: say.T("transcript.topic", nil),
		Customer: say.T("transcript.customer", nil), Phone: say.T("transcript.phone", nil),
		Language: say.T("transcript.language", nil), ExportedAt: say.T("transcript.exported", nil),
		TimeZone: say.T("transcript.time_zone", nil), Operator: say.T("transcript.operator", nil),
		Bot: say.T("transcript.bot", nil), Service: say.T("transcript.service", nil),
		Comment: say.T("transcript.comment", nil), Command: say.T("transcript.command", nil),
		Reply: say.T("transcript.reply", nil), Forwarded: say.T("transcript.forwarded", nil),
		ViaBot: say.T("transcript.via_bot", nil), Edited: say.T("transcript.edited", nil),
		Before: say.T("transcript.before", nil), Album: say.T("transcript.album", nil),
		NoText: say.T("transcript.no_text", nil), NoMessages: say.T("transcript.no_messages", nil),
		TopicCreated:  say.T("transcript.event.topic_created", nil),
		TopicRenamed:  say.T("transcript.event.topic_renamed", nil),
		TopicIcon:     say.T("transcript.event.topic_icon", nil),
		TopicClosed:   say.T("transcript.event.topic_closed", nil),
		TopicReopened: say.T("transcript.event.topic_reopened", nil), Pinned: say.T("transcript.event.pinned", nil),
		Joined: say.T("transcript.event.joined", nil), Left: say.T("transcript.event.left", nil),
		GroupRenamed: say.T("transcript.event.group_renamed", nil),
		GroupPhoto:   say.T("transcript.event.group_photo", nil),
		AutoDelete:   say.T("transcript.event.auto_delete", nil), Upgraded: say.T("transcript.event.upgraded", nil),
		VideoChatStarted:   say.T("transcript.event.video_chat_started", nil),
		VideoChatEnded:     say.T("transcript.event.video_chat_ended", nil),
		VideoChatScheduled: say.T("transcript.event.video_chat_scheduled", nil),
		VideoChatInvited:   say.T("transcript.event.video_chat_invited", nil),
		Paid:               say.T("transcript.event.paid", nil),
	}
}
