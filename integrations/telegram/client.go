package telegram

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/mymmrac/telego"

	"topicpilot/topics"
)

// DefaultAPIURL is Telegram's own Bot API server.
const DefaultAPIURL = "https://api.telegram.org"

// placeholderToken is all that telego ever sees of a token.
const placeholderToken = "1:00000000000000000000000000000000000"

// Token is a bot's token, as config.Secret holds it.
type Token interface{ Reveal() string }

// Options configure a Client.
type Options struct {
	// Token is "<bot id>:<secret>"; required.
	Token Token
	// APIURL is the Bot API server, "" for Telegram's own.
	APIURL string
	// Timeout bounds one call other than a long poll, default 15 s.
	Timeout time.Duration
	// Log gets nothing but technical facts; nil: discarded.
	Log *slog.Logger
	// TLS replaces the default settings of TLS; for tests and own servers.
	TLS *tls.Config
}

// Client calls the Bot API. It may be used concurrently.
//
// Errors of its methods: *topics.Wait for a flood limit; *topics.TopicLost for a topic that is gone;
// *topics.Migrated for a group that has become another chat; *topics.UnknownOutcome when the
// request left and no readable answer came (timeout, connection lost, 5xx);
// *topics.Hopeless for other refusals; a plain error for what may be tried again (server
// unreachable, token refused, conflict). A refusal is also an *APIError.
// No error holds the token or the text of a message.
type Client struct {
	bot    *telego.Bot
	caller *caller
	log    *slog.Logger
	id     int64
	self   atomic.Pointer[telego.User]
	// skew is the server's clock less ours at the last answer, in nanoseconds.
	skew    atomic.Int64
	hasSkew atomic.Bool
}

// NewClient makes a client; it does not use the network.
func NewClient(o Options) (*Client, error) {
	if o.Token == nil {
		return nil, errors.New("telegram: no token")
	}
	id, err := botID(o.Token)
	if err != nil {
		return nil, err
	}
	if o.APIURL == "" {
		o.APIURL = DefaultAPIURL
	}
	if o.Timeout <= 0 {
		o.Timeout = 15 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	c := &Client{log: o.Log, id: id}
	if c.caller, err = newCaller(o); err != nil {
		return nil, err
	}
	c.caller.onDate = c.noteDate
	c.bot, err = telego.NewBot(placeholderToken, telego.WithDiscardLogger(), telego.WithAPICaller(c.caller))
	if err != nil {
		return nil, fmt.Errorf("telegram: %w", err)
	}
	return c, nil
}

var tokenForm = regexp.MustCompile(`^([0-9]{1,18}):[A-Za-z0-9_-]{1,128}$`)

func botID(token Token) (int64, error) {
	match := tokenForm.FindStringSubmatch(token.Reveal())
	if match == nil {
		return 0, errors.New("telegram: the token does not look like 123456789:AA…, as @BotFather gives it")
	}
	return strconv.ParseInt(match[1], 10, 64)
}

func newCaller(o Options) (*caller, error) {
	u, err := url.Parse(o.APIURL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.User != nil {
		return nil, errors.New("telegram: api_url: want http://host[:port] or https://host[:port]")
	}
	var config *tls.Config
	port := u.Port()
	if u.Scheme == "https" {
		config = &tls.Config{MinVersion: tls.VersionTLS12}
		if o.TLS != nil {
			config = o.TLS.Clone()
		}
		if config.ServerName == "" {
			config.ServerName = u.Hostname()
		}
		config.NextProtos = []string{"http/1.1"}
		port = defaultPort(port, "443")
	}
	addr := net.JoinHostPort(u.Hostname(), defaultPort(port, "80"))
	return &caller{
		transport: newTransport(addr, config), token: o.Token, host: u.Host,
		path: strings.TrimRight(u.EscapedPath(), "/"), timeout: o.Timeout,
	}, nil
}

func defaultPort(port, otherwise string) string {
	if port == "" {
		return otherwise
	}
	return port
}

// Close ends idle connections. Calls that still run end by themselves.
func (c *Client) Close() { c.caller.transport.close() }

// BotID is our own user id, which stands before the token's colon.
func (c *Client) BotID() int64 { return c.id }

// Self is our own account: all of it once Me has succeeded, before that the id alone.
func (c *Client) Self() topics.Person {
	if u := c.self.Load(); u != nil {
		return *person(u)
	}
	return topics.Person{ID: c.id, Bot: true}
}

// Me asks who we are and keeps it for Self.
func (c *Client) Me(ctx context.Context) (topics.Person, error) {
	u, err := c.getMe(ctx)
	if err != nil {
		return topics.Person{}, err
	}
	return *person(u), nil
}

func (c *Client) getMe(ctx context.Context) (*telego.User, error) {
	u, err := c.bot.GetMe(ctx)
	if err != nil || u == nil {
		return nil, tidy("getMe", err)
	}
	c.self.Store(u)
	return u, nil
}

// WebhookSecret is the configured secret of the webhook or, without one, a secret made
// from the token, so that several processes agree on it.
func (c *Client) WebhookSecret(configured string) string {
	if configured != "" {
		return configured
	}
	mac := hmac.New(sha256.New, []byte(c.caller.token.Reveal()))
	mac.Write([]byte("topicpilot webhook secret"))
	return hex.EncodeToString(mac.Sum(nil))
}

func (c *Client) noteDate(server, local time.Time) {
	c.skew.Store(int64(server.Sub(local)))
	c.hasSkew.Store(true)
}

// call makes a request of our own, past telego's decoding.
func (c *Client) call(ctx context.Context, method string, params any) (json.RawMessage, error) {
	body, err := json.Marshal(params)
	if err != nil {
		return nil, &topics.Hopeless{Err: fmt.Errorf("telegram: %s: parameters cannot be encoded", method)}
	}
	return c.caller.do(ctx, request{method: method, body: body})
}

// tidy takes our own error out of telego's words. An error that is not ours is a result
// which telego could not decode; its text may quote people's words.
func tidy(method string, err error) error {
	if ours, ok := errors.AsType[*callError](err); ok {
		return ours.err
	}
	return &topics.UnknownOutcome{Err: fmt.Errorf("telegram: %s: %w", method, errUnreadable)}
}
