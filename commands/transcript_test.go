package commands_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"topicpilot/commands"
	"topicpilot/commands/messages"
	"topicpilot/topics"
	"topicpilot/topics/transcript"
)

// talk is a transcript of n messages of one text, made while it is read.
type talk struct {
	n    int64
	text string
	// read is called before each page.
	read func() error
}

func (s *talk) Messages(
	ctx context.Context, conv topics.Conversation, after int64, limit int,
) ([]topics.Message, error) {
	if s.read != nil {
		if err := s.read(); err != nil {
			return nil, err
		}
	}
	var list []topics.Message
	for id := after + 1; id <= s.n && len(list) < limit; id++ {
		list = append(list, topics.Message{
			Conversation: conv, ID: id, Date: time.Unix(1_780_000_000+id, 0), Kind: topics.MessageTalk,
			Author: topics.Author{Kind: topics.AuthorCustomer, ID: mirrorID, Name: "Ann"}, Text: topics.Plain(s.text),
		})
	}
	return list, ctx.Err()
}

func (*talk) VersionsBetween(
	context.Context, topics.Conversation, int64, int64,
) (map[int64][]topics.Version, error) {
	return nil, nil
}

func (s *talk) Extent(context.Context, topics.Conversation) (topics.Extent, error) {
	return topics.Extent{Messages: s.n}, nil
}

// title is a TopicReader of one title.
type title string

func (t title) Topic(_ context.Context, conv topics.Conversation) (topics.Topic, error) {
	if t == "" {
		return topics.Topic{}, topics.ErrNotFound
	}
	return topics.Topic{Conversation: conv, Title: string(t)}, nil
}

// exportStage is /transcript with everything around it.
type exportStage struct {
	t       *testing.T
	clock   *clock
	runs    *runStore
	source  *talk
	parts   commands.TranscriptParts
	sending func(doc topics.Document) error
	sent    []topics.Document
	files   []string
	posts   []topics.Outgoing
	log     logBuffer
}

func newExportStage(t *testing.T) *exportStage {
	s := &exportStage{
		t: t, clock: &clock{now: time.Date(2026, 7, 25, 12, 0, 0, 0, time.UTC)}, runs: &runStore{calls: -1},
		source: &talk{n: 12, text: "private <words>"},
	}
	s.parts = commands.TranscriptParts{
		Source: s.source, Topics: title("Ann"), Customers: always(john()), Runs: s.runs,
		Groups: topics.NewGroups([]*topics.Group{newGroup("en")}), Documents: s, Progress: s, Comments: true,
		Dir: t.TempDir(), Log: s.log.logger(), Now: s.clock.Now,
	}
	return s
}

// SendDocument implements topics.DocumentSender.
func (s *exportStage) SendDocument(_ context.Context, doc topics.Document) (topics.Delivered, error) {
	content, err := doc.Content()
	if err != nil {
		s.t.Fatal(err)
	}
	defer content.Close()
	data, err := io.ReadAll(content)
	if err != nil || int64(len(data)) != doc.Size {
		s.t.Errorf("%d bytes of %d: %v", len(data), doc.Size, err)
	}
	if s.sending != nil {
		if err := s.sending(doc); err != nil {
			return topics.Delivered{}, err
		}
	}
	s.sent, s.files = append(s.sent, doc), append(s.files, string(data))
	message := topics.Message{Conversation: doc.Conversation, ID: 900 + int64(len(s.sent))}
	return topics.Delivered{Messages: []topics.Message{message}, Sends: []time.Time{s.clock.Now()}}, nil
}

// Post implements commands.Poster.
func (s *exportStage) Post(_ context.Context, out topics.Outgoing) (topics.Message, error) {
	s.posts = append(s.posts, out)
	id := out.EditID
	if id == 0 {
		id = 800
	}
	return topics.Message{Conversation: out.Conversation, ID: id}, nil
}

