package telegramtest

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// Member statuses, as the Bot API names them.
const (
	Creator       = "creator"
	Administrator = "administrator"
	Regular       = "member"
	Restricted    = "restricted"
	Left          = "left"
	Kicked        = "kicked"
)

// Rights of an administrator that the fake knows about.
type Rights struct {
	ManageTopics, DeleteMessages, PinMessages, RestrictMembers bool
	PromoteMembers, ChangeInfo, InviteUsers, ManageTags        bool
}

// Member is somebody's place in a chat.
type Member struct {
	User        User
	Status      string // Creator, Administrator, Regular, Restricted, Left or Kicked
	Rights      Rights // administrators
	IsAnonymous bool   // creator and administrators
	CustomTitle string // creator and administrators
	Tag         string // regular and restricted members
	IsMember    bool   // restricted: still in the chat
	CanSend     bool   // restricted: may send messages
}

func (m Member) present() bool {
	switch m.Status {
	case Creator, Administrator, Regular:
		return true
	case Restricted:
		return m.IsMember
	}
	return false
}

func (m Member) admin() bool { return m.Status == Creator || m.Status == Administrator }

func (m Member) can(right func(Rights) bool) bool {
	return m.Status == Creator || m.Status == Administrator && right(m.Rights)
}

// wire is the member as getChatMember returns it.
func (m Member) wire() map[string]any {
	out := map[string]any{"status": m.Status, "user": m.User}
	opt := func(key, value string) {
		if value != "" {
			out[key] = value
		}
	}
	r := m.Rights
	switch m.Status {
	case Creator:
		out["is_anonymous"] = m.IsAnonymous
		opt("custom_title", m.CustomTitle)
	case Administrator:
		for key, v := range map[string]bool{
			"can_be_edited": false, "is_anonymous": m.IsAnonymous, "can_manage_chat": true,
			"can_delete_messages": r.DeleteMessages, "can_manage_video_chats": false,
			"can_restrict_members": r.RestrictMembers, "can_promote_members": r.PromoteMembers,
			"can_change_info": r.ChangeInfo, "can_invite_users": r.InviteUsers,
			"can_post_stories": false, "can_edit_stories": false, "can_delete_stories": false,
			"can_pin_messages": r.PinMessages, "can_manage_topics": r.ManageTopics,
			"can_manage_tags": r.ManageTags,
		} {
			out[key] = v
		}
		opt("custom_title", m.CustomTitle)
	case Regular:
		opt("tag", m.Tag)
	case Restricted:
		for _, key := range permissionNames {
			out[key] = m.CanSend && strings.HasPrefix(key, "can_send_")
		}
		out["is_member"], out["until_date"] = m.IsMember, 0
		opt("tag", m.Tag)
	case Kicked:
		out["until_date"] = 0
	}
	return out
}

var permissionNames = []string{
	"can_send_messages", "can_send_audios", "can_send_documents", "can_send_photos", "can_send_videos",
	"can_send_video_notes", "can_send_voice_notes", "can_send_polls", "can_send_other_messages",
	"can_add_web_page_previews", "can_react_to_messages", "can_edit_tag", "can_change_info",
	"can_invite_users", "can_pin_messages", "can_manage_topics",
}

// Topic is a forum topic; its ID is the id of the message that opened it.
type Topic struct {
	Chat        int64
	ID          int
	Name        string
	IconColor   int
	IconEmojiID string
	Closed      bool
	Deleted     bool
	CreatedBy   int64
}

// chat is one group, channel or private chat. All access with the server's lock held.
type chat struct {
	id         int64
	typ        string
	title      string
	username   string
	forum      bool
	noSend     bool
	migratedTo int64
	first      string
	last       string
	members    map[int64]Member
	messages   map[int64]*Message // by message id; values are never changed, only replaced
	order      []int64
	nextID     int
	topics     map[int]*Topic
}

func (c *chat) wire() Chat {
	return Chat{
		ID: c.id, Type: c.typ, Title: c.title, Username: c.username, IsForum: c.forum,
		FirstName: c.first, LastName: c.last,
	}
}

func (c *chat) message(id int) *Message { return c.messages[int64(id)] }

// add stores a message under the chat's next id, forgetting the oldest beyond keep.
func (c *chat) add(m *Message, keep int) {
	m.ID = c.nextID
	c.nextID++
	if m.TopicCreated != nil {
		m.Thread = m.ID
	}
	c.messages[int64(m.ID)] = m
	c.order = append(c.order, int64(m.ID))
	if len(c.order) <= 2*keep+len(c.topics) {
		return
	}
	old := c.order[:len(c.order)-keep]
	kept := make([]int64, 0, len(c.topics)+2*keep)
	for _, id := range old {
		if m := c.messages[id]; m != nil && m.TopicCreated != nil {
			kept = append(kept, id)
			continue
		}
		delete(c.messages, id)
	}
	c.order = append(kept, c.order[len(c.order)-keep:]...)
}

