package telegram

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"topicpilot/topics"
)

// forumLook is how often a group without topics is asked whether it has them again.
const forumLook = time.Minute

var errNoForum = errors.New("telegram: the group's topics are switched off; nothing is sent there")

// strayed is the error of a message that does not stand where it was sent to: in a group whose
// topics are switched off, Telegram ignores the thread id.
type strayed struct{}

func (*strayed) Error() string { return errNoForum.Error() }

// forums are the groups that are known to have no topics, by when they were last asked. The
// zero value knows none. It may be used concurrently.
type forums struct {
	mu    sync.Mutex
	asked map[int64]time.Time // as many as the settings name groups at most
	// sure are the groups that said a moment ago that they do have topics.
	sure map[int64]time.Time
}

// surely reports whether the group said within the last minute that it has topics.
func (f *forums) surely(chatID int64) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	at, found := f.sure[chatID]
	return found && time.Since(at) < forumLook
}

func (f *forums) makeSure(chatID int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.sure == nil {
		f.sure = make(map[int64]time.Time)
	}
	f.sure[chatID] = time.Now()
}

func (f *forums) closed(chatID int64) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	_, found := f.asked[chatID]
	return found
}

func (f *forums) close(chatID int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.asked == nil {
		f.asked = make(map[int64]time.Time)
	}
	f.asked[chatID] = time.Now()
}

func (f *forums) open(chatID int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.asked, chatID)
}

// due reports whether to ask now; the next time is a while later then.
func (f *forums) due(chatID int64) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	asked, found := f.asked[chatID]
	if !found || time.Since(asked) < forumLook {
		return false
	}
	f.asked[chatID] = time.Now()
	return true
}

// lookForTopics asks now and then whether a group has topics again.
func (s *Sender) lookForTopics(ctx context.Context, chatID int64) error {
	if !s.forums.due(chatID) {
		return errNoForum
	}
	forum, err := s.isForum(ctx, chatID)
	if err != nil {
		return fmt.Errorf("%w (%w)", errNoForum, err)
	}
	if !forum {
		return errNoForum
	}
	s.forums.open(chatID)
	return nil
}

// isForum asks whether a group has topics.
func (s *Sender) isForum(ctx context.Context, chatID int64) (bool, error) {
	result, err := s.o.Client.call(ctx, "getChat", struct {
		ChatID int64 `json:"chat_id"`
	}{chatID})
	if err != nil {
		return false, err
	}
	forum := false
	eachMember(result, func(key, value []byte) {
		if string(key) == "is_forum" {
			forum = string(value) == "true"
		}
	})
	return forum, nil
}

// outside reports whether a message whose answer does not name our topic really stands
// outside of it. The group itself is asked: an answer may be short of fields.
func (s *Sender) outside(ctx context.Context, chatID int64) bool {
	if s.forums.surely(chatID) {
		return false
	}
	forum, err := s.isForum(context.WithoutCancel(ctx), chatID)
	if err != nil || forum {
		s.forums.makeSure(chatID)
		return false
	}
	return true
}

// takeBack deletes a message that stands outside its topic, where others may read it.
func (s *Sender) takeBack(ctx context.Context, message topics.Message) error {
	s.forums.close(message.ChatID)
	_, err := s.o.Client.call(context.WithoutCancel(ctx), "deleteMessage", struct {
		ChatID    int64 `json:"chat_id"`
		MessageID int64 `json:"message_id"`
	}{message.ChatID, message.ID})
	s.o.Client.log.Error("the group's topics are switched off: a message came to stand outside its topic",
		"chat_id", message.ChatID, "thread_id", message.ThreadID, "message_id", message.ID,
		"deleted", err == nil, "error", err)
	return &topics.TopicLost{Conversation: message.Conversation}
}
