package topics

import (
	"context"
	"time"
)

// MemoStore keeps what a button stands for where its 64 bytes do not suffice. It may
// be used concurrently.
type MemoStore interface {
	// KeepMemo keeps data for a button in the conversation until the given time.
	KeepMemo(ctx context.Context, conv Conversation, data []byte, until time.Time) (id int64, err error)
	// Memo returns ErrNotFound for one that is not kept, or no longer, or belongs to
	// another conversation.
	Memo(ctx context.Context, conv Conversation, id int64) ([]byte, error)
}