// topic returns a living topic.
func (c *chat) topic(id int) *Topic {
	if t := c.topics[id]; t != nil && !t.Deleted {
		return t
	}
	return nil
}

func (c *chat) kind() string {
	if c.typ == "supergroup" {
		return "supergroup chat"
	}
	return c.typ + " chat"
}

// target finds the chat of a call and checks that the bot may act in it. Locked.
func (s *Server) target(p *params) (*chat, *APIError) {
	c := s.lookup(p.values["chat_id"])
	if c == nil {
		return nil, badRequest("chat not found")
	}
	if c.migratedTo != 0 {
		err := badRequest("group chat was upgraded to a supergroup chat")
		err.MigrateToChatID = c.migratedTo
		return nil, err
	}
	if c.typ == "private" {
		return c, nil
	}
	me, known := c.members[s.opt.Bot.ID]
	switch {
	case known && me.Status == Kicked:
		return nil, forbidden("bot was kicked from the " + c.kind())
	case !me.present():
		return nil, forbidden("bot is not a member of the " + c.kind())
	}
	return c, nil
}

func (s *Server) lookup(v any) *chat {
	text := ""
	switch v := v.(type) {
	case json.Number:
		text = v.String()
	case string:
		text = v
	}
	if id, err := strconv.ParseInt(text, 10, 64); err == nil {
		return s.chats[id]
	}
	name, ok := strings.CutPrefix(text, "@")
	if !ok || name == "" {
		return nil
	}
	for _, c := range s.chats {
		if strings.EqualFold(c.username, name) {
			return c
		}
	}
	return nil
}

func (s *Server) me(c *chat) Member { return c.members[s.opt.Bot.ID] }

// maySend checks the bot's right to send something ("text messages", "documents").
func (s *Server) maySend(c *chat, what string) *APIError {
	me := s.me(c)
	if c.typ == "private" || me.admin() {
		return nil
	}
	if c.noSend || me.Status == Restricted && !me.CanSend {
		return badRequest("not enough rights to send %s to the chat", what)
	}
	return nil
}

func (s *Server) getChat(p *params) (any, *APIError) {
	c, err := s.target(p)
	if err != nil {
		return nil, err
	}
	perms := map[string]bool{}
	for _, key := range permissionNames {
		perms[key] = !c.noSend && strings.HasPrefix(key, "can_send_")
	}
	out := map[string]any{
		"id": c.id, "type": c.typ, "accent_color_id": 0, "max_reaction_count": 11,
		"accepted_gift_types": map[string]bool{
			"unlimited_gifts": false, "limited_gifts": false, "unique_gifts": false,
			"premium_subscription": false, "gifts_from_channels": false,
		},
	}
	if c.typ == "private" {
		out["first_name"] = c.first
		return out, nil
	}
	out["title"], out["permissions"] = c.title, perms
	if c.forum {
		out["is_forum"] = true
	}
	if c.username != "" {
		out["username"] = c.username
	}
	return out, nil
}

func (s *Server) getChatMember(p *params) (any, *APIError) {
	c, err := s.target(p)
	if err != nil {
		return nil, err
	}
	id := p.int64("user_id")
	if m, ok := c.members[id]; ok {
		return m.wire(), nil
	}
	if u, ok := s.users[id]; ok {
		return Member{User: u, Status: Left}.wire(), nil
	}
	return nil, badRequest("invalid user_id specified")
}

func (s *Server) getChatAdministrators(p *params) (any, *APIError) {
	c, err := s.target(p)
	if err != nil {
		return nil, err
	}
	if c.typ == "private" {
		return nil, badRequest("there are no administrators in the private chat")
	}
	list := []map[string]any{}
	for _, id := range sortedIDs(c.members) {
		m := c.members[id]
		otherBot := m.User.IsBot && id != s.opt.Bot.ID
		if m.admin() && (!otherBot || p.flag("return_bots")) {
			list = append(list, m.wire())
		}
	}
	return list, nil
}

func (s *Server) leaveChat(p *params) (any, *APIError) {
	c, err := s.target(p)
	if err != nil {
		return nil, err
	}
	me := s.me(c)
	me.User, me.Status = s.opt.Bot, Left
	s.setMember(c, me, s.opt.Bot)
	return true, nil
}

func sortedIDs(m map[int64]Member) []int64 {
	ids := make([]int64, 0, len(m))
	for id := range m {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}
