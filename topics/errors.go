package topics

import (
	"errors"
	"fmt"
	"time"
)

var (
	// ErrNotFound means that what was asked for is not stored.
	ErrNotFound = errors.New("not found")
	// ErrConflict means that somebody else changed the thing first.
	ErrConflict = errors.New("conflict")
	// ErrForgotten means that the customer was erased since the work began.
	ErrForgotten = errors.New("the customer was erased meanwhile")
	// ErrLeaseLost means that another process has taken the lane over since: what
	// was about to be written was not, and must not be tried again by us.
	ErrLeaseLost = errors.New("lease lost")
	// ErrClosed means that the part is stopped and takes nothing more.
	ErrClosed = errors.New("closed")
)

// Hopeless marks an error that no later try can mend: the item is parked at once.
type Hopeless struct{ Err error }

func (e *Hopeless) Error() string { return e.Err.Error() }

// Unwrap gives the cause.
func (e *Hopeless) Unwrap() error { return e.Err }

// Wait marks an error that asks for a pause and is no fault of the item (a flood
// limit, a circuit that is open): the item is tried again After and the try is not
// counted.
type Wait struct {
	After time.Duration
	Err   error
}

func (e *Wait) Error() string { return fmt.Sprintf("wait %s: %v", e.After, e.Err) }

// Unwrap gives the cause.
func (e *Wait) Unwrap() error { return e.Err }

// TopicLost is returned by a send into a topic that no longer exists
// ("message thread not found"): nothing of it may go elsewhere.
type TopicLost struct{ Conversation Conversation }

func (e *TopicLost) Error() string { return "topic " + e.Conversation.String() + " is lost" }

// Migrated is returned by a send into a group that has become another chat.
type Migrated struct{ From, To int64 }

func (e *Migrated) Error() string { return fmt.Sprintf("group %d is now %d", e.From, e.To) }

// UnknownOutcome is returned when a request left and its answer never came: it may
// have taken effect. Comments are sent again; messages to customers are not.
type UnknownOutcome struct{ Err error }

func (e *UnknownOutcome) Error() string { return "outcome unknown: " + e.Err.Error() }

// Unwrap gives the cause.
func (e *UnknownOutcome) Unwrap() error { return e.Err }
