package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"topicpilot/integrations"
	"topicpilot/integrations/telegram"
	"topicpilot/topics"
)

// The parts that readyz names.
const (
	partTelegram = "telegram"
	partUpdates  = "updates"
)

const (
	reachMost = 30 * time.Second
	// loadMost is how long the work waits for the articles, which are read on meanwhile.
	loadMost   = 10 * time.Second
	leadEvery  = 2 * time.Second
	pruneEvery = 10 * time.Minute
	// indexEvery is how often new messages are looked for, indexPause leaves the database
	// to others where there are many.
	indexEvery = 2 * time.Second
	indexPause = 20 * time.Millisecond
	menuRetry  = 10 * time.Minute
)

// work waits until Telegram is reached, then handles and receives until ctx ends.
// What comes in by webhook before that is stored and waits.
func (a *App) work(ctx context.Context) {
	if !a.reach(ctx) {
		return
	}
	if a.knowledge != nil && !a.soon(ctx, func() { _, _ = a.knowledge.Load(ctx) }) {
		a.Log.Warn("the articles are still being read; until then the advisor does not know them")
	}
	a.lanes.Start(ctx)
	a.background(func() { a.menus(ctx) })
	a.background(func() { a.examineGroups(ctx) })
	a.background(func() { a.examineNotion(ctx) })
	if _, ok := webhookPath(a.Config.Telegram.Webhook); ok {
		a.receiveByWebhook(ctx)
		return
	}
	a.receiveByPolling(ctx)
}

// soon runs a part until the bot stops, and waits at most loadMost for its end. It reports
// whether the part has ended, or ctx.
func (a *App) soon(ctx context.Context, part func()) bool {
	done := make(chan struct{})
	a.background(func() {
		defer close(done)
		part()
	})
	timer := time.NewTimer(loadMost)
	defer timer.Stop()
	select {
	case <-done:
	case <-ctx.Done():
	case <-timer.C:
		return false
	}
	return true
}

// reach asks Telegram who we are until it answers.
func (a *App) reach(ctx context.Context) bool {
	for pause := time.Second; ; pause = min(2*pause, reachMost) {
		me, err := a.client.Me(ctx)
		if err == nil {
			a.readiness.set(partTelegram, "")
			a.Log.Info("reached Telegram", "bot", me.Username, "bot_id", me.ID)
			return true
		}
		if ctx.Err() != nil {
			return false
		}
		reason := "not reached: check the network and telegram.api_url"
		var refused *telegram.APIError
		if errors.As(err, &refused) && (refused.Code == 401 || refused.Code == 404) {
			reason = "the token is refused: set telegram.token to the one that @BotFather shows"
		}
		a.readiness.set(partTelegram, reason)
		a.Log.Warn("Telegram not reached", "reason", reason, "error", err, "again_in", pause)
		if !sleep(ctx, pause) {
			return false
		}
	}
}

func (a *App) receiveByWebhook(ctx context.Context) {
	setup := telegram.NewWebhookSetup(telegram.WebhookSetupOptions{
		Client: a.client, URL: a.Config.Telegram.Webhook.URL.Reveal(),
		Secret:   a.client.WebhookSecret(a.Config.Telegram.Webhook.Secret.Reveal()),
		TakeOver: a.TakeOver, Log: a.Log,
	})
	a.keepWebhook(ctx, a.Config.Telegram.Webhook.URL.Reveal())
	a.readiness.follow(partUpdates, reasonOf(setup.State))
	if err := setup.Run(ctx); err != nil {
		a.fail(err)
	}
}

// receiveByPolling polls; of several processes on one database only the leader does.
func (a *App) receiveByPolling(ctx context.Context) {
	name := fmt.Sprintf("poller:%d", a.client.BotID())
	told := false
	for ctx.Err() == nil {
		leadership, leads, err := a.store.Lead(ctx, name)
		switch {
		case err != nil:
			a.readiness.set(partUpdates, "cannot settle which process polls; see the log")
			a.Log.Warn("settle who polls", "error", err)
		case leads:
			told = false
			a.poll(ctx, leadership.Lost())
			leadership.Release()
			a.readiness.set(partUpdates, "")
		case !told:
			told = true
			a.readiness.set(partUpdates, "")
			a.Log.Info("another process polls; this one stands by and shares the work")
		}
		sleep(ctx, leadEvery)
	}
}

