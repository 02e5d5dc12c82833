//go:build e2e

package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"topicpilot/integrations/telegram/telegramtest"
	"topicpilot/topics"
	"topicpilot/topics/topicsapi/topicsapitest"
)

const (
	token          = "123456789:AAtoken-of-the-tests-000000000000000"
	apiToken       = "header-token-of-the-tests"
	groupID  int64 = -1001234567890
	mirrorID int64 = 5555
	olgaID   int64 = 77
)

var connection = topicsapitest.Connection{Instance: "13209946874612345", APIKey: "api-key-of-the-tests"}

// stage is a group and a Topics API in this process; the bot is another one.
type stage struct {
	t      *testing.T
	tg     *telegramtest.Server
	api    *topicsapitest.Server
	url    string
	file   string // the settings
	db     string
	listen string
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{t: t, listen: freePort(t), api: topicsapitest.New()}
	s.tg = telegramtest.New(telegramtest.Options{Token: token})
	t.Cleanup(func() { _ = s.tg.Close() })
	t.Cleanup(s.api.Close)
	t.Cleanup(func() {
		if v := s.tg.Violations(); len(v) > 0 {
			t.Errorf("calls that do not fit the Bot API: %v", v)
		}
	})
	admin := func(id int64, name string) telegramtest.Member {
		return telegramtest.Member{
			User: telegramtest.User{ID: id, FirstName: name}, Status: telegramtest.Administrator,
			Rights: telegramtest.Rights{ManageTopics: true},
		}
	}
	s.must(s.tg.AddGroup(telegramtest.Group{
		ID: groupID, Title: "Support", IsForum: true,
		Members: []telegramtest.Member{admin(mirrorID, "Relay"), admin(olgaID, "Olga")},
	}))
	url, err := s.tg.Start("127.0.0.1:0")
	s.must(err)
	s.url = url
	s.must(s.api.Start("127.0.0.1:0"))
	s.api.SetToken(apiToken)
	s.api.SetConnection(connection)
	dir := t.TempDir()
	s.file, s.db = filepath.Join(dir, "topicpilot.yml"), filepath.Join(dir, "bot.db")
	s.must(os.WriteFile(s.file, s.settings(), 0o600))
	return s
}

func (s *stage) settings() []byte {
	return fmt.Appendf(nil, `
telegram: {token: %q, api_url: %q, limits: {group_per_minute: 0, overall_per_second: 0}}
server: {listen: %q}
store: {url: "sqlite:%s"}
topics_api: {url: %q, token: %q, timeout: 5s}
groups:
  - id: %d
    instances: [{instance: %q, api_key: %q}]
    mirror: {source: account, sender_ids: [%d]}
`, token, s.url, s.listen, s.db, s.api.URL(), apiToken, groupID, connection.Instance, connection.APIKey, mirrorID)
}

// freePort is an address that nobody listened on a moment ago.
func freePort(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

func (s *stage) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// run starts the bot and waits until it is ready.
func (s *stage) run(bin string, env ...string) *process {
	s.t.Helper()
	args := []string{"run", "--config", s.file}
	if len(env) > 0 {
		args = args[:1]
	}
	p := start(s.t, bin, env, args...)
	s.t.Cleanup(func() { s.clean(p.out.String()) })
	eventually(s.t, "ready", patience, func() bool { code, _ := s.get("/readyz"); return code == http.StatusOK })
	return p
}

// clean holds that no output shows a secret.
func (s *stage) clean(out string) {
	s.t.Helper()
	for _, secret := range []string{token, token[10:], apiToken, connection.APIKey} {
		if strings.Contains(out, secret) {
			s.t.Errorf("the output holds the secret that begins with %.4s…", secret)
		}
	}
}

func (s *stage) get(path string) (int, string) {
	client := http.Client{Timeout: 5 * time.Second}
	resp, err := client.Get("http://" + s.listen + path)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body)
}

// topic opens a topic with a customer behind it.
func (s *stage) topic(user int64, name string) int {
	s.t.Helper()
	thread, err := s.tg.CreateTopic(groupID, mirrorID, name)
	s.must(err)
	s.api.SetTopic(connection, s.conv(thread), topicsapitest.Info{
		UserID: user, Name: name, FirstName: name, Language: "en", Status: "user_answered", Title: name,
	})
	return thread
}

func (s *stage) conv(thread int) topics.Conversation {
	return topics.Conversation{ChatID: groupID, ThreadID: int64(thread)}
}

func (s *stage) post(thread int, text string) {
	s.t.Helper()
	_, err := s.tg.Post(telegramtest.Post{Chat: groupID, Thread: thread, From: olgaID, Text: text})
	s.must(err)
}

// ours are the bot's texts in a topic.
func (s *stage) ours(thread int) []string {
	var list []string
	for _, m := range s.tg.Messages(groupID) {
		if m.Thread == thread && m.From != nil && m.From.IsBot && m.Text != "" {
			list = append(list, m.Text)
		}
	}
	return list
}

// answered waits for the n-th text of the bot in a topic.
func (s *stage) answered(thread, n int) string {
	s.t.Helper()
	eventually(s.t, fmt.Sprintf("answer %d in topic %d", n, thread), patience, func() bool {
		return len(s.ours(thread)) >= n
	})
	return s.ours(thread)[n-1]
}
