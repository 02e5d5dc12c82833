package topics

import "context"

// Imported counts what became of imported messages.
type Imported struct {
	// Stored are new, Known are there already, Forgotten belong to an erased customer.
	Stored, Known, Forgotten int64
}

// Importer takes messages from elsewhere into the transcript.
type Importer interface {
	// Import stores messages, and what is known of their topics, in one transaction. A
	// message whose chat and id are known already, in whichever topic, is left as it is;
	// so is what is known of a topic. At most 1000 messages at a time.
	Import(ctx context.Context, messages []Message, topics []TopicChange) (Imported, error)
}
