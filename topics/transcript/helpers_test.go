package transcript_test

import (
	"bytes"
	"context"
	"slices"
	"testing"
	"time"

	"topicpilot/topics"
	"topicpilot/topics/transcript"
)

const (
	groupID = -1002101424779
	topicID = 5343
)

var (
	here  = topics.Conversation{ChatID: groupID, ThreadID: topicID}
	start = time.Date(2026, 7, 25, 12, 3, 0, 0, time.UTC)

	ann  = topics.Author{Kind: topics.AuthorCustomer, ID: 5555, Name: "Ann"}
	olga = topics.Author{Kind: topics.AuthorOperator, ID: 42, Name: "Olga Petrova", Username: "olga_p"}
	// relay is the account by which the mirror posts what customers write.
	relay = topics.Author{Kind: topics.AuthorCustomer, ID: 5555, Name: "Aurora relay", Username: "aurora_relay"}
	self  = topics.Author{Kind: topics.AuthorSelf, ID: 1, Name: "Pilot"}
)

// memory is a Source made of lists; they have to be sorted.
type memory struct {
	messages map[topics.Conversation][]topics.Message
	former   map[int64][]topics.Version
	// most is the longest page that was asked for.
	most int
}

func (m *memory) Messages(
	_ context.Context, conv topics.Conversation, after int64, limit int,
) ([]topics.Message, error) {
	m.most = max(m.most, limit)
	list := m.messages[conv]
	from, _ := slices.BinarySearchFunc(list, after+1, func(m topics.Message, id int64) int { return int(m.ID - id) })
	return slices.Clone(list[from:min(from+limit, len(list))]), nil
}

func (m *memory) VersionsBetween(
	_ context.Context, _ topics.Conversation, first, last int64,
) (map[int64][]topics.Version, error) {
	found := map[int64][]topics.Version{}
	for id, list := range m.former {
		if id >= first && id <= last {
			found[id] = list
		}
	}
	return found, nil
}

func (m *memory) Extent(_ context.Context, conv topics.Conversation) (topics.Extent, error) {
	return topics.Extent{Messages: int64(len(m.messages[conv]))}, nil
}

// said makes a Source of messages: ids from 11 on where they have none, a minute apart.
func said(list ...topics.Message) *memory {
	for i := range list {
		m := &list[i]
		m.Conversation = here
		if m.ID == 0 {
			m.ID = int64(i) + 11
		}
		if m.Date.IsZero() {
			m.Date = start.Add(time.Duration(i) * time.Minute)
		}
		if m.Kind == "" {
			m.Kind = topics.MessageTalk
		}
	}
	return &memory{messages: map[topics.Conversation][]topics.Message{here: list}}
}

func by(author topics.Author, text string) topics.Message {
	return topics.Message{Author: author, Text: topics.Plain(text)}
}

func options(format transcript.Format) transcript.Options {
	return transcript.Options{
		Format: format, Comments: true,
		Head: transcript.Head{
			GroupID: groupID, TopicID: topicID, Title: "Ann <VIP>",
			Customer: &topics.Customer{
				ID: 987654321, Name: "Ann Lee", FirstName: "Ann", LastName: "Lee", Username: "annlee", Phone: "+12125550123",
			},
			ExportedAt: start.Add(48 * time.Hour),
		},
	}
}

// written is the file of a source.
func written(t testing.TB, src transcript.Source, o transcript.Options) string {
	t.Helper()
	var out bytes.Buffer
	if _, err := transcript.Write(t.Context(), &out, src, o, nil); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// scene holds everything that a topic may hold.
func scene() *memory {
	bold := topics.Entity{Type: "bold", Offset: 3, Length: 5}
	link := topics.Entity{Type: "text_link", Offset: 0, Length: 2, URL: "https://x.example/?a=1&b=2"}
	photo := func(id string) []topics.Media {
		return []topics.Media{{Kind: "photo", FileUniqueID: id, Size: 123456}}
	}
	telegram := topics.Author{Kind: topics.AuthorService, ID: 42, Name: "Olga Petrova"}
	created := []topics.Media{{Kind: string(topics.TopicCreated), Note: "Ann <VIP>"}}
	list := []topics.Message{
		{Author: telegram, Kind: topics.MessageService, Media: created},
		{Author: relay, Text: topics.Text{Text: "😀 hello", Entities: []topics.Entity{bold, link}}},
		{Author: olga, Text: topics.Plain("In Kyiv <b>now</b> & later"), ReplyTo: 12, EditDate: start.Add(time.Hour)},
		{Author: olga, Text: topics.Plain("/ call him back"), Kind: topics.MessageComment},
		{Author: olga, Text: topics.Plain("/info"), Kind: topics.MessageCommand},
		{Author: self, Text: topics.Plain("/ Ann · ID: 987654321"), Kind: topics.MessageComment},
		{Author: relay, Text: topics.Plain("my screen"), Media: photo("p1"), AlbumID: "album-1"},
		{Author: relay, Media: photo("p2"), AlbumID: "album-1"},
		{Author: olga, Media: []topics.Media{{
			Kind: "document", FileName: "invoice.pdf", MIME: "application/pdf", Size: 1_250_000, FileUniqueID: "d1",
		}}, Forwarded: true},
		{Author: relay, Media: []topics.Media{{Kind: "location", Note: "50.45, 30.52"}}, Date: start.Add(26 * time.Hour)},
		{Author: relay, Text: topics.Text{
			Text:     "run\nrm -rf `x`\nnow",
			Entities: []topics.Entity{{Type: "pre", Offset: 4, Length: 10, Language: "sh"}},
		}, Date: start.Add(27 * time.Hour)},
		{Author: self, Text: topics.Plain("Your tariff is active"), Date: start.Add(28 * time.Hour)},
	}
	src := said(list...)
	src.former = map[int64][]topics.Version{
		13: {{Date: start.Add(2 * time.Minute), Text: topics.Plain("In Lviv")}},
	}
	return src
}
