package telegram

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/mymmrac/telego"

	"topicpilot/topics"
)

const (
	// tellPatience is CustomerOptions.Patience unless that is set.
	tellPatience = 5 * time.Second
	// maxTellPause bounds after how long it is tried again where a budget is used up.
	maxTellPause = 15 * time.Second
	// priorityTell is that of what customers wait for. It comes before answers: who tells does
	// not stand in line all the time, and would never have its turn.
	priorityTell = topics.PriorityAnswer - 1
)

var (
	errNobody  = errors.New("telegram: it is not known who the customer is; nothing is sent")
	errNoTopic = errors.New("telegram: General belongs to no customer; nothing is sent")
	errTooLong = fmt.Errorf("telegram: the text is longer than one message of %d characters; nothing is sent", maxUnits)
	errSlash   = errors.New("telegram: in the topic the text would be a command or a comment; nothing is sent")
	errNoReply = errors.New("telegram: with reply_only a message must answer the customer, who has written nothing here")
	errNoBot   = errors.New("telegram: the group has no bot for its customers; set its customer_bot_token")
)

// LastCustomer knows what customers have written. It may be used concurrently.
type LastCustomer interface {
	// LastCustomerMessage gives the customer's latest message of a topic, and
	// topics.ErrNotFound where there is none.
	LastCustomerMessage(ctx context.Context, conv topics.Conversation) (id int64, err error)
}

// CustomerBot is the bot that a group's customers write to.
type CustomerBot struct {
	Client *Client
	// Setting names its token in the settings, as in "groups[0].customer_bot_token".
	Setting string
}

// CustomerOptions configure a CustomerSender.
type CustomerOptions struct {
	// Sender writes into topics, for groups with customer_send: topic.
	Sender *Sender
	// Bots are those of the groups with customer_send: bot, by the group's id in the settings.
	Bots map[int64]CustomerBot
	// Last is needed for groups with customer_send: topic and reply_only.
	Last LastCustomer
	// Patience bounds the wait for the group's budget and for flood limits, 0 for 5 seconds.
	Patience time.Duration
}

// CustomerSender sends an operator's explicit text to a customer; nothing else of this program
// writes without the comment mark. It may be used concurrently.
type CustomerSender struct{ o CustomerOptions }

// NewCustomerSender makes a sender to customers.
func NewCustomerSender(o CustomerOptions) *CustomerSender {
	if o.Patience <= 0 {
		o.Patience = tellPatience
	}
	return &CustomerSender{o: o}
}

var _ topics.CustomerSender = (*CustomerSender)(nil)

// Tell sends text to the customer in the way that the group's settings name, at most once. What
// Telegram would trim is trimmed; there is no formatting, and no preview of links. Where
// nothing has left and it may be told later (the group's budget is used up, a flood limit, the
// program stops), Err is a *topics.Wait beside topics.ToldFailed.
func (c *CustomerSender) Tell(
	ctx context.Context, group *topics.Group, conv topics.Conversation, customerID int64, text string,
) topics.Told {
	if group.CustomerSend != topics.CustomerSendTopic && group.CustomerSend != topics.CustomerSendBot {
		return topics.Told{State: topics.ToldOff}
	}
	text, err := asKept(text)
	if err != nil {
		return failed(err)
	}
	if group.CustomerSend == topics.CustomerSendBot {
		return c.byBot(ctx, group, customerID, text)
	}
	return c.inTopic(ctx, group, conv, text)
}

func failed(err error) topics.Told { return topics.Told{State: topics.ToldFailed, Err: err} }

// asKept is a text as Telegram will keep it, so that what it begins with is decided on what
// will stand there.
func asKept(text string) (string, error) {
	text = clean(topics.Plain(text)).Text
	text = strings.TrimRightFunc(text[skipInvisible(text, 0):], unicode.IsSpace)
	switch {
	case text == "":
		return "", errInvisible
	case topics.UTF16Len(text) > maxUnits:
		return "", errTooLong
	}
	return text, nil
}

// inTopic posts the text into the topic, from where the mirror carries it to the customer.
func (c *CustomerSender) inTopic(
	ctx context.Context, group *topics.Group, conv topics.Conversation, text string,
) topics.Told {
	mark, err := c.o.Sender.mark(conv)
	switch {
	case err != nil:
		return failed(err)
	case conv.General():
		return failed(errNoTopic)
	case strings.HasPrefix(text, "/"), strings.HasPrefix(text, mark):
		return topics.Told{State: topics.ToldSlash, Err: errSlash}
	}
	words := wireWords{ChatID: conv.ChatID, MessageThreadID: conv.ThreadID, Text: text}
	if group.Mirror.ReplyOnly {
		last, err := c.o.Last.LastCustomerMessage(ctx, conv)
		if errors.Is(err, topics.ErrNotFound) || (err == nil && last <= 0) {
			return failed(errNoReply)
		}
		if err != nil {
			return failed(fmt.Errorf("telegram: look for the customer's last message: %w", err))
		}
		words.ReplyParameters = &wireReply{MessageID: last}
	}
	delivered, err := c.o.Sender.say(ctx, words, c.o.Patience)
	told := topics.Told{State: topics.ToldFailed, Sends: delivered.Sends, Err: err}
	switch {
	case err == nil:
		told.State, told.Said = topics.ToldSent, &delivered.Messages[0]
	case unknownOutcome(err):
		told.State = topics.ToldUnknown
	}
	return told
}

