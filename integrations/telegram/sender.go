package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/mymmrac/telego"

	"topicpilot/topics"
)

// Marks knows each group's comment mark; ok is false for a chat that is no group of ours.
// Implementations may be called concurrently.
type Marks interface {
	CommentMark(chatID int64) (mark string, ok bool)
}

// Shared is a budget of several processes. Reserve takes one of the group's perMinute slots and
// returns 0, or takes nothing and returns when to ask again.
type Shared interface {
	Reserve(ctx context.Context, chatID int64, perMinute int) (time.Duration, error)
}

// SenderOptions configure a Sender. Client and Marks are required.
type SenderOptions struct {
	Client *Client
	Marks  Marks
	Limits Limits
	// Shared, if set, is asked besides the limits of this process.
	Shared Shared
}

// Sender is the one writer into groups. Whatever it sends begins with the group's comment mark, is
// no reply to anything, and stays in its topic. It may be used concurrently.
//
// Errors: those of Client; *topics.Hopeless for what it refuses itself (unknown
// group, unusable mark, a thread id that would land elsewhere, nothing visible to say).
type Sender struct {
	o      SenderOptions
	budget *budget
}

// NewSender makes a sender.
func NewSender(o SenderOptions) *Sender {
	return &Sender{o: o, budget: newBudget(o.Limits)}
}

// Seed counts messages that were sent before this process began, by chat.
func (s *Sender) Seed(sent map[int64][]time.Time) { s.budget.seed(sent) }

var _ topics.Sender = (*Sender)(nil)

// maxPauseInMemory bounds how long Send waits out a flood limit.
const maxPauseInMemory = time.Minute

var (
	errPaused       = errors.New("telegram: flood limit of the group")
	errUnknownGroup = errors.New("telegram: the chat is no group of the settings; nothing is sent there")
	errThread       = errors.New("telegram: no thread id of a topic; nothing is sent")
)

// Send posts all parts of out that have not been sent yet, waiting for the budget before each. After an
// error, Delivered holds the parts that went out before it.
func (s *Sender) Send(ctx context.Context, out topics.Outgoing) (topics.Delivered, error) {
	parts, err := s.parts(out)
	if err != nil {
		return topics.Delivered{}, err
	}
	return s.deliver(ctx, out, parts, func() error {
		// A long pause is better waited for in the store than by a lane in memory.
		if pause := s.budget.pausedFor(out.ChatID); pause > maxPauseInMemory {
			return &topics.Wait{After: pause, Err: errPaused}
		}
		if err := s.budget.wait(ctx, out.ChatID, out.Priority); err != nil {
			return err
		}
		if err := s.reserve(ctx, out.ChatID); err != nil {
			s.budget.done(out.ChatID, false)
			return err
		}
		return nil
	})
}

// TrySend is Send for the case that the budget of all parts is free right now; else it reports
// false, and nothing was sent.
func (s *Sender) TrySend(ctx context.Context, out topics.Outgoing) (topics.Delivered, bool, error) {
	parts, err := s.parts(out)
	if err != nil {
		return topics.Delivered{}, true, err
	}
	left := len(parts) - min(out.Sent, len(parts))
	if out.EditID != 0 {
		left = len(parts)
	}
	if s.o.Shared != nil && left > 1 {
		return topics.Delivered{}, false, nil // slots of several processes are taken one by one
	}
	if left > 0 && !s.budget.try(out.ChatID, out.Priority, left) {
		return topics.Delivered{}, false, nil
	}
	if left > 0 && s.o.Shared != nil {
		wait, err := s.o.Shared.Reserve(ctx, out.ChatID, s.o.Limits.GroupPerMinute)
		if err != nil || wait > 0 {
			s.budget.done(out.ChatID, false)
			return topics.Delivered{}, false, nil //nolint:nilerr // Send will meet the error and report it
		}
	}
	used := 0
	delivered, err := s.deliver(ctx, out, parts, func() error {
		used++
		return nil
	})
	for range left - used {
		s.budget.done(out.ChatID, false)
	}
	return delivered, true, err
}

