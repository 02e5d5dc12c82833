package telegram

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/mymmrac/telego"

	"topicpilot/topics"
)

func (c *Client) webhookInfo(ctx context.Context) (*telego.WebhookInfo, error) {
	info, err := c.bot.GetWebhookInfo(ctx)
	if err != nil || info == nil {
		return nil, tidy("getWebhookInfo", err)
	}
	return info, nil
}

// deleteWebhook keeps the updates that wait.
func (c *Client) deleteWebhook(ctx context.Context) error {
	if err := c.bot.DeleteWebhook(ctx, &telego.DeleteWebhookParams{}); err != nil {
		return tidy("deleteWebhook", err)
	}
	return nil
}

// WebhookSetupOptions configure a WebhookSetup. Client, URL and Secret are required.
type WebhookSetupOptions struct {
	Client *Client
	URL    string
	Secret string
	// MaxConnections is how many updates Telegram may push side by side, 1–100; 0: 40.
	MaxConnections int
	// TakeOver sets the webhook again when somebody else changes it.
	TakeOver bool
	// CheckEvery is the pause between looks at it, default 1 min.
	CheckEvery time.Duration
	// RetryMin and RetryMax bound the pause after a failure, default 1 s and 30 s.
	RetryMin, RetryMax time.Duration
	Log                *slog.Logger
}

// WebhookSetup tells Telegram where to push updates and watches that it stays so.
// Run may be called once.
type WebhookSetup struct {
	stateBox
	o     WebhookSetupOptions
	known bool // set or found as wanted once
	reset time.Time
	pause time.Duration
}

// NewWebhookSetup makes a setup that has not begun.
func NewWebhookSetup(o WebhookSetupOptions) *WebhookSetup {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.MaxConnections <= 0 {
		o.MaxConnections = 40
	}
	setDefault(&o.CheckEvery, time.Minute)
	setDefault(&o.RetryMin, time.Second)
	setDefault(&o.RetryMax, 30*time.Second)
	w := &WebhookSetup{o: o}
	w.set(State{Reason: "The webhook is not set yet."})
	return w
}

// Run sets the webhook if need be and looks at it until ctx ends; it returns nil.
// The webhook is left in place: updates wait there for the next start.
func (w *WebhookSetup) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		next := w.o.CheckEvery
		if err := w.check(ctx); err != nil && ctx.Err() == nil {
			next = w.failed(err)
		} else {
			w.pause = 0
		}
		timer := time.NewTimer(next)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
	}
	return nil
}

func (w *WebhookSetup) failed(err error) time.Duration {
	w.pause = min(max(2*w.pause, w.o.RetryMin), w.o.RetryMax)
	var flood *topics.Wait
	var refusal *APIError
	reason := "Telegram cannot be reached: check network and telegram.api_url."
	switch {
	case errors.As(err, &flood):
		return max(flood.After, w.pause)
	case refusedWith(err, 401, ""), refusedWith(err, 404, ""):
		reason = "Telegram refuses the token: set telegram.token to the one that @BotFather shows."
		w.pause = w.o.RetryMax
	case errors.As(err, &refusal) && refusal.Code < 500:
		reason = "Telegram refuses telegram.webhook.url: " + refusal.Description + "."
	}
	w.report(State{Reason: reason}, err)
	return w.pause
}

func (w *WebhookSetup) report(s State, err error) {
	if !w.set(s) {
		return
	}
	if s.Ready && s.Reason == "" {
		w.o.Log.Info("receiving updates", "mode", "webhook", "address", address(w.o.URL))
		return
	}
	w.o.Log.Warn("webhook", "ready", s.Ready, "reason", s.Reason, "error", err)
}

func (w *WebhookSetup) check(ctx context.Context) error {
	info, err := w.o.Client.webhookInfo(ctx)
	if err != nil {
		return err
	}
	if info.URL != w.o.URL && w.known && !w.o.TakeOver {
		w.report(State{Reason: changedReason(info.URL)}, nil)
		return nil
	}
	if w.differs(info) || w.secretRefused(info) {
		if info.URL != "" && info.URL != w.o.URL {
			w.o.Log.Warn("replacing a webhook of another address", "address", address(info.URL))
		}
		if err := w.install(ctx); err != nil {
			return err
		}
		w.reset = time.Now()
		info.LastErrorDate = 0
	}
	w.known = true
	w.report(State{Ready: true, Reason: deliveryWarning(info)}, nil)
	return nil
}

func changedReason(now string) string {
	if now == "" {
		return "Somebody removed our webhook: no updates arrive. Start again to set it."
	}
	return "Somebody set the webhook to " + address(now) + ": updates go there. Stop that program and start again."
}

func (w *WebhookSetup) differs(info *telego.WebhookInfo) bool {
	have, want := slices.Sorted(slices.Values(info.AllowedUpdates)), slices.Sorted(slices.Values(AllowedUpdates()))
	return info.URL != w.o.URL || !slices.Equal(have, want) ||
		(info.MaxConnections != 0 && info.MaxConnections != w.o.MaxConnections)
}

// secretRefused tells that Telegram was answered 401 since we last set the webhook: it has
// another secret, which getWebhookInfo does not show.
func (w *WebhookSetup) secretRefused(info *telego.WebhookInfo) bool {
	return strings.Contains(info.LastErrorMessage, "401") && info.LastErrorDate > w.reset.Unix()
}

func (w *WebhookSetup) install(ctx context.Context) error {
	err := w.o.Client.bot.SetWebhook(ctx, &telego.SetWebhookParams{
		URL: w.o.URL, SecretToken: w.o.Secret, AllowedUpdates: AllowedUpdates(), MaxConnections: w.o.MaxConnections,
	})
	if err != nil {
		return tidy("setWebhook", err)
	}
	return nil
}

// deliveryWarning tells of a delivery that failed within the last minutes.
func deliveryWarning(info *telego.WebhookInfo) string {
	if info.LastErrorMessage == "" || time.Since(time.Unix(info.LastErrorDate, 0)) > 5*time.Minute {
		return ""
	}
	return "Telegram could not deliver an update: " + shorten(info.LastErrorMessage, maxDescription)
}
