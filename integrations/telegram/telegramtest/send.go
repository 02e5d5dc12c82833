package telegramtest

import (
	"slices"
	"strings"
)

const generalTopic = 1

func (s *Server) sendMessage(p *params) (any, *APIError) {
	c, err := s.sendTarget(p)
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
	c, err := s.sendTarget(p)
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
	for _, name := range unsimulated {
		if p.has(name) {
			return nil, badRequest("parameter %q is not simulated", name)
		}
	}
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

// unsimulated are parameters that would change where a message goes or who sees it.
var unsimulated = []string{
	"business_connection_id", "direct_messages_topic_id", "suggested_post_parameters", "message_effect_id",
	"receiver_user_id", "callback_query_id", "thumbnail",
}

type replyParameters struct {
	MessageID int    `json:"message_id"`
	Without   bool   `json:"allow_sending_without_reply"`
	Quote     string `json:"quote"`
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
	c, err := s.target(p)
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

// isService reports whether the message has no content of a sender.
func (m *Message) isService() bool {
	return m.TopicCreated != nil || m.TopicEdited != nil || m.TopicClosed != nil || m.TopicReopened != nil ||
		m.MigrateToChatID != 0 || m.MigrateFromChatID != 0 || m.NewChatMembers != nil || m.LeftChatMember != nil
}
