package telegramtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
)

// Group describes a chat to add.
type Group struct {
	ID       int64
	Type     string // default "supergroup"; also "group", "channel" and "private" (ID is the user's)
	Title    string
	Username string
	IsForum  bool
	// Members are the people in it; users unknown so far are added. The bot is an administrator with
	// ManageTopics, DeleteMessages and PinMessages unless it is listed here itself.
	Members []Member
	// NoSend takes from non-administrators the right to send.
	NoSend bool
	// NextMessageID is the first message's id, default 2 (1 stands for General).
	NextMessageID int
}

// AddUser makes an account known, or changes what is known of it.
func (s *Server) AddUser(u User) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users[u.ID] = u
}

// AddGroup adds a chat. It is an error if the id is 0 or taken.
func (s *Server) AddGroup(g Group) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g.ID == 0 || s.chats[g.ID] != nil {
		return fmt.Errorf("add group %d: the id is taken or zero", g.ID)
	}
	c := &chat{
		id: g.ID, typ: g.Type, title: g.Title, username: g.Username, forum: g.IsForum, noSend: g.NoSend,
		members: map[int64]Member{}, messages: map[int64]*Message{}, topics: map[int]*Topic{},
		nextID: max(g.NextMessageID, 2),
	}
	if c.typ == "" {
		c.typ = "supergroup"
	}
	if c.typ == "private" {
		c.first, c.last = s.users[g.ID].FirstName, s.users[g.ID].LastName
	}
	c.members[s.opt.Bot.ID] = s.newcomer(c)
	for _, m := range g.Members {
		s.join(c, m)
	}
	s.chats[g.ID] = c
	return nil
}

// newcomer is the bot's place in a new chat.
func (s *Server) newcomer(c *chat) Member {
	if c.typ == "private" {
		return Member{User: s.opt.Bot, Status: Regular}
	}
	return Member{
		User: s.opt.Bot, Status: Administrator,
		Rights: Rights{ManageTopics: true, DeleteMessages: true, PinMessages: true},
	}
}

// join records a member; an account given only by id is looked up.
func (s *Server) join(c *chat, m Member) Member {
	if known, ok := s.users[m.User.ID]; ok && (m.User.FirstName == "" || m.User.ID == s.opt.Bot.ID) {
		m.User = known
	} else if m.User.ID != 0 {
		s.users[m.User.ID] = m.User
	}
	c.members[m.User.ID] = m
	return m
}

// SetForum switches a group's topics on or off; the real server tells the bot nothing.
func (s *Server) SetForum(chat int64, forum bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.chats[chat]
	if c == nil {
		return fmt.Errorf("set forum: no chat %d", chat)
	}
	c.forum = forum
	return nil
}

// SetMember changes somebody's place in a chat and tells the bot: my_chat_member about itself,
// chat_member about others if it is an administrator and asked for that kind. by is who did it
// (0: the member). A user given only by id keeps the known names.
func (s *Server) SetMember(chat int64, m Member, by int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.chats[chat]
	if c == nil {
		return fmt.Errorf("set member: no chat %d", chat)
	}
	if m.User.ID == 0 || m.Status == "" {
		return errors.New("set member: user id and status are needed")
	}
	if by == 0 {
		by = m.User.ID
	}
	actor, ok := s.users[by]
	if !ok && by != m.User.ID {
		return fmt.Errorf("set member: no user %d", by)
	}
	if !ok {
		actor = m.User
	}
	s.setMember(c, m, actor)
	return nil
}

func (s *Server) setMember(c *chat, m Member, by User) {
	old, ok := c.members[m.User.ID]
	m = s.join(c, m)
	if !ok {
		old = Member{User: m.User, Status: Left}
	}
	kind := "chat_member"
	if m.User.ID == s.opt.Bot.ID {
		kind = "my_chat_member"
	}
	s.seen.publish(Event{Kind: MemberChanged, Chat: c.id, Member: m.User, Text: m.Status})
	if kind == "chat_member" && !s.me(c).admin() {
		return
	}
	s.emit(kind, c.id, keepMessageUpdate, map[string]any{
		"chat": c.wire(), "from": by, "date": s.now(),
		"old_chat_member": old.wire(), "new_chat_member": m.wire(),
	})
}

