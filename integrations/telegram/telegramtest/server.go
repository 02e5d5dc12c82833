package telegramtest

import (
	"bytes"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/valyala/fasthttp"
)

// maxBody bounds a request: a 50 MB document and its form.
const maxBody = 52 << 20

// Server is one bot's Bot API and the chats around it. Make it with New; safe for concurrent use.
type Server struct {
	opt  Options
	spec *apiSpec
	http *fasthttp.Server
	log  *slog.Logger

	done chan struct{} // closed by Close: ends long polls, hangs and webhook workers
	wg   sync.WaitGroup

	mu         sync.Mutex
	closed     bool
	listener   *switchListener
	users      map[int64]User
	chats      map[int64]*chat
	queue      updateQueue
	hook       webhook
	poll       poll
	flood      flood
	callbacks  callbackBook
	commands   map[commandKey][]botCommand
	files      fileShelf
	faults     []*activeFault
	seen       observed
	violations []Violation
	bots       map[string]*Server // further bots by token
}

// New makes a server; it serves nothing until Start, or Handler is mounted somewhere.
// It panics only if the embedded Bot API description is damaged.
func New(opt Options) *Server {
	spec, err := loadSpec()
	if err != nil {
		panic(err)
	}
	opt = opt.withDefaults()
	s := &Server{
		opt: opt, spec: spec, log: opt.Log, done: make(chan struct{}),
		users: map[int64]User{opt.Bot.ID: opt.Bot}, chats: map[int64]*chat{},
		commands: map[commandKey][]botCommand{},
	}
	s.flood.limits = opt.Limits
	s.queue.init(opt.KeepUpdates)
	s.callbacks.init()
	s.http = &fasthttp.Server{
		Handler: s.handle, Name: "telegramtest", MaxRequestBodySize: maxBody, CloseOnShutdown: true,
		ReadTimeout: 2 * time.Minute, IdleTimeout: 2 * time.Minute, NoDefaultDate: true,
		ErrorHandler: badHTTP, Logger: debugLogger{opt.Log},
		MaxIdleWorkerDuration: 200 * time.Millisecond, // its cleaner sleeps as long after Close
	}
	return s
}

// Start listens on an address such as "127.0.0.1:0" and returns the base URL for a client's
// "API server" setting, without a trailing slash. It may be called once.
func (s *Server) Start(listen string) (string, error) {
	ln, err := net.Listen("tcp", listen) //nolint:noctx // lives until Close
	if err != nil {
		return "", fmt.Errorf("listen for the fake Bot API: %w", err)
	}
	sl := newSwitchListener(ln)
	s.mu.Lock()
	if s.closed || s.listener != nil {
		s.mu.Unlock()
		return "", errors.Join(errors.New("server already started or closed"), ln.Close())
	}
	s.listener = sl
	s.mu.Unlock()
	s.wg.Go(func() {
		if err := s.http.Serve(sl); err != nil {
			s.log.Debug("fake Bot API stopped", "error", err)
		}
	})
	return "http://" + ln.Addr().String(), nil
}

// Handler serves the Bot API on somebody else's fasthttp server; the path starts with /bot<token>/.
func (s *Server) Handler() fasthttp.RequestHandler { return s.handle }

// Token returns the bot's token.
func (s *Server) Token() string { return s.opt.Token }

// Bot returns the bot's account.
func (s *Server) Bot() User { return s.opt.Bot }

// Close ends long polls, hanging calls and webhook deliveries and stops listening. It may be called
// more than once.
func (s *Server) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	close(s.done)
	s.hook.conns.shut()
	ln, bots := s.listener, s.bots
	s.seen.closeAll()
	s.mu.Unlock()
	var err error
	for _, bot := range bots {
		err = errors.Join(err, bot.Close())
	}
	if ln != nil {
		ln.conns.shut() // idle keep-alive connections would hold Shutdown back
		err = errors.Join(err, ln.Close(), s.http.Shutdown())
	}
	s.wg.Wait()
	if err != nil {
		return fmt.Errorf("stop the fake Bot API: %w", err)
	}
	return nil
}

// method is one simulated call. Unless wait is set it runs with the server's lock held.
type method struct {
	run  func(*Server, *params) (any, *APIError)
	wait bool
}

// Simulated lists the methods with real behaviour, sorted; all others answer "not simulated".
func Simulated() []string { return slices.Sorted(maps.Keys(methods())) }

var methods = sync.OnceValue(func() map[string]method {
	return map[string]method{
		"getMe":                  {run: (*Server).getMe},
		"getUpdates":             {run: (*Server).getUpdates, wait: true},
		"setWebhook":             {run: (*Server).setWebhook},
		"deleteWebhook":          {run: (*Server).deleteWebhook},
		"getWebhookInfo":         {run: (*Server).getWebhookInfo},
		"sendMessage":            {run: (*Server).sendMessage},
		"sendDocument":           {run: (*Server).sendDocument},
		"sendChatAction":         {run: (*Server).sendChatAction},
		"editMessageText":        {run: (*Server).editMessageText},
		"editMessageReplyMarkup": {run: (*Server).editMessageReplyMarkup},
		"deleteMessage":          {run: (*Server).deleteMessage},
		"answerCallbackQuery":    {run: (*Server).answerCallbackQuery},
		"getChat":                {run: (*Server).getChat},
		"getChatMember":          {run: (*Server).getChatMember},
		"getChatAdministrators":  {run: (*Server).getChatAdministrators},
		"setMyCommands":          {run: (*Server).setMyCommands},
		"getMyCommands":          {run: (*Server).getMyCommands},
		"deleteMyCommands":       {run: (*Server).deleteMyCommands},
		"createForumTopic":       {run: (*Server).createForumTopic},
		"editForumTopic":         {run: (*Server).editForumTopic},
		"closeForumTopic":        {run: (*Server).closeForumTopic},
		"reopenForumTopic":       {run: (*Server).reopenForumTopic},
		"deleteForumTopic":       {run: (*Server).deleteForumTopic},
		"leaveChat":              {run: (*Server).leaveChat},
		"close":                  {run: (*Server).ok},
		"logOut":                 {run: (*Server).ok},
	}
})

