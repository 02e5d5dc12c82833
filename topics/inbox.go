package topics

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// CallbackAnswerer ends the waiting of somebody who has pressed a button.
type CallbackAnswerer interface {
	// AnswerCallback shows text, 200 characters at most, to the presser; "" shows
	// nothing. A press that Telegram has forgotten is no error.
	AnswerCallback(ctx context.Context, id, text string) error
}

// InboxOptions are what Inbox needs.
type InboxOptions struct {
	// Decode makes an update of its raw JSON; what cannot be decoded is *Hopeless.
	Decode func(raw []byte) (Update, error)
	// ParseCommand splits "/name@bot rest" and tells whether it is addressed to us.
	ParseCommand func(text string) (name, rest string, ok bool)
	Groups       *Groups
	// Learn is set where other processes may hear of migrations: it makes Groups follow
	// those that are stored.
	Learn      func(ctx context.Context) error
	Speakers   *Speakers
	Book       *Book
	Dispatcher Dispatcher
	// Listener hears each message; optional.
	Listener  Listener
	Callbacks CallbackAnswerer
	Outbox    *Outbox
	Log       *slog.Logger
	Now       func() time.Time
}

// Inbox handles updates: who speaks, what of it is kept, which command runs, what is
// answered. It is the Handler of QueueInbox.
type Inbox struct {
	InboxOptions
	mu      sync.Mutex
	unknown map[int64]struct{}
}

var _ Handler = (*Inbox)(nil)

// NewInbox makes the handler.
func NewInbox(opts InboxOptions) *Inbox {
	return &Inbox{InboxOptions: opts, unknown: make(map[int64]struct{})}
}

// Handle handles one raw update.
func (in *Inbox) Handle(ctx context.Context, item Item, _ []Item) (Result, error) {
	update, err := in.Decode(item.Payload)
	if err != nil {
		return Result{}, err
	}
	var outcome Outcome
	switch {
	case update.Message != nil:
		outcome, err = in.message(ctx, item, update.Message)
	case update.Callback != nil:
		outcome, err = in.press(ctx, item, update.Callback)
	case update.Member != nil:
		in.member(update.Member)
	default:
		in.Log.Debug("update of a kind not used", "item", item.ID, "kind", update.Kind)
	}
	return Result{Outcome: outcome}, err
}

func (in *Inbox) member(change *MemberChange) {
	in.Speakers.Administrators.Forget(change.ChatID)
	in.Speakers.Members.Forget(change.ChatID, change.UserID)
	if change.Self {
		in.Log.Info("our standing in a group has changed", "chat_id", change.ChatID, "status", change.Status)
	}
}

func (in *Inbox) message(ctx context.Context, item Item, msg *Incoming) (Outcome, error) {
	var outcome Outcome
	if migrated, ok := msg.Migration(); ok {
		in.migrate(&outcome, migrated)
	}
	group, ok, err := in.group(ctx, item, msg.ChatID)
	if err != nil {
		return Outcome{}, err
	}
	if !ok {
		in.unknownChat(msg)
		return outcome, nil
	}
	speaking, err := in.Speakers.Of(ctx, group, msg)
	if err != nil {
		return Outcome{}, err
	}
	kept := keptOf(msg, speaking)
	if !msg.General() {
		in.keep(&outcome, msg, kept)
		change, err := in.Book.Seen(ctx, msg)
		if err != nil {
			return Outcome{}, err
		}
		outcome.Topics = append(outcome.Topics, change...)
	}
	if err := in.listen(ctx, &outcome, item, Heard{
		Group: group, Message: kept, Role: speaking.Role, Edited: msg.Edited, Typed: typed(msg),
	}); err != nil {
		return Outcome{}, err
	}
	if !speaking.Commands {
		return outcome, nil
	}
	return in.command(ctx, outcome, Call{
		Group: group, Conversation: msg.Conversation, By: speaking.Author, Role: speaking.Role,
		MessageID: msg.ID, Key: item.Key, At: msg.Date, Name: msg.Text.Text,
	})
}

// maxUnknown bounds the chats that a warning was given of.
const maxUnknown = 100

// unknownChat warns once of a group that the settings do not name: to people in it the
// bot looks dead.
func (in *Inbox) unknownChat(msg *Incoming) {
	in.mu.Lock()
	_, told := in.unknown[msg.ChatID]
	if !told && len(in.unknown) < maxUnknown {
		in.unknown[msg.ChatID] = struct{}{}
	} else {
		told = true
	}
	in.mu.Unlock()
	if !told && msg.Supergroup {
		in.Log.Warn("updates of a group that is not in the settings; to serve it, add it to groups[]",
			"chat_id", msg.ChatID)
	}
}

