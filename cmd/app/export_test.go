package app_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"topicpilot/integrations/notion/notiontest"
	"topicpilot/integrations/telegram/telegramtest"
)

// document waits for the n-th document of ours in a topic and reads it.
func (s *stage) document(thread, n int) (telegramtest.Message, string) {
	s.t.Helper()
	var list []telegramtest.Message
	s.eventually(fmt.Sprintf("%d documents in topic %d", n, thread), func() bool {
		list = nil
		for _, m := range s.tg.Messages(groupID) {
			if m.Thread == thread && m.From != nil && m.From.ID == telegramtest.DefaultBotID && m.Document != nil {
				list = append(list, m)
			}
		}
		return len(list) >= n
	})
	content, ok := s.tg.File(list[n-1].Document.FileID)
	if !ok {
		s.t.Fatal("the file is not kept")
	}
	return list[n-1], string(content)
}

const evil = `<script src="https://evil.example/x.js">alert(1)</script> *bold* [link](javascript:alert) | # <img src=x>`

// talk fills a topic: both sides, a comment, a command, an edit, media and markup.
func (s *stage) talk(thread int) (question telegramtest.Message) {
	s.t.Helper()
	s.private = append(s.private, "evil.example", "parcel-before", "parcel-after", "secret comment")
	s.post(thread, mirrorID, evil)
	question = s.post(thread, mirrorID, "Where is my parcel-before?")
	_, err := s.tg.Edit(groupID, question.ID, "Where is my parcel-after?")
	s.must(err)
	s.write(telegramtest.Post{Thread: thread, From: olgaID, Text: "In Kyiv", ReplyTo: question.ID})
	s.post(thread, olgaID, "/ secret comment")
	s.write(telegramtest.Post{
		Thread: thread, From: mirrorID, Media: "document", FileName: "bill.pdf", Caption: "My bill", File: []byte("x"),
	})
	s.post(thread, olgaID, "/info")
	s.answers(thread, 1)
	s.settle()
	return question
}

// TestTranscriptFiles: each format as it is posted into the topic; HTML alone is asked for
// by the bare command.
func TestTranscriptFiles(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{})
	s.start()
	thread := s.topic(11, "Ann")
	question := s.talk(thread)
	s.post(thread, olgaID, "/transcript")
	m, page := s.document(thread, 1)
	if !strings.HasPrefix(m.Caption, "/ Transcript: 9 messages, 20") || !strings.HasSuffix(m.Document.FileName, ".html") {
		t.Errorf("caption %q, file %q", m.Caption, m.Document.FileName)
	}
	loadsNothing(t, page)
	s.holds(page, "parcel-after", "parcel-before", "secret comment", "bill.pdf", "My bill", "Ann", "Olga")
	s.post(thread, olgaID, "/transcript md")
	m, text := s.document(thread, 2)
	s.holds(text, "parcel-after", "secret comment", `\*bold\*`, "Ann", "Olga")
	s.lacks(strings.NewReplacer(`\<`, "", `\[`, "").Replace(text), "<script", "[link](", "[link\\](", "<img")
	s.holds(m.Document.FileName, ".md")
	s.post(thread, olgaID, "/transcript JSON")
	_, text = s.document(thread, 3)
	s.jsonTranscript(text, thread, question)
	s.post(thread, olgaID, "/transcript pdf")
	s.last(thread, "/transcript [notion|md|html|json]")
	s.redeliverAll()
	n := 0
	for _, call := range s.tg.Sent("sendDocument") {
		caption, _ := call.Params["caption"].(string)
		_, reply := call.Params["reply_parameters"]
		if reply || fmt.Sprint(call.Params["message_thread_id"]) != fmt.Sprint(thread) {
			t.Errorf("document: %v", call.Params)
		}
		s.holds(caption, "/ ")
		n++
	}
	if n != 3 {
		t.Errorf("%d documents", n)
	}
}

