package telegramtest

import (
	"fmt"
	"math"
	"time"
)

// APIError is a refusal as the Bot API words it.
type APIError struct {
	Code            int    // HTTP status and error_code
	Description     string // for people and for clients that compare texts
	RetryAfter      int    // seconds, 429 only
	MigrateToChatID int64  // the chat's new id, when it was upgraded
}

// Error returns code and description.
func (e *APIError) Error() string { return fmt.Sprintf("telegram: %d %s", e.Code, e.Description) }

func badRequest(format string, args ...any) *APIError {
	return &APIError{Code: 400, Description: "Bad Request: " + fmt.Sprintf(format, args...)}
}

func forbidden(text string) *APIError {
	return &APIError{Code: 403, Description: "Forbidden: " + text}
}

func conflict(text string) *APIError {
	return &APIError{Code: 409, Description: "Conflict: " + text}
}

func tooMany(wait time.Duration) *APIError {
	n := max(1, int(math.Ceil(wait.Seconds())))
	return &APIError{Code: 429, Description: fmt.Sprintf("Too Many Requests: retry after %d", n), RetryAfter: n}
}

// Texts that clients compare; wording as the real server sends it.
const (
	errThreadNotFound = "message thread not found"
	errNotModified    = "message is not modified: specified new message content and reply markup are exactly" +
		" the same as a current content and reply markup of the message"
	errQueryTooOld  = "query is too old and response timeout expired or query ID is invalid"
	errOtherPoller  = "terminated by other getUpdates request; make sure that only one bot instance is running"
	errWebhookAlive = "can't use getUpdates method while webhook is active;" +
		" use deleteWebhook to delete the webhook first"
	errBySetWebhook = "terminated by setWebhook request"
)
