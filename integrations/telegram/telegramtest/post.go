package telegramtest

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// Post is a message that somebody other than the bot writes.
type Post struct {
	Chat   int64
	Thread int   // topic; 0: General, or a chat without topics
	From   int64 // a known user

	Text     string
	Entities []Entity // a bot_command entity at a leading /cmd[@bot] is added by itself
	Media    string   // photo, video, document, audio, voice, video_note, animation, sticker; "": text
	Caption  string   // with Media; Entities belong to it then
	FileName string   // with Media document
	File     []byte   // content for Server.File; may be nil

	MediaGroupID       string // same for all parts of an album
	ReplyTo            int    // message id; of another topic: becomes an external reply
	ForwardOrigin      *Origin
	ViaBot             int64     // a known user: the inline bot used
	SenderChat         *Chat     // written on behalf of this channel
	Anonymous          bool      // anonymous administrator: From's custom title becomes the signature
	IsFromOffline      bool      // scheduled or automatic
	IsAutomaticForward bool      // from the linked channel; needs SenderChat
	Time               time.Time // default: the server's clock
}

var leadingCommand = regexp.MustCompile(`^/[A-Za-z0-9_]{1,64}(@[A-Za-z0-9_]{3,32})?`)

func groupAnonymousBot() User {
	return User{ID: AnonymousBotID, IsBot: true, FirstName: "Group", Username: "GroupAnonymousBot"}
}

// Post writes a message into a chat and queues the update if the bot would see it: not messages of
// other bots (unless Options.BotToBot), with privacy mode on only commands, replies to the bot and
// service messages. It is an error to write where the sender could not.
func (s *Server) Post(p Post) (Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.chats[p.Chat]
	if c == nil || c.migratedTo != 0 {
		return Message{}, fmt.Errorf("post: no chat %d", p.Chat)
	}
	if err := c.mayPost(p); err != nil {
		return Message{}, fmt.Errorf("post: %w", err)
	}
	m := &Message{
		Chat: c.wire(), Date: s.now(), MediaGroupID: p.MediaGroupID, ForwardOrigin: p.ForwardOrigin,
		IsFromOffline: p.IsFromOffline, IsAutomaticForward: p.IsAutomaticForward,
	}
	if !p.Time.IsZero() {
		m.Date = p.Time.Unix()
	}
	for _, step := range []func(*chat, Post, *Message) error{s.postSender, s.postContent, s.postReply} {
		if err := step(c, p, m); err != nil {
			return Message{}, fmt.Errorf("post: %w", err)
		}
	}
	s.place(c, m, p.Thread)
	c.add(m, s.opt.KeepMessages)
	s.seen.publish(Event{Kind: MessageNew, Chat: c.id, Message: m})
	kind := "message"
	if c.typ == "channel" {
		kind = "channel_post"
	}
	s.deliverMessage(c, kind, m)
	return *m, nil
}

// mayPost refuses what Telegram would not let a person do: unknown topics, closed ones for members
// without the right to manage topics, and banned people.
func (c *chat) mayPost(p Post) error {
	t, from := c.topic(p.Thread), c.members[p.From]
	switch {
	case p.Thread != 0 && (!c.forum || t == nil):
		return fmt.Errorf("no topic %d in chat %d", p.Thread, c.id)
	case from.Status == Kicked:
		return fmt.Errorf("user %d is banned in chat %d", p.From, c.id)
	case t != nil && t.Closed && t.CreatedBy != p.From && !from.can(func(r Rights) bool { return r.ManageTopics }):
		return fmt.Errorf("topic %d is closed", p.Thread)
	}
	return nil
}

func (s *Server) postSender(c *chat, p Post, m *Message) error {
	sender, known := s.users[p.From]
	switch {
	case p.Anonymous:
		chat := c.wire()
		sender, known, m.SenderChat = groupAnonymousBot(), true, &chat
		m.AuthorSignature = c.members[p.From].CustomTitle
	case p.IsAutomaticForward:
		sender, known = User{ID: ServiceID, FirstName: "Telegram"}, true
	case p.SenderChat != nil:
		sender, known = User{ID: ChannelBotID, IsBot: true, FirstName: "Channel", Username: "Channel_Bot"}, true
	}
	if p.SenderChat != nil {
		chat := *p.SenderChat
		m.SenderChat = &chat
	}
	if !known {
		return fmt.Errorf("no user %d", p.From)
	}
	if sender.ID == s.opt.Bot.ID {
		return errors.New("the bot writes through its API")
	}
	if c.typ == "channel" {
		chat := c.wire()
		m.SenderChat = &chat
	} else {
		m.From = &sender
		m.SenderTag = c.members[sender.ID].Tag
	}
	if p.ViaBot != 0 {
		via, ok := s.users[p.ViaBot]
		if !ok {
			return fmt.Errorf("no user %d", p.ViaBot)
		}
		m.ViaBot = &via
	}
	return nil
}

func (s *Server) postContent(_ *chat, p Post, m *Message) error {
	text := p.Text
	if p.Media != "" {
		text = p.Caption
	}
	entities := p.Entities
	if cmd := leadingCommand.FindString(text); cmd != "" && !hasLeadingEntity(entities) {
		entities = append([]Entity{{Type: "bot_command", Length: len(cmd)}}, entities...)
	}
	if p.Media == "" {
		if text == "" {
			return errors.New("neither text nor media")
		}
		m.Text, m.Entities = text, entities
		return nil
	}
	m.Caption, m.CaptionEntities = text, entities
	return s.attach(p, m)
}

