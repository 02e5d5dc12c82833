package notion

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"time"

	"topicpilot/integrations"
)

// Kind sorts refusals and failures by what can be done about them.
type Kind string

// The kinds of error.
const (
	// KindUnreachable: nothing has left; it may be tried again.
	KindUnreachable Kind = "unreachable"
	// KindUnavailable: a read failed at Notion or on the way; it may be tried again.
	KindUnavailable Kind = "unavailable"
	// KindUnreadable: a read was answered with something that is no answer of Notion.
	KindUnreadable Kind = "unreadable"
	// KindToken: the token is refused.
	KindToken Kind = "token"
	// KindRights: the connection lacks a capability.
	KindRights Kind = "rights"
	// KindNotFound: it does not exist, or is not shared with the connection.
	KindNotFound Kind = "not_found"
	// KindArchived: the page is in the trash.
	KindArchived Kind = "archived"
	// KindConflict: Notion was busy with the same thing; nothing was done, try again.
	KindConflict Kind = "conflict"
	// KindInvalid: Notion does not accept the request, for instance since the database
	// has been changed.
	KindInvalid Kind = "invalid"
	// KindLimited: Notion asks for a pause of more than MaxWait.
	KindLimited Kind = "limited"
	// KindSchema: the database lacks what cards need; Check tells what.
	KindSchema Kind = "schema"
)

// MaxWait is the longest pause that Notion may ask for and still be waited for.
const MaxWait = time.Minute

// Error is a refusal or failure after which certainly nothing has changed. It holds
// neither token nor what was sent nor Notion's message, which may quote it.
type Error struct {
	Kind Kind
	// Op is what was being done, as "update page".
	Op string
	// Status is that of HTTP, 0 without an answer; Code is Notion's, "" if it gave none.
	Status int
	Code   string
	// RequestID is by which Notion's support finds the request.
	RequestID string
	// After is the pause asked for, of KindLimited.
	After time.Duration
	// Findings tell what is wrong, of KindSchema.
	Findings []integrations.Finding
	Err      error
}

func (e *Error) Error() string {
	text := "notion: " + e.Op + ": "
	switch {
	case e.Kind == KindLimited:
		return text + fmt.Sprintf("Notion asks for a pause of %s", e.After)
	case e.Status != 0 && e.Code != "":
		text += fmt.Sprintf("%d %s", e.Status, e.Code)
	case e.Status != 0:
		text += fmt.Sprintf("%d %s", e.Status, http.StatusText(e.Status))
	case e.Err != nil:
		return text + e.Err.Error()
	default:
		text += string(e.Kind)
	}
	for _, finding := range e.Findings {
		if finding.Status == integrations.Fault {
			return text + ": " + finding.Text
		}
	}
	if e.RequestID != "" {
		text += " (request " + e.RequestID + ")"
	}
	return text
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

func isKind(err error, kinds ...Kind) bool {
	refusal, ok := errors.AsType[*Error](err)
	return ok && slices.Contains(kinds, refusal.Kind)
}

var (
	codePattern    = regexp.MustCompile(`^[a-z_]{1,64}$`)
	requestPattern = regexp.MustCompile(`^[0-9a-fA-F-]{1,64}$`)
)

// refusal is the body of an answer that is no success. Its message is not read: it may
// quote what was sent.
type refusal struct {
	Code      string `json:"code"`
	RequestID string `json:"request_id"`
}

// classify makes the error of a refused request.
func classify(op string, status int, body refusal) *Error {
	e := &Error{Op: op, Status: status, Kind: KindInvalid}
	if codePattern.MatchString(body.Code) {
		e.Code = body.Code
	}
	if requestPattern.MatchString(body.RequestID) {
		e.RequestID = body.RequestID
	}
	switch {
	case status == http.StatusUnauthorized:
		e.Kind = KindToken
	case status == http.StatusForbidden:
		e.Kind = KindRights
	case status == http.StatusNotFound:
		e.Kind = KindNotFound
	case status == http.StatusConflict:
		e.Kind = KindConflict
	case status < 300 || status >= 500 || status == http.StatusRequestTimeout:
		e.Kind = KindUnavailable
	}
	return e
}
