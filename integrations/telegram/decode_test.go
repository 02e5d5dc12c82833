package telegram_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"topicpilot/integrations/telegram"
	"topicpilot/topics"
)

const inTopic = `"message_id":9,"date":1700000000,` +
	`"chat":{"id":-1005,"type":"supergroup","title":"S","is_forum":true},"message_thread_id":42,"is_topic_message":true,` +
	`"from":{"id":5,"is_bot":false,"first_name":"Ann","last_name":"Lee","username":"ann","language_code":"uk"}`

func base() topics.Incoming {
	return topics.Incoming{
		Conversation: topics.Conversation{ChatID: -1005, ThreadID: 42}, ID: 9, Date: time.Unix(1700000000, 0).UTC(),
		Supergroup: true, Forum: true,
		From: &topics.Person{ID: 5, Name: "Ann Lee", Username: "ann", Language: "uk"},
	}
}

func TestDecodeMessages(t *testing.T) {
	photo := `"photo":[{"file_id":"s","file_unique_id":"us","width":10,"height":10},` +
		`{"file_id":"l","file_unique_id":"ul","width":90,"height":90,"file_size":77},` +
		`{"file_id":"m","file_unique_id":"um","width":20,"height":20}]`
	created := `"reply_to_message":{"message_id":%d,"date":1,"chat":{"id":-1005,"type":"supergroup"},` +
		`"from":{"id":8,"first_name":"B"}%s}`
	for _, c := range []struct {
		name, fields string
		want         func(*topics.Incoming)
	}{
		{
			"text", `"text":"hi 😀","entities":[{"type":"text_mention","offset":0,"length":2,"user":{"id":3,"first_name":"X"}}]`,
			func(m *topics.Incoming) {
				m.Text = topics.Text{Text: "hi 😀", Entities: []topics.Entity{{Type: "text_mention", Length: 2, UserID: 3}}}
			},
		},
		{
			"implicit reply", `"text":"a",` + fmt.Sprintf(created, 42, `,"forum_topic_created":{"name":"n","icon_color":1}`),
			func(m *topics.Incoming) { m.Text = topics.Plain("a") },
		},
		{
			"implicit reply by id", `"text":"a",` + fmt.Sprintf(created, 42, ``),
			func(m *topics.Incoming) { m.Text = topics.Plain("a") },
		},
		{"real reply", `"text":"a",` + fmt.Sprintf(created, 43, ``), func(m *topics.Incoming) {
			m.Text, m.ReplyTo = topics.Plain("a"), &topics.Reply{MessageID: 43, FromID: 8}
		}},
		{
			"album", photo + `,"media_group_id":"g","caption":"c","caption_entities":[{"type":"bold","offset":0,"length":1}]`,
			func(m *topics.Incoming) {
				m.AlbumID, m.Caption = "g", true
				m.Text = topics.Text{Text: "c", Entities: []topics.Entity{{Type: "bold", Length: 1}}}
				m.Media = []topics.Media{{Kind: "photo", FileID: "l", FileUniqueID: "ul", Size: 77}}
			},
		},
		{"animation, not its document", `"animation":{"file_id":"a","file_unique_id":"u","mime_type":"video/mp4"},` +
			`"document":{"file_id":"a","file_unique_id":"u"}`, func(m *topics.Incoming) {
			m.Media = []topics.Media{{Kind: "animation", FileID: "a", FileUniqueID: "u", MIME: "video/mp4"}}
		}},
		{
			"document", `"document":{"file_id":"a","file_unique_id":"u","file_name":"x.pdf","file_size":5}`,
			func(m *topics.Incoming) {
				m.Media = []topics.Media{{Kind: "document", FileID: "a", FileUniqueID: "u", FileName: "x.pdf", Size: 5}}
			},
		},
		{"contact", `"contact":{"phone_number":"+1","first_name":"A"}`, func(m *topics.Incoming) {
			m.Media = []topics.Media{{Kind: "contact", Note: "A +1"}}
		}},
		{"venue, not its location", `"venue":{"title":"T","address":"A","location":{"latitude":1.5,"longitude":-2}},` +
			`"location":{"latitude":1.5,"longitude":-2}`, func(m *topics.Incoming) {
			m.Media = []topics.Media{{Kind: "venue", Note: "T, A, 1.5, -2"}}
		}},
		{
			"poll", `"poll":{"id":"1","question":"Q?","options":[{"text":"a"},{"text":"b"}],"type":"regular"}`,
			func(m *topics.Incoming) { m.Media = []topics.Media{{Kind: "poll", Note: "Q?\n- a\n- b"}} },
		},
		{"nothing known", `"something_new":{"a":1}`, func(m *topics.Incoming) {
			m.Media = []topics.Media{{Kind: "unsupported"}}
		}},
		{"via, forwarded, scheduled", `"text":"a","via_bot":{"id":4,"is_bot":true,"first_name":"V"},"is_from_offline":true,` +
			`"forward_origin":{"type":"hidden_user","date":1,"sender_user_name":"H"}`, func(m *topics.Incoming) {
			m.Text, m.ViaBot, m.Forwarded, m.Scheduled = topics.Plain("a"), true, true, true
		}},
		{
			"channel", `"text":"a","is_automatic_forward":true,"sender_chat":{"id":-1009,"type":"channel","title":"C"}`,
			func(m *topics.Incoming) {
				m.Text, m.AutomaticForward = topics.Plain("a"), true
				m.SenderChatID, m.SenderChatTitle = -1009, "C"
			},
		},
		{"renamed", `"forum_topic_edited":{"name":"N"}`, func(m *topics.Incoming) {
			m.Service = &topics.Service{Kind: topics.TopicRenamed, Title: "N"}
		}},
		{"closed", `"forum_topic_closed":{}`, func(m *topics.Incoming) {
			m.Service = &topics.Service{Kind: topics.TopicClosed}
		}},
		{"reopened", `"forum_topic_reopened":{}`, func(m *topics.Incoming) {
			m.Service = &topics.Service{Kind: topics.TopicReopened}
		}},
		{"migrated", `"migrate_to_chat_id":-1007`, func(m *topics.Incoming) {
			m.Service = &topics.Service{Kind: topics.MigratedTo, ChatID: -1007}
		}},
		{"pinned", `"pinned_message":{"message_id":1,"date":0,"chat":{"id":1}}`, func(m *topics.Incoming) {
			m.Service = &topics.Service{Kind: topics.ServiceOther, Name: "pinned_message"}
		}},
		{"new title", `"new_chat_title":"x"`, func(m *topics.Incoming) {
			m.Service = &topics.Service{Kind: topics.ServiceOther, Name: "new_chat_title"}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := base()
			c.want(&want)
			got, err := telegram.Decode([]byte(`{"update_id":7,"message":{` + inTopic + `,` + c.fields + `}}`))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(topics.Update{ID: 7, Kind: "message", Message: &want}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDecodeOtherKinds(t *testing.T) {
	user := `{"id":5,"first_name":"A","is_bot":false}`
	for _, c := range []struct {
		name, raw string
		want      topics.Update
	}{
		{"callback", `{"update_id":7,"callback_query":{"id":"q","from":` + user + `,"data":"d","chat_instance":"1",` +
			`"message":{` + inTopic + `,"text":"a"}}}`, topics.Update{ID: 7, Kind: "callback_query", Callback: &topics.Callback{
			Conversation: topics.Conversation{ChatID: -1005, ThreadID: 42},
			ID:           "q", From: topics.Person{ID: 5, Name: "A"}, MessageID: 9, Data: "d",
		}}},
		{
			"callback on a message that is gone", `{"update_id":7,"callback_query":{"id":"q","from":` + user +
				`,"chat_instance":"1","message":{"message_id":9,"date":0,"chat":{"id":-1005,"type":"supergroup"}}}}`,
			topics.Update{ID: 7, Kind: "callback_query", Callback: &topics.Callback{
				Conversation: topics.Conversation{ChatID: -1005}, ID: "q", From: topics.Person{ID: 5, Name: "A"}, MessageID: 9,
			}},
		},
		{"callback of an inline message", `{"update_id":7,"callback_query":{"id":"q","from":` + user +
			`,"chat_instance":"1","inline_message_id":"i"}}`, topics.Update{
			ID: 7, Kind: "callback_query",
			Callback: &topics.Callback{ID: "q", From: topics.Person{ID: 5, Name: "A"}},
		}},
		{
			"member", `{"update_id":7,"chat_member":{"chat":{"id":-1005,"type":"supergroup"},"from":` + user + `,"date":1,` +
				`"old_chat_member":{"status":"left","user":` + user + `},` +
				`"new_chat_member":{"status":"member","user":` + user + `}}}`,
			topics.Update{ID: 7, Kind: "chat_member", Member: &topics.MemberChange{ChatID: -1005, UserID: 5, Status: "member"}},
		},
		{"unused kind", `{"update_id":7,"channel_post":{"anything":[]}}`, topics.Update{ID: 7, Kind: "channel_post"}},
		{"unknown kind", `{"update_id":7,"hologram":"x"}`, topics.Update{ID: 7, Kind: "hologram"}},
		{"no kind", `{"update_id":7}`, topics.Update{ID: 7}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := telegram.Decode([]byte(c.raw))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestDecodePoison: what cannot be decoded is hopeless, and its error names the field without
// quoting anybody.
func TestDecodePoison(t *testing.T) {
	for _, c := range []struct{ name, raw, says string }{
		{"no JSON", `{"update_id":7,"message":{"text":"SECRET"`, "no JSON"},
		{"no object", `["SECRET"]`, "no JSON object"},
		{"no id", `{"message":{"text":"SECRET"}}`, "update_id"},
		{"paid media", `{"update_id":7,"message":{` + inTopic + `,"caption":"SECRET","paid_media":` +
			`{"star_count":1,"paid_media":[{"type":"SECRET"}]}}}`, "update 7: message: cannot decode paid_media"},
		{"origin", `{"update_id":7,"message":{` + inTopic + `,"forward_origin":{"type":"SECRET"}}}`, "forward_origin"},
		{"type", `{"update_id":7,"message":{` + inTopic + `,"text":{"SECRET":1}}}`, "cannot decode text"},
		{"message", `{"update_id":7,"message":"SECRET"}`, "message: cannot decode message"},
		{"chat", `{"update_id":7,"message":{"text":"SECRET"}}`, "no chat"},
		{"two chats", `{"update_id":7,"message":{` + inTopic + `,"CHAT":{"id":-1006,"type":"supergroup"}}}`, ""},
		{"member", `{"update_id":7,"chat_member":{"chat":{"id":1},"old_chat_member":{"status":"SECRET"}}}`, "chat_member"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := telegram.Decode([]byte(c.raw))
			if err == nil && c.says == "" {
				return // one of the two may win, as long as lane and message agree
			}
			var hopeless *topics.Hopeless
			if !errors.As(err, &hopeless) || !strings.Contains(err.Error(), c.says) ||
				strings.Contains(err.Error(), "SECRET") {
				t.Errorf("got %v", err)
			}
		})
	}
}

// Of two members of one name it depends on the reader which one counts: who speaks, where
// and what must not depend on that.
func TestDecodeRefusesRepeatedMembers(t *testing.T) {
	callback := func(fields string) string {
		return `{"update_id":7,"callback_query":{"id":"q","from":{"id":1},"data":"d","message":{"date":0,"chat":{"id":-5}}` +
			fields + `}}`
	}
	message := func(fields string) string {
		return `{"update_id":7,"message":{` + inTopic + `,"text":"/info","sender_chat":{"id":3,"type":"channel"}` +
			fields + `}}`
	}
	for _, raw := range []string{message(""), callback(""), message(`,"fromage":1,"x":1,"x":2`)} {
		if _, err := telegram.Decode([]byte(raw)); err != nil {
			t.Errorf("%s: %v", raw, err)
		}
	}
	for _, raw := range []string{
		message(`,"from":{"id":77}`), message(`,"From":{"id":77}`), message(`,"fr\u006fm":{"id":77}`),
		message(`,"chat":{"type":"supergroup"}`), message(`,"sender_chat":{"id":4}`), message(`,"TEXT":"other"`),
		message(`,"message_id":10`), message(`,"message_thread_id":42`), message(`,"meſſage_id":10`),
		callback(`,"from":{"id":77}`), callback(`,"message":{"date":0,"chat":{"id":-5}}`), callback(`,"data":"e"`),
	} {
		_, err := telegram.Decode([]byte(raw))
		if hopeless := (*topics.Hopeless)(nil); !errors.As(err, &hopeless) || !strings.Contains(err.Error(), "twice") {
			t.Errorf("%s: %v", raw, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"update_id":7,"message":{` + inTopic + `,"text":"a"}}`))
	f.Add([]byte(`{"update_id":7,"message":{` + inTopic + `,"photo":[{"file_id":"a"}],` +
		`"reply_to_message":{"message_id":1}}}`))
	f.Add([]byte(`{"update_id":7,"callback_query":{"id":"q","from":{"id":1},"message":{"date":0,"chat":{"id":-5}}}}`))
	f.Add([]byte(`{"update_id":7,"my_chat_member":{"chat":{"id":1},"old_chat_member":{"status":"left"},` +
		`"new_chat_member":{"status":"member","user":{"id":3}}}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		update, err := telegram.Decode(raw)
		var hopeless *topics.Hopeless
		if err != nil && !errors.As(err, &hopeless) {
			t.Fatalf("error is not final: %v", err)
		}
		if err != nil {
			return
		}
		if _, conv := telegram.Route(1, raw); conv != update.Conversation() {
			t.Fatalf("routed to %v, decoded for %v", conv, update.Conversation())
		}
		if !json.Valid(raw) {
			t.Fatal("decoded what is no JSON")
		}
	})
}

func BenchmarkRoute(b *testing.B) {
	raw := []byte(`{"update_id":7,"message":{` + inTopic + `,"text":"/info","entities":[]}}`)
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if key, _ := telegram.Route(1, raw); key != "1:7" {
			b.Fatal(key)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	raw := []byte(`{"update_id":7,"message":{` + inTopic + `,"text":"/info","entities":[]}}`)
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := telegram.Decode(raw); err != nil {
			b.Fatal(err)
		}
	}
}
