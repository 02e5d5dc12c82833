package telegram

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/mymmrac/telego"

	"topicpilot/topics"
)

// Decode turns one raw update into the domain's terms. An update of a kind that we do not use
// has Kind and no content. What cannot be decoded is a *topics.Hopeless whose
// text names the update and the field at fault, never what people wrote.
// It may be used concurrently.
func Decode(raw []byte) (update topics.Update, err error) {
	warm.Do(warmUp)
	if !json.Valid(raw) {
		return topics.Update{}, undecodable("update: no JSON")
	}
	o, ok := scanUpdate(raw)
	if !ok {
		return topics.Update{}, undecodable("update: no JSON object")
	}
	if !o.hasID {
		return topics.Update{}, undecodable("update: no usable update_id")
	}
	// The decoder behind telego's types has been seen to panic on odd input; one update
	// must not take the process down.
	defer func() {
		if recover() != nil {
			update, err = topics.Update{}, undecodable(fmt.Sprintf("update %d: %s: decoder failed", o.id, o.kind))
		}
	}()
	update = topics.Update{ID: o.id, Kind: cleanName(o.kind)}
	if !o.known {
		return update, nil
	}
	if fault := decodeKind(&update, o); fault != "" {
		return topics.Update{}, undecodable(fmt.Sprintf("update %d: %s: %s", o.id, o.kind, fault))
	}
	if update.Conversation() != o.conv {
		return topics.Update{}, undecodable(fmt.Sprintf("update %d: %s: ambiguous chat", o.id, o.kind))
	}
	return update, nil
}

// warm makes telego's decoders once. Each of many updates that come first at the same
// moment would otherwise make its own, at the price of megabytes.
var warm sync.Once

func warmUp() {
	var m telego.Message
	var q telego.CallbackQuery
	var c telego.ChatMemberUpdated
	for _, v := range []json.Unmarshaler{&m, &q, &c} {
		_ = v.UnmarshalJSON([]byte(`{}`))
	}
}

func undecodable(text string) error {
	return &topics.Hopeless{Err: errors.New("telegram: " + text)}
}

// decodeKind fills the update's content and returns what is wrong, "" for nothing.
func decodeKind(update *topics.Update, o outline) string {
	if name := repeated(o.value, decisive(o.kind)); name != "" {
		return name + " is there twice"
	}
	switch o.kind {
	case kindMessage, kindEditedMessage:
		var m telego.Message
		if err := m.UnmarshalJSON(o.value); err != nil {
			return "cannot decode " + faultyField(o.value)
		}
		if m.Chat.ID == 0 {
			return "no chat"
		}
		update.Message = incoming(&m)
		update.Message.Edited = o.kind == kindEditedMessage
	case kindCallback:
		var q telego.CallbackQuery
		if err := q.UnmarshalJSON(o.value); err != nil {
			return "cannot decode"
		}
		update.Callback = callback(&q)
	default:
		var c telego.ChatMemberUpdated
		if err := c.UnmarshalJSON(o.value); err != nil {
			return "cannot decode"
		}
		if c.Chat.ID == 0 || c.NewChatMember == nil {
			return "no chat or member"
		}
		update.Member = &topics.MemberChange{
			ChatID: c.Chat.ID, UserID: c.NewChatMember.MemberUser().ID,
			Self: o.kind == kindMyMember, Status: c.NewChatMember.MemberStatus(),
		}
	}
	return ""
}

// decisive lists the members of a kind of update that say who speaks, where and what.
func decisive(kind string) []string {
	switch kind {
	case kindMessage, kindEditedMessage:
		return []string{"from", "chat", "sender_chat", "text", "message_id", "message_thread_id"}
	case kindCallback:
		return []string{"from", "message", "data"}
	}
	return nil
}

// faultyField finds the first field of a message that cannot be decoded by itself.
func faultyField(message []byte) string {
	field := "message"
	found := eachMember(message, func(key, value []byte) {
		if field != "message" {
			return
		}
		alone := make([]byte, 0, len(key)+len(value)+5)
		alone = append(append(append(append(alone, `{"`...), key...), `":`...), value...)
		var m telego.Message
		if m.UnmarshalJSON(append(alone, '}')) != nil {
			field = cleanName(string(key))
		}
	})
	if !found {
		return "message"
	}
	return field
}

