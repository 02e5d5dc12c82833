package telegramtest

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

// maxCallbacks bounds the presses remembered, answered or not.
const maxCallbacks = 10_000

// CallbackAnswer is what the bot answered to a button press.
type CallbackAnswer struct {
	ID        string
	Text      string
	ShowAlert bool
	URL       string
	At        time.Time
}

type press struct {
	at     time.Time
	chat   int64
	answer *CallbackAnswer
}

type callbackBook struct {
	next  int64
	byID  map[string]*press
	order []string
}

func (b *callbackBook) init() { b.next, b.byID = 4_000_000_000_000_001, map[string]*press{} }

func (b *callbackBook) open(at time.Time, chat int64) string {
	id := strconv.FormatInt(b.next, 10)
	b.next++
	b.byID[id], b.order = &press{at: at, chat: chat}, append(b.order, id)
	if len(b.order) > maxCallbacks {
		delete(b.byID, b.order[0])
		b.order = b.order[1:]
	}
	return id
}

// Press lets a user press the button with this callback data under a message of the bot and returns
// the callback query's id. It is an error if the message has no such button now, as Telegram lets
// nobody press it. For a button known by its place see PressAt.
func (s *Server) Press(chat int64, messageID int, user int64, data string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.chats[chat]
	if c == nil {
		return "", fmt.Errorf("press: no chat %d", chat)
	}
	m := c.message(messageID)
	if m == nil || m.ReplyMarkup == nil {
		return "", fmt.Errorf("press: message %d has no buttons", messageID)
	}
	u, ok := s.users[user]
	if !ok {
		return "", fmt.Errorf("press: no user %d", user)
	}
	for _, row := range m.ReplyMarkup.Rows {
		for _, b := range row {
			if b.CallbackData == data && data != "" {
				return s.emitPress(c, m, u, data), nil
			}
		}
	}
	return "", fmt.Errorf("press: message %d has no button with data %q", messageID, data)
}

// PressAt presses the button in a row and column, both counted from 0.
func (s *Server) PressAt(chat int64, messageID int, user int64, at [2]int) (string, error) {
	m, ok := s.Message(chat, messageID)
	if !ok || m.ReplyMarkup == nil || at[0] < 0 || at[1] < 0 || at[0] >= len(m.ReplyMarkup.Rows) ||
		at[1] >= len(m.ReplyMarkup.Rows[at[0]]) {
		return "", fmt.Errorf("press: message %d has no button at %v", messageID, at)
	}
	return s.Press(chat, messageID, user, m.ReplyMarkup.Rows[at[0]][at[1]].CallbackData)
}

func (s *Server) emitPress(c *chat, m *Message, u User, data string) string {
	id := s.callbacks.open(s.opt.Clock(), c.id)
	s.emit("callback_query", u.ID, keepCallback, CallbackQuery{
		ID: id, From: u, Message: m, Data: data, ChatInstance: strconv.FormatInt(-c.id*7919, 10),
	})
	return id
}

// Answer returns the bot's answer to a press, if it came.
func (s *Server) Answer(callbackID string) (CallbackAnswer, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.callbacks.byID[callbackID]; p != nil && p.answer != nil {
		return *p.answer, true
	}
	return CallbackAnswer{}, false
}

// WaitAnswer waits until the press is answered or ctx ends.
func (s *Server) WaitAnswer(ctx context.Context, callbackID string) (CallbackAnswer, error) {
	var answer CallbackAnswer
	err := s.Wait(ctx, func() bool {
		var ok bool
		answer, ok = s.Answer(callbackID)
		return ok
	})
	return answer, err
}

func (s *Server) answerCallbackQuery(p *params) (any, *APIError) {
	id := p.text("callback_query_id")
	entry := s.callbacks.byID[id]
	now := s.opt.Clock()
	if entry == nil || entry.answer != nil || now.Sub(entry.at) > s.opt.CallbackTTL {
		return nil, badRequest(errQueryTooOld)
	}
	if utf16Len(p.text("text")) > 200 {
		return nil, badRequest("MESSAGE_TOO_LONG")
	}
	entry.answer = &CallbackAnswer{
		ID: id, Text: p.text("text"), ShowAlert: p.flag("show_alert"), URL: p.text("url"), At: now,
	}
	s.seen.publish(Event{Kind: CallbackAnswered, Chat: entry.chat, Answer: *entry.answer})
	return true, nil
}
