package topics

import "time"

// Chunk is a part of the team's knowledge that is found and quoted as one.
type Chunk struct {
	// ID stays the same as long as the file's path, the headings and the text do.
	ID string `json:"chunk"`
	// File is the path below its folder of knowledge, with slashes.
	File string `json:"file"`
	// Title are the headings above it, outermost first, joined by " › ".
	Title string `json:"title"`
	Text  string `json:"text"`
	// Internal parts inform operators and never customers.
	Internal bool `json:"internal"`
	// Link is where the article can be read, as its front matter or its row says; "" for
	// nowhere.
	Link string `json:"link,omitempty"`
	// Date is when the article was last changed: as its front matter says, or the file.
	Date time.Time `json:"date,omitzero"`
}

// KnowledgeHit is a chunk that was found for a question.
type KnowledgeHit struct {
	Chunk
	// Score orders the hits of one search; higher is better.
	Score float64 `json:"score"`
	// Strength is how much of the question the chunk speaks of, from 0 to 1.
	Strength float64 `json:"-"`
}

// KnowledgeQuery is a search in the team's knowledge.
type KnowledgeQuery struct {
	Text string
	// Limit is how many hits are wanted.
	Limit int
	// Internal also finds internal parts. It is set for what only operators read.
	Internal bool
	// Whole also gives what was not found, with a Score of 0, where all that may be found is
	// no more than Limit: whoever reads that much anyway needs no search.
	Whole bool
	// For is the topic that the search is for, whose budget an embedding is taken from; the
	// zero value for none.
	For Conversation
}
