package app

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"topicpilot/commands"
	"topicpilot/config"
	"topicpilot/integrations/telegram"
	"topicpilot/topics"
)

const (
	// inboxConcurrency bounds how many conversations are handled at the same time.
	inboxConcurrency = 64
	// inboxGiveUp and outboxGiveUp are how long a failing item holds its lane up.
	inboxGiveUp  = 10 * time.Minute
	outboxGiveUp = 24 * time.Hour
	sweepEvery   = 5 * time.Second
	// taskConcurrency bounds how many tasks run at the same time; taskGiveUp is how long one
	// is tried that nobody waits for, as an erasure in a system that is down.
	taskConcurrency = 32
	taskGiveUp      = 72 * time.Hour
	// adviceGiveUp is short: an answer to a question of yesterday helps nobody.
	adviceGiveUp = 10 * time.Minute
	// claimShare is how many conversations a process takes up by itself while another
	// process is there to share the work.
	claimShare = 8
	// sharedRoles is how long a role is believed where another process may have been told
	// of its change.
	sharedRoles = 5 * time.Second
	// statusCache is how long a topic's status is shown without asking again.
	statusCache = 30 * time.Second
)

// build makes the parts that need the store, and joins them.
func (a *App) build(ctx context.Context) error {
	limits := a.Config.Telegram.Limits
	sender := telegram.SenderOptions{
		Client: a.client, Marks: marks{a.groups},
		Limits: telegram.Limits{GroupPerMinute: limits.GroupPerMinute, OverallPerSecond: limits.OverallPerSecond},
	}
	if a.store.Shared() {
		sender.Shared = &sharedBudget{Store: a.store, log: a.Log}
	}
	sender.Flood = func(ctx context.Context, chatID int64, wait time.Duration) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
		defer cancel()
		if err := a.store.KeepPause(ctx, chatID, wait); err != nil {
			a.Log.Warn("a flood limit is not kept for the next start", "chat_id", chatID, "error", err)
		}
	}
	a.sender = telegram.NewSender(sender)
	if err := a.seed(ctx); err != nil {
		return err
	}
	a.admins, a.people = telegram.NewAdministrators(a.client, nil), telegram.NewMembers(a.client, nil)
	if a.store.Shared() {
		// The process that receives a change of members is not the only one that asks.
		a.admins.KeepFor(sharedRoles)
		a.people.KeepFor(sharedRoles)
	}
	a.resolver = topics.NewResolver(topics.ResolverOptions{
		API: a.api, Store: a.store, Cache: a.Config.TopicsAPI.Cache, StatusCache: min(statusCache, a.Config.TopicsAPI.Cache),
		Timeout: a.Config.TopicsAPI.Timeout, Log: a.Log,
	})
	a.stopLater(func(context.Context) { a.resolver.Close() })
	a.store.OnForget(func(conversations []topics.Conversation, _ int64) { a.resolver.Forget(conversations) })
	parts, err := a.parts()
	if err != nil {
		return err
	}
	list, tasks := commands.All(parts)
	a.registry, err = commands.New(commands.Config{
		Commands: list, Groups: a.groups, Log: a.Log, Observe: a.metrics.command,
	})
	if err != nil {
		return err
	}
	a.buildLanes(tasks, parts.AI)
	a.metrics.registry.MustRegister(newQueueCollector(a.store))
	return nil
}

// seed tells the sender which flood limits there are, and what the run before has sent
// within the last minute; several processes ask the store for each send.
func (a *App) seed(ctx context.Context) error {
	pauses, err := a.store.Pauses(ctx)
	if err != nil {
		return fmt.Errorf("read flood limits: %w", err)
	}
	for chatID, left := range pauses {
		a.sender.Pause(chatID, left)
	}
	limit := a.Config.Telegram.Limits.GroupPerMinute
	if a.store.Shared() || limit <= 0 {
		return nil
	}
	sends, err := a.store.RecentSends(ctx, time.Now().Add(-2*time.Minute), limit)
	if err != nil {
		return fmt.Errorf("read recent sends: %w", err)
	}
	a.sender.Seed(sends)
	return nil
}

func (a *App) buildLanes(tasks map[string]topics.TaskHandler, advisor *commands.AI) {
	book := topics.NewBook(a.store)
	outboxOptions := topics.OutboxOptions{
		Sender: a.sender, Groups: a.groups, Book: book, Log: a.Log, Now: time.Now,
		Lost: func(topics.Conversation) { a.metrics.lost.Inc() }, Unknown: a.metrics.unknown.Inc,
		Wanted: advisor.Wanted,
	}
	var learn func(context.Context) error
	if a.store.Shared() {
		outboxOptions.Shared, learn = a.store, a.learn
	}
	outboxOptions.Learn = learn
	outbox := topics.NewOutbox(outboxOptions)
	inbox := topics.NewInbox(topics.InboxOptions{
		Decode: telegram.Decode,
		ParseCommand: func(text string) (string, string, bool) {
			return commands.Parse(text, a.client.Self().Username)
		},
		Groups: a.groups, Learn: learn, Book: book, Dispatcher: a.registry, Listener: advisor,
		Callbacks: a.client, Outbox: outbox,
		Speakers: &topics.Speakers{
			Administrators: a.admins, Members: a.people, SelfID: a.client.BotID(),
		},
		Log: a.Log, Now: time.Now,
	})
	work := &topics.Tasks{Handlers: tasks, Outbox: outbox}
	a.lanes = topics.NewLanes(topics.LanesOptions{
		Store: a.store, Observer: a.metrics, Log: a.Log, Now: time.Now, Sweep: sweepEvery,
		Queues: map[string]topics.QueueOptions{
			topics.QueueInbox:     {Handler: inbox, Concurrency: inboxConcurrency, GiveUp: inboxGiveUp},
			topics.QueueOutbox:    {Handler: outbox, GiveUp: outboxGiveUp, Supersedes: outbox.Supersedes},
			topics.QueueTasks:     {Handler: work, Concurrency: taskConcurrency, GiveUp: taskGiveUp},
			topics.QueueAdvice:    {Handler: work, Concurrency: adviceConcurrency, GiveUp: adviceGiveUp},
			topics.QueueQuestions: {Handler: work, Concurrency: adviceConcurrency, GiveUp: adviceGiveUp},
		},
	})
	outbox.Attach(a.lanes)
	a.store.SetClaimLimit(func() bool { return a.lanes.Active(topics.QueueInbox) < claimShare })
	a.stopLater(a.stopLanes)
	// Or lanes would wait for the group's next minute.
	a.stopLater(func(context.Context) { a.sender.Stop() })
}

// stopLanes ends all work. If none had to be interrupted, all that was sent is known to
// the next start.
func (a *App) stopLanes(ctx context.Context) {
	a.lanes.Stop(ctx)
	if ctx.Err() != nil || a.store.Shared() {
		return
	}
	if err := a.store.MarkClean(ctx); err != nil {
		a.Log.Warn("the stop is not marked as clean", "error", err)
	}
}

// webhookPath is the path that Telegram calls; none without webhook.url.
func webhookPath(hook config.Webhook) (string, bool) {
	if hook.URL.Reveal() == "" {
		return "", false
	}
	u, err := url.Parse(hook.URL.Reveal())
	if err != nil {
		return "", false // the settings have been checked
	}
	if u.Path == "" {
		return "/", true
	}
	return u.Path, true
}