// typed types the command and gives the answer.
func (s *exportStage) typed(rest string) topics.Answer {
	s.t.Helper()
	command, _ := commands.Transcript(s.parts)
	call := newCall(newGroup("en"), "transcript")
	call.Rest = rest
	return dispatch(s.t, newRegistry(s.t, command), call)
}

// asked types the command and gives its task.
func (s *exportStage) asked(rest string) topics.Task {
	s.t.Helper()
	answer := s.typed(rest)
	if len(answer.Messages) != 0 || len(answer.Tasks) != 1 {
		s.t.Fatalf("%+v", answer)
	}
	return answer.Tasks[0]
}

// did carries a task out.
func (s *exportStage) did(task topics.Task) topics.TaskResult {
	s.t.Helper()
	_, handlers := commands.Transcript(s.parts)
	result, err := handlers[task.Kind].RunTask(s.t.Context(), task)
	if err != nil {
		s.t.Fatal(err)
	}
	if left, err := os.ReadDir(s.parts.Dir); err != nil || len(left) != 0 {
		s.t.Errorf("files are left: %v, %v", left, err)
	}
	if strings.Contains(s.log.String(), "private") {
		s.t.Error("customers' text is in the log")
	}
	return result
}

func texts(result topics.TaskResult) string {
	var list []string
	for _, m := range result.Messages {
		list = append(list, m.Text.Text)
	}
	return strings.Join(list, "\n")
}

func TestTranscript(t *testing.T) {
	for rest, want := range map[string][3]string{
		"":     {"transcript-5343-2026-07-25.html", "text/html", "private &lt;words&gt;"},
		"html": {"transcript-5343-2026-07-25.html", "text/html", "<h1 dir=\"auto\">Ann</h1>"},
		"MD":   {"transcript-5343-2026-07-25.md", "text/markdown", "> private \\<words>\n"},
		"json": {"transcript-5343-2026-07-25.json", "application/json", `"customer":{"id":987654321,`},
	} {
		s := newExportStage(t)
		task := s.asked(rest)
		if task.Kind != commands.TaskTranscript || task.Lane != "-1002101424779/5343 transcript" ||
			task.Key != "transcript:1" || bytes.Contains(task.Data, []byte("Ann")) {
			t.Errorf("%s: %+v", rest, task)
		}
		if run := s.runs.last(); run.State != topics.RunQueued || run.Command != "transcript" ||
			run.CustomerID != 987654321 || run.By.ID != olga {
			t.Errorf("%s: %+v", rest, run)
		}
		result := s.did(task)
		if len(s.sent) != 1 || len(result.Messages)+len(result.Tasks) != 0 || len(result.Said)*len(result.Sends) != 1 {
			t.Fatalf("%s: %d files, %+v", rest, len(s.sent), result)
		}
		doc := s.sent[0]
		got := [3]string{doc.Name, doc.MIME, want[2]}
		if diff := cmp.Diff(want, got); diff != "" || !strings.Contains(s.files[0], want[2]) {
			t.Errorf("%s: %s in\n%s", rest, diff, s.files[0])
		}
		if doc.Conversation != (topics.Conversation{ChatID: chatID, ThreadID: threadID}) ||
			doc.Caption.Text != "Transcript: 12 messages, 2026-07-25" {
			t.Errorf("%+v", doc)
		}
		run := s.runs.last()
		if run.State != topics.RunDone || !run.EndedAt.Equal(s.clock.Now()) || run.Args["format"] == "" {
			t.Errorf("%+v", run)
		}
		if len(s.posts) != 0 {
			t.Error("a short export showed progress")
		}
	}
}

