package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/mymmrac/telego"

	"topicpilot/topics"
)

// Marks knows each group's comment mark; ok is false for a chat that is no group of ours.
// Implementations may be called concurrently.
type Marks interface {
	CommentMark(chatID int64) (mark string, ok bool)
}

// Shared is a budget of several processes.
type Shared interface {
	// Reserve takes one of the group's perMinute slots and returns its id and no wait, or takes
	// nothing and returns when to ask again.
	Reserve(ctx context.Context, chatID int64, perMinute int) (id int64, wait time.Duration, err error)
	// Settle tells that the answer to the slot's message has come just now, or gives the slot back
	// if nothing of it counts. What goes wrong with that is its own affair: a slot that is not
	// settled counts for longer.
	Settle(ctx context.Context, id int64, counted bool)
}

// SenderOptions configure a Sender. Client and Marks are required.
type SenderOptions struct {
	Client *Client
	Marks  Marks
	Limits Limits
	// Shared, if set, is asked besides the limits of this process.
	Shared Shared
	// Flood, if set, is told of a flood limit, to keep it.
	Flood func(ctx context.Context, chatID int64, wait time.Duration)
}

// Sender is the one writer into groups. Whatever its exported methods send begins with the group's
// comment mark, is no reply to anything, and stays in its topic. It may be used concurrently.
//
// Errors: those of Client; *topics.Hopeless for what it refuses itself (unknown
// group, unusable mark, a thread id that would land elsewhere, nothing visible to say).
type Sender struct {
	o      SenderOptions
	budget *budget
	forums forums
}

// NewSender makes a sender.
func NewSender(o SenderOptions) *Sender {
	return &Sender{o: o, budget: newBudget(o.Limits)}
}

// Seed counts messages that were sent before this process began, by chat.
func (s *Sender) Seed(sent map[int64][]time.Time) { s.budget.seed(sent) }

// Pause goes on with a flood limit of before this process began.
func (s *Sender) Pause(chatID int64, left time.Duration) { s.budget.pause(chatID, left) }

var _ topics.Sender = (*Sender)(nil)

var (
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
	if err := s.hasTopics(ctx, out.Conversation); err != nil {
		return topics.Delivered{}, err
	}
	return s.deliver(ctx, out, parts, func() (slot, error) { return s.waitSlot(ctx, out) })
}

// TrySend is Send for the case that the budget of all parts is free right now; else it reports
// false, and nothing was sent.
func (s *Sender) TrySend(ctx context.Context, out topics.Outgoing) (topics.Delivered, bool, error) {
	parts, err := s.parts(out)
	if err != nil {
		return topics.Delivered{}, true, err
	}
	if out.ThreadID != 0 && s.forums.closed(out.ChatID) {
		return topics.Delivered{}, false, nil
	}
	slots, ok := s.trySlots(ctx, out, len(parts)-next(out, len(parts)))
	if !ok {
		return topics.Delivered{}, false, nil
	}
	delivered, err := s.deliver(ctx, out, parts, func() (slot, error) {
		if len(slots) == 0 { // a part needs a second message
			more, ok := s.trySlots(ctx, out, 1)
			if !ok {
				return slot{}, errNoSlot
			}
			slots = more
		}
		one := slots[0]
		slots = slots[1:]
		return one, nil
	})
	for _, unused := range slots {
		s.release(ctx, unused, false)
	}
	return delivered, true, err
}

