package app_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"topicpilot/cmd/app"
	"topicpilot/config"
	"topicpilot/integrations/telegram/telegramtest"
	"topicpilot/topics"
	"topicpilot/topics/store"
	"topicpilot/topics/topicsapi/topicsapitest"
)

const (
	token    = "123456789:AAtoken-of-the-tests-000000000000000"
	groupID  = -1001234567890
	mirrorID = 5555
	olgaID   = 77
	guestID  = 99
	apiToken = "header-token-of-the-tests"
	apiKey   = "api-key-of-the-tests"
	instance = "13209946874612345"

	hookSecret = "hook-secret-of-the-tests"
)

var secrets = []string{token, "AAtoken-of-the-tests", apiToken, apiKey, hookSecret}

// stage is a group with people, a Topics API and, once started, the bot.
type stage struct {
	t   *testing.T
	tg  *telegramtest.Server
	api *topicsapitest.Server
	log *logBuffer
	dir string
	yml string
	// url is the fake Bot API's address.
	url string
	bot *app.App
	// dbURL is where the bot's database is.
	dbURL string
	// beside is the database as tools see it, once db was called.
	beside *store.Store
	// private are customers' words, which no log may hold either.
	private []string
	// told are the texts that operators explicitly sent to the customer through the topic.
	told []string
}

// logBuffer keeps the bot's log, to be searched for what must not be in it.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// newStage sets the scene; more is added to the settings' group ("    language: ru").
func newStage(t *testing.T, options telegramtest.Options, more ...string) *stage {
	t.Helper()
	options.Token = token
	options.WebhookBackoff, options.WebhookMaxBackoff = 20*time.Millisecond, 200*time.Millisecond
	s := &stage{t: t, tg: telegramtest.New(options), api: topicsapitest.New(), log: &logBuffer{}, dir: t.TempDir()}
	t.Cleanup(func() { s.tg.Close() })
	t.Cleanup(s.api.Close)
	t.Cleanup(s.checkSecrets)
	t.Cleanup(s.checkCustomers)
	for _, u := range []telegramtest.User{
		{ID: mirrorID, FirstName: "Relay"}, {ID: olgaID, FirstName: "Olga"}, {ID: guestID, FirstName: "Guest"},
	} {
		s.tg.AddUser(u)
	}
	err := s.tg.AddGroup(telegramtest.Group{ID: groupID, Title: "Support", IsForum: true, Members: []telegramtest.Member{
		{
			User: telegramtest.User{ID: mirrorID, FirstName: "Relay"}, Status: telegramtest.Administrator,
			Rights: telegramtest.Rights{ManageTopics: true},
		},
		{User: telegramtest.User{ID: olgaID, FirstName: "Olga"}, Status: telegramtest.Administrator},
		{User: telegramtest.User{ID: guestID, FirstName: "Guest"}, Status: telegramtest.Regular},
	}})
	s.must(err)
	s.url, err = s.tg.Start("127.0.0.1:0")
	s.must(err)
	s.must(s.api.Start("127.0.0.1:0"))
	s.api.SetToken(apiToken)
	s.api.SetConnection(topicsapitest.Connection{Instance: instance, APIKey: apiKey})
	s.dbURL = "sqlite:" + filepath.Join(s.dir, "bot.db")
	s.yml = fmt.Sprintf(`
telegram: {token: %q, api_url: %q, limits: {group_per_minute: 0, overall_per_second: 0}}
server: {listen: "127.0.0.1:0"}
store: {url: %q}
topics_api: {url: %q, token: %q, timeout: 2s}
groups:
  - id: %d
    instances: [{instance: %q, api_key: %q}]
    mirror: {source: account, sender_ids: [%d]}
%s
`, token, s.url, s.dbURL, s.api.URL(), apiToken, int64(groupID), instance, apiKey, mirrorID,
		strings.Join(more, "\n"))
	return s
}

