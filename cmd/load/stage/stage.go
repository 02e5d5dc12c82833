// Package stage is what a bot under load sees: Telegram's Bot API, one support group or several with
// topics, operators who type /info, and the mirror's Topics API. It drives the bot over HTTP alone
// and measures from the moment an update can be fetched (or is handed to the webhook's queue) until
// the bot's sendMessage into the same topic has arrived.
//
// The calls of the hot path (getUpdates, sendMessage, the webhook) are served here with as little
// work as possible, so that the bot is what is measured: no strict checking, no flood control, and
// parameters as JSON only. All other calls go to a [telegramtest.Server].
package stage

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/valyala/fasthttp"

	"topicpilot/integrations/telegram/telegramtest"
	"topicpilot/topics/topicsapi/topicsapitest"
)

// The people of the groups, the numbers a bot's settings need.
const (
	// Token is the bot's token.
	Token = telegramtest.DefaultToken
	// BotID is the number before the token's colon.
	BotID = telegramtest.DefaultBotID
	// OperatorID types the commands.
	OperatorID int64 = 77
	// MirrorID posts customers' messages.
	MirrorID int64 = 5555
	// firstGroup counts down for each group, FirstThread up for each topic.
	firstGroup  int64 = -1002101424779
	FirstThread int64 = 101
	// firstMessage is above every thread id, and above the messages that FirstThread's users store.
	firstMessage int64 = 100_000_000
)

// Options configure a stage.
type Options struct {
	Listen string // loopback address, default 127.0.0.1:0
	Topics int    // 1 to 100,000
	Groups int    // 1 to Topics; topic i is in group i modulo Groups
	Log    *slog.Logger
}

// Stage is the surroundings of one bot. Safe for concurrent use.
type Stage struct {
	opt      Options
	groups   []*group
	topics   []*topic
	fallback *telegramtest.Server
	fallTo   fasthttp.RequestHandler
	http     *fasthttp.Server
	client   *fasthttp.Client
	customer *topicsapitest.Server
	listener net.Listener
	url      string
	done     chan struct{}
	wg       sync.WaitGroup

	mu       sync.Mutex
	closed   bool
	updateID int64
	poll     pollQueue
	hook     hook
	run      *run
	calls    map[string]int64
	polled   bool
}

type group struct {
	id        int64
	messageID int64
	queue     [][]byte // updates waiting for the webhook, in order
	busy      bool     // a worker delivers them
	head      []byte   // the group as JSON
}

type topic struct {
	index  int
	group  *group
	thread int64
	before []byte // of a /info update, between message_id and date
	after  []byte // of a /info update, behind date
	asked  []time.Time
}

