package telegramtest

import (
	"fmt"
	"slices"
	"strings"
)

const generalTopic = 1

func (s *Server) sendMessage(p *params) (any, *APIError) {
	c, err := s.target(p, "chat_id")
	if err != nil {
		return nil, err
	}
	m := &Message{}
	if m.Text, m.Entities, err = formatted(p, "text", "entities", maxText); err != nil {
		return nil, err
	}
	if m.Text == "" {
		return nil, badRequest("message text is empty")
	}
	var preview LinkPreview
	if p.decode("link_preview_options", &preview) && preview != (LinkPreview{}) {
		m.LinkPreview = &preview
	}
	return s.send(c, p, m, "text messages")
}

func (s *Server) sendDocument(p *params) (any, *APIError) {
	c, err := s.target(p, "chat_id")
	if err != nil {
		return nil, err
	}
	m := &Message{}
	if m.Caption, m.CaptionEntities, err = formatted(p, "caption", "caption_entities", maxCaption); err != nil {
		return nil, err
	}
	if m.Document, err = s.document(p); err != nil {
		return nil, err
	}
	return s.send(c, p, m, "documents")
}

// send puts the bot's message into the chat: rights, topic, reply, keyboard, flood, in this order.
func (s *Server) send(c *chat, p *params, m *Message, what string) (any, *APIError) {
	if err := s.maySend(c, what); err != nil {
		return nil, err
	}
	thread, err := s.sendThread(c, p)
	if err != nil {
		return nil, err
	}
	if m.ReplyMarkup, err = keyboard(p); err != nil {
		return nil, err
	}
	if thread, err = s.sendReply(c, p, m, thread); err != nil {
		return nil, err
	}
	if err := s.writable(c, thread); err != nil {
		return nil, err
	}
	if err := s.flood.spend(s.opt.Clock(), c); err != nil {
		return nil, err
	}
	bot := s.opt.Bot
	m.From, m.Date, m.Chat, m.HasProtected = &bot, s.now(), c.wire(), p.flag("protect_content")
	s.place(c, m, thread)
	c.add(m, s.opt.KeepMessages)
	s.seen.publish(Event{Kind: MessageNew, Chat: c.id, Message: m})
	return m, nil
}

// sendThread reads message_thread_id: 1 is refused, 0 and below mean General, and a chat without
// topics ignores it.
func (s *Server) sendThread(c *chat, p *params) (int, *APIError) {
	id := p.int("message_thread_id")
	if c.typ != "supergroup" || id <= 0 {
		return 0, nil
	}
	if id == generalTopic {
		return 0, badRequest(errThreadNotFound)
	}
	if !c.forum {
		return 0, nil
	}
	if c.topic(id) == nil || c.message(id) == nil {
		return 0, badRequest(errThreadNotFound)
	}
	return id, nil
}

// writable refuses a closed topic to a bot that neither made it nor manages topics.
func (s *Server) writable(c *chat, thread int) *APIError {
	t := c.topic(thread)
	if t == nil || !t.Closed || t.CreatedBy == s.opt.Bot.ID ||
		s.me(c).can(func(r Rights) bool { return r.ManageTopics }) {
		return nil
	}
	return badRequest("TOPIC_CLOSED")
}

type replyParameters struct {
	MessageID int    `json:"message_id"`
	Without   bool   `json:"allow_sending_without_reply"`
	Quote     string `json:"quote"`
	Position  int    `json:"quote_position"`
	ChatID    any    `json:"chat_id"`
}

// sendReply resolves reply_parameters; without a thread id the reply follows its target's topic.
func (s *Server) sendReply(c *chat, p *params, m *Message, thread int) (int, *APIError) {
	var r replyParameters
	if !p.decode("reply_parameters", &r) {
		return thread, nil
	}
	if r.MessageID <= 0 {
		return 0, badRequest("message identifier is not specified")
	}
	from := c
	if obj, _ := p.values["reply_parameters"].(map[string]any); obj["chat_id"] != nil {
		if from = s.lookup(obj["chat_id"]); from == nil {
			return 0, badRequest("chat not found")
		}
	}
	target := from.message(r.MessageID)
	if target == nil {
		if r.Without {
			return thread, nil
		}
		return 0, badRequest("message to be replied not found")
	}
	if thread == 0 && from == c && target.IsTopicMessage && !p.has("message_thread_id") {
		thread = target.Thread
	}
	if r.Quote != "" {
		at := strings.Index(target.Text+target.Caption, r.Quote)
		if at < 0 {
			return 0, badRequest("QUOTE_TEXT_INVALID")
		}
		m.Quote = &Quote{Text: r.Quote, Position: utf16Len((target.Text + target.Caption)[:at]), IsManual: true}
	}
	if from != c || topicOf(target) != thread && c.forum {
		m.ExternalReply = externalReply(from, target)
		return thread, nil
	}
	m.ReplyTo = bare(target)
	return thread, nil
}