func (s *stage) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// newBot builds a bot from the settings as they are now.
func (s *stage) newBot(takeOver bool) *app.App {
	s.t.Helper()
	cfg, err := config.Load(s.writeSettings(), nil)
	s.must(err)
	bot, err := app.New(app.Options{
		Config: cfg, Version: "test", TakeOver: takeOver,
		Log: slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	s.must(err)
	return bot
}

// childBot is the bot of a process of its own.
func childBot(settings string) (*app.App, error) {
	cfg, err := config.Load(settings, nil)
	if err != nil {
		return nil, err
	}
	return app.New(app.Options{Config: cfg, Version: "test", Log: slog.New(slog.DiscardHandler)})
}

// writeSettings writes the settings as they are now into a file.
func (s *stage) writeSettings() string {
	s.t.Helper()
	file := filepath.Join(s.dir, "topicpilot.yml")
	s.must(os.WriteFile(file, []byte(s.yml), 0o600))
	return file
}

// start starts the bot and waits until it is ready.
func (s *stage) start() {
	s.t.Helper()
	s.bot = s.newBot(false)
	s.must(s.bot.Start(s.t.Context()))
	s.t.Cleanup(s.stop)
	s.eventually("ready", func() bool { code, _ := s.get("/readyz"); return code == http.StatusOK })
}

func (s *stage) stop() {
	if s.bot == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), app.StopTime)
	defer cancel()
	s.bot.Stop(ctx)
	s.bot = nil
}

// checkSecrets holds rule 5: no secret and no customer's word in the log, whatever the
// test did.
func (s *stage) checkSecrets() {
	log := s.log.String()
	for _, secret := range secrets {
		if strings.Contains(log, secret) {
			s.t.Errorf("the log holds the secret that begins with %.4s…", secret)
		}
	}
	for _, word := range append([]string{"+12125550123"}, s.private...) {
		if strings.Contains(log, word) {
			s.t.Errorf("the log holds the customer's %q", word)
		}
	}
	if s.t.Failed() {
		s.t.Logf("log:\n%s", log)
	}
}

// checkCustomers holds rule 1, whatever the test did: what the bot put into the group
// without the comment mark, a mirror would have carried to the customer.
func (s *stage) checkCustomers() {
	for _, call := range s.tg.Sent("sendMessage", "editMessageText", "editMessageCaption", "sendDocument") {
		text, _ := call.Params["text"].(string)
		if caption, _ := call.Params["caption"].(string); caption != "" {
			text = caption
		}
		if !strings.HasPrefix(text, "/ ") && !slices.Contains(s.told, text) {
			s.t.Errorf("%s carried to the customer: %q", call.Method, text)
		}
	}
}

func (s *stage) get(path string) (int, string) {
	resp, err := http.Get("http://" + s.bot.Addr().String() + path)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body)
}

// eventually waits for what happens in other goroutines, 20 seconds at most.
func (s *stage) eventually(what string, cond func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if cond() {
			return
		}
	}
	s.t.Fatalf("waited in vain: %s", what)
}

// topic makes a topic with a customer behind it.
func (s *stage) topic(userID int64, name string) int {
	s.t.Helper()
	thread, err := s.tg.CreateTopic(groupID, mirrorID, name)
	s.must(err)
	s.api.SetTopic(connection(), conversation(thread), infoOf(userID, name))
	return thread
}

func connection() topicsapitest.Connection {
	return topicsapitest.Connection{Instance: instance, APIKey: apiKey}
}

func infoOf(userID int64, name string) topicsapitest.Info {
	return topicsapitest.Info{
		UserID: userID, Name: name, FirstName: name, Username: "user_" + fmt.Sprint(userID),
		Language: "en", Phone: "+12125550123", Status: "user_answered", Title: name,
	}
}

func (s *stage) post(thread int, from int64, text string) telegramtest.Message {
	s.t.Helper()
	m, err := s.tg.Post(telegramtest.Post{Chat: groupID, Thread: thread, From: from, Text: text})
	s.must(err)
	return m
}

// ours are the bot's messages in a topic, oldest first.
func (s *stage) ours(thread int) []telegramtest.Message {
	var list []telegramtest.Message
	for _, m := range s.tg.Messages(groupID) {
		if m.Thread == thread && m.From != nil && m.From.ID == telegramtest.DefaultBotID && m.Text != "" {
			list = append(list, m)
		}
	}
	return list
}

