package commands

import (
	"log/slog"
	"time"
)

// Parts are what the built-in commands work with.
type Parts struct {
	Customers Customers
	// Sections are the lines of /info below who the customer is, in their order.
	Sections []InfoSection
	// Links make /link and /unlink; neither is there when nil.
	Links *Links
	// Log may be nil.
	Log *slog.Logger
	// Now is the clock; time.Now when nil.
	Now func() time.Time
}

// All lists the built-in commands in the order in which help, menus and docs show
// them. A command is added here and nowhere else.
func All(parts Parts) []Command {
	list := []Command{Info(parts)}
	if parts.Links != nil {
		list = append(list, parts.Links.Commands()...)
	}
	return append(list, Assist())
}
