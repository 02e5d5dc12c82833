package app_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite" // to look at the rows as they are

	"topicpilot/integrations/telegram/telegramtest"
	"topicpilot/topics"
)

// kept is one message of the transcript by its id.
func (s *stage) kept(thread int) map[int64]topics.Message {
	s.t.Helper()
	byID := map[int64]topics.Message{}
	for _, m := range s.transcript(thread) {
		byID[m.ID] = m
	}
	return byID
}

// TestTranscript: each message stands there with who wrote it and what it is.
func TestTranscript(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{BotToBot: true})
	s.start()
	s.tg.AddUser(telegramtest.User{ID: 600, IsBot: true, FirstName: "Other", Username: "other_bot"})
	thread := s.topic(11, "Ann")
	type want struct {
		author topics.AuthorKind
		kind   topics.MessageKind
		text   string
	}
	wants := map[int64]want{int64(thread): {topics.AuthorService, topics.MessageService, ""}}
	say := func(p telegramtest.Post, author topics.AuthorKind, kind topics.MessageKind) telegramtest.Message {
		t.Helper()
		p.Thread = thread
		m := s.write(p)
		wants[int64(m.ID)] = want{author, kind, p.Text}
		return m
	}
	question := say(telegramtest.Post{From: mirrorID, Text: "Where is my server? 😀"},
		topics.AuthorCustomer, topics.MessageTalk)
	say(telegramtest.Post{From: mirrorID, Text: "/info"}, topics.AuthorCustomer, topics.MessageTalk)
	say(telegramtest.Post{From: mirrorID, Text: "/ a customer's own slash"}, topics.AuthorCustomer, topics.MessageTalk)
	reply := say(telegramtest.Post{From: olgaID, Text: "In Kyiv", ReplyTo: question.ID},
		topics.AuthorOperator, topics.MessageTalk)
	say(telegramtest.Post{From: olgaID, Text: "/ call him back"}, topics.AuthorOperator, topics.MessageComment)
	say(telegramtest.Post{From: olgaID, Text: "/info"}, topics.AuthorOperator, topics.MessageCommand)
	say(telegramtest.Post{From: olgaID, Text: "/close"}, topics.AuthorOperator, topics.MessageCommand)
	say(telegramtest.Post{From: guestID, Text: "hello all"}, topics.AuthorStranger, topics.MessageTalk)
	say(telegramtest.Post{From: olgaID, Text: "we", Anonymous: true}, topics.AuthorAnonymous, topics.MessageTalk)
	say(telegramtest.Post{From: 600, Text: "beep"}, topics.AuthorBot, topics.MessageTalk)
	card := s.answers(thread, 1)[0]
	wants[int64(card.ID)] = want{topics.AuthorSelf, topics.MessageComment, card.Text}
	s.must(s.tg.RenameTopic(groupID, thread, olgaID, "Ann (VIP)"))
	s.must(s.tg.CloseTopic(groupID, thread, mirrorID))
	s.settle()
	got := s.kept(thread)
	for id, w := range wants {
		m, there := got[id]
		if !there || m.Author.Kind != w.author || m.Kind != w.kind || m.Text.Text != w.text {
			t.Errorf("message %d: %s %s %q, want %s %s %q", id, m.Author.Kind, m.Kind, m.Text.Text, w.author, w.kind, w.text)
		}
	}
	if len(got) != len(wants)+2 {
		t.Errorf("%d messages, want %d", len(got), len(wants)+2)
	}
	if m := got[int64(reply.ID)]; m.ReplyTo != int64(question.ID) || m.Author.ID != olgaID || m.Author.Name != "Olga" {
		t.Errorf("the reply: %+v", m)
	}
	if m := got[int64(question.ID)]; m.ReplyTo != 0 {
		t.Errorf("the implicit reply counts as one: %d", m.ReplyTo)
	}
	topic, err := s.db().Topic(t.Context(), conversation(thread))
	s.must(err)
	if topic.Title != "Ann (VIP)" || topic.Status != topics.TopicStatusClosed {
		t.Errorf("topic %q %s", topic.Title, topic.Status)
	}
}

