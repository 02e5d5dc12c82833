package app

import (
	"cmp"

	"topicpilot/config"
	"topicpilot/topics"
)

// groupsOf makes the domain's groups of the settings.
func groupsOf(cfg *config.Config) *topics.Groups {
	groups := make([]*topics.Group, 0, len(cfg.Groups))
	for _, s := range cfg.Groups {
		group := &topics.Group{
			ID:       s.ID,
			Language: s.Language,
			Mirror: topics.Mirror{
				Source:      topics.Source(s.Mirror.Source),
				SenderIDs:   s.Mirror.SenderIDs,
				CommentMark: s.Mirror.CommentMark,
				ReplyOnly:   s.Mirror.ReplyOnly,
			},
			Operators: topics.Who(s.Operators),
			Admins:    topics.Who(s.Admins),

			CustomerSend: topics.CustomerSend(s.CustomerSend),
			AdviceMode:   topics.AdviceMode(cmp.Or(s.AIMode, cfg.AI.Mode)),
		}
		for _, instance := range s.Instances {
			group.Instances = append(group.Instances, topics.Instance{ID: instance.Instance, Key: instance.APIKey})
		}
		groups = append(groups, group)
	}
	return topics.NewGroups(groups)
}

// marks gives the comment mark of a chat to the sender.
type marks struct{ groups *topics.Groups }

func (m marks) CommentMark(chatID int64) (string, bool) {
	group, ok := m.groups.Find(chatID)
	if !ok {
		return "", false
	}
	return group.Mirror.CommentMark, true
}
