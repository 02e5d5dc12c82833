package telegram

import (
	"context"
	"slices"

	"github.com/mymmrac/telego"
)

// MenuScope is who sees a menu in a group.
type MenuScope string

// The scopes. The narrower one wins in a client; neither permits anything.
const (
	ScopeChat           MenuScope = "chat"
	ScopeAdministrators MenuScope = "chat_administrators"
)

// MenuCommand is one line of a menu. Command is [a-z0-9_]{1,32}; a Description of more
// than 256 characters is cut.
type MenuCommand struct {
	Command     string
	Description string
}

const (
	maxMenuDescription = 256
	maxMenuCommands    = 100
)

// SetMenu sets the commands that a group's members or administrators are offered, in the
// given language ("" for all others), if they differ from what is set; commands beyond 100 are left
// out. Errors: as Client says.
func (c *Client) SetMenu(ctx context.Context, chatID int64, scope MenuScope, lang string, list []MenuCommand) error {
	wanted := []telego.BotCommand{}
	for _, m := range list[:min(len(list), maxMenuCommands)] {
		wanted = append(wanted, telego.BotCommand{
			Command: m.Command, Description: cutUnits(m.Description, maxMenuDescription),
		})
	}
	present, err := c.bot.GetMyCommands(ctx, &telego.GetMyCommandsParams{
		Scope: botScope(chatID, scope), LanguageCode: lang,
	})
	if err != nil {
		return tidy("getMyCommands", err)
	}
	if slices.Equal(present, wanted) {
		return nil
	}
	if len(wanted) == 0 {
		err = c.bot.DeleteMyCommands(ctx, &telego.DeleteMyCommandsParams{
			Scope: botScope(chatID, scope), LanguageCode: lang,
		})
	} else {
		err = c.bot.SetMyCommands(ctx, &telego.SetMyCommandsParams{
			Commands: wanted, Scope: botScope(chatID, scope), LanguageCode: lang,
		})
	}
	if err != nil {
		return tidy("setMyCommands", err)
	}
	return nil
}

func botScope(chatID int64, scope MenuScope) telego.BotCommandScope {
	chat := telego.ChatID{ID: chatID}
	if scope == ScopeAdministrators {
		return &telego.BotCommandScopeChatAdministrators{Type: telego.ScopeTypeChatAdministrators, ChatID: chat}
	}
	return &telego.BotCommandScopeChat{Type: telego.ScopeTypeChat, ChatID: chat}
}
