package topics

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Telegram's own accounts, which stand in for whoever hides behind them.
const (
	groupAnonymousBot = 1087968824
	channelBot        = 136817688
	serviceAccount    = 777000
)

// Speaking is what the rules make of a message.
type Speaking struct {
	Author Author
	Kind   MessageKind
	Role   Role
	// Commands tells that the text may be a command: it was typed, now, by a person.
	Commands bool
}

// Speakers decide who speaks, by ids and settings alone, and when in doubt against
// the speaker. The rules stand in docs/who-speaks.md, a row for each case.
type Speakers struct {
	Administrators Administrators
	Members        Members
	// SelfID is our own user id.
	SelfID int64
}

// Of decides on one message. An error means that Telegram could not be asked about
// the sender's standing; nothing is decided then.
func (s *Speakers) Of(ctx context.Context, group *Group, in *Incoming) (Speaking, error) {
	author := s.author(group, in)
	speaking := Speaking{Author: author}
	if author.Kind == "" {
		role, err := s.Role(ctx, group, in.ChatID, author.ID)
		if err != nil {
			return Speaking{}, err
		}
		speaking.Role = role
		speaking.Author.Kind = AuthorStranger
		if role > RoleNone {
			speaking.Author.Kind = AuthorOperator
		}
	}
	speaking.Kind = KindOf(group, in, speaking.Author.Kind)
	speaking.Commands = typed(in) && speaking.Kind == MessageCommand
	return speaking, nil
}

// typed reports whether the message was typed here and now.
func typed(in *Incoming) bool {
	return !in.Edited && !in.Caption && len(in.Media) == 0 && !in.Forwarded &&
		!in.AutomaticForward && !in.ViaBot && !in.Scheduled
}

// author names the author where the message itself tells who it is; Kind is empty
// for a person whose role decides.
func (s *Speakers) author(group *Group, in *Incoming) Author {
	author := Author{}
	if in.From != nil {
		author = Author{ID: in.From.ID, Name: in.From.Name, Username: in.From.Username}
	}
	switch {
	case in.Service != nil:
		author.Kind = AuthorService
	case in.SenderChatID == in.ChatID, in.From != nil && in.From.ID == groupAnonymousBot:
		author = Author{Kind: AuthorAnonymous, ID: in.ChatID, Name: in.SenderChatTitle}
	case in.SenderChatID != 0, in.AutomaticForward,
		in.From != nil && (in.From.ID == channelBot || in.From.ID == serviceAccount):
		author = Author{Kind: AuthorChannel, ID: in.SenderChatID, Name: in.SenderChatTitle}
	case in.From == nil:
		author.Kind = AuthorStranger
	case in.From.ID == s.SelfID:
		author.Kind = AuthorSelf
	case group.IsMirror(in.From.ID):
		author.Kind = AuthorCustomer
	case in.From.Bot:
		author.Kind = AuthorBot
	}
	return author
}

// Role decides what a person may do, for a message or a press of a button. The
// mirror, bots and our own account have no role.
func (s *Speakers) Role(ctx context.Context, group *Group, chatID, userID int64) (Role, error) {
	if userID == 0 || userID == s.SelfID || group.IsMirror(userID) {
		return RoleNone, nil
	}
	admin, err := s.belongs(ctx, group, group.Admins, person{chatID, userID})
	if err != nil {
		return RoleNone, err
	}
	if admin {
		return RoleAdmin, nil
	}
	operator, err := s.belongs(ctx, group, group.Operators, person{chatID, userID})
	if err != nil || !operator {
		return RoleNone, err
	}
	return RoleOperator, nil
}

type person struct{ chatID, userID int64 }

func (s *Speakers) belongs(ctx context.Context, group *Group, who Who, p person) (bool, error) {
	if slices.Contains(who.IDs, p.userID) {
		return true, nil
	}
	if group.MirrorUnknown() {
		return false, nil // the person may be the mirror, and speak for a customer
	}
	if who.Administrators {
		yes, err := s.Administrators.IsAdministrator(ctx, p.chatID, p.userID)
		if err != nil {
			return false, fmt.Errorf("ask for administrators: %w", err)
		}
		if yes {
			return true, nil
		}
	}
	if who.Members {
		yes, err := s.Members.IsMember(ctx, p.chatID, p.userID)
		if err != nil {
			return false, fmt.Errorf("ask for membership: %w", err)
		}
		return yes, nil
	}
	return false, nil
}

// KindOf tells talk from comment and command, once it is known on which side the author
// stands. What a customer writes is talk, whatever it looks like.
func KindOf(group *Group, in *Incoming, author AuthorKind) MessageKind {
	text := in.Text.Text
	switch {
	case author == AuthorService:
		return MessageService
	case author == AuthorCustomer:
		return MessageTalk
	case author == AuthorSelf, isComment(group, text):
		return MessageComment
	case looksLikeCommand(text):
		return MessageCommand
	case group.Mirror.ReplyOnly && !answersCustomer(group, in):
		return MessageComment
	}
	return MessageTalk
}

// commentSign is what the mirror takes for a comment; a group's mark may say more.
const commentSign = "/ "

func isComment(group *Group, text string) bool {
	return strings.HasPrefix(text, commentSign) || strings.HasPrefix(text, group.Mirror.CommentMark)
}

// answersCustomer tells whether the message is a person's reply to what the mirror
// has posted.
func answersCustomer(group *Group, in *Incoming) bool {
	return in.ReplyTo != nil && group.IsMirror(in.ReplyTo.FromID)
}

func looksLikeCommand(text string) bool {
	if len(text) < 2 || text[0] != '/' {
		return false
	}
	c := text[1]
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_'
}
