package telegramtest

import (
	"slices"
	"unicode/utf8"
)

// defaultIconColor is the first of the colours a topic may have.
const defaultIconColor = 7322096

var iconColors = []int{7322096, 16766590, 13338331, 9367192, 16749490, 16478047}

// openTopic stores the service message that makes a topic and returns the topic. Locked.
func (s *Server) openTopic(c *chat, by User, name string, color int, emoji string) *Topic {
	m := s.service(c, by, 0, func(m *Message) {
		m.TopicCreated = &TopicCreated{Name: name, IconColor: color, IconCustomEmojiID: emoji}
		m.IsTopicMessage = true
	})
	t := &Topic{Chat: c.id, ID: m.ID, Name: name, IconColor: color, IconEmojiID: emoji, CreatedBy: by.ID}
	c.topics[m.ID] = t
	s.seen.publish(Event{Kind: TopicChanged, Chat: c.id, Thread: t.ID, Topic: *t})
	return t
}

// service stores a service message and delivers it, also when the bot itself caused it. Locked.
func (s *Server) service(c *chat, by User, thread int, fill func(*Message)) *Message {
	m := &Message{From: &by, Date: s.now(), Chat: c.wire()}
	fill(m)
	s.place(c, m, thread)
	c.add(m, s.opt.KeepMessages)
	s.seen.publish(Event{Kind: MessageNew, Chat: c.id, Message: m})
	s.deliverMessage(c, "message", m)
	return m
}

func (s *Server) renameTopic(c *chat, t *Topic, by User, name string, emoji *string) {
	s.service(c, by, t.ID, func(m *Message) {
		m.TopicEdited = &TopicEdited{IconCustomEmojiID: emoji}
		if name != t.Name {
			m.TopicEdited.Name = name
		}
	})
	t.Name = name
	if emoji != nil {
		t.IconEmojiID = *emoji
	}
	s.seen.publish(Event{Kind: TopicChanged, Chat: c.id, Thread: t.ID, Topic: *t})
}

func (s *Server) closeTopic(c *chat, t *Topic, by User, closed bool) {
	s.service(c, by, t.ID, func(m *Message) {
		if closed {
			m.TopicClosed = &struct{}{}
			return
		}
		m.TopicReopened = &struct{}{}
	})
	t.Closed = closed
	s.seen.publish(Event{Kind: TopicChanged, Chat: c.id, Thread: t.ID, Topic: *t})
}

// dropTopic deletes a topic with its messages; nobody is told, as in reality.
func (s *Server) dropTopic(c *chat, t *Topic) {
	t.Deleted = true
	for _, id := range slices.Clone(c.order) {
		if m := c.messages[id]; m != nil && topicOf(m) == t.ID {
			s.remove(c, m)
		}
	}
	s.seen.publish(Event{Kind: TopicChanged, Chat: c.id, Thread: t.ID, Topic: *t})
}

// forum finds the chat of a topic call.
func (s *Server) forum(p *params) (*chat, *APIError) {
	c, err := s.target(p)
	if err == nil && !c.forum {
		err = badRequest("the chat is not a forum")
	}
	return c, err
}

// ownTopic finds the topic of a call that its creator or a manager of topics may make.
func (s *Server) ownTopic(p *params) (*chat, *Topic, *APIError) {
	c, err := s.forum(p)
	if err != nil {
		return nil, nil, err
	}
	t := c.topics[p.int("message_thread_id")]
	switch {
	case t == nil:
		return nil, nil, badRequest("TOPIC_ID_INVALID")
	case t.Deleted:
		return nil, nil, badRequest("TOPIC_DELETED")
	case t.CreatedBy != s.opt.Bot.ID && !s.me(c).can(func(r Rights) bool { return r.ManageTopics }):
		return nil, nil, badRequest("not enough rights to manage the topic")
	}
	return c, t, nil
}

func (s *Server) createForumTopic(p *params) (any, *APIError) {
	c, err := s.forum(p)
	if err != nil {
		return nil, err
	}
	if !s.me(c).can(func(r Rights) bool { return r.ManageTopics }) {
		return nil, badRequest("not enough rights to create a topic")
	}
	name, color := p.text("name"), p.int("icon_color")
	if n := utf8.RuneCountInString(name); n < 1 || n > 128 {
		return nil, badRequest("TOPIC_TITLE_EMPTY")
	}
	if color == 0 {
		color = defaultIconColor
	}
	if !slices.Contains(iconColors, color) {
		return nil, badRequest("invalid forum topic icon color specified")
	}
	t := s.openTopic(c, s.opt.Bot, name, color, p.text("icon_custom_emoji_id"))
	out := map[string]any{"message_thread_id": t.ID, "name": t.Name, "icon_color": t.IconColor}
	if t.IconEmojiID != "" {
		out["icon_custom_emoji_id"] = t.IconEmojiID
	}
	return out, nil
}

func (s *Server) editForumTopic(p *params) (any, *APIError) {
	c, t, err := s.ownTopic(p)
	if err != nil {
		return nil, err
	}
	name := p.text("name")
	if utf8.RuneCountInString(name) > 128 {
		return nil, badRequest("TOPIC_TITLE_TOO_LONG")
	}
	if name == "" {
		name = t.Name
	}
	var emoji *string
	if id := p.text("icon_custom_emoji_id"); p.has("icon_custom_emoji_id") && id != t.IconEmojiID {
		emoji = &id
	}
	if name == t.Name && emoji == nil {
		return nil, badRequest("TOPIC_NOT_MODIFIED")
	}
	s.renameTopic(c, t, s.opt.Bot, name, emoji)
	return true, nil
}

func (s *Server) closeForumTopic(p *params) (any, *APIError) { return s.setClosed(p, true) }

func (s *Server) reopenForumTopic(p *params) (any, *APIError) { return s.setClosed(p, false) }

func (s *Server) setClosed(p *params, closed bool) (any, *APIError) {
	c, t, err := s.ownTopic(p)
	if err != nil {
		return nil, err
	}
	if t.Closed == closed {
		return nil, badRequest("TOPIC_NOT_MODIFIED")
	}
	s.closeTopic(c, t, s.opt.Bot, closed)
	return true, nil
}

func (s *Server) deleteForumTopic(p *params) (any, *APIError) {
	c, err := s.forum(p)
	if err != nil {
		return nil, err
	}
	t := c.topic(p.int("message_thread_id"))
	if t == nil {
		return nil, badRequest("TOPIC_ID_INVALID")
	}
	if !s.me(c).can(func(r Rights) bool { return r.DeleteMessages }) {
		return nil, badRequest("not enough rights to delete the topic")
	}
	s.dropTopic(c, t)
	return true, nil
}
