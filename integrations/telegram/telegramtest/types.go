package telegramtest

import "encoding/json"

// Ids of the accounts Telegram itself lends to senders that are no user.
const (
	// AnonymousBotID is the sender of an anonymous administrator's messages.
	AnonymousBotID int64 = 1087968824
	// ChannelBotID is the sender of messages written on behalf of a channel.
	ChannelBotID int64 = 136817688
	// ServiceID is the sender of posts forwarded automatically from the linked channel.
	ServiceID int64 = 777000
)

// User is an account as the Bot API shows it, plus a bot's abilities, which only getMe shows.
type User struct {
	ID           int64  `json:"id"`
	IsBot        bool   `json:"is_bot"`
	FirstName    string `json:"first_name"`
	LastName     string `json:"last_name,omitempty"`
	Username     string `json:"username,omitempty"`
	LanguageCode string `json:"language_code,omitempty"`
	// CanReadAllGroupMessages is false while BotFather's privacy mode is on. Bots only.
	CanReadAllGroupMessages bool `json:"-"`
}

// Chat is the short form of a chat inside messages.
type Chat struct {
	ID        int64  `json:"id"`
	Type      string `json:"type"`
	Title     string `json:"title,omitempty"`
	Username  string `json:"username,omitempty"`
	FirstName string `json:"first_name,omitempty"`
	LastName  string `json:"last_name,omitempty"`
	IsForum   bool   `json:"is_forum,omitempty"`
}

// Entity marks a part of a text; Offset and Length count UTF-16 units.
type Entity struct {
	Type           string `json:"type"`
	Offset         int    `json:"offset"`
	Length         int    `json:"length"`
	URL            string `json:"url,omitempty"`
	User           *User  `json:"user,omitempty"`
	Language       string `json:"language,omitempty"`
	CustomEmojiID  string `json:"custom_emoji_id,omitempty"`
	UnixTime       int64  `json:"unix_time,omitempty"`
	DateTimeFormat string `json:"date_time_format,omitempty"`
}

// Origin tells where a forwarded message comes from. Type is user, hidden_user, chat or channel.
type Origin struct {
	Type            string `json:"type"`
	Date            int64  `json:"date"`
	SenderUser      *User  `json:"sender_user,omitempty"`
	SenderUserName  string `json:"sender_user_name,omitempty"`
	SenderChat      *Chat  `json:"sender_chat,omitempty"`
	Chat            *Chat  `json:"chat,omitempty"`
	MessageID       int    `json:"message_id,omitempty"`
	AuthorSignature string `json:"author_signature,omitempty"`
}

// ExternalReply is a reply to a message of another topic or chat.
type ExternalReply struct {
	Origin    Origin `json:"origin"`
	Chat      *Chat  `json:"chat,omitempty"`
	MessageID int    `json:"message_id,omitempty"`
}

// Quote is the quoted part of the message replied to.
type Quote struct {
	Text     string   `json:"text"`
	Entities []Entity `json:"entities,omitempty"`
	Position int      `json:"position"`
	IsManual bool     `json:"is_manual,omitempty"`
}

// Message is a Bot API message. Values handed out are snapshots: the server never changes one.
type Message struct {
	ID                 int             `json:"message_id"`
	Thread             int             `json:"message_thread_id,omitempty"`
	From               *User           `json:"from,omitempty"`
	SenderChat         *Chat           `json:"sender_chat,omitempty"`
	Date               int64           `json:"date"`
	Chat               Chat            `json:"chat"`
	ForwardOrigin      *Origin         `json:"forward_origin,omitempty"`
	IsTopicMessage     bool            `json:"is_topic_message,omitempty"`
	IsAutomaticForward bool            `json:"is_automatic_forward,omitempty"`
	ReplyTo            *Message        `json:"reply_to_message,omitempty"`
	ExternalReply      *ExternalReply  `json:"external_reply,omitempty"`
	Quote              *Quote          `json:"quote,omitempty"`
	ViaBot             *User           `json:"via_bot,omitempty"`
	EditDate           int64           `json:"edit_date,omitempty"`
	HasProtected       bool            `json:"has_protected_content,omitempty"`
	IsFromOffline      bool            `json:"is_from_offline,omitempty"`
	MediaGroupID       string          `json:"media_group_id,omitempty"`
	AuthorSignature    string          `json:"author_signature,omitempty"`
	SenderTag          string          `json:"sender_tag,omitempty"`
	Text               string          `json:"text,omitempty"`
	Entities           []Entity        `json:"entities,omitempty"`
	LinkPreview        *LinkPreview    `json:"link_preview_options,omitempty"`
	Animation          *File           `json:"animation,omitempty"`
	Audio              *File           `json:"audio,omitempty"`
	Document           *File           `json:"document,omitempty"`
	Photo              []File          `json:"photo,omitempty"`
	Sticker            *File           `json:"sticker,omitempty"`
	Video              *File           `json:"video,omitempty"`
	VideoNote          *File           `json:"video_note,omitempty"`
	Voice              *File           `json:"voice,omitempty"`
	Caption            string          `json:"caption,omitempty"`
	CaptionEntities    []Entity        `json:"caption_entities,omitempty"`
	NewChatMembers     []User          `json:"new_chat_members,omitempty"`
	LeftChatMember     *User           `json:"left_chat_member,omitempty"`
	MigrateToChatID    int64           `json:"migrate_to_chat_id,omitempty"`
	MigrateFromChatID  int64           `json:"migrate_from_chat_id,omitempty"`
	TopicCreated       *TopicCreated   `json:"forum_topic_created,omitempty"`
	TopicEdited        *TopicEdited    `json:"forum_topic_edited,omitempty"`
	TopicClosed        *struct{}       `json:"forum_topic_closed,omitempty"`
	TopicReopened      *struct{}       `json:"forum_topic_reopened,omitempty"`
	ReplyMarkup        *InlineKeyboard `json:"reply_markup,omitempty"`
}