// Migrate upgrades a basic group to a new supergroup: the two service messages are sent, and calls
// with the old id are refused with migrate_to_chat_id. Members, topics and topic messages come
// along with their ids, which lets forum tests migrate as well; IsForum is kept.
func (s *Server) Migrate(from, to int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.chats[from]
	if old == nil || to == 0 || s.chats[to] != nil {
		return fmt.Errorf("migrate %d to %d: unknown chat or taken id", from, to)
	}
	c := &chat{
		id: to, typ: "supergroup", title: old.title, forum: old.forum, noSend: old.noSend,
		members: maps.Clone(old.members), messages: map[int64]*Message{}, topics: map[int]*Topic{},
		nextID: old.nextID,
	}
	for id, t := range old.topics {
		cp := *t
		cp.Chat = to
		c.topics[id] = &cp
		if m := old.message(id); m != nil {
			root := *m
			root.Chat = c.wire()
			c.messages[int64(id)], c.order = &root, append(c.order, int64(id))
		}
	}
	s.chats[to] = c
	anonymous := groupAnonymousBot()
	s.service(old, anonymous, 0, func(m *Message) { m.MigrateToChatID = to })
	old.migratedTo = to
	s.service(c, anonymous, 0, func(m *Message) { m.MigrateFromChatID = from })
	return nil
}

// Inject queues an update as given, whatever it is, past allowed_updates. An update_id is added
// unless the JSON object has one; the id is returned. Text that is no JSON object is an error.
func (s *Server) Inject(raw json.RawMessage) (int64, error) {
	var obj map[string]json.RawMessage
	if err := json.Unmarshal(raw, &obj); err != nil {
		return 0, fmt.Errorf("inject: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var id int64
	if given, ok := obj["update_id"]; ok {
		if err := json.Unmarshal(given, &id); err != nil {
			return 0, fmt.Errorf("inject: update_id: %w", err)
		}
		s.queue.next = max(s.queue.next, id+1)
	} else {
		id = s.queue.next
		s.queue.next++
		obj["update_id"] = json.RawMessage(fmt.Sprint(id))
		raw = encode(obj)
	}
	s.push(&update{id: id, key: injectKey(obj), raw: raw, expires: s.now() + keepMessageUpdate})
	return id, nil
}

// injectKey finds the webhook queue of an injected update: its message's chat, else 0.
func injectKey(obj map[string]json.RawMessage) int64 {
	for kind, body := range obj {
		var m struct {
			Chat, From struct{ ID int64 }
		}
		if kind == "update_id" || json.Unmarshal(body, &m) != nil {
			continue
		}
		if kind == "callback_query" {
			return m.From.ID
		}
		return m.Chat.ID
	}
	return 0
}

// SetNextUpdateID sets the next update's id, for instance lower than the last one, as Telegram may
// after a week without updates.
func (s *Server) SetNextUpdateID(id int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue.next = id
}

// Redeliver queues a delivered update once more under its old id, as after a lost acknowledgement.
// Only the last Options.KeepUpdates are kept.
func (s *Server) Redeliver(updateID int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, u := range s.queue.history {
		if u.id == updateID {
			s.push(&update{id: u.id, key: u.key, raw: u.raw, expires: s.now() + keepMessageUpdate, extra: true})
			return nil
		}
	}
	return fmt.Errorf("redeliver: update %d is not kept", updateID)
}

// Delivered returns the ids of the confirmed updates that Redeliver can repeat, oldest first.
func (s *Server) Delivered() []int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	ids := make([]int64, 0, len(s.queue.history))
	for _, u := range s.queue.history {
		ids = append(ids, u.id)
	}
	return ids
}