func (s *Server) ok(*params) (any, *APIError) { return true, nil }

// handle answers one HTTP request.
func (s *Server) handle(ctx *fasthttp.RequestCtx) {
	token, name, ok := splitPath(string(ctx.Path()))
	switch {
	case !ok:
		reply(ctx, nil, &APIError{Code: http.StatusNotFound, Description: "Not Found"})
		return
	case s.otherBot(token) != nil:
		s.otherBot(token).handle(ctx)
		return
	case subtle.ConstantTimeCompare([]byte(token), []byte(s.opt.Token)) != 1:
		reply(ctx, nil, &APIError{Code: http.StatusUnauthorized, Description: "Unauthorized"})
		return
	}
	spec := s.spec.methods[strings.ToLower(name)]
	if spec == nil {
		reply(ctx, nil, &APIError{Code: http.StatusNotFound, Description: "Not Found: method not found"})
		return
	}
	p, err := readParams(ctx, spec)
	var call *APIError
	if err != nil {
		call = badRequest("%s", err)
	} else if m := misfitFields(spec.params, p.values, "", spec.name); m != "" {
		call = badRequest("%s", m)
	}
	if call != nil {
		s.violate(spec.name, call.Description)
		s.record(spec.name, p, nil, call)
		reply(ctx, nil, call)
		return
	}
	s.serve(ctx, spec.name, p)
}

// serve runs a well-formed call, with the fault that waits for it if there is one.
func (s *Server) serve(ctx *fasthttp.RequestCtx, name string, p *params) {
	fault := s.takeFault(name, p)
	if fault != nil && !fault.After {
		if stop := s.play(ctx, fault); stop {
			s.record(name, p, nil, fault.apiError())
			return
		}
	}
	result, call := s.call(name, p)
	if name == "getUpdates" { // batches are large, and the ring keeps what it gets
		s.record(name, p, nil, call)
	} else {
		s.record(name, p, result, call)
	}
	if fault != nil && fault.After {
		if stop := s.play(ctx, fault); stop {
			return
		}
	}
	reply(ctx, result, call)
}

func (s *Server) call(name string, p *params) (any, *APIError) {
	m, ok := methods()[name]
	if !ok {
		return nil, &APIError{Code: http.StatusNotImplemented, Description: "Not Implemented: " + name + " is not simulated"}
	}
	if m.wait {
		return m.run(s, p)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return m.run(s, p)
}

// debugLogger takes what fasthttp complains of, such as connections that a fault has cut.
type debugLogger struct{ log *slog.Logger }

// Printf logs at debug level.
func (l debugLogger) Printf(format string, args ...any) {
	l.log.Debug("fake Bot API", "error", fmt.Sprintf(format, args...))
}

// badHTTP answers what fasthttp could not read: too large a body, broken HTTP.
func badHTTP(ctx *fasthttp.RequestCtx, err error) {
	if errors.Is(err, fasthttp.ErrBodyTooLarge) {
		reply(ctx, nil, &APIError{Code: http.StatusRequestEntityTooLarge, Description: "Request Entity Too Large"})
		return
	}
	reply(ctx, nil, &APIError{Code: http.StatusBadRequest, Description: "Bad Request: invalid HTTP request"})
}

func splitPath(path string) (token, method string, ok bool) {
	rest, ok := strings.CutPrefix(path, "/bot")
	if !ok {
		return "", "", false
	}
	token, method, ok = strings.Cut(rest, "/")
	id, key, colon := strings.Cut(token, ":")
	if !ok || !colon || key == "" || strings.Trim(id, "0123456789") != "" || id == "" {
		return "", "", false
	}
	return token, method, true
}

func reply(ctx *fasthttp.RequestCtx, result any, call *APIError) {
	ctx.SetContentType("application/json")
	if call != nil {
		r := apiResponse{ErrorCode: call.Code, Description: call.Description}
		if call.RetryAfter > 0 || call.MigrateToChatID != 0 {
			r.Parameters = &responseParameters{RetryAfter: call.RetryAfter, MigrateToChatID: call.MigrateToChatID}
		}
		ctx.SetStatusCode(call.Code)
		ctx.SetBody(encode(r))
		return
	}
	ctx.SetBodyString(`{"ok":true,"result":`)
	ctx.Response.AppendBody(encode(result))
	ctx.Response.AppendBodyString(`}`)
}

// encode marshals values of this package, which cannot fail, leaving < > & readable.
func encode(v any) []byte {
	if raw, ok := v.(json.RawMessage); ok {
		return raw
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return []byte("null")
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
}

func (s *Server) now() int64 { return s.opt.Clock().Unix() }

func (s *Server) getMe(*params) (any, *APIError) {
	b := s.opt.Bot
	return map[string]any{
		"id": b.ID, "is_bot": true, "first_name": b.FirstName, "username": b.Username,
		"can_join_groups": true, "can_read_all_group_messages": b.CanReadAllGroupMessages,
		"supports_inline_queries": false, "can_connect_to_business": false, "has_main_web_app": false,
		"has_topics_enabled": false, "allows_users_to_create_topics": false, "can_manage_bots": false,
	}, nil
}
