package desktop

import (
	"errors"
	"strconv"
	"strings"

	"topicpilot/topics"
)

// maxEntities bounds the formats of one text: Telegram itself takes a hundred.
const maxEntities = 1000

// entityTypes are the Bot API's names of the exports' formats; "" stands for a part that
// the Bot API knows no format for.
var entityTypes = map[string]string{
	"mention": "mention", "hashtag": "hashtag", "bot_command": "bot_command", "link": "url", "email": "email",
	"bold": "bold", "italic": "italic", "code": "code", "pre": "pre", "plain": "", "text_link": "text_link",
	"mention_name": "text_mention", "phone": "phone_number", "cashtag": "cashtag", "underline": "underline",
	"strikethrough": "strikethrough", "blockquote": "blockquote", "bank_card": "", "spoiler": "spoiler",
	"custom_emoji": "custom_emoji",
}

// part is a piece of a text in one format.
type part struct {
	kind, text, href, user, language, emoji, collapsed string
}

func (p *part) field(key string) *string {
	switch key {
	case "type":
		return &p.kind
	case "text":
		return &p.text
	case "href":
		return &p.href
	case "user_id":
		return &p.user
	case "language":
		return &p.language
	case "document_id":
		return &p.emoji
	case "collapsed":
		return &p.collapsed
	}
	return nil
}

// texts collects the parts of one text. Lengths in UTF-16 are counted as it grows.
type texts struct {
	builder  strings.Builder
	units    int
	entities []topics.Entity
}

func (t *texts) text() topics.Text {
	return topics.Text{Text: t.builder.String(), Entities: t.entities}
}

func (t *texts) add(p part) (known bool) {
	length := topics.UTF16Len(p.text)
	entity := topics.Entity{Offset: t.units, Length: length}
	t.builder.WriteString(p.text)
	t.units += length
	if p.kind == "" || length == 0 {
		return true
	}
	entity.Type, known = entityTypes[p.kind]
	switch p.kind {
	case "text_link":
		entity.URL = p.href
	case "mention_name":
		entity.UserID, _ = strconv.ParseInt(p.user, 10, 64)
	case "pre":
		entity.Language = p.language
	case "blockquote":
		if p.collapsed == "true" {
			entity.Type = "expandable_blockquote"
		}
	case "custom_emoji":
		// The path of the exported picture may stand here instead of an id.
		if _, err := strconv.ParseUint(p.emoji, 10, 64); err != nil {
			return true
		}
		entity.CustomEmojiID = p.emoji
	}
	if entity.Type == "" {
		return known
	}
	if len(t.entities) < maxEntities {
		t.entities = append(t.entities, entity)
	}
	return known
}

// readText reads a text as a string or as a list of parts, up to limit bytes. What is not
// understood of it goes to m.
func (r *reading) readText(m *record, limit int) (topics.Text, error) {
	var t texts
	piece := func() error {
		cut, err := r.in.stringCut(limit - t.builder.Len())
		if err != nil {
			return err
		}
		if cut {
			m.odd("text cut")
		}
		t.add(part{text: r.in.value()})
		return nil
	}
	c, err := r.in.peek()
	switch {
	case err != nil:
		return topics.Text{}, err
	case c == '"':
		err = piece()
	case c == '[':
		err = r.in.array(func() error {
			c, err := r.in.peek()
			switch {
			case err != nil:
				return err
			case c == '"':
				return piece()
			case c == '{':
				return r.readPart(m, &t, limit-t.builder.Len())
			}
			m.odd("text of another type")
			return r.in.skip()
		})
	default:
		m.odd("text of another type")
		err = r.in.skip()
	}
	return t.text(), err
}

func (r *reading) readPart(m *record, t *texts, room int) error {
	var p part
	err := r.in.object(func(key string) error {
		field, limit := p.field(key), maxName
		if field == nil {
			return r.in.skip()
		}
		if key == "text" {
			limit = room
		}
		cut, err := r.readScalar(field, limit)
		if cut && key == "text" {
			m.odd("text cut")
		}
		if errors.Is(err, errType) {
			m.odd("text of another type")
			return nil
		}
		return err
	})
	if err != nil {
		return err
	}
	if !t.add(p) {
		m.odd("text format: " + cleanName(p.kind))
	}
	return nil
}

// readPlain reads a text without its formats.
func (r *reading) readPlain(to *string) error {
	text, err := r.readText(&record{}, maxName)
	*to = text.Text
	return err
}

// readScalar reads a string, or a number or word as text; null is "". Other values are
// passed over and leave to as it is.
func (r *reading) readScalar(to *string, limit int) (cut bool, err error) {
	c, err := r.in.peek()
	switch {
	case err != nil:
		return false, err
	case c == '"':
		cut, err = r.in.stringCut(limit)
		*to = r.in.value()
	case c == '{' || c == '[':
		if err := r.in.skip(); err != nil {
			return false, err
		}
		return false, errType
	default:
		err = r.in.literal()
		*to = string(r.in.text)
		if *to == "null" {
			*to = ""
		}
	}
	return cut, err
}
