package telegram

import (
	"context"
	"errors"
	"fmt"
	"time"

	"topicpilot/topics"
)

const (
	// maxPauseInMemory bounds how long Send waits out a flood limit.
	maxPauseInMemory = time.Minute
	// sharedLook is how often the budget of several processes is looked at while it is used up.
	sharedLook = time.Second
)

var (
	errPaused = errors.New("telegram: flood limit of the group")
	errNoSlot = errors.New("telegram: the group's budget is used up")
)

// slot is the right to send one message into a group.
type slot struct {
	chatID int64
	// shared is the reservation in the budget of several processes, 0 for none.
	shared int64
}

// release gives a slot back; counted tells that its message counts for Telegram.
func (s *Sender) release(ctx context.Context, held slot, counted bool) {
	s.budget.done(held.chatID, counted)
	s.settle(ctx, held.shared, counted)
}

func (s *Sender) settle(ctx context.Context, reservation int64, counted bool) {
	if reservation != 0 {
		s.o.Shared.Settle(ctx, reservation, counted)
	}
}

// waitSlot takes a slot when the turn has come.
func (s *Sender) waitSlot(ctx context.Context, out topics.Outgoing) (slot, error) {
	// A long pause is better waited for in the store than by a lane in memory.
	if pause := s.budget.pausedFor(out.ChatID); pause > maxPauseInMemory {
		return slot{}, &topics.Wait{After: pause, Err: errPaused}
	}
	if err := s.budget.wait(ctx, out.ChatID, out.Priority); err != nil {
		return slot{}, err
	}
	held := slot{chatID: out.ChatID}
	var err error
	if held.shared, err = s.reserve(ctx, out.ChatID); err != nil {
		s.release(ctx, held, false)
		return slot{}, err
	}
	return held, nil
}

// trySlots takes n slots if they are free at once.
func (s *Sender) trySlots(ctx context.Context, out topics.Outgoing, n int) ([]slot, bool) {
	if n == 0 {
		return nil, true
	}
	shared := s.sharing()
	if shared && n > 1 {
		return nil, false // slots of several processes are taken one by one
	}
	if !s.budget.try(out.ChatID, out.Priority, n) {
		return nil, false
	}
	slots := make([]slot, n)
	for i := range slots {
		slots[i].chatID = out.ChatID
	}
	if !shared {
		return slots, true
	}
	id, wait, err := s.o.Shared.Reserve(ctx, out.ChatID, s.o.Limits.GroupPerMinute)
	slots[0].shared = id
	if err != nil || wait > 0 || s.budget.pausedFor(out.ChatID) > 0 {
		s.release(ctx, slots[0], false)
		return nil, false // Send will meet an error and report it
	}
	return slots, true
}

func (s *Sender) sharing() bool { return s.o.Shared != nil && s.o.Limits.GroupPerMinute > 0 }

// reserve takes a slot of the budget that is shared with other processes. A flood limit may
// come while it waits.
func (s *Sender) reserve(ctx context.Context, chatID int64) (int64, error) {
	if !s.sharing() {
		return 0, nil
	}
	for {
		id, wait, err := s.o.Shared.Reserve(ctx, chatID, s.o.Limits.GroupPerMinute)
		if err != nil {
			return 0, fmt.Errorf("telegram: shared budget: %w", err)
		}
		pause := s.budget.pausedFor(chatID)
		if wait <= 0 && pause == 0 {
			return id, nil
		}
		s.settle(ctx, id, false)
		if pause > maxPauseInMemory {
			return 0, &topics.Wait{After: pause, Err: errPaused}
		}
		timer := time.NewTimer(min(max(wait, pause), sharedLook))
		select {
		case <-timer.C:
		case <-s.budget.stopped:
			err = stopping()
		case <-ctx.Done():
			err = ctx.Err()
		}
		timer.Stop()
		if err != nil {
			return 0, err
		}
	}
}
