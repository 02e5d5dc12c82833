package topics

import "time"

// Priority orders what waits for the group's budget.
type Priority int

// The priorities, first the most urgent.
const (
	// PriorityAnswer answers an operator who waits.
	PriorityAnswer Priority = iota
	// PriorityNotice tells something that nobody waits for.
	PriorityNotice
	// PriorityDraft is a suggestion; the newest one replaces what is unsent.
	PriorityDraft
)

// Button is one inline button.
type Button struct {
	Text string `json:"text"`
	// Data comes back with the press, 64 bytes at most. Exactly one of Data, URL and
	// Copy is set.
	Data string `json:"data,omitempty"`
	URL  string `json:"url,omitempty"`
	// Copy is put on the clipboard, 256 characters at most.
	Copy string `json:"copy,omitempty"`
}

// Outgoing is one message that we owe a group. It is internal: the sender puts the
// group's comment mark before every part of it. What goes to a customer is never an
// Outgoing.
type Outgoing struct {
	Conversation
	Priority Priority   `json:"priority"`
	Text     Text       `json:"text"`
	Buttons  [][]Button `json:"buttons,omitempty"`
	// EditID is the message of ours to edit instead of posting, 0 to post.
	EditID int64 `json:"edit_id,omitempty"`
	// Replaces names a message of which only the newest unsent one matters, as a
	// topic's draft; "" for none.
	Replaces string `json:"replaces,omitempty"`
	// DraftID is the draft that the message shows, 0 for none: the store is told by which
	// messages.
	DraftID int64 `json:"draft_id,omitempty"`
	// Posted are the parts that have reached Telegram already, as the transcript is to
	// keep them: a split text whose later part failed goes on where it stopped.
	Posted []Message `json:"posted,omitempty"`
}

// Sent counts the parts that have reached Telegram already.
func (o Outgoing) Sent() int { return len(o.Posted) }

// OutboxLane is the lane in which the message waits. What is more urgent has lanes of
// its own: an answer does not wait behind a draft of the same topic.
func (o Outgoing) OutboxLane() string {
	switch o.Priority {
	case PriorityNotice:
		return o.Lane() + " notices"
	case PriorityDraft:
		return o.Lane() + " drafts"
	default:
		return o.Lane()
	}
}

// Delivered is what became of an Outgoing.
type Delivered struct {
	// Messages are the posted parts as the transcript keeps them; an edit has the
	// edited message with EditDate set.
	Messages []Message
	// Sends are the times at which posts and edits were answered, or given up without
	// an answer, that Telegram may have counted. Empty where nobody has to remember them.
	Sends []time.Time
}
