package notion

import (
	"context"
	"time"
)

// SetSleep puts a function in the place of all pauses.
func (c *Client) SetSleep(sleep func(ctx context.Context, d time.Duration) error) { c.sleep = sleep }