func TestTranscriptRefused(t *testing.T) {
	s := newExportStage(t)
	for rest, want := range map[string]string{
		"pdf":      "Usage: /transcript [notion|md|html|json]",
		"md extra": "Usage: /transcript [notion|md|html|json]",
		"notion":   "Notion is not connected yet. An admin can add it to the settings: integrations, type notion.",
	} {
		answer := s.typed(rest)
		if got := said(t, answer); !strings.HasSuffix(got, want) || len(answer.Tasks) != 0 {
			t.Errorf("%s: %q", rest, got)
		}
	}
	command, _ := commands.Transcript(s.parts)
	call := newCall(newGroup("en"), "transcript")
	call.Conversation.ThreadID = 0
	if answer := dispatch(t, newRegistry(t, command), call); len(answer.Tasks) != 0 || len(answer.Messages) != 1 {
		t.Errorf("General: %+v", answer)
	}
	if len(s.runs.runs) != 0 {
		t.Errorf("%d runs", len(s.runs.runs))
	}
}

// TestTranscriptWithoutCustomer: whoever it was, what was said is there.
func TestTranscriptWithoutCustomer(t *testing.T) {
	s := newExportStage(t)
	s.parts.Customers, s.parts.Topics = never(topics.ReasonUnknownTopic), title("")
	s.did(s.asked("json"))
	if len(s.files) != 1 || !strings.Contains(s.files[0], `"title":"","customer":null,`) {
		t.Errorf("%q", s.files)
	}
}

// TestTranscriptAgain: the same update makes the same task, and what is done is not done
// again.
func TestTranscriptAgain(t *testing.T) {
	s := newExportStage(t)
	first, second := s.asked(""), s.asked("")
	if first.Key != second.Key || len(s.runs.runs) != 1 {
		t.Errorf("%q, %q, %d runs", first.Key, second.Key, len(s.runs.runs))
	}
	s.did(first)
	s.did(first)
	if len(s.sent) != 1 {
		t.Errorf("%d files", len(s.sent))
	}
	// A crash between the file and the record: it comes a second time.
	s = newExportStage(t)
	task := s.asked("")
	s.sending = func(topics.Document) error { s.runs.calls = 0; return nil }
	_, handlers := commands.Transcript(s.parts)
	if _, err := handlers[task.Kind].RunTask(t.Context(), task); !errors.Is(err, errDead) {
		t.Fatal(err)
	}
	s.runs.calls, s.sending = -1, nil
	s.did(task)
	if len(s.sent) != 2 || s.runs.last().State != topics.RunDone {
		t.Errorf("%d files, %+v", len(s.sent), s.runs.last())
	}
	// The customer was erased meanwhile, and the run with them.
	task.Data = bytes.Replace(task.Data, []byte(`"run":1`), []byte(`"run":77`), 1)
	if result := s.did(task); len(s.sent) != 2 || len(result.Messages) != 0 {
		t.Errorf("%d files, %+v", len(s.sent), result)
	}
}

var errOther = errors.New("connection reset")

// TestTranscriptFails: what passes is tried again, what does not is said.
func TestTranscriptFails(t *testing.T) {
	const failed = "The transcript could not be made. Please try again later; the reason is in the log."
	conv := topics.Conversation{ChatID: chatID, ThreadID: threadID}
	tests := []struct {
		name  string
		err   error
		says  string
		pause time.Duration // of the next try, -1 for none
		state topics.RunState
	}{
		{"short wait", &topics.Wait{After: 4 * time.Second, Err: errOther}, "", 4 * time.Second, topics.RunQueued},
		{
			"long wait", &topics.Wait{After: 40 * time.Second, Err: errOther},
			"Telegram asks for a pause of 40 seconds. The transcript comes then.", 40 * time.Second, topics.RunQueued,
		},
		{"unknown outcome", &topics.UnknownOutcome{Err: errOther}, "", 2 * time.Second, topics.RunQueued},
		{"another", errOther, "", 2 * time.Second, topics.RunQueued},
		{"hopeless", &topics.Hopeless{Err: errOther}, failed, -1, topics.RunFailed},
		{"lost", &topics.TopicLost{Conversation: conv}, failed, -1, topics.RunFailed},
	}
	for _, tt := range tests {
		s := newExportStage(t)
		task := s.asked("")
		s.sending = func(topics.Document) error { return tt.err }
		result := s.did(task)
		if got := texts(result); got != tt.says || s.runs.last().State != tt.state {
			t.Errorf("%s: %q, %s", tt.name, got, s.runs.last().State)
		}
		if tt.pause < 0 {
			if len(result.Tasks) != 0 {
				t.Errorf("%s: tried again", tt.name)
			}
			continue
		}
		if len(result.Tasks) != 1 || result.Tasks[0].NotBefore.Sub(s.clock.Now()) != tt.pause ||
			result.Tasks[0].Key == task.Key || result.Tasks[0].Lane != task.Lane {
			t.Fatalf("%s: %+v", tt.name, result.Tasks)
		}
		again := s.did(result.Tasks[0])
		if got := texts(again); got != "" {
			t.Errorf("%s: said twice: %q", tt.name, got)
		}
		s.sending = nil
		s.did(again.Tasks[0])
		if len(s.sent) != 1 || s.runs.last().State != topics.RunDone {
			t.Errorf("%s: %d files, %s", tt.name, len(s.sent), s.runs.last().State)
		}
	}
}

