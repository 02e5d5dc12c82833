// Package advice writes answers to customers' questions out of the team's knowledge: it
// masks, asks the model, and lets nothing through whose evidence it has not checked itself.
// It neither posts nor sends anything.
package advice

import (
	"context"
	"time"

	"topicpilot/topics"
)

// Turn is one message of the talk, as the model sees it.
type Turn struct {
	// From is "customer" or "operator".
	From string `json:"from"`
	Text string `json:"text"`
}

// Card is what the model learns of the customer.
type Card struct {
	Name     string   `json:"name,omitempty"`
	Username string   `json:"username,omitempty"`
	Language string   `json:"language,omitempty"`
	Phone    string   `json:"phone,omitempty"`
	Accounts []string `json:"accounts,omitempty"`
}

// Question is what is asked, with all that may help to answer it.
type Question struct {
	// For is the topic whose budget is used; the zero value for none.
	For topics.Conversation
	// Text is the question; a burst of messages is joined by line breaks.
	Text string
	// Language is the one to answer in, as BCP 47; "" to go by the text.
	Language string
	Turns    []Turn
	Summary  string
	Customer *Card
	// Internal tells that only operators read the answer: internal knowledge may be used.
	Internal bool
}

// Advice is an answer that has passed the gate.
type Advice struct {
	// Text is the bare answer, with what was masked put back.
	Text    string
	Sources []topics.DraftSource
	// Strange are links, addresses, commands and numbers in Text that stand neither in a cited
	// chunk nor on the customer's card. At most ten.
	Strange []string
	// Uncarried are sentences of Text that tell something no claim says. At most five, each of
	// at most 200 characters.
	Uncarried []string
	// Dictated tells that the customer's texts give orders to a model.
	Dictated bool
	// Coverage is the share of the answer that claims with true quotes carry; Strength is
	// that of the best hit. Both from 0 to 1.
	Coverage float64
	Strength float64
	// Usage is what the call has cost, ModelTime how long the model and the embedding took.
	Usage     topics.TokenUsage
	ModelTime time.Duration
}

// Reason is why there is no advice, as metrics and gaps name it.
type Reason string

// The reasons.
const (
	ReasonNothing      Reason = "nothing_found"
	ReasonUnanswerable Reason = "unanswerable"
	ReasonNoClaim      Reason = "no_claim"
	ReasonQuote        Reason = "bad_quote"
	ReasonCoverage     Reason = "coverage"
	ReasonUnreadable   Reason = "unreadable"
	ReasonRefused      Reason = "refused"
	ReasonCutOff       Reason = "cut_off"
	ReasonEmpty        Reason = "empty"
	// ReasonLeak: the answer holds a part of our instructions.
	ReasonLeak Reason = "leak"
	// ReasonDayBudget and ReasonTopicBudget: today's tokens are used up.
	ReasonDayBudget   Reason = "budget_day"
	ReasonTopicBudget Reason = "budget_topic"
	// ReasonModel: the model was not reached, or is left alone after failures.
	ReasonModel Reason = "model"
)

// Gap reports whether the reason is one of the knowledge, rather than of money or machines.
func (r Reason) Gap() bool {
	return r != ReasonDayBudget && r != ReasonTopicBudget && r != ReasonModel
}

// Silence is returned instead of an Advice. Its text holds no customers' words.
type Silence struct {
	Reason   Reason
	Strength float64
	// Question is the masked question, bounded, for the list of gaps.
	Question  string
	Usage     topics.TokenUsage
	ModelTime time.Duration
	// Err is the cause, if there is one.
	Err error
}

func (s *Silence) Error() string {
	text := "no advice: " + string(s.Reason)
	if s.Err != nil {
		text += ": " + s.Err.Error()
	}
	return text
}

// Unwrap gives the cause.
func (s *Silence) Unwrap() error { return s.Err }

// Searcher finds parts of the knowledge. It may be called concurrently.
type Searcher interface {
	// Search gives the best hits, best first. What goes wrong with embeddings alone costs
	// their part of the result, not the result.
	Search(ctx context.Context, query topics.KnowledgeQuery) ([]topics.KnowledgeHit, error)
}
