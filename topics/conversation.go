package topics

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Conversation names one forum topic of a group, or the group's General when
// ThreadID is 0. Everything that must keep its order is ordered per Conversation.
type Conversation struct {
	// ChatID is the supergroup's id as the Bot API writes it (-100…).
	ChatID int64 `json:"chat_id"`
	// ThreadID is the Bot API's message_thread_id of a real forum topic, 0 for
	// General. A thread id of an ordinary reply thread is never kept here.
	ThreadID int64 `json:"thread_id,omitempty"`
}

// General reports whether the conversation is the group's General.
func (c Conversation) General() bool { return c.ThreadID == 0 }

// Lane is the name of the conversation's lane, also its form on the command
// line: "-1002101424779/5343".
func (c Conversation) Lane() string {
	return strconv.FormatInt(c.ChatID, 10) + "/" + strconv.FormatInt(c.ThreadID, 10)
}

// String is Lane, for logs.
func (c Conversation) String() string { return c.Lane() }

var errConversation = errors.New("want GROUP/TOPIC, as in -1002101424779/5343")

// ParseConversation reads the form that Lane writes.
func ParseConversation(s string) (Conversation, error) {
	chat, thread, found := strings.Cut(s, "/")
	if !found {
		return Conversation{}, fmt.Errorf("conversation %q: %w", s, errConversation)
	}
	chatID, err := strconv.ParseInt(chat, 10, 64)
	if err != nil {
		return Conversation{}, fmt.Errorf("conversation %q: %w", s, errConversation)
	}
	threadID, err := strconv.ParseInt(thread, 10, 64)
	if err != nil || threadID < 0 {
		return Conversation{}, fmt.Errorf("conversation %q: %w", s, errConversation)
	}
	return Conversation{ChatID: chatID, ThreadID: threadID}, nil
}