var (
	loading = regexp.MustCompile(`(?i)<(script|img|iframe|link|object|embed|base|form|video|audio)\b`)
	running = regexp.MustCompile(`(?i)<[^>]*\s(src|srcset|on[a-z]+|style)=|href="\s*javascript:|@import|url\(`)
)

// loadsNothing fails when a page holds what a browser would run or fetch.
func loadsNothing(t *testing.T, page string) {
	t.Helper()
	for _, form := range []*regexp.Regexp{loading, running} {
		if found := form.FindString(page); found != "" {
			t.Errorf("the page holds %q", found)
		}
	}
	if !strings.Contains(page, "Content-Security-Policy") || !strings.Contains(page, "&lt;script") {
		t.Error("there is no policy, or the customer's text is not there")
	}
}

// jsonTranscript reads the form that the contract fixes, and no other field.
func (s *stage) jsonTranscript(text string, thread int, question telegramtest.Message) {
	s.t.Helper()
	var got struct {
		GroupID    int64          `json:"group_id"`
		TopicID    int            `json:"topic_id"`
		Title      string         `json:"title"`
		Customer   map[string]any `json:"customer"`
		ExportedAt time.Time      `json:"exported_at"`
		Messages   []struct {
			ID     int       `json:"message_id"`
			Date   time.Time `json:"date"`
			Author struct {
				Kind string `json:"kind"`
				ID   int64  `json:"id"`
				Name string `json:"name"`
			} `json:"author"`
			Comment  bool              `json:"comment"`
			Text     string            `json:"text"`
			Entities []json.RawMessage `json:"entities"`
			Media    []struct {
				Kind     string `json:"kind"`
				FileName string `json:"file_name"`
				MIME     string `json:"mime"`
				Size     int64  `json:"size"`
				UniqueID string `json:"file_unique_id"`
				Note     string `json:"note"`
			} `json:"media"`
			Album   *string `json:"album"`
			ReplyTo *int    `json:"reply_to"`
			Edits   []struct {
				Date time.Time `json:"date"`
				Text string    `json:"text"`
			} `json:"edits"`
		} `json:"messages"`
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	s.must(decoder.Decode(&got))
	if got.GroupID != groupID || got.TopicID != thread || got.Title != "Ann" || fmt.Sprint(got.Customer["id"]) != "11" {
		s.t.Errorf("head: %+v", got)
	}
	kinds := ""
	for _, m := range got.Messages {
		kinds += m.Author.Kind
		if m.Comment {
			kinds += "!"
		}
		kinds += " "
		switch {
		case m.ID == question.ID:
			if m.Text != "Where is my parcel-after?" || len(m.Edits) != 1 || m.Edits[0].Text != "Where is my parcel-before?" {
				s.t.Errorf("the edited one: %+v", m)
			}
		case m.Text == "In Kyiv":
			if m.ReplyTo == nil || *m.ReplyTo != question.ID || m.Author.ID != olgaID {
				s.t.Errorf("the reply: %+v", m)
			}
		case m.Text == "My bill":
			if len(m.Media) != 1 || m.Media[0].Kind != "document" || m.Media[0].FileName != "bill.pdf" ||
				m.Media[0].Note != "" {
				s.t.Errorf("the file: %+v", m)
			}
		}
	}
	const want = "service customer customer operator operator! customer " +
		"operator! bot! operator! bot! operator! bot! operator! "
	if kinds != want {
		s.t.Errorf("authors %q, want %q", kinds, want)
	}
}

// TestTranscriptWithoutComments: what stays inside is left out of files.
func TestTranscriptWithoutComments(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{}, "transcript: {comments: false}")
	s.start()
	thread := s.topic(11, "Ann")
	s.talk(thread)
	for i, format := range []string{"html", "md", "json"} {
		s.post(thread, olgaID, "/transcript "+format)
		_, text := s.document(thread, i+1)
		s.holds(text, "parcel-after", "In Kyiv")
		s.lacks(text, "secret comment", "/info")
	}
}

