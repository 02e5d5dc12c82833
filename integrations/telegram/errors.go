package telegram

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"topicpilot/topics"
)

// APIError is a refusal of the Bot API. It holds neither token nor what was sent.
type APIError struct {
	Method string
	Code   int
	// Description is Telegram's text, cut to 200 bytes, without what it puts in quotes.
	Description string
	// RetryAfter is set with 429.
	RetryAfter time.Duration
	// MigrateTo is the chat's new id when the group has become another chat.
	MigrateTo int64
}

func (e *APIError) Error() string {
	return fmt.Sprintf("telegram: %s: %d %s", e.Method, e.Code, e.Description)
}

// notSent is a failure before anything of the request has left: it may be tried again.
type notSent struct{ err error }

func (e *notSent) Error() string { return "telegram cannot be reached: " + e.err.Error() }
func (e *notSent) Unwrap() error { return e.err }

// maxDescription bounds Telegram's error texts, in bytes.
const maxDescription = 200

// quoted is text in quotes, from the first opening quote to the last closing one or the end.
// An apostrophe, as in "can't", opens nothing.
var quoted = regexp.MustCompile(`(?s)(["“«]|\B')(.*(["”»]|'\B)|.*)`)

// maskQuoted hides what Telegram's error texts quote of what was sent.
func maskQuoted(description string) string {
	return quoted.ReplaceAllLiteralString(description, `"…"`)
}

// defaultFloodWait is waited for when a 429 names no time.
const defaultFloodWait = 5 * time.Second

// classify turns a refusal into the domain's errors. target gives the conversation that the
// request was for.
func classify(refusal *APIError, target func() topics.Conversation) error {
	switch {
	case refusal.Code == 429:
		wait := refusal.RetryAfter
		if wait <= 0 {
			wait = defaultFloodWait
		}
		return &topics.Wait{After: wait, Err: refusal}
	case refusal.Code >= 500, refusal.Code == 408:
		return &topics.UnknownOutcome{Err: refusal}
	case refusal.Code == 401, refusal.Code == 404, refusal.Code == 409, refusal.Code < 400:
		// The token or the receiver is at fault, not what was sent: it can be mended from outside.
		return refusal
	case refusal.MigrateTo != 0:
		return &topics.Migrated{From: target().ChatID, To: refusal.MigrateTo}
	case topicGone(refusal.Description):
		if conv := target(); conv.ThreadID != 0 {
			return &topics.TopicLost{Conversation: conv}
		}
	}
	return &topics.Hopeless{Err: refusal}
}

// topicGone recognises the texts for a topic that no longer exists. Source: protocols note on
// error texts; the capitals come from Telegram's own servers and pass the Bot API unchanged.
func topicGone(description string) bool {
	return strings.Contains(description, "message thread not found") ||
		strings.Contains(description, "TOPIC_DELETED") || strings.Contains(description, "TOPIC_ID_INVALID")
}

// target reads chat and thread of the request.
func (r *request) target() topics.Conversation {
	if r.form != nil {
		return r.form.conv
	}
	var conv topics.Conversation
	eachMember(r.body, func(key, value []byte) {
		switch string(key) {
		case "chat_id":
			conv.ChatID, _ = scanInt(value)
		case "message_thread_id":
			conv.ThreadID, _ = scanInt(value)
		}
	})
	return conv
}

// refusedWith reports whether err is a refusal with this code whose description contains text.
func refusedWith(err error, code int, text string) bool {
	var refusal *APIError
	return errors.As(err, &refusal) && refusal.Code == code && strings.Contains(refusal.Description, text)
}

// shorten cuts at max bytes, at a rune's border.
func shorten(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit] + "…"
}
