package telegramtest_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"topicpilot/integrations/telegram/telegramtest"
)

func TestTopicCalls(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	const plain int64 = -1009
	s.must(s.AddGroup(telegramtest.Group{ID: plain, Title: "Plain"}))
	topic, gone := s.topic("name"), s.topic("gone")
	s.must(s.DeleteTopic(group, gone))
	const notModified = "Bad Request: TOPIC_NOT_MODIFIED"
	tests := []struct {
		method string
		body   obj
		want   string
	}{
		{"createForumTopic", obj{"name": "x", "icon_color": 7322096}, ""},
		{"createForumTopic", obj{"name": "x", "icon_color": 5}, "Bad Request: invalid forum topic icon color specified"},
		{"createForumTopic", obj{"name": ""}, "Bad Request: TOPIC_TITLE_EMPTY"},
		{"createForumTopic", obj{"name": "x", "chat_id": plain}, "Bad Request: the chat is not a forum"},
		{"editForumTopic", obj{"message_thread_id": topic, "name": "name"}, notModified},
		{"editForumTopic", obj{"message_thread_id": topic, "name": "new"}, ""},
		{"editForumTopic", obj{"message_thread_id": topic, "icon_custom_emoji_id": "5"}, ""},
		{"editForumTopic", obj{"message_thread_id": topic}, notModified},
		{
			"editForumTopic",
			obj{"message_thread_id": topic, "name": strings.Repeat("x", 129)},
			"Bad Request: TOPIC_TITLE_TOO_LONG",
		},
		{"editForumTopic", obj{"message_thread_id": gone, "name": "x"}, "Bad Request: TOPIC_DELETED"},
		{"editForumTopic", obj{"message_thread_id": 4242, "name": "x"}, "Bad Request: TOPIC_ID_INVALID"},
		{"reopenForumTopic", obj{"message_thread_id": topic}, notModified},
		{"closeForumTopic", obj{"message_thread_id": topic}, ""},
		{"closeForumTopic", obj{"message_thread_id": topic}, notModified},
		{"reopenForumTopic", obj{"message_thread_id": topic}, ""},
		{"deleteForumTopic", obj{"message_thread_id": topic}, ""},
		{"deleteForumTopic", obj{"message_thread_id": topic}, "Bad Request: TOPIC_ID_INVALID"},
	}
	for i, tt := range tests {
		t.Run(fmt.Sprint(i, " ", tt.method), func(t *testing.T) {
			if tt.body["chat_id"] == nil {
				tt.body["chat_id"] = group
			}
			if a := s.call(tt.method, tt.body); a.Description != tt.want {
				t.Errorf("got %q, want %q", a.Description, tt.want)
			}
		})
	}
	bot := telegramtest.Member{User: s.Bot(), Status: telegramtest.Regular}
	s.must(s.SetMember(group, bot, operator))
	theirs := s.topic("theirs")
	for method, want := range map[string]string{
		"createForumTopic": "Bad Request: not enough rights to create a topic",
		"closeForumTopic":  "Bad Request: not enough rights to manage the topic",
		"deleteForumTopic": "Bad Request: not enough rights to delete the topic",
	} {
		body := obj{"chat_id": group, "message_thread_id": theirs}
		if method == "createForumTopic" {
			body = obj{"chat_id": group, "name": "x"}
		}
		if a := s.call(method, body); a.Description != want {
			t.Errorf("%s without the right: %q", method, a.Description)
		}
	}
}

