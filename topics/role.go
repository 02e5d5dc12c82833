package topics

import "context"

// Role is what a person may do in a group.
type Role int

// The roles, each holding those below it.
const (
	// RoleNone: a stranger.
	RoleNone Role = iota
	// RoleOperator may run the everyday commands.
	RoleOperator
	// RoleAdmin may run all commands.
	RoleAdmin
)

// Administrators tells who administers a chat. Implementations cache, and refresh
// on a member change and after a while.
type Administrators interface {
	// IsAdministrator is false on doubt; an error means that it could not be asked
	// and may be tried again.
	IsAdministrator(ctx context.Context, chatID, userID int64) (bool, error)
	// Forget drops what is cached of the chat.
	Forget(chatID int64)
}

// Members tells who belongs to a chat.
type Members interface {
	// IsMember is false on doubt; an error means that it could not be asked and may be
	// tried again.
	IsMember(ctx context.Context, chatID, userID int64) (bool, error)
	// Forget drops what is cached of the person.
	Forget(chatID, userID int64)
}
