package telegramtest

// edit replaces a message of the bot by what change makes of it.
func (s *Server) edit(p *params, change func(*Message) *APIError) (any, *APIError) {
	if p.text("inline_message_id") != "" {
		return nil, badRequest("inline messages are not simulated")
	}
	if !p.has("chat_id") {
		return nil, badRequest("chat_id is empty")
	}
	c, err := s.target(p)
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
		if m.Document != nil {
			return badRequest("there is no text in the message to edit")
		}
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
		return nil
	})
}

func (s *Server) editMessageReplyMarkup(p *params) (any, *APIError) {
	return s.edit(p, func(*Message) *APIError { return nil })
}

func (s *Server) deleteMessage(p *params) (any, *APIError) {
	c, err := s.target(p)
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
