package telegram_test

import (
	"strings"
	"testing"

	"topicpilot/integrations/telegram"
	"topicpilot/topics"
)

func TestRoute(t *testing.T) {
	in := func(chat, thread int64) topics.Conversation {
		return topics.Conversation{ChatID: chat, ThreadID: thread}
	}
	topicMessage := `{"message_id":9,"chat":{"title":"a \"}{\" b","id":-1005},` +
		`"message_thread_id":42,"is_topic_message":true}`
	for _, c := range []struct {
		name, raw, key string
		conv           topics.Conversation
	}{
		{"topic", `{"update_id":7,"message":` + topicMessage + `}`, "1:7", in(-1005, 42)},
		{"edited", `{"edited_message":` + topicMessage + `,"update_id":7}`, "1:7", in(-1005, 42)},
		{"callback", `{"update_id":7,"callback_query":{"id":"1","message":` + topicMessage + `}}`, "1:7", in(-1005, 42)},
		{
			"reply thread", `{"update_id":7,"message":{"message_thread_id":42,"chat":{"id":-1005}}}`, "1:7", in(-1005, 0),
		},
		{
			"general", `{"update_id":7,"message":{"message_thread_id":1,"is_topic_message":true,"chat":{"id":-1005}}}`,
			"1:7", in(-1005, 0),
		},
		{
			"the chat of an answered message is not ours",
			`{"update_id":7,"message":{"reply_to_message":{"chat":{"id":3}},"chat":{"id":-1005}}}`, "1:7", in(-1005, 0),
		},
		{
			"member", `{"update_id":7,"chat_member":{"chat":{"id":-1005},"message_thread_id":3,"is_topic_message":true}}`,
			"1:7", in(-1005, 0),
		},
		{"other kind", `{"update_id":7,"poll":{"chat":{"id":5}}}`, "1:7", in(0, 0)},
		{"kind missing", ` { "update_id" : 7 } `, "1:7", in(0, 0)},
		{"message is no object", `{"update_id":7,"message":"x"}`, "1:7", in(0, 0)},
	} {
		t.Run(c.name, func(t *testing.T) {
			key, conv := telegram.Route(1, []byte(c.raw))
			if key != c.key || conv != c.conv {
				t.Errorf("got %q, %v; want %q, %v", key, conv, c.key, c.conv)
			}
		})
	}
}

func TestRouteWithoutUpdateID(t *testing.T) {
	seen := map[string]string{}
	for _, raw := range []string{
		`{}`, `{"update_id":"7"}`, `{"update_id":1.5}`, `{"update_id":99999999999999999999}`,
		``, `7`, `"x"`, `[{}]`, `null`, `{"update_id":7`, `{"update_id"`, `{"a":}`,
	} {
		key, conv := telegram.Route(1, []byte(raw))
		if conv != (topics.Conversation{}) || !strings.HasPrefix(key, "1:x") {
			t.Errorf("%s: %q, %v", raw, key, conv)
		}
		if other, ok := seen[key]; ok {
			t.Errorf("%s and %s share the key %q", raw, other, key)
		}
		seen[key] = raw
	}
}

// nested is an update of a topic with a member that nests so deep.
func nested(depth int) string {
	return `{"update_id":7,"message":{"x":` + strings.Repeat("[", depth) + strings.Repeat("]", depth) +
		`,"chat":{"id":-1005},"message_thread_id":42,"is_topic_message":true}}`
}

// What encoding/json takes for JSON is routed, however deep it nests; deeper, it is kept.
func TestRouteNested(t *testing.T) {
	for _, depth := range []int{513, 9998, 50_000} {
		key, conv := telegram.Route(1, []byte(nested(depth)))
		if want := (topics.Conversation{ChatID: -1005, ThreadID: 42}); key != "1:7" || conv != want {
			t.Errorf("%d: key %s, conversation %v", depth, key, conv)
		}
	}
}

func FuzzRoute(f *testing.F) {
	f.Add([]byte(`{"update_id":7,"message":{"message_id":1,"date":1,"chat":{"id":-5,"type":"supergroup"}}}`))
	f.Add([]byte(`{"update_id":7,"callback_query":{"id":"a","from":{"id":1},"message":{"date":0,"chat":{"id":1}}}}`))
	f.Add([]byte(`{"a":"\"\\","update_id":-1}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		key, conv := telegram.Route(1, raw)
		if !strings.HasPrefix(key, "1:") {
			t.Fatalf("key %q", key)
		}
		if conv.ThreadID < 0 || conv.ThreadID == 1 || (conv.ThreadID != 0 && conv.ChatID == 0) {
			t.Fatalf("conversation %v", conv)
		}
	})
}