// cleanName lets pass what looks like a name of the Bot API and nothing that a person wrote.
func cleanName(s string) string {
	if len(s) > 64 {
		return "unknown"
	}
	for _, c := range []byte(s) {
		if c != '_' && (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return "unknown"
		}
	}
	return s
}

func incoming(m *telego.Message) *topics.Incoming {
	in := &topics.Incoming{
		Conversation: conversation(m),
		ID:           int64(m.MessageID),
		Date:         unixTime(m.Date),
		EditDate:     unixTime(m.EditDate),
		Supergroup:   m.Chat.Type == telego.ChatTypeSupergroup,
		Forum:        m.Chat.IsForum,
		From:         person(m.From),
		AlbumID:      m.MediaGroupID,
		ReplyTo:      realReply(m),

		Forwarded:        m.ForwardOrigin != nil,
		AutomaticForward: m.IsAutomaticForward,
		ViaBot:           m.ViaBot != nil,
		Scheduled:        m.IsFromOffline,

		Service: service(m),
	}
	if m.SenderChat != nil {
		in.SenderChatID, in.SenderChatTitle = m.SenderChat.ID, m.SenderChat.Title
	}
	switch {
	case m.Text != "":
		in.Text = topics.Text{Text: m.Text, Entities: entities(m.Entities)}
	case m.Caption != "":
		in.Text, in.Caption = topics.Text{Text: m.Caption, Entities: entities(m.CaptionEntities)}, true
	}
	in.Media = media(m)
	if in.Service == nil && len(in.Media) == 0 && in.Text.Text == "" {
		// A kind of message that this decoder does not know yet.
		in.Media = []topics.Media{{Kind: "unsupported"}}
	}
	return in
}

func conversation(m *telego.Message) topics.Conversation {
	return topics.Conversation{
		ChatID:   m.Chat.ID,
		ThreadID: forumThread(m.IsTopicMessage, int64(m.MessageThreadID)),
	}
}

// realReply tells a person's reply from the reply to the topic's first message that Telegram
// puts into every plain message of a topic.
// Source: tdlib/telegram-bot-api, get_implicit_reply_to_message_id.
func realReply(m *telego.Message) *topics.Reply {
	r := m.ReplyToMessage
	if r == nil {
		return nil
	}
	if m.IsTopicMessage && (r.MessageID == m.MessageThreadID || r.ForumTopicCreated != nil) {
		return nil
	}
	reply := &topics.Reply{MessageID: int64(r.MessageID)}
	if r.From != nil {
		reply.FromID = r.From.ID
	}
	return reply
}

func callback(q *telego.CallbackQuery) *topics.Callback {
	c := &topics.Callback{ID: q.ID, From: *person(&q.From), Data: q.Data}
	switch m := q.Message.(type) {
	case *telego.Message:
		c.Conversation, c.MessageID = conversation(m), int64(m.MessageID)
	case *telego.InaccessibleMessage:
		c.Conversation, c.MessageID = topics.Conversation{ChatID: m.Chat.ID}, int64(m.MessageID)
	}
	return c
}

func person(u *telego.User) *topics.Person {
	if u == nil {
		return nil
	}
	return &topics.Person{
		ID: u.ID, Bot: u.IsBot, Name: strings.TrimSpace(u.FirstName + " " + u.LastName),
		Username: u.Username, Language: u.LanguageCode,
	}
}

func entities(list []telego.MessageEntity) []topics.Entity {
	if len(list) == 0 {
		return nil
	}
	out := make([]topics.Entity, len(list))
	for i, e := range list {
		out[i] = topics.Entity{
			Type: e.Type, Offset: e.Offset, Length: e.Length,
			URL: e.URL, Language: e.Language, CustomEmojiID: e.CustomEmojiID,
		}
		if e.User != nil {
			out[i].UserID = e.User.ID
		}
	}
	return out
}

// unixTime is the zero time for 0, which the Bot API uses for "not set".
func unixTime(seconds int64) time.Time {
	if seconds <= 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}
