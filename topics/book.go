package topics

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// TopicReader reads what is stored of a topic.
type TopicReader interface {
	// Topic returns ErrNotFound for a topic never seen.
	Topic(ctx context.Context, conv Conversation) (Topic, error)
}

// bookSize bounds the topics known by heart.
const bookSize = 4096

// Book knows which topics are stored, so that a message of a known topic costs
// nothing. It may be used concurrently.
type Book struct {
	store TopicReader
	mu    sync.Mutex
	known map[Conversation]TopicStatus
}

// NewBook reads from store what it does not know.
func NewBook(store TopicReader) *Book {
	return &Book{store: store, known: make(map[Conversation]TopicStatus)}
}

// Seen gives the changes that a message of a topic tells: that the topic exists, its
// title, that it was closed or reopened. A lost topic that speaks again is open.
func (b *Book) Seen(ctx context.Context, msg *Incoming) ([]TopicChange, error) {
	change, told := changeOf(msg)
	status, known, err := b.status(ctx, msg.Conversation)
	if err != nil {
		return nil, err
	}
	if !told && known && status != TopicStatusLost {
		return nil, nil
	}
	if change.Status == "" && (!known || status == TopicStatusLost) {
		change.Status = TopicStatusOpen
	}
	if change.Status != "" {
		b.remember(msg.Conversation, change.Status)
	}
	return []TopicChange{change}, nil
}

// Lost gives the change of a topic that Telegram no longer finds.
func (b *Book) Lost(conv Conversation, at time.Time) TopicChange {
	b.remember(conv, TopicStatusLost)
	return TopicChange{Conversation: conv, Status: TopicStatusLost, At: at}
}

func changeOf(msg *Incoming) (TopicChange, bool) {
	change := TopicChange{Conversation: msg.Conversation, At: msg.Date}
	if msg.Service == nil {
		return change, false
	}
	change.Title = msg.Service.Title
	switch msg.Service.Kind {
	case TopicCreated, TopicReopened:
		change.Status = TopicStatusOpen
	case TopicClosed:
		change.Status = TopicStatusClosed
	case TopicRenamed:
	default:
		return change, false
	}
	return change, true
}

func (b *Book) status(ctx context.Context, conv Conversation) (TopicStatus, bool, error) {
	b.mu.Lock()
	status, known := b.known[conv]
	b.mu.Unlock()
	if known {
		return status, true, nil
	}
	topic, err := b.store.Topic(ctx, conv)
	if errors.Is(err, ErrNotFound) {
		return "", false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("read topic: %w", err)
	}
	b.remember(conv, topic.Status)
	return topic.Status, true, nil
}

func (b *Book) remember(conv Conversation, status TopicStatus) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, known := b.known[conv]; !known && len(b.known) >= bookSize {
		for some := range b.known { // any will do: it is read again when it speaks
			delete(b.known, some)
			break
		}
	}
	b.known[conv] = status
}