// New makes a stage; Start opens it.
func New(opt Options) (*Stage, error) {
	if opt.Topics < 1 || opt.Topics > 100_000 || opt.Groups < 1 || opt.Groups > opt.Topics {
		return nil, fmt.Errorf("%d topics in %d groups: want 1 to 100000 topics, and no more groups than topics",
			opt.Topics, opt.Groups)
	}
	if opt.Listen == "" {
		opt.Listen = "127.0.0.1:0"
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	s := &Stage{
		opt: opt, done: make(chan struct{}), calls: map[string]int64{}, updateID: 500_000_000,
		fallback: telegramtest.New(telegramtest.Options{KeepCalls: -1, KeepUpdates: -1, Log: opt.Log}),
		client: &fasthttp.Client{
			ReadTimeout: 30 * time.Second, WriteTimeout: 30 * time.Second, MaxConnsPerHost: 512,
			MaxResponseBodySize: 1 << 20, NoDefaultUserAgentHeader: true, MaxIdemponentCallAttempts: 1,
		},
	}
	if err := s.build(); err != nil {
		return nil, errors.Join(err, s.fallback.Close())
	}
	s.fallTo = s.fallback.Handler()
	s.customer = customers(s.topics)
	s.http = &fasthttp.Server{
		Handler: s.handle, Name: "stage", MaxRequestBodySize: 8 << 20, NoDefaultDate: true,
		ReadTimeout: 2 * time.Minute, IdleTimeout: 2 * time.Minute, CloseOnShutdown: true,
	}
	return s, nil
}

// build makes groups and topics, also at the fallback.
func (s *Stage) build() error {
	for i := range s.opt.Groups {
		id := firstGroup - int64(i)
		title := "Support " + strconv.Itoa(i+1)
		s.groups = append(s.groups, &group{
			id: id, messageID: firstMessage,
			head: fmt.Appendf(nil, `{"id":%d,"title":%q,"is_forum":true,"type":"supergroup"}`, id, title),
		})
		if err := addGroup(s.fallback, id, title); err != nil {
			return err
		}
	}
	for i := range s.opt.Topics {
		t := &topic{index: i, group: s.groups[i%s.opt.Groups], thread: FirstThread + int64(i)}
		t.before = fmt.Appendf(nil, `,"from":{"id":%d,"is_bot":false,"first_name":"Olga","last_name":"Operator",`+
			`"username":"olga_support","language_code":"en"},"chat":%s,"date":`, OperatorID, t.group.head)
		t.after = fmt.Appendf(nil, `,"message_thread_id":%d,"reply_to_message":{"message_id":%d,`+
			`"from":{"id":%d,"is_bot":false,"first_name":"Mirror"},"chat":%s,"date":1760000000,"message_thread_id":%d,`+
			`"forum_topic_created":{"name":"Customer %d","icon_color":7322096},"is_topic_message":true},`+
			`"text":"/info","entities":[{"offset":0,"length":5,"type":"bot_command"}],"is_topic_message":true}}`,
			t.thread, t.thread, MirrorID, t.group.head, t.thread, i+1)
		s.topics = append(s.topics, t)
	}
	return nil
}

// Start listens and returns the base URL for the bot's "API server" setting.
func (s *Stage) Start() (string, error) {
	ln, err := net.Listen("tcp", s.opt.Listen) //nolint:noctx // lives until Close
	if err != nil {
		return "", fmt.Errorf("listen for the stage: %w", err)
	}
	s.listener, s.url = ln, "http://"+ln.Addr().String()
	s.wg.Go(func() {
		if err := s.http.Serve(ln); err != nil {
			s.opt.Log.Error("stage stopped", "error", err)
		}
	})
	return s.url, nil
}

// TopicsAPI is the address of the mirror's Topics API.
func (s *Stage) TopicsAPI() string { return s.url + topicsAPIPath }

// GroupIDs lists the groups for the bot's settings.
func (s *Stage) GroupIDs() []int64 {
	ids := make([]int64, len(s.groups))
	for i, g := range s.groups {
		ids[i] = g.id
	}
	return ids
}

// Close ends everything; it may be called more than once.
func (s *Stage) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	close(s.done)
	s.mu.Unlock()
	var err error
	if s.listener != nil {
		err = s.http.Shutdown()
		// A server that has not begun to serve yet does not know its listener.
		_ = s.listener.Close()
	}
	s.wg.Wait()
	s.client.CloseIdleConnections()
	s.customer.Close()
	return errors.Join(err, s.fallback.Close())
}

// handle sorts the calls: the hot path here, the mirror's API, the rest to the fallback.
func (s *Stage) handle(ctx *fasthttp.RequestCtx) {
	path := string(ctx.Path())
	if path == topicsAPIPath {
		s.count("topics api")
		s.customer.Handler(ctx)
		return
	}
	method, ok := strings.CutPrefix(path, "/bot"+Token+"/")
	if !ok {
		s.fallTo(ctx)
		return
	}
	switch method {
	case "getUpdates":
		s.getUpdates(ctx)
	case "sendMessage":
		s.sendMessage(ctx)
	case "setWebhook":
		s.setWebhook(ctx)
	case "deleteWebhook":
		s.count(method)
		s.fallTo(ctx)
		s.forgetWebhook()
	default:
		s.count(method)
		s.fallTo(ctx)
	}
}

func (s *Stage) count(method string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.calls) < 1000 || s.calls[method] > 0 {
		s.calls[method]++
	}
}

func refuse(ctx *fasthttp.RequestCtx, code int, text string) {
	ctx.SetStatusCode(code)
	ctx.SetContentType("application/json")
	ctx.SetBody(fmt.Appendf(nil, `{"ok":false,"error_code":%d,"description":%q}`, code, text))
}

var _ io.Closer = (*Stage)(nil)
