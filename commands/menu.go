package commands

import (
	"strings"

	"topicpilot/commands/messages"
	"topicpilot/topics"
)

// The limits of Telegram's menu (Bot API, setMyCommands).
const (
	maxMenu        = 100
	maxDescription = 256
)

// MenuItem is one line of Telegram's command menu.
type MenuItem struct {
	// Name is without the slash.
	Name        string
	Description string
}

// Menu lists the commands that somebody with the role may run, in a group's language
// ("en", "ru", "uk"). A menu shows only; what may be run is decided at each command.
func (r *Registry) Menu(lang string, role topics.Role) []MenuItem {
	say := messages.For(lang)
	var items []MenuItem
	for _, command := range r.conf.Commands {
		if role < command.Role || len(items) == maxMenu {
			continue
		}
		description := cutUTF16(oneLine(command.help(say)), maxDescription)
		if description == "" {
			description = command.usage()
		}
		items = append(items, MenuItem{Name: command.Name, Description: description})
	}
	return items
}

// Reference is the table of the built-in commands for the docs, in Markdown.
func Reference() string {
	say := messages.For("en")
	var out strings.Builder
	out.WriteString("| command | who | where | what |\n|---|---|---|---|\n")
	list, _ := All(Parts{})
	for _, command := range list {
		who, where := "operators", "a customer's topic"
		if command.Role >= topics.RoleAdmin {
			who = "admins"
		}
		if command.InGeneral {
			where += ", General"
		}
		usage := strings.ReplaceAll(command.usage(), "|", `\|`)
		out.WriteString("| `" + usage + "` | " + who + " | " + where + " | " + command.help(say) + " |\n")
	}
	return out.String()
}
