// Package config reads the settings of topicpilot: a YAML file under the
// environment, with defaults, checks and secrets that do not print.
//
// One struct per section is the single source: its tags name the key, the
// default, the allowed values and the limits, and from them come decoding,
// the printed settings and docs/settings.md. The package knows no vendor and
// opens no connection; it reads the settings file and the files that `<key>_file`
// settings name, nothing else.
package config

import "time"

//go:generate go test . -run TestReference -update

// Config is the effective settings after file, environment and defaults.
// It is a value: nothing changes it after Load, so it may be read concurrently.
type Config struct {
	Telegram     Telegram      `koanf:"telegram"`
	Server       Server        `koanf:"server"`
	Store        Store         `koanf:"store"`
	Log          Log           `koanf:"log"`
	Retention    Retention     `koanf:"retention"`
	TopicsAPI    TopicsAPI     `koanf:"topics_api"`
	Groups       []Group       `koanf:"groups"`
	Lookups      []Lookup      `koanf:"lookups"`
	Commands     []Command     `koanf:"commands"`
	Links        Links         `koanf:"links"`
	Transcript   Transcript    `koanf:"transcript"`
	AI           AI            `koanf:"ai"`
	Integrations []Integration `koanf:"integrations"`
}

// Telegram is the connection to the Bot API.
type Telegram struct {
	Token   Secret  `koanf:"token"`
	APIURL  URL     `koanf:"api_url" default:"https://api.telegram.org"`
	Webhook Webhook `koanf:"webhook"`
	Limits  Limits  `koanf:"limits"`
}

// Webhook is where Telegram delivers updates; an empty URL means long polling.
type Webhook struct {
	URL    URL    `koanf:"url" path:"secret"`
	Secret Secret `koanf:"secret"`
}

// Limits are our own sending limits; 0 switches one off, 429 is obeyed always.
type Limits struct {
	GroupPerMinute   int `koanf:"group_per_minute" default:"20" min:"0"`
	OverallPerSecond int `koanf:"overall_per_second" default:"30" min:"0"`
}

// Server is our own HTTP server.
type Server struct {
	Listen     string `koanf:"listen" default:"127.0.0.1:8080"`
	AdminToken Secret `koanf:"admin_token"`
}

// Store is the database, `sqlite:FILE` or `postgres://…`.
type Store struct {
	URL URL `koanf:"url" default:"sqlite:topicpilot.db" secret:"true"`
}

// Log is what is written to stderr, and how.
type Log struct {
	Level  string `koanf:"level" default:"info" enum:"debug|info|warn|error"`
	Format string `koanf:"format" default:"text" enum:"text|json"`
}

// Retention says how long things are kept; Messages 0 keeps them for ever.
type Retention struct {
	Journal  time.Duration `koanf:"journal" default:"48h" min:"1s"`
	Messages time.Duration `koanf:"messages" default:"0s" min:"0s"`
}

// TopicsAPI is the service that tells which customer a topic belongs to.
type TopicsAPI struct {
	URL     URL           `koanf:"url" default:"https://n8n.production.hotline.tg/webhook/topic_action"`
	Token   Secret        `koanf:"token"`
	Timeout time.Duration `koanf:"timeout" default:"5s" min:"1ms" max:"5m"`
	Cache   time.Duration `koanf:"cache" default:"10m" min:"0s"`
}

// Group is one Telegram forum group the bot serves.
type Group struct {
	ID               int64      `koanf:"id" want:"group"`
	Language         string     `koanf:"language" default:"en" enum:"en|ru|uk"`
	Instances        []Instance `koanf:"instances"`
	Mirror           Mirror     `koanf:"mirror"`
	Operators        Who        `koanf:"operators" default:"administrators" enum:"administrators|members"`
	Admins           Who        `koanf:"admins" default:"administrators" enum:"administrators"`
	CustomerSend     string     `koanf:"customer_send" default:"none" enum:"none|topic|bot"`
	CustomerBotToken Secret     `koanf:"customer_bot_token"`
	// AIMode is AI.Mode where it is empty.
	AIMode string `koanf:"ai_mode" enum:"off|ask|draft|reply"`
}

// Instance is one account at the Topics API. The id is text: it may exceed 2^53.
type Instance struct {
	Instance string `koanf:"instance"`
	APIKey   Secret `koanf:"api_key"`
}

// Mirror is the system that carries messages between customers and topics.
type Mirror struct {
	Source      string  `koanf:"source" default:"account" enum:"account|bot|webhook|relay|none"`
	SenderIDs   []int64 `koanf:"sender_ids"`
	CommentMark string  `koanf:"comment_mark" default:"/ "`
	ReplyOnly   bool    `koanf:"reply_only" default:"false"`
}

// Lookup is one line added to /info.
type Lookup struct {
	Name    string  `koanf:"name"`
	Request Request `koanf:"request"`
	Show    string  `koanf:"show"`
}

// Command is a slash command of the team's own.
type Command struct {
	Name         string  `koanf:"name"`
	Usage        string  `koanf:"usage"`
	Help         string  `koanf:"help"`
	Args         []Arg   `koanf:"args"`
	Role         string  `koanf:"role" default:"operator" enum:"operator|admin"`
	Confirm      bool    `koanf:"confirm" default:"false"`
	Request      Request `koanf:"request"`
	Check        Check   `koanf:"check"`
	Reply        string  `koanf:"reply"`
	TellCustomer string  `koanf:"tell_customer"`
}

// Arg is one argument of an own command. Match is a regular expression for the
// whole word; its one group, if present, is the value.
type Arg struct {
	Name     string `koanf:"name"`
	Match    string `koanf:"match"`
	Optional bool   `koanf:"optional" default:"false"`
}

// Request is an outgoing HTTP call. URL, header values and the strings in JSON
// are templates. An empty Method means POST with JSON, else GET; see Verb.
type Request struct {
	Method  string            `koanf:"method" enum:"GET|POST|PUT|PATCH|DELETE|HEAD"`
	URL     URL               `koanf:"url" path:"secret"`
	Headers map[string]Secret `koanf:"headers"`
	JSON    Raw               `koanf:"json"`
	Secret  Secret            `koanf:"secret"`
	Timeout time.Duration     `koanf:"timeout" default:"10s" min:"1ms" max:"5m"`
}

// Verb is the HTTP method to use.
func (r Request) Verb() string {
	switch {
	case r.Method != "":
		return r.Method
	case r.JSON.IsSet():
		return "POST"
	default:
		return "GET"
	}
}

// Check asks afterwards whether an action took effect: Done is a template that
// renders `true` if so.
type Check struct {
	Request Request `koanf:"request"`
	Done    string  `koanf:"done"`
}

// IsSet tells whether there is a check. Check is no pointer because fmt prints
// what pointers inside a struct lead to without asking it to hide secrets.
func (k Check) IsSet() bool { return k.Request.URL.IsSet() || k.Done != "" }

// Links is about accounts tied to customers; Check verifies an account id.
type Links struct {
	Check Check `koanf:"check"`
}

// Transcript says what goes into exported transcripts.
type Transcript struct {
	Comments bool `koanf:"comments" default:"true"`
}
