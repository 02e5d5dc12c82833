package stage

import (
	"fmt"

	"topicpilot/integrations/telegram/telegramtest"
)

// addGroup makes a group known to the calls that the stage does not serve itself.
func addGroup(s *telegramtest.Server, id int64, title string) error {
	err := s.AddGroup(telegramtest.Group{ID: id, Title: title, IsForum: true, Members: []telegramtest.Member{
		{
			User:   telegramtest.User{ID: OperatorID, FirstName: "Olga", LastName: "Operator", Username: "olga_support"},
			Status: telegramtest.Creator,
		},
		{User: telegramtest.User{ID: MirrorID, FirstName: "Mirror"}, Status: telegramtest.Regular},
	}})
	if err != nil {
		return fmt.Errorf("stage: %w", err)
	}
	return nil
}
