package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"time"

	"topicpilot/topics"
)

const (
	pollLimit = 100
	// pollTime is the longest long poll that the Bot API allows (0–50 s).
	pollTime = 50 * time.Second
	// pollGrace is added for the way there and back.
	pollGrace   = 10 * time.Second
	stopTimeout = 3 * time.Second
)

// PollerOptions configure a Poller. Client, BotID and Journal are required.
type PollerOptions struct {
	Client  *Client
	Journal Journal
	Log     *slog.Logger
	// TakeOver removes a webhook (once) and ends another poller by going on.
	TakeOver bool
	// Ours tells whether a webhook's url is one that we set ourselves, so that it may be
	// removed without being asked; nil: none is.
	Ours func(url string) bool
	// RetryMin and RetryMax bound the pause after a failure, default 1 s and 30 s. It
	// doubles and is shortened at random by up to a half.
	RetryMin, RetryMax time.Duration
	// CheckEvery is the pause between looks at a webhook that is in the way, default 3 s.
	CheckEvery time.Duration
	// PollTime is a long poll's length in whole seconds, default and at most 50 s.
	PollTime time.Duration
}

// Poller receives updates by getUpdates. A batch is in the journal, in one write, before the
// offset moves past it. Run may be called once.
type Poller struct {
	stateBox
	o PollerOptions
	// offset is the next update_id to ask for, 0 for "from the oldest". It follows the last update
	// received and may go down: after an idle week Telegram starts the ids anew.
	offset    int64
	confirmed int64
	// settled is set after an answer without a failure since; only then a long poll is made.
	settled bool
	// contested is set while another poller is at work.
	contested bool
	removed   bool
	pause     time.Duration
}

// NewPoller makes a poller that has not begun.
func NewPoller(o PollerOptions) *Poller {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	setDefault(&o.RetryMin, time.Second)
	setDefault(&o.RetryMax, 30*time.Second)
	setDefault(&o.CheckEvery, 3*time.Second)
	setDefault(&o.PollTime, pollTime)
	p := &Poller{o: o}
	p.set(State{Reason: "Telegram has not answered yet."})
	return p
}

func setDefault(d *time.Duration, value time.Duration) {
	if *d <= 0 {
		*d = value
	}
}

// Run receives until ctx ends; then it confirms what was stored, so that it does not come
// again, and returns nil.
func (p *Poller) Run(ctx context.Context) error {
	defer p.confirm(ctx)
	for ctx.Err() == nil {
		batch, err := p.get(ctx, p.pollFor(), pollLimit)
		switch {
		case ctx.Err() != nil && err != nil:
			return nil
		case err != nil:
			p.settled = false
			p.sleep(ctx, p.failed(ctx, err))
			continue
		}
		// A request that failed may not have reached Telegram; one that was answered has.
		p.confirmed = p.offset
		p.settled, p.contested, p.pause = true, false, 0
		if p.set(State{Ready: true}) {
			p.o.Log.Info("receiving updates", "mode", "polling")
		}
		if len(batch) > 0 && p.keep(ctx, batch) && !p.advance(batch) {
			// Nothing in the batch names an id: it would come again at once.
			p.sleep(ctx, p.backoff())
		}
	}
	return nil
}

// pollFor is how long to wait for updates: not at all after a failure, so that it is known
// soon whether Telegram answers; a while when another poller may cut in.
func (p *Poller) pollFor() time.Duration {
	switch {
	case p.contested:
		return min(p.o.PollTime, 5*time.Second)
	case !p.settled:
		return 0
	}
	return min(p.o.PollTime, pollTime)
}

type getUpdates struct {
	Offset         int64    `json:"offset,omitempty"`
	Limit          int      `json:"limit"`
	Timeout        int      `json:"timeout"`
	AllowedUpdates []string `json:"allowed_updates,omitempty"`
}

func (p *Poller) get(ctx context.Context, wait time.Duration, limit int) ([]json.RawMessage, error) {
	params := getUpdates{
		Offset: p.offset, Limit: limit, Timeout: int(wait / time.Second), AllowedUpdates: AllowedUpdates(),
	}
	return p.o.Client.getUpdates(ctx, params)
}

// getUpdates returns the updates as they are, each by itself.
func (c *Client) getUpdates(ctx context.Context, params getUpdates) ([]json.RawMessage, error) {
	body, err := json.Marshal(params)
	if err != nil {
		return nil, fmt.Errorf("telegram: getUpdates: %w", err)
	}
	result, err := c.caller.do(ctx, request{
		method: "getUpdates", body: body, limit: maxUpdates,
		timeout: time.Duration(params.Timeout)*time.Second + min(pollGrace, c.caller.timeout),
	})
	if err != nil {
		return nil, err
	}
	batch := []json.RawMessage{}
	if !eachElement(result, func(value []byte) { batch = append(batch, value) }) {
		return nil, &topics.UnknownOutcome{Err: fmt.Errorf("telegram: getUpdates: %w", errUnreadable)}
	}
	return batch, nil
}

