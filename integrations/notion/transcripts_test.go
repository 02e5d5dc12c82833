package notion_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"topicpilot/integrations/notion"
	"topicpilot/integrations/notion/notiontest"
	"topicpilot/topics"
)

var (
	conv  = topics.Conversation{ChatID: -1002101424779, ThreadID: 5343}
	start = time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)
)

func talk(id int64, text string) topics.Message {
	return topics.Message{
		Conversation: conv, ID: id, Date: start.Add(time.Duration(id) * time.Second), Kind: topics.MessageTalk,
		Author: topics.Author{Kind: topics.AuthorCustomer, ID: 7, Name: "Ann"}, Text: topics.Plain(text),
	}
}

// room is a stage with a page to write to.
type room struct {
	*stage
	store *memory
	page  string
}

func newRoom(t *testing.T, opt notiontest.Options, change ...func(*notion.Options)) *room {
	t.Helper()
	s := newStage(t, opt, change...)
	return &room{stage: s, store: &memory{}, page: s.server.AddPage(s.source, map[string]string{"Name": "Ann"})}
}

func (r *room) export(t *testing.T, change ...func(*notion.ExportRequest)) (notion.ExportResult, error) {
	t.Helper()
	req := notion.ExportRequest{Conversation: conv, PageID: r.page, Internal: true}
	for _, c := range change {
		c(&req)
	}
	service := &notion.Transcripts{Client: r.client, Store: r.store}
	return service.Export(t.Context(), req, nil)
}

