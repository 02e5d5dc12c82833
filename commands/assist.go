package commands

import (
	"context"

	"topicpilot/commands/messages"
	"topicpilot/topics"
)

// Assist makes /assist: what this operator can do here. The mirror owns /help.
func Assist() Command {
	return Command{
		Name:      "assist",
		HelpID:    "help.assist",
		Role:      topics.RoleOperator,
		InGeneral: true,
		Run:       assist,
	}
}

func assist(_ context.Context, req Request) (Reply, error) {
	var here, elsewhere []Command
	for _, command := range req.Commands {
		switch {
		case req.Role < command.Role:
		case req.Conversation.General() && !command.InGeneral:
			elsewhere = append(elsewhere, command)
		default:
			here = append(here, command)
		}
	}
	text := new(topics.Text)
	heading := "assist.here"
	if req.Conversation.General() {
		heading = "assist.general"
	}
	listCommands(text, req, heading, here)
	listCommands(text, req, "assist.topic", elsewhere)
	if req.Group.Mirror.ReplyOnly {
		text.Add("\n" + req.Say.T("assist.comment_reply_only", nil))
	} else {
		text.Add("\n" + req.Say.T("assist.comment", messages.Data{"Mark": commentMark(req.Group)}))
	}
	role := "assist.role_operator"
	if req.Role >= topics.RoleAdmin {
		role = "assist.role_admin"
	}
	text.Add("\n" + req.Say.T(role, nil))
	return Reply{Text: *text}, nil
}

// listCommands adds a heading and a line for each command; nothing for no command.
func listCommands(text *topics.Text, req Request, heading string, commands []Command) {
	if len(commands) == 0 {
		return
	}
	if text.Text != "" {
		text.Add("\n")
	}
	text.Bold(req.Say.T(heading, nil))
	for _, command := range commands {
		text.Add("\n").Code(command.usage())
		if help := command.help(req.Say); help != "" {
			text.Add(" — " + help)
		}
		if command.Role >= topics.RoleAdmin {
			text.Add(" (" + req.Say.T("assist.admins", nil) + ")")
		}
	}
	text.Add("\n")
}

func commentMark(group *topics.Group) string {
	if group.Mirror.CommentMark == "" {
		return "/ "
	}
	return group.Mirror.CommentMark
}
