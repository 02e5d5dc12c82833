package transcript

import (
	"strings"

	"topicpilot/topics"
)

// Event says in people's words what one of Telegram's own lines tells: "Topic created:
// Ann". m is what such a message has in the place of a file. A kind that has no words is
// written as Telegram calls it.
func (l Labels) Event(m topics.Media) string {
	words, note := l.eventKind(m.Kind), line(m.Note)
	switch {
	case m.Kind == string(topics.TopicRenamed) && note == "":
		words = l.TopicIcon // the name stayed
	case words == "":
		words = line(strings.ReplaceAll(m.Kind, "_", " "))
	}
	if words == "" || note == "" {
		return words + note
	}
	return words + ": " + note
}

// eventKind gives the words of a kind, "" for one without. The kinds are the Bot API's
// fields of Message, and beside them what Telegram Desktop calls the same in its exports.
func (l Labels) eventKind(kind string) string {
	switch kind {
	case string(topics.TopicCreated):
		return l.TopicCreated
	case string(topics.TopicRenamed):
		return l.TopicRenamed
	case string(topics.TopicClosed):
		return l.TopicClosed
	case string(topics.TopicReopened):
		return l.TopicReopened
	case string(topics.MigratedTo), string(topics.MigratedFrom), "migrate_to_supergroup", "migrate_from_group":
		return l.Upgraded
	case "pinned_message":
		return l.Pinned
	case "new_chat_members", "invite_members", "join_group_by_link", "join_group_by_request":
		return l.Joined
	case "left_chat_member", "remove_members":
		return l.Left
	case "new_chat_title", "edit_group_title":
		return l.GroupRenamed
	case "new_chat_photo", "delete_chat_photo", "edit_group_photo", "delete_group_photo":
		return l.GroupPhoto
	case "message_auto_delete_timer_changed", "set_messages_ttl":
		return l.AutoDelete
	case "video_chat_started", "group_call":
		return l.VideoChatStarted
	case "video_chat_ended":
		return l.VideoChatEnded
	case "video_chat_scheduled", "group_call_scheduled":
		return l.VideoChatScheduled
	case "video_chat_participants_invited", "invite_to_group_call":
		return l.VideoChatInvited
	case "successful_payment":
		return l.Paid
	}
	return ""
}
