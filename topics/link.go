package topics

import (
	"context"
	"time"
)

// Link ties a customer to an account of an outside system. A customer may have several
// accounts, and an account several customers. Links belong to the customer, in all
// their topics.
type Link struct {
	CustomerID int64
	// Account is the id as the outside system writes it: 1–64 of [A-Za-z0-9._-].
	Account string
	// By is who set it.
	By Author
	At time.Time
}

// LinkStore keeps links durably. It may be used concurrently.
type LinkStore interface {
	// AddLink reports false for a link that is there already, which is left as it is.
	AddLink(ctx context.Context, link Link) (added bool, err error)
	// RemoveLink reports false for a link that is not there.
	RemoveLink(ctx context.Context, customerID int64, account string) (removed bool, err error)
	// Links lists a customer's links, oldest first.
	Links(ctx context.Context, customerID int64) ([]Link, error)
}