// reserve takes a slot of the budget that is shared with other processes.
func (s *Sender) reserve(ctx context.Context, chatID int64) error {
	if s.o.Shared == nil || s.o.Limits.GroupPerMinute <= 0 {
		return nil
	}
	for {
		wait, err := s.o.Shared.Reserve(ctx, chatID, s.o.Limits.GroupPerMinute)
		if err != nil {
			return fmt.Errorf("telegram: shared budget: %w", err)
		}
		if wait <= 0 {
			return nil
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
}

// parts checks out and makes its messages; an edit is always one.
func (s *Sender) parts(out topics.Outgoing) ([]topics.Text, error) {
	mark, ok := s.o.Marks.CommentMark(out.ChatID)
	if !ok {
		return nil, &topics.Hopeless{Err: errUnknownGroup}
	}
	if err := checkMark(mark); err != nil {
		return nil, &topics.Hopeless{Err: err}
	}
	// 0 is General and sent without a thread id. Any other id that is no topic's would be
	// taken for 0 by the Bot API, and the text would stand in General.
	if out.ThreadID < 0 || out.ThreadID == 1 {
		return nil, &topics.Hopeless{Err: errThread}
	}
	if out.EditID != 0 {
		text, err := first(out.Text, mark)
		if err != nil {
			return nil, &topics.Hopeless{Err: err}
		}
		return []topics.Text{text}, nil
	}
	parts, err := split(out.Text, mark)
	if err != nil {
		return nil, &topics.Hopeless{Err: err}
	}
	return parts, nil
}

// deliver sends the parts, each after slot has given leave.
func (s *Sender) deliver(
	ctx context.Context, out topics.Outgoing, parts []topics.Text, slot func() error,
) (topics.Delivered, error) {
	var delivered topics.Delivered
	from := out.Sent
	if out.EditID != 0 {
		from = 0
	}
	for i := max(0, from); i < len(parts); i++ {
		if err := slot(); err != nil {
			return delivered, err
		}
		var buttons [][]topics.Button
		if i == len(parts)-1 {
			buttons = out.Buttons
		}
		message, err := s.once(ctx, out, parts[i], buttons)
		if err != nil {
			return delivered, err
		}
		delivered.Messages = append(delivered.Messages, message)
	}
	return delivered, nil
}

// once sends one part, whose slot is held, and gives the slot back.
func (s *Sender) once(
	ctx context.Context, out topics.Outgoing, part topics.Text, buttons [][]topics.Button,
) (topics.Message, error) {
	message, err := s.post(ctx, out, part, buttons)
	if refusedWith(err, 400, "can't parse entities") || refusedWith(err, 400, "ENTITY") {
		message, err = s.post(ctx, out, topics.Plain(part.Text), buttons)
	}
	if flood, ok := errors.AsType[*topics.Wait](err); ok {
		s.budget.pause(out.ChatID, flood.After)
	}
	s.budget.done(out.ChatID, counts(err))
	return message, err
}

// counts reports whether a message with this outcome may have been counted by Telegram.
func counts(err error) bool {
	var unknown *topics.UnknownOutcome
	var hopeless *topics.Hopeless
	return err == nil || errors.As(err, &unknown) || errors.As(err, &hopeless)
}

func (s *Sender) post(
	ctx context.Context, out topics.Outgoing, part topics.Text, buttons [][]topics.Button,
) (topics.Message, error) {
	method, params := "sendMessage", wireMessage{
		ChatID: out.ChatID, MessageThreadID: out.ThreadID,
		Text: part.Text, Entities: wireEntities(part.Entities), ReplyMarkup: wireButtons(buttons),
		LinkPreviewOptions:  telego.LinkPreviewOptions{IsDisabled: true},
		DisableNotification: out.Priority != topics.PriorityAnswer,
	}
	if out.EditID != 0 {
		method, params.MessageID = "editMessageText", out.EditID
		params.MessageThreadID, params.DisableNotification = 0, false // parameters of sending alone
	}
	result, err := s.o.Client.call(ctx, method, params)
	message := topics.Message{
		Conversation: out.Conversation, Kind: topics.MessageComment, Text: part, Author: s.author(),
	}
	if out.EditID != 0 && refusedWith(err, 400, "message is not modified") {
		now := time.Now().UTC().Truncate(time.Second)
		message.ID, message.Date, message.EditDate = out.EditID, now, now
		return message, nil
	}
	if err != nil {
		return topics.Message{}, err
	}
	if err := fill(&message, result, out.EditID); err != nil {
		return topics.Message{}, &topics.UnknownOutcome{Err: fmt.Errorf("telegram: %s: %w", method, err)}
	}
	return message, nil
}

// fill takes id and dates from Telegram's answer, and nothing else, so that a field that this
// program does not know cannot make a message that was sent look as if it was not.
func fill(message *topics.Message, result json.RawMessage, editID int64) error {
	var id, date, editDate int64
	readable := eachMember(result, func(key, value []byte) {
		switch string(key) {
		case "message_id":
			id, _ = scanInt(value)
		case "date":
			date, _ = scanInt(value)
		case "edit_date":
			editDate, _ = scanInt(value)
		}
	})
	if !readable || (id <= 0 && editID == 0) {
		return errUnreadable
	}
	message.ID, message.Date, message.EditDate = id, unixTime(date), unixTime(editDate)
	now := time.Now().UTC().Truncate(time.Second)
	if message.Date.IsZero() {
		message.Date = now
	}
	if editID != 0 {
		message.ID = editID
		if message.EditDate.IsZero() {
			message.EditDate = now
		}
	}
	return nil
}

func (s *Sender) author() topics.Author {
	self := s.o.Client.Self()
	return topics.Author{Kind: topics.AuthorSelf, ID: self.ID, Name: self.Name, Username: self.Username}
}

// wireMessage are the parameters of sendMessage and editMessageText that we use.
// telego's own structs cost several times as much to encode.
type wireMessage struct {
	ChatID              int64                        `json:"chat_id"`
	MessageThreadID     int64                        `json:"message_thread_id,omitempty"`
	MessageID           int64                        `json:"message_id,omitempty"`
	Text                string                       `json:"text"`
	Entities            []wireEntity                 `json:"entities,omitempty"`
	LinkPreviewOptions  telego.LinkPreviewOptions    `json:"link_preview_options"`
	DisableNotification bool                         `json:"disable_notification,omitempty"`
	ReplyMarkup         *telego.InlineKeyboardMarkup `json:"reply_markup,omitempty"`
}

type wireEntity struct {
	Type          string    `json:"type"`
	Offset        int       `json:"offset"`
	Length        int       `json:"length"`
	URL           string    `json:"url,omitempty"`
	User          *wireUser `json:"user,omitempty"`
	Language      string    `json:"language,omitempty"`
	CustomEmojiID string    `json:"custom_emoji_id,omitempty"`
}

// wireUser is a mention by id; the Bot API wants the other required fields as well.
type wireUser struct {
	ID        int64  `json:"id"`
	IsBot     bool   `json:"is_bot"`
	FirstName string `json:"first_name"`
}

func wireEntities(list []topics.Entity) []wireEntity {
	out := make([]wireEntity, len(list))
	for i, e := range list {
		out[i] = wireEntity{
			Type: e.Type, Offset: e.Offset, Length: e.Length,
			URL: e.URL, Language: e.Language, CustomEmojiID: e.CustomEmojiID,
		}
		if e.UserID != 0 {
			out[i].User = &wireUser{ID: e.UserID}
		}
	}
	return out
}

// wireButtons is nil, and so left out, where there are no buttons.
func wireButtons(rows [][]topics.Button) *telego.InlineKeyboardMarkup {
	if len(rows) == 0 {
		return nil
	}
	return &telego.InlineKeyboardMarkup{InlineKeyboard: wireRows(rows)}
}

func wireRows(rows [][]topics.Button) [][]telego.InlineKeyboardButton {
	out := make([][]telego.InlineKeyboardButton, 0, len(rows))
	for _, row := range slices.DeleteFunc(slices.Clone(rows), func(r []topics.Button) bool { return len(r) == 0 }) {
		line := make([]telego.InlineKeyboardButton, len(row))
		for i, b := range row {
			line[i] = telego.InlineKeyboardButton{Text: b.Text, URL: b.URL, CallbackData: b.Data}
			if b.Copy != "" {
				line[i].CopyText = &telego.CopyTextButton{Text: cutUnits(b.Copy, 256)}
			}
		}
		out = append(out, line)
	}
	return out
}
