package commands

import (
	"context"
	"errors"
	"fmt"

	"topicpilot/topics"
)

// errNoGroup parks a task of a group that was taken out of the settings.
var errNoGroup = errors.New("the group is not in the settings any more: put it back and replay this, or drop it")

// identify finds who stands behind the topic of a request. reason, if not "", is why that
// is not known; an error is worth another try of the whole request.
func identify(
	ctx context.Context, customers Customers, req Request,
) (known topics.Resolved, reason topics.ResolveReason, err error) {
	limited, cancel := context.WithTimeout(ctx, resolveTime)
	defer cancel()
	known, err = customers.Resolve(limited, req.Group, req.Conversation, topics.NeedIdentity)
	if err == nil {
		return known, "", nil
	}
	if why, ok := errors.AsType[*topics.ResolveError](err); ok {
		return known, why.Reason, nil
	}
	if limited.Err() != nil && ctx.Err() == nil {
		return known, topics.ReasonUnavailable, nil
	}
	return known, "", fmt.Errorf("resolve customer: %w", err)
}
