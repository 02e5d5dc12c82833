package topics

import "time"

// AuthorKind tells on which side the author of a message stands.
type AuthorKind string

// The kinds of author. Which one a message has is decided by Speaker.
const (
	// AuthorCustomer wrote through the mirror.
	AuthorCustomer AuthorKind = "customer"
	// AuthorOperator is a known operator.
	AuthorOperator AuthorKind = "operator"
	// AuthorStranger is a person who is neither mirror nor known operator.
	AuthorStranger AuthorKind = "stranger"
	// AuthorAnonymous is an administrator who hides behind the group.
	AuthorAnonymous AuthorKind = "anonymous"
	// AuthorChannel writes in the name of a channel.
	AuthorChannel AuthorKind = "channel"
	// AuthorBot is another bot.
	AuthorBot AuthorKind = "bot"
	// AuthorSelf is topicpilot.
	AuthorSelf AuthorKind = "self"
	// AuthorService is Telegram itself (topic created, closed, …).
	AuthorService AuthorKind = "service"
)

// Author is who wrote a message, as far as Telegram tells.
type Author struct {
	Kind     AuthorKind `json:"kind"`
	ID       int64      `json:"id"`
	Name     string     `json:"name,omitempty"`
	Username string     `json:"username,omitempty"`
}

// MessageKind tells what a message is in the talk.
type MessageKind string

// The kinds of message.
const (
	// MessageTalk goes between customer and operator.
	MessageTalk MessageKind = "talk"
	// MessageComment is internal: it starts with the comment mark, or, with
	// reply_only, is no reply to a customer's message.
	MessageComment MessageKind = "comment"
	// MessageCommand is a slash command.
	MessageCommand MessageKind = "command"
	// MessageService is Telegram's own line.
	MessageService MessageKind = "service"
)

// Media refers to a file of a message; the file itself stays with Telegram.
type Media struct {
	// Kind is Telegram's field name: photo, video, document, voice, sticker, …
	Kind         string `json:"kind"`
	FileID       string `json:"file_id,omitempty"`
	FileUniqueID string `json:"file_unique_id,omitempty"`
	FileName     string `json:"file_name,omitempty"`
	MIME         string `json:"mime,omitempty"`
	Size         int64  `json:"size,omitempty"`
	// Note holds what media without a file says: a place, a contact, a poll's question.
	Note string `json:"note,omitempty"`
}

// Message is one message of a conversation as the transcript keeps it.
type Message struct {
	Conversation
	ID       int64       `json:"message_id"`
	Date     time.Time   `json:"date"`
	EditDate time.Time   `json:"edit_date,omitzero"`
	Author   Author      `json:"author"`
	Kind     MessageKind `json:"kind"`
	// Text is the text, or the caption of media.
	Text  Text    `json:"text"`
	Media []Media `json:"media,omitempty"`
	// AlbumID is Telegram's media_group_id.
	AlbumID string `json:"album,omitempty"`
	// ReplyTo is the message that a person answered, 0 for none; the implicit reply
	// to the topic's first message is none.
	ReplyTo   int64 `json:"reply_to,omitempty"`
	Forwarded bool  `json:"forwarded,omitempty"`
	ViaBot    bool  `json:"via_bot,omitempty"`
}

// Version is a former text of an edited message.
type Version struct {
	// Date is when this text was written (the message's date, or that of its edit).
	Date time.Time `json:"date"`
	Text Text      `json:"text"`
}
