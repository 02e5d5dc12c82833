package transcript_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"topicpilot/topics"
	"topicpilot/topics/transcript"
)

// file is the shape that is promised.
type file struct {
	GroupID    int64            `json:"group_id"`
	TopicID    int64            `json:"topic_id"`
	Title      string           `json:"title"`
	Customer   *topics.Customer `json:"customer"`
	ExportedAt time.Time        `json:"exported_at"`
	Messages   []struct {
		MessageID int64     `json:"message_id"`
		Date      time.Time `json:"date"`
		Author    struct {
			Kind string `json:"kind"`
			ID   int64  `json:"id"`
			Name string `json:"name"`
		} `json:"author"`
		Comment  bool            `json:"comment"`
		Text     string          `json:"text"`
		Entities []topics.Entity `json:"entities"`
		Media    []struct {
			Kind         string `json:"kind"`
			FileName     string `json:"file_name"`
			MIME         string `json:"mime"`
			Size         int64  `json:"size"`
			FileUniqueID string `json:"file_unique_id"`
			Note         string `json:"note"`
		} `json:"media"`
		Album   string `json:"album"`
		ReplyTo int64  `json:"reply_to"`
		Edits   []struct {
			Date time.Time `json:"date"`
			Text string    `json:"text"`
		} `json:"edits"`
	} `json:"messages"`
}

func readJSON(t fataler, text string) file {
	var f file
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&f); err != nil || decoder.More() {
		t.Fatalf("%v in %s", err, text)
	}
	return f
}

// TestJSONRoundTrip: whatever is in the messages comes back.
func TestJSONRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var list []topics.Message
		for range rapid.IntRange(0, 5).Draw(t, "messages") {
			m := topics.Message{
				Author: topics.Author{Kind: topics.AuthorOperator, ID: rapid.Int64().Draw(t, "id"), Name: hostile(t, "name")},
				Text:   hostileText(t, "text", everyEntity...), AlbumID: hostile(t, "album"),
				ReplyTo: rapid.Int64Min(0).Draw(t, "reply"), Kind: topics.MessageComment,
			}
			if rapid.Bool().Draw(t, "media") {
				m.Media = []topics.Media{{Kind: "document", FileName: hostile(t, "file"), Size: rapid.Int64().Draw(t, "size")}}
			}
			list = append(list, m)
		}
		src := said(list...)
		src.former = map[int64][]topics.Version{11: {{Date: start, Text: topics.Plain(hostile(t, "former"))}}}
		o := options(transcript.JSON)
		o.Head.Title = hostile(t, "title")
		var out bytes.Buffer
		if _, err := transcript.Write(t.Context(), &out, src, o, nil); err != nil {
			t.Fatal(err)
		}
		f := readJSON(t, out.String())
		if f.GroupID != groupID || f.TopicID != topicID || f.Title != o.Head.Title || *f.Customer != *o.Head.Customer ||
			!f.ExportedAt.Equal(o.Head.ExportedAt) || len(f.Messages) != len(list) {
			t.Fatalf("%+v", f)
		}
		for i, got := range f.Messages {
			want := src.messages[here][i]
			if got.MessageID != want.ID || !got.Date.Equal(want.Date) || got.Author.Kind != "operator" ||
				got.Author.ID != want.Author.ID || got.Author.Name != want.Author.Name || !got.Comment ||
				got.Text != want.Text.Text || got.Album != want.AlbumID || got.ReplyTo != want.ReplyTo ||
				len(got.Media) != len(want.Media) || got.Entities == nil || got.Media == nil || got.Edits == nil {
				t.Fatalf("%+v\nwant %+v", got, want)
			}
			if diff := cmp.Diff(want.Text.Entities, got.Entities, cmpopts.EquateEmpty()); diff != "" {
				t.Fatal(diff)
			}
			if len(got.Edits) > 0 && (want.ID != 11 || got.Edits[0].Text != src.former[11][0].Text.Text) {
				t.Fatalf("%+v", got.Edits)
			}
		}
	})
}

// TestJSONKinds: every author has one of the four promised kinds.
func TestJSONKinds(t *testing.T) {
	kinds := map[topics.AuthorKind]string{
		topics.AuthorCustomer: "customer", topics.AuthorOperator: "operator", topics.AuthorStranger: "operator",
		topics.AuthorAnonymous: "operator", topics.AuthorChannel: "bot", topics.AuthorBot: "bot", topics.AuthorSelf: "bot",
		topics.AuthorService: "service",
	}
	for kind, want := range kinds {
		f := readJSON(t, written(t, said(by(topics.Author{Kind: kind}, "x")), options(transcript.JSON)))
		if got := f.Messages[0].Author.Kind; got != want {
			t.Errorf("%s: %s, want %s", kind, got, want)
		}
	}
	o := options(transcript.JSON)
	o.Head.Customer = nil
	if got := written(t, said(), o); !strings.Contains(got, `"customer":null,`) {
		t.Error(got)
	}
}