// TestTranscriptContent: entities, media, albums, forwards and inline bots are kept.
func TestTranscriptContent(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{})
	s.start()
	thread := s.topic(11, "Ann")
	bold := []telegramtest.Entity{
		{Type: "bold", Offset: 3, Length: 5}, {Type: "text_link", Offset: 0, Length: 2, URL: "https://x.example/"},
	}
	text := s.write(telegramtest.Post{Thread: thread, From: mirrorID, Text: "😀 hello", Entities: bold})
	photo := s.write(telegramtest.Post{
		Thread: thread, From: mirrorID, Media: "photo", Caption: "my screen", MediaGroupID: "album-1", File: []byte("p"),
	})
	second := s.write(telegramtest.Post{Thread: thread, From: mirrorID, Media: "photo", MediaGroupID: "album-1"})
	document := s.write(telegramtest.Post{
		Thread: thread, From: olgaID, Media: "document", FileName: "invoice.pdf", File: []byte("data"),
	})
	forward := s.write(telegramtest.Post{
		Thread: thread, From: olgaID, Text: "look",
		ForwardOrigin: &telegramtest.Origin{Type: "hidden_user", SenderUserName: "X", Date: 1},
	})
	for _, kind := range []string{"video", "audio", "voice", "video_note", "animation", "sticker"} {
		s.write(telegramtest.Post{Thread: thread, From: mirrorID, Media: kind})
	}
	s.settle()
	got := s.kept(thread)
	if m := got[int64(text.ID)]; len(m.Text.Entities) != 2 || m.Text.Entities[0].Type != "bold" ||
		m.Text.Entities[0].Offset != 3 || m.Text.Entities[1].URL != "https://x.example/" {
		t.Errorf("entities: %+v", m.Text.Entities)
	}
	first := got[int64(photo.ID)]
	if first.Text.Text != "my screen" || len(first.Media) != 1 || first.Media[0].Kind != "photo" ||
		first.Media[0].FileUniqueID == "" || first.AlbumID != "album-1" || got[int64(second.ID)].AlbumID != "album-1" {
		t.Errorf("photo: %+v", first)
	}
	if m := got[int64(document.ID)]; len(m.Media) != 1 || m.Media[0].FileName != "invoice.pdf" || m.Media[0].FileID == "" {
		t.Errorf("document: %+v", m.Media)
	}
	if m := got[int64(forward.ID)]; !m.Forwarded {
		t.Error("the forward is none")
	}
	kinds := map[string]bool{}
	for _, m := range got {
		for _, media := range m.Media {
			kinds[media.Kind] = true
		}
	}
	for _, kind := range []string{"video", "audio", "voice", "video_note", "animation", "sticker"} {
		if !kinds[kind] {
			t.Errorf("no %s in the transcript", kind)
		}
	}
}

// TestTranscriptEdits: the present text stands there, former ones are versions, and the
// same edit delivered twice is one.
func TestTranscriptEdits(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{})
	s.start()
	thread := s.topic(11, "Ann")
	m := s.post(thread, mirrorID, "one")
	for _, text := range []string{"two", "three"} {
		_, err := s.tg.Edit(groupID, m.ID, text)
		s.must(err)
	}
	photo := s.write(telegramtest.Post{Thread: thread, From: mirrorID, Media: "photo", Caption: "before"})
	_, err := s.tg.Edit(groupID, photo.ID, "after")
	s.must(err)
	s.settle()
	for _, id := range s.tg.Delivered() {
		s.must(s.tg.Redeliver(id))
	}
	s.settle()
	got := s.kept(thread)
	if text := got[int64(m.ID)].Text.Text; text != "three" {
		t.Errorf("present text %q", text)
	}
	if k := got[int64(photo.ID)]; k.Text.Text != "after" || len(k.Media) != 1 {
		t.Errorf("photo: %+v", k)
	}
	versions, err := s.db().Versions(t.Context(), conversation(thread), int64(m.ID))
	s.must(err)
	var texts []string
	for _, v := range versions {
		texts = append(texts, v.Text.Text)
	}
	if strings.Join(texts, " ") != "one two" {
		t.Errorf("versions %q", texts)
	}
}

// TestTranscriptOfOurEdits: a card renewed in place keeps its former text as a version.
func TestTranscriptOfOurEdits(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{})
	s.start()
	thread := s.topic(11, "Ann")
	s.post(thread, olgaID, "/info")
	card := s.answers(thread, 1)[0]
	s.api.SetTopic(connection(), conversation(thread), infoOf(11, "Ann Smith"))
	id, err := s.tg.PressAt(groupID, card.ID, olgaID, [2]int{0, 0})
	s.must(err)
	_, err = s.tg.WaitAnswer(t.Context(), id)
	s.must(err)
	s.eventually("kept", func() bool {
		return strings.Contains(s.kept(thread)[int64(card.ID)].Text.Text, "Ann Smith")
	})
	versions, err := s.db().Versions(t.Context(), conversation(thread), int64(card.ID))
	s.must(err)
	if len(versions) != 1 || versions[0].Text.Text != card.Text {
		t.Errorf("versions: %+v", versions)
	}
}

// TestGeneralHasNoTranscript: General is no customer's talk.
func TestGeneralHasNoTranscript(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{})
	s.start()
	s.post(0, olgaID, "team talk")
	s.post(0, olgaID, "/assist")
	s.answers(0, 1)
	s.settle()
	if got := s.transcript(0); len(got) != 0 {
		t.Errorf("General has %d messages", len(got))
	}
}

// TestOneTransaction: at no moment is an update done and its message missing.
func TestOneTransaction(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{})
	s.start()
	thread := s.topic(11, "Ann")
	s.settle()
	file := filepath.Join(s.dir, "bot.db")
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=busy_timeout(5000)&_pragma=query_only(1)")
	s.must(err)
	t.Cleanup(func() { _ = db.Close() })
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	// The topic's first message and 200 more: as many rows done as messages kept.
	count := func() (done, kept int) {
		row := db.QueryRowContext(ctx, `SELECT
			(SELECT count(*) FROM items WHERE queue = 'inbox' AND state = 1 AND lane = ?),
			(SELECT count(*) FROM messages)`, conversation(thread).Lane())
		s.must(row.Scan(&done, &kept))
		return done, kept
	}
	for range 200 {
		s.post(thread, mirrorID, "line")
	}
	for done := 0; done < 201; {
		var kept int
		done, kept = count()
		if done != kept {
			t.Fatalf("%d updates are done, %d messages kept", done, kept)
		}
	}
}
