package commands

import (
	"context"
	"fmt"
	"time"

	"topicpilot/commands/messages"
	"topicpilot/topics"
)

const (
	// refusalPause is how long a person who was told why not hears no more of it.
	refusalPause = time.Hour
	// maxRefusals bounds how many people are remembered for that; the oldest go first.
	maxRefusals = 10000
	// refusalsPerMinute is how many people a group tells why not in a minute; the others
	// ask in vain. What a group may say in a minute is for its operators.
	refusalsPerMinute = 3
)

// refused is a person who was told why not.
type refused struct{ chat, user int64 }

// withPermission lets those through who may run the command here, and gives the
// others a reason, or silence. In doubt nobody may: an operator is who was recognised
// as one and has the role as well.
func (r *Registry) withPermission(command Command, next Handler) Handler {
	return func(ctx context.Context, req Request) (Reply, error) {
		reason, again := r.refusal(command, req)
		if reason == "" {
			return next(ctx, req)
		}
		if req.pressed() || again {
			return req.say(outcomeRefused, reason), nil
		}
		person := refused{chat: req.Conversation.ChatID, user: req.By.ID}
		here := func(other refused) bool { return other.chat == person.chat }
		if reason == silence || !r.refusals.claim(person, req.Key, refusalsPerMinute, here) {
			return Reply{outcome: outcomeSilent}, nil
		}
		reply := req.say(outcomeRefused, reason)
		reply.priority = topics.PriorityNotice
		return reply, nil
	}
}

// silence stands for a refusal without words.
const silence = "\x00"

// refusal is the reason why the command may not run, "" for none, and whether it may
// be told each time.
func (r *Registry) refusal(command Command, req Request) (reason string, again bool) {
	operator := req.By.Kind == topics.AuthorOperator && req.Role >= topics.RoleOperator
	person := req.By.Kind == topics.AuthorOperator || req.By.Kind == topics.AuthorStranger ||
		req.By.Kind == topics.AuthorAnonymous
	data := messages.Data{"Command": command.Name}
	switch {
	case req.pressed() && !operator:
		// A toast is seen by the presser alone and costs the group nothing.
		return req.Say.T("press.operators", nil), true
	case !person:
		return silence, false
	case !operator && req.Group.MirrorUnknown():
		return req.Say.T("refuse.mirror", messages.Data{"Setting": r.mirrorSetting(req.Group)}), false
	case req.By.Kind == topics.AuthorAnonymous:
		return req.Say.T("refuse.anonymous", nil), false
	case !operator:
		return req.Say.T("refuse.stranger", nil), false
	case req.Role < command.Role:
		return req.Say.T("refuse.admin", data), true
	case req.Conversation.General() && !command.InGeneral:
		return req.Say.T("refuse.general", data), true
	}
	return "", false
}

// mirrorSetting names the setting that tells who posts customers' messages.
func (r *Registry) mirrorSetting(group *topics.Group) string {
	if r.conf.Groups != nil {
		for i, other := range r.conf.Groups.All() {
			if other == group || other.ID == group.ID {
				return fmt.Sprintf("groups[%d].mirror.sender_ids", i)
			}
		}
	}
	return "groups[].mirror.sender_ids"
}