func topicOf(m *Message) int {
	if m.IsTopicMessage {
		return m.Thread
	}
	return 0
}

func externalReply(c *chat, m *Message) *ExternalReply {
	chat := c.wire()
	return &ExternalReply{Origin: originOf(m), Chat: &chat, MessageID: m.ID}
}

func originOf(m *Message) Origin {
	if m.SenderChat != nil {
		return Origin{Type: "chat", Date: m.Date, SenderChat: m.SenderChat, AuthorSignature: m.AuthorSignature}
	}
	return Origin{Type: "user", Date: m.Date, SenderUser: m.From}
}

// bare is a message as it appears inside reply_to_message: without its own reply.
func bare(m *Message) *Message {
	if m == nil || m.ReplyTo == nil {
		return m
	}
	cp := *m
	cp.ReplyTo = nil
	return &cp
}

// place sets the thread fields and the implicit reply as the real server does: in a topic every
// message without a reply answers the topic's first message; General shows no thread; outside
// forums a reply belongs to the thread of the message it answers.
func (s *Server) place(c *chat, m *Message, thread int) {
	switch {
	case c.forum && thread > 0:
		m.Thread, m.IsTopicMessage = thread, true
		if m.ReplyTo == nil && m.ExternalReply == nil && m.TopicCreated == nil {
			m.ReplyTo = bare(c.message(thread))
		}
	case !c.forum && c.typ == "supergroup" && m.ReplyTo != nil:
		if m.Thread = m.ReplyTo.Thread; m.Thread == 0 {
			m.Thread = m.ReplyTo.ID
		}
	}
}

func (s *Server) sendChatAction(p *params) (any, *APIError) {
	c, err := s.target(p, "chat_id")
	if err != nil {
		return nil, err
	}
	known := []string{
		"typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice",
		"upload_document", "choose_sticker", "find_location", "record_video_note", "upload_video_note",
	}
	if !slices.Contains(known, p.text("action")) {
		return nil, badRequest("wrong parameter action in request")
	}
	id := p.int("message_thread_id")
	if c.forum && id > generalTopic && c.topic(id) == nil {
		return nil, badRequest(errThreadNotFound)
	}
	s.seen.publish(Event{Kind: ChatAction, Chat: c.id, Thread: id, Text: p.text("action")})
	return true, nil
}

// edit replaces a message of the bot by what change makes of it.
func (s *Server) edit(p *params, change func(*Message) *APIError) (any, *APIError) {
	if p.text("inline_message_id") != "" {
		return nil, badRequest("inline messages are not simulated")
	}
	if !p.has("chat_id") {
		return nil, badRequest("chat_id is empty")
	}
	c, err := s.target(p, "chat_id")
	if err != nil {
		return nil, err
	}
	if !p.has("message_id") {
		return nil, badRequest("message identifier is not specified")
	}
	old := c.message(p.int("message_id"))
	if old == nil {
		return nil, badRequest("message to edit not found")
	}
	if old.From == nil || old.From.ID != s.opt.Bot.ID || old.TopicCreated != nil || old.isService() {
		return nil, badRequest("message can't be edited")
	}
	m := *old
	if err := change(&m); err != nil {
		return nil, err
	}
	if m.ReplyMarkup, err = keyboard(p); err != nil {
		return nil, err
	}
	if sameContent(old, &m) {
		return nil, badRequest("%s", errNotModified)
	}
	if err := s.flood.spend(s.opt.Clock(), c); err != nil {
		return nil, err
	}
	m.EditDate = s.now()
	c.messages[int64(m.ID)] = &m
	s.seen.publish(Event{Kind: MessageEdited, Chat: c.id, Message: &m})
	return &m, nil
}