// parts checks out and makes its messages; an edit is always one.
func (s *Sender) parts(out topics.Outgoing) ([]topics.Text, error) {
	mark, err := s.mark(out.Conversation)
	if err != nil {
		return nil, err
	}
	if out.EditID != 0 {
		text, err := first(out.Text, mark, maxUnits)
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

// mark gives the group's comment mark and refuses a conversation that nothing may be sent to.
func (s *Sender) mark(conv topics.Conversation) (string, error) {
	mark, ok := s.o.Marks.CommentMark(conv.ChatID)
	if !ok {
		return "", &topics.Hopeless{Err: errUnknownGroup}
	}
	if err := checkMark(mark); err != nil {
		return "", &topics.Hopeless{Err: err}
	}
	// 0 is General and sent without a thread id. Any other id that is no topic's would be
	// taken for 0 by the Bot API, and the text would stand in General.
	if conv.ThreadID < 0 || conv.ThreadID == 1 {
		return "", &topics.Hopeless{Err: errThread}
	}
	return mark, nil
}

// hasTopics reports an error where the group's topics are switched off.
func (s *Sender) hasTopics(ctx context.Context, conv topics.Conversation) error {
	if conv.ThreadID == 0 || !s.forums.closed(conv.ChatID) {
		return nil
	}
	return s.lookForTopics(ctx, conv.ChatID)
}

// next is the first part that has not been sent yet.
func next(out topics.Outgoing, parts int) int {
	if out.EditID != 0 {
		return 0
	}
	return min(out.Sent(), parts)
}

// deliver sends the parts, each message after take has given leave.
func (s *Sender) deliver(
	ctx context.Context, out topics.Outgoing, parts []topics.Text, take func() (slot, error),
) (topics.Delivered, error) {
	var delivered topics.Delivered
	buttons := out.Buttons
	post := func() (topics.Message, error) { return s.post(ctx, out) }
	for i := next(out, len(parts)); i < len(parts); i++ {
		out.Text, out.Buttons = parts[i], nil
		if i == len(parts)-1 {
			out.Buttons = buttons
		}
		err := s.once(ctx, out.Conversation, take, post, &delivered)
		if refusedWith(err, 400, "can't parse entities") || refusedWith(err, 400, "ENTITY") {
			out.Text = topics.Plain(out.Text.Text)
			err = s.once(ctx, out.Conversation, take, post, &delivered)
		}
		if err != nil {
			return delivered, err
		}
	}
	return delivered, nil
}

// once sends one message by post, in a slot that it takes and gives back.
func (s *Sender) once(
	ctx context.Context, conv topics.Conversation,
	take func() (slot, error), post func() (topics.Message, error), delivered *topics.Delivered,
) error {
	held, err := take()
	if err != nil {
		return err
	}
	message, err := post()
	if flood, ok := errors.AsType[*topics.Wait](err); ok {
		s.budget.pause(conv.ChatID, flood.After)
		if s.o.Flood != nil {
			s.o.Flood(ctx, conv.ChatID, flood.After)
		}
	}
	posted := arrived(err)
	if posted && s.o.Limits.GroupPerMinute > 0 && s.o.Shared == nil {
		delivered.Sends = append(delivered.Sends, time.Now())
	}
	s.release(ctx, held, posted || refused(err))
	if _, astray := errors.AsType[*strayed](err); astray {
		if s.outside(ctx, conv.ChatID) {
			return s.takeBack(ctx, message)
		}
		err = nil
	}
	if err == nil {
		delivered.Messages = append(delivered.Messages, message)
	}
	return err
}

// refused reports whether Telegram has refused the message for good, which it may count.
func refused(err error) bool {
	_, hopeless := errors.AsType[*topics.Hopeless](err)
	_, answered := errors.AsType[*APIError](err)
	return hopeless && answered
}

// arrived reports whether a message with this outcome may stand in the group.
func arrived(err error) bool {
	var unknown *topics.UnknownOutcome
	var astray *strayed
	return err == nil || errors.As(err, &unknown) || errors.As(err, &astray)
}

// post sends the text of out as it is.
func (s *Sender) post(ctx context.Context, out topics.Outgoing) (topics.Message, error) {
	method, params := "sendMessage", wireMessage{
		ChatID: out.ChatID, MessageThreadID: out.ThreadID,
		Text: out.Text.Text, Entities: wireEntities(out.Text.Entities), ReplyMarkup: wireButtons(out.Buttons),
		LinkPreviewOptions:  telego.LinkPreviewOptions{IsDisabled: true},
		DisableNotification: out.Priority != topics.PriorityAnswer,
	}
	if out.EditID != 0 {
		method, params.MessageID = "editMessageText", out.EditID
		params.MessageThreadID, params.DisableNotification = 0, false // parameters of sending alone
	}
	result, err := s.o.Client.call(ctx, method, params)
	message := topics.Message{
		Conversation: out.Conversation, Kind: topics.MessageComment, Text: out.Text, Author: s.author(),
	}
	if out.EditID != 0 && refusedWith(err, 400, "message is not modified") {
		now := time.Now().UTC().Truncate(time.Second)
		message.ID, message.Date, message.EditDate = out.EditID, now, now
		return message, nil
	}
	if err != nil {
		return topics.Message{}, err
	}
	thread, err := fill(&message, result, out.EditID)
	if err != nil {
		return topics.Message{}, &topics.UnknownOutcome{Err: fmt.Errorf("telegram: %s: %w", method, err)}
	}
	if out.EditID == 0 {
		err = astray(message, thread)
	}
	return message, err
}

// landed completes a new message with Telegram's answer.
func landed(method string, message topics.Message, result json.RawMessage) (topics.Message, error) {
	thread, err := fill(&message, result, 0)
	if err != nil {
		return topics.Message{}, &topics.UnknownOutcome{Err: fmt.Errorf("telegram: %s: %w", method, err)}
	}
	return message, astray(message, thread)
}

// astray is a *strayed for a message that stands in another topic, thread, than it was sent to.
func astray(message topics.Message, thread int64) error {
	if message.ThreadID != 0 && thread != message.ThreadID {
		return &strayed{}
	}
	return nil
}

// fill takes id and dates from Telegram's answer, and nothing else, so that a field that this
// program does not know cannot make a message that was sent look as if it was not. It
// returns the topic that the message stands in, 0 for none.
func fill(message *topics.Message, result json.RawMessage, editID int64) (thread int64, err error) {
	var id, date, editDate int64
	inTopic := false
	readable := eachMember(result, func(key, value []byte) {
		switch string(key) {
		case "message_id":
			id, _ = scanInt(value)
		case "date":
			date, _ = scanInt(value)
		case "edit_date":
			editDate, _ = scanInt(value)
		case "message_thread_id":
			thread, _ = scanInt(value)
		case "is_topic_message":
			inTopic = string(value) == "true"
		}
	})
	if !readable || (id <= 0 && editID == 0) {
		return 0, errUnreadable
	}
	if !inTopic {
		thread = 0 // that of ordinary replies
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
	return thread, nil
}

func (s *Sender) author() topics.Author {
	self := s.o.Client.Self()
	return topics.Author{Kind: topics.AuthorSelf, ID: self.ID, Name: self.Name, Username: self.Username}
}
