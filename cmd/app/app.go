// Package app builds topicpilot from its settings and owns its life: what is started
// in which order, and how it stops without losing anything.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"sync"
	"time"

	"topicpilot/commands"
	"topicpilot/config"
	"topicpilot/integrations/telegram"
	"topicpilot/topics"
	"topicpilot/topics/knowledge"
	"topicpilot/topics/store"
	"topicpilot/topics/topicsapi"
)

// StopTime is how long a stop may take: what runs is finished, the rest stays stored.
const StopTime = 10 * time.Second

// Options are what New needs.
type Options struct {
	// Config are checked settings.
	Config *config.Config
	Log    *slog.Logger
	// Version is shown in the metrics.
	Version string
	// TakeOver removes a webhook, or ends a poller, that is not ours.
	TakeOver bool
}

// App is one bot. Several may run in one process.
type App struct {
	Options
	groups    *topics.Groups
	client    *telegram.Client
	sender    *telegram.Sender
	server    *server
	metrics   *metrics
	readiness *readiness
	caller    *commands.Caller
	api       *topicsapi.Client
	notions   *notions
	// cardWriter is shared by all that write cards; nil without Notion.
	cardWriter *notionCards

	store *store.Store
	// knowledge is the advisor's; nil without one.
	knowledge *knowledge.Base
	resolver  *topics.Resolver
	registry  *commands.Registry
	lanes     *topics.Lanes
	admins    *telegram.Administrators
	people    *telegram.Members

	failed  chan error
	receive context.CancelFunc
	running sync.WaitGroup
	onStop  []func(context.Context)
}

// New builds the bot as far as that needs neither network nor disk. An error tells
// what is wrong with the settings.
func New(opts Options) (*App, error) {
	a := &App{Options: opts, readiness: newReadiness(), failed: make(chan error, 1)}
	a.groups = groupsOf(opts.Config)
	client, err := telegram.NewClient(telegram.Options{
		Token: opts.Config.Telegram.Token, APIURL: opts.Config.Telegram.APIURL.Reveal(), Log: opts.Log,
	})
	if err != nil {
		return nil, err
	}
	a.client = client
	if err := checkTemplates(opts.Config); err != nil {
		return nil, err
	}
	if a.notions, err = openNotion(opts.Config, opts.Log); err != nil {
		return nil, err
	}
	a.caller = commands.NewCaller(nil)
	a.api = topicsapi.New(topicsapi.Options{
		URL: opts.Config.TopicsAPI.URL.Reveal(), Token: opts.Config.TopicsAPI.Token,
		Timeout: opts.Config.TopicsAPI.Timeout,
	})
	a.server = newServer(opts.Log)
	a.metrics = newMetrics(opts.Version, func() bool {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second) //nolint:forbidigo // a scrape has none
		defer cancel()
		return len(a.notReady(ctx)) == 0
	})
	a.readiness.set(partTelegram, "not reached yet")
	a.readiness.set(partUpdates, "not started yet")
	return a, nil
}

// Addr is where the HTTP server listens, once started.
func (a *App) Addr() net.Addr { return a.server.addr }

// Failed tells of an end that nobody asked for.
func (a *App) Failed() <-chan error { return a.failed }

// Start opens the store, goes on with what an earlier run left, and receives updates
// as soon as Telegram can be reached. It returns once the HTTP server listens; ctx
// bounds the start alone. After an error nothing is left running.
func (a *App) Start(ctx context.Context) (err error) {
	life := context.WithoutCancel(ctx)
	defer func() {
		if err != nil {
			a.Stop(ctx)
		}
	}()
	if err := a.openStore(ctx); err != nil {
		return err
	}
	if err := a.build(ctx); err != nil {
		return err
	}
	receive, cancel := context.WithCancel(life)
	a.receive = cancel
	a.routes(receive)
	if err := a.server.start(ctx, a.Config.Server.Listen, a.failed); err != nil {
		return err
	}
	a.stopLater(a.server.stop)
	a.background(func() { a.work(receive) })
	a.background(func() { a.prune(receive) })
	a.background(func() { a.index(receive) })
	if a.knowledge != nil {
		a.background(func() { a.knowledge.Run(receive) })
	}
	return nil
}

// background runs a part until the bot stops.
func (a *App) background(part func()) {
	a.running.Go(part)
}

// stopLater registers how a part is stopped; the last one registered stops first.
func (a *App) stopLater(stop func(context.Context)) { a.onStop = append(a.onStop, stop) }

// Stop takes nothing new, finishes what runs until ctx ends, and closes the store.
func (a *App) Stop(ctx context.Context) {
	if a.receive != nil {
		a.receive()
		a.running.Wait()
	}
	for _, stop := range slices.Backward(a.onStop) {
		stop(ctx)
	}
	a.onStop = nil
	a.client.Close()
	a.api.CloseIdle()
	a.caller.Close()
	a.notions.close()
}

func (a *App) openStore(ctx context.Context) error {
	db, err := store.Open(ctx, a.Config.Store.URL.Reveal(), store.Options{Log: a.Log})
	if err != nil {
		return err
	}
	a.store = db
	a.stopLater(func(context.Context) {
		if err := db.Close(); err != nil {
			a.Log.Error("close the store", "error", err)
		}
	})
	if err := a.learn(ctx); err != nil {
		return fmt.Errorf("read migrated groups: %w", err)
	}
	return nil
}

func (a *App) journal() *journal {
	return &journal{store: a.store, admins: a.admins, people: a.people, groups: a.groups, log: a.Log}
}

// routes are the paths that outside systems call.
func (a *App) routes(ctx context.Context) {
	a.server.handle("/healthz", a.health)
	a.server.handle("/readyz", a.ready)
	a.server.handle("/metrics", a.metrics.handler())
	if path, ok := webhookPath(a.Config.Telegram.Webhook); ok {
		hook := telegram.NewWebhook(telegram.WebhookOptions{
			BotID: a.client.BotID(), Journal: a.journal(), Log: a.Log, Context: context.WithoutCancel(ctx),
			Secret: a.client.WebhookSecret(a.Config.Telegram.Webhook.Secret.Reveal()),
		})
		a.server.handle(path, hook.Handle)
	}
}

// notReady lists why the bot cannot do its work; nothing when it can.
func (a *App) notReady(ctx context.Context) []string {
	reasons := a.readiness.list()
	if a.store == nil {
		return append(reasons, "store: not open")
	}
	if err := a.store.Ping(ctx); err != nil {
		reasons = append(reasons, "store: "+pingReason(err))
	}
	return reasons
}

func pingReason(err error) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return "the database does not answer in time"
	}
	return err.Error()
}
