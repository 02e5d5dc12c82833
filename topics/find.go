package topics

import "context"

// FindQuery says what is searched for.
type FindQuery struct {
	ChatID int64
	// Former are ids that the group had before: what was said there is searched as well.
	Former []int64
	// ThreadID is the only topic searched, 0 for all of the group.
	ThreadID int64
	// Words are as a person typed them: all have to occur, in any order; the last letters
	// of a word may differ (its ending). "quoted words" have to follow each other.
	Words string
	// After goes on behind the hit with this Place, 0 for the first hits.
	After int64
	Limit int
}

// Hit is a message that was found.
type Hit struct {
	Message
	// Place orders the hits, for FindQuery.After.
	Place int64
	// Marks are the parts of the text that match, as byte offsets [from, to).
	Marks [][2]int
}

// Finder searches the transcript: the present texts of messages, not their former ones.
type Finder interface {
	// Find gives the latest hits first. What was stored before the call is found. No
	// word that can be searched for gives no hit.
	Find(ctx context.Context, query FindQuery) ([]Hit, error)
}