// answers waits for n messages of the bot in a topic.
func (s *stage) answers(thread, n int) []telegramtest.Message {
	s.t.Helper()
	s.eventually(fmt.Sprintf("%d answers in topic %d", n, thread), func() bool { return len(s.ours(thread)) >= n })
	return s.ours(thread)
}

// settle waits until every update that Telegram holds is delivered and handled.
func (s *stage) settle() {
	s.t.Helper()
	s.eventually("all delivered", func() bool { return s.tg.Pending() == 0 })
	s.eventually("all handled", func() bool { return s.metric(`topicpilot_queue_pending{queue="inbox"}`) == 0 })
}

// metric reads one number of /metrics, -1 when it is not there.
func (s *stage) metric(name string) float64 {
	_, body := s.get("/metrics")
	for line := range strings.Lines(body) {
		if rest, ok := strings.CutPrefix(line, name+" "); ok {
			value, err := strconv.ParseFloat(strings.TrimSpace(rest), 64)
			s.must(err)
			return value
		}
	}
	return -1
}

// replace changes the settings; old must be there.
func (s *stage) replace(old, with string) {
	s.t.Helper()
	if !strings.Contains(s.yml, old) {
		s.t.Fatalf("the settings hold no %q", old)
	}
	s.yml = strings.Replace(s.yml, old, with, 1)
}

// webhookMode makes the bot receive by webhook at a fixed address, and gives its url.
func (s *stage) webhookMode() string {
	s.t.Helper()
	addr := freeAddr(s.t)
	hook := "http://" + addr + "/telegram/hook"
	s.replace(`server: {listen: "127.0.0.1:0"}`, fmt.Sprintf(`server: {listen: %q}`, addr))
	s.replace("limits:", fmt.Sprintf("webhook: {url: %q, secret: %q}, limits:", hook, hookSecret))
	return hook
}

// lastPort counts the ports given out, below those that the system gives to outgoing
// connections, which would take a port between two moments.
var lastPort atomic.Int32

// freeAddr is an address on which nobody listens.
func freeAddr(t *testing.T) string {
	t.Helper()
	first := 20_000 + os.Getpid()%50*200
	for range 200 {
		addr := fmt.Sprintf("127.0.0.1:%d", first+int(lastPort.Add(1))%200)
		listener, err := net.Listen("tcp", addr)
		if err != nil {
			continue
		}
		defer listener.Close()
		return addr
	}
	t.Fatal("no free port")
	return ""
}

// lacks fails when a text of the bot's holds one of the words.
func (s *stage) lacks(text string, words ...string) {
	s.t.Helper()
	for _, word := range words {
		if strings.Contains(text, word) {
			s.t.Errorf("%q is in:\n%s", word, text)
		}
	}
}

// holds fails when one of the words is not in the text.
func (s *stage) holds(text string, words ...string) {
	s.t.Helper()
	for _, word := range words {
		if !strings.Contains(text, word) {
			s.t.Errorf("no %q in:\n%s", word, text)
		}
	}
}

// db is the bot's database, opened beside the bot.
func (s *stage) db() *store.Store {
	s.t.Helper()
	if s.beside != nil {
		return s.beside
	}
	db, err := store.Open(s.t.Context(), s.dbURL, store.Options{Tool: true})
	s.must(err)
	s.t.Cleanup(func() { _ = db.Close() })
	s.beside = db
	return db
}

// transcript reads a topic as the bot keeps it.
func (s *stage) transcript(thread int) []topics.Message {
	s.t.Helper()
	list, err := s.db().Messages(s.t.Context(), conversation(thread), 0, 1000)
	s.must(err)
	return list
}

func conversation(thread int) topics.Conversation {
	return topics.Conversation{ChatID: groupID, ThreadID: int64(thread)}
}

// parked reads what the bot has given up.
func (s *stage) parked() []topics.Parked {
	s.t.Helper()
	list, err := s.db().ListParked(s.t.Context(), 0, 100)
	s.must(err)
	return list
}

// quiet proves that nothing more comes: a marker command in another topic is answered
// and nothing is pending.
func (s *stage) quiet() {
	s.t.Helper()
	marker := s.topic(1, "marker")
	s.post(marker, olgaID, "/assist")
	s.answers(marker, 1)
	s.settle()
}
