package topics

import (
	"context"
	"time"
)

// AdviceMode is what the advisor does in a topic.
type AdviceMode string

// The modes.
const (
	// AdviceOff: nothing.
	AdviceOff AdviceMode = "off"
	// AdviceAsk: answers when it is addressed.
	AdviceAsk AdviceMode = "ask"
	// AdviceDraft: a draft for every question of a customer.
	AdviceDraft AdviceMode = "draft"
	// AdviceReply: as AdviceDraft, and may answer customers itself.
	AdviceReply AdviceMode = "reply"
)

// TopicMode is the mode that somebody has set for a topic.
type TopicMode struct {
	Conversation
	Mode AdviceMode
	By   Author
	At   time.Time
}

// ModeStore keeps the modes of topics. It may be used concurrently.
type ModeStore interface {
	// TopicMode returns ErrNotFound where nobody has set one. A topic is found under each
	// id that its group has had.
	TopicMode(ctx context.Context, conv Conversation) (TopicMode, error)
	// SetTopicMode sets it, in place of the former one.
	SetTopicMode(ctx context.Context, mode TopicMode) error
}

// Gap is a question that the knowledge did not answer.
type Gap struct {
	ID int64
	// Key is the same for the same question, however often its task is run.
	Key string
	Conversation
	// Question is masked and bounded, Reason one of the advisor's reasons.
	Question string
	Reason   string
	// Strength is that of the best hit, from 0 to 1.
	Strength float64
	At       time.Time
}

// GapStore keeps gaps for ninety days. It may be used concurrently.
type GapStore interface {
	// AddGap keeps a gap; one of the same Key, or of a customer erased since Gap.At, is
	// left out without an error.
	AddGap(ctx context.Context, gap Gap) error
	// Gaps lists those of a conversation, or with ThreadID 0 of the whole chat, at or after
	// since, the latest first; at most limit. As in DraftStore.Drafts.
	Gaps(ctx context.Context, conv Conversation, since time.Time, limit int) ([]Gap, error)
}

// TokenLimits bound the tokens of one UTC day; 0 for no limit.
type TokenLimits struct {
	Day      int64
	TopicDay int64
}

// TokensSpent is what one UTC day has cost so far.
type TokensSpent struct {
	// Day is for all groups, Topic for the topic asked about. What is reserved counts in
	// neither.
	Day   TokenUsage
	Topic TokenUsage
	// Reserved and TopicReserved are booked for calls that have not ended, or never will
	// since the program died in them: they count against the limits all the same.
	Reserved      int64
	TopicReserved int64
}

// Over tells which limit has no room for a call; "" for none.
type Over string

// The limits of TokenLimits.
const (
	OverNothing Over = ""
	OverDay     Over = "day"
	OverTopic   Over = "topic"
)

// TokenStore counts tokens durably, for all processes on one database together. Each
// method returns after the commit and may be called concurrently.
type TokenStore interface {
	// ReserveTokens books tokens for one call on the UTC day of at, if what is spent and
	// booked leaves room for them in both limits; else it tells which does not, and books
	// nothing. The zero conversation is of no topic: the day's limit alone holds.
	ReserveTokens(
		ctx context.Context, conv Conversation, at time.Time, tokens int64, limits TokenLimits,
	) (id int64, over Over, err error)
	// SettleTokens ends a booking: what was used counts instead, on the day of the booking.
	// A booking that is settled already, or not known, is left as it is.
	SettleTokens(ctx context.Context, id int64, used TokenUsage) error
	// TokensSpent reads the UTC day of at.
	TokensSpent(ctx context.Context, conv Conversation, at time.Time) (TokensSpent, error)
	// FirstNotice reports, once a UTC day for each chat, that nobody has been told yet.
	FirstNotice(ctx context.Context, chatID int64, at time.Time) (first bool, err error)
}

// KeptVector is the vector of a text, as its owner has encoded it.
type KeptVector struct {
	// Hash names the text: 32 bytes in hexadecimal.
	Hash string
	// Dimension is how many numbers Data holds.
	Dimension int
	Data      []byte
}

// VectorStore keeps vectors, by the model that made them. It may be used concurrently.
type VectorStore interface {
	// Vectors calls yield with all vectors of a model, until it returns false.
	Vectors(ctx context.Context, model string, yield func(KeptVector) bool) error
	// KeepVectors stores vectors, in place of those of the same model and hash.
	KeepVectors(ctx context.Context, model string, vectors []KeptVector) error
	// UseVectors notes that these are in use on the day of at. Vectors that were neither
	// kept nor used for thirty days are pruned.
	UseVectors(ctx context.Context, model string, hashes []string, at time.Time) error
}

// Heard is a message that was just said in a group.
type Heard struct {
	Group *Group
	// Message is as the transcript keeps it; in General it is not kept.
	Message Message
	Role    Role
	// Edited tells that it is a new text of a former message.
	Edited bool
	// Typed tells that it was typed here and now by its author: no forward, no caption, not
	// sent by a timer or through a bot.
	Typed bool
	// Key is unique for each update.
	Key string
}

// Listener hears what is said in groups, commands included. It returns soon: what takes
// time is a task. May be called concurrently for different conversations.
type Listener interface {
	// Heard returns what comes of it; Answer.Toast is not used. An error means that the
	// same message is to be heard again later.
	Heard(ctx context.Context, heard Heard) (Answer, error)
}

// RecentReader reads the end of a talk.
type RecentReader interface {
	// LastMessages reads the last limit messages of a conversation, oldest first.
	LastMessages(ctx context.Context, conv Conversation, limit int) ([]Message, error)
	// LastByHand is the newest message of the talk that neither the customer nor a program has
	// written, among the last limit messages of the conversation; ErrNotFound where there is
	// none.
	LastByHand(ctx context.Context, conv Conversation, limit int) (Message, error)
}
