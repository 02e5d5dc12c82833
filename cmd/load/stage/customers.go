package stage

import (
	"fmt"
	"strconv"
	"time"

	"topicpilot/topics"
	"topicpilot/topics/topicsapi/topicsapitest"
)

const topicsAPIPath = topicsapitest.Path

// The connection of the mirror, and the key of its owner.
const (
	Instance = "13209946874612345"
	APIKey   = "load-instance-key"
	APIToken = "load-owner-token"
)

// conversation names a topic as topicpilot does.
func (t *topic) conversation() topics.Conversation {
	return topics.Conversation{ChatID: t.group.id, ThreadID: t.thread}
}

// customers is the mirror's Topics API with a customer for each topic.
func customers(all []*topic) *topicsapitest.Server {
	api := topicsapitest.New()
	api.SetToken(APIToken)
	for _, t := range all {
		n := strconv.Itoa(t.index + 1)
		api.SetTopic(topicsapitest.Connection{Instance: Instance, APIKey: APIKey}, t.conversation(), topicsapitest.Info{
			UserID: 987654321 + int64(t.index), Name: "John Doe " + n, FirstName: "John", LastName: "Doe " + n,
			Username: "john" + n, Language: "en", Phone: fmt.Sprintf("+1212555%04d", t.index%10_000),
			Status: "user_answered", Title: "Customer " + n, LastDate: "2025-10-09 00:24:55", InstanceName: "support_bot",
		})
	}
	return api
}

// Slow makes the Topics API take so long about one topic, counted from 0; 0 ends it.
func (s *Stage) Slow(index int, delay time.Duration) error {
	if index < 0 || index >= len(s.topics) || delay < 0 || delay > time.Minute {
		return fmt.Errorf("slow topic %d by %v: want one of %d topics and up to 1m", index, delay, len(s.topics))
	}
	s.customer.SetTopicFaults(s.topics[index].conversation(), topicsapitest.Faults{Delay: delay})
	return nil
}