func (r *room) must(t *testing.T, change ...func(*notion.ExportRequest)) notion.ExportResult {
	t.Helper()
	result, err := r.export(t, change...)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func (r *room) texts() []string {
	var list []string
	for _, b := range r.server.Blocks(r.page) {
		list = append(list, b.Text)
	}
	return list
}

// TestTranscriptPeople: the customer's own name stands where the mirror's account posted, and
// Telegram's own lines are in the words that were given.
func TestTranscriptPeople(t *testing.T) {
	r := newRoom(t, notiontest.Options{})
	relayed, answer, created, reply := talk(2, "hello"), talk(3, "yes?"), talk(1, ""), talk(4, "what is that")
	relayed.Author.Name = "Aurora relay"
	answer.Author = topics.Author{Kind: topics.AuthorOperator, ID: 9, Name: "Olga"}
	created.Author, created.Kind = topics.Author{Kind: topics.AuthorService, ID: 7, Name: "Olga"}, topics.MessageService
	created.Media = []topics.Media{{Kind: "topic_created", Note: "Ann"}}
	reply.Author, reply.ReplyTo = answer.Author, 1
	for _, m := range []topics.Message{relayed, answer, created, reply} {
		r.store.add(m)
	}
	page := func(customer *topics.Customer, event func(topics.Media) string) []string {
		r.page = r.server.AddPage(r.source, map[string]string{"Name": "Ann"})
		r.must(t, func(q *notion.ExportRequest) { q.Customer, q.Labels.Event = customer, event })
		var list []string
		for _, text := range r.texts() {
			_, said, _ := strings.Cut(text, " UTC · ")
			list = append(list, said)
		}
		return list
	}
	words := func(m topics.Media) string { return "A topic named\n" + m.Note }
	want := []string{
		"Olga (Telegram)\n— A topic named Ann", "Ann Lee (customer)\nhello", "Olga (operator)\nyes?",
		"Olga (operator)\n↪ — A topic named Ann\nwhat is that",
	}
	ann := &topics.Customer{ID: 987654321, FirstName: "Ann", LastName: "Lee", Username: "annlee"}
	if diff := cmp.Diff(want, page(ann, words)); diff != "" {
		t.Error(diff)
	}
	want[0], want[1] = "Olga (Telegram)\n— topic_created: Ann", "Aurora relay (customer)\nhello"
	want[3] = "Olga (operator)\n↪ — topic_created: Ann\nwhat is that"
	if diff := cmp.Diff(want, page(nil, nil)); diff != "" {
		t.Error(diff)
	}
	want[1] = "@annlee (customer)\nhello"
	if diff := cmp.Diff(want[1], page(&topics.Customer{ID: 1, Username: "annlee"}, nil)[1]); diff != "" {
		t.Error(diff)
	}
	want[1] = "customer\nhello"
	if diff := cmp.Diff(want[1], page(&topics.Customer{ID: 1}, nil)[1]); diff != "" {
		t.Error(diff)
	}
}

// TestTranscript: what a page shows of each kind of message.
func TestTranscript(t *testing.T) {
	r := newRoom(t, notiontest.Options{})
	hello := talk(1, "hello bold link")
	hello.Text.Entities = []topics.Entity{
		{Type: "bold", Offset: 6, Length: 4},
		{Type: "text_link", Offset: 11, Length: 4, URL: "https://example.com/x"},
	}
	answer := talk(2, "we look into it")
	answer.Author, answer.ReplyTo = topics.Author{Kind: topics.AuthorOperator, ID: 9, Name: "Olga"}, 1
	note := talk(3, "/ angry")
	note.Author, note.Kind = answer.Author, topics.MessageComment
	photo := talk(4, "")
	photo.AlbumID = "a"
	photo.Media = []topics.Media{
		{Kind: "photo", FileName: "receipt.jpg", Size: 12 << 10}, {Kind: "location", Note: "1.0, 2.0"},
	}
	own := talk(5, "/ card made")
	own.Author.Kind, own.Author.Name, own.Kind = topics.AuthorSelf, "topicpilot", topics.MessageComment
	told := talk(6, "Your tariff is active") // by an operator, through us
	told.Author = own.Author
	for _, m := range []topics.Message{hello, answer, note, photo, own, told} {
		r.store.add(m)
	}
	if got := r.must(t); got != (notion.ExportResult{Added: 6}) {
		t.Errorf("%+v", got)
	}
	want := []string{
		"2026-03-01 09:30:01 UTC · Ann (customer)\nhello bold link",
		"2026-03-01 09:30:02 UTC · Olga (operator)\n↪ hello bold link\nwe look into it",
		"2026-03-01 09:30:03 UTC · Olga (operator) · comment\n/ angry",
		"2026-03-01 09:30:04 UTC · Ann (customer) · album\n📎 receipt.jpg (photo, 12 KB)\n📎 location: 1.0, 2.0",
		"2026-03-01 09:30:05 UTC · topicpilot (assistant) · comment\n/ card made",
		"2026-03-01 09:30:06 UTC · topicpilot (assistant)\nYour tariff is active",
	}
	if diff := cmp.Diff(want, r.texts()); diff != "" {
		t.Error(diff)
	}
	if len(r.store.blocks) != len(want) {
		t.Errorf("%d ids of blocks kept", len(r.store.blocks))
	}

	if got := r.must(t); got != (notion.ExportResult{}) || len(r.texts()) != len(want) {
		t.Errorf("nothing new: %+v", got)
	}
	r.store.edit(1, "hello again")
	r.store.add(talk(7, "new one"))
	german := func(q *notion.ExportRequest) { q.Labels.Edited = "geändert" }
	if got := r.must(t, german); got != (notion.ExportResult{Added: 1, Edited: 1}) {
		t.Errorf("%+v", got)
	}
	want = append(want, "2026-03-01 09:30:07 UTC · Ann (customer)\nnew one",
		"2026-03-01 09:30:01 UTC · Ann (customer)\ngeändert: hello again")
	if diff := cmp.Diff(want, r.texts()); diff != "" {
		t.Error(diff)
	}

	// Another page: all of it once more, as it is now, without what is internal. What the
	// customer was told is not.
	r.page = r.server.AddPage(r.source, map[string]string{"Name": "Ann II"})
	public := func(q *notion.ExportRequest) { q.Internal = false }
	if got := r.must(t, public); got != (notion.ExportResult{Added: 5}) {
		t.Errorf("%+v %q", got, r.texts())
	}
}

// TestImportedLater: messages with small ids that come later are not passed over.
func TestImportedLater(t *testing.T) {
	r := newRoom(t, notiontest.Options{})
	r.store.add(talk(100, "m100"))
	r.must(t)
	r.store.add(talk(1, "m1"))
	r.store.add(talk(50, "m50"))
	if got := r.must(t); got.Added != 2 || len(r.texts()) != 3 {
		t.Errorf("%+v %q", got, r.texts())
	}
}

// TestHugeMessages: whatever a message holds, it fits into one request.
func TestHugeMessages(t *testing.T) {
	r := newRoom(t, notiontest.Options{})
	for i, unit := range []string{"a", `"`, "\u2028", "語", "😀", "\x01", "a\n"} {
		m := talk(int64(i+1), strings.Repeat(unit, 1<<20/len(unit)))
		for n := range 2000 {
			m.Text.Entities = append(m.Text.Entities, topics.Entity{
				Type: "text_link", Offset: n * 3, Length: 2, URL: "https://example.com/" + strings.Repeat("ü", 1000),
			})
		}
		for range 100 {
			m.Media = append(m.Media, topics.Media{Kind: "document", FileName: strings.Repeat("語", 1000)})
		}
		m.Author.Name = strings.Repeat("語", 5000)
		r.store.add(m)
	}
	if got := r.must(t); got.Added != 7 {
		t.Errorf("%+v", got)
	}
}

// TestRefusedLink: a link that Notion does not take costs the link, not the transcript.
func TestRefusedLink(t *testing.T) {
	r := newRoom(t, notiontest.Options{})
	m := talk(1, "look here")
	m.Text.Entities = []topics.Entity{{Type: "text_link", Offset: 5, Length: 4, URL: "https://example.com"}}
	r.store.add(m)
	r.server.Fail("blocks.children.append", notiontest.Fault{Status: 400})
	if got := r.must(t); got.Added != 1 || len(r.texts()) != 1 {
		t.Errorf("%+v %q", got, r.texts())
	}
}

func TestPageGone(t *testing.T) {
	r := newRoom(t, notiontest.Options{})
	r.store.add(talk(1, "m"))
	r.server.SetArchived(r.page, true)
	if _, err := r.export(t); outcome(err) != "archived" {
		t.Error(err)
	}
	r.server.DeletePage(r.page)
	if _, err := r.export(t); outcome(err) != "not_found" {
		t.Error(err)
	}
}

var errKilled = errors.New("killed")

// chaos interrupts: answers are lost before or after they took effect, Notion asks for
// pauses or fails, and the process dies at a write of the store.
type chaos struct {
	mu     sync.Mutex
	script []int
}

func (c *chaos) play(script []int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.script = script
}

// strike takes the next of the script, 0 for no trouble.
func (c *chaos) strike() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.script) == 0 {
		return 0
	}
	kind := c.script[0]
	c.script = c.script[1:]
	return kind
}

