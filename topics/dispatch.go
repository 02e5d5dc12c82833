package topics

import (
	"context"
	"time"
)

// Call is one command as a person typed it, or one press of a button under an
// answer. It holds all that decides whether and where it may run; nothing in it is
// trusted but the ids, which Telegram vouches for.
type Call struct {
	Group        *Group
	Conversation Conversation
	// By is who typed or pressed. By.Kind tells a stranger from an anonymous
	// administrator, a channel and a bot, all of which have RoleNone.
	By   Author
	Role Role
	// MessageID is the typed message, or the message that carries the button.
	MessageID int64
	// Name and Rest are what was typed: "/info@bot a b" is "info" and "a b". Name is
	// in lower case. Both are empty for a press.
	Name string
	Rest string
	// Press is the button's data, "" for a typed command.
	Press string
	// Key is unique for each update, "<bot>:<update id>": the same update delivered
	// twice has the same one.
	Key string
	// At is when it was typed, by Telegram's clock; the time of arrival for a press.
	At time.Time
}

// Answer is what comes of a Call. The zero value is silence.
type Answer struct {
	// Messages are posted into the conversation of the call, or edited in place where
	// EditID is set.
	Messages []Outgoing
	// Toast is shown to the presser of a button alone, 200 characters at most.
	Toast string
	// Tasks are started with the answer.
	Tasks []Task
}

// Dispatcher runs commands. It may be called concurrently for different
// conversations.
type Dispatcher interface {
	// Knows reports whether the group has a command of that name (in lower case). One
	// that it has not is left to the mirror, in silence.
	Knows(group *Group, name string) bool
	// Dispatch runs the call to its end, within a bounded time. An error means that
	// nothing was answered and that the same call may be tried again later; what is
	// wrong for good is an Answer that says so.
	Dispatch(ctx context.Context, call Call) (Answer, error)
}
