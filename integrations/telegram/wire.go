package telegram

import (
	"slices"

	"github.com/mymmrac/telego"

	"topicpilot/topics"
)

// wireMessage are the parameters of sendMessage and editMessageText that we use.
// telego's own structs cost several times as much to encode.
type wireMessage struct {
	ChatID              int64                        `json:"chat_id"`
	MessageThreadID     int64                        `json:"message_thread_id,omitempty"`
	MessageID           int64                        `json:"message_id,omitempty"`
	Text                string                       `json:"text"`
	Entities            []wireEntity                 `json:"entities,omitempty"`
	LinkPreviewOptions  telego.LinkPreviewOptions    `json:"link_preview_options"`
	DisableNotification bool                         `json:"disable_notification,omitempty"`
	ReplyMarkup         *telego.InlineKeyboardMarkup `json:"reply_markup,omitempty"`
}

type wireEntity struct {
	Type          string    `json:"type"`
	Offset        int       `json:"offset"`
	Length        int       `json:"length"`
	URL           string    `json:"url,omitempty"`
	User          *wireUser `json:"user,omitempty"`
	Language      string    `json:"language,omitempty"`
	CustomEmojiID string    `json:"custom_emoji_id,omitempty"`
}

// wireUser is a mention by id; the Bot API wants the other required fields as well.
type wireUser struct {
	ID        int64  `json:"id"`
	IsBot     bool   `json:"is_bot"`
	FirstName string `json:"first_name"`
}

func wireEntities(list []topics.Entity) []wireEntity {
	out := make([]wireEntity, len(list))
	for i, e := range list {
		out[i] = wireEntity{
			Type: e.Type, Offset: e.Offset, Length: e.Length,
			URL: e.URL, Language: e.Language, CustomEmojiID: e.CustomEmojiID,
		}
		if e.UserID != 0 {
			out[i].User = &wireUser{ID: e.UserID}
		}
	}
	return out
}

// wireButtons is nil, and so left out, where there are no buttons.
func wireButtons(rows [][]topics.Button) *telego.InlineKeyboardMarkup {
	if len(rows) == 0 {
		return nil
	}
	return &telego.InlineKeyboardMarkup{InlineKeyboard: wireRows(rows)}
}

func wireRows(rows [][]topics.Button) [][]telego.InlineKeyboardButton {
	out := make([][]telego.InlineKeyboardButton, 0, len(rows))
	for _, row := range slices.DeleteFunc(slices.Clone(rows), func(r []topics.Button) bool { return len(r) == 0 }) {
		line := make([]telego.InlineKeyboardButton, len(row))
		for i, b := range row {
			line[i] = telego.InlineKeyboardButton{Text: b.Text, URL: b.URL, CallbackData: b.Data}
			if b.Copy != "" {
				line[i].CopyText = &telego.CopyTextButton{Text: cutUnits(b.Copy, 256)}
			}
		}
		out = append(out, line)
	}
	return out
}
