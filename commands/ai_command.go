package commands

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"topicpilot/commands/messages"
	"topicpilot/topics"
)

const (
	aiStatus = "status"
	aiStats  = "stats"
)

// Command is /ai: it sets the mode of a topic, and tells how the advisor does.
func (a *AI) Command() Command {
	return Command{
		Name: "ai", HelpID: "help.ai", Usage: "off|ask|draft|reply|status|stats",
		Args: []Arg{{Name: "mode", Match: regexp.MustCompile(`(?i)off|ask|draft|reply|status|stats`)}},
		Role: topics.RoleOperator, InGeneral: true, Run: a.run, Press: a.press,
	}
}

func (a *AI) run(ctx context.Context, req Request) (Reply, error) {
	if a.Advise == nil {
		text := req.Say.T("ai.not_set_up", messages.Data{"Setting": modelSetting})
		return req.say(outcomeRefused, text), nil
	}
	p := placeOf(req.Group, req.Conversation)
	switch mode := strings.ToLower(req.Args["mode"]); mode {
	case aiStatus:
		return a.status(ctx, p)
	case aiStats:
		if req.Role < topics.RoleAdmin {
			text := req.Say.T("refuse.admin", messages.Data{"Command": "ai " + aiStats})
			return req.say(outcomeRefused, text), nil
		}
		return a.stats(ctx, p)
	default:
		if p.General() {
			text := req.Say.T("refuse.general", messages.Data{"Command": "ai " + mode})
			return req.say(outcomeRefused, text), nil
		}
		return a.setMode(ctx, p, req.By, topics.AdviceMode(mode))
	}
}

func (a *AI) setMode(ctx context.Context, p place, by topics.Author, mode topics.AdviceMode) (Reply, error) {
	err := a.Modes.SetTopicMode(ctx, topics.TopicMode{Conversation: p.Conversation, Mode: mode, By: by, At: a.Now()})
	if err != nil {
		return Reply{}, &Later{Err: fmt.Errorf("record the advisor's mode: %w", err)}
	}
	return Reply{Text: topics.Plain(a.modeText(p, mode))}, nil
}

// modeText says in a sentence what the advisor does in a mode.
func (a *AI) modeText(p place, mode topics.AdviceMode) string {
	call := messages.Data{"Call": a.callWord()}
	switch mode {
	case topics.AdviceOff:
		return p.say.T("ai.mode_off", nil)
	case topics.AdviceAsk:
		return p.say.T("ai.mode_ask", call)
	case topics.AdviceDraft:
		return p.say.T("ai.mode_draft", nil)
	case topics.AdviceReply:
	}
	if !a.tells(p.group) {
		return p.say.T("ai.mode_reply_none", messages.Data{"Setting": customerSendSetting})
	}
	if a.ReplyTo == ReplyToAll {
		return p.say.T("ai.mode_reply_all", nil)
	}
	return p.say.T("ai.mode_reply", call)
}

// customerSendSetting is the setting that names a group's way to its customers.
const customerSendSetting = "groups[]" + ".customer_send"

func (a *AI) callWord() string {
	if len(a.Call) == 0 {
		return "ai"
	}
	return a.Call[0]
}