// TestTranscriptGivesUp: after ten minutes without getting further the operator is told.
func TestTranscriptGivesUp(t *testing.T) {
	s := newExportStage(t)
	task, began, tries := s.asked(""), s.clock.Now(), 0
	s.sending = func(topics.Document) error { return errOther }
	for {
		tries++
		result := s.did(task)
		if len(result.Tasks) == 0 {
			if !strings.HasPrefix(texts(result), "The transcript could not be made") {
				t.Errorf("%q", texts(result))
			}
			break
		}
		task = result.Tasks[0]
		s.clock.Add(task.NotBefore.Sub(s.clock.Now()))
	}
	if took := s.clock.Now().Sub(began); took < 8*time.Minute || took > 10*time.Minute || tries > 30 {
		t.Errorf("given up after %s and %d tries", took, tries)
	}
}

// TestTranscriptMigrated: the file goes to the group's new id, with what was said before.
func TestTranscriptMigrated(t *testing.T) {
	const now = -1009
	s := newExportStage(t)
	s.source.n = 1
	var moves []topics.Migrated
	s.parts.Migrations = func(context.Context) ([]topics.Migrated, error) { return moves, nil }
	task := s.asked("json")
	s.sending = func(doc topics.Document) error {
		if doc.ChatID == now {
			return nil
		}
		return &topics.Migrated{From: chatID, To: now}
	}
	result := s.did(task)
	if len(result.Tasks) != 1 || result.Tasks[0].Lane != "-1009/5343 transcript" {
		t.Fatalf("%+v", result)
	}
	if diff := cmp.Diff([]topics.Migrated{{From: chatID, To: now}}, result.Migrations); diff != "" {
		t.Error(diff)
	}
	moves = result.Migrations // as the store knows them, which has written the result
	s.did(result.Tasks[0])
	if len(s.sent) != 1 || s.sent[0].ChatID != now || strings.Count(s.files[0], "private") != 2 {
		t.Errorf("%+v", s.sent)
	}
}

// TestTranscriptStopped: a task that is interrupted by the stop stays as it is.
func TestTranscriptStopped(t *testing.T) {
	s := newExportStage(t)
	task := s.asked("")
	ctx, cancel := context.WithCancel(t.Context())
	s.source.read = func() error { cancel(); return nil }
	_, handlers := commands.Transcript(s.parts)
	if _, err := handlers[task.Kind].RunTask(ctx, task); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if s.runs.last().State != topics.RunQueued {
		t.Error(s.runs.last().State)
	}
}

// TestTranscriptTooLarge: what Telegram does not take is named with the way that works.
func TestTranscriptTooLarge(t *testing.T) {
	s := newExportStage(t)
	s.source.n, s.source.text = 60, strings.Repeat("x", 1<<20)
	result := s.did(s.asked("md"))
	const want = "The transcript is larger than Telegram takes from a bot. It can be made on the server: " +
		"topicpilot export --topic=-1002101424779/5343 --format md -o transcript.md"
	if got := texts(result); got != want || len(s.sent) != 0 || s.runs.last().Result != "too large" {
		t.Errorf("%q, %d files, %+v", got, len(s.sent), s.runs.last())
	}
	if e := result.Messages[0].Text.Entities; len(e) != 1 || e[0].Type != "code" {
		t.Errorf("%+v", e)
	}
}

