package topics

import "unicode/utf16"

// Entity marks a part of a text, as the Bot API's MessageEntity does: Offset and
// Length count UTF-16 code units.
type Entity struct {
	Type          string `json:"type"`
	Offset        int    `json:"offset"`
	Length        int    `json:"length"`
	URL           string `json:"url,omitempty"`
	UserID        int64  `json:"user_id,omitempty"`
	Language      string `json:"language,omitempty"`
	CustomEmojiID string `json:"custom_emoji_id,omitempty"`
}

// Text is plain text with the entities that format it. No markup language is used
// anywhere: what a customer writes can never become formatting.
type Text struct {
	Text     string   `json:"text"`
	Entities []Entity `json:"entities,omitempty"`
}

// Plain is a Text without formatting.
func Plain(s string) Text { return Text{Text: s} }

// UTF16Len counts s in UTF-16 code units, the unit of Telegram's limits and offsets.
func UTF16Len(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// Add appends plain text.
func (t *Text) Add(s string) *Text {
	t.Text += s
	return t
}

// AddEntity appends s formatted by e; e's offset and length are filled in.
func (t *Text) AddEntity(s string, e Entity) *Text {
	if s == "" {
		return t
	}
	e.Offset, e.Length = UTF16Len(t.Text), UTF16Len(s)
	t.Text += s
	t.Entities = append(t.Entities, e)
	return t
}

// Bold appends s in bold.
func (t *Text) Bold(s string) *Text { return t.AddEntity(s, Entity{Type: "bold"}) }

// Code appends s in monospace, which a tap copies.
func (t *Text) Code(s string) *Text { return t.AddEntity(s, Entity{Type: "code"}) }

// Append appends another Text, its entities moved along.
func (t *Text) Append(other Text) *Text {
	shift := UTF16Len(t.Text)
	t.Text += other.Text
	for _, e := range other.Entities {
		e.Offset += shift
		t.Entities = append(t.Entities, e)
	}
	return t
}
