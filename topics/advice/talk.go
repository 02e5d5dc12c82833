package advice

import (
	"time"

	"topicpilot/topics"
)

// TalkOptions say how a talk is read.
type TalkOptions struct {
	// Call are the words that address the advisor; they are taken off the question.
	Call []string
	// Now is the present, Debounce the silence that ends a burst.
	Now      time.Time
	Debounce time.Duration
}

// Talk is what the end of a conversation tells.
type Talk struct {
	// Question joins the customer's last messages that nobody has answered, as far as they
	// are of this episode; "" for none. QuestionID is the newest of them, QuestionAt when it was
	// written (or edited), BurstAt when the first of them was.
	Question   string
	QuestionID int64
	QuestionAt time.Time
	BurstAt    time.Time
	// Addressed tells that one of them begins with a word of Call.
	Addressed bool
	// SmallTalk tells that there is nothing in it to answer: greetings, thanks, emoji,
	// media without words.
	SmallTalk bool
	// HumanAt is when an operator, or whoever else writes by hand, last wrote to the
	// customer; zero for never. HumanID is that message.
	HumanAt time.Time
	HumanID int64
	// Turns are the bounded episode before the question, Summary what was before the
	// episode; both without comments and commands.
	Turns   []Turn
	Summary string
}

// ReadTalk reads the end of a conversation: messages in their order, and the drafts of it
// that were sent to the customer elsewhere than in the topic, in any order.
func ReadTalk(_ []topics.Message, _ []topics.Draft, _ TalkOptions) Talk { panic("to be written") }

// Addressed reports whether a text begins with one of the words that address the advisor,
// and gives what is asked: "AI, how…" is "how…". A word counts whole, in any case.
func Addressed(_ string, _ []string) (question string, ok bool) { panic("to be written") }

// SmallTalk reports whether a text has nothing to answer in it.
func SmallTalk(_ string) bool { panic("to be written") }

// Likeness is how much two texts say the same, from 0 to 1, by their words.
func Likeness(_, _ string) float64 { panic("to be written") }
