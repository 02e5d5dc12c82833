package telegramtest

import (
	"log/slog"
	"time"
)

// DefaultToken is the token of a server made without one.
const DefaultToken = "123456789:AAFakeTokenForTestsOnly-0123456789a"

// DefaultBotID is the bot's id when Options.Bot is empty; it is the number before the token's colon.
const DefaultBotID int64 = 123456789

// Options configure a server; the zero value is ready for tests.
type Options struct {
	Token string // default DefaultToken
	// Bot is the account behind the token. When its ID is 0 a bot @topicpilot_bot with privacy mode
	// off (CanReadAllGroupMessages) is used.
	Bot User
	// BotToBot is BotFather's bot-to-bot mode: messages of other bots reach this bot too.
	BotToBot bool
	// Clock gives dates, flood windows and expiry; default time.Now.
	Clock func() time.Time
	// Log gets failed webhook deliveries and refused calls at debug level; default: discarded.
	Log *slog.Logger
	// Limits of the flood control; zero values are off. See also Server.SetLimits.
	Limits Limits
	// KeepMessages bounds the stored messages of one chat, default 20 000. Older ones are forgotten
	// as if deleted, except for the messages that open topics.
	KeepMessages int
	// KeepCalls bounds the ring behind Server.Sent, default 10 000; negative: nothing is recorded.
	KeepCalls int
	// KeepUpdates bounds the delivered updates that Server.Redeliver can repeat, default 1 000;
	// negative: none are kept.
	KeepUpdates int
	// KeepFileBytes bounds the contents kept of uploaded files, default 64 MiB.
	KeepFileBytes int
	// CallbackTTL is how long a button press waits for its answer, default 1 minute.
	CallbackTTL time.Duration
	// WebhookBackoff is the second retry's delay; it doubles up to WebhookMaxBackoff. The first retry
	// is immediate. Defaults 1 s and 60 s; tests choose milliseconds.
	WebhookBackoff, WebhookMaxBackoff time.Duration
	// WebhookTimeout bounds one delivery, default 60 s.
	WebhookTimeout time.Duration
}

// Limits are Telegram's flood limits as sliding windows; 0 switches one off. Sends and edits count.
type Limits struct {
	PerGroupPerMinute int // one group, all its topics together
	OverallPerSecond  int // the whole bot
}

func (o Options) withDefaults() Options {
	if o.Token == "" {
		o.Token = DefaultToken
	}
	if o.Bot.ID == 0 {
		o.Bot = User{
			ID: DefaultBotID, FirstName: "Topicpilot", Username: "topicpilot_bot", CanReadAllGroupMessages: true,
		}
	}
	o.Bot.IsBot = true
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	setDefault(&o.KeepMessages, 20_000)
	setDefault(&o.KeepCalls, 10_000)
	setDefault(&o.KeepUpdates, 1_000)
	setDefault(&o.KeepFileBytes, 64<<20)
	setDefault(&o.CallbackTTL, time.Minute)
	setDefault(&o.WebhookBackoff, time.Second)
	setDefault(&o.WebhookMaxBackoff, time.Minute)
	setDefault(&o.WebhookTimeout, time.Minute)
	return o
}

func setDefault[T int | time.Duration](v *T, d T) {
	if *v == 0 {
		*v = d
	}
}
