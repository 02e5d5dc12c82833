package demo

import (
	"time"

	"topicpilot/topics"
	"topicpilot/topics/topicsapi/topicsapitest"
)

// topicsAPI is the played Topics API and its switches.
type topicsAPI struct{ fake *topicsapitest.Server }

func newTopicsAPI() *topicsAPI {
	fake := topicsapitest.New()
	fake.SetToken(topicsAPIToken)
	fake.SetConnection(connection())
	return &topicsAPI{fake: fake}
}

func connection() topicsapitest.Connection {
	return topicsapitest.Connection{Instance: instanceID, APIKey: instanceKey}
}

// release ends the questions that wait.
func (a *topicsAPI) release() error {
	a.fake.Close()
	return nil
}

// tell makes the API know a topic in its present status.
func (a *topicsAPI) tell(topic int, s scene, status string, at time.Time) {
	info := topicsapitest.Info{
		Chat: s.chat, Status: status, Title: s.title, InstanceName: "pelmora_support",
		LastDate: at.UTC().Format(time.DateTime),
	}
	if !s.chat {
		c := s.customer
		info.UserID, info.Name, info.FirstName, info.LastName = c.ID, c.name(), c.FirstName, c.LastName
		info.Username, info.Language, info.Phone = c.Username, c.Language, c.Phone
	}
	a.fake.SetTopic(connection(), topics.Conversation{ChatID: groupID, ThreadID: int64(topic)}, info)
}

// disturb sets what goes wrong with the API.
func (a *topicsAPI) disturb(down, slow bool) {
	var f topicsapitest.Faults
	if down {
		f.Status = 503
	}
	if slow {
		f.Delay = 2 * time.Second
	}
	a.fake.SetFaults(f)
}
