package notion

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"topicpilot/integrations"
)

// Properties are the names of the database's properties; "" leaves one out.
type Properties struct {
	// UserID holds the Telegram id; cards are found by it. A number or text property.
	UserID string
	// Name is the database's title property.
	Name     string
	Username string
	Phone    string
	// Tags and Priority belong to the team: they are read, never written.
	Tags     string
	Priority string
}

// Options configure a Client.
type Options struct {
	// ID is the integration's id, under which pages and exports are kept.
	ID string
	// Setting is where the integration stands in the settings, as "integrations[0]"; it
	// is named in remedies. Default: `integrations "<ID>"`.
	Setting string
	Token   integrations.Revealer
	// APIURL is the server's address, default https://api.notion.com.
	APIURL string
	// DatabaseID is needed unless DataSourceID is set.
	DatabaseID   string
	DataSourceID string
	Properties   Properties
	// Timeout bounds one request, default 20 s.
	Timeout time.Duration
	// PerSecond bounds the requests, default 3 (Notion's long-standing average for one
	// connection); negative for no limit, which is for servers of one's own.
	PerSecond float64
	Log       *slog.Logger
	// Now is the clock, default time.Now.
	Now func() time.Time
}

const (
	defaultURL     = "https://api.notion.com"
	defaultTimeout = 20 * time.Second
	defaultRate    = 3
	// burst lets an operator's command pass without a pause after a quiet second.
	burst          = 3
	dialTimeout    = 5 * time.Second
	maxConnections = 4
)

// Client talks to one database of Notion. It may be used concurrently; all its calls share
// one limit of requests. Upserts for the same customer must not run side by side, since
// Notion knows no unique properties: the caller's lane of the customer sees to it.
type Client struct {
	opt   Options
	base  string
	http  *http.Client
	limit *rate.Limiter
	log   *slog.Logger
	now   func() time.Time
	// sleep pauses between two looks; tests put their own in its place.
	sleep func(ctx context.Context, d time.Duration) error

	mu sync.Mutex
	// heldUntil is when Notion takes requests again, after a 429.
	heldUntil time.Time

	// loading is held by whoever reads the schema.
	loading chan struct{}
	known   *schema // guarded by mu
}

var (
	errNoToken    = errors.New("notion: the token is missing; set token to that of the connection")
	errNoDatabase = errors.New("notion: the database is missing; set database_id, or data_source_id")
	errURL        = errors.New("notion: api_url must be an address such as https://api.notion.com")
	errUserID     = errors.New("notion: properties.user_id is missing; cards are found by it")
)

// New makes a client. It does not use the network: what Notion says of the settings is told
// by Check.
func New(opt Options) (*Client, error) {
	if opt.APIURL == "" {
		opt.APIURL = defaultURL
	}
	base, err := url.Parse(opt.APIURL)
	switch {
	case opt.Token == nil || opt.Token.Reveal() == "":
		return nil, errNoToken
	case opt.DatabaseID == "" && opt.DataSourceID == "":
		return nil, errNoDatabase
	case opt.Properties.UserID == "":
		return nil, errUserID
	case err != nil || base.Host == "" || base.Scheme != "https" && base.Scheme != "http" || base.User != nil:
		return nil, errURL
	}
	if opt.Setting == "" {
		opt.Setting = `integrations "` + opt.ID + `"`
	}
	if opt.Timeout <= 0 {
		opt.Timeout = defaultTimeout
	}
	if opt.PerSecond == 0 {
		opt.PerSecond = defaultRate
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.Now == nil {
		opt.Now = time.Now
	}
	limit := rate.Limit(opt.PerSecond)
	if opt.PerSecond < 0 {
		limit = rate.Inf
	}
	return &Client{
		opt: opt, base: strings.TrimSuffix(base.Scheme+"://"+base.Host+base.Path, "/") + "/v1",
		http: newHTTPClient(), limit: rate.NewLimiter(limit, burst),
		log: opt.Log, now: opt.Now, sleep: pause, loading: make(chan struct{}, 1),
	}, nil
}

// ID is the integration's id.
func (c *Client) ID() string { return c.opt.ID }

// Close drops idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

func newHTTPClient() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			DialContext:         (&net.Dialer{Timeout: dialTimeout}).DialContext,
			TLSHandshakeTimeout: 10 * time.Second,
			MaxIdleConnsPerHost: maxConnections,
			MaxConnsPerHost:     maxConnections,
			IdleConnTimeout:     30 * time.Second,
			ForceAttemptHTTP2:   true,
		},
		// The token must not follow to another address.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
