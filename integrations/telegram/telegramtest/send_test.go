package telegramtest_test

import (
	"maps"
	"strings"
	"testing"

	"topicpilot/integrations/telegram/telegramtest"
)

const threadNotFound = "Bad Request: message thread not found"

func button(fields obj) obj { return obj{"inline_keyboard": [][]obj{{fields}}} }

func entity(kind string, offset, length int) []obj {
	return []obj{{"type": kind, "offset": offset, "length": length}}
}

// TestSendMessageRefusals holds one row for each rule sendMessage refuses by; ok rows are the limits.
func TestSendMessageRefusals(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	open, gone, rootless := s.topic("open"), s.topic("gone"), s.topic("rootless")
	s.must(s.DeleteTopic(group, gone))
	s.must(s.Delete(group, rootless))
	there := s.post(telegramtest.Post{Thread: open, Text: "hi there"})
	long := strings.Repeat("😀", 2048)
	tests := []struct {
		name string
		set  obj
		want string // "" means accepted
	}{
		{"plain", obj{}, ""},
		{"text of 4096 units", obj{"text": long}, ""},
		{"text of 4097 units", obj{"text": long + "x"}, "Bad Request: message is too long"},
		{"spaces around do not count", obj{"text": "  " + long + "\n"}, ""},
		{"empty text", obj{"text": ""}, "Bad Request: message text is empty"},
		{"white space only", obj{"text": " \n\t "}, "Bad Request: message text is empty"},
		{"parse mode", obj{"parse_mode": "HTML"}, `Bad Request: parse_mode "HTML" is not simulated: send entities`},
		{"unknown chat", obj{"chat_id": -5}, "Bad Request: chat not found"},
		{"unknown name", obj{"chat_id": "@nobody"}, "Bad Request: chat not found"},
		{"thread", obj{"message_thread_id": open}, ""},
		{"thread 1 is not General", obj{"message_thread_id": 1}, threadNotFound},
		{"unknown thread", obj{"message_thread_id": 99999}, threadNotFound},
		{"deleted thread", obj{"message_thread_id": gone}, threadNotFound},
		{"thread without its first message", obj{"message_thread_id": rootless}, threadNotFound},
		{"entity", obj{"entities": entity("bold", 0, 5)}, ""},
		{
			"entity past the end",
			obj{"entities": entity("bold", 2, 5)},
			"Bad Request: entity beginning at UTF-16 offset 2 ends after the end of the text at UTF-16 offset 7",
		},
		{
			"entity starts inside a character",
			obj{"text": "😀ab", "entities": entity("bold", 1, 2)},
			"Bad Request: entity begins in a middle of a UTF-16 symbol at byte offset 1",
		},
		{
			"entity ends inside a character",
			obj{"text": "a😀b", "entities": entity("bold", 0, 2)},
			"Bad Request: entity ends in a middle of a UTF-16 symbol at byte offset 2",
		},
		{"negative offset", obj{"entities": entity("bold", -1, 2)}, "Bad Request: receive an entity with incorrect offset"},
		{"callback data of 64 bytes", obj{"reply_markup": button(obj{"text": "B", "callback_data": strings.Repeat("x",
			64)})}, ""},
		{
			"callback data of 65 bytes",
			obj{"reply_markup": button(obj{"text": "B", "callback_data": strings.Repeat("ж", 32) + "x"})},
			"Bad Request: BUTTON_DATA_INVALID",
		},
		{"copy text of 256", obj{"reply_markup": button(obj{"text": "B", "copy_text": obj{"text": strings.Repeat("x",
			256)}})}, ""},
		{
			"copy text of 257",
			obj{"reply_markup": button(obj{"text": "B", "copy_text": obj{"text": strings.Repeat("x", 257)}})},
			"Bad Request: BUTTON_COPY_TEXT_INVALID",
		},
		{"url", obj{"reply_markup": button(obj{"text": "B", "url": "https://example.com"})}, ""},
		{
			"bad url",
			obj{"reply_markup": button(obj{"text": "B", "url": "no url"})},
			"Bad Request: inline keyboard button URL 'no url' is invalid: Wrong HTTP URL",
		},
		{
			"button without action",
			obj{"reply_markup": button(obj{"text": "B"})},
			"Bad Request: can't parse inline keyboard button: text buttons are unallowed in the inline keyboard",
		},
		{
			"web app in a group",
			obj{"reply_markup": button(obj{"text": "B", "web_app": obj{"url": "https://e.com"}})},
			"Bad Request: BUTTON_TYPE_INVALID",
		},
		{"reply", obj{"reply_parameters": obj{"message_id": there.ID}}, ""},
		{
			"reply to nothing",
			obj{"reply_parameters": obj{"message_id": 9999}},
			"Bad Request: message to be replied not found",
		},
		{"reply to nothing, allowed", obj{"reply_parameters": obj{
			"message_id":                  9999,
			"allow_sending_without_reply": true,
		}}, ""},
		{"quote", obj{"reply_parameters": obj{"message_id": there.ID, "quote": "there"}}, ""},
		{
			"wrong quote",
			obj{"reply_parameters": obj{"message_id": there.ID, "quote": "where"}},
			"Bad Request: QUOTE_TEXT_INVALID",
		},
		{"ephemeral", obj{"receiver_user_id": operator}, `Bad Request: parameter "receiver_user_id" is not simulated`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			body := obj{"chat_id": group, "text": "hello"}
			maps.Copy(body, tt.set)
			a := s.call("sendMessage", body)
			if a.Description != tt.want || a.OK != (tt.want == "") {
				t.Errorf("got ok=%v %q, want %q", a.OK, a.Description, tt.want)
			}
		})
	}
	if v := s.Violations(); len(v) > 0 {
		t.Errorf("violations: %v", v)
	}
}

