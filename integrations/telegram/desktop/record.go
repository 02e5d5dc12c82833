package desktop

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"topicpilot/topics"
)

// maxName bounds names, titles and paths, in bytes; maxNote what media without a file says.
const (
	maxName = 1 << 10
	maxNote = 8 << 10
)

// record is one message as the file tells it.
type record struct {
	id, reply, about             int64
	kind, action                 string
	date, edited                 string // seconds since 1970
	localDate, localEdited       string
	from, fromID, actor, actorID string
	title, newTitle, performer   string
	replyPeer, viaBot            string
	forwarded                    bool

	text, textParts topics.Text

	photo, file, fileName, mediaType, mime, emoji string
	photoSize, fileSize                           int64
	place, address, game                          string
	media                                         *topics.Media
	information                                   string

	oddities []string
}

// odd notes something that is not understood.
func (m *record) odd(what string) {
	if len(m.oddities) < 8 && !slices.Contains(m.oddities, what) {
		m.oddities = append(m.oddities, what)
	}
}

// textField gives the place of a field that is kept as text.
func (m *record) textField(key string) *string {
	switch key {
	case "type":
		return &m.kind
	case "action":
		return &m.action
	case "date_unixtime":
		return &m.date
	case "edited_unixtime":
		return &m.edited
	case "date":
		return &m.localDate
	case "edited":
		return &m.localEdited
	case "from":
		return &m.from
	case "from_id":
		return &m.fromID
	case "actor":
		return &m.actor
	case "actor_id":
		return &m.actorID
	case "title":
		return &m.title
	case "new_title":
		return &m.newTitle
	case "reply_to_peer_id":
		return &m.replyPeer
	case "via_bot":
		return &m.viaBot
	case "information_text":
		return &m.information
	}
	return m.mediaField(key)
}

func (m *record) mediaField(key string) *string {
	switch key {
	case "performer":
		return &m.performer
	case "photo":
		return &m.photo
	case "file":
		return &m.file
	case "file_name":
		return &m.fileName
	case "media_type":
		return &m.mediaType
	case "mime_type":
		return &m.mime
	case "sticker_emoji":
		return &m.emoji
	case "place_name":
		return &m.place
	case "address":
		return &m.address
	case "game_title":
		return &m.game
	}
	return nil
}

// numberField gives the place of a whole number.
func (m *record) numberField(key string) *int64 {
	switch key {
	case "id":
		return &m.id
	case "reply_to_message_id":
		return &m.reply
	case "message_id", "game_message_id", "invoice_message_id", "giveaway_msg_id":
		return &m.about
	case "photo_file_size":
		return &m.photoSize
	case "file_size":
		return &m.fileSize
	}
	return nil
}

// passedOver are the fields that a transcript has no use for.
var passedOver = set(`author saved_from saved_from_id forwarded_from_id forwarded_date forwarded_date_unixtime
	thumbnail thumbnail_file_size
	duration_seconds duration width height media_spoiler self_destruct_period_seconds contact_vcard
	contact_vcard_file_size live_location_period_seconds game_description game_link inline_bot_buttons reactions
	members inviter score amount currency recurring discard_reason reason_app_id reason_app_name reason_domain
	values to to_id distance period schedule_date emoticon cost months new_icon_emoji_id button_id peer_id peers
	gift_code boost_peer_id boost_peer_name unclaimed via_giveaway winners stars boosts peer_name charge_id
	is_unclaimed transaction_id gift_id is_limited is_anonymous gift_text`)

func set(words string) map[string]struct{} {
	out := make(map[string]struct{})
	for word := range strings.FieldsSeq(words) {
		out[word] = struct{}{}
	}
	return out
}

// readRecord reads one message. m is valid as far as it was read, also with an error.
func (r *reading) readRecord(m *record) error {
	return r.in.object(func(key string) error {
		err := r.readField(m, key)
		if errors.Is(err, errType) {
			m.odd("value of another type: " + cleanName(key))
			return nil
		}
		return err
	})
}

func (r *reading) readField(m *record, key string) (err error) {
	if field := m.textField(key); field != nil {
		_, err := r.readScalar(field, maxName)
		return err
	}
	if field := m.numberField(key); field != nil {
		return r.readNumber(field)
	}
	switch key {
	case "text":
		m.text, err = r.readText(m, r.MaxText)
		return err
	case "text_entities":
		if m.text.Text != "" {
			return r.in.skip() // the same once more
		}
		m.textParts, err = r.readText(m, r.MaxText)
		return err
	case "forwarded_from":
		m.forwarded = true // null where the name is not known
		return r.in.skip()
	}
	if read := richMedia[key]; read != nil {
		m.media, err = read(r)
		return err
	}
	if _, known := passedOver[key]; !known {
		m.odd("field: " + cleanName(key))
	}
	return r.in.skip()
}

// readNumber reads a whole number, also one written as a string.
func (r *reading) readNumber(to *int64) error {
	var text string
	if _, err := r.readScalar(&text, maxLiteral); err != nil {
		return err
	}
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil {
		return errType
	}
	*to = n
	return nil
}

// The dates that a message may have: those of Telegram, whose seconds have 32 bits.
const lastSecond = 1<<32 - 1

// when gives a date by its seconds, or by the local time beside it; zero if it is none.
func when(seconds, local string, zone *time.Location) time.Time {
	if n, err := strconv.ParseInt(seconds, 10, 64); err == nil && n > 0 && n <= lastSecond {
		return time.Unix(n, 0).UTC()
	}
	if local == "" {
		return time.Time{}
	}
	t, err := time.ParseInLocation("2006-01-02T15:04:05", local, zone)
	if err != nil || t.Unix() <= 0 || t.Unix() > lastSecond {
		return time.Time{}
	}
	return t.UTC()
}

// cleanName lets pass what looks like a name of the format and nothing that a person wrote.
func cleanName(s string) string {
	if s == "" || len(s) > 40 {
		return "unknown"
	}
	for _, c := range []byte(s) {
		if c != '_' && (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return "unknown"
		}
	}
	return s
}
