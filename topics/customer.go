package topics

import (
	"context"
	"strings"
	"time"
)

// Customer is the person behind a topic, as the Topics API names them.
type Customer struct {
	ID        int64  `json:"id"`
	Name      string `json:"name,omitempty"`
	FirstName string `json:"first_name,omitempty"`
	LastName  string `json:"last_name,omitempty"`
	Username  string `json:"username,omitempty"`
	Phone     string `json:"phone,omitempty"`
	Language  string `json:"language,omitempty"`
}

// Author is the customer as the author of what they wrote: their messages are posted by
// the mirror's account, and bear its name. Name is "" where the customer has none.
func (c Customer) Author() Author {
	name := strings.TrimSpace(c.Name)
	if name == "" {
		name = strings.TrimSpace(c.FirstName + " " + c.LastName)
	}
	return Author{Kind: AuthorCustomer, ID: c.ID, Name: name, Username: c.Username}
}

// TopicInfo is what the Topics API tells about one topic.
type TopicInfo struct {
	// Private tells that one person stands behind the topic. A topic that mirrors a
	// chat or channel has no customer.
	Private  bool     `json:"private"`
	Customer Customer `json:"customer"`
	// Status is the mirror's: user_answered, support_answered, closed. Shown verbatim
	// when unknown.
	Status   string `json:"status,omitempty"`
	Title    string `json:"title,omitempty"`
	LastDate string `json:"last_date,omitempty"`
	// Instance is the connection that knows the topic; its id may exceed 2^53.
	Instance     string `json:"instance,omitempty"`
	InstanceName string `json:"instance_name,omitempty"`
}

// Resolved is a TopicInfo and how old its parts are.
type Resolved struct {
	TopicInfo
	// At is when the Topics API said so.
	At time.Time
	// Stale tells that the Topics API could not be asked again although At is longer
	// ago than the cache allows; Age is then shown.
	Stale bool
	Age   time.Duration
}

// TopicsAPI asks the mirror who stands behind a topic.
type TopicsAPI interface { //nolint:revive // the service is called so
	// TopicInfo asks one instance. Errors: *ResolveError.
	TopicInfo(ctx context.Context, instance Instance, conv Conversation) (TopicInfo, error)
}

// CustomerStore keeps what the Topics API said.
type CustomerStore interface {
	// CustomerOf returns ErrNotFound when nothing is known of the topic.
	CustomerOf(ctx context.Context, conv Conversation) (TopicInfo, time.Time, error)
	KeepCustomer(ctx context.Context, conv Conversation, info TopicInfo, at time.Time) error
}

// ResolveReason tells why a topic's customer is not known.
type ResolveReason string

// The reasons, each with its own sentence for the operator.
const (
	// ReasonGeneral: General has no customer.
	ReasonGeneral ResolveReason = "general"
	// ReasonChat: the topic mirrors a chat, not a person.
	ReasonChat ResolveReason = "chat"
	// ReasonUnknownTopic: no instance knows the topic.
	ReasonUnknownTopic ResolveReason = "unknown_topic"
	// ReasonNotSet: the group has no instance, or the Topics API no token.
	ReasonNotSet ResolveReason = "not_set"
	// ReasonRefused: the token or the instance's key is wrong.
	ReasonRefused ResolveReason = "refused"
	// ReasonUnavailable: no answer, and nothing kept.
	ReasonUnavailable ResolveReason = "unavailable"
)

// ResolveError says why the customer of a topic could not be found. Its text holds
// neither of the two secrets.
type ResolveError struct {
	Reason ResolveReason
	Err    error
}

func (e *ResolveError) Error() string {
	if e.Err == nil {
		return "customer: " + string(e.Reason)
	}
	return "customer: " + string(e.Reason) + ": " + e.Err.Error()
}

// Unwrap gives the cause.
func (e *ResolveError) Unwrap() error { return e.Err }