func TestSendMessagePlaces(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	topic, other := s.topic("one"), s.topic("two")
	there := s.post(telegramtest.Post{Thread: topic, Text: "hi"})
	const plain int64 = -1001000000002
	s.must(s.AddGroup(telegramtest.Group{ID: plain, Title: "Plain"}))
	tests := []struct {
		name               string
		body               obj
		thread, replyTo    int
		isTopic, extern    bool
		wantInGeneralChats bool
	}{
		{"no thread is General", obj{"chat_id": group}, 0, 0, false, false, true},
		{"thread 0 is General", obj{"chat_id": group, "message_thread_id": 0}, 0, 0, false, false, true},
		{"negative thread is General", obj{"chat_id": group, "message_thread_id": -7}, 0, 0, false, false, true},
		{"topic has the implicit reply", obj{"chat_id": group, "message_thread_id": topic}, topic, topic, true, false, false},
		{
			"reply in the topic",
			obj{"chat_id": group, "message_thread_id": topic, "reply_parameters": obj{"message_id": there.ID}},
			topic, there.ID, true, false, false,
		},
		{
			"reply without thread follows its target",
			obj{"chat_id": group, "reply_parameters": obj{"message_id": there.ID}},
			topic, there.ID, true, false, false,
		},
		{
			"reply from another topic is external",
			obj{"chat_id": group, "message_thread_id": other, "reply_parameters": obj{"message_id": there.ID}},
			other, 0, true, true, false,
		},
		{"no forum ignores the thread", obj{"chat_id": plain, "message_thread_id": topic}, 0, 0, false, false, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.body["text"] = "x"
			m := s.send(tt.body)
			reply := 0
			if m.ReplyTo != nil {
				reply = m.ReplyTo.ID
			}
			if m.Thread != tt.thread || m.IsTopicMessage != tt.isTopic || reply != tt.replyTo ||
				(m.ExternalReply != nil) != tt.extern {
				t.Errorf("thread %d topic %v reply %d external %v", m.Thread, m.IsTopicMessage, reply, m.ExternalReply)
			}
		})
	}
}