func (s *Server) editMessageText(p *params) (any, *APIError) {
	if p.has("rich_message") {
		return nil, badRequest("rich messages are not simulated")
	}
	return s.edit(p, func(m *Message) *APIError {
		var err *APIError
		if m.Text, m.Entities, err = formatted(p, "text", "entities", maxText); err != nil {
			return err
		}
		if m.Text == "" {
			return badRequest("message text is empty")
		}
		var preview LinkPreview
		if m.LinkPreview = nil; p.decode("link_preview_options", &preview) && preview != (LinkPreview{}) {
			m.LinkPreview = &preview
		}
		if m.Document != nil {
			return badRequest("there is no text in the message to edit")
		}
		return nil
	})
}

func (s *Server) editMessageReplyMarkup(p *params) (any, *APIError) {
	return s.edit(p, func(*Message) *APIError { return nil })
}

func (s *Server) deleteMessage(p *params) (any, *APIError) {
	c, err := s.target(p, "chat_id")
	if err != nil {
		return nil, err
	}
	m := c.message(p.int("message_id"))
	if m == nil {
		return nil, badRequest("message to delete not found")
	}
	own := m.From != nil && m.From.ID == s.opt.Bot.ID
	if m.TopicCreated != nil || !own && !s.me(c).can(func(r Rights) bool { return r.DeleteMessages }) {
		return nil, badRequest("message can't be deleted")
	}
	s.remove(c, m)
	return true, nil
}

func (s *Server) remove(c *chat, m *Message) {
	delete(c.messages, int64(m.ID))
	s.seen.publish(Event{Kind: MessageDeleted, Chat: c.id, Message: m})
}

// isService reports whether the message has no content of a sender.
func (m *Message) isService() bool {
	return m.TopicCreated != nil || m.TopicEdited != nil || m.TopicClosed != nil || m.TopicReopened != nil ||
		m.MigrateToChatID != 0 || m.MigrateFromChatID != 0 || m.NewChatMembers != nil || m.LeftChatMember != nil
}

// fileShelf keeps uploaded contents up to a total size, the newest last.
type fileShelf struct {
	next    int
	total   int
	order   []string
	content map[string][]byte
	known   map[string]File
}

func (s *Server) document(p *params) (*File, *APIError) {
	ref := p.text("document")
	up, uploaded := p.files[strings.TrimPrefix(ref, "attach://")]
	if !uploaded {
		if f, ok := s.files.known[ref]; ok {
			return &f, nil
		}
		if strings.HasPrefix(ref, "http") {
			return nil, badRequest("sending by URL is not simulated")
		}
		return nil, badRequest("wrong file identifier/HTTP URL specified")
	}
	if len(up.Content) == 0 {
		return nil, badRequest("file must be non-empty")
	}
	if len(up.Content) > 50<<20 {
		return nil, &APIError{Code: 413, Description: "Request Entity Too Large"}
	}
	f := s.shelve(up.FileName, up.MimeType, up.Content)
	return &f, nil
}

func (s *Server) shelve(name, mime string, content []byte) File {
	sh := &s.files
	if sh.content == nil {
		sh.content, sh.known = map[string][]byte{}, map[string]File{}
	}
	sh.next++
	id := fmt.Sprintf("FAKEFILE%08d", sh.next)
	f := File{FileID: id, FileUniqueID: "U" + id, FileName: name, MimeType: mime, FileSize: int64(len(content))}
	sh.order, sh.content[id], sh.known[id] = append(sh.order, id), content, f
	for sh.total += len(content); len(sh.order) > 1 &&
		(sh.total > s.opt.KeepFileBytes || len(sh.order) > 10_000); sh.order = sh.order[1:] {
		sh.total -= len(sh.content[sh.order[0]])
		delete(sh.content, sh.order[0])
		delete(sh.known, sh.order[0])
	}
	return f
}

// File returns the content of an uploaded document, while it is kept (Options.KeepFileBytes).
func (s *Server) File(fileID string) ([]byte, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	content, ok := s.files.content[fileID]
	return slices.Clone(content), ok
}