// byBot sends the text in the customer's own chat with the bot.
func (c *CustomerSender) byBot(ctx context.Context, group *topics.Group, customerID int64, text string) topics.Told {
	bot, ok := c.o.Bots[group.ID]
	switch {
	case !ok:
		return failed(errNoBot)
	case customerID <= 0: // negative ids are groups
		return failed(errNobody)
	}
	words := wireWords{ChatID: customerID, Text: text}
	err := bot.Client.whisper(ctx, words)
	if flood, ok := errors.AsType[*topics.Wait](err); ok && flood.After <= c.o.Patience {
		if err := pause(ctx, flood.After); err != nil {
			return failed(&topics.Wait{After: flood.After, Err: err})
		}
		err = bot.Client.whisper(ctx, words)
	}
	switch {
	case err == nil:
		return topics.Told{State: topics.ToldSent}
	case unknownOutcome(err):
		return topics.Told{State: topics.ToldUnknown, Err: err}
	case refusedWith(err, 403, "bot was blocked by the user"):
		return topics.Told{State: topics.ToldBlocked, Err: err}
	case refusedWith(err, 403, "bot can't initiate conversation"), refusedWith(err, 400, "chat not found"):
		return topics.Told{State: topics.ToldNeverWrote, Err: err}
	case refusedWith(err, 401, ""), refusedWith(err, 404, ""):
		return failed(fmt.Errorf("%w; set %s to the token that @BotFather shows for the bot", err, bot.Setting))
	}
	return failed(err)
}

func unknownOutcome(err error) bool {
	_, ok := errors.AsType[*topics.UnknownOutcome](err)
	return ok
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// whisper sends words once.
func (c *Client) whisper(ctx context.Context, words wireWords) error {
	words.LinkPreviewOptions.IsDisabled = true
	result, err := c.call(ctx, "sendMessage", words)
	if err != nil {
		return err
	}
	_, err = landed("sendMessage", topics.Message{}, result)
	return err
}

// say posts words into a topic as they stand, without the comment mark: what is said to the
// customer. It waits for the budget as long as its patience lasts, and gives *topics.Wait then. A
// flood limit has refused the words, so they are sent once more after a short one.
func (s *Sender) say(ctx context.Context, words wireWords, patience time.Duration) (topics.Delivered, error) {
	words.LinkPreviewOptions.IsDisabled = true
	conv := topics.Conversation{ChatID: words.ChatID, ThreadID: words.MessageThreadID}
	var delivered topics.Delivered
	if err := s.hasTopics(ctx, conv); err != nil {
		return delivered, err
	}
	take := func() (slot, error) { return s.slotWithin(ctx, conv.ChatID, patience) }
	post := func() (topics.Message, error) { return s.postWords(ctx, conv, words) }
	err := s.once(ctx, conv, take, post, &delivered)
	if flood, ok := errors.AsType[*topics.Wait](err); ok && flood.After > 0 && flood.After < patience {
		err = s.once(ctx, conv, take, post, &delivered)
	}
	return delivered, err
}

// slotWithin takes a slot for what a customer is told if there is one soon. Else *topics.Wait
// tells when it is worth coming again: a little before the budget has room, so as to stand in
// line by then.
func (s *Sender) slotWithin(ctx context.Context, chatID int64, patience time.Duration) (slot, error) {
	if pause := s.budget.pausedFor(chatID); pause > patience {
		return slot{}, &topics.Wait{After: pause, Err: errPaused}
	}
	soon, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	out := topics.Outgoing{Conversation: topics.Conversation{ChatID: chatID}, Priority: priorityTell}
	held, err := s.waitSlot(soon, out)
	if err == nil || ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded) {
		return held, err
	}
	left := s.budget.roomIn(chatID) - patience/2
	return slot{}, &topics.Wait{After: min(max(left, patience/2), maxTellPause), Err: errNoSlot}
}

func (s *Sender) postWords(ctx context.Context, conv topics.Conversation, words wireWords) (topics.Message, error) {
	result, err := s.o.Client.call(ctx, "sendMessage", words)
	if err != nil {
		return topics.Message{}, err
	}
	message := topics.Message{
		Conversation: conv, Kind: topics.MessageTalk, Text: topics.Plain(words.Text), Author: s.author(),
	}
	if words.ReplyParameters != nil {
		message.ReplyTo = words.ReplyParameters.MessageID
	}
	return landed("sendMessage", message, result)
}

// wireWords are the parameters of sendMessage for what is said to a customer.
type wireWords struct {
	ChatID             int64                     `json:"chat_id"`
	MessageThreadID    int64                     `json:"message_thread_id,omitempty"`
	Text               string                    `json:"text"`
	LinkPreviewOptions telego.LinkPreviewOptions `json:"link_preview_options"`
	ReplyParameters    *wireReply                `json:"reply_parameters,omitempty"`
}

// wireReply names the message that is answered. Without it the send is refused.
type wireReply struct {
	MessageID int64 `json:"message_id"`
}