// TestTranscriptProgress: a long export shows how far it is, in one message, seldom.
func TestTranscriptProgress(t *testing.T) {
	s := newExportStage(t)
	s.source.n = 10_000
	s.source.read = func() error { s.clock.Add(2 * time.Second); return nil }
	result := s.did(s.asked(""))
	var shown []string
	for i, post := range s.posts {
		if (post.EditID == 0) != (i == 0) || post.Priority != topics.PriorityNotice {
			t.Errorf("%+v", post)
		}
		shown = append(shown, post.Text.Text)
	}
	want := []string{
		"Transcript: 1,000 of 10,000", "Transcript: 3,500 of 10,000", "Transcript: 6,000 of 10,000",
		"Transcript: 8,500 of 10,000",
	}
	if diff := cmp.Diff(want, shown); diff != "" {
		t.Error(diff)
	}
	if len(result.Messages) != 1 || result.Messages[0].EditID != 800 ||
		texts(result) != "Transcript: 10,000 messages, 2026-07-25" {
		t.Errorf("%+v", result.Messages)
	}
}

// notionPages is a NotionTranscripts made of a function.
type notionPages func(
	ctx context.Context, req commands.TranscriptRequest, progress func(done, total int64),
) (string, int64, error)

func (f notionPages) ExportTopic(
	ctx context.Context, req commands.TranscriptRequest, progress func(done, total int64),
) (string, int64, error) {
	return f(ctx, req, progress)
}

func TestTranscriptNotion(t *testing.T) {
	for added, want := range map[int64]string{
		1200: "Transcript in Notion: 1,200 messages added\nhttps://notion.example/p",
		1:    "Transcript in Notion: 1 message added\nhttps://notion.example/p",
		0:    "Transcript in Notion: nothing new\nhttps://notion.example/p",
	} {
		s := newExportStage(t)
		var req commands.TranscriptRequest
		s.parts.Notion = notionPages(func(
			_ context.Context, r commands.TranscriptRequest, _ func(done, total int64),
		) (string, int64, error) {
			req = r
			return "https://notion.example/p", added, nil
		})
		task := s.asked("notion")
		if task.Kind != commands.TaskTranscriptNotion {
			t.Error(task.Kind)
		}
		if got := texts(s.did(task)); got != want || s.runs.last().State != topics.RunDone {
			t.Errorf("%q, %+v", got, s.runs.last())
		}
		if req.Title != "Ann" || req.Customer.ID != 987654321 || !req.Comments || req.ThreadID != threadID ||
			req.Labels.Operator != "operator" {
			t.Errorf("%+v", req)
		}
		if len(s.sent) != 0 {
			t.Error("a file was sent")
		}
	}
}

// TestTranscriptNotionLong: pauses and failures are borne while it gets further; what was
// added on the way is counted together.
func TestTranscriptNotionLong(t *testing.T) {
	s := newExportStage(t)
	done := int64(0)
	s.parts.Notion = notionPages(func(
		_ context.Context, _ commands.TranscriptRequest, progress func(done, total int64),
	) (string, int64, error) {
		progress(done, 3000)
		s.clock.Add(4 * time.Second)
		if done += 100; done == 3000 {
			return "https://notion.example/p", 100, nil
		}
		progress(done, 3000)
		if done%200 == 0 {
			return "", 100, errOther
		}
		return "", 100, &topics.Wait{After: time.Minute, Err: errOther}
	})
	task := s.asked("notion")
	var all []string
	for range 100 {
		result := s.did(task)
		all = append(all, texts(result))
		if len(result.Tasks) == 0 {
			break
		}
		task = result.Tasks[0]
		s.clock.Add(max(0, task.NotBefore.Sub(s.clock.Now())))
	}
	whole := strings.Join(all, "")
	const want = "Notion asks for a pause of 60 seconds. I will answer then." +
		"Transcript in Notion: 3,000 messages added\nhttps://notion.example/p"
	if whole != want {
		t.Errorf("%q", whole)
	}
	if len(s.posts) == 0 || s.posts[len(s.posts)-1].EditID != 800 {
		t.Errorf("progress: %+v", s.posts)
	}
}

