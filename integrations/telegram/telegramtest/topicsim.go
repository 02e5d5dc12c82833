package telegramtest

import "fmt"

// CreateTopic lets a user open a topic and returns its id, which is the id of the service message.
func (s *Server) CreateTopic(chat, by int64, name string) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, u := s.chats[chat], s.users[by]
	if c == nil || !c.forum || u.ID == 0 {
		return 0, fmt.Errorf("create topic: chat %d is no forum or user %d is unknown", chat, by)
	}
	return s.openTopic(c, u, name, defaultIconColor, "").ID, nil
}

// RenameTopic lets a user rename a topic.
func (s *Server) RenameTopic(chat int64, thread int, by int64, name string) error {
	return s.onTopic(chat, thread, by, func(c *chatAndTopic) { s.renameTopic(c.chat, c.topic, c.by, name, nil) })
}

// CloseTopic lets a user close a topic.
func (s *Server) CloseTopic(chat int64, thread int, by int64) error {
	return s.onTopic(chat, thread, by, func(c *chatAndTopic) { s.closeTopic(c.chat, c.topic, c.by, true) })
}

// ReopenTopic lets a user open a closed topic again.
func (s *Server) ReopenTopic(chat int64, thread int, by int64) error {
	return s.onTopic(chat, thread, by, func(c *chatAndTopic) { s.closeTopic(c.chat, c.topic, c.by, false) })
}

// DeleteTopic deletes a topic with all its messages. No update tells the bot.
func (s *Server) DeleteTopic(chat int64, thread int) error {
	return s.onTopic(chat, thread, s.opt.Bot.ID, func(c *chatAndTopic) { s.dropTopic(c.chat, c.topic) })
}

type chatAndTopic struct {
	chat  *chat
	topic *Topic
	by    User
}

func (s *Server) onTopic(chat int64, thread int, by int64, do func(*chatAndTopic)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, u := s.chats[chat], s.users[by]
	if c == nil || c.topic(thread) == nil {
		return fmt.Errorf("no topic %d in chat %d", thread, chat)
	}
	if u.ID == 0 {
		return fmt.Errorf("no user %d", by)
	}
	do(&chatAndTopic{chat: c, topic: c.topic(thread), by: u})
	return nil
}