func (c *chaos) request(string) (notiontest.Fault, bool) {
	switch c.strike() {
	case 1:
		return notiontest.Fault{Close: true}, true
	case 2:
		return notiontest.Fault{Close: true, After: true}, true
	case 3:
		return notiontest.Fault{Status: 502, After: true}, true
	case 4:
		return notiontest.Fault{Status: 500}, true
	case 5:
		return notiontest.Fault{Garbage: "{", After: true}, true
	case 6:
		return notiontest.Fault{Status: 429, RetryAfter: 1}, true
	case 7:
		return notiontest.Fault{Status: 409}, true
	}
	return notiontest.Fault{}, false
}

func (c *chaos) keep(string) error {
	if kind := c.strike(); kind > 0 && kind < 4 {
		return errKilled
	}
	return nil
}

// exactlyOnce checks that every message stands on the page once, in order.
func exactlyOnce(t rapid.TB, texts []string, want int) {
	t.Helper()
	seen := 0
	for _, text := range texts {
		_, words, _ := strings.Cut(text, "\n")
		if words == "by hand" {
			continue
		}
		if seen++; words != fmt.Sprintf("message %d", seen) {
			t.Fatalf("at place %d stands another message", seen)
		}
	}
	if seen != want {
		t.Fatalf("%d messages on the page, want %d", seen, want)
	}
}

// TestExactlyOnce: messages of two exports, interrupted at random places and gone on with by
// new clients, stand on the page once each; what people write there meanwhile changes nothing.
func TestExactlyOnce(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		opt := notiontest.Options{
			OpaqueCursors: rapid.Bool().Draw(rt, "opaque"), KeepCalls: -1,
		}
		clock := start
		r := newRoom(t, opt, func(o *notion.Options) { o.Now = func() time.Time { return clock } })
		defer r.server.Close()
		trouble := &chaos{}
		r.store.fail = trouble.keep
		r.server.SetChaos(trouble.request)
		total := 0
		sizes := []int{rapid.IntRange(1, 220).Draw(rt, "first"), rapid.IntRange(0, 110).Draw(rt, "second")}
		for _, size := range sizes {
			for range size {
				total++
				r.store.add(talk(int64(total), fmt.Sprintf("message %d", total)))
			}
			trouble.play(rapid.SliceOfN(rapid.IntRange(0, 12), 0, 40).Draw(rt, "script"))
			for tries := 0; ; tries++ {
				_, err := r.export(t)
				if err == nil {
					break
				}
				if tries > 60 {
					rt.Fatalf("never done: %v", err)
				}
				clock = clock.Add(2 * time.Second)
				if rapid.IntRange(0, 4).Draw(rt, "hand") == 0 {
					r.server.AddBlock(r.page, "\nby hand")
				}
				r.client = r.newClient(t, func(o *notion.Options) { o.Now = func() time.Time { return clock } })
			}
			exactlyOnce(rt, r.texts(), total)
		}
		if len(r.store.blocks) != total {
			rt.Fatalf("%d ids of blocks kept for %d messages", len(r.store.blocks), total)
		}
	})
}