func hasLeadingEntity(list []Entity) bool {
	for _, e := range list {
		if e.Offset == 0 {
			return true
		}
	}
	return false
}

func (s *Server) attach(p Post, m *Message) error {
	f := s.shelve(p.FileName, "", p.File)
	size, seconds, still := 512, 3, false
	switch p.Media {
	case "photo":
		f.FileName, f.Width, f.Height = "", &size, &size
		m.Photo = []File{f}
	case "video":
		f.Width, f.Height, f.Duration = &size, &size, &seconds
		m.Video = &f
	case "animation":
		f.Width, f.Height, f.Duration = &size, &size, &seconds
		m.Animation = &f
		m.Document = &File{FileID: f.FileID, FileUniqueID: f.FileUniqueID, FileName: f.FileName, FileSize: f.FileSize}
	case "document":
		m.Document = &f
	case "audio":
		f.Duration = &seconds
		m.Audio = &f
	case "voice":
		f.FileName, f.Duration = "", &seconds
		m.Voice = &f
	case "video_note":
		f.FileName, f.Length, f.Duration = "", &size, &seconds
		m.VideoNote = &f
	case "sticker":
		f.FileName, f.Type, f.Emoji, f.Width, f.Height = "", "regular", "👍", &size, &size
		f.IsAnimated, f.IsVideo = &still, &still
		m.Sticker = &f
	default:
		return fmt.Errorf("unknown media %q", p.Media)
	}
	return nil
}

func (s *Server) postReply(c *chat, p Post, m *Message) error {
	if p.ReplyTo == 0 {
		return nil
	}
	target := c.message(p.ReplyTo)
	if target == nil {
		return fmt.Errorf("no message %d to reply to", p.ReplyTo)
	}
	if c.forum && topicOf(target) != p.Thread {
		m.ExternalReply = externalReply(c, target)
		return nil
	}
	m.ReplyTo = bare(target)
	return nil
}

// deliverMessage queues the update of a message if the bot would get it. Locked.
func (s *Server) deliverMessage(c *chat, kind string, m *Message) {
	if s.visible(c, m) {
		s.emit(kind, c.id, keepMessageUpdate, m)
	}
}

// visible applies the rules of what a bot sees in a group.
func (s *Server) visible(c *chat, m *Message) bool {
	if c.typ == "private" {
		return true
	}
	me := s.me(c)
	if !me.present() {
		return false
	}
	if m.isService() {
		return true
	}
	if m.From != nil && m.From.ID == s.opt.Bot.ID {
		return false
	}
	lent := m.From != nil && (m.From.ID == AnonymousBotID || m.From.ID == ChannelBotID)
	if m.From != nil && m.From.IsBot && !lent && !s.opt.BotToBot {
		return false
	}
	return me.admin() || s.opt.Bot.CanReadAllGroupMessages || s.addressed(m)
}

// addressed is what privacy mode lets through: commands that are not another bot's and replies.
func (s *Server) addressed(m *Message) bool {
	if m.ReplyTo != nil && m.ReplyTo.From != nil && m.ReplyTo.From.ID == s.opt.Bot.ID && !m.ReplyTo.isService() {
		return true
	}
	if m.ViaBot != nil && m.ViaBot.ID == s.opt.Bot.ID {
		return true
	}
	cmd := leadingCommand.FindString(m.Text + m.Caption)
	_, name, named := strings.Cut(cmd, "@")
	return cmd != "" && (!named || strings.EqualFold(name, s.opt.Bot.Username))
}

// Edit changes the text (or, of a media message, the caption) of somebody's message and queues the
// edited_message update.
func (s *Server) Edit(chat int64, messageID int, text string, entities ...Entity) (Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.chats[chat]
	if c == nil || c.message(messageID) == nil {
		return Message{}, fmt.Errorf("edit: no message %d in chat %d", messageID, chat)
	}
	m := *c.message(messageID)
	if m.isService() || m.From != nil && m.From.ID == s.opt.Bot.ID {
		return Message{}, fmt.Errorf("edit: message %d is not a person's", messageID)
	}
	p := Post{Text: text, Entities: entities}
	if cmd := leadingCommand.FindString(text); cmd != "" && !hasLeadingEntity(entities) {
		p.Entities = append([]Entity{{Type: "bot_command", Length: len(cmd)}}, entities...)
	}
	if m.Text != "" {
		m.Text, m.Entities = p.Text, p.Entities
	} else {
		m.Caption, m.CaptionEntities = p.Text, p.Entities
	}
	m.EditDate = s.now()
	c.messages[int64(messageID)] = &m
	s.seen.publish(Event{Kind: MessageEdited, Chat: chat, Message: &m})
	kind := "edited_message"
	if c.typ == "channel" {
		kind = "edited_channel_post"
	}
	s.deliverMessage(c, kind, &m)
	return m, nil
}

// Delete removes a message; Telegram tells bots nothing. Deleting the message that opened a topic
// makes sends to it fail.
func (s *Server) Delete(chat int64, messageID int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.chats[chat]
	if c == nil || c.message(messageID) == nil {
		return fmt.Errorf("delete: no message %d in chat %d", messageID, chat)
	}
	s.remove(c, c.message(messageID))
	return nil
}