func (a *App) poll(ctx context.Context, lost <-chan struct{}) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	poller := telegram.NewPoller(telegram.PollerOptions{
		Client: a.client, Journal: a.journal(), Log: a.Log, TakeOver: a.TakeOver, Ours: a.ourWebhook(ctx),
	})
	a.readiness.follow(partUpdates, reasonOf(poller.State))
	a.background(func() {
		select {
		case <-lost:
			cancel()
		case <-ctx.Done():
		}
	})
	if err := poller.Run(ctx); err != nil {
		a.fail(err)
	}
}

// reasonOf asks a receiver why no updates arrive.
func reasonOf(state func() telegram.State) func() string {
	return func() string {
		if now := state(); !now.Ready {
			return now.Reason
		}
		return ""
	}
}

func (a *App) fail(err error) {
	select {
	case a.failed <- err:
	default:
	}
}

// examineGroups says at the start what would otherwise look like silence: a group in
// which the bot is not, cannot read or cannot write.
func (a *App) examineGroups(ctx context.Context) {
	options := telegram.CheckOptions{WebhookURL: a.Config.Telegram.Webhook.URL.Reveal(), Quiet: true}
	for _, group := range a.groups.All() {
		options.Groups = append(options.Groups, a.groups.ChatID(group))
	}
	for _, f := range a.client.Check(ctx, options) {
		if f.ChatID != 0 && f.Status != integrations.OK && ctx.Err() == nil {
			a.Log.Warn("doctor", "finding", f.Text, "remedy", f.Remedy)
		}
	}
}

// menus offers the commands to those who may run them, in the group's language.
func (a *App) menus(ctx context.Context) {
	for {
		failed := false
		for _, group := range a.groups.All() {
			if err := a.menu(ctx, group); err != nil && ctx.Err() == nil {
				failed = true
				a.Log.Warn("command menu not set", "group_id", group.ID, "error", err)
			}
		}
		if !failed || !sleep(ctx, menuRetry) {
			return
		}
	}
}

func (a *App) menu(ctx context.Context, group *topics.Group) error {
	chat := a.groups.ChatID(group)
	admins := a.menuOf(group, topics.RoleAdmin)
	if err := a.client.SetMenu(ctx, chat, telegram.ScopeAdministrators, "", admins); err != nil {
		return fmt.Errorf("for administrators: %w", err)
	}
	var others []telegram.MenuCommand
	if group.Operators.Members || len(group.Operators.IDs) > 0 {
		others = a.menuOf(group, topics.RoleOperator)
	}
	if err := a.client.SetMenu(ctx, chat, telegram.ScopeChat, "", others); err != nil {
		return fmt.Errorf("for members: %w", err)
	}
	return nil
}

func (a *App) menuOf(group *topics.Group, role topics.Role) []telegram.MenuCommand {
	var list []telegram.MenuCommand
	for _, item := range a.registry.Menu(group.Language, role) {
		list = append(list, telegram.MenuCommand{Command: item.Name, Description: item.Description})
	}
	return list
}

// index keeps the index of the search up to date.
func (a *App) index(ctx context.Context) {
	for {
		more, err := a.store.Index(ctx)
		pause := indexEvery
		switch {
		case err != nil && ctx.Err() == nil:
			a.Log.Warn("messages are not indexed for the search", "error", err)
			pause = pruneEvery
		case more:
			pause = indexPause
		}
		if !sleep(ctx, pause) {
			return
		}
	}
}

// prune removes what is older than the settings keep.
func (a *App) prune(ctx context.Context) {
	keep := a.Config.Retention
	for sleep(ctx, pruneEvery) {
		pruned, err := a.store.Prune(ctx, retentionOf(keep))
		if err != nil && ctx.Err() == nil {
			a.Log.Warn("prune the store", "error", err)
			continue
		}
		a.Log.Debug("pruned the store", "rows", pruned)
	}
}

// sleep waits and reports whether ctx still lives.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