// keep stores the batch in one write, trying until it is stored or ctx ends.
func (p *Poller) keep(ctx context.Context, batch []json.RawMessage) bool {
	items := make([]topics.NewItem, len(batch))
	botID := p.o.Client.BotID()
	for i, raw := range batch {
		key, conv := Route(botID, raw)
		items[i] = inboxItem(key, conv, raw)
	}
	for ctx.Err() == nil {
		_, err := p.o.Journal.Append(ctx, items)
		if err == nil {
			p.pause = 0
			p.set(State{Ready: true})
			return true
		}
		if ctx.Err() != nil {
			return false
		}
		p.set(State{Reason: "Updates cannot be stored; see the log and check the database."})
		p.o.Log.Error("updates not stored; trying again", "updates", len(items), "error", err)
		p.sleep(ctx, p.backoff())
	}
	return false
}

// advance moves the offset behind the last update of the batch that names its id.
func (p *Poller) advance(batch []json.RawMessage) bool {
	for _, raw := range slices.Backward(batch) {
		if o, ok := scanUpdate(raw); ok && o.hasID {
			p.offset = o.id + 1
			return true
		}
	}
	return false
}

// confirm tells Telegram at the stop what was stored; without it the last batch would come
// again, to be passed over by its keys.
func (p *Poller) confirm(ctx context.Context) {
	if p.offset == p.confirmed {
		return
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	if _, err := p.get(last, 0, 1); err != nil {
		p.o.Log.Warn("offset not confirmed; the last updates will be sent again", "error", err)
	}
}

func (p *Poller) backoff() time.Duration {
	p.pause = min(max(2*p.pause, p.o.RetryMin), p.o.RetryMax)
	return p.pause/2 + rand.N(p.pause/2+1) //nolint:gosec // spreads load, keeps no secret
}

func (p *Poller) sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// report sets the state and logs it when it is news.
func (p *Poller) report(reason string, err error) {
	if p.set(State{Reason: reason}) {
		p.o.Log.Warn("no updates", "reason", reason, "error", err)
	}
}

// failed explains a failure and says how long to wait.
func (p *Poller) failed(ctx context.Context, err error) time.Duration {
	var flood *topics.Wait
	switch {
	case refusedWith(err, 409, "webhook is active"):
		return p.webhookInTheWay(ctx, err)
	case refusedWith(err, 409, "setWebhook"):
		return min(p.o.RetryMin, p.o.CheckEvery)
	case refusedWith(err, 409, ""):
		p.contested = true
		p.report("Another program polls with the same token: stop it, "+
			"or start with `topicpilot run --take-over` to end it.", err)
		if p.o.TakeOver {
			return p.o.RetryMin / 4
		}
		return p.backoff()
	case refusedWith(err, 401, ""), refusedWith(err, 404, ""):
		p.report("Telegram refuses the token: set telegram.token to the one that @BotFather shows.", err)
		return p.o.RetryMax
	case errors.As(err, &flood):
		return max(flood.After, p.o.RetryMin)
	}
	p.report("Telegram cannot be reached: check network and telegram.api_url.", err)
	return p.backoff()
}

// webhookInTheWay removes a webhook that may be removed and explains one that may not.
func (p *Poller) webhookInTheWay(ctx context.Context, conflict error) time.Duration {
	info, err := p.o.Client.webhookInfo(ctx)
	if err != nil {
		p.report("A webhook is set and cannot be looked at.", err)
		return p.o.CheckEvery
	}
	if info.URL == "" {
		return min(p.o.RetryMin, p.o.CheckEvery)
	}
	ours := p.o.Ours != nil && p.o.Ours(info.URL)
	if ours || (p.o.TakeOver && !p.removed) {
		err := p.o.Client.deleteWebhook(ctx)
		if err == nil {
			p.removed = true
			p.o.Log.Warn("webhook removed", "address", address(info.URL), "ours", ours)
			return 0
		}
		p.report("The webhook "+address(info.URL)+" could not be removed.", err)
		return p.backoff()
	}
	reason := "A webhook that is not ours is set (" + address(info.URL) + "): updates go there. " +
		"Start with `topicpilot run --take-over` to remove it, or set telegram.webhook.url."
	if p.removed {
		reason = "Somebody sets the webhook " + address(info.URL) + " again and again: stop that program."
	}
	p.report(reason, conflict)
	return p.o.CheckEvery
}