func TestTopicServiceMessages(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	topic := s.topic("name")
	s.must(s.RenameTopic(group, topic, operator, "new"))
	s.must(s.CloseTopic(group, topic, operator))
	s.must(s.ReopenTopic(group, topic, operator))
	s.must(s.DeleteTopic(group, topic))
	list := s.updates(obj{})
	if len(list) != 4 { // nobody is told of a deleted topic
		t.Fatalf("%d updates", len(list))
	}
	first := list[0].Message
	if first.ID != topic || first.Thread != topic || !first.IsTopicMessage || first.TopicCreated.Name != "name" ||
		first.ReplyTo != nil {
		t.Errorf("created: %+v", first)
	}
	if e := list[1].Message.TopicEdited; e.Name != "new" || e.IconCustomEmojiID != nil {
		t.Errorf("edited: %+v", e)
	}
	if list[2].Message.TopicClosed == nil || list[3].Message.TopicReopened == nil || list[3].Message.Thread != topic {
		t.Errorf("closed and reopened: %+v", list[2:])
	}
	if got := s.Topics(group); len(got) != 1 || !got[0].Deleted || got[0].Name != "new" {
		t.Errorf("topics %+v", got)
	}
	if len(s.Messages(group)) != 0 {
		t.Errorf("messages of the deleted topic: %+v", s.Messages(group))
	}
}

func TestMembers(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	status := func(user int64) string {
		var m struct{ Status string }
		s.must(json.Unmarshal(s.call("getChatMember", obj{"chat_id": group, "user_id": user}).Result, &m))
		return m.Status
	}
	stranger := telegramtest.User{ID: 900, FirstName: "Stranger"}
	s.AddUser(stranger)
	for _, want := range []string{
		telegramtest.Creator, telegramtest.Administrator, telegramtest.Regular, telegramtest.Restricted,
		telegramtest.Kicked, telegramtest.Left,
	} {
		s.must(s.SetMember(group, telegramtest.Member{User: stranger, Status: want, IsMember: true}, operator))
		if got := status(900); got != want { // the answer's fields are checked by the helper
			t.Errorf("status %q, want %q", got, want)
		}
	}
	a := s.call("getChatMember", obj{"chat_id": group, "user_id": 4242})
	if a.Description != "Bad Request: invalid user_id specified" {
		t.Errorf("unknown user: %q", a.Description)
	}
	for returnBots, want := range map[bool]int{false: 2, true: 3} {
		var list []json.RawMessage
		s.must(json.Unmarshal(
			s.call("getChatAdministrators", obj{"chat_id": group, "return_bots": returnBots}).Result, &list))
		if len(list) != want {
			t.Errorf("return_bots %v: %d administrators", returnBots, len(list))
		}
	}
	s.updates(obj{"offset": -1, "allowed_updates": []string{"chat_member"}})
	s.must(s.SetMember(group, telegramtest.Member{User: s.Bot(), Status: telegramtest.Regular}, operator))
	before := s.Pending()
	s.must(s.SetMember(group, telegramtest.Member{User: stranger, Status: telegramtest.Regular}, operator))
	if s.Pending() != before {
		t.Error("chat_member reaches a bot that is no administrator")
	}
	s.call("leaveChat", obj{"chat_id": group})
	if a = s.call("getChat", obj{"chat_id": group}); a.ErrorCode != 403 {
		t.Errorf("after leaving: %+v", a)
	}
}