// TestTranscriptNotionPauses: pauses without end are borne for a day, and told of once.
func TestTranscriptNotionPauses(t *testing.T) {
	s := newExportStage(t)
	s.parts.Notion = notionPages(func(
		context.Context, commands.TranscriptRequest, func(done, total int64),
	) (string, int64, error) {
		return "", 0, &topics.Wait{After: time.Minute, Err: errOther}
	})
	began, task, whole := s.clock.Now(), s.asked("notion"), ""
	for range 2000 {
		result := s.did(task)
		whole += texts(result)
		if len(result.Tasks) == 0 {
			break
		}
		task = result.Tasks[0]
		s.clock.Add(task.NotBefore.Sub(s.clock.Now()))
	}
	const want = "Notion asks for a pause of 60 seconds. I will answer then." +
		"The transcript could not be made. Please try again later; the reason is in the log."
	if took := s.clock.Now().Sub(began); whole != want || took < 23*time.Hour || took > 25*time.Hour {
		t.Errorf("after %s: %q", took, whole)
	}
	if state := s.runs.last().State; state != topics.RunFailed {
		t.Error(state)
	}
}

// TestTranscriptNotionFails: what no later try mends is said in words; what gets no
// further is given up.
func TestTranscriptNotionFails(t *testing.T) {
	s := newExportStage(t)
	s.parts.Notion = notionPages(func(
		_ context.Context, _ commands.TranscriptRequest, progress func(done, total int64),
	) (string, int64, error) {
		progress(500, 1000)
		return "", 0, &commands.CardError{Reason: commands.CardNotShared, Err: errOther}
	})
	if got := texts(s.did(s.asked("notion"))); !strings.HasPrefix(got, "Notion does not show me the database.") {
		t.Error(got)
	}
	s = newExportStage(t)
	s.parts.Notion = notionPages(func(
		_ context.Context, _ commands.TranscriptRequest, progress func(done, total int64),
	) (string, int64, error) {
		progress(500, 1000) // it begins where it was, and gets no further
		return "", 0, errOther
	})
	task := s.asked("notion")
	for tries := 0; ; tries++ {
		result := s.did(task)
		if len(result.Tasks) == 0 {
			break
		}
		if tries > 30 {
			t.Fatal("never given up")
		}
		task = result.Tasks[0]
		s.clock.Add(task.NotBefore.Sub(s.clock.Now()))
	}
	if s.runs.last().State != topics.RunFailed {
		t.Error(s.runs.last().State)
	}
	// The integration was taken out of the settings.
	s.parts.Notion = notionPages(nil)
	s.runs = &runStore{calls: -1}
	s.parts.Runs = s.runs
	task = s.asked("notion")
	s.parts.Notion = nil
	if got := texts(s.did(task)); !strings.HasPrefix(got, "Notion is not connected yet") {
		t.Error(got)
	}
}

// TestTranscriptLabels: each of a transcript's own words is translated.
func TestTranscriptLabels(t *testing.T) {
	english := reflect.ValueOf(transcript.English())
	for _, language := range messages.Languages() {
		labels := reflect.ValueOf(commands.TranscriptLabels(messages.For(language)))
		for i := range labels.NumField() {
			got := labels.Field(i).String()
			if same := got == english.Field(i).String(); got == "" || same != (language == "en") {
				t.Errorf("%s: %s is %q", language, labels.Type().Field(i).Name, got)
			}
		}
	}
}

var _ transcript.Source = (*talk)(nil)
