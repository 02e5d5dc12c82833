package topics

import "time"

// Update is one update of Telegram in our own terms. Exactly one of the pointers is
// set; none, when the update is of a kind that we do not use.
type Update struct {
	ID       int64
	Kind     string
	Message  *Incoming
	Callback *Callback
	Member   *MemberChange
}

// Conversation is where the update belongs; the zero value for none.
func (u Update) Conversation() Conversation {
	switch {
	case u.Message != nil:
		return u.Message.Conversation
	case u.Callback != nil:
		return u.Callback.Conversation
	case u.Member != nil:
		return Conversation{ChatID: u.Member.ChatID}
	}
	return Conversation{}
}

// Incoming is a message as it arrived, before it is known who speaks.
type Incoming struct {
	Conversation
	ID       int64
	Date     time.Time
	Edited   bool
	EditDate time.Time
	// Supergroup is false in private chats, basic groups and channels.
	Supergroup bool
	// Forum tells that the chat has topics (is_forum).
	Forum bool

	From *Person
	// SenderChatID is set when the message speaks for a chat: the group itself (an
	// anonymous administrator) or a channel.
	SenderChatID    int64
	SenderChatTitle string

	Text    Text
	Caption bool
	Media   []Media
	AlbumID string

	// ReplyTo is a real reply (not the implicit one to the topic's first message).
	ReplyTo *Reply

	Forwarded        bool
	AutomaticForward bool
	ViaBot           bool
	// Scheduled is is_from_offline: sent by a timer, nobody sits there.
	Scheduled bool

	Service *Service
}

// Migration tells that the message says that a group has become another chat.
func (in *Incoming) Migration() (Migrated, bool) {
	if in.Service == nil {
		return Migrated{}, false
	}
	switch in.Service.Kind {
	case MigratedTo:
		return Migrated{From: in.ChatID, To: in.Service.ChatID}, true
	case MigratedFrom:
		return Migrated{From: in.Service.ChatID, To: in.ChatID}, true
	default:
		return Migrated{}, false
	}
}

// Person is a user of Telegram.
type Person struct {
	ID       int64
	Bot      bool
	Name     string
	Username string
	Language string
}

// Reply is the message that another one answers.
type Reply struct {
	MessageID int64
	// FromID is the author of the answered message, 0 when unknown.
	FromID int64
}

// ServiceKind names what a service message tells.
type ServiceKind string

// The service messages that matter here; others are ServiceOther.
const (
	TopicCreated  ServiceKind = "topic_created"
	TopicRenamed  ServiceKind = "topic_renamed"
	TopicClosed   ServiceKind = "topic_closed"
	TopicReopened ServiceKind = "topic_reopened"
	MigratedTo    ServiceKind = "migrated_to"
	MigratedFrom  ServiceKind = "migrated_from"
	ServiceOther  ServiceKind = "other"
)

// Service is what a service message tells.
type Service struct {
	Kind ServiceKind
	// Title is the topic's name at creation and renaming ("" when only the icon changed).
	Title string
	// ChatID is the other chat of a migration.
	ChatID int64
	// Name is Telegram's field name, for ServiceOther.
	Name string
}

// Callback is a press of an inline button.
type Callback struct {
	Conversation
	// ID answers the press; Telegram forgets it within minutes.
	ID        string
	From      Person
	MessageID int64
	// Data is what the button carries. Only a modified client can forge it; the
	// presser is checked all the same.
	Data string
}

// MemberChange tells that somebody's standing in a group changed.
type MemberChange struct {
	ChatID int64
	UserID int64
	// Self is set when it is our own standing (my_chat_member).
	Self bool
	// Status is the Bot API's: creator, administrator, member, restricted, left, kicked.
	Status string
}