// texts are the blocks of a page, one a line.
func (b *board) texts(pageID string) string {
	var lines []string
	for _, block := range b.Blocks(pageID) {
		lines = append(lines, block.Text)
	}
	return strings.Join(lines, "\n")
}

// TestTranscriptNotion: on the card; the second time only what is new, and an edit of what
// is there as a new line.
func TestTranscriptNotion(t *testing.T) {
	t.Parallel()
	s, b := boardStage(t, ", transcript: card")
	thread := s.topic(11, "Ann")
	question := s.talk(thread)
	s.post(thread, olgaID, "/transcript notion")
	first := s.last(thread, "Transcript in Notion: ")
	pages := b.Pages(b.source)
	if len(pages) != 1 {
		t.Fatalf("pages: %+v", pages)
	}
	s.holds(first.Text, " messages added", pages[0].URL)
	text := b.texts(pages[0].ID)
	s.holds(text, "parcel-after", "In Kyiv", "secret comment", "comment", "bill.pdf", "Olga (operator)", evil)
	s.lacks(text, "edited: ")
	before := b.Blocks(pages[0].ID)
	s.post(thread, mirrorID, "one more")
	_, err := s.tg.Edit(groupID, question.ID, "Where is my parcel now?")
	s.must(err)
	s.settle()
	s.post(thread, olgaID, "/transcript notion")
	s.eventually("the second export", func() bool { return strings.Count(b.texts(pages[0].ID), "one more") == 1 })
	s.idle()
	after := b.Blocks(pages[0].ID)
	for i := range before {
		if after[i] != before[i] {
			t.Errorf("block %d has changed", i)
		}
	}
	text = b.texts(pages[0].ID)
	if n := strings.Count(text, "edited: Where is my parcel now?"); n != 1 {
		t.Errorf("%d edits in:\n%s", n, text)
	}
	if n := strings.Count(text, "\nWhere is my parcel-after?"); n != 1 {
		t.Errorf("%d former texts", n)
	}
}

// TestTranscriptNotionInterrupted: requests lost before and after their effect, a refusal
// and a restart in the middle: each message stands there once, in its order, and the
// operator reads one answer.
func TestTranscriptNotionInterrupted(t *testing.T) {
	t.Parallel()
	s, b := boardStage(t, ", transcript: page")
	thread := s.topic(11, "Ann")
	const lines = 260
	for i := range lines {
		s.post(thread, mirrorID, fmt.Sprintf("line %03d.", i))
	}
	s.settle()
	b.Fail("blocks.children.append", notiontest.Fault{After: true, Close: true})
	b.Fail("blocks.children.append", notiontest.Fault{Status: 429, RetryAfter: 1})
	b.Fail("blocks.children.append", notiontest.Fault{Hang: 2 * time.Second, Times: -1})
	s.post(thread, olgaID, "/transcript notion")
	s.eventually("in the middle", func() bool { return b.Requests()["blocks.children.append"] >= 3 })
	s.stop()
	b.ClearFaults()
	s.start()
	s.last(thread, "Transcript in Notion: ")
	s.redeliverAll()
	if n := len(s.ours(thread)); n != 1 {
		t.Errorf("%d answers", n)
	}
	cards := b.Pages(b.source)
	if len(cards) != 1 {
		t.Fatalf("cards: %+v", cards)
	}
	pages := b.Pages(cards[0].ID)
	if len(pages) != 1 {
		t.Fatalf("pages below the card: %+v", pages)
	}
	s.holds(s.ours(thread)[0].Text, pages[0].URL, fmt.Sprintf(": %d messages added", len(b.Blocks(pages[0].ID))))
	next := 0
	for line := range strings.Lines(b.texts(pages[0].ID)) {
		var n int
		if _, err := fmt.Sscanf(strings.TrimSpace(line), "line %d.", &n); err != nil {
			continue
		}
		if n != next {
			t.Fatalf("line %d where %d is due", n, next)
		}
		next++
	}
	if next != lines {
		t.Errorf("%d lines, want %d", next, lines)
	}
}
