package telegram

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"

	"topicpilot/topics"
)

// The kinds of update that we use.
const (
	kindMessage       = "message"
	kindEditedMessage = "edited_message"
	kindCallback      = "callback_query"
	kindMyMember      = "my_chat_member"
	kindMember        = "chat_member"
)

// AllowedUpdates lists the kinds of update to ask Telegram for, by webhook and by polling
// alike. chat_member must be named to be delivered at all.
func AllowedUpdates() []string {
	return []string{kindMessage, kindEditedMessage, kindCallback, kindMyMember, kindMember}
}

// outline is what a scan tells of an update.
type outline struct {
	id    int64
	hasID bool
	// kind is the first member besides update_id, or the one that we use.
	kind  string
	known bool
	value []byte
	conv  topics.Conversation
}

// Route tells where a raw update belongs, without decoding it: its key ("<bot id>:<update_id>",
// unique among the updates of all bots) and its conversation, which is the zero value for updates
// of no chat. What is no JSON object, or one without a usable update_id, gets a key made from
// its bytes and no conversation: it is kept and parked. It may be used concurrently.
func Route(botID int64, raw []byte) (key string, conv topics.Conversation) {
	o, ok := scanUpdate(raw)
	if !ok || !o.hasID {
		return hashKey(botID, raw), topics.Conversation{}
	}
	return strconv.FormatInt(botID, 10) + ":" + strconv.FormatInt(o.id, 10), o.conv
}

func hashKey(botID int64, raw []byte) string {
	sum := sha256.Sum256(raw)
	return strconv.FormatInt(botID, 10) + ":x" + hex.EncodeToString(sum[:12])
}

func scanUpdate(raw []byte) (outline, bool) {
	var o outline
	ok := eachMember(raw, func(key, value []byte) {
		switch string(key) {
		case "update_id":
			o.id, o.hasID = scanInt(value)
		case kindMessage, kindEditedMessage, kindCallback, kindMyMember, kindMember:
			o.kind, o.known, o.value = string(key), true, value
		default:
			if o.kind == "" {
				o.kind = string(key)
			}
		}
	})
	if !ok {
		return outline{}, false
	}
	switch {
	case !o.known:
	case o.kind == kindCallback:
		eachMember(o.value, func(key, value []byte) {
			if string(key) == "message" {
				o.conv = scanConversation(value)
			}
		})
	case o.kind == kindMessage || o.kind == kindEditedMessage:
		o.conv = scanConversation(o.value)
	default:
		o.conv = topics.Conversation{ChatID: scanConversation(o.value).ChatID}
	}
	if !o.hasID {
		o.conv = topics.Conversation{}
	}
	return o, true
}

// scanConversation reads chat and topic of a message. Only is_topic_message makes a
// thread a forum topic: message_thread_id is also sent for ordinary reply threads.
// Source: tdlib/telegram-bot-api, is_topic_message() and get_forum_topic_id.
func scanConversation(message []byte) topics.Conversation {
	var conv topics.Conversation
	var thread int64
	topic := false
	eachMember(message, func(key, value []byte) {
		switch string(key) {
		case "chat":
			eachMember(value, func(key, value []byte) {
				if string(key) == "id" {
					conv.ChatID, _ = scanInt(value)
				}
			})
		case "message_thread_id":
			thread, _ = scanInt(value)
		case "is_topic_message":
			topic = string(value) == "true"
		}
	})
	conv.ThreadID = forumThread(topic, thread)
	if conv.ChatID == 0 {
		return topics.Conversation{}
	}
	return conv
}

// forumThread gives the id of a real forum topic; General, whose own id is 1, is 0.
func forumThread(topicMessage bool, thread int64) int64 {
	if !topicMessage || thread <= 1 {
		return 0
	}
	return thread
}