func TestSendMessageText(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	m := s.send(obj{"chat_id": group, "text": "\n  a b  ", "entities": entity("bold", 0, 4)})
	if m.Text != "a b" || len(m.Entities) != 1 || m.Entities[0].Offset != 0 || m.Entities[0].Length != 1 {
		t.Errorf("trimmed to %q %+v", m.Text, m.Entities)
	}
	var many []obj
	for i := range 150 {
		many = append(many, obj{"type": "bold", "offset": i, "length": 1})
	}
	if m = s.send(obj{"chat_id": group, "text": strings.Repeat("x", 150), "entities": many}); len(m.Entities) != 100 {
		t.Errorf("%d entities kept, want 100", len(m.Entities))
	}
	next := s.send(obj{"chat_id": group, "text": "y"})
	if next.ID != m.ID+1 || next.From.ID != s.Bot().ID || !next.Chat.IsForum || next.Date == 0 {
		t.Errorf("message = %+v", next)
	}
}

// TestSendAccess covers what a chat, the bot's place in it or a topic's state forbids.
func TestSendAccess(t *testing.T) {
	bot := telegramtest.User{ID: telegramtest.DefaultBotID}
	regular := telegramtest.Member{User: bot, Status: telegramtest.Regular}
	with := func(m telegramtest.Member) func(*stage) {
		return func(s *stage) { s.must(s.SetMember(group, m, operator)) }
	}
	tests := []struct {
		name    string
		prepare func(*stage)
		code    int
		want    string
	}{
		{
			"kicked", with(telegramtest.Member{User: bot, Status: telegramtest.Kicked}), 403,
			"Forbidden: bot was kicked from the supergroup chat",
		},
		{
			"left", with(telegramtest.Member{User: bot, Status: telegramtest.Left}), 403,
			"Forbidden: bot is not a member of the supergroup chat",
		},
		{
			"restricted", with(telegramtest.Member{User: bot, Status: telegramtest.Restricted, IsMember: true}), 400,
			"Bad Request: not enough rights to send text messages to the chat",
		},
		{"closed topic without the right", func(s *stage) {
			with(regular)(s)
			s.must(s.CloseTopic(group, s.Topics(group)[0].ID, operator))
		}, 400, "Bad Request: TOPIC_CLOSED"},
		{"closed topic with the right", func(s *stage) {
			s.must(s.CloseTopic(group, s.Topics(group)[0].ID, operator))
		}, 0, ""},
		{"reopened topic", func(s *stage) {
			with(regular)(s)
			s.must(s.CloseTopic(group, s.Topics(group)[0].ID, operator))
			s.must(s.ReopenTopic(group, s.Topics(group)[0].ID, operator))
		}, 0, ""},
		{
			"migrated", func(s *stage) { s.must(s.Migrate(group, -1001000000009)) }, 400,
			"Bad Request: group chat was upgraded to a supergroup chat",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newStage(t, telegramtest.Options{})
			thread := s.topic("t")
			tt.prepare(s)
			a := s.call("sendMessage", obj{"chat_id": group, "message_thread_id": thread, "text": "x"})
			if a.ErrorCode != tt.code || a.Description != tt.want {
				t.Errorf("got %d %q", a.ErrorCode, a.Description)
			}
			if tt.name != "migrated" {
				return
			}
			if a.Parameters.MigrateToChatID != -1001000000009 {
				t.Errorf("migrate_to_chat_id = %d", a.Parameters.MigrateToChatID)
			}
			m := s.send(obj{"chat_id": a.Parameters.MigrateToChatID, "message_thread_id": thread, "text": "x"})
			if m.Thread != thread {
				t.Errorf("thread after the migration = %d, want %d", m.Thread, thread)
			}
		})
	}
	t.Run("group without the right to send", func(t *testing.T) {
		s := newStage(t, telegramtest.Options{})
		s.must(s.AddGroup(telegramtest.Group{ID: -1009, NoSend: true, Members: []telegramtest.Member{regular}}))
		a := s.call("sendMessage", obj{"chat_id": -1009, "text": "x"})
		if a.Description != "Bad Request: not enough rights to send text messages to the chat" {
			t.Errorf("got %q", a.Description)
		}
	})
}
