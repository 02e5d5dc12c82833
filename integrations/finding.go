// Package integrations holds what the clients of outside systems share. It knows none of them.
package integrations

// Status is how bad a finding is.
type Status string

// The statuses.
const (
	OK Status = "ok"
	// Warning: it works, something of it is left out or could not be looked at.
	Warning Status = "warning"
	// Fault: what the system is for does not work until it is mended. Nothing else of
	// the program is concerned.
	Fault Status = "fault"
)

// Finding is one result of a client's Check: Text says what is so, Remedy what to do ("" when
// it is well).
type Finding struct {
	Status Status
	// Code names the check in the client's own words: api, token, database, …
	Code string
	// ChatID is the group that is concerned, 0 for none.
	ChatID int64
	Text   string
	Remedy string
}

// Revealer is text that does not print itself, as config.Secret and config.URL.
type Revealer interface{ Reveal() string }
