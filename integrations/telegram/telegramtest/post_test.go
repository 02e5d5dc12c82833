package telegramtest_test

import (
	"testing"

	"topicpilot/integrations/telegram/telegramtest"
)

// TestPostFields checks what each way of writing looks like to the bot.
func TestPostFields(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	topic, other := s.topic("one"), s.topic("two")
	said := s.post(telegramtest.Post{Thread: topic, Text: "said"})
	general := s.post(telegramtest.Post{Text: "general"})
	const plain int64 = -1009
	s.must(s.AddGroup(telegramtest.Group{ID: plain, Title: "Plain"}))
	root := s.post(telegramtest.Post{Chat: plain, Text: "root"})
	reply := s.post(telegramtest.Post{Chat: plain, Text: "reply", ReplyTo: root.ID})
	channel := &telegramtest.Chat{ID: -10077, Type: "channel", Title: "News"}
	tests := []struct {
		name string
		post telegramtest.Post
		ok   func(m telegramtest.Message) bool
	}{
		{"plain in a topic: implicit reply", telegramtest.Post{Thread: topic, Text: "x"}, func(m telegramtest.Message) bool {
			return m.Thread == topic && m.IsTopicMessage && m.ReplyTo.ID == topic && m.ReplyTo.TopicCreated != nil
		}},
		{
			"reply in a topic",
			telegramtest.Post{Thread: topic, Text: "x", ReplyTo: said.ID},
			func(m telegramtest.Message) bool {
				return m.Thread == topic && m.ReplyTo.ID == said.ID && m.ReplyTo.ReplyTo == nil
			},
		},
		{
			"reply across topics",
			telegramtest.Post{Thread: other, Text: "x", ReplyTo: said.ID},
			func(m telegramtest.Message) bool {
				return m.Thread == other && m.ReplyTo == nil && m.ExternalReply.MessageID == said.ID
			},
		},
		{"General", telegramtest.Post{Text: "x"}, func(m telegramtest.Message) bool {
			return m.Thread == 0 && !m.IsTopicMessage && m.ReplyTo == nil && m.Chat.IsForum
		}},
		{"reply in General", telegramtest.Post{Text: "x", ReplyTo: general.ID}, func(m telegramtest.Message) bool {
			return m.Thread == 0 && !m.IsTopicMessage && m.ReplyTo.ID == general.ID
		}},
		{
			"reply thread without topics",
			telegramtest.Post{Chat: plain, Text: "x", ReplyTo: reply.ID},
			func(m telegramtest.Message) bool {
				return m.Thread == root.ID && !m.IsTopicMessage && m.ReplyTo.ID == reply.ID
			},
		},
		{"command", telegramtest.Post{Text: "/info@Topicpilot_bot now"}, func(m telegramtest.Message) bool {
			return len(m.Entities) == 1 && m.Entities[0].Type == "bot_command" && m.Entities[0].Length == 20
		}},
		{"comment is no command", telegramtest.Post{Text: "/ note"}, func(m telegramtest.Message) bool {
			return m.Entities == nil
		}},
		{
			"album with a command in its caption",
			telegramtest.Post{Media: "photo", Caption: "/info", MediaGroupID: "7"},
			func(m telegramtest.Message) bool {
				return len(m.Photo) == 1 && m.Text == "" && m.CaptionEntities[0].Length == 5 && m.MediaGroupID == "7"
			},
		},
		{"anonymous administrator", telegramtest.Post{Text: "x", Anonymous: true}, func(m telegramtest.Message) bool {
			return m.From.ID == telegramtest.AnonymousBotID && m.From.IsBot && m.SenderChat.ID == group &&
				m.AuthorSignature == "boss"
		}},
		{"on behalf of a channel", telegramtest.Post{Text: "x", SenderChat: channel}, func(m telegramtest.Message) bool {
			return m.From.ID == telegramtest.ChannelBotID && m.SenderChat.ID == channel.ID
		}},
		{
			"linked channel",
			telegramtest.Post{Text: "x", SenderChat: channel, IsAutomaticForward: true},
			func(m telegramtest.Message) bool { return m.From.ID == telegramtest.ServiceID && m.IsAutomaticForward },
		},
		{"via a bot", telegramtest.Post{Text: "x", ViaBot: otherBot}, func(m telegramtest.Message) bool {
			return m.ViaBot.ID == otherBot && m.From.ID == operator
		}},
		{"scheduled", telegramtest.Post{Text: "x", IsFromOffline: true}, func(m telegramtest.Message) bool {
			return m.IsFromOffline
		}},
		{"forwarded", telegramtest.Post{Text: "x", ForwardOrigin: &telegramtest.Origin{
			Type: "hidden_user", Date: 1, SenderUserName: "Someone",
		}}, func(m telegramtest.Message) bool { return m.ForwardOrigin.SenderUserName == "Someone" }},
	}
	s.drain()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s.post(tt.post)
			list := s.updates(obj{})
			s.drain()
			if len(list) != 1 || list[0].Message == nil || !tt.ok(*list[0].Message) {
				t.Errorf("update %+v", list)
			}
		})
	}
	for _, media := range []string{"photo", "video", "document", "audio", "voice", "video_note", "animation", "sticker"} {
		s.post(telegramtest.Post{Media: media, FileName: "f.bin", File: []byte("x")})
	}
	if got := len(s.updates(obj{})); got != 8 { // checked against the Bot API's types on the way
		t.Errorf("%d media updates", got)
	}
}

