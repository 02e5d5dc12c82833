package telegram_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"topicpilot/integrations/telegram"
	"topicpilot/topics"
)

// administrators and members answer from the fixture who belongs to the group.
type administrators []int64

func (a administrators) IsAdministrator(_ context.Context, _, user int64) (bool, error) {
	return slices.Contains(a, user), nil
}
func (administrators) Forget(int64) {}

type members []int64

func (m members) IsMember(_ context.Context, _, user int64) (bool, error) {
	return slices.Contains(m, user), nil
}
func (members) Forget(_, _ int64) {}

type speakFixture struct {
	Group struct {
		Source    topics.Source `json:"source"`
		SenderIDs []int64       `json:"sender_ids"`
		ReplyOnly bool          `json:"reply_only"`
		Mark      string        `json:"comment_mark"`
		Operators any           `json:"operators"`
		Admins    any           `json:"admins"`
	} `json:"group"`
	Administrators []int64         `json:"administrators"`
	Members        []int64         `json:"members"`
	Update         json.RawMessage `json:"update"`
}

func who(v any) topics.Who {
	switch v := v.(type) {
	case string:
		return topics.Who{Administrators: v == "administrators", Members: v == "members"}
	case []any:
		var ids []int64
		for _, id := range v {
			ids = append(ids, int64(id.(float64)))
		}
		return topics.Who{IDs: ids}
	}
	return topics.Who{}
}

// TestWhoSpeaks holds docs/who-speaks.md to its word: each row is decided as it says,
// from the raw update of the row's fixture.
func TestWhoSpeaks(t *testing.T) {
	rows := tableOf(t, "../../docs/who-speaks.md")
	files, err := filepath.Glob("testdata/who-speaks/*.json")
	if err != nil || len(files) != len(rows) {
		t.Fatalf("%d fixtures (%v) for %d rows; every row needs one of its name", len(files), err, len(rows))
	}
	for _, row := range rows {
		name, author, kind, runs := row[0], row[2], row[3], row[4]
		t.Run(name, func(t *testing.T) {
			fixture := readFixture(t, name)
			group := &topics.Group{
				ID: -1001234567890,
				Mirror: topics.Mirror{
					Source: fixture.Group.Source, SenderIDs: fixture.Group.SenderIDs,
					CommentMark: cmp.Or(fixture.Group.Mark, "/ "), ReplyOnly: fixture.Group.ReplyOnly,
				},
				Operators: who(fixture.Group.Operators), Admins: who(fixture.Group.Admins),
			}
			update, err := telegram.Decode(fixture.Update)
			if err != nil || update.Message == nil {
				t.Fatalf("decode: %v, message %v", err, update.Message)
			}
			speakers := topics.Speakers{
				Administrators: administrators(fixture.Administrators),
				Members:        members(fixture.Members), SelfID: 1000,
			}
			got, err := speakers.Of(t.Context(), group, update.Message)
			if err != nil {
				t.Fatal(err)
			}
			mayRun := "no"
			if got.Commands && got.Role > topics.RoleNone {
				mayRun = "yes"
			}
			if string(got.Author.Kind) != author || string(got.Kind) != kind || mayRun != runs {
				t.Errorf("got author %s, kind %s, runs %s; the table says %s, %s, %s",
					got.Author.Kind, got.Kind, mayRun, author, kind, runs)
			}
			checkDetails(t, name, update.Message)
		})
	}
}

// checkDetails pins what the row's note says of the decoded message.
func checkDetails(t *testing.T, name string, msg *topics.Incoming) {
	t.Helper()
	inTopic := !slices.Contains([]string{"operator-general", "reply-thread", "channel-linked"}, name)
	if inTopic != (msg.ThreadID == 42) {
		t.Errorf("thread %d; in a topic: %v", msg.ThreadID, inTopic)
	}
	reply := slices.Contains([]string{"operator-reply", "reply-only-reply", "reply-only-colleague", "reply-thread"}, name)
	if reply != (msg.ReplyTo != nil) {
		t.Errorf("reply %v; a person's reply: %v", msg.ReplyTo, reply)
	}
	switch name {
	case "operator-album":
		if msg.AlbumID != "123" || len(msg.Media) != 1 || msg.Media[0].FileUniqueID != "b" {
			t.Errorf("album %q, media %+v; want the largest size of album 123", msg.AlbumID, msg.Media)
		}
	case "operator-empty":
		if len(msg.Media) != 1 || msg.Media[0].Kind != "unsupported" {
			t.Errorf("media %+v, want unsupported", msg.Media)
		}
	case "service-created":
		if msg.Service.Kind != topics.TopicCreated || msg.Service.Title != "John Doe" {
			t.Errorf("service %+v", msg.Service)
		}
	case "service-renamed", "service-own":
		if msg.Service.Kind != topics.TopicRenamed || msg.Service.Title != "John D." {
			t.Errorf("service %+v", msg.Service)
		}
	}
}

// TestWhoSpeaksFailsClosed: where Telegram cannot be asked, nothing is decided.
func TestWhoSpeaksFailsClosed(t *testing.T) {
	fixture := readFixture(t, "operator-command")
	update, err := telegram.Decode(fixture.Update)
	if err != nil {
		t.Fatal(err)
	}
	group := &topics.Group{
		ID: -1001234567890, Operators: topics.Who{Administrators: true},
		Mirror: topics.Mirror{Source: topics.SourceAccount, SenderIDs: []int64{5555}, CommentMark: "/ "},
	}
	speakers := topics.Speakers{Administrators: unreachable{}, SelfID: 1000}
	if got, err := speakers.Of(t.Context(), group, update.Message); err == nil || got.Role != topics.RoleNone {
		t.Errorf("got %+v, %v; want an error and no role", got, err)
	}
}

type unreachable struct{ administrators }

func (unreachable) IsAdministrator(context.Context, int64, int64) (bool, error) {
	return false, errors.New("no answer")
}

func readFixture(t *testing.T, name string) speakFixture {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata/who-speaks", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var fixture speakFixture
	if err := json.Unmarshal(raw, &fixture); err != nil {
		t.Fatal(err)
	}
	return fixture
}

// tableOf reads the rows of the only table of a document.
func tableOf(t *testing.T, file string) [][]string {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var rows [][]string
	for line := range strings.Lines(string(raw)) {
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| case") {
			continue
		}
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		rows = append(rows, cells)
	}
	if len(rows) < 30 {
		t.Fatalf("only %d rows in %s", len(rows), file)
	}
	return rows
}
