package telegramtest

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
)

var (
	commandPattern  = regexp.MustCompile(`^[a-z0-9_]{1,32}$`)
	languagePattern = regexp.MustCompile(`^([a-z]{2})?$`)
)

// BotCommand is one entry of a command menu.
type BotCommand struct {
	Command     string
	Description string
}

type botCommand struct {
	Command     string `json:"command"`
	Description string `json:"description"`
	IsEphemeral bool   `json:"is_ephemeral,omitempty"`
}

type commandKey struct {
	scope    string
	chat     int64
	user     int64
	language string
}

// Commands returns the menu set for a scope ("default", "chat", "chat_administrators", …) of a chat
// (0 for the scopes without one) and a language ("" for all), without falling back to wider scopes.
func (s *Server) Commands(scope string, chat int64, language string) []BotCommand {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []BotCommand
	for _, c := range s.commands[commandKey{scope: scope, chat: chat, language: language}] {
		out = append(out, BotCommand{Command: c.Command, Description: c.Description})
	}
	return out
}

// commandKey reads scope and language_code.
func (s *Server) commandKey(p *params) (commandKey, *APIError) {
	key := commandKey{scope: "default", language: p.text("language_code")}
	if !languagePattern.MatchString(key.language) {
		return key, badRequest("invalid language code specified")
	}
	obj, _ := p.values["scope"].(map[string]any)
	if obj == nil {
		return key, nil
	}
	key.scope, _ = obj["type"].(string)
	withChat := []string{"chat", "chat_administrators", "chat_member"}
	plain := []string{"default", "all_private_chats", "all_group_chats", "all_chat_administrators"}
	switch {
	case slices.Contains(plain, key.scope):
		return key, nil
	case !slices.Contains(withChat, key.scope):
		return key, badRequest("unsupported BotCommandScope type specified")
	}
	c, err := s.target(&params{values: obj})
	if err != nil {
		return key, err
	}
	key.chat = c.id
	if key.scope == "chat_member" {
		key.user, _ = strconv.ParseInt(fmt.Sprint(obj["user_id"]), 10, 64)
		if _, ok := s.users[key.user]; !ok {
			return key, badRequest("user not found")
		}
	}
	return key, nil
}

func (s *Server) setMyCommands(p *params) (any, *APIError) {
	key, err := s.commandKey(p)
	if err != nil {
		return nil, err
	}
	var list []botCommand
	if !p.decode("commands", &list) {
		return nil, badRequest("can't parse commands")
	}
	if len(list) > 100 {
		return nil, badRequest("BOT_COMMANDS_TOO_MUCH")
	}
	for _, c := range list {
		if !commandPattern.MatchString(c.Command) {
			return nil, badRequest("BOT_COMMAND_INVALID")
		}
		if n := utf16Len(c.Description); n < 1 || n > 256 {
			return nil, badRequest("BOT_COMMAND_DESCRIPTION_INVALID")
		}
	}
	if len(list) == 0 {
		delete(s.commands, key)
		return true, nil
	}
	s.commands[key] = list
	return true, nil
}

func (s *Server) getMyCommands(p *params) (any, *APIError) {
	key, err := s.commandKey(p)
	if err != nil {
		return nil, err
	}
	if list := s.commands[key]; list != nil {
		return list, nil
	}
	return []botCommand{}, nil
}

func (s *Server) deleteMyCommands(p *params) (any, *APIError) {
	key, err := s.commandKey(p)
	if err != nil {
		return nil, err
	}
	delete(s.commands, key)
	return true, nil
}