func TestPostRefusals(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	closed, gone := s.topic("closed"), s.topic("gone")
	s.must(s.CloseTopic(group, closed, operator))
	s.must(s.DeleteTopic(group, gone))
	tests := map[string]telegramtest.Post{
		"unknown chat":    {Chat: -1, From: operator, Text: "x"},
		"unknown user":    {Chat: group, From: 42, Text: "x"},
		"unknown topic":   {Chat: group, From: operator, Thread: 4242, Text: "x"},
		"deleted topic":   {Chat: group, From: operator, Thread: gone, Text: "x"},
		"closed topic":    {Chat: group, From: otherBot, Thread: closed, Text: "x"},
		"as the bot":      {Chat: group, From: telegramtest.DefaultBotID, Text: "x"},
		"nothing in it":   {Chat: group, From: operator},
		"unknown reply":   {Chat: group, From: operator, Text: "x", ReplyTo: 4242},
		"unknown media":   {Chat: group, From: operator, Media: "smell"},
		"unknown via bot": {Chat: group, From: operator, Text: "x", ViaBot: 42},
	}
	for name, post := range tests {
		t.Run(name, func(t *testing.T) {
			if m, err := s.Post(post); err == nil {
				t.Errorf("posted %+v", m)
			}
		})
	}
}

// TestVisibility holds one row per rule about what a bot is shown.
func TestVisibility(t *testing.T) {
	private := telegramtest.Options{Bot: telegramtest.User{ID: 77, Username: "helper_bot", FirstName: "Helper"}}
	both := telegramtest.Options{BotToBot: true}
	regular := func(s *stage) {
		s.must(s.SetMember(group, telegramtest.Member{User: s.Bot(), Status: telegramtest.Regular}, operator))
	}
	left := func(s *stage) {
		s.must(s.SetMember(group, telegramtest.Member{User: s.Bot(), Status: telegramtest.Left}, operator))
	}
	say := func(p telegramtest.Post) func(*stage) { return func(s *stage) { s.post(p) } }
	tests := []struct {
		name    string
		opt     telegramtest.Options
		prepare func(*stage)
		act     func(*stage)
		want    bool
	}{
		{"privacy off", telegramtest.Options{}, regular, say(telegramtest.Post{Text: "x"}), true},
		{"privacy on, administrator", private, nil, say(telegramtest.Post{Text: "x"}), true},
		{"privacy on, text", private, regular, say(telegramtest.Post{Text: "x"}), false},
		{"privacy on, command", private, regular, say(telegramtest.Post{Text: "/info"}), true},
		{"privacy on, own command", private, regular, say(telegramtest.Post{Text: "/info@Helper_Bot"}), true},
		{"privacy on, another's command", private, regular, say(telegramtest.Post{Text: "/info@other_bot"}), false},
		{"privacy on, reply to the bot", private, regular, func(s *stage) {
			m := s.send(obj{"chat_id": group, "text": "ask"})
			s.post(telegramtest.Post{Text: "answer", ReplyTo: m.ID})
		}, true},
		{"privacy on, service message", private, regular, func(s *stage) { s.topic("t") }, true},
		{"another bot", telegramtest.Options{}, nil, say(telegramtest.Post{From: otherBot, Text: "x"}), false},
		{"another bot, bot-to-bot", both, nil, say(telegramtest.Post{From: otherBot, Text: "x"}), true},
		{"anonymous administrator", telegramtest.Options{}, nil, say(telegramtest.Post{Text: "x", Anonymous: true}), true},
		{"own message", telegramtest.Options{}, nil, func(s *stage) { s.send(obj{"chat_id": group, "text": "x"}) }, false},
		{"own service message", telegramtest.Options{}, nil, func(s *stage) {
			s.call("createForumTopic", obj{"chat_id": group, "name": "t"})
		}, true},
		{"not in the group", telegramtest.Options{}, left, say(telegramtest.Post{Text: "x"}), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newStage(t, tt.opt)
			if tt.prepare != nil {
				tt.prepare(s)
			}
			before := s.Pending()
			tt.act(s)
			if got := s.Pending() > before; got != tt.want {
				t.Errorf("delivered %v, want %v", got, tt.want)
			}
		})
	}
}

func TestEditPost(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	m := s.post(telegramtest.Post{Text: "before"})
	pic := s.post(telegramtest.Post{Media: "photo", Caption: "before"})
	s.drain()
	_, err := s.Edit(group, m.ID, "/after")
	s.must(err)
	_, err = s.Edit(group, pic.ID, "after")
	s.must(err)
	list := s.updates(obj{})
	if len(list) != 2 || list[0].Edited.Text != "/after" || list[0].Edited.EditDate == 0 ||
		list[0].Edited.Entities[0].Type != "bot_command" || list[1].Edited.Caption != "after" {
		t.Errorf("edits %+v", list)
	}
	if _, err := s.Edit(group, 4242, "x"); err == nil {
		t.Error("edited nothing")
	}
}