// File is any attached file. Fields that the kind does not have stay nil or empty.
type File struct {
	FileID       string  `json:"file_id"`
	FileUniqueID string  `json:"file_unique_id"`
	FileName     string  `json:"file_name,omitempty"`
	MimeType     string  `json:"mime_type,omitempty"`
	FileSize     int64   `json:"file_size,omitempty"`
	Width        *int    `json:"width,omitempty"`
	Height       *int    `json:"height,omitempty"`
	Length       *int    `json:"length,omitempty"`
	Duration     *int    `json:"duration,omitempty"`
	Type         string  `json:"type,omitempty"`
	Emoji        string  `json:"emoji,omitempty"`
	IsAnimated   *bool   `json:"is_animated,omitempty"`
	IsVideo      *bool   `json:"is_video,omitempty"`
	SetName      *string `json:"set_name,omitempty"`
}

// LinkPreview holds the link preview options of a text.
type LinkPreview struct {
	IsDisabled       bool   `json:"is_disabled,omitempty"`
	URL              string `json:"url,omitempty"`
	PreferSmallMedia bool   `json:"prefer_small_media,omitempty"`
	PreferLargeMedia bool   `json:"prefer_large_media,omitempty"`
	ShowAboveText    bool   `json:"show_above_text,omitempty"`
}

// TopicCreated is the content of the service message that opens a topic.
type TopicCreated struct {
	Name              string `json:"name"`
	IconColor         int    `json:"icon_color"`
	IconCustomEmojiID string `json:"icon_custom_emoji_id,omitempty"`
}

// TopicEdited carries only what changed; an empty icon means that it was removed.
type TopicEdited struct {
	Name              string  `json:"name,omitempty"`
	IconCustomEmojiID *string `json:"icon_custom_emoji_id,omitempty"`
}

// InlineKeyboard is the rows of buttons under a message.
type InlineKeyboard struct {
	Rows [][]Button `json:"inline_keyboard"`
}

// Button is one inline button. Other holds the kinds the fake passes through unread.
type Button struct {
	Text         string          `json:"text"`
	URL          string          `json:"url,omitempty"`
	CallbackData string          `json:"callback_data,omitempty"`
	CopyText     *CopyText       `json:"copy_text,omitempty"`
	Style        string          `json:"style,omitempty"`
	IconEmojiID  string          `json:"icon_custom_emoji_id,omitempty"`
	WebApp       json.RawMessage `json:"web_app,omitempty"`
	LoginURL     json.RawMessage `json:"login_url,omitempty"`
	InlineQuery  *string         `json:"switch_inline_query,omitempty"`
	InlineHere   *string         `json:"switch_inline_query_current_chat,omitempty"`
	InlineChosen json.RawMessage `json:"switch_inline_query_chosen_chat,omitempty"`
	CallbackGame json.RawMessage `json:"callback_game,omitempty"`
	Pay          bool            `json:"pay,omitempty"`
}

// CopyText is the text a button copies.
type CopyText struct {
	Text string `json:"text"`
}

// CallbackQuery is a press on a button.
type CallbackQuery struct {
	ID           string   `json:"id"`
	From         User     `json:"from"`
	Message      *Message `json:"message,omitempty"`
	ChatInstance string   `json:"chat_instance"`
	Data         string   `json:"data,omitempty"`
}

type apiResponse struct {
	OK          bool                `json:"ok"`
	Result      json.RawMessage     `json:"result,omitempty"`
	ErrorCode   int                 `json:"error_code,omitempty"`
	Description string              `json:"description,omitempty"`
	Parameters  *responseParameters `json:"parameters,omitempty"`
}

type responseParameters struct {
	MigrateToChatID int64 `json:"migrate_to_chat_id,omitempty"`
	RetryAfter      int   `json:"retry_after,omitempty"`
}
