package commands_test

import (
	"context"
	"slices"
	"sync"
	"time"

	"topicpilot/topics"
)

// draftStore keeps drafts in memory as the real store does: unique keys, compare and swap. It
// can die before any call, and stays dead until it is revived.
type draftStore struct {
	mu     sync.Mutex
	drafts []topics.Draft
	// calls counts down to the death, -1 for never.
	calls int
	// changed is called after a change was written.
	changed func(draft topics.Draft)
	// forgotten makes AddDraft refuse.
	forgotten bool
}

func (s *draftStore) step() error {
	if s.calls == 0 {
		return errDead
	}
	if s.calls > 0 {
		s.calls--
	}
	return nil
}

func (s *draftStore) AddDraft(_ context.Context, draft topics.Draft) (topics.Draft, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.step(); err != nil {
		return topics.Draft{}, false, err
	}
	if s.forgotten {
		return topics.Draft{}, false, topics.ErrForgotten
	}
	for _, other := range s.drafts {
		if other.Key == draft.Key {
			return other, false, nil
		}
	}
	draft.ID, draft.Version = int64(len(s.drafts)+1), 1
	s.drafts = append(s.drafts, draft)
	return draft, true, nil
}

func (s *draftStore) find(match func(topics.Draft) bool) (topics.Draft, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.step(); err != nil {
		return topics.Draft{}, err
	}
	for _, draft := range slices.Backward(s.drafts) {
		if match(draft) {
			return draft, nil
		}
	}
	return topics.Draft{}, topics.ErrNotFound
}

func (s *draftStore) Draft(_ context.Context, id int64) (topics.Draft, error) {
	return s.find(func(d topics.Draft) bool { return d.ID == id })
}

func (s *draftStore) DraftByKey(_ context.Context, key string) (topics.Draft, error) {
	return s.find(func(d topics.Draft) bool { return d.Key == key })
}

func (s *draftStore) DraftShown(
	_ context.Context, conv topics.Conversation, messageID int64,
) (topics.Draft, error) {
	return s.find(func(d topics.Draft) bool { return d.Conversation == conv && d.MessageID == messageID })
}

func (s *draftStore) ChangeDraft(ctx context.Context, draft topics.Draft) (topics.Draft, error) {
	stored, err := s.change(ctx, draft)
	if err == nil && s.changed != nil {
		s.changed(stored)
	}
	return stored, err
}

func (s *draftStore) change(ctx context.Context, draft topics.Draft) (topics.Draft, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.step(); err != nil {
		return draft, err
	}
	if err := ctx.Err(); err != nil {
		return draft, err
	}
	if draft.ID > int64(len(s.drafts)) {
		return draft, topics.ErrConflict // erased
	}
	kept := &s.drafts[draft.ID-1]
	if kept.Version != draft.Version {
		return draft, topics.ErrConflict
	}
	draft.Version++
	draft.MessageID, draft.Parts = kept.MessageID, kept.Parts
	*kept = draft
	return draft, nil
}

func (s *draftStore) Drafts(
	_ context.Context, conv topics.Conversation, since time.Time, limit int,
) ([]topics.Draft, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.step(); err != nil {
		return nil, err
	}
	var list []topics.Draft
	for _, draft := range slices.Backward(s.drafts) {
		here := draft.ChatID == conv.ChatID && (conv.ThreadID == 0 || draft.ThreadID == conv.ThreadID)
		if here && !draft.At.Before(since) && len(list) < limit {
			list = append(list, draft)
		}
	}
	return list, nil
}

// posted is what the outcome of an outgoing message writes.
func (s *draftStore) posted(id int64, messageIDs []int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drafts[id-1].MessageID, s.drafts[id-1].Parts = messageIDs[len(messageIDs)-1], len(messageIDs)
}

func (s *draftStore) all() []topics.Draft {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.drafts)
}

// sideStore keeps modes, gaps, tokens and the talk.
type sideStore struct {
	mu      sync.Mutex
	modes   map[topics.Conversation]topics.TopicMode
	gaps    []topics.Gap
	spent   topics.TokensSpent
	noticed map[int64]string
	talk    []topics.Message
}

func (s *sideStore) TopicMode(_ context.Context, conv topics.Conversation) (topics.TopicMode, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	mode, ok := s.modes[conv]
	if !ok {
		return topics.TopicMode{}, topics.ErrNotFound
	}
	return mode, nil
}

func (s *sideStore) SetTopicMode(_ context.Context, mode topics.TopicMode) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.modes[mode.Conversation] = mode
	return nil
}

func (s *sideStore) AddGap(_ context.Context, gap topics.Gap) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, other := range s.gaps {
		if other.Key == gap.Key {
			return nil
		}
	}
	s.gaps = append(s.gaps, gap)
	return nil
}

func (s *sideStore) Gaps(
	_ context.Context, conv topics.Conversation, since time.Time, limit int,
) ([]topics.Gap, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []topics.Gap
	for _, gap := range slices.Backward(s.gaps) {
		here := gap.ChatID == conv.ChatID && (conv.ThreadID == 0 || gap.ThreadID == conv.ThreadID)
		if here && !gap.At.Before(since) && len(list) < limit {
			list = append(list, gap)
		}
	}
	return list, nil
}

func (s *sideStore) ReserveTokens(
	context.Context, topics.Conversation, time.Time, int64, topics.TokenLimits,
) (int64, topics.Over, error) {
	panic("the commands reserve nothing")
}

func (s *sideStore) SettleTokens(context.Context, int64, topics.TokenUsage) error {
	panic("the commands settle nothing")
}

func (s *sideStore) TokensSpent(context.Context, topics.Conversation, time.Time) (topics.TokensSpent, error) {
	return s.spent, nil
}

func (s *sideStore) FirstNotice(_ context.Context, chatID int64, at time.Time) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	day := at.UTC().Format(time.DateOnly)
	first := s.noticed[chatID] != day
	s.noticed[chatID] = day
	return first, nil
}

func (s *sideStore) LastMessages(_ context.Context, conv topics.Conversation, limit int) ([]topics.Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []topics.Message
	for _, m := range slices.Backward(s.talk) {
		if m.Conversation == conv && len(list) < limit {
			list = append(list, m)
		}
	}
	slices.Reverse(list)
	return list, nil
}

func (s *sideStore) LastByHand(_ context.Context, conv topics.Conversation, limit int) (topics.Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, m := range slices.Backward(s.talk) {
		human := m.Author.Kind == topics.AuthorOperator && m.Kind == topics.MessageTalk
		if m.Conversation == conv && human && len(s.talk)-i <= limit {
			return m, nil
		}
	}
	return topics.Message{}, topics.ErrNotFound
}

// keep adds a message to the transcript, or gives one that is there another text.
func (s *sideStore) keep(m topics.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.talk {
		if s.talk[i].ID == m.ID {
			s.talk[i].Text, s.talk[i].EditDate = m.Text, m.EditDate
			return
		}
	}
	s.talk = append(s.talk, m)
}
