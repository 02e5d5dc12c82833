package telegramtest

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxText        = 4096 // UTF-16 units
	maxCaption     = 1024 // UTF-16 units
	maxEntities    = 100
	maxEntityValue = 1_000_000
)

var entityTypes = []string{
	"mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number", "bold", "italic",
	"underline", "strikethrough", "spoiler", "blockquote", "expandable_blockquote", "code", "pre",
	"text_link", "text_mention", "custom_emoji", "date_time",
}

// utf16Len counts UTF-16 units.
func utf16Len(s string) int {
	n := len(s)
	for i := range len(s) {
		switch b := s[i]; {
		case b >= 0xF0: // four bytes, two units
			n -= 2
		case b >= 0xE0:
			n -= 2
		case b >= 0xC0:
			n--
		}
	}
	return n
}

// formatted reads text and entities as Telegram does: control characters become spaces, outer white
// space goes, entities are checked, moved and cut, and only the first hundred stay.
func formatted(p *params, textKey, entityKey string, limit int) (string, []Entity, *APIError) {
	what := "message"
	if textKey == "caption" {
		what = "message caption"
	}
	if mode := p.text("parse_mode"); mode != "" {
		return "", nil, badRequest("parse_mode %q is not simulated: send entities", mode)
	}
	text, err := cleanText(p.text(textKey))
	if err != nil {
		return "", nil, err
	}
	var entities []Entity
	if p.has(entityKey) && !p.decode(entityKey, &entities) {
		return "", nil, badRequest("can't parse entities")
	}
	if entities, err = checkEntities(text, entities); err != nil {
		return "", nil, err
	}
	text, entities = trimText(text, entities)
	if utf16Len(text) > limit {
		return "", nil, badRequest("%s is too long", what)
	}
	return text, entities, nil
}

func cleanText(text string) (string, *APIError) {
	if !utf8.ValidString(text) {
		return "", badRequest("strings must be encoded in UTF-8")
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\r':
			return -1
		case r < ' ' && r != '\n':
			return ' '
		}
		return r
	}, text), nil
}

func checkEntities(text string, entities []Entity) ([]Entity, *APIError) {
	starts := unitStarts(text)
	out := make([]Entity, 0, len(entities))
	for _, e := range entities {
		if e.Offset < 0 || e.Offset > maxEntityValue {
			return nil, badRequest("receive an entity with incorrect offset")
		}
		if e.Length < 0 || e.Length > maxEntityValue {
			return nil, badRequest("receive an entity with incorrect length")
		}
		if e.Length == 0 || !slices.Contains(entityTypes, e.Type) {
			continue
		}
		end := e.Offset + e.Length
		switch {
		case end > len(starts)-1:
			return nil, badRequest("entity beginning at UTF-16 offset %d ends after the end of the text"+
				" at UTF-16 offset %d", e.Offset, end)
		case !starts[e.Offset]:
			return nil, badRequest("entity begins in a middle of a UTF-16 symbol at byte offset %d", e.Offset)
		case !starts[end]:
			return nil, badRequest("entity ends in a middle of a UTF-16 symbol at byte offset %d", end)
		}
		out = append(out, e)
	}
	slices.SortStableFunc(out, func(a, b Entity) int {
		if a.Offset != b.Offset {
			return a.Offset - b.Offset
		}
		return b.Length - a.Length
	})
	if len(out) > maxEntities {
		out = out[:maxEntities]
	}
	return out, nil
}

// unitStarts tells for each UTF-16 offset, the end included, whether a character starts there.
func unitStarts(text string) []bool {
	out := make([]bool, 0, len(text)+1)
	for _, r := range text {
		out = append(out, true)
		if r > 0xFFFF {
			out = append(out, false)
		}
	}
	return append(out, true)
}

func trimText(text string, entities []Entity) (string, []Entity) {
	left := strings.TrimLeftFunc(text, unicode.IsSpace)
	shift := utf16Len(text) - utf16Len(left)
	trimmed := strings.TrimRightFunc(left, unicode.IsSpace)
	size := utf16Len(trimmed)
	out := make([]Entity, 0, len(entities))
	for _, e := range entities {
		start, end := max(e.Offset-shift, 0), min(e.Offset+e.Length-shift, size)
		if end > start {
			e.Offset, e.Length = start, end-start
			out = append(out, e)
		}
	}
	if len(out) == 0 {
		out = nil
	}
	return trimmed, out
}

// keyboard reads and checks an inline keyboard; other kinds of markup return nil.
func keyboard(p *params) (*InlineKeyboard, *APIError) {
	obj, _ := p.values["reply_markup"].(map[string]any)
	if _, inline := obj["inline_keyboard"]; !inline {
		return nil, nil
	}
	var kb InlineKeyboard
	if !p.decode("reply_markup", &kb) {
		return nil, badRequest("can't parse inline keyboard")
	}
	rows := kb.Rows[:0]
	buttons := 0
	for _, row := range kb.Rows {
		for _, b := range row {
			if err := b.check(); err != nil {
				return nil, err
			}
		}
		if buttons += len(row); len(row) > 0 {
			rows = append(rows, row)
		}
	}
	if buttons > 100 {
		return nil, badRequest("REPLY_MARKUP_TOO_LONG")
	}
	if kb.Rows = rows; len(rows) == 0 {
		return nil, nil
	}
	return &kb, nil
}

func (b Button) check() *APIError {
	if strings.TrimSpace(b.Text) == "" {
		return badRequest("can't parse inline keyboard button: button text is empty")
	}
	actions := 0
	for _, set := range []bool{
		b.URL != "", b.CallbackData != "", b.CopyText != nil, b.WebApp != nil, b.LoginURL != nil,
		b.InlineQuery != nil, b.InlineHere != nil, b.InlineChosen != nil, b.CallbackGame != nil, b.Pay,
	} {
		if set {
			actions++
		}
	}
	switch {
	case actions == 0:
		return badRequest("can't parse inline keyboard button: text buttons are unallowed in the inline keyboard")
	case actions > 1:
		return badRequest("can't parse inline keyboard button: exactly one action must be set")
	case len(b.CallbackData) > 64:
		return badRequest("BUTTON_DATA_INVALID")
	case b.CopyText != nil && (b.CopyText.Text == "" || utf16Len(b.CopyText.Text) > 256):
		return badRequest("BUTTON_COPY_TEXT_INVALID")
	case b.URL != "" && !goodURL(b.URL):
		return badRequest("inline keyboard button URL '%s' is invalid: Wrong HTTP URL", b.URL)
	case b.WebApp != nil:
		return badRequest("BUTTON_TYPE_INVALID") // private chats only
	case b.Style != "" && !slices.Contains([]string{"danger", "success", "primary"}, b.Style):
		return badRequest("can't parse inline keyboard button: unknown style %q", b.Style)
	}
	return nil
}

func goodURL(text string) bool {
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok || rest == "" || strings.ContainsAny(text, " \n\t") {
		return false
	}
	switch strings.ToLower(scheme) {
	case "http", "https", "tg", "ton":
		return true
	}
	return false
}

// sameContent compares what an edit can change.
func sameContent(a, b *Message) bool {
	cut := func(m *Message) []byte {
		raw, err := json.Marshal(Message{
			Text: m.Text, Entities: m.Entities, LinkPreview: m.LinkPreview, ReplyMarkup: m.ReplyMarkup,
		})
		if err != nil {
			return nil
		}
		return raw
	}
	return string(cut(a)) == string(cut(b))
}