// TestSameWords: batches that look alike are told apart by where they stand.
func TestSameWords(t *testing.T) {
	for _, opaque := range []bool{false, true} {
		r := newRoom(t, notiontest.Options{OpaqueCursors: opaque})
		for i := range 450 {
			m := talk(int64(i+1), "ok")
			m.Date = start
			r.store.add(m)
		}
		for i := range 8 {
			r.server.Fail("blocks.children.append", notiontest.Fault{Close: true, After: i%2 == 0})
			if i%4 == 0 { // and the look for it fails as well: the next run has to find out
				r.server.Fail("blocks.children.list", notiontest.Fault{Status: 403})
			}
		}
		for range 20 {
			if _, err := r.export(t); err == nil {
				break
			}
		}
		if got := r.texts(); len(got) != 450 || len(r.store.blocks) != 450 {
			t.Errorf("opaque %v: %d blocks, %d ids", opaque, len(got), len(r.store.blocks))
		}
	}
}

// TestEditsOnce: the same for edits, of which some are told in a second batch.
func TestEditsOnce(t *testing.T) {
	r := newRoom(t, notiontest.Options{})
	for i := range 230 {
		r.store.add(talk(int64(i+1), "first"))
	}
	r.must(t)
	for i := range 230 {
		r.store.edit(int64(i+1), fmt.Sprintf("now %d", i+1))
	}
	for i := range 4 {
		r.server.Fail("blocks.children.append", notiontest.Fault{Status: 502, After: i%2 == 0})
	}
	result, err := r.export(t)
	for range 9 {
		if err == nil {
			break
		}
		result, err = r.export(t)
	}
	got := r.texts()
	if err != nil || result.Edited != 230 || len(got) != 460 {
		t.Fatalf("%+v, %v, %d blocks", result, err, len(got))
	}
	for i, text := range got[230:] {
		if !strings.HasSuffix(text, fmt.Sprintf("\nedited: now %d", i+1)) {
			t.Errorf("at place %d: %q", i, text)
		}
	}
}

// TestOvertaken: of two exports of one topic only one writes.
func TestOvertaken(t *testing.T) {
	r := newRoom(t, notiontest.Options{})
	r.store.add(talk(1, "m"))
	first := true
	r.store.fail = func(string) error {
		if first {
			first = false
			r.store.kept.Version++
			r.store.kept.PageID = "another"
		}
		return nil
	}
	if _, err := r.export(t); !errors.Is(err, topics.ErrConflict) || len(r.texts()) != 0 {
		t.Errorf("%v, %d blocks", err, len(r.texts()))
	}
}

// TestProgress: what has been written is told, over interruptions too; of a later export how
// much is new.
func TestProgress(t *testing.T) {
	r := newRoom(t, notiontest.Options{})
	for i := range 250 {
		r.store.add(talk(int64(i+1), "m"))
	}
	var told []string
	tell := func(done, total int64) { told = append(told, fmt.Sprintf("%d/%d", done, total)) }
	service := &notion.Transcripts{Client: r.client, Store: r.store}
	req := notion.ExportRequest{Conversation: conv, PageID: r.page, Internal: true}
	r.store.fail = func(string) error {
		if len(told) == 1 {
			return errKilled
		}
		return nil
	}
	if _, err := service.Export(t.Context(), req, tell); !errors.Is(err, errKilled) {
		t.Fatal(err)
	}
	r.store.fail = nil
	result, err := service.Export(t.Context(), req, tell)
	if err != nil || result.Added != 250 {
		t.Errorf("%+v, %v", result, err)
	}
	for i := range 130 {
		r.store.add(talk(int64(i+251), "m"))
	}
	r.store.edit(1, "now")
	if _, err := service.Export(t.Context(), req, tell); err != nil {
		t.Error(err)
	}
	want := []string{"100/250", "200/250", "250/250", "100/130", "130/130", "130/130"}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Error(diff)
	}
}

// TestFiveThousand: 5,000 messages at once, half of the appends without an answer.
func TestFiveThousand(t *testing.T) {
	r := newRoom(t, notiontest.Options{KeepCalls: -1})
	for i := range 5000 {
		r.store.add(talk(int64(i+1), fmt.Sprintf("message %d", i+1)))
	}
	for i := range 60 {
		r.server.Fail("blocks.children.append", notiontest.Fault{Close: true, After: i%3 == 0})
	}
	tries := 0
	for ; tries < 100; tries++ {
		r.client = r.newClient(t)
		if _, err := r.export(t); err == nil {
			break
		}
	}
	exactlyOnce(t, r.texts(), 5000)
	if n := r.server.Requests()["blocks.children.append"]; tries < 10 || n != 50+40 {
		t.Errorf("%d tries, %d appends", tries, n)
	}
}