// command runs what was typed, if it is ours, and sends the answer.
func (in *Inbox) command(ctx context.Context, outcome Outcome, call Call) (Outcome, error) {
	name, rest, ok := in.ParseCommand(call.Name)
	if !ok || !in.Dispatcher.Knows(call.Group, name) {
		return outcome, nil
	}
	call.Name, call.Rest = name, rest
	answer, err := in.Dispatcher.Dispatch(ctx, call)
	if err != nil {
		return Outcome{}, err
	}
	in.answer(ctx, &outcome, answer)
	return outcome, nil
}

// answer owes the answer's tasks and sends its messages.
func (in *Inbox) answer(ctx context.Context, outcome *Outcome, answer Answer) {
	for _, task := range answer.Tasks {
		outcome.Enqueue = append(outcome.Enqueue, task.Item())
	}
	in.Outbox.Send(ctx, outcome, answer.Messages)
}

func (in *Inbox) press(ctx context.Context, item Item, press *Callback) (Outcome, error) {
	var outcome Outcome
	group, ok, err := in.group(ctx, item, press.ChatID)
	if err != nil || !ok {
		return outcome, err
	}
	role, err := in.Speakers.Role(ctx, group, press.ChatID, press.From.ID)
	if err != nil {
		return outcome, err
	}
	by := Author{Kind: AuthorStranger, ID: press.From.ID, Name: press.From.Name, Username: press.From.Username}
	if role > RoleNone {
		by.Kind = AuthorOperator
	}
	answer, err := in.Dispatcher.Dispatch(ctx, Call{
		Group: group, Conversation: press.Conversation, By: by, Role: role,
		MessageID: press.MessageID, Key: item.Key, At: item.AddedAt, Press: press.Data,
	})
	if err != nil {
		return outcome, err
	}
	if err := in.Callbacks.AnswerCallback(ctx, press.ID, answer.Toast); err != nil {
		// The presser's clock goes on turning for a while; the deed itself is done.
		in.Log.Warn("answer a button press", "chat_id", press.ChatID, "error", err)
	}
	in.answer(ctx, &outcome, answer)
	return outcome, nil
}

// listen tells the listener, and owes what it answers.
func (in *Inbox) listen(ctx context.Context, outcome *Outcome, item Item, heard Heard) error {
	if in.Listener == nil || heard.Message.Kind == MessageService {
		return nil
	}
	heard.Key = item.Key
	answer, err := in.Listener.Heard(ctx, heard)
	if err != nil {
		return err
	}
	in.answer(ctx, outcome, answer)
	return nil
}

// keptOf is the message as the transcript keeps it.
func keptOf(msg *Incoming, speaking Speaking) Message {
	kept := Message{
		Conversation: msg.Conversation, ID: msg.ID, Date: msg.Date, EditDate: msg.EditDate,
		Author: speaking.Author, Kind: speaking.Kind, Text: msg.Text, Media: msg.Media,
		AlbumID: msg.AlbumID, Forwarded: msg.Forwarded || msg.AutomaticForward, ViaBot: msg.ViaBot,
	}
	if msg.ReplyTo != nil {
		kept.ReplyTo = msg.ReplyTo.MessageID
	}
	if msg.Service != nil {
		kept.Media = append(kept.Media, Media{Kind: serviceName(msg.Service), Note: msg.Service.Title})
	}
	return kept
}

// keep adds the message to the transcript.
func (in *Inbox) keep(outcome *Outcome, msg *Incoming, kept Message) {
	if msg.Edited {
		outcome.Edits = append(outcome.Edits, kept)
		return
	}
	outcome.Messages = append(outcome.Messages, kept)
}

func serviceName(service *Service) string {
	if service.Kind == ServiceOther {
		return service.Name
	}
	return string(service.Kind)
}

// migrate follows a group to its new id. It is written down each time: who has heard of
// it first, as news, may not have written it.
func (in *Inbox) migrate(outcome *Outcome, migrated Migrated) {
	in.Groups.Follow(migrated, in.Log)
	if _, ours := in.Groups.Find(migrated.To); ours {
		outcome.Migrations = append(outcome.Migrations, migrated)
	}
}

// learnTime is how long after its arrival a message may wait for the news that its chat
// is a group of ours; learnPause is the time between two looks.
const (
	learnTime  = 3 * time.Second
	learnPause = time.Second
)

var errUnknownChat = errors.New("no group of the settings has this chat yet")

// group finds the settings of a chat. Where another process may have heard of its
// migration, or is about to, it looks and waits for that.
func (in *Inbox) group(ctx context.Context, item Item, chatID int64) (*Group, bool, error) {
	group, ok := in.Groups.Find(chatID)
	if ok || in.Learn == nil {
		return group, ok, nil
	}
	if err := in.Learn(ctx); err != nil {
		return nil, false, fmt.Errorf("look for migrated groups: %w", err)
	}
	if group, ok = in.Groups.Find(chatID); ok {
		return group, true, nil
	}
	if in.Now().Sub(item.AddedAt) < learnTime {
		return nil, false, &Wait{After: learnPause, Err: errUnknownChat}
	}
	return nil, false, nil
}
