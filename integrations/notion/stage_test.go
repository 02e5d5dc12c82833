package notion_test

import (
	"context"
	"testing"
	"time"

	"topicpilot/integrations/notion"
	"topicpilot/integrations/notion/notiontest"
	"topicpilot/topics"
)

type token string

func (t token) Reveal() string { return string(t) }

func properties() notion.Properties {
	return notion.Properties{
		UserID: "Telegram ID", Name: "Name", Username: "Username", Phone: "Phone", Tags: "Tags", Priority: "Priority",
	}
}

// stage is a fake Notion with one database and a client of it whose pauses take no time.
type stage struct {
	server   *notiontest.Server
	client   *notion.Client
	database string
	source   string
	// pauses are the pauses that the client made.
	pauses []time.Duration
}

func newStage(t *testing.T, opt notiontest.Options, change ...func(*notion.Options)) *stage {
	t.Helper()
	s := &stage{server: notiontest.New(opt)}
	if err := s.server.Start("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.server.Close)
	db, sources := s.server.AddDatabase("CRM", notiontest.Customers())
	s.database, s.source = db, sources[0]
	s.client = s.newClient(t, change...)
	return s
}

func (s *stage) newClient(t *testing.T, change ...func(*notion.Options)) *notion.Client {
	t.Helper()
	opt := notion.Options{
		ID: "cards", Setting: "integrations[0]", Token: token(notiontest.DefaultToken), APIURL: s.server.URL(),
		DatabaseID: s.database, Properties: properties(), PerSecond: -1, Timeout: 10 * time.Second,
	}
	for _, c := range change {
		c(&opt)
	}
	client, err := notion.New(opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	client.SetSleep(func(ctx context.Context, d time.Duration) error {
		s.pauses = append(s.pauses, d)
		return ctx.Err()
	})
	return client
}

func (s *stage) total() int {
	n := 0
	for _, count := range s.server.Requests() {
		n += count
	}
	return n
}

func ann() topics.Customer {
	return topics.Customer{ID: 4242424242, Name: "Ann Smith", Username: "ann", Phone: "+15550100"}
}
