package telegramtest

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// AddBot lets the same address answer for a further bot, such as the one that customers write to. It
// is a server of its own in all else: its chats, calls and faults are not those of s. Options.Token
// is required; clock and log default to those of s. Close of s closes it.
func (s *Server) AddBot(opt Options) (*Server, error) {
	id, _, _ := strings.Cut(opt.Token, ":")
	number, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return nil, errors.New("add bot: the token must be <bot id>:<secret>")
	}
	if opt.Bot.ID == 0 {
		opt.Bot = User{ID: number, FirstName: "Support", Username: "support_bot"}
	}
	if opt.Clock == nil {
		opt.Clock = s.opt.Clock
	}
	if opt.Log == nil {
		opt.Log = s.log
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || opt.Token == s.opt.Token || s.bots[opt.Token] != nil {
		return nil, fmt.Errorf("add bot %d: its token is taken, or the server closed", number)
	}
	if s.bots == nil {
		s.bots = map[string]*Server{}
	}
	bot := New(opt)
	s.bots[opt.Token] = bot
	return bot, nil
}

func (s *Server) otherBot(token string) *Server {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bots[token]
}

// StartChat lets a person press Start in the bot's private chat, whose id is the person's: from then
// on the bot may write there, and Messages shows what the person sees. It is an error if the
// chat is there already.
func (s *Server) StartChat(u User) error {
	s.AddUser(u)
	if err := s.AddGroup(Group{ID: u.ID, Type: "private"}); err != nil {
		return err
	}
	_, err := s.Post(Post{Chat: u.ID, From: u.ID, Text: "/start"})
	return err
}

// Block lets a person block the bot, or unblock it, in a private chat that StartChat has made. The bot
// is told by my_chat_member.
func (s *Server) Block(user int64, blocked bool) error {
	me := Member{User: s.opt.Bot, Status: Regular}
	if blocked {
		me.Status = Kicked
	}
	return s.SetMember(user, me, user)
}

// sendTarget is target for what puts a message into the chat: a person must have started the
// bot, and not have blocked it since. Locked.
func (s *Server) sendTarget(p *params) (*chat, *APIError) {
	c, err := s.target(p)
	if user, known := s.users[p.int64("chat_id")]; c == nil && known {
		if user.IsBot {
			return nil, forbidden("bot can't send messages to bots")
		}
		return nil, forbidden("bot can't initiate conversation with a user")
	}
	if err == nil && c.typ == "private" && s.me(c).Status == Kicked {
		return nil, forbidden("bot was blocked by the user")
	}
	return c, err
}