func TestCommandMenu(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	cmd := func(name, text string) []obj { return []obj{{"command": name, "description": text}} }
	var many []obj
	for i := range 101 {
		many = append(many, obj{"command": fmt.Sprintf("c%d", i), "description": "d"})
	}
	admins := obj{"type": "chat_administrators", "chat_id": group}
	tests := []struct {
		name string
		body obj
		want string
	}{
		{"default", obj{"commands": cmd("a", "b")}, ""},
		{"a hundred", obj{"commands": many[:100], "scope": obj{"type": "all_group_chats"}}, ""},
		{"too many", obj{"commands": many}, "Bad Request: BOT_COMMANDS_TOO_MUCH"},
		{"upper case", obj{"commands": cmd("Info", "b")}, "Bad Request: BOT_COMMAND_INVALID"},
		{"long name", obj{"commands": cmd(strings.Repeat("a", 33), "b")}, "Bad Request: BOT_COMMAND_INVALID"},
		{"no description", obj{"commands": cmd("a", "")}, "Bad Request: BOT_COMMAND_DESCRIPTION_INVALID"},
		{
			"long description",
			obj{"commands": cmd("a", strings.Repeat("x", 257))},
			"Bad Request: BOT_COMMAND_DESCRIPTION_INVALID",
		},
		{"chat scope", obj{"commands": cmd("a", "b"), "scope": admins, "language_code": "uk"}, ""},
		{"member scope", obj{"commands": cmd("m", "b"), "scope": obj{
			"type": "chat_member", "chat_id": group,
			"user_id": operator,
		}}, ""},
		{
			"unknown scope",
			obj{"commands": cmd("a", "b"), "scope": obj{"type": "moon"}},
			"Bad Request: unsupported BotCommandScope type specified",
		},
		{
			"unknown chat",
			obj{"commands": cmd("a", "b"), "scope": obj{"type": "chat", "chat_id": -5}},
			"Bad Request: chat not found",
		},
		{
			"bad language",
			obj{"commands": cmd("a", "b"), "language_code": "ukr"},
			"Bad Request: invalid language code specified",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if a := s.call("setMyCommands", tt.body); a.Description != tt.want {
				t.Errorf("got %q, want %q", a.Description, tt.want)
			}
		})
	}
	if got := s.Commands("chat_administrators", group, "uk"); len(got) != 1 || got[0].Command != "a" {
		t.Errorf("menu %+v", got)
	}
	s.call("deleteMyCommands", obj{"scope": admins, "language_code": "uk"})
	if got := s.Commands("chat_administrators", group, "uk"); got != nil {
		t.Errorf("deleted menu %+v", got)
	}
	if got := s.Commands("default", 0, ""); len(got) != 1 {
		t.Errorf("default menu %+v", got)
	}
}

func TestCallbacks(t *testing.T) {
	c := newClock()
	s := newStage(t, telegramtest.Options{Clock: c.Now})
	m := s.send(obj{"chat_id": group, "text": "x", "reply_markup": button(obj{"text": "B", "callback_data": "b"})})
	for name, press := range map[string]func() (string, error){
		"other data":   func() (string, error) { return s.Press(group, m.ID, operator, "c") },
		"no message":   func() (string, error) { return s.Press(group, 4242, operator, "b") },
		"unknown user": func() (string, error) { return s.Press(group, m.ID, 4242, "b") },
		"no such row":  func() (string, error) { return s.PressAt(group, m.ID, operator, [2]int{1, 0}) },
	} {
		if _, err := press(); err == nil {
			t.Errorf("pressed: %s", name)
		}
	}
	id, err := s.PressAt(group, m.ID, operator, [2]int{0, 0})
	s.must(err)
	q := s.updates(obj{})[0].CallbackQuery
	if q.ID != id || q.Data != "b" || q.From.ID != operator || q.Message.ID != m.ID || q.Message.ReplyMarkup == nil {
		t.Errorf("query %+v", q)
	}
	const tooOld = "Bad Request: query is too old and response timeout expired or query ID is invalid"
	if a := s.call("answerCallbackQuery", obj{"callback_query_id": id, "text": strings.Repeat("x", 201)}); a.OK {
		t.Error("201 characters accepted")
	}
	if a := s.call("answerCallbackQuery", obj{"callback_query_id": id, "text": "ok"}); !a.OK {
		t.Error(a.Description)
	}
	if a := s.call("answerCallbackQuery", obj{"callback_query_id": id}); a.Description != tooOld {
		t.Errorf("second answer: %q", a.Description)
	}
	late, err := s.Press(group, m.ID, operator, "b")
	s.must(err)
	c.now = c.now.Add(2 * time.Minute)
	if a := s.call("answerCallbackQuery", obj{"callback_query_id": late}); a.Description != tooOld {
		t.Errorf("late answer: %q", a.Description)
	}
	if _, ok := s.Answer(late); ok {
		t.Error("the late answer was recorded")
	}
}
